"""Exports of hostile graphs: what other programs read back is the graph that was written."""

import io
import re
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import networkx as nx
import pydot
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kensho.discovery.export_formats.xml_text import holdable
from kensho.discovery.exports import FORMATS, export
from kensho.domain.relations import Assertion, Kind
from kensho.read_model.graph_views import (
    ExportBridge,
    ExportEdge,
    ExportGraph,
    ExportNode,
    ExportNotice,
)
from tests.support.cypher import run
from tests.support.examples import examples

HOSTILE = (
    *"\"'<>&\\`;{}[]()/*-:=#%$@\n\r\t\x00\x01\x1f\x7f\x85\u2028\u2029\u202e\ufeff\uffff",
    *("\\u0027", "\\n", "\\N", "]]>", "-->", "<!--", "</desc>", "'});", "//", "/*", "*/", "\r\n"),
    *("鋼の錬金術師", "مرحبا", "שלום", "🍙👩‍👩‍👧", "a", " ", "\\", "\\\\", '\\"', "u0041", "u"),
)
texts = st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=8).map("".join) | st.text(
    st.characters(codec="utf-8"), min_size=1, max_size=20
)
kinds: st.SearchStrategy[Kind] = st.sampled_from(("sequel", "side_story", "related"))
assertions = st.builds(
    Assertion,
    source=texts,
    snapshot=st.just("2026-02-01"),
    kind=kinds,
    method=st.sampled_from(("stated", "inferred")),
    confidence=st.sampled_from((0.5, 1.0)),
)


def nodes_of(total: int) -> st.SearchStrategy[list[ExportNode]]:
    one = st.builds(
        ExportNode,
        id=st.just(""),
        title=texts,
        kind=st.sampled_from(("anime", "movie")),
        anime_type=st.just("tv"),
        status=st.just("finished"),
        year=st.none() | st.integers(1900, 2030),
        season=st.none() | st.just("fall"),
        episodes=st.none() | st.integers(0, 2000),
        score=st.none() | st.sampled_from((0.0, 7.25, 1e-05)),
        imdb_rating=st.none() | st.just(8.9),
        role=st.none() | st.just("main"),
        because=st.none() | texts,
        sources=st.none() | st.just(("mal:20", "tmdb:movie/129")),
        synonyms=st.none() | st.lists(texts, min_size=1, max_size=2).map(tuple),
    )
    return st.lists(one, min_size=total, max_size=total).map(
        lambda nodes: [msgspec.structs.replace(n, id=f"{i:08x}-id") for i, n in enumerate(nodes)]
    )


@st.composite
def graphs(draw: st.DrawFn) -> ExportGraph:
    nodes = draw(st.integers(1, 4).flatmap(nodes_of))
    ends = st.sampled_from([node.id for node in nodes])
    edge = st.builds(ExportEdge, ends, ends, kinds, st.lists(assertions, max_size=2).map(tuple))
    edges = draw(st.lists(edge, max_size=6, unique_by=lambda e: e.id))
    notice = ExportNotice(
        title=draw(texts), revision=42, notes=tuple(draw(st.lists(texts, max_size=2)))
    )
    return ExportGraph(notice, nodes, edges)


def written(graph: ExportGraph, name: str) -> bytes:
    return b"".join(export(graph, name))


def flat(value: object) -> object:
    """Return a value as formats without lists have it."""
    is_list = isinstance(value, (list, tuple))
    return msgspec.json.encode(value).decode() if is_list else value


def as_held(values: dict[str, Any]) -> dict[str, Any]:
    """Return values as XML can hold them; a text that it can't hold at all reads as absent."""
    flattened = {n: flat(v) for n, v in values.items()}
    held = {n: holdable(v) if isinstance(v, str) else v for n, v in flattened.items()}
    return {name: value for name, value in held.items() if value is not None}


def expected_nodes(graph: ExportGraph) -> dict[str, dict[str, Any]]:
    rows = (as_held(msgspec.to_builtins(node)) for node in graph.nodes)
    return {row.pop("id"): row for row in rows}


def expected_edges(graph: ExportGraph) -> list[tuple[str, ...]]:
    return sorted(
        (e.id, e.source, e.target, e.kind, holdable(msgspec.json.encode(e.assertions).decode()))
        for e in graph.edges
    )


def read_edges(read: "nx.MultiDiGraph[str]") -> list[tuple[str, ...]]:
    return sorted(
        (key, source, target, facts["kind"], facts["assertions"])
        for source, target, key, facts in read.edges(keys=True, data=True)
    )


@given(graphs())
def test_graphml_read_back_is_the_same_graph(graph: ExportGraph) -> None:
    document = written(graph, "graphml")
    opened = nx.read_graphml(io.BytesIO(document), force_multigraph=True)
    read: nx.MultiDiGraph[str] = nx.MultiDiGraph(opened)
    nodes = {name: read.nodes[name] for name in read}
    assert nodes == expected_nodes(graph)
    assert read_edges(read) == expected_edges(graph)
    notes = ET.fromstring(document).findtext("{http://graphml.graphdrawing.org/xmlns}desc")
    assert notes == "\n".join(holdable(line) for line in graph.notice.lines)


@given(graphs())
def test_gexf_read_back_is_the_same_graph(graph: ExportGraph) -> None:
    read = nx.read_gexf(io.BytesIO(written(graph, "gexf")))
    nodes = {name: dict(facts) for name, facts in read.nodes(data=True)}
    assert {n: facts.pop("label") for n, facts in nodes.items()} == {
        node.id: holdable(node.title) for node in graph.nodes
    }
    assert nodes == expected_nodes(graph)
    among: nx.MultiDiGraph[str] = nx.MultiDiGraph(read)
    edges = among.edges(data=True)
    found = [(f["id"], s, t, f["kind"], f["assertions"]) for s, t, f in edges]
    assert sorted(found) == expected_edges(graph)


class Document(msgspec.Struct, forbid_unknown_fields=True):
    notice: dict[str, Any]
    nodes: list[ExportNode]
    edges: list[ExportEdge]
    bridges: list[ExportBridge]


@given(graphs())
def test_json_read_back_is_the_same_graph(graph: ExportGraph) -> None:
    read = msgspec.json.decode(written(graph, "json"), type=Document)
    assert (read.nodes, read.edges) == (graph.nodes, graph.edges)
    assert (read.notice["title"], read.notice["revision"]) == (graph.notice.title, 42)


def unquoted(quoted: object) -> str:
    text = str(quoted)
    assert re.fullmatch(r'"(?:[^"\\]|\\.)*"', text, re.DOTALL)
    return re.sub(r"\\(.)", lambda found: {"n": "\n"}.get(found[1], found[1]), text[1:-1])


def on_lines(text: str) -> str:
    broken = re.sub("\r\n|[\n\r\x85\u2028\u2029]", "\n", text)
    return re.sub("[\x00-\x09\x0b-\x1f\x7f-\x9f]", "\ufffd", broken)


@pytest.mark.filterwarnings("ignore:.* deprecated - use:DeprecationWarning")  # pydot's parser
@given(graphs())
@settings(
    deadline=None, max_examples=examples(40)
)  # pydot's parser takes milliseconds for each node
def test_dot_read_back_has_the_same_nodes_edges_and_titles(graph: ExportGraph) -> None:
    found = pydot.graph_from_dot_data(written(graph, "dot").decode())
    assert found
    (read,) = found
    nodes = {unquoted(node.get_name()): node.get_attributes() for node in read.get_nodes()}
    assert {name: unquoted(facts["label"]) for name, facts in nodes.items()} == {
        node.id: on_lines(node.title) for node in graph.nodes
    }
    edges = [(edge, edge.get_attributes()) for edge in read.get_edges()]
    assert sorted(
        (unquoted(f["id"]), unquoted(e.get_source()), unquoted(e.get_destination()))
        for e, f in edges
    ) == sorted((edge.id, edge.source, edge.target) for edge in graph.edges)
    assert sorted(unquoted(facts["assertions"]) for _, facts in edges) == sorted(
        on_lines(msgspec.json.encode(edge.assertions).decode()) for edge in graph.edges
    )


@given(graphs(), st.booleans())
def test_cypher_run_makes_the_same_graph_whenever_its_reader_reads_escapes(
    graph: ExportGraph, early: bool
) -> None:
    nodes, edges = run(written(graph, "cypher").decode(), escapes_before_strings=early)
    assert nodes == {
        node.id: {n: flat(v) for n, v in msgspec.to_builtins(node).items() if v is not None}
        for node in graph.nodes
    }
    assert edges == {
        edge.id: (
            edge.source,
            edge.target,
            edge.kind.upper(),
            {
                "id": edge.id,
                "kind": edge.kind,
                "assertions": msgspec.json.encode(edge.assertions).decode(),
            },
        )
        for edge in graph.edges
    }


@given(graphs(), st.sampled_from(sorted(FORMATS)))
def test_the_same_graph_gives_the_same_bytes(graph: ExportGraph, name: str) -> None:
    assert written(graph, name) == written(graph, name)
