"""Paths against networkx on random graphs: the same costs, each path whole, in one order."""

import itertools
import random
from collections.abc import Sequence

import networkx as nx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kensho.domain.relations import INVERSE, KINDS
from kensho.graph import adjacency
from kensho.graph.adjacency import CODE, Adjacency
from kensho.graph.paths import WEIGHTS, Path, Paths, pack

Edge = tuple[int, int, str, bool]
ALL = 5
_kinds = st.sampled_from(("sequel", "side_story", "character", "related", "related", *WEIGHTS))


def edges_among(works: int) -> st.SearchStrategy[list[Edge]]:
    ends = st.integers(0, works - 1)
    edge = st.tuples(ends, ends, _kinds, st.booleans()).filter(lambda e: e[0] != e[1])
    return st.lists(edge, max_size=4 * works, unique_by=lambda e: e[:3])


graphs = st.integers(2, 9).flatmap(lambda works: st.tuples(st.just(works), edges_among(works)))


def paths_of(works: int, edges: Sequence[Edge]) -> tuple[Paths, Adjacency]:
    columns = np.array([(s, t, CODE[k]) for s, t, k, _ in edges], dtype=np.int32).reshape(-1, 3)
    packed = adjacency.pack(*columns[:, :2].T, columns[:, 2].astype(np.uint8), works)
    inferred = np.array([edge[3] for edge in edges], dtype=np.bool_)[packed.kept]
    arrays = packed.arrays
    arrays |= pack(arrays["edge_kind"], inferred, arrays["neighbour_edges"])
    return Paths(arrays), Adjacency(arrays)


def oracle(works: int, edges: Sequence[Edge]) -> "nx.Graph[int]":
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(works))
    for source, target, kind, inferred in edges:
        weight = WEIGHTS[kind].inferred if inferred else WEIGHTS[kind].stated
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


@given(graphs, st.integers(1, ALL), st.data())
def test_the_best_paths_are_the_first_of_all_simple_paths(
    graph: tuple[int, list[Edge]], most: int, data: st.DataObject
) -> None:
    works, edges = graph
    start, goal = data.draw(st.permutations(range(works)))[:2]
    paths, _ = paths_of(works, edges)
    found = [(path.cost, nodes_of(path)) for path in paths.best(start, goal, most)]
    assert found == ordered(oracle(works, edges), start, goal)[:most]


@given(graphs, st.data())
def test_each_step_of_a_path_is_an_edge_read_from_its_beginning(
    graph: tuple[int, list[Edge]], data: st.DataObject
) -> None:
    works, edges = graph
    start, goal = data.draw(st.permutations(range(works)))[:2]
    paths, relations = paths_of(works, edges)
    for path in paths.best(start, goal, ALL):
        assert (path.edges[0].source, path.edges[-1].target) == (start, goal)
        assert all(a.target == b.source for a, b in itertools.pairwise(path.edges))
        for step in path.edges:
            edge = relations.edge(step.edge)
            read = {(edge.source, edge.target): edge.kind}
            read |= {(edge.target, edge.source): INVERSE[edge.kind]}
            assert read[step.source, step.target] == step.kind


@given(graphs, st.data())
def test_the_way_back_costs_the_same(graph: tuple[int, list[Edge]], data: st.DataObject) -> None:
    works, edges = graph
    start, goal = data.draw(st.permutations(range(works)))[:2]
    paths, _ = paths_of(works, edges)
    there, back = paths.best(start, goal, ALL), paths.best(goal, start, ALL)
    assert [path.cost for path in there] == [path.cost for path in back]


@given(graphs, st.randoms(use_true_random=False))
def test_the_order_in_which_edges_came_makes_no_difference(
    graph: tuple[int, list[Edge]], chance: random.Random
) -> None:
    works, edges = graph
    shuffled = chance.sample(edges, len(edges))
    assert paths_of(works, edges)[0].best(0, 1, ALL) == paths_of(works, shuffled)[0].best(0, 1, ALL)


def test_on_a_thousand_works_the_costs_are_those_of_networkx() -> None:
    """Large enough that searches lose patience and take their distances anew."""
    chance = random.Random(4)
    kinds = ("sequel", "related", "related", "related")
    works = 1_000
    edges = [(work, work + 1, "related", False) for work in range(0, works - 1, 2)]
    while len(edges) < 1_600:
        source, target = sorted(chance.sample(range(works), 2))
        if target - source < 60:
            edges.append((source, target, chance.choice(kinds), chance.random() < 0.5))
    edges = list({edge[:3]: edge for edge in edges}.values())
    paths, _ = paths_of(works, edges)
    graph = oracle(works, edges)
    largest = sorted(max(nx.connected_components(graph), key=len))
    for _ in range(40):
        start, goal = chance.sample(largest, 2)
        expected = itertools.islice(nx.shortest_simple_paths(graph, start, goal, "cost"), ALL)
        costs = [nx.path_weight(graph, nodes, "cost") for nodes in expected]
        assert [path.cost for path in paths.best(start, goal, ALL)] == costs


def test_every_kind_that_a_graph_keeps_has_a_weight() -> None:
    assert all(
        (kind in WEIGHTS) != (INVERSE[kind] in WEIGHTS) or kind == INVERSE[kind] for kind in KINDS
    )
