"""JSON: an object of `notice`, `nodes`, `edges` and `bridges`, all but the first as they come."""

from collections.abc import Iterable, Iterator

import msgspec

from kensho.read_model.graph_views import (
    ExportBridge,
    ExportEdge,
    ExportGraph,
    ExportNode,
)


def write(graph: ExportGraph) -> Iterator[bytes]:
    """Yield the document; an edge has `from` and `to`, as everywhere in the API."""
    yield b'{"notice":' + msgspec.json.encode(graph.notice) + b","
    yield from contents(graph.nodes, graph.edges, graph.bridges)
    yield b"\n"


def contents(
    nodes: Iterable[ExportNode], edges: Iterable[ExportEdge], bridges: Iterable[ExportBridge]
) -> Iterator[bytes]:
    """Yield the members of the document after its notice, up to its closing brace."""
    yield b'"nodes":['
    yield from _listed(nodes)
    yield b'],"edges":['
    yield from _listed(edges)
    yield b'],"bridges":['
    yield from _listed(bridges)
    yield b"]}"


def _listed(entries: Iterable[msgspec.Struct]) -> Iterator[bytes]:
    comma = b"\n"
    for entry in entries:
        yield comma + msgspec.json.encode(entry)
        comma = b",\n"
