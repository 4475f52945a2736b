"""Segments and stations are found as a search through all of them finds them."""

from itertools import combinations, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from kensho.metro.map import Point
from kensho.metro.occupancy import Occupancy, StationPosition
from kensho.metro.segments import Box, Segments
from tests.support import map_oracles as oracle
from tests.support.examples import examples

Route = tuple[Point, ...]
STEPS = st.tuples(st.sampled_from([(1, 0), (1, 1), (1, -1), (0, 1), (0, -1)]), st.integers(1, 60))
STARTS = st.tuples(st.integers(0, 80), st.integers(40, 100))
MANY = settings(max_examples=examples(80), deadline=None)


@st.composite
def routes(draw: st.DrawFn) -> Route:
    """Return corners whose segments are row, upright or at 45 degrees, and run to the right."""
    column, row = draw(STARTS)
    points = [(10.0 * column, 5.0 * row)]
    for (right, down), far in draw(st.lists(STEPS, min_size=1, max_size=5)):
        x, y = points[-1]
        points.append((x + 5.0 * right * far, y + 5.0 * down * far))
    return tuple(points)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    """Return a box inside one cell of the sheet: over a border a segment may count twice."""
    column, row = draw(st.integers(0, 4)), draw(st.integers(0, 6))
    left, top = draw(st.integers(0, 90)), draw(st.integers(0, 40))
    wide, high = draw(st.integers(1, 100)), draw(st.integers(1, 50))
    x, y = 200.0 * column + left, 96.0 * row + top
    return Box(x + 0.5, y + 0.5, x + wide + 0.25, y + high + 0.25)


@MANY
@given(st.lists(st.tuples(routes(), routes()), max_size=12))
def test_a_route_crosses_what_is_laid_as_often_as_its_legs_do(
    pairs: list[tuple[Route, Route]],
) -> None:
    segments, laid = Segments(), list[Route]()
    for asked, one in pairs:
        assert segments.crossed(asked) == oracle.crossed(asked, laid)
        segments.add(one)
        laid.append(one)
    for asked, _ in pairs:
        assert segments.crossed(asked) == oracle.crossed(asked, laid)


@MANY
@given(routes(), st.lists(routes(), max_size=12), st.integers(0, 5))
def test_counting_crossings_ends_beyond_the_most_that_matter(
    asked: Route, laid: list[Route], most: int
) -> None:
    segments = Segments()
    for one in laid:
        segments.add(one)
    total = oracle.crossed(asked, laid)
    assert (segments.crossed(asked, most) > most) == (total > most)


@MANY
@given(boxes(), st.lists(routes(), max_size=12), st.integers(1, 5))
def test_what_runs_under_a_box_is_what_enters_it(box: Box, laid: list[Route], most: int) -> None:
    segments = Segments()
    for one in laid:
        segments.add(one)
    total = oracle.under(box, laid)
    assert segments.under(box) == total
    assert min(segments.under(box, most), most) == min(total, most)


@st.composite
def occupied_stations(draw: st.DrawFn) -> list[StationPosition]:
    """Return stations on tracks, as far apart as columns and tracks are at least."""
    steps = draw(st.lists(st.integers(54, 92), min_size=1, max_size=5))
    heights = [94.0 + sum(steps[:track]) for track in range(len(steps))]
    places = list[StationPosition]()
    for track, y in enumerate(heights):
        columns = draw(st.sets(st.integers(0, 24), min_size=1, max_size=9))
        places += [StationPosition(128.0 + 37.0 * column, y, track) for column in sorted(columns)]
    return places


def ways(one: StationPosition, other: StationPosition, high: float) -> list[Route]:
    """Return the straight way between two stations, those with a bend, those beside the track."""
    start, end = (one.x, one.y), (other.x, other.y)
    wide, fall = other.x - one.x, abs(other.y - one.y)
    down = 1 if other.y > one.y else -1
    found: list[Route] = []
    if one.y == other.y or wide == 0:
        found.append((start, end))
    elif wide >= fall:
        found += [(start, (one.x + fall, other.y), end), (start, (other.x - fall, one.y), end)]
    elif wide > 0:
        x, low = one.x + wide / 2, down * wide / 2
        found.append((start, (x, one.y + low), (x, other.y - low), end))
    if one.y == other.y and wide > 2 * high:
        for y in (one.y - high, one.y + high):
            found.append((start, (one.x + high, y), (other.x - high, y), end))
    return found


@MANY
@given(occupied_stations(), st.sampled_from([10.0, 18.0, 38.0]))
def test_a_route_hits_the_stations_that_its_legs_come_close_to(
    places: list[StationPosition], high: float
) -> None:
    heights = sorted({place.y for place in places})
    occupancy = Occupancy(heights, places, 0, [])
    for one, other in combinations(sorted(places)[:9], 2):
        for way in ways(one, other, high):
            total = oracle.hits(way, places)
            assert occupancy.hits(way) == total
            assert (occupancy.hits(way, 0) > 0) == (total > 0)


@MANY
@given(occupied_stations(), st.lists(routes(), min_size=1, max_size=6), st.data())
def test_a_route_hits_the_labels_that_its_legs_enter(
    places: list[StationPosition], ways_: list[Route], data: st.DataObject
) -> None:
    rows: dict[tuple[float, int], list[Box]] = {}
    for place in places:
        side = data.draw(st.sampled_from([-1, 1]))
        left, right = data.draw(st.tuples(st.integers(1, 17), st.integers(1, 17)))
        top = place.y + 14 if side > 0 else place.y - 28
        box = Box(place.x - left, top, place.x + right, top + 14)
        rows.setdefault((place.y, side), []).append(box)
    occupancy = Occupancy(sorted({place.y for place in places}), places, 0, rows.values())
    every = [
        Box(left - 1.5, top, right + 1.5, bottom)
        for row in rows.values()
        for left, top, right, bottom in row
    ]
    for way in ways_:
        total = sum(oracle.does_enter(*leg, box) for leg in pairwise(way) for box in every)
        assert occupancy.labels_hit(way) == total
        assert (occupancy.labels_hit(way, 0) > 0) == (total > 0)
