"""Load the queries from files: `queries/works/by_id.surql` is the query `works.by_id`.

A query file opens with comment lines that name its parameters and the shape of its result:

    -- params: id (uuid)
    -- result: one object, or null

and its kind: a file whose first statement is BEGIN is a write and must end with COMMIT; any other
is a read, whose last statement answers with one JSON text (`encoding::json::encode`), which the
gateway decodes into Structs.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from kensho.errors import QueryNotFoundError, StorageError

_COMMENT: Final = re.compile(r"^\s*--.*$", re.MULTILINE)
_PARAM: Final = re.compile(r"\$([a-z_][a-z0-9_]*)\b")
_LOCAL: Final = re.compile(
    r"\bLET \$([a-z_]+)|\bFOR \$([a-z_]+)|\|\s*\$([a-z_]+)\s*(?:,\s*\$([a-z_]+)\s*)?\|"
)
_ENGINE_PARAMS: Final = frozenset(
    ("input", "parent", "this")
)  # $before, $after, $value, $event: in events only


class NamedQuery(msgspec.Struct, frozen=True):
    """A loaded query: dotted name, SurrealQL, declared parameters, and whether it writes."""

    name: str
    text: str
    params: frozenset[str]
    result: str
    writes: bool


def load(root: Path) -> Mapping[str, NamedQuery]:
    """Read every query under `root`.

    Raises `StorageError` for a file that breaks the rules above.
    """
    return {
        query.name: query
        for path in sorted(root.rglob("*.surql"))
        for query in [
            _parse(".".join(path.relative_to(root).with_suffix("").parts), path.read_text("utf-8"))
        ]
    }


def named(queries: Mapping[str, NamedQuery], name: str) -> NamedQuery:
    """Return the query of this dotted name; raises `QueryNotFoundError`."""
    try:
        return queries[name]
    except KeyError:
        raise QueryNotFoundError(f"there is no query named {name!r}") from None


def _parse(name: str, text: str) -> NamedQuery:
    header = {
        key.strip(): value.strip()
        for line in text.splitlines()
        if line.startswith("-- ") and ":" in line
        for key, _, value in [line.removeprefix("-- ").partition(":")]
    }
    if "params" not in header or "result" not in header:
        raise StorageError(f"query {name}: its header must state 'params:' and 'result:'")
    declared = frozenset(re.findall(r"([a-z_][a-z0-9_]*) \(", header["params"]))
    body = _COMMENT.sub("", text).strip()
    local = {group for match in _LOCAL.findall(body) for group in match if group}
    used = frozenset(_PARAM.findall(body)) - local - _ENGINE_PARAMS
    if used != declared:
        raise StorageError(
            f"query {name}: its header declares {sorted(declared)}, its text uses {sorted(used)}"
        )
    writes = body.upper().startswith("BEGIN")
    if writes and not body.rstrip("; \n").upper().endswith("COMMIT"):
        raise StorageError(f"query {name}: a query that writes ends with COMMIT")
    return NamedQuery(name=name, text=body, params=declared, result=header["result"], writes=writes)
