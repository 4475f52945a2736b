"""Exceptions become error responses, through Litestar's plugin for problem details.

The plugin finds the handler of an exception's class; the wire form is this project's own
(`kensho.http.problem_details`), because the plugin's has other members and no pages.
"""

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final, cast

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.plugins.problem_details import (
    ProblemDetailsConfig,
    ProblemDetailsException,
    ProblemDetailsPlugin,
)
from typing_extensions import override

from kensho.errors import FieldProblem, KenshoError, MovedError
from kensho.http import problem_details
from kensho.http.problem_details import ErrorPageRenderer, ErrorResponse, ProblemKind
from kensho.http.request_state import parameters_of, request_id_of

_NAMED: Final = re.compile(r"\bfield `([^`]+)`")
_MISSING: Final = re.compile(r"Missing required (?:query|path) parameter '([^']+)'")
_log = structlog.get_logger("kensho.api")


class ProblemException(ProblemDetailsException):
    """An exception on its way through the plugin, which asks it for its response."""

    def __init__(self, cause: Exception, render_page: ErrorPageRenderer | None) -> None:
        super().__init__(detail=str(cause))
        self._cause = cause
        self._render_page = render_page

    @override
    def to_response(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """Return the response that tells of the exception, and log what is our own fault."""
        error = _described(request, self._cause)
        if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            _logged(error, self._cause)
        body, headers = problem_details.render_error(error, self._render_page)
        named = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
        media_type = named.pop("content-type").partition(";")[0]  # Litestar adds the charset itself
        return Response(body, status_code=error.status, media_type=media_type, headers=named)


def problem_details_plugin(render_page: ErrorPageRenderer | None) -> ProblemDetailsPlugin:
    """Return Litestar's plugin, with a handler for errors of Kenshō, of Litestar, and for bugs."""

    def wrapped(cause: Exception) -> ProblemException:
        return ProblemException(cause, render_page)

    def respond(request: Request[Any, Any, Any], cause: Any) -> Response[Any]:
        return wrapped(cause).to_response(request)

    mapping: dict[type[Exception], Callable[[Any], ProblemDetailsException]] = {
        KenshoError: wrapped,
        HTTPException: wrapped,
        Exception: wrapped,
    }
    return ProblemDetailsPlugin(
        ProblemDetailsConfig(exception_handler=respond, exception_to_problem_detail_map=mapping)
    )


def _described(request: Request[Any, Any, Any], cause: Exception) -> ErrorResponse:
    parameters = parameters_of(request.scope)
    error = msgspec.structs.replace(_plainly_described(request, cause), parameters=parameters)
    handler = cast("dict[str, Any]", request.scope).get("route_handler")
    opt: Mapping[str, Any] = {} if handler is None else handler.opt
    if opt.get(problem_details.TELLS_ISSUES):
        error = msgspec.structs.replace(error, issues=error.fields or error.issues)
    if opt.get(problem_details.TELLS_CODE):
        error = msgspec.structs.replace(error, code=error.code or error.slug)
    return error


def _plainly_described(request: Request[Any, Any, Any], cause: Exception) -> ErrorResponse:
    path, request_id = request.scope["path"], request_id_of(request.scope)
    if isinstance(cause, MovedError):
        moved = {
            "location": _successor(request, cause.successor),
            "cache-control": "public, max-age=60",
        }
        return problem_details.error_response(
            cause, path=path, request_id=request_id, headers=moved
        )
    if isinstance(cause, KenshoError):
        return problem_details.error_response(cause, path=path, request_id=request_id)
    if isinstance(cause, HTTPException):
        return _of_litestar(request, cause)
    return ErrorResponse(
        kind=problem_details.INTERNAL,
        detail="this is a bug of ours and was logged",
        path=path,
        request_id=request_id,
    )


def _logged(error: ErrorResponse, cause: Exception) -> None:
    if isinstance(cause, KenshoError | HTTPException):
        _log.error("request failed", path=error.path, error=str(cause), kind=type(cause).__name__)
    else:
        _log.error("request failed by a bug", path=error.path, exc_info=cause)


def _of_litestar(request: Request[Any, Any, Any], error: HTTPException) -> ErrorResponse:
    status = HTTPStatus(error.status_code)
    kind = ProblemKind(status, status.name.lower(), status.phrase)
    if status == HTTPStatus.BAD_REQUEST:
        kind = problem_details.INVALID
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    if "allow" in headers and "GET" in headers["allow"]:
        headers["allow"] += ", HEAD"
    if status == HTTPStatus.UNAUTHORIZED:
        headers.setdefault("www-authenticate", problem_details.CHALLENGE)
    fields = _fields(error)
    return ErrorResponse(
        kind=kind,
        detail=_sentence(request, status, error, fields),
        path=request.scope["path"],
        request_id=request_id_of(request.scope),
        fields=fields,
        headers=headers,
    )


def _sentence(
    request: Request[Any, Any, Any],
    status: HTTPStatus,
    error: HTTPException,
    fields: list[FieldProblem],
) -> str:
    if status == HTTPStatus.NOT_FOUND:
        return f"there is nothing at {request.scope['path']}"
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return f"{request.scope['method']} is not possible here"
    if status == HTTPStatus.BAD_REQUEST and fields:
        return "; ".join(f"{field}: {message}" for field, message in fields)
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
