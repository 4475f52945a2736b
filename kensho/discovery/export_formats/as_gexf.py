"""GEXF 1.3 (https://gexf.net/), as Gephi reads it: notes in `meta`, facts as `attvalue`."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from kensho.discovery.export_formats.xml_text import attribute, content
from kensho.read_model.graph_views import (
    EDGE_FIELDS,
    NODE_FIELDS,
    ExportGraph,
    Scalar,
    Value,
    edge_values,
    node_values,
)

_TYPES: Final[Mapping[Scalar, str]] = {"string": "string", "int": "integer", "float": "double"}


def write(graph: ExportGraph) -> Iterator[bytes]:
    """Yield the document; a node's label is its title, an edge's label its kind."""
    yield b'<?xml version="1.0" encoding="UTF-8"?>\n'
    yield b'<gexf xmlns="http://gexf.net/1.3" version="1.3">\n'
    notes = content("\n".join(graph.notice.lines))
    yield f"<meta><creator>Kenshō</creator><description>{notes}</description></meta>\n".encode()
    yield b'<graph defaultedgetype="directed" mode="static">\n'
    yield from _declared("node", NODE_FIELDS)
    yield from _declared("edge", EDGE_FIELDS)
    yield b"<nodes>\n"
    for node in graph.nodes:
        head = f"<node id={attribute(node.id)} label={attribute(node.title)}>"
        yield f"{head}{_values('node', node_values(node))}</node>\n".encode()
    yield b"</nodes>\n<edges>\n"
    for edge in graph.edges:
        ends = f"source={attribute(edge.source)} target={attribute(edge.target)}"
        head = f"<edge id={attribute(edge.id)} {ends} label={attribute(edge.kind)}>"
        yield f"{head}{_values('edge', edge_values(edge))}</edge>\n".encode()
    yield b"</edges>\n</graph>\n</gexf>\n"


def _declared(of: str, fields: Mapping[str, Scalar]) -> Iterator[bytes]:
    yield f'<attributes class="{of}" mode="static">\n'.encode()
    for name, kind in fields.items():
        yield f'<attribute id="{of}_{name}" title="{name}" type="{_TYPES[kind]}"/>\n'.encode()
    yield b"</attributes>\n"


def _values(of: str, values: Iterable[tuple[str, Value]]) -> str:
    entries = "".join(
        f'<attvalue for="{of}_{name}" value={attribute(str(value))}/>' for name, value in values
    )
    return f"<attvalues>{entries}</attvalues>"
