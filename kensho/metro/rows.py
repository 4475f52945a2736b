"""The heights at which level legs run: what is laid on each of them, and what crosses it.

Level legs run on lanes and on the tracks beside them, and so share few heights. What crosses what
is told height by height, by places in sorted lists instead of legs one by one.

Guarantees: `lay` alone changes an answer. The cost: 1 µs for each height that is asked for; 2 µs
for each that a leg is laid on or crosses.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from typing import Final, NamedTuple, TypeAlias

from kensho.metro.map import Point

Slant: TypeAlias = tuple[Point, Point]
"""A leg that is not level: its upper end, then its lower one."""
Span: TypeAlias = tuple[float, float]
NEAR: Final = 1.0
"""Legs that touch at their ends don't cross."""


class _Level(NamedTuple):
    """Where the legs of one height begin and end, each in order; the inner ends leave `NEAR` out.

    Since no leg ends before it begins, those over a place are those that begin before it without
    those that end before it.
    """

    lefts: list[float]
    rights: list[float]
    inner_lefts: list[float]
    inner_rights: list[float]


class HorizontalSegments:
    """Level legs, by height."""

    def __init__(self) -> None:
        self._heights: Final[list[float]] = []
        self._levels: Final[dict[float, _Level]] = {}

    def lay(self, y: float, span: Span) -> None:
        """Lay a leg."""
        if y not in self._levels:
            insort(self._heights, y)
            self._levels[y] = _Level([], [], [], [])
        level, (left, right) = self._levels[y], span
        insort(level.lefts, left)
        insort(level.rights, right)
        if left + NEAR < right - NEAR:
            insort(level.inner_lefts, left + NEAR)
            insort(level.inner_rights, right - NEAR)

    def across(self, slant: Slant) -> int:
        """Return how many legs a slanted one crosses."""
        (x1, y1), (x2, y2) = slant
        heights = self._heights
        lean = (x2 - x1) / (y2 - y1)
        count = 0
        for y in heights[bisect_right(heights, y1 + NEAR) : bisect_left(heights, y2 - NEAR)]:
            x = x1 + lean * (y - y1)
            _, _, lefts, rights = self._levels[y]
            count += bisect_left(lefts, x) - bisect_right(rights, x)
        return count

    def between(self, top: float, bottom: float, spans: Iterable[Span]) -> int:
        """Return how many legs run between two heights in spans; one may count in each of them."""
        heights = self._heights
        count = 0
        for y in heights[bisect_right(heights, top) : bisect_left(heights, bottom)]:
            lefts, rights, _, _ = self._levels[y]
            for start, end in spans:
                count += bisect_left(lefts, end) - bisect_right(rights, start)
        return count


class DiagonalSegments:
    """Where slanted legs cross the heights that are asked for."""

    def __init__(self) -> None:
        self._laid: Final[list[Slant]] = []
        self._heights: Final[list[float]] = []
        self._crossings: Final[dict[float, list[float]]] = {}

    def lay(self, slant: Slant) -> None:
        """Lay a leg."""
        self._laid.append(slant)
        (x1, y1), (x2, y2) = slant
        heights, wide, high = self._heights, x2 - x1, y2 - y1
        for y in heights[bisect_right(heights, y1 + NEAR) : bisect_left(heights, y2 - NEAR)]:
            insort(self._crossings[y], x1 + wide * (y - y1) / high)

    def over(self, y: float, span: Span) -> int:
        """Return how many legs cross a level one."""
        crossings = self._crossings.get(y)
        if crossings is None:
            crossings = self._crossings[y] = sorted(
                x1 + (x2 - x1) * (y - y1) / (y2 - y1)
                for (x1, y1), (x2, y2) in self._laid
                if y1 + NEAR < y < y2 - NEAR
            )
            insort(self._heights, y)
        first, last = span[0] + NEAR, span[1] - NEAR
        # A leg may be too short to be crossed at all.
        return max(bisect_right(crossings, last) - bisect_right(crossings, first), 0)
