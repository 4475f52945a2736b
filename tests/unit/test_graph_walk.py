"""Walks on graphs small enough to draw: how edges are read, what a bound cuts, what a loop does."""

from collections.abc import Iterator

import pytest

from kensho.domain.relations import Kind
from kensho.read_model.model import ReadModel
from tests.support.random_graphs import WORK_IDS, RandomGraph, RandomWork, inputs_of
from tests.support.read_models import opened

ALL = 1000
# 0 → 1 → 2 → 0 is a loop of sequels; 3 is a side story and a summary of 0; 4 stands alone.
EDGES: tuple[tuple[int, int, Kind], ...] = (
    (0, 1, "sequel"),
    (1, 2, "sequel"),
    (2, 0, "sequel"),
    (0, 3, "side_story"),
    (0, 3, "summary"),
)


@pytest.fixture(scope="module")
def model() -> Iterator[ReadModel]:
    works = [RandomWork(w, "anime", None, None, None, None, (), ()) for w in WORK_IDS[:5]]
    edges = frozenset((WORK_IDS[a], WORK_IDS[b], kind) for a, b, kind in EDGES)
    with opened(inputs_of(RandomGraph(tuple(works), edges, (), {}, {}))) as opened_model:
        yield opened_model


def test_the_walk_begins_with_the_work_itself_even_where_it_stands_alone(model: ReadModel) -> None:
    assert model.walk(4, None, 3, ALL, ALL) == ([(4, 0)], [], False)


def test_an_edge_is_read_from_its_nearer_end(model: ReadModel) -> None:
    edges = model.walk(0, None, 1, ALL, ALL).edges
    assert [(e.origin, e.target, e.kind) for e in edges] == [
        (0, 1, "sequel"),
        (0, 2, "prequel"),
        (0, 3, "side_story"),
        (0, 3, "summary"),
        (1, 2, "sequel"),
    ]


def test_an_edge_whose_near_reading_is_filtered_out_is_read_from_its_far_end(
    model: ReadModel,
) -> None:
    walk = model.walk(0, frozenset({"sequel"}), 3, ALL, ALL)
    assert walk.nodes == [(0, 0), (1, 1), (2, 2)]
    assert [(e.origin, e.target, e.kind) for e in walk.edges] == [
        (0, 1, "sequel"),
        (1, 2, "sequel"),
        (2, 0, "sequel"),
    ]


def test_a_filter_applies_to_the_side_that_is_walked_from(model: ReadModel) -> None:
    assert model.walk(3, frozenset({"side_story"}), 3, ALL, ALL).nodes == [(3, 0)]
    assert model.walk(3, frozenset({"parent_story"}), 3, ALL, ALL).nodes == [(3, 0), (0, 1)]
    assert model.walk(3, frozenset(), 3, ALL, ALL).nodes == [(3, 0)]


def test_a_bound_cuts_the_farthest_and_says_so(model: ReadModel) -> None:
    assert model.walk(3, None, 3, 3, ALL).nodes == [(3, 0), (0, 1), (1, 2)]
    assert model.walk(3, None, 3, 3, ALL).truncated
    assert not model.walk(3, None, 3, 4, ALL).truncated
    assert len(model.walk(3, None, 3, ALL, 4).edges) == 4
    assert model.walk(3, None, 3, ALL, 4).truncated
    assert not model.walk(3, None, 3, ALL, 5).truncated


def test_depth_is_no_bound_that_truncates(model: ReadModel) -> None:
    walk = model.walk(3, None, 1, ALL, ALL)
    assert walk.nodes == [(3, 0), (0, 1)]
    assert not walk.truncated
