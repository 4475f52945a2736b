"""Finds what a page in Japanese says in English: texts of which the strings have a translation."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

from typing_extensions import override

from kensho.edges import composition
from kensho.web.messages import STRINGS, Messages

_SAID: Final = ("aria-label", "placeholder", "alt", "title")
_FIELD: Final = re.compile(r"{[a-z_]*}")
_VOID: Final = frozenset(("meta", "link", "input", "img", "br"))
_NOT_OURS: Final = frozenset(("bdi", "script", "code", "svg", "textarea"))
"""Titles, pictures with titles in them, and what people typed."""


def english_patterns() -> list[re.Pattern[str]]:
    """Return a pattern for each English text that has words and is another one in Japanese."""
    edges = Path(composition.__file__).parent
    files = [STRINGS, *sorted(edges.rglob("strings.toml"))]
    english = Messages.read(*files)
    japanese = Messages.read(*(one.with_name("strings.ja.toml") for one in files))
    texts = {
        text
        for key, text in english.texts.items()
        if key in japanese and japanese.texts[key] != text
    }
    return [
        re.compile(".+?".join(map(re.escape, _FIELD.split(text))))
        for text in sorted(texts)
        if re.search("[A-Za-z]{3}", _FIELD.sub(" ", text))
    ]


_ENGLISH: Final = english_patterns()


def english_texts(html: str) -> list[str]:
    """Return what a page says in English where it doesn't say that this is English."""
    page = _Texts(html)
    return [text for text in page.texts if any(one.fullmatch(text) for one in _ENGLISH)]


class _Texts(HTMLParser):
    """Collects texts and spoken attributes, but for titles and what is marked as English."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._left_out: list[bool] = []
        self.feed(html)
        self.close()

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        is_left_out = tag in _NOT_OURS or ("lang", "en") in attrs
        if tag not in _VOID:
            self._left_out.append(is_left_out or self._is_left_out)
        if not is_left_out and not self._is_left_out:
            self.texts += [
                " ".join((value or "").split()) for name, value in attrs if name in _SAID
            ]

    @override
    def handle_endtag(self, tag: str) -> None:
        self._left_out.pop()

    @override
    def handle_data(self, data: str) -> None:
        if not self._is_left_out and data.strip():
            self.texts.append(" ".join(data.split()))

    @property
    def _is_left_out(self) -> bool:
        return bool(self._left_out) and self._left_out[-1]
