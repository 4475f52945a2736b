"""Errors as RFC 9457 problems: each error class has its status here and nowhere else.

Viewers are told the same by a page, where the front has been given a maker of those.

A problem also has the members `error` and `message` of the first contract, for clients that read
those.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, NamedTuple, TypeAlias, cast

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException

from kensho.errors import (
    FieldProblem,
    GoneError,
    InvalidInputError,
    KenshoError,
    MovedError,
    NotFoundError,
    NotReadyError,
    ReadModelError,
    StorageError,
    StoreUnavailableError,
)
from kensho.http.request_state import request_id_of

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_S: Final = 5
"""A store that restarts and a read model that is built are back within seconds."""
_NAMED: Final = re.compile(r"\bfield `([^`]+)`")
_MISSING: Final = re.compile(r"Missing required (?:query|path) parameter '([^']+)'")
_TYPE: Final = "urn:kensho:problem:"
Handler: TypeAlias = Callable[[Request[Any, Any, Any], Any], Response[Any]]
_log = structlog.get_logger("kensho.api")


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong with one field."""

    field: str
    message: str


class Problem(msgspec.Struct, frozen=True):
    """An RFC 9457 problem; `error` and `message` repeat its kind and detail for older clients."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[FieldError]
    request_id: str
    error: str
    message: str


class ErrorResponse(NamedTuple):
    """A failed request, as a page tells of it."""

    status: int
    slug: str
    detail: str
    path: str
    request_id: str
    fields: Sequence[FieldProblem]
    location: str | None = None
    retry_after_s: int | None = None


class RenderedError(NamedTuple):
    """A page that tells of a fault, with its media type and other headers."""

    body: bytes
    media_type: str
    headers: Mapping[str, str]


ErrorPageRenderer: TypeAlias = Callable[[ErrorResponse], RenderedError | None]
"""Makes the page of a fault; `None` where a program asked, which is told by a problem."""


class ProblemKind(NamedTuple):
    """What a class of errors is to HTTP."""

    status: int
    slug: str
    title: str


_KINDS: Final[dict[type[KenshoError], ProblemKind]] = {
    InvalidInputError: ProblemKind(400, "invalid_input", "The request can't be understood"),
    NotFoundError: ProblemKind(404, "not_found", "There is no such thing"),
    GoneError: ProblemKind(410, "gone", "It was removed"),
    MovedError: ProblemKind(308, "moved", "It was merged into another"),
    NotReadyError: ProblemKind(503, "not_ready", "The service is starting"),
    ReadModelError: ProblemKind(503, "not_ready", "The service is starting"),
    StoreUnavailableError: ProblemKind(
        503, "store_unavailable", "The graph store can't be reached"
    ),
    StorageError: ProblemKind(503, "store_unavailable", "The graph store can't answer"),
    KenshoError: ProblemKind(500, "internal", "Something went wrong on our side"),
}


def kind_of(error: KenshoError) -> ProblemKind:
    """Return what `error` is to HTTP: the entry of its nearest class."""
    return next(_KINDS[cls] for cls in type(error).__mro__ if cls in _KINDS)


def encoded(
    kind: ProblemKind,
    detail: str,
    *,
    instance: str,
    request_id: str,
    fields: Sequence[FieldProblem],
) -> bytes:
    """Return a problem as JSON."""
    return msgspec.json.encode(
        Problem(
            type=_TYPE + kind.slug,
            title=kind.title,
            status=kind.status,
            detail=detail,
            instance=instance,
            errors=[FieldError(*problem) for problem in fields],
            request_id=request_id,
            error=kind.slug,
            message=detail,
        )
    )


def render_error(
    fault: ErrorResponse, kind: ProblemKind, page_of: ErrorPageRenderer | None
) -> RenderedError:
    """Return the answer that tells of a fault: a page for viewers, a problem for programs."""
    page = page_of(fault) if page_of is not None else None
    if page is not None:
        return page
    body = encoded(
        kind,
        fault.detail,
        instance=fault.path,
        request_id=fault.request_id,
        fields=fault.fields,
    )
    return RenderedError(body, MEDIA_TYPE, {})


def handlers() -> dict[int | type[Exception], Handler]:
    """Return the exception handlers of the application."""
    return {KenshoError: _from_kensho, HTTPException: _from_litestar, Exception: _from_bug}


def _from_kensho(request: Request[Any, Any, Any], error: KenshoError) -> Response[bytes]:
    kind = kind_of(error)
    headers = {"cache-control": "no-store"}
    detail = error.message
    if isinstance(error, MovedError):
        headers = {
            "location": _successor(request, error.successor),
            "cache-control": "public, max-age=60",
        }
    if kind.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["retry-after"] = str(RETRY_AFTER_S)
    if kind.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error(
            "request failed",
            path=request.scope["path"],
            error=str(error),
            kind=type(error).__name__,
        )
        detail = f"{kind.title.lower()}; try again later"
    fields = list(error.problems) if isinstance(error, InvalidInputError) else []
    return _response(request, kind, detail, headers, fields)


def _from_litestar(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    status = HTTPStatus(error.status_code)
    kind = ProblemKind(status, status.name.lower(), status.phrase)
    if status == HTTPStatus.BAD_REQUEST:
        kind = _KINDS[InvalidInputError]
    headers = {"cache-control": "no-store"}
    headers |= {name.lower(): value for name, value in (error.headers or {}).items()}
    if "allow" in headers and "GET" in headers["allow"]:
        headers["allow"] += ", HEAD"
    return _response(request, kind, _sentence(request, status, error), headers, _fields(error))


def _from_bug(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    _log.error("request failed by a bug", path=request.scope["path"], exc_info=error)
    kind = _KINDS[KenshoError]
    return _response(
        request, kind, "this is a bug of ours and was logged", {"cache-control": "no-store"}, []
    )


def _response(
    request: Request[Any, Any, Any],
    kind: ProblemKind,
    detail: str,
    headers: dict[str, str],
    fields: list[FieldProblem],
) -> Response[bytes]:
    state = request.scope["state"]
    told = render_error(
        ErrorResponse(
            kind.status,
            kind.slug,
            detail,
            request.scope["path"],
            request_id_of(request.scope),
            fields,
            headers.get("location"),
            RETRY_AFTER_S if "retry-after" in headers else None,
        ),
        kind,
        state.get("page_of_fault"),
    )
    return Response(
        told.body,
        status_code=kind.status,
        media_type=told.media_type.partition(";")[0],  # Litestar adds the charset itself
        headers={**headers, **told.headers},
    )


def _sentence(request: Request[Any, Any, Any], status: HTTPStatus, error: HTTPException) -> str:
    if status == HTTPStatus.NOT_FOUND:
        return f"there is nothing at {request.scope['path']}"
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return f"{request.scope['method']} is not possible here"
    if status == HTTPStatus.BAD_REQUEST and _fields(error):
        return "; ".join(f"{field}: {message}" for field, message in _fields(error))
    return str(error.detail)


def _fields(error: HTTPException) -> list[FieldProblem]:
    """Return the fields that failed validation: `extra` lists {key, message}."""
    missing = _MISSING.match(str(error.detail))
    if missing is not None:
        return [FieldProblem(missing[1], "it must be given")]
    entries = error.extra if isinstance(error.extra, list) else []
    return [_field(str(entry["key"]), str(entry["message"])) for entry in entries]


def _field(key: str, message: str) -> FieldProblem:
    """Return the field at fault; of a whole body, the one that msgspec's message names."""
    named = _NAMED.search(message) if key == "data" else None
    return FieldProblem(named[1] if named else ("body" if key == "data" else key), message)


def _successor(request: Request[Any, Any, Any], successor: str) -> str:
    """Return the request's own target with the first name in its path replaced."""
    scope = cast("dict[str, Any]", request.scope)
    template = scope["path_template"].split("/")
    place = next((number for number, part in enumerate(template) if part.startswith("{")), None)
    target = scope["raw_path"].partition(b"?")[0].decode("ascii", "replace").split("/")
    if place is not None:
        target[place] = successor
    query = scope["query_string"].decode("ascii", "replace")
    return "/".join(target) + (f"?{query}" if query else "")
