"""How the edges of a map run: at 0, 45 and 90 degrees, around stations that are not their own.

Each edge has a handful of ways to go, from the straight one to a detour on a track between lanes.
The one that runs over fewest stations, crosses least and turns least is taken. Edges that carry a
story choose first, short before long.

Guarantees: a route begins and ends at its two stations; the same edges in any order give the same
routes. The cost: 60 µs for an edge.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import dist, inf
from typing import Final, NamedTuple

from kensho.domain.franchise.inputs import RelationKind
from kensho.metro.edges import edge_id
from kensho.metro.inputs import MapEdge
from kensho.metro.map import Point, Weight
from kensho.metro.occupancy import Occupancy, StationPosition
from kensho.metro.segments import Segments

_WEIGHTS: Final[Mapping[RelationKind, Weight]] = {
    "sequel": "track",
    "side_story": "branch",
    "spin_off": "branch",
    "summary": "thin",
    "alternative_version": "branch",
    "alternative_setting": "thin",
}
_BESIDE_MAIN: Final = 16.0
"""Against a track beside the main line, whose labels need the room."""
_RANKS: Final[Mapping[Weight, int]] = {"track": 0, "branch": 1, "thin": 2}
_FIRST_TRACK: Final = 18.0
"""The first track passes between a station and its label."""
_TRACK_STEP: Final = 5.0
_HIT: Final = 400.0
_CROSSING: Final = 40.0
_FAR: Final = 0.15
_CORNER: Final = 9.0
_STRAIGHT: Final = 2
_LATE: Final = 24.0
_ON_MAIN: Final = 90.0
"""Against covering a line's own colour before branching off it."""
_DROP: Final = 10.0
_TWICE: Final = 500.0
_STEEP: Final = (1.0, 0.0, 0.5)
"""How much of a steep way's width is used up before it falls upright."""
_ASIDE: Final = 17.0
_DROPS: Final = (16.0, 24.0, 34.0, 46.0)


class CandidateRoute(NamedTuple):
    """A way to go, what is against it, and the track that it needs: lane, side, number, span."""

    points: tuple[Point, ...]
    against: float = 0.0
    track: tuple[int, int, int, tuple[float, float]] | None = None


def weight_of(edge: MapEdge, line_of: Mapping[str, str]) -> Weight:
    """Return how strongly an edge is drawn: what continues a line is its track."""
    if edge.kind == "sequel" and line_of[edge.source] != line_of[edge.target]:
        return "branch"
    return _WEIGHTS.get(edge.kind, "thin")


def routes_of(
    edges: Sequence[MapEdge],
    places: Mapping[str, StationPosition],
    weights: Mapping[str, Weight],
    ground: Occupancy,
    legs: Segments,
) -> dict[str, tuple[Point, ...]]:
    """Return the corners of each edge's route, from source to target, and lay them into `legs`."""
    laid = dict[str, tuple[Point, ...]]()
    ties = Counter(end for edge in edges for end in (edge.source, edge.target))

    def haste(edge: MapEdge) -> tuple[int, float, str]:
        one, other = places[edge.source], places[edge.target]
        far = abs(one.x - other.x) + abs(one.y - other.y)
        return _RANKS[weights[edge_id(edge)]], far, edge_id(edge)

    for edge in sorted(edges, key=haste):
        start, end = places[edge.source], places[edge.target]
        is_backwards = (end.x, end.y) < (start.x, start.y)
        one, other = (end, start) if is_backwards else (start, end)
        # Edges of one work run together as far as they can: its hub is the one with more of them.
        hub = max(edge.source, edge.target, key=lambda work: (ties[work], work))
        best = _best(_ways(one, other, ground, hub), ground, legs)
        if best.track:
            ground.take(*best.track, hub)
        legs.lay(best.points)
        laid[edge_id(edge)] = best.points[::-1] if is_backwards else best.points
    return laid


def _best(ways: Iterable[CandidateRoute], ground: Occupancy, legs: Segments) -> CandidateRoute:
    """Return the first way that nothing is in, or else the one with least against it."""
    best, least = CandidateRoute(()), inf
    for way in ways:
        points = way.points
        cost = way.against + _CORNER * (len(points) - 2) + _FAR * _length(points)
        if cost >= least:
            continue
        total = _with_obstacles(points, cost, least, ground, legs)
        if total < least:
            best, least = way, total
            if total == cost and way.against < _ON_MAIN:
                break
    return best._replace(points=_clean(best.points))


def _with_obstacles(
    points: tuple[Point, ...], cost: float, least: float, ground: Occupancy, legs: Segments
) -> float:
    """Return a cost with that of the stations and routes in the way, or one of at least `least`."""
    obstacles = 0.0
    # Crossings come first: it is for them that most ways fall behind.
    if len(points) > _STRAIGHT:
        obstacles += _CROSSING * legs.crossed(points, (least - cost) / _CROSSING)
    if cost + obstacles < least:
        obstacles += _HIT * ground.hits(points, (least - cost - obstacles) / _HIT)
    if cost + obstacles < least and legs.join(points[0], points[-1]):
        obstacles += _TWICE * legs.has(_clean(points))
    return cost + obstacles


def _length(points: Sequence[Point]) -> float:
    return sum(map(dist, points, points[1:]))


def _ways(
    one: StationPosition, other: StationPosition, ground: Occupancy, owner: str
) -> Iterator[CandidateRoute]:
    """Yield the ways from a work to one that stands right of it."""
    if one.lane == other.lane:
        yield CandidateRoute(((one.x, one.y), (other.x, other.y)))
        yield from _arches(one, other, ground, owner)
        return
    down = 1 if other.y > one.y else -1
    wide, high = other.x - one.x, abs(other.y - one.y)
    start, end = (one.x, one.y), (other.x, other.y)
    if wide >= high:
        early = _ON_MAIN if other.lane == ground.main and wide > high else 0.0
        yield CandidateRoute((start, (one.x + high, other.y), end), early)
        late = _ON_MAIN if one.lane == ground.main else _LATE
        yield CandidateRoute((start, (other.x - high, one.y), end), late)
        yield from _along(one, other, down, ground, owner)
    else:
        for share in _STEEP:
            a, b = wide * share, wide * (1 - share)
            x = one.x + a
            yield CandidateRoute((start, (x, one.y + down * a), (x, other.y - down * b), end))
    if not wide:
        for aside in (_ASIDE, -_ASIDE):
            x, low = one.x + aside, abs(aside) * down
            yield CandidateRoute((start, (x, one.y + low), (x, other.y - low), end))
    yield from _drops(one, other, down, ground, owner)


def _arches(
    one: StationPosition, other: StationPosition, ground: Occupancy, owner: str
) -> Iterator[CandidateRoute]:
    span = (one.x, other.x)
    for side in (-1, 1):
        number = ground.track(one.lane, side, span, owner)
        high = _offset(number, (other.x - one.x) / 2)
        y = one.y + side * high
        corners = (one.x, one.y), (one.x + high, y), (other.x - high, y), (other.x, other.y)
        yield CandidateRoute(corners, 3.0 * number, (one.lane, side, number, span))


def _along(
    one: StationPosition, other: StationPosition, down: int, ground: Occupancy, owner: str
) -> Iterator[CandidateRoute]:
    """Yield the ways that run on a track beside the first lane, and beside the second."""
    span = (one.x, other.x)
    high = abs(other.y - one.y)
    for lane, side, is_near in ((one.lane, down, True), (other.lane, -down, False)):
        number = ground.track(lane, side, span, owner)
        h = _offset(number, high / 2)
        if is_near:
            y = one.y + down * h
            corners = (one.x + h, y), (other.x - (high - h), y)
        else:
            y = other.y - down * h
            corners = (one.x + high - h, y), (other.x - h, y)
        points = ((one.x, one.y), *corners, (other.x, other.y))
        against = 3.0 * number + (_BESIDE_MAIN if lane == ground.main else 0.0)
        yield CandidateRoute(points, against, (lane, side, number, span))


def _drops(
    one: StationPosition, other: StationPosition, down: int, ground: Occupancy, owner: str
) -> Iterator[CandidateRoute]:
    """Yield the ways along a track below the first lane that fall upright before the second."""
    wide, high = other.x - one.x, abs(other.y - one.y)
    for back in _DROPS:
        x, low = other.x - back, min(back, 20.0)
        if x - one.x < _FIRST_TRACK or high < low + _FIRST_TRACK:
            continue
        span = (one.x, x)
        number = ground.track(one.lane, down, span, owner)
        h = _offset(number, min(wide - back, high - low))
        y = one.y + down * h
        foot = (x, other.y - down * low), (x + low, other.y)
        points = ((one.x, one.y), (one.x + h, y), (x, y), *foot, (other.x, other.y))
        against = _DROP + 3.0 * number + (_BESIDE_MAIN if one.lane == ground.main else 0.0)
        yield CandidateRoute(points, against, (one.lane, down, number, span))


def _offset(number: int, most: float) -> float:
    return min(_FIRST_TRACK + _TRACK_STEP * number, most)


def _clean(points: Iterable[Point]) -> tuple[Point, ...]:
    """Return corners rounded to tenths, without those that repeat or lie on a straight line."""
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
