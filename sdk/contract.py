"""The documents of the API that clients are made from, and whether a change of one breaks clients.

    python -m sdk.contract          says where the code differs from the kept documents
    python -m sdk.contract --write  keeps what the code says now

`sdk/openapi.json` is the API of discovery, `sdk/openapi-edges.json` that of a server with every
edge on. What breaks a client is not kept: it gets a path of its own (docs/api-versioning.md).
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias, get_args

from kensho.api.docs import document_of
from kensho.app import create_app
from kensho.platform.edge_settings import EdgeName
from kensho.platform.environment import with_changes
from kensho.platform.secret_values import Secret, SigningKey
from kensho.platform.settings import Settings

Document: TypeAlias = dict[str, Any]
Schema: TypeAlias = Mapping[str, Any]

FOLDER: Final = Path(__file__).parent
EDGES: Final[tuple[EdgeName, ...]] = get_args(EdgeName)
KEPT: Final[Mapping[str, tuple[EdgeName, ...]]] = {"openapi.json": (), "openapi-edges.json": EDGES}
_OF_CALENDAR: Final = "maximum"
"""The last year that works may have moves by itself; clients need not know it."""


def document(edges: tuple[EdgeName, ...]) -> Document:
    """Return what a server with these edges says of its API, without what depends on the day."""
    settings = with_changes(
        Settings(),
        secret=(SigningKey("nothing is signed by this"),),
        edges=edges,
        edges_store_url="mem://",
        provider_url="https://provider.example",
        provider_client_token=Secret("id:secret"),
        generation_url="https://generator.example/v1",
        generation_key=Secret("nobody takes it"),
    )
    found: Document = json.loads(json.dumps(document_of(create_app(settings))))
    for _, operation in operations(found):
        for parameter in operation.get("parameters", ()):
            if parameter["name"] == "year":
                parameter["schema"].pop(_OF_CALENDAR, None)
    return found


def operations(of: Document) -> Iterator[tuple[str, Document]]:
    """Yield each operation with what it is called by: "GET /api/works"."""
    for path, item in of["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


def breaks(old: Document, new: Document) -> list[str]:
    """Return what a client of the old document meets that it can't handle, in words; sorted.

    A server refuses what it does not know, so that a parameter that went breaks as one that is
    asked for newly. In answers nothing may go that was always there, and no value may come that was
    not among those named; of what is sent, the other way round.
    """
    return sorted({*_broken_operations(old, new)})


def _broken_operations(old: Document, new: Document) -> Iterator[str]:
    now = dict(operations(new))
    for name, was in operations(old):
        found = now.get(name)
        if found is None:
            yield f"{name} is gone"
            continue
        if found["operationId"] != was["operationId"]:
            yield f"{name} is called {found['operationId']}, not {was['operationId']}"
        walk = _Comparison(old, new)
        yield from walk.parameters(name, was, found)
        yield from walk.body(name, was, found)
        yield from walk.answers(name, was, found)


class _Comparison:
    """Compares the shapes of one operation; each pair of named shapes once, since they recur."""

    def __init__(self, old: Document, new: Document) -> None:
        self._old = old
        self._new = new
        self._seen: set[tuple[str, str, bool]] = set()

    def parameters(self, name: str, was: Document, now: Document) -> Iterator[str]:
        before = {(one["in"], one["name"]): one for one in was.get("parameters", ())}
        after = {(one["in"], one["name"]): one for one in now.get("parameters", ())}
        for key, one in before.items():
            where = f"{name}: {key[1]}"
            if key not in after:
                yield f"{where} is gone"
                continue
            yield from self.shape(where, one["schema"], after[key]["schema"], is_sent=True)
        for key, one in after.items():
            if one.get("required") and not before.get(key, {}).get("required"):
                yield f"{name}: {key[1]} must be given"

    def body(self, name: str, was: Document, now: Document) -> Iterator[str]:
        before, after = was.get("requestBody"), now.get("requestBody")
        if after is None:
            if before is not None:
                yield f"{name}: takes no body any more"
            return
        if before is None:
            if after.get("required"):
                yield f"{name}: a body must be given"
            return
        yield from self._media(name, before["content"], after["content"], is_sent=True)

    def answers(self, name: str, was: Document, now: Document) -> Iterator[str]:
        for status, answer in was["responses"].items():
            if not status.startswith("2"):
                continue
            found = now["responses"].get(status)
            if found is None:
                yield f"{name}: does not answer {status} any more"
                continue
            yield from self._media(
                f"{name} {status}",
                answer.get("content", {}),
                found.get("content", {}),
                is_sent=False,
            )

    def _media(self, name: str, was: Document, now: Document, *, is_sent: bool) -> Iterator[str]:
        for media_type, content in was.items():
            if media_type not in now:
                yield f"{name}: no {media_type} any more"
            else:
                yield from self.shape(
                    name, content["schema"], now[media_type]["schema"], is_sent=is_sent
                )

    def shape(self, where: str, was: Schema, now: Schema, *, is_sent: bool) -> Iterator[str]:
        names = was.get("$ref", ""), now.get("$ref", "")
        if names != ("", ""):
            if (*names, is_sent) in self._seen:
                return
            self._seen.add((*names, is_sent))
        before, after = _variants(self._old, was), _variants(self._new, now)
        narrow, wide = (after, before) if is_sent else (before, after)
        for kind in wide.keys() - narrow.keys():
            yield f"{where}: {kind} {'is not taken' if is_sent else 'is new'}"
        for kind in before.keys() & after.keys():
            one, other = before[kind], after[kind]
            narrow_one, wide_one = (other, one) if is_sent else (one, other)
            for value in _added(wide_one, narrow_one):
                yield f"{where}: {value} {'is not taken' if is_sent else 'is new'}"
            yield from self._members(where, one, other, is_sent=is_sent)
            for part in ("items", "additionalProperties"):
                if isinstance(one.get(part), dict) and isinstance(other.get(part), dict):
                    yield from self.shape(f"{where}[]", one[part], other[part], is_sent=is_sent)

    def _members(self, where: str, was: Schema, now: Schema, *, is_sent: bool) -> Iterator[str]:
        before, after = was.get("properties", {}), now.get("properties", {})
        always, always_now = {*was.get("required", ())}, {*now.get("required", ())}
        for member, schema in before.items():
            if member not in after:
                yield f"{where}.{member} is gone"
            else:
                yield from self.shape(f"{where}.{member}", schema, after[member], is_sent=is_sent)
        if is_sent:
            for member in always_now - always:
                yield f"{where}.{member} must be given"
        else:
            for member in (always - always_now) & after.keys():
                yield f"{where}.{member} may be missing"


def _variants(document: Document, schema: Schema) -> dict[str, Schema]:
    """Return the shapes that a value may have, by type; several objects by their names."""
    found: dict[str, list[tuple[str, Schema]]] = {}
    for name, one in _choices(document, schema):
        types = one.get("type", "any value")
        for kind in [types] if isinstance(types, str) else types:
            found.setdefault(kind, []).append((name, one))
    return {
        kind if len(named) == 1 else f"{kind} {name}": one
        for kind, named in found.items()
        for name, one in named
    }


def _choices(document: Document, schema: Schema, name: str = "") -> Iterator[tuple[str, Schema]]:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield from _choices(document, document["components"]["schemas"][name], name)
    elif len(whole := schema.get("allOf", ())) == 1:  # a shape with a description of its own
        yield from _choices(document, whole[0], name)
    elif choices := [*schema.get("oneOf", ()), *schema.get("anyOf", ())]:
        for one in choices:
            yield from _choices(document, one)
    else:
        yield name, schema


def _added(wide: Schema, narrow: Schema) -> list[str]:
    """Return the values that one takes and the other does not, where that names those it has."""
    named, more = narrow.get("enum"), wide.get("enum")
    if named is None:
        return []
    return ["any value"] if more is None else [str(one) for one in more if one not in named]


def kept(name: str) -> Document:
    """Return a document as it is kept."""
    found: Document = json.loads((FOLDER / name).read_text("utf-8"))
    return found


def main() -> None:
    """Compare the kept documents with what the code says, or keep that."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="keep what the code says now")
    options = parser.parse_args()
    for name, edges in KEPT.items():
        path = FOLDER / name
        new = document(edges)
        old = kept(name) if path.exists() else new
        if broken := breaks(old, new):
            raise SystemExit("\n".join([f"{name}: what has clients now would break:", *broken]))
        if options.write:
            path.write_text(json.dumps(new, indent=1, ensure_ascii=False) + "\n", "utf-8")
        elif old != new or not path.exists():
            raise SystemExit(f"{name} is not what the code says: python -m sdk.contract --write")
    sys.stdout.write("kept documents are what the code says\n")


if __name__ == "__main__":
    main()
