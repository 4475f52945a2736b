"""DOT, as Graphviz reads it (https://graphviz.org/doc/info/lang.html): notes as comments.

Every name and value is a quoted string. Graphviz reads escapes in a label, so a backslash is
doubled, and a line break is written as one; other control characters become U+FFFD.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from kensho.read_model.graph_views import ExportGraph, Value, edge_values, node_values

_BREAK: Final = re.compile("\r\n|[\n\r\u0085\u2028\u2029]")
_CONTROL: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def write(graph: ExportGraph) -> Iterator[bytes]:
    """Yield the document; a node's label is its title, an edge's label its kind."""
    for line in graph.notice.lines:
        yield f"// {_CONTROL.sub(' ', _BREAK.sub(' ', line))}\n".encode()
    yield b"digraph kensho {\n"
    for node in graph.nodes:
        values = [("label", node.title), *node_values(node)]
        yield f"{quoted(node.id)} [{_attributes(values)}];\n".encode()
    for edge in graph.edges:
        values = [("label", edge.kind), ("id", edge.id), *edge_values(edge)]
        ends = f"{quoted(edge.source)} -> {quoted(edge.target)}"
        yield f"{ends} [{_attributes(values)}];\n".encode()
    yield b"}\n"


def quoted(text: str) -> str:
    """Return `text` as a quoted string of DOT."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    lines = _CONTROL.sub("\ufffd", _BREAK.sub("\n", escaped)).replace("\n", "\\n")
    return f'"{lines}"'


def _attributes(values: Iterable[tuple[str, Value]]) -> str:
    return ", ".join(f"{name}={quoted(str(value))}" for name, value in values)
