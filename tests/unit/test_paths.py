"""Paths on graphs small enough to draw: what is dear, what breaks a tie, what is no path."""

from collections.abc import Collection

import pytest

from kensho.domain.relations import INVERSE, KIND_FACTS, KINDS, Assertion, Kind
from kensho.read_model.paths import Path, Paths, only_inferred
from tests.support.edge_arrays import Edge, edge_arrays


def paths_of(works: int, edges: list[Edge], inferred: Collection[Edge] = ()) -> Paths:
    return Paths(edge_arrays(works, edges, inferred))


def walked(path: Path) -> list[int]:
    return [path.edges[0].source, *(edge.target for edge in path.edges)]


def test_the_way_through_sequels_comes_before_the_short_cut_of_a_guest() -> None:
    edges: list[Edge] = [(0, 1, "sequel"), (1, 2, "sequel"), (0, 2, "character")]
    found = paths_of(3, edges).best(0, 2, 5)
    assert [walked(path) for path in found] == [[0, 1, 2], [0, 2]]
    assert [path.cost for path in found] == [4, 12]
    assert [edge.kind for edge in found[0].edges] == ["sequel", "sequel"]


def test_an_edge_walked_backwards_reads_as_its_inverse() -> None:
    (path,) = paths_of(2, [(0, 1, "side_story")]).best(1, 0, 1)
    assert [tuple(edge) for edge in path.edges] == [(1, 0, "parent_story", 0)]


def test_a_stated_kind_is_closer_than_an_inferred_one_and_that_than_an_untyped_edge() -> None:
    ways: list[Edge] = [(0, 1, "sequel"), (0, 2, "sequel"), (0, 3, "related")]
    edges: list[Edge] = [*ways, *((middle, 4, "sequel") for middle in (1, 2, 3))]
    found = paths_of(5, edges, [(0, 1, "sequel")]).best(0, 4, 3)
    assert [walked(path)[1] for path in found] == [2, 1, 3]


def test_of_several_edges_between_two_works_the_cheapest_is_taken() -> None:
    edges: list[Edge] = [(0, 1, "related"), (1, 0, "spin_off"), (0, 1, "character")]
    (path,) = paths_of(2, edges).best(0, 1, 5)
    assert [edge.kind for edge in path.edges] == ["spun_off_from"]


def test_among_equals_the_fewest_edges_win_then_the_first_works() -> None:
    edges: list[Edge] = [
        (0, 5, "compilation"),
        (5, 6, "compilation"),
        *((a, b, "sequel") for a, b in ((0, 1), (1, 2), (2, 3), (3, 4), (4, 6))),
        (0, 7, "compilation"),
        (7, 6, "compilation"),
    ]
    found = paths_of(8, edges).best(0, 6, 5)
    assert [walked(path) for path in found] == [[0, 5, 6], [0, 7, 6], [0, 1, 2, 3, 4, 6]]
    assert {path.cost for path in found} == {10}


def test_no_work_is_passed_twice_and_a_dead_end_is_not_entered() -> None:
    edges: list[Edge] = [(0, 1, "sequel"), (1, 2, "sequel"), (1, 3, "sequel"), (3, 4, "sequel")]
    found = paths_of(5, edges).best(0, 2, 5)
    assert [walked(path) for path in found] == [[0, 1, 2]]


@pytest.mark.parametrize("goal", [0, 3, 4])
def test_there_is_no_path_to_a_stranger_and_none_from_a_work_to_itself(goal: int) -> None:
    edges: list[Edge] = [(0, 1, "sequel"), (1, 2, "sequel"), (3, 4, "sequel")]
    assert paths_of(6, edges).best(0, goal, 5) == []
    assert paths_of(6, edges).best(5, goal, 5) == []


@pytest.mark.parametrize("kind", KINDS)
def test_for_each_kind_stated_is_cheaper_than_inferred_and_inferred_than_untyped(
    kind: Kind,
) -> None:
    cost = KIND_FACTS[kind].path
    if kind != "related":
        assert 0 < cost.stated < cost.inferred < KIND_FACTS["related"].path.stated
    assert cost == KIND_FACTS[INVERSE[kind]].path


def test_following_is_cheap_and_what_joins_strangers_is_dear() -> None:
    followed: tuple[Kind, ...] = ("sequel", "side_story", "summary", "alternative_version")
    dear: tuple[Kind, ...] = ("character", "crossover", "other", "related")
    most = max(KIND_FACTS[kind].path.inferred for kind in followed)
    assert most * 2 <= min(KIND_FACTS[kind].path.stated for kind in dear)


def test_an_edge_is_inferred_only_where_nobody_states_its_kind() -> None:
    untyped = Assertion("aodb", "2026-02-01", "related", "stated", 1.0)
    guess = Assertion("kensho", "2026-02-01", "sequel", "inferred", 0.98)
    stated = Assertion("jikan", "2026-02-01", "sequel", "stated", 1.0)
    assert only_inferred("sequel", [untyped, guess])
    assert not only_inferred("sequel", [untyped, guess, stated])
    assert not only_inferred("related", [untyped])
