"""Unifies Han variants and romanises kana, so that scripts meet in one key.

OpenCC's tables say which Han characters are variants: Japanese forms lead to traditional ones and
those to simplified ones, and titles are compared by the last. jaconv reads kana in Hepburn letters.
Neither reads kanji: a title in kanji meets its romanisation only if a source lists both.

Performance: the table takes 30 ms to make, once for each process.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, Final, cast

import jaconv
import opencc

_HAN: Final = (range(0x3400, 0x4DC0), range(0x4E00, 0xA000), range(0xF900, 0xFB00))
_KANA_KEPT: Final = 65_536
"""Runs of kana that are kept: they recur while an index is built, and jaconv takes 20 µs each."""
_LONG_MARK: Final = "ー"
_HIRAGANA: Final = re.compile(r"[\u3041-\u3096]+")
_SMALL_TSU: Final = "っ"
_HANGUL: Final = re.compile(r"[\uac00-\ud7a3]")
_READ_ALOUD: Final = re.compile(rf"[\u3041-\u3096{_LONG_MARK}\uac00-\ud7a3]")


def prepare() -> None:
    """Make the table of Han variants now rather than in the first request that needs it."""
    _variants()


def simplified(text: str) -> str:
    """Return `text` with every Han character in its simplified form."""
    return text if text.isascii() else text.translate(_variants())


def is_read_aloud(words: str) -> bool:
    """Tell whether a folded text has kana or Hangul, which are compared as they sound too."""
    return not words.isascii() and _READ_ALOUD.search(words) is not None


def romanised(words: str) -> str:
    """Return a folded text in the letters that it is typed with: kana romanised, Hangul as jamo.

    `"しんげき"` becomes `"shingeki"`; a syllable of Hangul becomes its two or three jamo.
    """
    if not is_read_aloud(words):
        return words
    if _HANGUL.search(words):
        words = unicodedata.normalize("NFD", words)
    kana = words.replace(_LONG_MARK, "").replace("を", "お") or words
    return _HIRAGANA.sub(lambda run: _in_latin(run.group()), kana)


@lru_cache(maxsize=_KANA_KEPT)
def _in_latin(kana: str) -> str:
    # Before a small tsu jaconv needs a letter; after one that is not typed on yet, it has no sound.
    return str(jaconv.kana2alphabet(f"あ{kana.rstrip(_SMALL_TSU)}"))[1:]


@cache
def _variants() -> Mapping[int, str]:
    characters = [chr(code) for block in _HAN for code in block]
    simple = _simplest(characters)
    return {
        ord(character): form
        for character, form in zip(characters, simple, strict=True)
        if character != form and len(form) == 1
    }


def _simplest(characters: Sequence[str]) -> Sequence[str]:
    """Return the final variant of each character: some lead to others that lead further."""
    text = "\n".join(characters)
    while True:
        simpler = _converted("t2s", _converted("jp2t", text))
        if simpler == text:
            return text.split("\n")
        text = simpler


def _converted(tables: str, text: str) -> str:
    converter = cast("Any", opencc.OpenCC(tables))  # its types name its text as unknown
    return str(converter.convert(text))
