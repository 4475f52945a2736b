"""The read model against a slow oracle: the same answers, whatever order the graph came in."""

import random
from uuid import UUID

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from kensho.domain.relations import Kind
from kensho.domain.works import SEASONS
from kensho.read_model.building.writer import SnapshotInputs
from kensho.read_model.model import ReadModel
from kensho.read_model.walks import Walk
from tests.support import read_model_oracle as oracle
from tests.support.examples import examples
from tests.support.random_graphs import (
    RETIRED_IDS,
    SOURCE_IDS,
    WORK_IDS,
    RandomGraph,
    graphs,
    inputs_of,
    kind_sets,
    summary_of,
)
from tests.support.read_models import opened

ALL = 10_000
steady = settings(
    deadline=None, max_examples=examples(40)
)  # an example writes forty files: its time is the machine's
depths = st.integers(1, 3)
filters = st.none() | kind_sets


def node_of(model: ReadModel, work: UUID) -> int:
    node = model.node(work)
    assert node is not None
    return node


def visited(model: ReadModel, walk: Walk) -> list[tuple[int, UUID]]:
    return [(distance, model.id(node)) for node, distance in walk.nodes]


def read(model: ReadModel, walk: Walk) -> list[tuple[UUID, UUID, Kind]]:
    return [(model.id(step.origin), model.id(step.target), step.kind) for step in walk.edges]


@steady
@given(graphs())
def test_every_work_is_found_by_its_id_and_keeps_its_documents(graph: RandomGraph) -> None:
    with opened(inputs_of(graph)) as model:
        assert [model.id(node) for node in range(model.works_total)] == sorted(
            w.id for w in graph.works
        )
        assert {work for work in WORK_IDS if model.node(work) is not None} == {
            w.id for w in graph.works
        }
        for work in graph.works:
            node = node_of(model, work.id)
            assert model.summary(node) == summary_of(work.id)
            assert str(work.id).encode() in model.detail(node)
            assert model.kind(node) == work.kind


@steady
@given(graphs(), depths, filters, st.data())
def test_a_walk_reaches_what_the_oracle_reaches_nearest_first(
    graph: RandomGraph, depth: int, kinds: frozenset[Kind] | None, data: st.DataObject
) -> None:
    start = data.draw(st.sampled_from(graph.works)).id
    with opened(inputs_of(graph)) as model:
        walk = model.walk(node_of(model, start), kinds, depth, ALL, ALL)
        expected = oracle.distances(graph, start, kinds, depth)
        assert visited(model, walk) == sorted((at, work) for work, at in expected.items())
        order = [work for _, work in visited(model, walk)]
        edges = read(model, walk)
        assert sorted(edges) == sorted(oracle.edges_among(graph, order, kinds))
        assert len({step.edge for step in walk.edges}) == len(edges)
        assert [order.index(origin) for origin, _, _ in edges] == sorted(
            order.index(e[0]) for e in edges
        )
        assert not walk.truncated


@steady
@given(graphs(min_works=3), filters, st.integers(1, 9), st.integers(0, 9), st.data())
def test_a_bounded_walk_is_the_beginning_of_the_whole_one(
    graph: RandomGraph, kinds: frozenset[Kind] | None, nodes: int, edges: int, data: st.DataObject
) -> None:
    start = data.draw(st.sampled_from(graph.works)).id
    with opened(inputs_of(graph)) as model:
        node = node_of(model, start)
        whole, part = model.walk(node, kinds, 3, ALL, ALL), model.walk(node, kinds, 3, nodes, edges)
        among = oracle.edges_among(graph, [model.id(n) for n, _ in whole.nodes[:nodes]], kinds)
        assert part.nodes == whole.nodes[:nodes]
        assert len(part.edges) == min(edges, len(among))
        assert set(read(model, part)) <= set(among)
        assert part.truncated == (len(whole.nodes) > nodes or len(among) > edges)


@steady
@given(graphs())
def test_neighbours_are_read_from_both_ends_with_their_assertions(graph: RandomGraph) -> None:
    with opened(inputs_of(graph)) as model:
        assert model.counts["edges"] == len(graph.edges)
        for work in graph.works:
            found = model.neighbours(node_of(model, work.id))
            expected = oracle.readings(graph, work.id)
            assert sorted((model.id(n.node), n.kind) for n in found) == sorted(expected)
            assert [n.node for n in found] == sorted(n.node for n in found)
            of_two = [one for one in found if one.kind in ("sequel", "prequel")]
            assert model.neighbours_of(node_of(model, work.id), ("sequel", "prequel")) == of_two
            for neighbour in found:
                source, target, kind = model.edge(neighbour.edge)
                named = f"{model.id(source)} {model.id(target)} {kind}"
                assert msgspec.json.decode(model.assertions(neighbour.edge)) == [named]


@steady
@given(graphs())
def test_lists_by_season_and_tag_are_in_the_oracles_order(graph: RandomGraph) -> None:
    with opened(inputs_of(graph)) as model:
        for year in (2018, 2019, 2020):
            for season in SEASONS:
                found = [model.id(node) for node in model.season_nodes(year, season).tolist()]
                assert found == oracle.season(graph, year, season)
        assert [tag.name for tag in model.tags] == [
            tag.name
            for tag in sorted(graph.tags, key=lambda t: (-len(oracle.tagged(graph, t.id)), t.name))
        ]
        for number, tag in enumerate(model.tags):
            nodes, relevances = model.tag_nodes(number)
            works = [model.id(node) for node in nodes.tolist()]
            pairs = list(zip(works, relevances.tolist(), strict=True))
            assert pairs == oracle.tagged(graph, tag.id)
            assert tag.works == len(works)
            assert model.tag(tag.name) == model.tag(tag.id) == model.tag(str(tag.id)) == number
        for unknown in ("no such tag", WORK_IDS[0], str(WORK_IDS[0])):
            assert model.tag(unknown) is None
        for work in graph.works:
            tags = model.tags_of(node_of(model, work.id)).tolist()
            assert [model.tags[tag].id for tag in tags] == oracle.tags_of(graph, work.id)


@steady
@given(graphs())
def test_source_ids_and_retired_ids_lead_where_the_graph_says(graph: RandomGraph) -> None:
    with opened(inputs_of(graph)) as model:
        for source_id in (*SOURCE_IDS, "mal:", "mal:11", "zzz:1", ""):
            found = [(model.id(r.node), r.first, r.last) for r in model.resolve(source_id)]
            assert len(found) == len(set(found))
            assert set(found) == oracle.resolved(graph, source_id)
        for work in RETIRED_IDS:
            answer = model.retired(work)
            assert (answer is not None) == (work in graph.retired)
            assert answer is None or answer.successor == graph.retired[work]


@steady
@given(graphs(), st.randoms(use_true_random=False))
def test_the_order_of_the_inputs_makes_no_difference(
    graph: RandomGraph, chance: random.Random
) -> None:
    inputs = inputs_of(graph)
    lists = {name: list(getattr(inputs, name)) for name in inputs.__struct_fields__}
    for rows in lists.values():
        chance.shuffle(rows)
    with opened(inputs) as one, opened(SnapshotInputs(**lists)) as other:
        for node in range(one.works_total):
            assert one.id(node) == other.id(node)
            assert one.detail(node) == other.detail(node)
            assert one.neighbours(node) == other.neighbours(node)
            assert one.tags_of(node).tolist() == other.tags_of(node).tolist()
        assert one.tags == other.tags
        assert [one.resolve(s) for s in SOURCE_IDS] == [other.resolve(s) for s in SOURCE_IDS]
