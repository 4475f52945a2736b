"""The language of a title as its letters show it, for the `lang` attribute, which selects glyphs.

Kana is Japanese and Hangul Korean. Han characters alone may be Chinese or Japanese; titles of anime
are far more often Japanese, and where one is not, its characters only have the Japanese shapes.
Pure.
"""

import re
from typing import Final, Literal, TypeAlias

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


def script(text: str) -> Script:
    """Return the script that a title is written in: of several, the first one in this list."""
    for name, pattern in _RANGES:
        if pattern.search(text):
            return name
    return "other"


def language(text: str) -> str | None:
    """Return the language that the letters of a title show, or `None`: Latin ones show none."""
    return None if text.isascii() else _LANGUAGES.get(script(text))
