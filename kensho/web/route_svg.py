"""A path between works as one metro route: stations from left to right, joined by segments.

Guarantees: pure; the same path gives the same picture. A step along the story goes straight on, one
to what lies beside it goes down a track, one back to it goes up, at 45 degrees. Nothing overlaps:
stations are as far apart as their labels are wide. Five stations fit a page; for a phone a path is
folded into rows of two that turn at the edges.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Final, NamedTuple

from markupsafe import Markup

from kensho.domain.relations import KIND_FACTS, Family, Kind
from kensho.domain.works import AnimeType
from kensho.web.posters import SHAPES

_APART: Final = 184
_TRACK_GAP: Final = 56
_MARGIN: Final = 88
_TOP: Final = 48
_LINE_HEIGHT: Final = 19
_MOST_LINES: Final = 3
_LINE_CHARS: Final = 20
_BEND: Final = 12
"""How far from its corner a curve begins."""
_COLOUR: Final[Mapping[Family, int]] = {
    "story": 0,
    "side": 1,
    "spin_off": 2,
    "world": 3,
    "retelling": 4,
    "mention": 7,
    "group": 7,
}


_FOLDED_MARGIN: Final = 78
_PER_ROW: Final = 2
_ROW_HEIGHT: Final = 148
"""A station, three lines of its title, and the label of the turn."""
_TURN: Final = 70
"""How far beyond a station a route turns to the next row: beyond its title."""
_FOLDED_CHARS: Final = 15


class RouteStation(NamedTuple):
    """A work of the path, and its page."""

    title: str
    anime_type: AnimeType
    href: str


class RouteSegment(NamedTuple):
    """A step: its kind, that in words, and whether nobody states it."""

    kind: Kind
    label: str
    is_inferred: bool


class _Point(NamedTuple):
    x: int
    y: int


def draw(stations: Sequence[RouteStation], segments: Sequence[RouteSegment], label: str) -> Markup:
    """Return the route as SVG; `label` says the same in words."""
    points = _points(segments)
    width = points[-1].x + _MARGIN
    height = max(
        p.y + 40 + _LINE_HEIGHT * len(wrapped(station.title))
        for p, station in zip(points, stations, strict=True)
    )
    parts = [
        _segment(a, b, segment) for (a, b), segment in zip(pairwise(points), segments, strict=True)
    ]
    parts += [_station(point, station) for point, station in zip(points, stations, strict=True)]
    return Markup(
        '<svg class="route" width="{}" height="{}" viewBox="0 0 {} {}" role="group" '
        'aria-label="{}">{}</svg>'
    ).format(width, height, width, height, label, Markup("").join(parts))


def folded(
    stations: Sequence[RouteStation], segments: Sequence[RouteSegment], label: str
) -> Markup:
    """Return the route as SVG in rows of two stations, every other row from right to left."""
    points = [_folded_point(n) for n in range(len(stations))]
    width = 2 * _FOLDED_MARGIN + _APART
    height = points[-1].y + 40 + _LINE_HEIGHT * _MOST_LINES
    parts = [
        _segment(a, b, segment) if a.y == b.y else _turn(a, b, segment)
        for (a, b), segment in zip(pairwise(points), segments, strict=True)
    ]
    parts += [
        _station(point, station, _FOLDED_CHARS)
        for point, station in zip(points, stations, strict=True)
    ]
    return Markup(
        '<svg class="route" width="{}" height="{}" viewBox="0 0 {} {}" role="group" '
        'aria-label="{}">{}</svg>'
    ).format(width, height, width, height, label, Markup("").join(parts))


def _folded_point(number: int) -> _Point:
    row, place = divmod(number, _PER_ROW)
    column = place if row % 2 == 0 else _PER_ROW - 1 - place
    return _Point(_FOLDED_MARGIN + column * _APART, _TOP + row * _ROW_HEIGHT)


def _turn(a: _Point, b: _Point, segment: RouteSegment) -> Markup:
    """Return the step from the end of a row to the beginning of the next, below it."""
    out = 1 if a.x > _FOLDED_MARGIN else -1
    edge = a.x + out * _TURN
    bend = out * _BEND
    outline = (
        f"M{a.x} {a.y}H{edge - bend}Q{edge} {a.y} {edge} {a.y + _BEND}"
        f"V{b.y - _BEND}Q{edge} {b.y} {edge - bend} {b.y}H{b.x}"
    )
    side = "up" if out > 0 else "down"
    return _drawn(outline, segment, (side, edge - out * 12, b.y - 22))


def _points(segments: Sequence[RouteSegment]) -> list[_Point]:
    tracks = list(accumulate((_tracks_down(segment.kind) for segment in segments), initial=0))
    top = min(tracks)
    return [
        _Point(_MARGIN + n * _APART, _TOP + (track - top) * _TRACK_GAP)
        for n, track in enumerate(tracks)
    ]


def _segment(a: _Point, b: _Point, segment: RouteSegment) -> Markup:
    return _drawn(_outline(a, b), segment, _label_position(a, b))


def _drawn(outline: str, segment: RouteSegment, label: tuple[str, int, int]) -> Markup:
    """Return a step with its label: which way that is set, and where it is."""
    inferred = " route-inferred" if segment.is_inferred else ""
    return Markup(
        '<g class="line-{}"><path class="route-line{}" d="{}"/></g>'
        '<text class="route-kind route-{}" x="{}" y="{}">{}</text>'
    ).format(_COLOUR[KIND_FACTS[segment.kind].family], inferred, outline, *label, segment.label)


def _label_position(a: _Point, b: _Point) -> tuple[str, int, int]:
    """Return where the label of a step goes: above the line, beside a slope on its upper side."""
    middle = (a.x + b.x) // 2
    if a.y == b.y:
        return "level", middle, a.y - 14
    height = (a.y + b.y) // 2 - 10
    return ("down", middle + 8, height) if a.y < b.y else ("up", middle - 8, height)


def _outline(a: _Point, b: _Point) -> str:
    """Return the path between two stations: straight, or with one slope of 45 degrees."""
    if a.y == b.y:
        return f"M{a.x} {a.y}H{b.x}"
    drop = b.y - a.y
    down = 1 if drop > 0 else -1
    first = (a.x + b.x - abs(drop)) // 2
    last = first + abs(drop)
    return (
        f"M{a.x} {a.y}H{first - _BEND}Q{first} {a.y} {first + _BEND} {a.y + down * _BEND}"
        f"L{last - _BEND} {b.y - down * _BEND}Q{last} {b.y} {last + _BEND} {b.y}H{b.x}"
    )


def _station(point: _Point, station: RouteStation, line_chars: int = _LINE_CHARS) -> Markup:
    lines = wrapped(station.title, line_chars)
    spans = Markup("").join(
        Markup('<tspan x="{}" dy="{}">{}</tspan>').format(point.x, _LINE_HEIGHT if n else 0, line)
        for n, line in enumerate(lines)
    )
    return Markup(
        '<a href="{}"><title>{}</title><path class="route-stop" transform="translate({} {})" '
        'd="{}"/><text class="route-title" x="{}" y="{}">{}</text></a>'
    ).format(
        station.href,
        station.title,
        point.x,
        point.y,
        SHAPES.get(station.anime_type, SHAPES["tv"]),
        point.x,
        point.y + 38,
        spans,
    )


def wrapped(title: str, line_chars: int = _LINE_CHARS) -> list[str]:
    """Return a title in lines of a station's width, cut where they would be too many."""
    lines: list[str] = [""]
    for word in _words(title):
        if _width(lines[-1] + word.rstrip()) > line_chars and lines[-1]:
            lines.append("")
        lines[-1] += word
    lines = [line.strip() for line in lines]
    if len(lines) <= _MOST_LINES:
        return lines
    return [*lines[: _MOST_LINES - 1], lines[_MOST_LINES - 1].rstrip(" :,-") + "…"]


def _words(title: str) -> list[str]:
    """Return the parts between which a line may end; wide letters may part anywhere."""
    parts: list[str] = []
    for word in title.split():
        pieces = list(word) if _width(word) > min(len(word), _LINE_CHARS) else [word]
        parts += [*pieces[:-1], pieces[-1] + " "]
    return parts


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _tracks_down(kind: Kind) -> int:
    """Return how many tracks a step goes down: what goes on stays, what leads back goes up."""
    facts = KIND_FACTS[kind]
    if facts.family == "story":
        return 0
    return 1 if facts.is_forward else -1
