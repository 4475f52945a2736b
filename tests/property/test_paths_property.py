"""Paths against networkx on random graphs: the same costs, each path whole, in one order."""

import itertools
import random
from collections.abc import Sequence

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kensho.domain.relations import INVERSE, KIND_FACTS, KINDS, Kind
from kensho.read_model.adjacency import Adjacency
from kensho.read_model.paths import PATIENCE, Path, Paths
from tests.support.edge_arrays import Edge, edge_arrays

Drawn = tuple[list[Edge], list[Edge]]
"""Edges, and those of them that are inferred."""
WORKS = 9
ALL = 5
common: tuple[Kind, ...] = ("sequel", "side_story", "character", "related", "related")
_kinds: st.SearchStrategy[Kind] = st.sampled_from((*common, *KINDS))
_nodes = st.integers(0, WORKS - 1)
_edges = st.tuples(_nodes, _nodes, _kinds).filter(lambda edge: edge[0] != edge[1])
graphs = st.lists(_edges, max_size=30, unique=True).flatmap(
    lambda edges: st.tuples(st.just(edges), st.lists(st.sampled_from(edges or [(0, 1, "other")])))
)
ends = st.permutations(range(WORKS)).map(lambda order: (order[0], order[1]))


def paths_of(graph: Drawn, patience: int = PATIENCE) -> Paths:
    return Paths(edge_arrays(WORKS, *graph), patience)


def oracle(works: int, edges: Sequence[Edge], inferred: Sequence[Edge]) -> "nx.Graph[int]":
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(works))
    for edge in edges:
        source, target, kind = edge
        weight = (
            KIND_FACTS[kind].path.inferred if edge in inferred else KIND_FACTS[kind].path.stated
        )
        known = graph.get_edge_data(source, target, default={"cost": weight})["cost"]
        graph.add_edge(source, target, cost=min(known, weight))
    return graph


def nodes_of(path: Path) -> tuple[int, ...]:
    return (path.edges[0].source, *(edge.target for edge in path.edges))


def ordered(graph: "nx.Graph[int]", start: int, goal: int) -> list[tuple[int, tuple[int, ...]]]:
    """All simple paths in the order that the module promises: cost, edges, works."""
    found = (tuple(nodes) for nodes in nx.all_simple_paths(graph, start, goal))
    costs = ((nx.path_weight(graph, nodes, "cost"), nodes) for nodes in found)
    return sorted(costs, key=lambda entry: (entry[0], len(entry[1]), entry[1]))


@given(graphs, ends, st.integers(1, ALL), st.sampled_from((1, 2, PATIENCE)))
def test_the_best_paths_are_the_first_of_all_simple_paths(
    graph: Drawn, between: tuple[int, int], most: int, patience: int
) -> None:
    found = paths_of(graph, patience).best(*between, most)
    expected = ordered(oracle(WORKS, *graph), *between)[:most]
    assert [(path.cost, nodes_of(path)) for path in found] == expected


@given(graphs, ends)
def test_each_step_of_a_path_is_an_edge_read_from_its_beginning(
    graph: Drawn, between: tuple[int, int]
) -> None:
    relations = Adjacency(edge_arrays(WORKS, *graph))
    for path in paths_of(graph).best(*between, ALL):
        assert (path.edges[0].source, path.edges[-1].target) == between
        assert all(a.target == b.source for a, b in itertools.pairwise(path.edges))
        for step in path.edges:
            edge = relations.edge(step.edge)
            read = {(edge.source, edge.target): edge.kind}
            read |= {(edge.target, edge.source): INVERSE[edge.kind]}
            assert read[step.source, step.target] == step.kind


@given(graphs, ends)
def test_the_way_back_costs_the_same(graph: Drawn, between: tuple[int, int]) -> None:
    start, goal = between
    paths = paths_of(graph)
    there, back = paths.best(start, goal, ALL), paths.best(goal, start, ALL)
    assert [path.cost for path in there] == [path.cost for path in back]


@given(graphs, ends, st.randoms(use_true_random=False))
def test_the_order_in_which_edges_came_makes_no_difference(
    graph: Drawn, between: tuple[int, int], chance: random.Random
) -> None:
    edges, inferred = graph
    shuffled = chance.sample(edges, len(edges)), inferred
    assert paths_of(graph).best(*between, ALL) == paths_of(shuffled).best(*between, ALL)


@pytest.mark.parametrize("patience", [4, PATIENCE])
def test_on_a_thousand_works_the_costs_are_those_of_networkx(patience: int) -> None:
    chance = random.Random(4)
    works = 1_000
    drawn: dict[Edge, None] = {}
    while len(drawn) < 1_600:
        source = chance.randrange(works - 60)
        kind: Kind = chance.choice(("sequel", "related"))
        drawn[source, source + chance.randrange(1, 60), kind] = None
    edges = [*drawn]
    inferred = chance.sample(edges, 400)
    paths = Paths(edge_arrays(works, edges, inferred), patience)
    graph = oracle(works, edges, inferred)
    connected: list[set[int]] = sorted(nx.connected_components(graph), key=len)
    largest = sorted(connected[-1])
    for _ in range(20):
        start, goal = chance.sample(largest, 2)
        expected = itertools.islice(nx.shortest_simple_paths(graph, start, goal, "cost"), ALL)
        costs = [nx.path_weight(graph, nodes, "cost") for nodes in expected]
        assert [path.cost for path in paths.best(start, goal, ALL)] == costs
