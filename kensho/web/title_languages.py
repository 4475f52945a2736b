"""Which language a title is in, as far as its letters tell: for `lang`, which chooses glyphs.

Kana is Japanese and Hangul Korean. Han characters alone may be Chinese or Japanese; among titles of
anime the latter is far more often true, and a page is not wrong for Chinese readers then, only
typeset in the other style. Pure.
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
    """Return the script a title is written in; one of several scripts counts as the first here."""
    for name, pattern in _RANGES:
        if pattern.search(text):
            return name
    return "other"


def language(text: str) -> str | None:
    """Return the language that a title's letters tell, or `None`: Latin ones tell none."""
    return None if text.isascii() else _LANGUAGES.get(script(text))
