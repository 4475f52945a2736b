"""Answers that need no routing: those of a public route that one parameter decides.

A handler declares beside whether it is public that a request for it with this parameter alone is
answered by a plain function, which is given the service that the handler depends on:

    opt = with_shortcut({}, Shortcut("q", "search", answer_plainly))

The framework takes a seventh of the time of a search to find the route, to read its parameters and
to make its dependencies. A request that has any other parameter goes that way, and so does one that
the function does not answer, or fails for: errors are told in one place.

Guarantees: what is answered has the same status, headers and bytes either way.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, cast

from litestar.handlers import HTTPRouteHandler
from litestar.types import HTTPScope

from kensho.http.responses import PreparedResponse

_OPT: Final = "kensho_shortcut"


class Shortcut(NamedTuple):
    """How a request with this `parameter` alone is answered, by the `dependency` of this name.

    `answer` is given the service and the value, and returns `None` where the route has to.
    """

    parameter: str
    dependency: str
    answer: Callable[[Any, str], PreparedResponse[Any] | None]


class DeclaredShortcut(NamedTuple):
    """A shortcut of a route of an application."""

    shortcut: Shortcut
    handler: HTTPRouteHandler
    template: str

    def is_taken(self, parameters: Mapping[str, str]) -> bool:
        """Tell whether a request with these parameters may be answered by the shortcut."""
        return len(parameters) == 1 and self.shortcut.parameter in parameters

    def answer(
        self, scope: HTTPScope, parameters: Mapping[str, str]
    ) -> PreparedResponse[Any] | None:
        """Return the answer, or `None` where the route has to give it or to tell what is wrong."""
        service = self.handler.resolve_dependencies()[self.shortcut.dependency].dependency
        try:
            found = self.shortcut.answer(service(), parameters[self.shortcut.parameter])
        except Exception:  # noqa: BLE001 -- the route fails likewise, and tells and logs it
            return None
        if found is not None:
            routed = cast("dict[str, Any]", scope)
            routed["route_handler"], routed["path_template"] = self.handler, self.template
        return found


def with_shortcut(opt: Mapping[str, Any], shortcut: Shortcut) -> Mapping[str, Any]:
    """Return the `opt` of a handler that declares a shortcut."""
    return {**opt, _OPT: shortcut}


def declared_shortcut(handler: HTTPRouteHandler, template: str) -> DeclaredShortcut | None:
    """Return the shortcut that a handler declares, if it does."""
    shortcut: Shortcut | None = handler.opt.get(_OPT)
    return None if shortcut is None else DeclaredShortcut(shortcut, handler, template)
