"""Parameters are checked against the OpenAPI document: their names, spellings and content type.

Litestar checks bounds, but takes "1e5" and "null" for numbers and ignores unknown parameters. The
table here is made from the document itself, so that the two can't disagree.
"""

import asyncio
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec
from litestar import Request
from litestar.exceptions import HTTPException, InternalServerException

from kensho.errors import FieldProblem, InvalidInputError
from kensho.http.request_state import state_of

_SPELLINGS: Final = {
    "integer": (re.compile(r"-?(0|[1-9]\d{0,17})", re.ASCII), "a whole number"),
    "number": (re.compile(r"-?\d{1,18}(\.\d{1,18})?", re.ASCII), "a number"),
    "boolean": (re.compile(r"true|false"), "true or false"),
    "uuid": (re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"), "a UUID"),
    "date-time": (
        re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII),
        "a time such as 2026-11-30T20:15:00Z",
    ),
}
_SHOWN_CHARS: Final = 80
_UNSUPPORTED: Final = 415
_LATE: Final = 408

Spelling: TypeAlias = tuple[re.Pattern[str], str]
Spellings: TypeAlias = Mapping[str, Spelling | None]
Document: TypeAlias = dict[str, Any]


class DocumentedOperation(NamedTuple):
    """The parameters of one operation by name, each with its spelling where one is prescribed.

    `defaults` are those of the query, as an address spells them; `ids` are the names of UUIDs.
    """

    query: Spellings
    path: Spellings
    has_body: bool
    defaults: Mapping[str, str]
    ids: frozenset[str]


class QueryValidator:
    """Checks a routed request against the document, before its handler reads it."""

    def __init__(self, body_timeout_s: float = 15.0) -> None:
        """Take how long a request may take to send its body."""
        self._operations: dict[tuple[str, str], DocumentedOperation] = {}
        self._body_timeout_s = body_timeout_s

    def add_operations(self, document: Document) -> None:
        """Take over the parameters of every operation of an OpenAPI document."""
        for template, item in document["paths"].items():
            for method, operation in item.items():
                self._operations[method.upper(), template] = _operation(operation)

    def operation(self, method: str, template: str) -> DocumentedOperation | None:
        """Return what is documented of a method at a template, such as `/api/anime/{work_id}`."""
        return self._operations.get((method, template))

    async def check(self, request: Request[Any, Any, Any]) -> None:
        """Refuse what the document does not promise to take.

        Raises:
            InvalidInputError: a parameter is unknown or misspelt; names each.
            HTTPException: 415, a body is not JSON; 408, it does not arrive in time. A body that no
                document describes is only waited for.
        """
        scope: dict[str, Any] = request.scope  # type: ignore[assignment]  # a TypedDict that Litestar extends
        operation = self._operations.get((scope["method"], scope["path_template"]))
        if operation is None:
            if scope["method"] == "POST":
                await _whole_body(request, self._body_timeout_s)  # of a form, which its page reads
            return
        problems = [
            *_misspelt(operation.path, scope["path_params"].items()),
            *_misspelt(operation.query, state_of(request.scope).parameters.items()),
        ]
        if problems:
            raise InvalidInputError(problems)
        if operation.has_body:
            await _check_body(request, self._body_timeout_s)


async def _check_body(request: Request[Any, Any, Any], timeout_s: float) -> None:
    """Refuse a body that is no JSON, or late; Litestar stumbles over bad UTF-8 and deep nesting."""
    if request.content_type[0] != "application/json":
        raise HTTPException(status_code=_UNSUPPORTED, detail="send the body as application/json")
    try:
        msgspec.json.decode(await _whole_body(request, timeout_s))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInputError.of("body", f"it is no JSON: {error}") from error
    except RecursionError as error:
        raise InvalidInputError.of("body", "it is nested too deeply") from error


async def _whole_body(request: Request[Any, Any, Any], timeout_s: float) -> bytes:
    try:
        async with asyncio.timeout(timeout_s):
            return await request.body()
    except InternalServerException as error:  # so Litestar tells that no more of it can be read
        raise InvalidInputError.of("body", "it is cut off, or its chunks are malformed") from error
    except TimeoutError as error:
        detail = f"the body did not arrive within {timeout_s:g} s"
        raise HTTPException(
            status_code=_LATE, detail=detail, headers={"connection": "close"}
        ) from error


def _misspelt(known: Spellings, given: Iterable[tuple[str, str]]) -> Iterable[FieldProblem]:
    for name, value in given:
        if name not in known:
            hint = f"known are {', '.join(known)}" if known else "none is taken here"
            yield FieldProblem(name[:_SHOWN_CHARS], f"there is no such parameter; {hint}")
            continue
        spelling = known[name]
        if spelling is not None and spelling[0].fullmatch(value) is None:
            yield FieldProblem(name, f"{value[:_SHOWN_CHARS]!r} is not {spelling[1]}")


def _operation(operation: Document) -> DocumentedOperation:
    found: dict[str, dict[str, Spelling | None]] = {"query": {}, "path": {}}
    schemas: dict[str, Document] = {}
    for parameter in operation.get("parameters", ()):
        name, schema = parameter["name"], parameter["schema"]
        found[parameter["in"]][name] = _spelling(schema)
        if parameter["in"] == "query":
            schemas[name] = schema
    return DocumentedOperation(
        found["query"],
        found["path"],
        has_body="requestBody" in operation,
        defaults={
            name: _default(schema["default"])
            for name, schema in schemas.items()
            if "default" in schema
        },
        ids=frozenset(name for name, schema in schemas.items() if schema.get("format") == "uuid"),
    )


def _default(value: object) -> str:
    """Return a default as an address spells it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _spelling(schema: Document) -> Spelling | None:
    if "enum" in schema:
        words = [str(word) for word in schema["enum"]]
        return re.compile("|".join(map(re.escape, words))), f"one of {', '.join(words)}"
    return _SPELLINGS.get(schema.get("format") or schema.get("type", ""))
