"""The keys by which titles and queries are compared: words, letters, and letters with markers.

Guarantees: a title and a query pass through the same function, so whatever is folded away is folded
away on both sides. `letters` is what candidates are found and edits are counted by; in it every
spelling of a season ends in the same few characters: `"Overlord II"` and `"overlord 2nd season"`
both read `"overlord#2"`. `plain` is the text as typed so far, which half-typed queries begin with.

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
"""One more than a season can have: codes of seasons are ten apart."""
_FINAL_SEASON: Final = 99
_TELLS_TWICE: Final = "\u2e80"
ACRONYM_LENGTHS: Final = range(3, 9)
_MOST_BEFORE_MARKER: Final = MAX_LETTERS - 8


class Key(msgspec.Struct, frozen=True, gc=False):
    """A text as it is compared.

    `words` are folded; `plain` are their letters; `letters` is the same with canonical markers of
    season and part, and `base` without them; `native` are the letters in the script they are
    written in, where one error in typing kana or Hangul is one edit; `parsed` holds the markers and
    the text around them.
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
    letters = base[:_MOST_BEFORE_MARKER] + marker if marker else base
    native = plain if words.isascii() else titles.squeezed(words)[:MAX_LETTERS]
    return Key(words, plain, letters, base, native, parsed)


def folded(text: str) -> str:
    """Return the words of `text` with Han variants brought together."""
    return scripts.simplified(titles.folded(text))


def letters_of(words: str) -> str:
    """Return the letters of folded words in one romanisation, `MAX_LETTERS` at most."""
    return titles.squeezed(scripts.romanised(words))[:MAX_LETTERS]


def weight_of(letters: str) -> int:
    """Return how much `letters` tell, in Latin letters; a Han character or syllable is two."""
    if letters.isascii():
        return len(letters)
    return len(letters) + sum(letter >= _TELLS_TWICE for letter in letters)


def season_code(wanted: TitleParts) -> int:
    """Return a number for season and part, such as 32 for part 2 of season 3.

    The final season counts as season 99.
    """
    season = _FINAL_SEASON if wanted.final else wanted.season or 1
    return season * PARTS + (wanted.part or 0)


def acronym_of(words: str) -> str | None:
    """Return the first letters of three to eight folded words, or `None`: they say nothing."""
    parts = words.split(" ")
    if len(parts) not in ACRONYM_LENGTHS or not words.isascii():
        return None
    return "".join([part[0] for part in parts])
