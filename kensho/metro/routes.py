"""How the edges of a map run: at 0, 45 and 90 degrees, around the stations of other works.

Each edge that is seen at once has a handful of candidate routes, from the straight one to a detour
along a channel between tracks. The one that passes over the fewest stations and labels, crosses the
fewest routes and has the fewest corners is chosen. Edges that continue a story choose first, short
ones before long ones. An edge that has no way around stations and labels is quiet after all.

Guarantees: a route begins and ends at its two stations; one that is not quiet passes over no other
station and over no space that is reserved for a label; the same edges in any order give the same
routes.
Performance: 60 µs for an edge that is seen, 5 µs for a quiet one.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from math import dist, inf
from typing import Final, NamedTuple

from kensho.domain.relations import KIND_FACTS, RouteWeight
from kensho.metro.edges import continues_story, edge_id
from kensho.metro.inputs import MapEdge
from kensho.metro.map import Point
from kensho.metro.occupancy import Channel, Occupancy, StationPosition
from kensho.metro.segments import Segments

_RANKS: Final[Mapping[RouteWeight, int]] = {"track": 0, "branch": 1, "thin": 2}
_STRAIGHT: Final = 2

# Penalties, in one unit; only their ratios matter: a crossing is as bad as four corners or a detour
# of 270 pixels. They were chosen by eye, and no measurement of them is on record;
# `benchmarks.bench_map` counts crossings on real franchises.
_ALONG_MAIN_PENALTY: Final = 90.0
"""For running along the main line, whose colour it would cover, before branching off it."""
_CROSSING_PENALTY: Final = 40.0
_LATE_PENALTY: Final = 24.0
"""For leaving a track late rather than early, so that branches begin at their work."""
_BESIDE_MAIN_PENALTY: Final = 16.0
"""For a channel beside the main line, whose labels need the space."""
_VERTICAL_END_PENALTY: Final = 10.0
_CORNER_PENALTY: Final = 9.0
_CHANNEL_PENALTY: Final = 3.0
"""For each channel that lies between the track and the route's own."""
_LENGTH_PENALTY: Final = 0.15
"""For each pixel."""

_STEEP_SHARES: Final = (1.0, 0.0, 0.5)
"""Which part of a steep route's width is used before its vertical segment."""
_ASIDE: Final = 17.0
"""How far a route between stations of one column goes around the stations between them."""
_VERTICAL_END_OFFSETS: Final = (16.0, 30.0, 48.0, 80.0)
"""How far before the second station a vertical end falls."""
_LEAST_RUN: Final = 18.0
"""Pixels that a channel must be used for, or it is no detour."""
_QUIET_ARCH: Final = 12.0
"""How far a quiet route between works of one track bends away from it."""


class CandidateRoute(NamedTuple):
    """A possible route, its penalty, and the channel that it needs from where to where."""

    points: tuple[Point, ...]
    penalty: float = 0.0
    channel: tuple[Channel, tuple[float, float]] | None = None


class FoundRoute(NamedTuple):
    """The corners of a route, and whether it is quiet."""

    points: tuple[Point, ...]
    is_quiet: bool


def weight_of(edge: MapEdge, line_of: Mapping[str, str]) -> RouteWeight:
    """Return how strongly an edge is drawn; the edges that continue a line are its track."""
    if continues_story(edge) and line_of[edge.source] != line_of[edge.target]:
        return "branch"
    return KIND_FACTS[edge.kind].weight


def routes_of(
    edges: Sequence[MapEdge],
    shown: Collection[str],
    positions: Mapping[str, StationPosition],
    weights: Mapping[str, RouteWeight],
    occupancy: Occupancy,
    segments: Segments,
) -> dict[str, FoundRoute]:
    """Return each edge's route from source to target, and add those seen to `segments`.

    `shown` are the ids of the edges that are to be seen.
    """
    found = dict[str, FoundRoute]()
    degrees = Counter(end for edge in edges for end in (edge.source, edge.target))

    def priority(edge: MapEdge) -> tuple[int, float, str]:
        one, other = positions[edge.source], positions[edge.target]
        far = abs(one.x - other.x) + abs(one.y - other.y)
        return _RANKS[weights[edge_id(edge)]], far, edge_id(edge)

    for edge in sorted(edges, key=priority):
        start, end = positions[edge.source], positions[edge.target]
        is_backwards = (end.x, end.y) < (start.x, start.y)
        one, other = (end, start) if is_backwards else (start, end)
        points: tuple[Point, ...] = ()
        if edge_id(edge) in shown:
            # Edges of one work may share a channel: the work with more edges is the owner.
            owner = max(edge.source, edge.target, key=lambda work: (degrees[work], work))
            best = _best(_candidates(one, other, occupancy, owner), occupancy, segments)
            if best is not None:
                points = best.points
                segments.add(points)
                if best.channel:
                    occupancy.occupy(*best.channel, owner)
        is_quiet = not points
        points = points or _simplified(_quiet(one, other))
        found[edge_id(edge)] = FoundRoute(points[::-1] if is_backwards else points, is_quiet)
    return found


def _quiet(one: StationPosition, other: StationPosition) -> tuple[Point, ...]:
    """Return a route whatever is in its way."""
    start, end = (one.x, one.y), (other.x, other.y)
    wide, high = other.x - one.x, abs(other.y - one.y)
    if not high:
        up = min(_QUIET_ARCH, wide / 2)
        y = one.y - up
        return start, (one.x + up, y), (other.x - up, y), end
    down = 1 if other.y > one.y else -1
    if wide >= high:
        return start, (one.x + high, other.y), end
    half = wide / 2
    return start, (one.x + half, one.y + down * half), (one.x + half, other.y - down * half), end


def _best(
    candidates: Iterable[CandidateRoute], occupancy: Occupancy, segments: Segments
) -> CandidateRoute | None:
    """Return the first candidate that crosses nothing, or else the one with the least penalty.

    Those that pass over a station or a label, and those that are drawn already, are none.
    """
    best, least = None, inf
    for candidate in candidates:
        points = candidate.points
        cost = (
            candidate.penalty
            + _CORNER_PENALTY * (len(points) - 2)
            + _LENGTH_PENALTY * _length(points)
        )
        if cost >= least or occupancy.labels_hit(points, 0) or occupancy.hits(points, 0):
            continue
        if segments.connects(points[0], points[-1]) and segments.has(_simplified(points)):
            continue
        total = cost
        if len(points) > _STRAIGHT:
            total += _CROSSING_PENALTY * segments.crossed(
                points, (least - cost) / _CROSSING_PENALTY
            )
        if total < least:
            best, least = candidate, total
            if total == cost and candidate.penalty < _ALONG_MAIN_PENALTY:
                break
    return None if best is None else best._replace(points=_simplified(best.points))


def _length(points: Sequence[Point]) -> float:
    return sum(map(dist, points, points[1:]))


def _candidates(
    one: StationPosition, other: StationPosition, occupancy: Occupancy, owner: str
) -> Iterator[CandidateRoute]:
    """Yield the candidates from a work to one that is not left of it."""
    if one.track == other.track:
        yield CandidateRoute(((one.x, one.y), (other.x, other.y)))
        yield from _arches(one, other, occupancy, owner)
        return
    down = 1 if other.y > one.y else -1
    wide, high = other.x - one.x, abs(other.y - one.y)
    start, end = (one.x, one.y), (other.x, other.y)
    if wide >= high:
        early = _ALONG_MAIN_PENALTY if other.track == occupancy.main and wide > high else 0.0
        yield CandidateRoute((start, (one.x + high, other.y), end), early)
        late = _ALONG_MAIN_PENALTY if one.track == occupancy.main else _LATE_PENALTY
        yield CandidateRoute((start, (other.x - high, one.y), end), late)
        yield from _along(one, other, down, occupancy, owner)
    else:
        for share in _STEEP_SHARES:
            a, b = wide * share, wide * (1 - share)
            x = one.x + a
            yield CandidateRoute((start, (x, one.y + down * a), (x, other.y - down * b), end))
    if not wide:
        for aside in (_ASIDE, -_ASIDE):
            x, low = one.x + aside, abs(aside) * down
            yield CandidateRoute((start, (x, one.y + low), (x, other.y - low), end))
    yield from _vertical_ends(one, other, down, occupancy, owner)


def _arches(
    one: StationPosition, other: StationPosition, occupancy: Occupancy, owner: str
) -> Iterator[CandidateRoute]:
    """Yield the routes between two works of one track along a channel above and below it."""
    span = (one.x, other.x)
    for side in (-1, 1):
        channel = occupancy.free_channel(one.track, side, span, owner)
        high = min(channel.offset, (other.x - one.x) / 2)
        y = one.y + side * high
        corners = (one.x, one.y), (one.x + high, y), (other.x - high, y), (other.x, other.y)
        yield CandidateRoute(corners, _CHANNEL_PENALTY * channel.turn, (channel, span))


def _along(
    one: StationPosition, other: StationPosition, down: int, occupancy: Occupancy, owner: str
) -> Iterator[CandidateRoute]:
    """Yield the routes along a channel beside the first track, and beside the second."""
    span = (one.x, other.x)
    high = abs(other.y - one.y)
    for track, side, is_near in ((one.track, down, True), (other.track, -down, False)):
        channel = occupancy.free_channel(track, side, span, owner)
        h = min(channel.offset, high / 2)
        if is_near:
            y = one.y + down * h
            corners = (one.x + h, y), (other.x - (high - h), y)
        else:
            y = other.y - down * h
            corners = (one.x + high - h, y), (other.x - h, y)
        points = ((one.x, one.y), *corners, (other.x, other.y))
        yield CandidateRoute(points, _channel_penalty(track, channel, occupancy), (channel, span))


def _vertical_ends(
    one: StationPosition, other: StationPosition, down: int, occupancy: Occupancy, owner: str
) -> Iterator[CandidateRoute]:
    """Yield the routes along a channel of the first track that end in a vertical segment."""
    wide, high = other.x - one.x, abs(other.y - one.y)
    if wide < _VERTICAL_END_OFFSETS[0] + _LEAST_RUN:
        return
    # One channel for all of them: as free as the longest asks for.
    longest = (one.x, other.x - _VERTICAL_END_OFFSETS[0])
    channel = occupancy.free_channel(one.track, down, longest, owner)
    penalty = _VERTICAL_END_PENALTY + _channel_penalty(one.track, channel, occupancy)
    for back in _VERTICAL_END_OFFSETS:
        x = other.x - back
        h = min(channel.offset, wide - back)
        low = min(back, high - h)
        if x - one.x < _LEAST_RUN or high < h + _LEAST_RUN:
            break
        y = one.y + down * h
        foot = (x, other.y - down * low), (other.x - back + low, other.y)
        points = ((one.x, one.y), (one.x + h, y), (x, y), *foot, (other.x, other.y))
        yield CandidateRoute(points, penalty, (channel, (one.x, x)))


def _channel_penalty(track: int, channel: Channel, occupancy: Occupancy) -> float:
    """Return the penalty of running along a channel of a track."""
    beside_main = _BESIDE_MAIN_PENALTY if track == occupancy.main else 0.0
    return _CHANNEL_PENALTY * channel.turn + beside_main


def _simplified(points: Iterable[Point]) -> tuple[Point, ...]:
    """Return corners rounded to tenths, without repeated ones and those within a straight line."""
    kept: list[Point] = []
    for x, y in points:
        point = (round(x, 1), round(y, 1))
        if kept and kept[-1] == point:
            continue
        if len(kept) > 1 and _is_straight(kept[-2], kept[-1], point):
            kept.pop()
        kept.append(point)
    return tuple(kept)


def _is_straight(a: Point, b: Point, c: Point) -> bool:
    (x1, y1), (x2, y2) = (b[0] - a[0], b[1] - a[1]), (c[0] - b[0], c[1] - b[1])
    return x1 * y2 == x2 * y1 and x1 * x2 + y1 * y2 > 0
