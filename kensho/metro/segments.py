"""The legs of routes that are laid: what crosses them, and what lies over them.

Level legs are crossed by slanted or upright ones: the two are kept apart, each by its heights, as
`levels` tells. The latter are kept by the cells of the sheet that they pass as well.

Guarantees: `lay` alone changes anything. The cost: 3 µs for a question of crossings, 5 µs for one
of boxes.
"""

from collections.abc import Iterable
from itertools import pairwise, product
from math import inf
from typing import Final, NamedTuple, TypeAlias

from kensho.metro.map import Point
from kensho.metro.rows import DiagonalSegments, HorizontalSegments

_COLUMN: Final = 200.0
_ROW: Final = 96.0
_Slanted: TypeAlias = tuple[float, float, float, float, float, float]
"""A leg that is not level: from which x to which, its upper end, its lower end's y, its lean."""


class Box(NamedTuple):
    """An upright rectangle."""

    left: float
    top: float
    right: float
    bottom: float


class Segments:
    """Legs by their heights, and by the cells of the sheet that they pass."""

    def __init__(self) -> None:
        self._flats: Final = HorizontalSegments()
        self._slants: Final = DiagonalSegments()
        self._by_cell: Final[dict[tuple[int, int], list[_Slanted]]] = {}
        self._laid: Final[set[tuple[Point, ...]]] = set()
        self._joined: Final[set[tuple[Point, Point]]] = set()

    def lay(self, points: tuple[Point, ...]) -> None:
        """Lay a route, whose level legs run from left to right."""
        self._laid.add(points)
        self._joined.add((points[0], points[-1]))
        for one, other in pairwise(points):
            if one[1] == other[1]:
                self._flats.lay(one[1], (one[0], other[0]))
                continue
            slant = (one, other) if one[1] < other[1] else (other, one)
            self._slants.lay(slant)
            (x1, y1), (x2, y2) = slant
            left, right = min(x1, x2), max(x1, x2)
            slanted = left, right, x1, y1, y2, (x2 - x1) / (y2 - y1)
            for cell in product(_columns(left, right), _rows(y1, y2)):
                self._by_cell.setdefault(cell, []).append(slanted)

    def join(self, start: Point, end: Point) -> bool:
        """Tell whether a route that begins and ends so is laid."""
        return (start, end) in self._joined

    def has(self, points: tuple[Point, ...]) -> bool:
        """Tell whether this very route is laid."""
        return points in self._laid

    def crossed(self, points: tuple[Point, ...], most: float = inf) -> int:
        """Return how often a route would cross others: level legs slanted ones, and back.

        Counting ends as soon as there are more than `most`.
        """
        count = 0
        for one, other in pairwise(points):
            if one[1] == other[1]:
                count += self._slants.over(one[1], (one[0], other[0]))
            else:
                count += self._flats.across((one, other) if one[1] < other[1] else (other, one))
            if count > most:
                break
        return count

    def under(self, box: Box, most: float = inf) -> int:
        """Return how many legs run through a box; one that crosses a border of cells may be two.

        Counting ends as soon as there are at least `most`.
        """
        left, top, right, bottom = box
        columns = _columns(left, right)
        spans = [(left, right)]
        if len(columns) > 1:
            spans = [(max(left, n * _COLUMN), min(right, (n + 1) * _COLUMN)) for n in columns]
        count = self._flats.between(top, bottom, spans)
        for row in _rows(top, bottom):
            low, high = max(top, row * _ROW), min(bottom, (row + 1) * _ROW)
            for column, (start, end) in zip(columns, spans, strict=True):
                if count >= most:
                    return count
                slants = self._by_cell.get((column, row), ())
                count += _inside(slants, (start, low, end, high), most - count)
        return count


def _inside(slants: Iterable[_Slanted], box: tuple[float, float, float, float], most: float) -> int:
    """Return how many slanted legs run through a box, or at least `most`."""
    start, low, end, high = box
    count = 0
    for left, right, x1, y1, y2, lean in slants:
        if y1 < high and y2 > low and left < end and right > start:
            a = x1 + lean * (max(low, y1) - y1)
            b = x1 + lean * (min(high, y2) - y1)
            if (a < end or b < end) and (a > start or b > start):
                count += 1
                if count >= most:
                    break
    return count


def _columns(left: float, right: float) -> range:
    return range(int(left // _COLUMN), int(right // _COLUMN) + 1)


def _rows(top: float, bottom: float) -> range:
    return range(int(top // _ROW), int(bottom // _ROW) + 1)
