r"""Cypher, as Neo4j and its relatives run it: one statement a line, notes as comments.

Nodes are created before the edges that find them by id; the constraint makes finding them quick and
a second import fail instead of doubling the graph. `(a)-[:SEQUEL]->(b)` reads "b is the sequel of
a". An edge's assertions are JSON text: a property can't hold records.

Neo4j turns `\uXXXX` into its character before it reads strings, even after another backslash
(https://neo4j.com/docs/cypher-manual/current/syntax/parsing/): a title that holds those six
characters could end its own string. A "u" after a backslash is therefore written as its own escape.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from kensho.read_model.graph_views import ExportGraph, Value, edge_values, node_values

_SPECIAL: Final = re.compile(r"\\u|[\\'\"`\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ESCAPES: Final = {
    "\\u": r"\\\u0075",
    "\\": r"\\",
    "'": r"\'",
    '"': '"',
    "`": "`",
    "\n": r"\n",
    "\r": r"\r",
    "\t": r"\t",
}
_CONSTRAINT: Final = (
    b"CREATE CONSTRAINT kensho_work_id IF NOT EXISTS FOR (w:Work) REQUIRE w.id IS UNIQUE;\n"
)


def write(graph: ExportGraph) -> Iterator[bytes]:
    """Yield the statements."""
    for line in graph.notice.lines:
        yield f"// {_CONTROL.sub(' ', line)}\n".encode()
    yield _CONSTRAINT
    for node in graph.nodes:
        yield f"CREATE (:Work {_map([('id', node.id), *node_values(node)])});\n".encode()
    for edge in graph.edges:
        ends = f"(a:Work {{id: {quoted(edge.source)}}}), (b:Work {{id: {quoted(edge.target)}}})"
        values = _map([("id", edge.id), *edge_values(edge)])
        yield f"MATCH {ends} CREATE (a)-[:{edge.kind.upper()} {values}]->(b);\n".encode()


def quoted(text: str) -> str:
    """Return `text` as a string of Cypher."""
    return f"'{_SPECIAL.sub(_escaped, text)}'"


def _escaped(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[0]) or f"\\u{ord(found[0]):04x}"


def _map(values: Iterable[tuple[str, Value]]) -> str:
    entries = (
        f"{name}: {quoted(value) if isinstance(value, str) else value}" for name, value in values
    )
    return "{" + ", ".join(entries) + "}"
