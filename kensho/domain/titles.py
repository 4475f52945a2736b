"""Normal forms of titles, in which different spellings of one title become equal.

`folded` keeps the words: `"Re:ZERO -Starting Life-"` becomes `"re zero starting life"`. `squeezed`
also drops the spaces and unifies romanisations: `"Yuu☆Gi☆Ō"`, `"yugioh"` and `"Yu-Gi-Oh!"` all
become `"yugio"`. A search ranks titles that are equal after `folded` above those that are equal
only after `squeezed`.

Guarantees: both are pure and idempotent, and never return an empty text for a text with a printable
character. They remove only what writers commonly omit or type differently, and never a digit. Han
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
"""Characters that are removed without splitting a word: apostrophes, quotes, zero-width marks."""
_JOINS: Final = "\0"
_JAMO: Final = frozenset(
    map(chr, (*range(0x1100, 0x1200), *range(0xA960, 0xA980), *range(0xD7B0, 0xD800)))
)
"""Letters of Hangul: two or three of them are one character."""
_LAST_KNOWN_ALONE: Final = "\uffff"
"""Above it, new versions of Unicode still add letters that combine with others."""
_LATIN_MARKS: Final = range(0x0300, 0x0370)
_HEBREW_ARABIC_MARKS: Final = (*range(0x0591, 0x05C8), *range(0x064B, 0x0660))
_KATAKANA: Final = range(0x30A1, 0x30F7)
_KATAKANA_TO_HIRAGANA: Final = 0x60

NATIVE: Final = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
"""A kana, a Han character or a syllable of Hangul, each of which tells about as much as two Latin
letters: 火の雨がふる is hinoamegafuru."""
_LONG_O: Final = re.compile("o(?:[ou]|h(?![aeiouy]))+")
_LONG_U: Final = re.compile("uu+")
"""ou, oo and oh are ō, uu is ū."""
_LONG_VOWEL: Final = re.compile(f"{_LONG_O.pattern}|{_LONG_U.pattern}")
_PARTICLE_WO: Final = re.compile("wo(?:(?<= wo)(?= |$)|(?<=^wo)(?= ))", re.MULTILINE)
"""Only where another word is beside it: alone it may be the beginning of a word being typed."""

_ARTICLE: Final = re.compile(r"(?:the|an?|el|los|las|les?|der|das|il)\s+(?=\S{2})", re.IGNORECASE)
"""Articles that people omit; not "die" and "la", which are words of many other titles."""


class _Letters(dict[int, str]):
    """A table for `str.translate` that keeps letters and turns everything else into spaces.

    Filled lazily because Unicode has 1.1 million code points and titles use some 9,000.
    """

    def __missing__(self, code: int) -> str:
        """Compute and store the entry of a character that is met for the first time."""
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
    """A table for `str.translate` that folds one character at a time, six times as fast as a text.

    It maps a character that may combine with the one before it to `_JOINS`; a text with such a
    character must be folded as a whole.
    """

    def __missing__(self, code: int) -> str:
        """Compute and store the entry of a character that is met for the first time."""
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
    """Return the words of `text`, separated by single spaces.

    Case, width, diacritics, ornaments and punctuation are removed, and katakana becomes hiragana. A
    text that consists of ornaments keeps them: `"☆"` stays `"☆"`.
    """
    words = text.translate(_WORDS)
    words = _folded_whole(text) if _JOINS in words else " ".join(words.split())
    return words or unicodedata.normalize("NFC", "".join(filter(_is_printed, _apart(text))))


def _folded_whole(text: str) -> str:
    letters = _apart(text).translate(_LETTERS)
    return unicodedata.normalize("NFC", " ".join(letters.split()))


def _apart(text: str) -> str:
    """Return `text` without case and width, decomposed into letters and their marks."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFD", plain)


def _is_printed(character: str) -> bool:
    return unicodedata.category(character)[0] not in "CZ"


def without_article(text: str) -> str | None:
    """Return a title without the article that it begins with, or `None` if it begins with none."""
    article = _ARTICLE.match(text)
    return text[article.end() :] if article else None


def squeezed(words: str) -> str:
    """Return a folded text without spaces, with long vowels short and the particle wo as o."""
    letters = glued(words).replace(" ", "")
    if "ou" in letters or "oo" in letters or "oh" in letters:
        letters = _LONG_O.sub("o", letters)
    return _LONG_U.sub("u", letters) if "uu" in letters else letters


def glued(lines: str) -> str:
    """Return folded texts, one per line, with the particle wo written as o."""
    return _PARTICLE_WO.sub("o", lines) if "wo" in lines else lines


def swallowed(letters: str) -> Iterator[tuple[int, int]]:
    """Yield the spans that shortening long vowels removes, in glued texts without spaces."""
    for vowel in _LONG_VOWEL.finditer(letters):
        yield vowel.start() + 1, vowel.end()
