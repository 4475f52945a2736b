"""The straight segments of the routes drawn so far: what crosses them, and what lies over them.

Only a horizontal segment and a sloped one (diagonal or vertical) are counted as crossing, so the
two are kept apart. Horizontal segments run along tracks and the channels beside them and so share
few heights: crossings are counted height by height, by bisecting sorted positions, and not segment
by segment. Sloped segments are also indexed by the grid cells that they pass.

Guarantees: only `add` changes an answer.
Performance: 3 µs to count the crossings of a segment, 5 µs to count what lies under a box.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from itertools import pairwise, product
from math import inf
from typing import Final, NamedTuple, TypeAlias

from kensho.metro.map import Point

NEAR: Final = 1.0
"""Pixels at both ends of a segment that do not count: segments that touch there do not cross."""
_COLUMN: Final = 200.0
_ROW: Final = 96.0
"""The size of a grid cell: about two columns of stations by one track."""
Sloped: TypeAlias = tuple[Point, Point]
"""A diagonal or vertical segment: its upper end, then its lower one."""
Span: TypeAlias = tuple[float, float]
_SlopedExtent: TypeAlias = tuple[float, float, float, float, float, float]
"""The left and right x of a sloped segment, its upper end, the y of its lower end, and dx/dy."""


class _Row(NamedTuple):
    """The sorted left and right ends of the segments at one height, with and without `NEAR`.

    No segment ends before it begins. So the number of segments over an x is the number that begin
    before it, less the number that end before it.
    """

    lefts: list[float]
    rights: list[float]
    inner_lefts: list[float]
    inner_rights: list[float]


class HorizontalSegments:
    """Horizontal segments by height."""

    def __init__(self) -> None:
        self._heights: Final[list[float]] = []
        self._rows: Final[dict[float, _Row]] = {}

    def add(self, y: float, span: Span) -> None:
        """Add a segment."""
        if y not in self._rows:
            insort(self._heights, y)
            self._rows[y] = _Row([], [], [], [])
        row, (left, right) = self._rows[y], span
        insort(row.lefts, left)
        insort(row.rights, right)
        if left + NEAR < right - NEAR:
            insort(row.inner_lefts, left + NEAR)
            insort(row.inner_rights, right - NEAR)

    def crossed_by(self, sloped: Sloped) -> int:
        """Return how many horizontal segments a sloped one crosses."""
        (x1, y1), (x2, y2) = sloped
        heights = self._heights
        slope = (x2 - x1) / (y2 - y1)
        count = 0
        for y in heights[bisect_right(heights, y1 + NEAR) : bisect_left(heights, y2 - NEAR)]:
            x = x1 + slope * (y - y1)
            _, _, lefts, rights = self._rows[y]
            count += bisect_left(lefts, x) - bisect_right(rights, x)
        return count

    def between(self, top: float, bottom: float, spans: Iterable[Span]) -> int:
        """Return how many segments lie between two heights, summed over spans of x."""
        heights = self._heights
        count = 0
        for y in heights[bisect_right(heights, top) : bisect_left(heights, bottom)]:
            lefts, rights, _, _ = self._rows[y]
            for start, end in spans:
                count += bisect_left(lefts, end) - bisect_right(rights, start)
        return count


class SlopedSegments:
    """Sloped segments, and where they cross the heights that were asked for."""

    def __init__(self) -> None:
        self._all: Final[list[Sloped]] = []
        self._heights: Final[list[float]] = []
        self._crossings: Final[dict[float, list[float]]] = {}

    def add(self, sloped: Sloped) -> None:
        """Add a segment."""
        self._all.append(sloped)
        (x1, y1), (x2, y2) = sloped
        heights, wide, high = self._heights, x2 - x1, y2 - y1
        for y in heights[bisect_right(heights, y1 + NEAR) : bisect_left(heights, y2 - NEAR)]:
            insort(self._crossings[y], x1 + wide * (y - y1) / high)

    def crossing(self, y: float, span: Span) -> int:
        """Return how many sloped segments cross a horizontal one."""
        crossings = self._crossings.get(y)
        if crossings is None:
            crossings = self._crossings[y] = sorted(
                x1 + (x2 - x1) * (y - y1) / (y2 - y1)
                for (x1, y1), (x2, y2) in self._all
                if y1 + NEAR < y < y2 - NEAR
            )
            insort(self._heights, y)
        first, last = span[0] + NEAR, span[1] - NEAR
        # A segment may be too short to be crossed at all.
        return max(bisect_right(crossings, last) - bisect_right(crossings, first), 0)


class Box(NamedTuple):
    """An upright rectangle."""

    left: float
    top: float
    right: float
    bottom: float


class Segments:
    """The segments of all routes drawn so far."""

    def __init__(self) -> None:
        self._horizontals: Final = HorizontalSegments()
        self._sloped: Final = SlopedSegments()
        self._by_cell: Final[dict[tuple[int, int], list[_SlopedExtent]]] = {}
        self._routes: Final[set[tuple[Point, ...]]] = set()
        self._connected: Final[set[tuple[Point, Point]]] = set()

    def add(self, points: tuple[Point, ...]) -> None:
        """Add a route; its horizontal segments must run from left to right."""
        self._routes.add(points)
        self._connected.add((points[0], points[-1]))
        for one, other in pairwise(points):
            if one[1] == other[1]:
                self._horizontals.add(one[1], (one[0], other[0]))
                continue
            sloped = (one, other) if one[1] < other[1] else (other, one)
            self._sloped.add(sloped)
            (x1, y1), (x2, y2) = sloped
            left, right = min(x1, x2), max(x1, x2)
            extent = left, right, x1, y1, y2, (x2 - x1) / (y2 - y1)
            for cell in product(_columns(left, right), _rows(y1, y2)):
                self._by_cell.setdefault(cell, []).append(extent)

    def add_track(self, y: float, span: Span) -> None:
        """Add the stroke of a line along its track, which routes run upon."""
        self._horizontals.add(y, span)

    def connects(self, start: Point, end: Point) -> bool:
        """Tell whether a route was added that runs from `start` to `end`."""
        return (start, end) in self._connected

    def has(self, points: tuple[Point, ...]) -> bool:
        """Tell whether exactly this route was added."""
        return points in self._routes

    def crossed(self, points: tuple[Point, ...], most: float = inf) -> int:
        """Return how often a route would cross those added so far.

        Counting stops as soon as there are more than `most` crossings.
        """
        count = 0
        for one, other in pairwise(points):
            if one[1] == other[1]:
                count += self._sloped.crossing(one[1], (one[0], other[0]))
            else:
                count += self._horizontals.crossed_by(
                    (one, other) if one[1] < other[1] else (other, one)
                )
            if count > most:
                break
        return count

    def is_clear(self, boxes: Iterable[Box]) -> bool:
        """Tell whether no segment lies under any of these boxes."""
        for box in boxes:  # noqa: SIM110 -- half a microsecond less than a generator, for each box
            if self.under(box, 1):
                return False
        return True

    def under(self, box: Box, most: float = inf) -> int:
        """Return how many segments lie under a box; one that crosses a cell border may count twice.

        Counting stops as soon as there are at least `most`.
        """
        left, top, right, bottom = box
        columns = _columns(left, right)
        spans = [(left, right)]
        if len(columns) > 1:
            spans = [(max(left, n * _COLUMN), min(right, (n + 1) * _COLUMN)) for n in columns]
        count = self._horizontals.between(top, bottom, spans)
        for row in _rows(top, bottom):
            low, high = max(top, row * _ROW), min(bottom, (row + 1) * _ROW)
            for column, (start, end) in zip(columns, spans, strict=True):
                if count >= most:
                    return count
                sloped = self._by_cell.get((column, row), ())
                count += _inside(sloped, (start, low, end, high), most - count)
        return count


def _inside(
    sloped: Iterable[_SlopedExtent], box: tuple[float, float, float, float], most: float
) -> int:
    """Return how many sloped segments pass through a box; counting stops at `most`."""
    start, low, end, high = box
    count = 0
    for left, right, x1, y1, y2, slope in sloped:
        if y1 < high and y2 > low and left < end and right > start:
            a = x1 + slope * (max(low, y1) - y1)
            b = x1 + slope * (min(high, y2) - y1)
            if (a < end or b < end) and (a > start or b > start):
                count += 1
                if count >= most:
                    break
    return count


def _columns(left: float, right: float) -> range:
    return range(int(left // _COLUMN), int(right // _COLUMN) + 1)


def _rows(top: float, bottom: float) -> range:
    return range(int(top // _ROW), int(bottom // _ROW) + 1)
