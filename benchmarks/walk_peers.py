"""The same graph in other hands: networkx, SQLite and Kùzu, each as its own documentation says.

Each answers the works within some hops of a work, and the edges among them, as the read model does.
"""

import csv
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import kuzu
import networkx as nx

from kensho.read_model.franchises import NO_FRANCHISE
from kensho.read_model.model import ReadModel

Walked = tuple[set[int], set[int]]
Peer = Callable[[int, int], Walked]
FranchisePeer = Callable[[int, int], Walked]
"""Given a root and its franchise: what can be reached without leaving it, and the edges inside."""

_WITHIN = """
WITH RECURSIVE reached(node, hops) AS (
  VALUES (?, 0) UNION
  SELECT way.b, reached.hops + 1 FROM reached JOIN way ON way.a = reached.node
  WHERE reached.hops < ?
)
"""


def in_networkx(model: ReadModel) -> Peer:
    """Return a walk over a `MultiGraph`."""
    graph: nx.MultiGraph[int] = nx.MultiGraph()
    graph.add_nodes_from(range(model.works_total))
    for number in range(model.counts["edges"]):
        source, target, _ = model.edge(number)
        graph.add_edge(source, target, number)

    def walk(start: int, hops: int) -> Walked:
        near = set(nx.single_source_shortest_path_length(graph, start, cutoff=hops))
        return near, {key for _, _, key in graph.subgraph(near).edges(keys=True)}

    return walk


def in_sqlite(model: ReadModel) -> Peer:
    """Return a recursive query over an indexed table in memory, each edge in both directions."""
    store = sqlite3.connect(":memory:")
    store.execute("CREATE TABLE way (a INTEGER, b INTEGER, edge INTEGER)")
    for number in range(model.counts["edges"]):
        source, target, _ = model.edge(number)
        rows = [(source, target, number), (target, source, number)]
        store.executemany("INSERT INTO way VALUES (?, ?, ?)", rows)
    store.execute("CREATE INDEX by_a ON way (a, b, edge)")
    store.execute("ANALYZE")

    def walk(start: int, hops: int) -> Walked:
        nodes = store.execute(_WITHIN + "SELECT DISTINCT node FROM reached", (start, hops))
        near = {node for (node,) in nodes}
        edges = store.execute(
            _WITHIN + ", near AS MATERIALIZED (SELECT DISTINCT node FROM reached)"
            " SELECT DISTINCT way.edge FROM near JOIN way ON way.a = near.node"
            " WHERE way.b IN (SELECT node FROM near)",
            (start, hops),
        )
        return near, {edge for (edge,) in edges}

    return walk


def in_kuzu(model: ReadModel, folder: Path) -> Peer:
    """Return a query for shortest paths over a database on disk, loaded from CSV."""
    works, edges = folder / "works.csv", folder / "edges.csv"
    with works.open("w", newline="") as file:
        csv.writer(file).writerows((node,) for node in range(model.works_total))
    with edges.open("w", newline="") as file:
        numbers = range(model.counts["edges"])
        csv.writer(file).writerows((*model.edge(number)[:2], number) for number in numbers)
    connection = kuzu.Connection(kuzu.Database(str(folder / "graph.kuzu")))
    connection.execute("CREATE NODE TABLE W(n INT64 PRIMARY KEY)")
    connection.execute("CREATE REL TABLE E(FROM W TO W, edge INT64)")
    connection.execute(f"COPY W FROM '{works}'")
    connection.execute(f"COPY E FROM '{edges}'")

    def column(query: str, **values: object) -> set[int]:
        answer = connection.execute(query, values)
        assert not isinstance(answer, list), "one query has one answer"
        return {int(value) for row in answer.get_all() for value in row}

    def walk(start: int, hops: int) -> Walked:
        way = f"MATCH (a:W {{n: $start}})-[* SHORTEST 1..{hops}]-(b:W)"
        near = column(f"{way} RETURN DISTINCT b.n", start=start) | {start}
        among = "MATCH (a:W)-[e:E]->(b:W) WHERE a.n IN $near AND b.n IN $near RETURN e.edge"
        return near, column(among, near=sorted(near))

    return walk


_REACHED: Final = """
WITH RECURSIVE reached(node) AS (
  VALUES (?) UNION
  SELECT way.b FROM reached JOIN way ON way.franchise = ? AND way.a = reached.node
)
"""


def _ways(model: ReadModel) -> Iterator[tuple[int, int, int, int]]:
    """Yield (one end, other end, edge, franchise) of each edge inside a franchise."""
    franchise_of = model.franchises.by_node.tolist()
    for number in range(model.counts["edges"]):
        source, target, _ = model.edge(number)
        if franchise_of[source] == franchise_of[target] != NO_FRANCHISE:
            yield source, target, number, franchise_of[source]


def franchises_in_sqlite(model: ReadModel) -> FranchisePeer:
    """Return a recursive query over an indexed table in memory, each edge in both directions."""
    store = sqlite3.connect(":memory:")
    store.execute("CREATE TABLE way (a INTEGER, b INTEGER, edge INTEGER, franchise INTEGER)")
    for source, target, number, franchise in _ways(model):
        rows = [(source, target, number, franchise), (target, source, number, franchise)]
        store.executemany("INSERT INTO way VALUES (?, ?, ?, ?)", rows)
    store.execute("CREATE INDEX by_a ON way (franchise, a, b, edge)")
    store.execute("ANALYZE")

    def walk(root: int, franchise: int) -> Walked:
        near = {
            node
            for (node,) in store.execute(_REACHED + "SELECT node FROM reached", (root, franchise))
        }
        edges = store.execute(
            _REACHED + "SELECT DISTINCT way.edge FROM reached JOIN way"
            " ON way.franchise = ? AND way.a = reached.node",
            (root, franchise, franchise),
        )
        return near, {edge for (edge,) in edges}

    return walk


def franchises_in_kuzu(model: ReadModel, folder: Path) -> FranchisePeer:
    """Return a query for shortest paths inside a franchise over a database on disk."""
    works, edges = folder / "franchise_works.csv", folder / "franchise_edges.csv"
    with works.open("w", newline="") as file:
        csv.writer(file).writerows((node,) for node in range(model.works_total))
    with edges.open("w", newline="") as file:
        csv.writer(file).writerows(_ways(model))
    connection = kuzu.Connection(kuzu.Database(str(folder / "franchises.kuzu")))
    connection.execute("CREATE NODE TABLE W(n INT64 PRIMARY KEY)")
    connection.execute("CREATE REL TABLE E(FROM W TO W, edge INT64, franchise INT64)")
    connection.execute(f"COPY W FROM '{works}'")
    connection.execute(f"COPY E FROM '{edges}'")

    def column(query: str, **values: object) -> set[int]:
        answer = connection.execute(query, values)
        assert not isinstance(answer, list), "one query has one answer"
        return {int(value) for row in answer.get_all() for value in row}

    def walk(root: int, franchise: int) -> Walked:
        # Every edge in the table is inside some franchise, so that no path leaves this one.
        way = "MATCH (a:W {n: $root})-[* SHORTEST 1..30]-(b:W)"
        near = column(f"{way} RETURN DISTINCT b.n", root=root) | {root}
        among = (
            "MATCH (a:W)-[e:E]->(b:W) WHERE a.n IN $near AND e.franchise = $franchise RETURN e.edge"
        )
        return near, column(among, near=sorted(near), franchise=franchise)

    return walk
