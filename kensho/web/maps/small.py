"""A franchise's map made small: lines and stations without text, in a frame of a given size.

Guarantees: the map is scaled down to the frame, each axis by itself, and never up; stations are
drawn large enough to be seen.
"""

from collections.abc import Iterator
from typing import Final

from kensho.metro.map import MetroMap, Point, Station
from kensho.web.maps.shapes import number, path
from kensho.web.maps.style import style

SMALL: Final = (440.0, 190.0)
"""The size of a map in a list."""
WIDE: Final = (1100.0, 300.0)
"""The size of a map that is as wide as a page."""
_MARGIN: Final = 14.0
_WHOLE_WIDE: Final = 700.0
"""A frame this wide, or wider, may show few works as large as their map does."""
_THIN: Final = frozenset(("summary", "crossover", "music", "promotion"))
_RING: Final = ".small .ring{fill:none;stroke:#1d1a16;stroke:var(--m-ink);stroke-width:3}"
_RING_WIDER: Final = 5.0
_RADII: Final = ((30, 5.0), (80, 3.8), (10_000, 2.8))
"""Radii of stations by the most works on the map: the more works, the smaller."""
_WIDE_FACTOR: Final = 1.4


class _Frame:
    """Converts positions on the map into positions in the frame."""

    def __init__(self, drawn: MetroMap, size: tuple[float, float]) -> None:
        xs = [station.x for station in drawn.stations]
        ys = [station.y for station in drawn.stations]
        self._start = min(xs, default=0.0), min(ys, default=0.0)
        spans = max(xs, default=0.0) - self._start[0], max(ys, default=0.0) - self._start[1]
        largest = min(1.0, size[0] / _WHOLE_WIDE)
        self._scales = tuple(
            min(largest, (room - 2 * _MARGIN) / span) if span else 1.0
            for room, span in zip(size, spans, strict=True)
        )
        self.size = tuple(
            round(span * scale + 2 * _MARGIN, 1)
            for span, scale in zip(spans, self._scales, strict=True)
        )

    def at(self, point: Point) -> Point:
        """Return where a point of the map is in the frame."""
        (x, y), (left, top), (wide, high) = point, self._start, self._scales
        return (x - left) * wide + _MARGIN, (y - top) * high + _MARGIN


def size_of(drawn: MetroMap, most: tuple[float, float]) -> tuple[int, int]:
    """Return the width and height of a map made small."""
    wide, high = _Frame(drawn, most).size
    return round(wide), round(high)


def small_svg(drawn: MetroMap, most: tuple[float, float], chosen: str | None = None) -> str:
    """Return a map made small as a document of its own, at most of this size.

    The work of the id `chosen` is ringed.
    """
    wide, high = size_of(drawn, most)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="metro small" viewBox="0 0 {wide} {high}"'
        f' width="{wide}" height="{high}"><style>{style()}'
        ".metro.small{background:none}.small .mark{stroke-width:1.4}"
        ".small .band,.small .track{stroke-width:4}"
        f"{_RING}</style>{contents(drawn, most)}{_ring(drawn, most, chosen)}</svg>"
    )


def contents(drawn: MetroMap, most: tuple[float, float]) -> str:
    """Return the elements of a map made small."""
    frame = _Frame(drawn, most)
    return "".join((*_routes(drawn, frame), *_stations(drawn, frame, _radius(drawn, most))))


def _routes(drawn: MetroMap, frame: _Frame) -> Iterator[str]:
    lines = {line.id: line for line in drawn.lines}
    for track in drawn.tracks:
        ends = [frame.at((x, track.y)) for x in (track.x_from, track.x_to)]
        lane = "trunk" if track.is_trunk else "lane"
        colour = lines[track.line].colour
        yield f'<path class="track {lane} c{colour}" d="{path(ends)}"/>'
    for weight, name in (("thin", "thin"), ("branch", "branch"), ("track", "band")):
        for route in drawn.routes:
            line = lines[route.line]
            if route.weight == weight and not route.is_quiet:
                kept = "thin" if line.kind in _THIN else name
                points = [frame.at(point) for point in route.points]
                yield f'<path class="route {kept} c{line.colour}" d="{path(points)}"/>'


def _stations(drawn: MetroMap, frame: _Frame, radius: float) -> Iterator[str]:
    lines = {line.id: line for line in drawn.lines}
    for station in drawn.stations:
        x, y = frame.at((station.x, station.y))
        hollow = ' class="hollow"' if station.is_hollow else ""
        colour = lines[station.line].colour
        yield (
            f'<g{hollow}><circle class="mark c{colour}" cx="{number(x)}" cy="{number(y)}"'
            f' r="{number(_of(station, radius))}"/></g>'
        )


def _ring(drawn: MetroMap, most: tuple[float, float], chosen: str | None) -> str:
    """Return the ring around a work, if it is on the map."""
    frame = _Frame(drawn, most)
    for station in drawn.stations:
        if station.id == chosen:
            x, y = frame.at((station.x, station.y))
            radius = _of(station, _radius(drawn, most)) + _RING_WIDER
            place = f'cx="{number(x)}" cy="{number(y)}" r="{number(radius)}"'
            return f'<circle class="ring" {place}/>'
    return ""


def _radius(drawn: MetroMap, most: tuple[float, float]) -> float:
    usual = next(radius for many, radius in _RADII if len(drawn.stations) <= many)
    return usual * (1.0 if most[0] < _WHOLE_WIDE else _WIDE_FACTOR)


def _of(station: Station, radius: float) -> float:
    return radius if station.role == "main" else 0.85 * radius
