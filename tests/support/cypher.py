"""A tiny reader of the Cypher that exports write: it refuses whatever else it meets.

It knows strings, numbers, maps and the three statements, and reads `\\uXXXX` either before anything
else, as Neo4j does, or inside strings only, as openCypher says.
"""

import json
import re
from typing import Any

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", "'": "'"}
_STRING = r"'((?:[^'\\]|\\u[0-9a-f]{4}|\\[nrt\\'])*)'"
_VALUE = rf"(?:{_STRING}|(-?[0-9][0-9.e+-]*))"
_TOKEN = re.compile(rf"//[^\n]*|\s+|{_STRING}|[A-Za-z_]+|-?[0-9][0-9.e+-]*|->|[(){{}}\[\]:,;.-]")
_ENTRY = re.compile(rf"([a-z_]+): {_VALUE}(?:, |$)", re.DOTALL)
_MAP = rf"\{{((?:[a-z_]+: {_VALUE}(?:, )?)*)\}}"
_NODE = re.compile(rf"CREATE \(:Work {_MAP}\)", re.DOTALL)
_EDGE = re.compile(
    rf"MATCH \(a:Work \{{id: {_STRING}\}}\), \(b:Work \{{id: {_STRING}\}}\)"
    rf" CREATE \(a\)-\[:([A-Z_]+) {_MAP}\]->\(b\)",
    re.DOTALL,
)
Nodes = dict[str, dict[str, Any]]
Edges = dict[str, tuple[str, str, str, dict[str, Any]]]


def run(script: str, *, escapes_before_strings: bool = False) -> tuple[Nodes, Edges]:
    """Run the statements; an id that comes twice and an edge without its ends are refused."""
    nodes: Nodes = {}
    edges: Edges = {}
    if escapes_before_strings:
        script = re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), script)
    first, *statements = split(script)
    assert first.startswith("CREATE CONSTRAINT ")
    for statement in statements:
        if node := _NODE.fullmatch(statement):
            facts = _facts(node[1])
            assert facts["id"] not in nodes
            nodes[facts["id"]] = facts
            continue
        edge = _EDGE.fullmatch(statement)
        assert edge, statement
        source, target, facts = _text(edge[1]), _text(edge[2]), _facts(edge[4])
        assert {source, target} <= nodes.keys()
        assert facts["id"] not in edges
        edges[facts["id"]] = (source, target, edge[3], facts)
    return nodes, edges


def split(script: str) -> list[str]:
    """Return the statements, whose tokens are all known and whose brackets are balanced."""
    statements, begin, at, open_brackets = [], 0, 0, []
    while at < len(script):
        token = _TOKEN.match(script, at)
        assert token, script[at : at + 40]
        text = token[0]
        if text in ("(", "[", "{"):
            open_brackets.append({"(": ")", "[": "]", "{": "}"}[text])
        elif text in (")", "]", "}"):
            assert open_brackets.pop() == text
        elif text.startswith("//"):
            begin = token.end()
        elif text == ";":
            assert not open_brackets
            statements.append(script[begin:at].strip())
            begin = token.end()
        at = token.end()
    assert not script[begin:].strip()
    return statements


def _facts(entries: str) -> dict[str, Any]:
    found = list(_ENTRY.finditer(entries))
    assert "".join(entry[0] for entry in found) == entries
    return {e[1]: _text(e[2]) if e[2] is not None else json.loads(e[3]) for e in found}


def _text(inner: str) -> str:
    return re.sub(
        r"\\(?:u([0-9a-f]{4})|(.))",
        lambda found: chr(int(found[1], 16)) if found[1] else _ESCAPES[found[2]],
        inner,
    )
