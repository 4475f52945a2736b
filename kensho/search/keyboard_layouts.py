"""Reads a text as typed on another keyboard layout, or transliterates it, as a fallback of search.

A layout is written down here as its letters in the order of the keys that they are on. Done:
Russian ЙЦУКЕН against QWERTY both ways, and Korean two-set jamo typed for Latin letters. Not done:
other layouts, and Latin letters typed for Hangul syllables. Scripts other than Latin, kana and Han
are transliterated by anyascii, sound for sound, which finds a Russian spelling of a romanised title
only if the sounds are near.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

import anyascii

_QWERTY: Final = "qwertyuiop[]asdfghjkl;'zxcvbnm,."
_RUSSIAN: Final = "йцукенгшщзхъфывапролджэячсмитьбю"
_QWERTY_LETTERS: Final = "qwertyuiopasdfghjklzxcvbnm"
_KOREAN: Final = "ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔㅁㄴㅇㄹㅎㅗㅓㅏㅣㅋㅌㅊㅍㅠㅜㅡ"
_DOUBLED: Final = str.maketrans(
    {"ㅃ": "ㅂㅂ", "ㅉ": "ㅈㅈ", "ㄸ": "ㄷㄷ", "ㄲ": "ㄱㄱ", "ㅆ": "ㅅㅅ"}
)
_FROM_RUSSIAN: Final = str.maketrans(_RUSSIAN, _QWERTY)
_TO_RUSSIAN: Final = str.maketrans(_QWERTY, _RUSSIAN)
_FROM_KOREAN: Final = str.maketrans(_KOREAN, _QWERTY_LETTERS)
_CYRILLIC: Final = re.compile("[\u0430-\u044f\u0451]")
_HANGUL: Final = re.compile("[\u1100-\u11ff\u3131-\u3163\uac00-\ud7a3]")
_FOREIGN: Final = re.compile("[\u0370-\u2fff\uac00-\ud7a3]")


def from_other_layouts(text: str) -> Iterator[str]:
    """Yield what was meant if `text` was typed on the wrong layout."""
    lowered = text.lower()
    if _CYRILLIC.search(lowered):
        yield lowered.translate(_FROM_RUSSIAN)
    elif _HANGUL.search(lowered):
        yield _jamo(lowered).translate(_DOUBLED).translate(_FROM_KOREAN)
    elif lowered.isascii():
        yield lowered.translate(_TO_RUSSIAN)


def transliterated(text: str) -> str | None:
    """Return `text` in Latin letters, or `None` if it has no letters to transliterate."""
    if _FOREIGN.search(text) is None:
        return None
    return str(anyascii.anyascii(text.encode("utf-8", "ignore").decode()))


def _jamo(text: str) -> str:
    """Return syllables as the jamo that are on keys."""
    parts: list[str] = []
    for letter in unicodedata.normalize("NFD", text):
        name = unicodedata.name(letter, "")
        kind, _, jamo = name.partition("HANGUL ")
        sound = jamo.rpartition(" ")[2] if not kind else ""
        parts.append(_BY_SOUND.get(sound, letter))
    return "".join(parts)


_BY_SOUND: Final = {
    unicodedata.name(letter).rpartition(" ")[2]: letter for letter in f"{_KOREAN}ㅃㅉㄸㄲㅆ"
}
