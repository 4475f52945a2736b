"""JSON: an object of `notice`, `nodes`, `edges` and `bridges`, all but the first as they come."""

from collections.abc import Iterable, Iterator

import msgspec

from kensho.discovery.export_formats.shape import READING, Graph


def write(graph: Graph) -> Iterator[bytes]:
    """Yield the document; an edge has `from` and `to`, as everywhere in the API."""
    notice = msgspec.to_builtins(graph.notice) | {"reading": READING}
    yield b'{"notice":' + msgspec.json.encode(notice) + b',"nodes":['
    yield from _listed(graph.nodes)
    yield b'],"edges":['
    yield from _listed(graph.edges)
    yield b'],"bridges":['
    yield from _listed(graph.bridges)
    yield b"]}\n"


def _listed(entries: Iterable[msgspec.Struct]) -> Iterator[bytes]:
    comma = b"\n"
    for entry in entries:
        yield comma + msgspec.json.encode(entry)
        comma = b",\n"
