"""The placeholder of a poster: initials beside a metro line, shown until the poster has loaded.

It is SVG without styles of its own: `explorer.css` colours its classes. The same title gives the
same picture, and titles that begin alike share a colour, so that a series looks like one. Pure.
"""

import re
import zlib
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from markupsafe import Markup, escape

COLOURS: Final = 7
"""Line colours in `explorer.css` that pictures have: `.line-0` to `.line-6`; 7 is grey."""
_WORD: Final = re.compile(r"[^\W_]+", re.UNICODE)
_SMALL: Final = frozenset(("the", "a", "an", "of", "no", "to", "and", "wa", "ga", "wo", "ni"))
_WIDE: Final = re.compile(r"[\u3041-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_ROUTES: Final = (
    "M20 -10V190q0 10 7 17l56 56q7 7 7 17V320",
    "M180 -10V190q0 10-7 17l-56 56q-7 7-7 17V320",
    "M-10 214H48q10 0 17 7l28 28q7 7 17 7H210",
    "M-10 252H60q10 0 17-7l28-28q7-7 17-7H210",
)
_STOPS: Final = ((20, 64), (180, 64), (152, 256), (40, 252))
"""The position of the work's own station on each route."""
SHAPES: Final[Mapping[str, str]] = {
    "tv": "M-11 0a11 11 0 1 0 22 0a11 11 0 1 0-22 0z",
    "movie": "M0-14L14 0L0 14L-14 0z",
    "ova": "M0-14L13 10H-13z",
    "special": "M-10-10H10V10H-10z",
    "ona": "M-7-12H7L14 0L7 12H-7L-14 0z",
}
"""The shape of a station tells the type, as on the map."""


def loadable(url: str | None) -> str | None:
    """Return the address of a poster that the policy lets through: over https."""
    return url if url and urlsplit(url).scheme == "https" else None


def initials(title: str) -> str:
    """Return one or two letters that represent a title; one where the script is a wide one."""
    words: list[str] = _WORD.findall(title)
    if not words:
        return "·"
    if _WIDE.match(words[0]):
        return words[0][0]
    telling = [word for word in words if word.lower() not in _SMALL] or words
    return "".join(word[0] for word in telling[:2]).upper()[:2]


def colour(title: str) -> int:
    """Return the number of the line whose colour a title has: that of its first word."""
    words: list[str] = _WORD.findall(title)
    telling = next((word for word in words if word.lower() not in _SMALL), title)
    return zlib.crc32(telling.lower().encode()) % COLOURS


def placeholder(title: str, anime_type: str = "unknown") -> Markup:
    """Return the placeholder of a work; it is hidden from screen readers, who read the title."""
    seed = zlib.crc32(title.encode())
    route = seed // COLOURS % len(_ROUTES)
    x, y = _STOPS[route]
    shape = SHAPES.get(anime_type, SHAPES["tv"])
    return Markup(  # noqa: S704 -- all but the letters is constant, and those are escaped
        f'<svg class="drawn line-{colour(title)}" viewBox="0 0 200 300" aria-hidden="true" '
        'preserveAspectRatio="xMidYMid slice" focusable="false">'
        '<rect class="drawn-sheet" width="200" height="300"/>'
        f'<path class="drawn-route" d="{_ROUTES[route]}"/>'
        f'<path class="drawn-stop" transform="translate({x} {y})" d="{shape}"/>'
        f'<text class="drawn-letters" x="100" y="136">{escape(initials(title))}</text></svg>'
    )
