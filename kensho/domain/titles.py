"""How titles are compared: two readings of a text in which spellings of one title meet.

`folded` keeps the words: `"Re:ZERO -Starting Life-"` reads `"re zero starting life"`. `squeezed`
goes on to the letters alone and to one romanisation: `"Yuu☆Gi☆Ō"`, `"yugioh"` and `"Yu-Gi-Oh!"` all
read `"yugio"`. Which of two works a text means is decided by how few of these steps it needs.

Guarantees: both are idempotent, pure, and never empty unless the text has no printable character;
what is folded away is only what writers leave out or type otherwise, and never a digit. Han
variants and kana in Latin letters need tables, which `kensho.search.scripts` adds.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

_SPELT_OUT: Final = {
    "×": " x ",  # SPY×FAMILY, Hunter×Hunter
    "&": " and ",
    "ß": "ss",
    "æ": "ae",
    "œ": "oe",
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "þ": "th",
    "\u0131": "i",  # dotless i
    "ħ": "h",
}
_JOINED: Final = (
    "'\"`\u00b4\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u02bc\u2032\uff07"
    "\u00ad\u200b\u200c\u200d\u2060\ufeff\ufe0e\ufe0f"
)
"""Marks inside words: apostrophes, quotation marks, and what has no width."""
_JOINS: Final = "\0"
_JAMO: Final = frozenset(
    map(chr, (*range(0x1100, 0x1200), *range(0xA960, 0xA980), *range(0xD7B0, 0xD800)))
)
"""Letters of Hangul: two or three of them are one character."""
_LAST_KNOWN_ALONE: Final = "\uffff"
"""Beyond it new versions of Unicode still add letters that join others."""
_LATIN_MARKS: Final = range(0x0300, 0x0370)
_HEBREW_ARABIC_MARKS: Final = (*range(0x0591, 0x05C8), *range(0x064B, 0x0660))
_KATAKANA: Final = range(0x30A1, 0x30F7)
_KATAKANA_TO_HIRAGANA: Final = 0x60

_LONG_O: Final = re.compile("o(?:[ou]|h(?![aeiouy]))+")
_LONG_U: Final = re.compile("uu+")
"""ou, oo and oh are ō, uu is ū."""
_LONG_VOWEL: Final = re.compile(f"{_LONG_O.pattern}|{_LONG_U.pattern}")
_PARTICLE_WO: Final = re.compile("wo(?:(?<= wo)(?= |$)|(?<=^wo)(?= ))", re.MULTILINE)
"""Between other words only: alone it is the beginning of a word."""

_ARTICLE: Final = re.compile(r"(?:the|an?|el|los|las|les?|der|das|il)\s+(?=\S{2})", re.IGNORECASE)
"""Articles that people leave out; not "die" and "la", which are words of many other titles."""


class _Letters(dict[int, str]):
    """A table for `str.translate`, filled as characters are met: letters stay, the rest is space.

    Filled lazily because Unicode has 1.1 million code points and titles use some 9,000.
    """

    def __missing__(self, code: int) -> str:
        """Decide on a character once."""
        self[code] = read = _letter(chr(code))
        return read


def _letter(character: str) -> str:
    code = ord(character)
    if character in _SPELT_OUT:
        return _SPELT_OUT[character]
    if character in _JOINED or code in _LATIN_MARKS or code in _HEBREW_ARABIC_MARKS:
        return ""
    if code in _KATAKANA:
        return chr(code - _KATAKANA_TO_HIRAGANA)
    category = unicodedata.category(character)
    return character if category[0] in "LNM" else " "


_LETTERS: Final = _Letters()


class _Words(dict[int, str]):
    """A table for `str.translate` that folds characters one by one, six times as fast as a text.

    `_JOINS` stands for one that may become another character together with the one before it.
    """

    def __missing__(self, code: int) -> str:
        """Decide on a character once."""
        self[code] = read = _word_part(chr(code))
        return read


def _word_part(character: str) -> str:
    apart = _apart(character)
    read = unicodedata.normalize("NFC", apart.translate(_LETTERS))
    joins = character > _LAST_KNOWN_ALONE or any(map(_may_join, (apart[:1], read[:1])))
    return _JOINS if joins else read


def _may_join(character: str) -> bool:
    return character in _JAMO or unicodedata.category(character or " ")[0] == "M"


_WORDS: Final = _Words()


def folded(text: str) -> str:
    """Return the words of `text`, by single spaces: the reading that word order is judged by.

    Case, width, diacritics, ornament and punctuation are gone; katakana reads as hiragana. A text
    of nothing but ornament keeps it: `"☆"` stays `"☆"`.
    """
    words = text.translate(_WORDS)
    words = _folded_whole(text) if _JOINS in words else " ".join(words.split())
    return words or unicodedata.normalize("NFC", "".join(filter(_is_printed, _apart(text))))


def _folded_whole(text: str) -> str:
    letters = _apart(text).translate(_LETTERS)
    return unicodedata.normalize("NFC", " ".join(letters.split()))


def _apart(text: str) -> str:
    """Return `text` without case and width, its marks apart from their letters."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFD", plain)


def _is_printed(character: str) -> bool:
    return unicodedata.category(character)[0] not in "CZ"


def without_article(text: str) -> str | None:
    """Return what stands behind the article that a title begins with, or None without one."""
    article = _ARTICLE.match(text)
    return text[article.end() :] if article else None


def squeezed(words: str) -> str:
    """Return the letters of a folded text: no spaces, long vowels short, the particle wo as o."""
    letters = glued(words).replace(" ", "")
    short = _LONG_O.sub("o", letters)
    return _LONG_U.sub("u", short) if "uu" in short else short


def glued(lines: str) -> str:
    """Return folded texts, one on each line, with the particle wo as o."""
    return _PARTICLE_WO.sub("o", lines) if "wo" in lines else lines


def swallowed(letters: str) -> Iterator[tuple[int, int]]:
    """Yield which spans long vowels swallow, in glued texts without spaces, one on each line."""
    for vowel in _LONG_VOWEL.finditer(letters):
        yield vowel.start() + 1, vowel.end()
