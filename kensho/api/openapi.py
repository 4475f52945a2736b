"""The OpenAPI 3.1 document: what the handlers say, and what holds for every operation.

Litestar knows parameters, bodies and answers. Added here: the problems each operation can answer
with, the headers of a tagged answer, 304, and parameters that are absent or present but never null.
Components get short names.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from kensho.api.operations import EVENT_STREAM
from kensho.discovery.browse import Calendar
from kensho.discovery.exports import FORMATS
from kensho.domain.works import MIN_YEAR
from kensho.http.problem_details import MEDIA_TYPE, Problem

Document: TypeAlias = dict[str, Any]
Schemes: TypeAlias = Mapping[str, Mapping[str, str]]
"""Ways of signing in, by the names under which operations ask for them."""

_PROBLEMS: Final = {
    "400": "A parameter or the body can't be understood; `errors` names each field.",
    "401": "No manager is signed in: the token is missing or not valid.",
    "403": "The caller is no manager, or a cookie came from a page that is not ours.",
    "404": "There is no such thing.",
    "410": "It was removed from the graph; its id or slug is never given to another.",
    "408": "The body does not arrive in time.",
    "409": "It contradicts what is stored: somebody was first.",
    "413": "The body is larger than is read.",
    "414": "The request target is longer than is read.",
    "415": "The body is not `application/json`.",
    "429": "Too many requests; `Retry-After` tells when to come back.",
    "503": "Starting, or without its store; `Retry-After` tells when to come back.",
}
_OF_SESSIONS: Final = {
    "401": "Nobody is signed in: the token is missing or not valid, or its session has ended"
    " (`code`).",
    "403": "Who is signed in has no account here, or a cookie came from a page that is not ours.",
}
_MOVED: Final = {
    "description": "It was merged into another: the same target, under the id or slug that stands.",
    "headers": {
        "Location": {"schema": {"type": "string"}, "description": "The target under the new name."}
    },
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_FILES: Final = [known for name, known in FORMATS.items() if name != "json"]
_FILE: Final = {
    "schema": {"type": "string"},
    "examples": {"file": {"summary": "A file to save.", "value": ""}},
}
_SELECTABLE: Final = ("Summary", "TaggedWork", "SearchResult", "WorkItem", "Detail")
_DETAILED: Final = ("SearchResult", "WorkItem")
"""Their `fields` may ask for any member of a work."""
_VISIBLE: Final = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"
"""What `hostile` lets through."""
_TAGGED: Final = {
    "ETag": {
        "schema": {"type": "string"},
        "description": "Strong: changes with the graph and the query.",
    },
    "Cache-Control": {
        "schema": {"type": "string"},
        "description": "How long the answer may be kept.",
    },
    "Vary": {"schema": {"type": "string"}, "description": "`Accept-Encoding`."},
}
_SCHEMES: Final = {
    "manager": {
        "type": "http",
        "scheme": "bearer",
        "description": "The token of a manager, which `kensho managers add` prints.",
    }
}
_ALWAYS: Final = {
    "X-Request-ID": {
        "schema": {"type": "string"},
        "description": "The request's id, taken over or made.",
    },
    "traceparent": {"schema": {"type": "string"}, "description": "W3C trace context."},
}


def bodies_of(app: Litestar) -> Sequence[type[msgspec.Struct]]:
    """Return the shapes of the bodies that the operations of an application take."""
    found: dict[type[msgspec.Struct], None] = {}
    for route in app.routes:
        handlers: Sequence[object] = getattr(route, "route_handlers", ())
        for handler in handlers:
            field = handler.parsed_data_field if isinstance(handler, HTTPRouteHandler) else None
            if field is not None and field.is_subclass_of(msgspec.Struct):
                found[field.annotation] = None
    return list(found)


def amend_openapi(
    document: Document,
    calendar: Calendar,
    schemes: Schemes | None = None,
    bodies: Sequence[type[msgspec.Struct]] = (),
) -> Document:
    """Return Litestar's document with what holds for every operation; the input is not changed.

    `schemes` are further ways of signing in, `bodies` what operations take. The bounds of a year
    are those of `calendar` now: they move once a year, and are enforced as of then.
    """
    whole: Document = msgspec.json.decode(msgspec.json.encode(document))
    schemas = whole.setdefault("components", {}).setdefault("schemas", {})
    schemas |= _components(bodies)
    whole["components"]["securitySchemes"] = {**_SCHEMES, **(schemes or {})}
    for name in _SELECTABLE:
        del schemas[name]["required"]  # `fields` may leave out any member
    for name in _DETAILED:
        own = schemas[name]["properties"]
        own |= {
            member: of
            for member, of in schemas["Detail"]["properties"].items()
            if member not in own
        }
    years = {"minimum": MIN_YEAR, "maximum": calendar.last_year}
    for path, item in whole["paths"].items():
        for operation in item.values():
            for parameter in operation.get("parameters", ()):
                bounds = years if parameter["name"] == "year" else {}
                parameter["schema"] = _visible(_not_null(parameter["schema"])) | bounds
            _amend(operation, path)
    return whole


def _amend(operation: Document, path: str) -> None:
    responses = operation["responses"]
    has_body = "requestBody" in operation
    is_guarded = "security" in operation
    schemes = {name for one in operation.get("security", ()) for name in one}
    told = _PROBLEMS if "manager" in schemes else _PROBLEMS | _OF_SESSIONS
    for status in _statuses(path, has_body=has_body, is_guarded=is_guarded):
        own = responses.get(status, {})
        is_said = MEDIA_TYPE in own.get("content", ())
        responses[status] = _problem(status, own["description"] if is_said else told[status])
    for header in _ALWAYS:
        for response in responses.values():
            response.setdefault("headers", {})[header] = _ALWAYS[header]
    is_stream = EVENT_STREAM in responses.get("200", {}).get("content", {})
    is_read = path.startswith("/api/") and path != "/api/health" and not has_body
    if is_read and not is_guarded and not is_stream:
        responses["200"]["headers"] |= _TAGGED
        responses["304"] = {
            "description": "The client's copy (`If-None-Match`) is still right.",
            "headers": _TAGGED,
        }
    if _names_what_may_go(path):
        responses["308"] = _MOVED
    if path.endswith("/graph"):
        responses["200"]["content"] |= {known.media_type: _FILE for known in _FILES}


def _names_what_may_go(path: str) -> bool:
    """Tell whether a path names a work or a franchise, which may be merged or removed."""
    return any(name in path for name in ("{work_id}", "{anime_id}", "{slug}"))


_PATHS: Final = "/api/paths"
"""Names works in its query; a merged one is answered for its successor."""
_FINDING: Final = ("/api/resolve", "/api/changes", "/api/changes/stream", "/api/diff", _PATHS)
"""Name in their queries what may not be there."""


def _statuses(path: str, *, has_body: bool, is_guarded: bool) -> list[str]:
    if not path.startswith("/api/") or path == "/api/health":
        return ["400", "414"]
    statuses = ["400", "414", "429", "503"]
    if "{" in path or path in _FINDING:
        statuses.append("404")
    if _names_what_may_go(path) or path == _PATHS:
        statuses.append("410")
    if has_body:
        statuses += ["408", "413", "415"]
    if is_guarded:
        statuses += ["401", "403", *(["409"] if has_body else [])]
    return statuses


def _problem(status: str, description: str) -> Document:
    response: Document = {
        "description": description,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status in ("429", "503"):
        response["headers"] = {
            "Retry-After": {"schema": {"type": "string"}, "description": "Seconds to wait."}
        }
    return response


def _components(bodies: Sequence[type[msgspec.Struct]]) -> Document:
    """Return the schemas that msgspec writes more exactly, with all bounds, than Litestar."""
    _, components = msgspec.json.schema_components(
        [Problem, *bodies], ref_template="#/components/schemas/{name}"
    )
    return components


def _visible(schema: Document) -> Document:
    """Return a parameter's schema, free text without control characters."""
    free = schema.get("type") == "string" and not {"pattern", "enum", "format"} & schema.keys()
    return schema | {"pattern": _VISIBLE} if free else schema


def _not_null(schema: Document) -> Document:
    """Return a parameter's schema without its null: a query has no way to say it."""
    for key in ("oneOf", "anyOf"):
        if key in schema:
            real = [choice for choice in schema[key] if choice.get("type") != "null"]
            rest = {name: value for name, value in schema.items() if name not in (key, "default")}
            return {**rest, **real[0]}
    schema = {
        name: value for name, value in schema.items() if not (name == "default" and value is None)
    }
    if isinstance(schema.get("type"), list):
        schema["type"] = next(kind for kind in schema["type"] if kind != "null")
    if "enum" in schema:
        schema["enum"] = [value for value in schema["enum"] if value is not None]
    return schema
