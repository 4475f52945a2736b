"""Posters: where a browser finds one in several sizes, and what is drawn where there is none.

The placeholder is the title beside a metro line, shown until the poster has loaded. It is SVG
without styles of its own: `explorer.css` colours its classes. The same title gives the same
picture, and titles that begin alike share a colour, so that a series looks like one. Pure.
"""

import hashlib
import re
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import urlsplit
from uuid import UUID

from markupsafe import Markup

from kensho.metro.station_names import printable
from kensho.metro.text_metrics import measured, truncated, wrapped
from kensho.web.page_code import written

_USUAL_WIDTH: Final = 225
"""Pixels: what the largest source has of most posters, and a little more than a card is wide."""
_VERSION_CHARS: Final = 20
_SIZES: Final = (
    (
        re.compile(r"(https://cdn\.myanimelist\.net/images/anime/\d+/\d+)l?\.jpg"),
        (("{}.jpg", 225), ("{}l.jpg", 425)),
    ),
    (
        re.compile(
            r"(https://s4\.anilist\.co/file/anilistcdn/media/anime/cover)"
            r"/(?:small|medium|large)/(.+)"
        ),
        (("{}/small/{}", 100), ("{}/medium/{}", 230), ("{}/large/{}", 460)),
    ),
    (
        re.compile(r"(https://image\.tmdb\.org/t/p)/w\d+/(.+)"),
        (("{}/w154/{}", 154), ("{}/w342/{}", 342), ("{}/w500/{}", 500)),
    ),
)
"""How addresses of hosts that have several sizes are written, and how wide each size is."""
_HTTPS: Final = "https://"
_SHOWN: Final[Mapping[str, str]] = {
    "row": "64px",
    "mini": "48px",
    "hub": "80px",
    "work": "(max-width: 760px) 112px, 256px",
}
"""How wide a browser shows a poster, by its frame."""
_SHOWN_IN_CARDS: Final = "200px"
_LAZY: Final = ' loading="lazy"'
_KEPT: Final = 4096
"""Placeholders that are remembered, some 4 MB: most works on lists are on many of them."""
_SMALL_FRAMES: Final = frozenset(("row", "mini", "hub"))
_TITLE_SIZES: Final = (40, 32, 27, 23)
_SMALL_SIZES: Final = (52, 44, 37, 31)
_TITLE_LINES: Final = 7
_SMALL_LINES: Final = 3
_TITLE_WIDE: Final = 172.0
"""Of the 200 units that a frame is wide."""
_BOLD: Final = 1.08
"""How much wider the letters of titles are than those that are measured."""
_LINE: Final = 1.2
_MIDDLE: Final = 150.0
COLOURS: Final = 7
"""Line colours in `explorer.css` that pictures have: `.line-0` to `.line-6`; 7 is grey."""
_WORD: Final = re.compile(r"[^\W_]+", re.UNICODE)
_SMALL: Final = frozenset(("the", "a", "an", "of", "no", "to", "and", "wa", "ga", "wo", "ni"))
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


class PosterVariant(NamedTuple):
    """A poster in one size: its address, and its width in pixels."""

    url: str
    width: int


class PosterImage(NamedTuple):
    """What an image element needs: an address, and the same in several sizes with their widths."""

    src: str
    srcset: str


def loadable(url: str | None) -> str | None:
    """Return the address of a poster that the policy lets through: over https."""
    return url if url and url[: len(_HTTPS)].lower() == _HTTPS else None


def variants(url: str | None) -> list[PosterVariant]:
    """Return a poster in the sizes in which its host has it, the smallest first.

    Where a host has one size, or is not known, that is the only one.
    """
    known = loadable(url)
    if known is None:
        return []
    for pattern, sizes in _SIZES:
        found = pattern.fullmatch(known)
        if found is not None:
            parts = found.groups()
            return [PosterVariant(template.format(*parts), width) for template, width in sizes]
    return [PosterVariant(known, _USUAL_WIDTH)]


def direct_image(_work: UUID, url: str | None) -> PosterImage | None:
    """Return a poster as browsers load it from its host; `None` where there is none."""
    found = variants(url)
    return _image([(one.url, one.width) for one in found])


def proxied_image(work: UUID, url: str | None, hosts: Collection[str]) -> PosterImage | None:
    """Return a poster as this service hands it on; as `direct_image` where the host is another."""
    if not is_allowed(url, hosts):
        return direct_image(work, url)
    return _image([(f"/posters/{work}/{version_of(one.url)}", one.width) for one in variants(url)])


ImageOf: TypeAlias = Callable[[UUID, str | None], PosterImage | None]
"""Finds the image of a work's poster by the address that a source has of it."""


def element(image: PosterImage | None, kind: str = "card", *, first: bool = False) -> Markup:
    """Return the image element of a poster, nothing where there is none.

    Its frame has a size of its own, so that nothing moves when it arrives. What is `first` on a
    page is not loaded lazily.
    """
    if image is None:
        return Markup()
    sizes = f' srcset="{written(image.srcset)}" sizes="{_SHOWN.get(kind, _SHOWN_IN_CARDS)}"'
    return Markup(  # noqa: S704 -- escaped
        f'<img src="{written(image.src)}"{sizes if image.srcset else ""} alt="" width="200" '
        f'height="300"{"" if first else _LAZY} decoding="async" referrerpolicy="no-referrer">'
    )


def framed(image_of: ImageOf) -> Callable[..., Markup]:
    """Return what writes the poster of a work: the placeholder, and above it the image."""

    def poster(work: Any, kind: str = "card", first: bool = False) -> Markup:
        drawn = placeholder(work.title, getattr(work, "anime_type", "unknown"), kind)
        image = element(image_of(work.id, work.poster_url), kind, first=first)
        return Markup(f'<span class="poster poster-{kind}">{drawn}{image}</span>')  # noqa: S704 -- both are made here

    return poster


def is_allowed(url: str | None, hosts: Collection[str]) -> bool:
    """Tell whether a poster is over https and of a host, or below one, that is allowed."""
    host = urlsplit(loadable(url) or "").hostname or ""
    return any(host == one or host.endswith(f".{one}") for one in hosts)


def version_of(url: str) -> str:
    """Return what an address of ours tells one poster, in one size, from another by."""
    return hashlib.sha256(url.encode()).hexdigest()[:_VERSION_CHARS]


def _image(found: Sequence[tuple[str, int]]) -> PosterImage | None:
    if not found:
        return None
    usual = min(found, key=lambda one: abs(one[1] - _USUAL_WIDTH))
    many = ", ".join(f"{address} {width}w" for address, width in found)
    return PosterImage(usual[0], many if len(found) > 1 else "")


def colour(title: str) -> int:
    """Return the number of the line whose colour a title has: that of its first word."""
    words: list[str] = _WORD.findall(title)
    telling = next((word for word in words if word.lower() not in _SMALL), title)
    return zlib.crc32(telling.lower().encode()) % COLOURS


@lru_cache(maxsize=_KEPT)
def placeholder(title: str, anime_type: str = "unknown", kind: str = "card") -> Markup:
    """Return the placeholder of a work; it is hidden from screen readers, who read the title.

    In a small frame, beside which the title stands, its first words are drawn.
    """
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
        f"{_letters(title, is_small=kind in _SMALL_FRAMES)}</svg>"
    )


def _letters(title: str, *, is_small: bool) -> str:
    """Return the title in the largest size in which it fits, in the middle of the frame."""
    text = printable(title) or "·"
    sizes, most = (_SMALL_SIZES, _SMALL_LINES) if is_small else (_TITLE_SIZES, _TITLE_LINES)
    size, lines = sizes[-1], list[str]()
    # Widths grow with the size, so that a text is measured once, in a size of 1.
    unit = measured(text, _BOLD)
    for size in sizes:
        room = _TITLE_WIDE / size
        # Lines that end in all their spaces hold no more than this: what is longer need not be cut.
        if size != sizes[-1] and (unit.longest > room or unit.wide > most * (room + unit.space)):
            continue
        lines = [line for line, _ in wrapped(unit, room)]
        if len(lines) <= most:
            break
    if len(lines) > most:
        rest = truncated(" ".join(lines[most - 1 :]), size * _BOLD, _TITLE_WIDE)
        lines = [*lines[: most - 1], rest]
    high = size * _LINE
    top = _MIDDLE - high * (len(lines) - 1) / 2
    spans = "".join(
        f'<tspan x="100" y="{round(top + n * high, 1)}">{written(line)}</tspan>'
        for n, line in enumerate(lines)
    )
    return f'<text class="drawn-letters" font-size="{size:.0f}">{spans}</text>'
