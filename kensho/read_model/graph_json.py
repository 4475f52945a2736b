"""JSON: an object of `notice`, `nodes`, `edges` and `bridges`, all but the first as they come."""

from collections.abc import Iterable, Iterator

import msgspec

from kensho.read_model.graph_views import (
    READING,
    ExportBridge,
    ExportEdge,
    ExportGraph,
    ExportNode,
    ExportNotice,
)


def write(graph: ExportGraph) -> Iterator[bytes]:
    """Yield the document; an edge has `from` and `to`, as everywhere in the API."""
    yield b'{"notice":' + told(graph.notice) + b","
    yield from contents(graph.nodes, graph.edges, graph.bridges)
    yield b"\n"


def told(notice: ExportNotice) -> bytes:
    """Return a notice as JSON; one of a part names no revision."""
    known = msgspec.to_builtins(notice) | {"reading": READING}
    return msgspec.json.encode({name: value for name, value in known.items() if value is not None})


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
