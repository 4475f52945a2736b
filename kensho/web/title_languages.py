"""The language of a title as sources state it, or else as its letters show it.

Kana is Japanese and Hangul Korean. Han characters alone may be Chinese or Japanese; titles of anime
are far more often Japanese, and where one is not, its characters only have the Japanese shapes: the
`lang` attribute selects glyphs. Pure.
"""

import re
from collections.abc import Iterable
from typing import Final, Literal, NamedTuple, TypeAlias

from kensho.domain.works import Title
from kensho.web.messages import Messages

Script: TypeAlias = Literal["ja", "ko", "han", "th", "ar", "he", "cyrl", "el", "latin", "other"]

_RANGES: Final[tuple[tuple[Script, re.Pattern[str]], ...]] = (
    ("ja", re.compile(r"[\u3041-\u30ff\uff66-\uff9f]")),
    ("ko", re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]")),
    ("han", re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")),
    ("th", re.compile(r"[\u0e01-\u0e5b]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("cyrl", re.compile(r"[\u0400-\u04ff]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("latin", re.compile(r"[A-Za-z\u00c0-\u024f]")),
)
_LANGUAGES: Final = {"ja": "ja", "ko": "ko", "han": "ja", "th": "th", "ar": "ar", "he": "he"}
_FIRST: Final = ("en", "ja", "ja-Latn")
"""Languages that most viewers look for; the others follow by name."""
_SCRIPT_OF: Final = {"ja": "ja", "ko": "ko"}
"""Scripts that are written in one language alone."""


def script(text: str) -> Script:
    """Return the script that a title is written in: of several, the first one in this list."""
    for name, pattern in _RANGES:
        if pattern.search(text):
            return name
    return "other"


def language(text: str) -> str | None:
    """Return the language that the letters of a title show, or `None`: Latin ones show none."""
    return None if text.isascii() else _LANGUAGES.get(script(text))


class TitleGroup(NamedTuple):
    """Titles of one language, or of one script where none is stated."""

    label: str
    texts: list[str]


def grouped(texts: Iterable[str], stated: Iterable[Title], messages: Messages) -> list[TitleGroup]:
    """Return titles by language, English and Japanese first, those of no stated language last."""
    languages = {title.text: title.language for title in stated if title.language is not None}
    groups: dict[tuple[int, str], list[str]] = {}
    for text in dict.fromkeys(texts):
        groups.setdefault(_key(text, languages.get(text), messages), []).append(text)
    return [TitleGroup(label, groups[rank, label]) for rank, label in sorted(groups)]


def _key(text: str, stated: str | None, messages: Messages) -> tuple[int, str]:
    """Return where the group of a title stands, and what it is called."""
    written = script(text)
    known = stated or _SCRIPT_OF.get(written)
    if known is None:
        return len(_FIRST) + 1, messages.label("script", written)
    rank = _FIRST.index(known) if known in _FIRST else len(_FIRST)
    return rank, messages.label("language", known)
