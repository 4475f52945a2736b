"""Graph algorithms against networkx on random graphs."""

from graphlib import CycleError
from itertools import pairwise

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kensho.domain import graphs

nodes = st.integers(0, 9)
links = st.lists(st.tuples(nodes, nodes), max_size=25)
starts = st.lists(nodes, min_size=1, max_size=3)


def undirected(edges: list[tuple[int, int]]) -> "nx.Graph[int]":
    graph: nx.Graph[int] = nx.Graph()
    graph.add_edges_from(edges)
    return graph


def directed(edges: list[tuple[int, int]]) -> "nx.DiGraph[int]":
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(10))
    graph.add_edges_from(edges)
    return graph


@given(links)
def test_connected_names_each_component_by_its_smallest_node(edges: list[tuple[int, int]]) -> None:
    expected = {
        node: min(group) for group in nx.connected_components(undirected(edges)) for node in group
    }
    assert graphs.connected(edges) == expected


@given(st.lists(st.lists(nodes, min_size=1, max_size=5), max_size=10))
def test_a_long_link_connects_all_of_its_nodes(long: list[list[int]]) -> None:
    pairs = [pair for one in long for pair in (*pairwise(one), (one[0], one[0]))]
    assert graphs.connected(long) == graphs.connected(pairs)


@given(links)
def test_joining_tells_whether_two_groups_were_apart(edges: list[tuple[int, int]]) -> None:
    sets: graphs.DisjointSets[int] = graphs.DisjointSets()
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(10))
    for one, other in edges:
        root = sets.root(one)
        assert sets.join(one, other) is not nx.has_path(graph, one, other)
        assert sets.root(other) == sets.root(one) == root
        graph.add_edge(one, other)


@given(links, starts)
def test_reachable_and_levels_are_those_of_breadth_first_search(
    edges: list[tuple[int, int]], begin: list[int]
) -> None:
    graph = directed(edges)
    expected = [set(level) for level in nx.bfs_layers(graph, dict.fromkeys(begin))]
    assert list(graphs.levels(begin, graph.successors)) == expected
    assert graphs.reachable(begin, graph.successors) == set().union(*expected)


@given(links, nodes, nodes)
def test_a_shortest_path_is_whole_and_as_short_as_can_be(
    edges: list[tuple[int, int]], start: int, end: int
) -> None:
    graph = directed(edges)
    found = graphs.shortest_path(
        start, end, lambda node: [(other, (node, other)) for other in graph.successors(node)]
    )
    lengths = nx.single_source_shortest_path_length(graph, start)
    first = [1 + nx.shortest_path_length(graph, other, end) for other in graph.successors(start)
             if nx.has_path(graph, other, end)]  # fmt: skip
    if not first:
        assert found is None
        return
    assert found is not None
    assert len(found) == (min(first) if start == end else lengths[end])
    assert (found[0][0], found[-1][1]) == (start, end)
    assert all(one[1] == other[0] for one, other in pairwise(found))


@given(st.lists(st.tuples(nodes, nodes, st.integers(1, 5)), max_size=25), nodes)
def test_cheapest_paths_cost_what_dijkstra_says(
    edges: list[tuple[int, int, int]], start: int
) -> None:
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_node(start)
    for one, other, cost in edges:
        known = graph.get_edge_data(one, other, {"weight": cost})
        graph.add_edge(one, other, weight=min(cost, known["weight"]))

    def steps(node: int) -> list[tuple[float, int, tuple[int, int]]]:
        return [
            (graph[node][other]["weight"], other, (node, other)) for other in graph.successors(node)
        ]

    found = graphs.cheapest_paths(start, steps)
    costs = {
        node: sum(graph[one][other]["weight"] for one, other in path)
        for node, path in found.items()
    }
    assert costs == nx.single_source_dijkstra_path_length(graph, start)
    for node, path in found.items():
        assert [start, *(other for _, other in path)][-1] == node


@given(links)
def test_strongly_connected_groups_are_those_of_networkx(edges: list[tuple[int, int]]) -> None:
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_edges_from(edges)
    found = {frozenset(group) for group in graphs.strongly_connected(edges)}
    assert found == {frozenset(group) for group in nx.strongly_connected_components(graph)}


@given(links, st.permutations(range(10)))
def test_a_topological_order_is_the_least_by_its_keys(
    edges: list[tuple[int, int]], keys: list[int]
) -> None:
    graph = directed(edges)
    after = {node: set(graph.successors(node)) for node in graph}
    ranks = dict(enumerate(keys))
    if not nx.is_directed_acyclic_graph(graph):
        with pytest.raises(CycleError) as error:
            graphs.topological_order(ranks, after)
        loop = error.value.args[1]
        assert all(graph.has_edge(one, other) for one, other in pairwise(loop))
        return
    expected = list(nx.lexicographical_topological_sort(graph, ranks.__getitem__))
    assert graphs.topological_order(ranks, after) == expected


def test_a_long_chain_does_not_exhaust_the_stack() -> None:
    chain = [(node, node + 1) for node in range(50_000)]
    assert len(graphs.strongly_connected(chain)) == len(chain) + 1
    assert set(graphs.connected(chain).values()) == {0}
