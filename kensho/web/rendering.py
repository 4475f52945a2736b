"""Templates become pages: escaped by themselves, strict about what is missing.

Guarantees: nothing inline is run. The policy lets a page load scripts and styles from us alone, and
images from us or over https; a block of JSON-LD is data and not run. Jinja compiles a template
once. Litestar's own template responses are not used: they can't be tagged and kept as
`platform.answers` does.
"""

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from kensho.web import formatting, posters, scripts, urls
from kensho.web.assets import Assets
from kensho.web.messages import Messages

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
PAGE_HEADERS: Final = (
    (b"content-security-policy", POLICY.encode()),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
)
FRAMED_HEADERS: Final = (
    (
        b"content-security-policy",
        POLICY.replace("frame-ancestors 'none'", "frame-ancestors *").encode(),
    ),
    PAGE_HEADERS[1],
)
"""Of the one page that other sites may show in a frame."""


class Renderer:
    """Fills templates; has what every one of them may use."""

    def __init__(self, folder: Path, assets: Assets, wording: Messages) -> None:
        self.wording: Final = wording
        self._templates = Environment(
            loader=FileSystemLoader(folder),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        given: dict[str, Callable[..., object]] = dict(
            asset=assets.url,
            say=wording.say,
            count=wording.count,
            named=wording.name,
            colour_of=posters.colour,
            number=formatting.number,
            minutes=formatting.minutes,
            moment=formatting.moment,
            placeholder=posters.placeholder,
            poster_url=posters.loadable,
            language=scripts.language,
            **_functions(urls),
        )
        known: Any = self._templates.globals  # typed as no more than what Jinja brings itself
        known.update(given)

    def page(self, template: str, **context: Any) -> bytes:
        """Return a page as UTF-8."""
        return self._templates.get_template(template).render(context).encode()


def _functions(module: object) -> Mapping[str, Callable[..., Any]]:
    """Return the public functions of a module as `to_…`, which no variable is called."""
    return {
        f"to_{name}": function
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == urls.__name__
    }
