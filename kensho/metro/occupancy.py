"""What routes must avoid: stations, the space of their labels, and channels that others use.

A channel is a height between two tracks along which a route may run, between the rows of labels of
both; above the first track and below the last there are five.

Guarantees: only `occupy` changes an answer, so answers depend on the order of its calls.
Performance: 1 µs for a segment.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import inf
from typing import Final, NamedTuple

from kensho.metro.map import Point
from kensho.metro.segments import Box

CLEAR: Final = 14.0
"""Pixels from the middle of another station to a route: the largest radius (10) and a gap."""
_NEAR: Final = CLEAR - 1
_AROUND: Final = 2 * CLEAR
"""How far along x from a sloped segment's line a station may be that the segment passes over."""
_FIRST_CHANNEL: Final = 31.0
"""Pixels from a track to its first channel: the largest station, a gap, a line of text, a gap."""
_CHANNEL_STEP: Final = 5.0
"""Pixels from a channel to the next."""
_OUTER_CHANNELS: Final = 5


class StationPosition(NamedTuple):
    """Where the station of a work is: its coordinates and the number of its track."""

    x: float
    y: float
    track: int


class Channel(NamedTuple):
    """A channel: the gap between tracks that it is in, and its number there from the top.

    The gap above the first track is -1. `offset` is how far it is from the track it was asked for,
    `turn` how many nearer ones are taken.
    """

    gap: int
    number: int
    offset: float
    turn: int


class LabelRow(NamedTuple):
    """The boxes reserved for labels on one side of a track: from where to where they reach."""

    top: float
    bottom: float
    lefts: list[float]
    rights: list[float]


class Occupancy:
    """The stations and labels of each track, and the used spans of each channel beside it.

    `reserved` are boxes of labels row by row: those above a track, those below it, and the names on
    the track itself. Rows do not overlap.
    """

    def __init__(
        self,
        heights: Sequence[float],
        positions: Iterable[StationPosition],
        main: int,
        reserved: Iterable[Sequence[Box]],
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
        self._used: Final[dict[tuple[int, int], list[tuple[float, float, str]]]] = {}
        self._label_rows: Final = sorted(map(_row, reserved))
        self._label_bottoms: Final = [row.bottom for row in self._label_rows]

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

    def labels_hit(self, points: Sequence[Point], most: float = inf) -> int:
        """Return how many boxes reserved for labels a route passes over.

        Counting stops as soon as there are more than `most`.
        """
        rows, bottoms = self._label_rows, self._label_bottoms
        count = 0
        for (x1, y1), (x2, y2) in pairwise(points):
            low, high = (y1, y2) if y1 < y2 else (y2, y1)
            slope = 0.0 if low == high else (x2 - x1) / (y2 - y1)
            for at in range(bisect_right(bottoms, low), len(rows)):
                top, bottom, lefts, rights = rows[at]
                if top >= high:
                    break
                a, b = x1, x2
                if low != high:
                    a += slope * (max(top, low) - y1)
                    b = x1 + slope * (min(bottom, high) - y1)
                left, right = (a, b) if a < b else (b, a)
                count += bisect_left(lefts, right + _ASIDE) - bisect_right(rights, left - _ASIDE)
                if low == high:  # Rows do not overlap: no other is at this height.
                    break
            if count > most:
                break
        return count

    def free_channel(self, track: int, side: int, span: tuple[float, float], owner: str) -> Channel:
        """Return the nearest free channel on a side (-1 above, 1 below) of a track.

        Routes of one owner may share a channel. Where none is free the outermost is returned.
        """
        gap, offsets = self._channels(track, side)
        left, right = span
        for turn, (number, offset) in enumerate(offsets):
            for start, to, who in self._used.get((gap, number), ()):
                if start < right and left < to and who != owner:
                    break
            else:
                return Channel(gap, number, offset, turn)
        number, offset = offsets[-1]
        return Channel(gap, number, offset, len(offsets))

    def _channels(self, track: int, side: int) -> tuple[int, list[tuple[int, float]]]:
        """Return the gap beside a track, and its channels with their distances, nearest first."""
        heights = self.heights
        gap = track if side > 0 else track - 1
        if not 0 <= gap < len(heights) - 1:
            return gap, [(n, _FIRST_CHANNEL + _CHANNEL_STEP * n) for n in range(_OUTER_CHANNELS)]
        high = heights[gap + 1] - heights[gap]
        free = high - 2 * _FIRST_CHANNEL
        total = int(max(free, 0.0) // _CHANNEL_STEP) + 1
        first = _FIRST_CHANNEL if free > 0 else high / 2
        step = free / (total - 1) if total > 1 else 0.0
        from_top = [(n, first + step * n) for n in range(total)]
        return gap, from_top if side > 0 else [(n, high - at) for n, at in reversed(from_top)]

    def occupy(self, channel: Channel, span: tuple[float, float], owner: str) -> None:
        """Mark a channel as used by a route."""
        self._used.setdefault((channel.gap, channel.number), []).append((*span, owner))


_ASIDE: Final = 1.5
"""Pixels beside a label that a route keeps away: half the thickest stroke beside the trunk."""


def _row(boxes: Iterable[Box]) -> LabelRow:
    some = list(boxes)
    return LabelRow(
        min(box.top for box in some),
        max(box.bottom for box in some),
        sorted(box.left for box in some),
        sorted(box.right for box in some),
    )


def _sloped(
    xs: Sequence[Sequence[float]], heights: Sequence[float], slope: int
) -> tuple[list[float], list[Point]]:
    """Return where a line through each station meets y = 0, sorted, and the stations."""
    found = sorted((x - slope * y, (x, y)) for row, y in zip(xs, heights, strict=True) for x in row)
    return [key for key, _ in found], [station for _, station in found]
