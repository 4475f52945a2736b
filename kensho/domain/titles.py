"""How titles are compared: two readings of a text in which spellings of one title meet.

`folded` keeps the words: `"Re:ZERO -Starting Life-"` reads `"re zero starting life"`. `squeezed`
goes on to the letters alone and to one romanisation: `"Yuu☆Gi☆Ō"`, `"yugioh"` and `"Yu-Gi-Oh!"`
all read `"yugio"`. Which of two works a text means is decided by how few of these steps it needs.

The law: both are idempotent, pure, and never empty unless the text has no printable character;
what is folded away is only what writers leave out or type otherwise, and never a digit. Han
variants and kana in Latin letters need tables, which `kensho.search.scripts` adds.
"""

import re
import unicodedata
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
_LATIN_MARKS: Final = range(0x0300, 0x0370)
_HEBREW_ARABIC_MARKS: Final = (*range(0x0591, 0x05C8), *range(0x064B, 0x0660))
_KATAKANA: Final = range(0x30A1, 0x30F7)
_KATAKANA_TO_HIRAGANA: Final = 0x60

_LONG_VOWELS: Final = re.compile(r"(?<=o)(?:[ou]|h(?![aeiouy]))+|(?<=u)u+")
"""What follows a vowel to make it long: ou, oo and oh are ō, uu is ū."""
_PARTICLE_WO: Final = re.compile("(?<= )wo(?= |$)|^wo(?= )")
"""Between other words only: alone it is the beginning of a word."""


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


def folded(text: str) -> str:
    """Return the words of `text`, by single spaces: the reading that word order is judged by.

    Case, width, diacritics, ornament and punctuation are gone; katakana reads as hiragana. A text
    of nothing but ornament keeps it: `"☆"` stays `"☆"`.
    """
    plain = text.casefold()
    if not text.isascii():
        plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
        plain = unicodedata.normalize("NFD", plain)
    words = unicodedata.normalize("NFC", " ".join(plain.translate(_LETTERS).split()))
    return words or unicodedata.normalize("NFC", "".join(filter(_is_printed, plain)))


def _is_printed(character: str) -> bool:
    return unicodedata.category(character)[0] not in "CZ"


def squeezed(words: str) -> str:
    """Return the letters of a folded text: no spaces, long vowels short, the particle wo as o."""
    return _LONG_VOWELS.sub("", _PARTICLE_WO.sub("o", words).replace(" ", ""))


def word_starts(words: str) -> list[int]:
    """Return where each word of a folded text begins in `squeezed(words)`, in order.

    A word that begins with what a long vowel swallowed begins after it.
    """
    glued = _PARTICLE_WO.sub("o", words)
    starts: list[int] = []
    place = 0
    for word in glued.split(" "):
        starts.append(place)
        place += len(word)
    swallowed = [match.span() for match in _LONG_VOWELS.finditer(glued.replace(" ", ""))]
    if swallowed:
        starts = [start - _before(start, swallowed) for start in starts]
    return starts


def _before(start: int, spans: list[tuple[int, int]]) -> int:
    return sum(min(end, start) - begin for begin, end in spans if begin < start)
