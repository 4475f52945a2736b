"""The code that templates become, in which writing a value and calling a function cost little.

Jinja asks of whatever is called whether it wants the context, and makes markup of whatever is
written: half the time of a page. Our functions never want the context; what is written is joined at
once.

Guarantees: what others wrote is escaped, brings no control characters and turns no direction.
"""

import re
from keyword import iskeyword
from typing import Any, Final, cast

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from markupsafe import Markup, escape
from typing_extensions import override

from kensho.web.messages import DISTURBING, undisturbing

_CHANGED: Final = re.compile(f"[&<>'\"{DISTURBING}]")


def written(value: object) -> str:
    """Return a value as it stands in HTML; markup is left as it is."""
    kind = type(value)
    if kind is str:
        text = cast("str", value)
        return text if _CHANGED.search(text) is None else escape(undisturbing(text))
    if kind is Markup:
        return cast("str", value)
    return escape(value)


class PageCode(CodeGenerator):
    """Jinja's generator, for an environment that escapes everything and finalizes by `written`."""

    @override
    def _output_child_pre(
        self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo
    ) -> None:
        self.write("environment.finalize(")

    @override
    def _output_child_post(
        self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo
    ) -> None:
        self.write(")")

    @override
    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:
        """Write a call as one of Python."""
        names: list[Any] = [one.key for one in node.kwargs]
        if forward_caller or node.dyn_args or node.dyn_kwargs or any(map(iskeyword, names)):
            super().visit_Call(node, frame, forward_caller=forward_caller)
            return
        self.visit(node.node, frame)
        self.write("(")
        for one in (*node.args, *node.kwargs):
            self.visit(one, frame)
            self.write(", ")
        self.write(")")
