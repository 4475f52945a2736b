"""Reads a published OpenAPI contract, and tells where an answer is not what it promises.

Only what these contracts use is known: types, required members, enumerations, formats, references
and `allOf`. What is not known of a work is null in our answers, where the contract leaves the
member out; an enumeration must be answered by one of its values all the same.

`requests_of` reads a Postman collection, and fills in its variables.
"""

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from httpx import AsyncClient, Response

_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
}


def _is_uri(text: str) -> bool:
    parts = urlsplit(text)
    return bool(parts.scheme and parts.netloc)


_FORMATS: Mapping[str, Callable[[str], bool]] = {
    "uuid": lambda text: str(UUID(text)) == text,
    "uri": _is_uri,
    "date": lambda text: dt.date.fromisoformat(text).isoformat() == text,
    "date-time": lambda text: dt.datetime.fromisoformat(text).tzinfo is not None,
    "email": lambda text: "@" in text,
}


class PublishedContract:
    """The paths and schemas of a contract."""

    def __init__(self, file: Path) -> None:
        yaml: Any = import_module("yaml")  # which bears no types
        self._document: dict[str, Any] = yaml.safe_load(file.read_text("utf-8"))

    def schema(self, path: str, status: str = "200", method: str = "get") -> dict[str, Any]:
        """Return the schema of the answer of a path to GET, or to another method."""
        answer = self._document["paths"][path][method]["responses"][status]
        found: dict[str, Any] = answer["content"]["application/json"]["schema"]
        return found

    def problems(self, value: Any, schema: dict[str, Any], where: str = "$") -> Iterator[str]:
        """Yield where `value` is not as the schema says."""
        if "$ref" in schema:
            schema = self._document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        for part in schema.get("allOf", ()):
            yield from self.problems(value, part, where)
        if "enum" in schema and value not in schema["enum"]:
            yield f"{where}: {value!r} is none of {schema['enum']}"
        expected = _TYPES.get(schema.get("type", ""))
        if value is not None and expected is not None:
            if isinstance(value, expected) and not isinstance(value, bool):
                yield from self._contents(value, schema, where)
            else:
                yield f"{where}: {value!r} is no {schema['type']}"

    def _contents(self, value: Any, schema: dict[str, Any], where: str) -> Iterator[str]:
        if isinstance(value, dict):
            yield from self._members(value, schema, where)
        elif isinstance(value, list):
            for place, item in enumerate(value):
                yield from self.problems(item, schema.get("items", {}), f"{where}[{place}]")
        elif (is_right := _FORMATS.get(schema.get("format", ""))) and not is_right(str(value)):
            yield f"{where}: {value!r} is no {schema['format']}"

    def _members(self, value: dict[str, Any], schema: dict[str, Any], where: str) -> Iterator[str]:
        for name in schema.get("required", ()):
            if name not in value:
                yield f"{where}.{name}: missing"
        for name, one in schema.get("properties", {}).items():
            if name in value and not (value[name] is None and name not in ("category", "status")):
                yield from self.problems(value[name], one, f"{where}.{name}")


class PostmanRequest(NamedTuple):
    """A request of a collection, whose texts may name variables, as `{{token}}`."""

    name: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: str

    async def send(self, client: AsyncClient, variables: Mapping[str, str]) -> Response:
        """Send it with the values that its variables have now."""

        def filled(text: str) -> str:
            return re.sub(r"\{\{(\w+)\}\}", lambda found: variables[found[1]], text)

        headers = {name: filled(value) for name, value in self.headers.items()}
        return await client.request(
            self.method, filled(self.path), headers=headers, content=filled(self.body).encode()
        )


def requests_of(file: Path) -> list[PostmanRequest]:
    """Return the requests of a Postman collection in their order."""
    folders = json.loads(file.read_text("utf-8"))["item"]
    return [
        PostmanRequest(
            item["name"],
            item["request"]["method"],
            item["request"]["url"]["raw"].removeprefix("{{base_url}}"),
            {one["key"]: one["value"] for one in item["request"]["header"]},
            item["request"].get("body", {}).get("raw", ""),
        )
        for folder in folders
        for item in folder["item"]
    ]
