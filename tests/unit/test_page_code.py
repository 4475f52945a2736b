"""Templates as the pages compile them: what is written is escaped, whatever it is and came by."""

import pytest
from jinja2 import DictLoader, Environment, StrictUndefined, UndefinedError
from markupsafe import Markup, escape

from kensho.web.messages import undisturbing
from kensho.web.page_code import PageCode, written

VALUES = (
    "a",
    "<b>&'\"",
    "K\u202egnp.exe",
    "a\x07<i>",
    "鋼の錬金術師",
    2004,
    9.5,
    None,
    Markup("<i>é</i>"),
)


def page(source: str, **variables: object) -> str:
    environment = Environment(
        loader=DictLoader(
            {
                "page": source,
                "parts": "{% macro part(x, y='&') %}<i>{{ x }}{{ y }}</i>{% endmacro %}",
            }
        ),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=written,
    )
    environment.code_generator_class = PageCode
    environment.globals.update(named=lambda text, **others: f"{text}{sorted(others)}")
    return environment.get_template("page").render(variables)


@pytest.mark.parametrize("value", VALUES)
def test_what_is_written_is_escaped_and_turns_no_direction(value: object) -> None:
    assert written(value) == str(escape(undisturbing(value)))
    assert page("{{ value }}", value=value) == str(escape(undisturbing(value)))


def test_calls_take_arguments_by_place_by_name_and_unpacked() -> None:
    assert page("{{ named('<', a=1, class=2) }}") == "&lt;[&#39;a&#39;, &#39;class&#39;]"
    assert page("{{ named(*['x'], **{'b': 1}) }}") == "x[&#39;b&#39;]"


def test_what_macros_write_is_escaped_once() -> None:
    imported = "{% from 'parts' import part with context %}"
    assert page(f"{imported}{{{{ part('<') }}}}{{{{ part(part('>'), y='') }}}}") == (
        "<i>&lt;&amp;</i><i><i>&gt;&amp;</i></i>"
    )
    called = "{% macro box() %}[{{ caller() }}]{% endmacro %}{% call box() %}{{ '<' }}{% endcall %}"
    assert page(called) == "[&lt;]"
    assert page("{% set x %}{{ '<' }}{% endset %}{{ x }}{{ x ~ '>' }}") == "&lt;&lt;&gt;"


def test_what_is_missing_is_an_error() -> None:
    for source in ("{{ missing }}", "{{ missing() }}", "{{ value.missing }}"):
        with pytest.raises(UndefinedError):
            page(source, value=1)
