"""What holds for the metro map of any franchise, however its works and edges are."""

import math
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations, pairwise
from xml.etree import ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from kensho.domain.relations import Kind
from kensho.metro.edges import edge_id
from kensho.metro.inputs import GuestOf, MapContinuity, MapEdge, MapWork
from kensho.metro.labels import SIZE, boxes_of
from kensho.metro.layout import metro_map
from kensho.metro.map import MetroMap, Point, Station
from kensho.metro.segments import Box
from kensho.web.maps.svg import MapLinks, map_svg
from kensho.web.messages import Messages
from tests.support.examples import examples

MESSAGES = Messages.read()
ROLES = ("main", "film", "side", "spin_off", "summary", "alternative", "crossover", "music")
TYPES = ("series", "film", "ova", "special", "ona", "music", "movie")
KINDS: tuple[Kind, ...] = (
    *("sequel", "prequel", "side_story", "parent_story", "summary", "full_story", "spin_off"),
    *("spun_off_from", "other", "related", "alternative_version", "alternative_setting"),
    *("character", "crossover"),
)
PIECES = (
    *(
        "Gundam",
        "Kidou",
        "Wing:",
        "<b>",
        "&amp;",
        '"',
        "機動戦士",
        "مرحبا",
        "🚀",
        "\x00",
        "\u202e",
        "Z",
    ),
    *("Supercalifragilisticexpialidocious", "II", "no", "-", "2nd", "Season", "x" * 40),
)
WORDS = st.sampled_from(PIECES)
DATES = st.one_of(
    st.just(""),
    st.integers(1960, 2027).map(str),
    st.builds("{}-{:02}".format, st.integers(1995, 2003), st.integers(1, 12)),
)
WORKS = st.builds(
    MapWork,
    id=st.integers(0, 10**6).map("w{}".format),
    title=st.lists(WORDS, max_size=7).map(" ".join),
    short_title=st.one_of(st.none(), WORDS),
    type=st.sampled_from(TYPES),
    role=st.sampled_from(ROLES),
    date=DATES,
    episodes=st.one_of(st.none(), st.integers(0, 2000)),
    duration_s=st.one_of(st.none(), st.integers(0, 10**5)),
    status=st.sampled_from(["finished", "ongoing", "upcoming", "unknown"]),
    guest_of=st.lists(st.builds(GuestOf, WORDS, WORDS), max_size=2).map(tuple),
    is_guest=st.sampled_from([False, False, False, True]),
    line=st.one_of(st.none(), st.integers(0, 4)),
    popularity=st.floats(0, 1),
)
LINES = st.lists(
    st.builds(
        MapContinuity, st.integers(0, 4), st.lists(WORDS, max_size=4).map(" ".join), st.booleans()
    ),
    max_size=5,
    unique_by=lambda line: line.number,
)


@st.composite
def franchises(draw: st.DrawFn) -> "Given":
    works = draw(st.lists(WORKS, max_size=45, unique_by=lambda work: work.id))
    ids = st.sampled_from([work.id for work in works] or ["nobody"])
    edge = st.builds(
        MapEdge,
        source=ids,
        target=ids,
        kind=st.sampled_from((*KINDS, "joined", "same_work")),
        method=st.sampled_from(["stated", "inferred", "curated"]),
        confidence=st.floats(0, 1),
        sources=st.lists(st.sampled_from(["mal", "anilist"]), max_size=2).map(tuple),
    )
    return works, draw(st.lists(edge, max_size=90)), draw(LINES)


FEW = settings(max_examples=examples(40), deadline=None)
Given = tuple[list[MapWork], list[MapEdge], list[MapContinuity]]


def drawn(given_: Given) -> MetroMap:
    return metro_map("Gundam", *given_)


def overlap(one: Box, other: Box) -> bool:
    return (
        min(one.right, other.right) - max(one.left, other.left) > 0.2
        and min(one.bottom, other.bottom) - max(one.top, other.top) > 0.2
    )


def crosses(leg: tuple[Point, Point], box: Box) -> bool:
    """Tell whether a part of a leg lies inside a box, by clipping it (Liang and Barsky)."""
    (x1, y1), (x2, y2) = leg
    first, last = 0.0, 1.0
    for step, room in (
        (x1 - x2, x1 - box.left),
        (x2 - x1, box.right - x1),
        (y1 - y2, y1 - box.top),
        (y2 - y1, box.bottom - y1),
    ):
        if step == 0:
            if room <= 0:
                return False
        elif step < 0:
            first = max(first, room / step)
        else:
            last = min(last, room / step)
    return last - first > 1e-9


def body(station: Station) -> Box:
    x, y, r = station.x, station.y, station.radius
    return Box(x - r, y - r, x + r, y + r)


def words_of(station: Station) -> Sequence[Box]:
    """The labels of the main line's trunk are bold, and so a little wider."""
    is_bold = station.line == "main" and station.is_trunk
    return boxes_of(station.label, SIZE * 1.07 if is_bold else SIZE)


def inside(points: Iterable[tuple[float, float]], whole: MetroMap) -> bool:
    return all(0 <= x <= whole.width and 0 <= y <= whole.height for x, y in points)


@FEW
@given(franchises())
def test_every_work_is_one_station_and_no_two_overlap(given_: Given) -> None:
    stations = drawn(given_).stations
    assert sorted(one.id for one in stations) == sorted(work.id for work in given_[0])
    for one, other in combinations(stations, 2):
        assert math.hypot(one.x - other.x, one.y - other.y) > one.radius + other.radius


@FEW
@given(franchises())
def test_labels_touch_neither_one_another_nor_a_station(given_: Given) -> None:
    stations = drawn(given_).stations
    labels = [(station, words_of(station)) for station in stations]
    assert all(any(line.strip() for line in station.label.lines) for station in stations)
    for (_, some), (_, others) in combinations(labels, 2):
        assert not any(overlap(one, other) for one in some for other in others)
    for station, boxes in labels:
        for other in stations:
            assert station is other or not any(overlap(box, body(other)) for box in boxes)


@FEW
@given(franchises())
def test_no_line_that_is_seen_crosses_a_label(given_: Given) -> None:
    whole = drawn(given_)
    legs = [leg for route in whole.routes if not route.is_quiet for leg in pairwise(route.points)]
    legs += [((span.x_from, span.y), (span.x_to, span.y)) for span in whole.tracks]
    for station in whole.stations:
        for box in words_of(station):
            assert not any(crosses(leg, box) for leg in legs)


@FEW
@given(franchises())
def test_a_line_that_is_seen_passes_over_no_other_station(given_: Given) -> None:
    whole = drawn(given_)
    for route in (route for route in whole.routes if not route.is_quiet):
        others = (s for s in whole.stations if s.id not in {route.source, route.target})
        bodies = [body(one) for one in others]
        assert not any(crosses(leg, one) for leg in pairwise(route.points) for one in bodies)


@FEW
@given(franchises())
def test_a_label_has_the_letters_of_a_title_in_their_order(given_: Given) -> None:
    """A name leaves the franchise's out of a title, or is a short one that a source states."""
    whole = drawn(given_)
    short = ["".join((one.short_title or "").split()) for one in given_[0]]
    for station in whole.stations:
        label = "".join(station.label.lines)
        if station.label.is_cut and label.count("\u2026") == 1:
            kept = "".join(label.rstrip("\u2026").split())
            title = iter(station.title)
            assert all(letter in title for letter in kept) or any(kept in one for one in short)


@FEW
@given(franchises())
def test_a_later_work_never_stands_left_of_an_earlier_one(given_: Given) -> None:
    x = {station.id: station.x for station in drawn(given_).stations}
    members = [work for work in given_[0] if not work.is_guest]
    known = sorted((w for w in members if w.date), key=lambda work: work.date)
    for one, other in pairwise(known):
        assert x[one.id] <= x[other.id] or one.date == other.date
    for unknown in (work for work in members if not work.date):
        assert all(x[work.id] <= x[unknown.id] for work in known)


@FEW
@given(franchises())
def test_years_begin_and_end_with_members_wherever_guests_are_from(given_: Given) -> None:
    years = [work.year for work in given_[0] if work.year and not work.is_guest]
    ticks = {tick.year for tick in drawn(given_).ticks if tick.year}
    assert not years or all(min(years) <= tick <= max(years) for tick in ticks)


@FEW
@given(franchises())
def test_the_main_line_is_straight(given_: Given) -> None:
    whole = drawn(given_)
    for line in whole.lines:
        trunk = [s for s in whole.stations if s.line == line.id and s.is_trunk]
        assert len({station.y for station in trunk}) == (line.kind != "crossover" or bool(trunk))


@FEW
@given(franchises(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(given_: Given, chance: random.Random) -> None:
    works, edges = (chance.sample(some, len(some)) for some in given_[:2])
    assert metro_map("Gundam", works, edges, given_[2]) == drawn(given_)  # type: ignore[arg-type]


@FEW
@given(franchises())
def test_every_edge_is_drawn_once_or_folded(given_: Given) -> None:
    whole = drawn(given_)
    told = Counter([route.id for route in whole.routes]) + Counter(map(edge_id, whole.folded))
    assert all(count == 1 for count in told.values())
    pairs = {frozenset(id_.split(" ")[::2]) for id_ in told}
    real = [edge for edge in given_[1] if edge.source != edge.target]
    assert pairs == {frozenset((edge.source, edge.target)) for edge in real}
    forward = [e for e in real if e.kind in ("sequel", "side_story", "summary", "spin_off")]
    assert {edge_id(edge) for edge in forward} <= {route.id for route in whole.routes}


@FEW
@given(franchises())
def test_what_edges_connect_stays_connected_by_the_drawn_ones(given_: Given) -> None:
    whole = drawn(given_)
    of_edges = components((e.source, e.target) for e in given_[1])
    of_routes = components((r.source, r.target) for r in whole.routes)
    assert {g for g in of_edges if len(g) > 1} == {g for g in of_routes if len(g) > 1}


def components(pairs: Iterable[tuple[str, str]]) -> set[frozenset[str]]:
    groups: list[set[str]] = []
    for pair in pairs:
        touched = [group for group in groups if not group.isdisjoint(pair)]
        groups = [group for group in groups if group.isdisjoint(pair)]
        groups.append(set(pair).union(*touched))
    return set(map(frozenset, groups))


@FEW
@given(franchises())
def test_routes_lead_from_station_to_station_at_0_45_or_90_degrees(given_: Given) -> None:
    whole = drawn(given_)
    at = {station.id: (station.x, station.y) for station in whole.stations}
    for route in whole.routes:
        assert (route.points[0], route.points[-1]) == (at[route.source], at[route.target])
        for (x1, y1), (x2, y2) in pairwise(route.points):
            wide, high = abs(x2 - x1), abs(y2 - y1)
            assert min(wide, high, abs(wide - high)) < 0.35


@FEW
@given(franchises())
def test_everything_lies_on_the_sheet(given_: Given) -> None:
    whole = drawn(given_)
    for route in whole.routes:
        assert inside(route.points, whole)
    for station in whole.stations:
        for box in (body(station), *words_of(station)):
            assert inside([(box.left, box.top), (box.right, box.bottom)], whole)
    assert inside([(tick.x, 0) for tick in whole.ticks], whole)
    assert inside([(transfer.x, transfer.y) for transfer in whole.transfers], whole)
    assert inside([(heading.x, heading.y) for heading in whole.headings], whole)


@FEW
@given(franchises())
def test_any_map_is_well_formed_svg_that_holds_every_station_and_route(given_: Given) -> None:
    whole = drawn(given_)
    root = ET.fromstring(map_svg(whole, MESSAGES, links=MapLinks()))
    assert {"a", "path"} >= {e.tag.split("}")[1] for e in root.iter() if e.get("data-kind")}
    ids = [element.get("data-id") for element in root.iter() if element.get("data-id")]
    assert sorted(ids) == sorted(station.id for station in whole.stations)  # type: ignore[type-var]
    assert sum(1 for e in root.iter() if e.get("data-from")) == len(whole.routes)
