"""What routes must avoid: the stations on each track, and the channels that other routes use.

A channel is a height beside a track along which a route may run. Each track has five on each side.

Guarantees: only `occupy` changes an answer, so answers depend on the order of its calls.
Performance: 1 µs for a segment.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import inf
from typing import Final, NamedTuple

from kensho.metro.map import Point

CLEAR: Final = 14.0
"""Pixels from the middle of another station to a route: the largest radius (10) and a gap."""
_NEAR: Final = CLEAR - 1
_AROUND: Final = 2 * CLEAR
"""How far along x from a sloped segment's line a station may be that the segment passes over."""
_CHANNELS: Final = 5
"""On each side of a track: from 18 to 38 pixels away, where the next track is 53 or more."""


class StationPosition(NamedTuple):
    """Where the station of a work is: its coordinates and the number of its track."""

    x: float
    y: float
    track: int


class Occupancy:
    """The stations of each track, and the used spans of each channel beside it."""

    def __init__(
        self, heights: Sequence[float], positions: Iterable[StationPosition], main: int
    ) -> None:
        self.heights: Final = heights
        self.main: Final = main
        self._xs: Final[list[list[float]]] = [[] for _ in heights]
        for position in sorted(positions):
            self._xs[position.track].append(position.x)
        self._sloped: Final = {slope: _sloped(self._xs, heights, slope) for slope in (-1, 0, 1)}
        self._track_distance: Final = (
            min((b - a for a, b in pairwise(heights)), default=inf) - _NEAR
        )
        self._used: Final[dict[tuple[int, int, int], list[tuple[float, float, str]]]] = {}

    def hits(self, points: Sequence[Point], most: float = inf) -> int:
        """Return how many stations a route passes over, apart from those at its ends.

        Counting stops as soon as there are more than `most`.
        """
        start, end = points[0], points[-1]
        count = 0
        for one, other in pairwise(points):
            rise = abs(other[1] - one[1])
            # A short climb or fall from a station reaches no other track.
            if not 0 < rise < self._track_distance or (one is not start and other is not end):
                count += self._hits_of_segment(one, other, (start, end))
                if count > most:
                    break
        return count

    def _hits_of_segment(self, one: Point, other: Point, ends: tuple[Point, Point]) -> int:
        (x1, y1), (x2, y2) = one, other
        if y1 == y2:
            return self._hits_of_horizontal(y1, (x1, x2), ends)
        low, high = (y1, y2) if y1 < y2 else (y2, y1)
        slope = 0 if x1 == x2 else 1 if (x1 < x2) == (y1 < y2) else -1
        keys, stations = self._sloped[slope]
        key = x1 - slope * y1
        count = 0
        for x, y in stations[bisect_left(keys, key - _AROUND) : bisect_left(keys, key + _AROUND)]:
            if low - _NEAR <= y < high + _NEAR and (x, y) not in ends:
                at = low if y < low else min(y, high)
                middle = x1 + (x2 - x1) * (at - y1) / (y2 - y1)
                count += middle - CLEAR <= x < middle + CLEAR
        return count

    def _hits_of_horizontal(
        self, y: float, span: tuple[float, float], ends: tuple[Point, Point]
    ) -> int:
        heights = self.heights
        left, right = span[0] - CLEAR, span[1] + CLEAR
        count = 0
        for track in range(bisect_left(heights, y - _NEAR), bisect_left(heights, y + _NEAR)):
            xs = self._xs[track]
            count += bisect_left(xs, right) - bisect_left(xs, left)
            for x, at in ends:
                count -= at == heights[track] and left <= x < right
        return count

    def free_channel(self, track: int, side: int, span: tuple[float, float], owner: str) -> int:
        """Return the nearest free channel on a side (-1 above, 1 below) of a track.

        Routes of one owner may share a channel. Where none is free the outermost is returned.
        """
        left, right = span
        for number in range(_CHANNELS):
            for start, to, who in self._used.get((track, side, number), ()):
                if start < right and left < to and who != owner:
                    break
            else:
                return number
        return _CHANNELS - 1

    def occupy(
        self, track: int, side: int, number: int, span: tuple[float, float], owner: str
    ) -> None:
        """Mark a channel as used by a route."""
        self._used.setdefault((track, side, number), []).append((*span, owner))


def _sloped(
    xs: Sequence[Sequence[float]], heights: Sequence[float], slope: int
) -> tuple[list[float], list[Point]]:
    """Return where a line through each station meets y = 0, sorted, and the stations."""
    found = sorted((x - slope * y, (x, y)) for row, y in zip(xs, heights, strict=True) for x in row)
    return [key for key, _ in found], [station for _, station in found]
