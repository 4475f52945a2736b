"""The ground that routes run over: lanes with stations on them, and which tracks are taken.

The law: what is asked of it changes nothing; `take` alone does, and the order of takes is the
caller's. The cost: 1 µs for each lane that a leg touches.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from kensho.domain.metro_map import Point

CLEAR: Final = 14.0
"""How far a route stays from the middle of a station that is not its own."""
_TRACKS: Final = 5


class Place(NamedTuple):
    """Where a work stands."""

    x: float
    y: float
    lane: int


class Ground:
    """Stations by lane, and the tracks above and below each lane."""

    def __init__(self, heights: Sequence[float], places: Iterable[Place], main: int) -> None:
        self.heights: Final = heights
        self.main: Final = main
        self._xs: Final[list[list[float]]] = [[] for _ in heights]
        for place in sorted(places):
            self._xs[place.lane].append(place.x)
        self._taken: Final[dict[tuple[int, int, int], list[tuple[float, float, str]]]] = {}

    def hits(self, points: Sequence[Point]) -> int:
        """Return how many stations a route runs over, those at its own ends left out."""
        ends = {points[0], points[-1]}
        return sum(self._hits_of_leg(one, other, ends) for one, other in pairwise(points))

    def _hits_of_leg(self, one: Point, other: Point, ends: set[Point]) -> int:
        (x1, y1), (x2, y2) = one, other
        low, high = min(y1, y2), max(y1, y2)
        heights = self.heights
        count = 0
        for lane in range(
            bisect_left(heights, low - CLEAR + 1), bisect_left(heights, high + CLEAR - 1)
        ):
            y = heights[lane]
            if y1 == y2:
                left, right = min(x1, x2), max(x1, x2)
            else:
                at = min(max(y, low), high)
                left = right = x1 + (x2 - x1) * (at - y1) / (y2 - y1)
            xs = self._xs[lane]
            for x in xs[bisect_left(xs, left - CLEAR) : bisect_left(xs, right + CLEAR)]:
                count += (x, y) not in ends
        return count

    def track(self, lane: int, side: int, span: tuple[float, float], owner: str) -> int:
        """Return the nearest track on a side (-1 above, 1 below) of a lane that is free there.

        Routes from one work share a track: they part where they leave it.
        """
        left, right = span
        for number in range(_TRACKS):
            taken = self._taken.get((lane, side, number), ())
            if all(to <= left or start >= right or who == owner for start, to, who in taken):
                return number
        return _TRACKS - 1

    def take(
        self, lane: int, side: int, number: int, span: tuple[float, float], owner: str
    ) -> None:
        """Keep a track for a route."""
        self._taken.setdefault((lane, side, number), []).append((*span, owner))
