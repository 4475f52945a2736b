"""Bridges out of a franchise: what is inside, what leads out, what taking a bridge away does."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kensho.domain.relations import INVERSE, KINDS, Kind
from kensho.read_model.adjacency import Adjacency
from kensho.read_model.building.subgraphs import NO_GROUP, BeyondBridge, Subgraphs
from tests.support.edge_arrays import Edge, edge_arrays

# 0, 1, 2 are the franchise; 3, 4, 5 another, entered by two bridges; 6, 7 a third, by one; 8 alone.
WORKS = 9
GROUPS = np.array([0, 0, 0, 1, 1, 1, 2, 2, NO_GROUP], dtype=np.int32)
EDGES: list[Edge] = [
    (0, 1, "sequel"),
    (2, 1, "other"),
    (0, 3, "crossover"),
    (4, 1, "character"),
    (3, 4, "sequel"),
    (4, 5, "sequel"),
    (2, 6, "spin_off"),
    (6, 7, "sequel"),
    (7, 8, "character"),
    (2, 8, "other"),
]


def test_inside_are_the_edges_between_members_as_they_are_kept() -> None:
    inside = Subgraphs(edge_arrays(WORKS, EDGES)).inside([2, 0, 1])
    rows = zip(inside.sources, inside.targets, inside.kinds, strict=True)
    assert [(s, t, KINDS[k]) for s, t, k in rows] == [(0, 1, "sequel"), (2, 1, "other")]


def test_a_bridge_is_read_from_the_member_and_tells_what_lies_beyond() -> None:
    found = Subgraphs(edge_arrays(WORKS, EDGES)).bridges([0, 1, 2], GROUPS)
    assert [(b.member, b.outside, b.kind, b.group, b.beyond, b.only) for b in found] == [
        (0, 3, "crossover", 1, BeyondBridge(3, (3, 4, 5)), False),
        (1, 4, "character", 1, BeyondBridge(3, (4, 3, 5)), False),
        (2, 6, "spin_off", 2, BeyondBridge(2, (6, 7)), True),
        (2, 8, "other", NO_GROUP, BeyondBridge(1, (8,)), True),
    ]


def test_from_the_other_side_the_same_bridge_reads_as_its_inverse() -> None:
    (bridge, _) = Subgraphs(edge_arrays(WORKS, EDGES)).bridges([6, 7], GROUPS)
    assert (bridge.member, bridge.outside, bridge.kind) == (6, 2, "spun_off_from")


def test_a_franchise_cut_in_two_by_the_members_lies_beyond_in_two_pieces() -> None:
    edges: list[Edge] = [(0, 1, "sequel"), (1, 2, "sequel"), (2, 3, "sequel"), (3, 4, "sequel")]
    groups = np.array([1, 1, 0, 1, 1], dtype=np.int32)
    found = Subgraphs(edge_arrays(5, edges)).bridges([2], groups)
    assert [(b.outside, b.beyond, b.only) for b in found] == [
        (1, BeyondBridge(2, (1, 0)), True),
        (3, BeyondBridge(2, (3, 4)), True),
    ]


def test_only_the_nearest_works_beyond_are_named_but_all_are_counted() -> None:
    edges: list[Edge] = [(work, work + 1, "sequel") for work in range(20)]
    (bridge,) = Subgraphs(edge_arrays(21, edges)).bridges([0], np.ones(21, dtype=np.int32))
    assert bridge.beyond == BeyondBridge(20, (1, 2, 3, 4, 5))


def test_without_members_or_edges_nothing_leads_anywhere() -> None:
    assert Subgraphs(edge_arrays(WORKS, EDGES)).bridges([], GROUPS) == []
    assert Subgraphs(edge_arrays(WORKS, EDGES)).inside([]).edges == []
    assert Subgraphs(edge_arrays(WORKS, [])).bridges([0, 1], GROUPS) == []


kinds: st.SearchStrategy[Kind] = st.sampled_from(("sequel", "other", "spin_off"))
nodes = st.integers(0, 7)
edge_lists = st.lists(st.tuples(nodes, nodes, kinds), max_size=20)
groupings = st.lists(st.integers(-1, 2), min_size=8, max_size=8)


def connected(edges: list[Edge], among: set[int], start: int) -> set[int]:
    reached = {start}
    for _ in among:
        reached |= {
            end
            for s, t, _ in edges
            for here, end in ((s, t), (t, s))
            if here in reached and end in among
        }
    return reached


@given(edge_lists, groupings)
def test_taking_a_bridge_away_separates_what_it_says(
    drawn: list[Edge], grouping: list[int]
) -> None:
    arrays = edge_arrays(8, drawn)
    groups = np.array(grouping, dtype=np.int32)
    kept = Adjacency(arrays)
    edges: list[Edge] = [(*kept.edge(number),) for number in range(len(arrays["edge_kind"]))]
    members = {0, 1, 2}
    pieces = Subgraphs(arrays)
    found = pieces.bridges(members, groups)
    assert sorted([b.edge for b in found] + pieces.inside(members).edges) == [
        number for number, (s, t, _) in enumerate(edges) if {s, t} & members
    ]
    for bridge in found:
        source, _, kind = edges[bridge.edge]
        assert bridge.kind == (kind if source == bridge.member else INVERSE[kind])
        home = {n for n in range(8) if groups[n] == bridge.group != NO_GROUP} | {bridge.outside}
        beyond = connected(edges, home - members, bridge.outside)
        assert bridge.beyond.works == len(beyond)
        assert set(bridge.beyond.nearest) <= beyond
        rest = [edge for number, edge in enumerate(edges) if number != bridge.edge]
        still = connected(rest, beyond | members, bridge.outside) & members
        assert bridge.only == (not still)
