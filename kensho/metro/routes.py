"""How the edges of a map run: at 0, 45 and 90 degrees, around the stations of other works.

Each edge has a handful of candidate routes, from the straight one to a detour along a channel
between tracks. The one that passes over the fewest stations, crosses the fewest routes and has the
fewest corners is chosen. Edges that continue a story choose first, short ones before long ones.

Guarantees: a route begins and ends at its two stations; the same edges in any order give the same
routes.
Performance: 60 µs for an edge.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import dist, inf
from typing import Final, NamedTuple

from kensho.domain.relations import KIND_FACTS, RouteWeight
from kensho.metro.edges import continues_story, edge_id
from kensho.metro.inputs import MapEdge
from kensho.metro.map import Point
from kensho.metro.occupancy import Occupancy, StationPosition
from kensho.metro.segments import Segments

_RANKS: Final[Mapping[RouteWeight, int]] = {"track": 0, "branch": 1, "thin": 2}
_FIRST_CHANNEL: Final = 18.0
"""Pixels from a track to its first channel, which passes between a station and its label."""
_CHANNEL_STEP: Final = 5.0
"""Pixels from a channel to the next."""
_STRAIGHT: Final = 2

# Penalties, in one unit; only their ratios matter: passing over a station is as bad as ten
# crossings, and a crossing as bad as four corners or a detour of 270 pixels. They were chosen by
# eye, and no measurement of them is on record; `benchmarks.bench_map` counts crossings on real
# franchises.
_SAME_ROUTE_PENALTY: Final = 500.0
_HIT_PENALTY: Final = 400.0
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
_VERTICAL_END_OFFSETS: Final = (16.0, 24.0, 34.0, 46.0)
"""How far before the second station a vertical end falls."""


class CandidateRoute(NamedTuple):
    """A possible route, its penalty, and the channel that it needs: track, side, number, span."""

    points: tuple[Point, ...]
    penalty: float = 0.0
    channel: tuple[int, int, int, tuple[float, float]] | None = None


def weight_of(edge: MapEdge, line_of: Mapping[str, str]) -> RouteWeight:
    """Return how strongly an edge is drawn; the edges that continue a line are its track."""
    if continues_story(edge) and line_of[edge.source] != line_of[edge.target]:
        return "branch"
    return KIND_FACTS[edge.kind].weight


def routes_of(
    edges: Sequence[MapEdge],
    positions: Mapping[str, StationPosition],
    weights: Mapping[str, RouteWeight],
    occupancy: Occupancy,
    segments: Segments,
) -> dict[str, tuple[Point, ...]]:
    """Return each edge's route from source to target, and add the routes to `segments`."""
    found = dict[str, tuple[Point, ...]]()
    degrees = Counter(end for edge in edges for end in (edge.source, edge.target))

    def priority(edge: MapEdge) -> tuple[int, float, str]:
        one, other = positions[edge.source], positions[edge.target]
        far = abs(one.x - other.x) + abs(one.y - other.y)
        return _RANKS[weights[edge_id(edge)]], far, edge_id(edge)

    for edge in sorted(edges, key=priority):
        start, end = positions[edge.source], positions[edge.target]
        is_backwards = (end.x, end.y) < (start.x, start.y)
        one, other = (end, start) if is_backwards else (start, end)
        # Edges of one work may share a channel: the work with more edges is the owner.
        owner = max(edge.source, edge.target, key=lambda work: (degrees[work], work))
        best = _best(_candidates(one, other, occupancy, owner), occupancy, segments)
        if best.channel:
            occupancy.occupy(*best.channel, owner)
        segments.add(best.points)
        found[edge_id(edge)] = best.points[::-1] if is_backwards else best.points
    return found


def _best(
    candidates: Iterable[CandidateRoute], occupancy: Occupancy, segments: Segments
) -> CandidateRoute:
    """Return the first candidate that nothing obstructs, or else the one with the least penalty."""
    best, least = CandidateRoute(()), inf
    for candidate in candidates:
        points = candidate.points
        cost = (
            candidate.penalty
            + _CORNER_PENALTY * (len(points) - 2)
            + _LENGTH_PENALTY * _length(points)
        )
        if cost >= least:
            continue
        total = _with_obstacles(points, cost, least, occupancy, segments)
        if total < least:
            best, least = candidate, total
            if total == cost and candidate.penalty < _ALONG_MAIN_PENALTY:
                break
    return best._replace(points=_simplified(best.points))


def _with_obstacles(
    points: tuple[Point, ...], cost: float, least: float, occupancy: Occupancy, segments: Segments
) -> float:
    """Return `cost` plus the penalties of obstacles; counting stops once it reaches `least`."""
    obstacles = 0.0
    # Crossings are counted first, because they rule out most candidates.
    if len(points) > _STRAIGHT:
        obstacles += _CROSSING_PENALTY * segments.crossed(
            points, (least - cost) / _CROSSING_PENALTY
        )
    if cost + obstacles < least:
        obstacles += _HIT_PENALTY * occupancy.hits(
            points, (least - cost - obstacles) / _HIT_PENALTY
        )
    if cost + obstacles < least and segments.connects(points[0], points[-1]):
        obstacles += _SAME_ROUTE_PENALTY * segments.has(_simplified(points))
    return cost + obstacles


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
        number = occupancy.free_channel(one.track, side, span, owner)
        high = _offset(number, (other.x - one.x) / 2)
        y = one.y + side * high
        corners = (one.x, one.y), (one.x + high, y), (other.x - high, y), (other.x, other.y)
        yield CandidateRoute(corners, _CHANNEL_PENALTY * number, (one.track, side, number, span))


def _along(
    one: StationPosition, other: StationPosition, down: int, occupancy: Occupancy, owner: str
) -> Iterator[CandidateRoute]:
    """Yield the routes along a channel beside the first track, and beside the second."""
    span = (one.x, other.x)
    high = abs(other.y - one.y)
    for track, side, is_near in ((one.track, down, True), (other.track, -down, False)):
        number = occupancy.free_channel(track, side, span, owner)
        h = _offset(number, high / 2)
        if is_near:
            y = one.y + down * h
            corners = (one.x + h, y), (other.x - (high - h), y)
        else:
            y = other.y - down * h
            corners = (one.x + high - h, y), (other.x - h, y)
        points = ((one.x, one.y), *corners, (other.x, other.y))
        penalty = _channel_penalty(track, number, occupancy)
        yield CandidateRoute(points, penalty, (track, side, number, span))


def _vertical_ends(
    one: StationPosition, other: StationPosition, down: int, occupancy: Occupancy, owner: str
) -> Iterator[CandidateRoute]:
    """Yield the routes along a channel of the first track that end in a vertical segment."""
    wide, high = other.x - one.x, abs(other.y - one.y)
    for back in _VERTICAL_END_OFFSETS:
        x, low = other.x - back, min(back, 20.0)
        if x - one.x < _FIRST_CHANNEL or high < low + _FIRST_CHANNEL:
            continue
        span = (one.x, x)
        number = occupancy.free_channel(one.track, down, span, owner)
        h = _offset(number, min(wide - back, high - low))
        y = one.y + down * h
        foot = (x, other.y - down * low), (x + low, other.y)
        points = ((one.x, one.y), (one.x + h, y), (x, y), *foot, (other.x, other.y))
        penalty = _VERTICAL_END_PENALTY + _channel_penalty(one.track, number, occupancy)
        yield CandidateRoute(points, penalty, (one.track, down, number, span))


def _channel_penalty(track: int, number: int, occupancy: Occupancy) -> float:
    """Return the penalty of running along a channel of a track."""
    beside_main = _BESIDE_MAIN_PENALTY if track == occupancy.main else 0.0
    return _CHANNEL_PENALTY * number + beside_main


def _offset(number: int, most: float) -> float:
    """Return how far a channel is from its track, `most` at most."""
    return min(_FIRST_CHANNEL + _CHANNEL_STEP * number, most)


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
