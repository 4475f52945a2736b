"""The legs of routes that are laid: what crosses them, and what lies over them.

Flat legs are long and are crossed by slanted or upright ones, which are short: the two are kept
apart, each by the cells of the sheet that it passes.

The law: `lay` alone changes anything. The cost: 5 µs for a question.
"""

from itertools import pairwise, product
from math import inf
from typing import Final, NamedTuple, TypeAlias

from kensho.domain.metro_map import Point

Flat: TypeAlias = tuple[float, float, float]
"""A level leg: its y, and the x from which it runs to which."""
Slant: TypeAlias = tuple[Point, Point]
"""Any other leg: its upper end, then its lower one."""
_COLUMN: Final = 200.0
_ROW: Final = 96.0
_NEAR: Final = 1.0
"""Legs that touch at their ends don't cross."""


class Box(NamedTuple):
    """An upright rectangle."""

    left: float
    top: float
    right: float
    bottom: float


class Legs:
    """Legs by the cells of the sheet that they pass."""

    def __init__(self) -> None:
        self._flats: Final[dict[tuple[int, int], list[Flat]]] = {}
        self._slants: Final[dict[tuple[int, int], list[Slant]]] = {}
        self._laid: Final[set[tuple[Point, ...]]] = set()

    def lay(self, points: tuple[Point, ...]) -> None:
        """Lay a route, whose level legs run from left to right."""
        self._laid.add(points)
        for one, other in pairwise(points):
            columns = _columns(min(one[0], other[0]), max(one[0], other[0]))
            if one[1] == other[1]:
                flat, row = (one[1], one[0], other[0]), int(one[1] // _ROW)
                for column in columns:
                    self._flats.setdefault((column, row), []).append(flat)
            else:
                slant = (one, other) if one[1] < other[1] else (other, one)
                for row in _rows(slant[0][1], slant[1][1]):
                    for column in columns:
                        self._slants.setdefault((column, row), []).append(slant)

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
                count += self._over(one[1], one[0], other[0], most - count)
            else:
                count += self._across(*((one, other) if one[1] < other[1] else (other, one)))
            if count > most:
                break
        return count

    def _over(self, y: float, left: float, right: float, most: float) -> int:
        """Return how many slanted legs cross a level one, each where it crosses."""
        count, row = 0, int(y // _ROW)
        for column in _columns(left, right):
            slants = self._slants.get((column, row))
            if not slants:
                continue
            start = max(left + _NEAR, column * _COLUMN)
            end = min(right - _NEAR, (column + 1) * _COLUMN)
            for (x1, y1), (x2, y2) in slants:
                if y1 + _NEAR < y < y2 - _NEAR:
                    count += start < x1 + (x2 - x1) * (y - y1) / (y2 - y1) <= end
            if count > most:
                break
        return count

    def _across(self, upper: Point, lower: Point) -> int:
        """Return how many level legs a slanted one crosses, each where it crosses."""
        (x1, y1), (x2, y2) = upper, lower
        lean = (x2 - x1) / (y2 - y1)
        top, bottom = y1 + _NEAR, y2 - _NEAR
        columns, count = _columns(min(x1, x2), max(x1, x2)), 0
        for cell in product(columns, _rows(y1, y2)):
            start, end = cell[0] * _COLUMN, (cell[0] + 1) * _COLUMN
            for y, left, right in self._flats.get(cell, ()):
                if top < y < bottom and start <= (x := x1 + lean * (y - y1)) < end:
                    count += left + _NEAR < x < right - _NEAR
        return count

    def under(self, box: Box) -> int:
        """Return how many legs run through a box; one that crosses a border of cells may be two."""
        left, top, right, bottom = box
        count = 0
        for cell in product(_columns(left, right), _rows(top, bottom)):
            start, end = max(left, cell[0] * _COLUMN), min(right, (cell[0] + 1) * _COLUMN)
            low, high = max(top, cell[1] * _ROW), min(bottom, (cell[1] + 1) * _ROW)
            for y, x1, x2 in self._flats.get(cell, ()):
                if low < y < high and x1 < end and x2 > start:
                    count += 1
            for (x1, y1), (x2, y2) in self._slants.get(cell, ()):
                if y1 < high and y2 > low:
                    lean = (x2 - x1) / (y2 - y1)
                    a, b = x1 + lean * (max(low, y1) - y1), x1 + lean * (min(high, y2) - y1)
                    count += (a < end or b < end) and (a > start or b > start)
        return count


def _columns(left: float, right: float) -> range:
    return range(int(left // _COLUMN), int(right // _COLUMN) + 1)


def _rows(top: float, bottom: float) -> range:
    return range(int(top // _ROW), int(bottom // _ROW) + 1)
