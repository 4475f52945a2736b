"""GraphML (http://graphml.graphdrawing.org/): notes as `desc`, facts as `data` under typed keys."""

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

_TYPES: Final[Mapping[Scalar, str]] = {"string": "string", "int": "int", "float": "double"}
_HEAD: Final = """\
<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns"
         xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
         xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns
                             http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">
"""


def write(graph: ExportGraph) -> Iterator[bytes]:
    """Yield the document."""
    yield _HEAD.encode()
    yield f"<desc>{content(chr(10).join(graph.notice.lines))}</desc>\n".encode()
    for of, fields in (("node", NODE_FIELDS), ("edge", EDGE_FIELDS)):
        for name, kind in fields.items():
            yield (
                f'<key id="{of}_{name}" for="{of}" attr.name="{name}"'
                f' attr.type="{_TYPES[kind]}"/>\n'
            ).encode()
    yield b'<graph id="kensho" edgedefault="directed">\n'
    for node in graph.nodes:
        yield f"<node id={attribute(node.id)}>{_data('node', node_values(node))}</node>\n".encode()
    for edge in graph.edges:
        ends = f"source={attribute(edge.source)} target={attribute(edge.target)}"
        data = _data("edge", edge_values(edge))
        yield f"<edge id={attribute(edge.id)} {ends}>{data}</edge>\n".encode()
    yield b"</graph>\n</graphml>\n"


def _data(of: str, values: Iterable[tuple[str, Value]]) -> str:
    return "".join(
        f'<data key="{of}_{name}">{content(str(value))}</data>' for name, value in values
    )
