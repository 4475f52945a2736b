"""The keys by which titles and queries are compared: words, letters, and letters with markers.

Guarantees: titles and queries pass through the same functions, so whatever is folded away is folded
away on both sides. `letters` is used to find candidates and count edits; in it every spelling of a
season ends alike: `"Overlord II"` and `"overlord 2nd season"` are both `"overlord#2"`. `plain` is
the text as typed so far, which half-typed queries begin with.

Performance: about 8 µs for a title.
"""

from typing import Final

import msgspec

from kensho.domain import title_parts, titles
from kensho.domain.title_parts import ParsedTitle, TitleParts
from kensho.search import scripts

MAX_LETTERS: Final = 240
"""Longer keys are cut: no two real titles agree so far and then differ."""
PARTS: Final = 10
"""Codes of seasons are ten apart, so that a part has the last digit."""
_FINAL_SEASON: Final = 99
_FIRST_WIDE: Final = "\u2e80"
"""The first CJK radical: from here on scripts write a word or syllable with one character."""
ACRONYM_LENGTHS: Final = range(3, 9)
"""Two letters stand for too many titles; the longest that are used have eight at most."""
_MAX_BEFORE_MARKER: Final = MAX_LETTERS - 8
"""A marker of season and part takes up to eight characters."""


class Key(msgspec.Struct, frozen=True, gc=False):
    """A text as it is compared.

    `words` are folded; `plain` are their letters; `letters` has canonical markers of season and
    part instead of the typed ones, and `base` has none; `native` are the letters as they are typed,
    in their own script, with markers and long vowels, where one slip is one edit; `parsed` holds
    the markers and the text around them.
    """

    words: str
    plain: str
    letters: str
    base: str
    native: str
    parsed: ParsedTitle


def key_of(text: str) -> Key:
    """Return the key of a title or a query."""
    return key_of_words(folded(text))


def key_of_words(words: str) -> Key:
    """Return the key of a folded text."""
    parsed = title_parts.parsed(words)
    plain = letters_of(words)
    base = plain if parsed.stem == words else letters_of(parsed.stem)
    return _key(words, plain, base, parsed)


def key_with(stem: str, wanted: TitleParts) -> Key:
    """Return the key of a folded name and markers that are known from elsewhere."""
    plain = letters_of(stem)
    return _key(stem, plain, plain, ParsedTitle(words=stem, stem=stem, core=stem, parts=wanted))


def _key(words: str, plain: str, base: str, parsed: ParsedTitle) -> Key:
    marker = title_parts.marker(parsed.parts)
    letters = base[:_MAX_BEFORE_MARKER] + marker if marker else base
    native = words.replace(" ", "")[:MAX_LETTERS]
    return Key(words, plain, letters, base, native, parsed)


def folded(text: str) -> str:
    """Return the folded words of `text`, with Han variants simplified."""
    return scripts.simplified(titles.folded(text))


def letters_of(words: str) -> str:
    """Return the letters of folded words in one romanisation, `MAX_LETTERS` at most."""
    return titles.squeezed(scripts.romanised(words))[:MAX_LETTERS]


def weight_of(letters: str) -> int:
    """Return the weight of `letters`: one for each, two for a Han character or a syllable."""
    if letters.isascii():
        return len(letters)
    return len(letters) + sum(map(_FIRST_WIDE.__le__, letters))


def season_code(wanted: TitleParts) -> int:
    """Return a number for season and part, such as 32 for part 2 of season 3.

    The final season counts as season 99.
    """
    season = _FINAL_SEASON if wanted.final else wanted.season or 1
    return season * PARTS + (wanted.part or 0)


def acronym_of(words: str) -> str | None:
    """Return the first letters of three to eight folded words in ASCII, or `None` for others."""
    parts = words.split(" ")
    if len(parts) not in ACRONYM_LENGTHS or not words.isascii():
        return None
    return "".join([part[0] for part in parts])
