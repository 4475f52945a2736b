"""The ground that routes run over: lanes with stations on them, and which tracks are taken.

Guarantees: what is asked of it changes nothing; `take` alone does, and the order of takes is the
caller's. The cost: 1 µs for a leg.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import inf
from typing import Final, NamedTuple

from kensho.metro.map import Point

CLEAR: Final = 14.0
"""How far a route stays from the middle of a station that is not its own."""
_NEAR: Final = CLEAR - 1
_AROUND: Final = 2 * CLEAR
"""How far from a leaning leg's line a station may be that it could run over."""
_TRACKS: Final = 5


class StationPosition(NamedTuple):
    """Where a work stands."""

    x: float
    y: float
    lane: int


class Occupancy:
    """Stations by lane, and the tracks above and below each lane."""

    def __init__(
        self, heights: Sequence[float], places: Iterable[StationPosition], main: int
    ) -> None:
        self.heights: Final = heights
        self.main: Final = main
        self._xs: Final[list[list[float]]] = [[] for _ in heights]
        for place in sorted(places):
            self._xs[place.lane].append(place.x)
        self._leaning: Final = {lean: _leaning(self._xs, heights, lean) for lean in (-1, 0, 1)}
        self._reach: Final = min((b - a for a, b in pairwise(heights)), default=inf) - _NEAR
        self._taken: Final[dict[tuple[int, int, int], list[tuple[float, float, str]]]] = {}

    def hits(self, points: Sequence[Point], most: float = inf) -> int:
        """Return how many stations a route runs over, those at its own ends left out.

        Counting ends as soon as there are more than `most`.
        """
        start, end = points[0], points[-1]
        count = 0
        for one, other in pairwise(points):
            rise = abs(other[1] - one[1])
            # A short way up or down from a station meets no other lane.
            if not 0 < rise < self._reach or (one is not start and other is not end):
                count += self._hits_of_leg(one, other, (start, end))
                if count > most:
                    break
        return count

    def _hits_of_leg(self, one: Point, other: Point, ends: tuple[Point, Point]) -> int:
        (x1, y1), (x2, y2) = one, other
        if y1 == y2:
            return self._hits_of_flat(y1, (x1, x2), ends)
        low, high = (y1, y2) if y1 < y2 else (y2, y1)
        lean = 0 if x1 == x2 else 1 if (x1 < x2) == (y1 < y2) else -1
        keys, stations = self._leaning[lean]
        key = x1 - lean * y1
        count = 0
        for x, y in stations[bisect_left(keys, key - _AROUND) : bisect_left(keys, key + _AROUND)]:
            if low - _NEAR <= y < high + _NEAR and (x, y) not in ends:
                at = low if y < low else min(y, high)
                middle = x1 + (x2 - x1) * (at - y1) / (y2 - y1)
                count += middle - CLEAR <= x < middle + CLEAR
        return count

    def _hits_of_flat(self, y: float, span: tuple[float, float], ends: tuple[Point, Point]) -> int:
        heights = self.heights
        left, right = span[0] - CLEAR, span[1] + CLEAR
        count = 0
        for lane in range(bisect_left(heights, y - _NEAR), bisect_left(heights, y + _NEAR)):
            xs = self._xs[lane]
            count += bisect_left(xs, right) - bisect_left(xs, left)
            for x, at in ends:
                count -= at == heights[lane] and left <= x < right
        return count

    def track(self, lane: int, side: int, span: tuple[float, float], owner: str) -> int:
        """Return the nearest track on a side (-1 above, 1 below) of a lane that is free there.

        Routes from one work share a track: they part where they leave it.
        """
        left, right = span
        for number in range(_TRACKS):
            for start, to, who in self._taken.get((lane, side, number), ()):
                if start < right and left < to and who != owner:
                    break
            else:
                return number
        return _TRACKS - 1

    def take(
        self, lane: int, side: int, number: int, span: tuple[float, float], owner: str
    ) -> None:
        """Keep a track for a route."""
        self._taken.setdefault((lane, side, number), []).append((*span, owner))


def _leaning(
    xs: Sequence[Sequence[float]], heights: Sequence[float], lean: int
) -> tuple[list[float], list[Point]]:
    """Return where lines of a lean through each station meet y = 0, in order, and the stations."""
    found = sorted((x - lean * y, (x, y)) for row, y in zip(xs, heights, strict=True) for x in row)
    return [key for key, _ in found], [station for _, station in found]
