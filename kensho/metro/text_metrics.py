"""The width of text and its line breaks, so that labels can be placed before a browser draws them.

Widths are those of the widest of the usual system sans-serifs (Segoe UI, Roboto, Helvetica, Noto
Sans), as a share of the font size: a label that fits here fits everywhere.

Guarantees: no line is wider than asked for, unless a single character is.
Performance: 2 µs for a line.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

ELLIPSIS: Final = "…"
_NARROW: Final = 0.33
_LOWER: Final = 0.58
_UPPER: Final = 0.70
_BROAD: Final = 0.92
_FULL: Final = 1.05
_OTHER: Final = 0.66
_USUAL: Final[Mapping[str, float]] = {
    **dict.fromkeys("abcdeghknopquvxyz", _LOWER),
    **dict.fromkeys("ABCDEFGHKLNOPQRSTUVXYZ&", _UPPER),
    **dict.fromkeys("0123456789#$?_", _LOWER),
    **dict.fromkeys("ijlI.,:;'|!()[]/ ‘’·", _NARROW),  # noqa: RUF001 - the quotes that titles have
    **dict.fromkeys('ftrsJ-*"“”', 0.45),
    **dict.fromkeys("mwMW@%+~<>=—…", _BROAD),
}
_KEPT: Final = 8192
"""Widths that are remembered, about 1 MB: maps measure years, spaces and the same names anew."""
_WIDE: Final = frozenset("WF")
_LOOSE: Final = " -–:,.~&+("  # noqa: RUF001 - a dash
"""What a cut text does not end in."""
_FIRST_WIDE: Final = 0x1100
"""Below Hangul Jamo no character is full-width."""


class _Widths(dict[str, float]):
    """The widths of usual characters; those of others are computed each time, so it never grows."""

    def __missing__(self, character: str) -> float:
        return _unusual(character)


_WIDTH: Final = _Widths(_USUAL)


@lru_cache(maxsize=_KEPT)
def width(text: str, size: float) -> float:
    """Return how wide a text of this font size is, in pixels; words are measured once."""
    return size * sum(map(_WIDTH.__getitem__, text))


def _unusual(character: str) -> float:
    if unicodedata.combining(character):
        return 0.0
    if ord(character) < _FIRST_WIDE:
        return _OTHER
    if unicodedata.east_asian_width(character) in _WIDE:
        return _FULL
    return _FULL if unicodedata.category(character) == "So" else _BROAD


class MeasuredText(NamedTuple):
    """A text, its words and a space, each with its width."""

    text: str
    wide: float
    words: tuple[tuple[str, float], ...]
    space: float
    size: float

    @property
    def longest(self) -> float:
        """The width of the widest word."""
        return max(wide for _, wide in self.words)


def measured(text: str, size: float) -> MeasuredText:
    """Return a text that is measured once, to be wrapped at several widths."""
    words = tuple((word, width(word, size)) for word in text.split(" "))
    space = width(" ", size)
    wide = words[0][1]
    for _, more in words[1:]:
        wide = wide + space + more
    return MeasuredText(text, wide, words, space, size)


def wrapped(text: MeasuredText, max_width: float) -> list[tuple[str, float]]:
    """Return the lines of a text with their widths, none above `max_width`; long words break."""
    if text.wide <= max_width and text.words[0][0]:
        return [(text.text, text.wide)]
    lines: list[tuple[str, float]] = []
    line, used = "", 0.0
    for word, wide in text.words:
        if line and used + text.space + wide <= max_width:
            line, used = f"{line} {word}", used + text.space + wide
            continue
        if line:
            lines.append((line, used))
        line, used = word, wide
        if wide > max_width:
            *parts, line = _parts(word, text.size, max_width)
            lines += [(part, width(part, text.size)) for part in parts]
            used = width(line, text.size)
    return [*lines, (line, used)]


def truncated(text: str, size: float, max_width: float) -> str:
    """Return as many words as fit, with an ellipsis if these are not all.

    Only where not even the first word fits is that word cut, as is text without spaces.
    """
    fitting = cut_between_words(text, size, max_width)
    if fitting is not None:
        return fitting
    available, kept = max_width - width(ELLIPSIS, size), 0
    for character in text:
        available -= size * _WIDTH[character]
        if available < 0:
            break
        kept += 1
    return text[: max(kept, 1)].rstrip(_LOOSE) + ELLIPSIS


def cut_between_words(text: str, size: float, max_width: float) -> str | None:
    """Return as many words as fit, as `truncated` does; `None` if not even the first word fits."""
    available, end = max_width - width(ELLIPSIS, size), 0
    used = 0.0
    for number, character in enumerate(text):
        if character == " " and used <= available:
            end = number
        used += size * _WIDTH[character]
        if used > max_width:
            cut = text[:end].rstrip(_LOOSE)
            return cut + ELLIPSIS if cut else None
    return text


def _parts(word: str, size: float, max_width: float) -> Iterator[str]:
    """Yield the parts of a word that is too wide for a line."""
    part, used = "", 0.0
    for character in word:
        step = size * _WIDTH[character]
        if part and used + step > max_width:
            yield part
            part, used = "", 0.0
        part += character
        used += step
    yield part
