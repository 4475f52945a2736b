"""Errors as RFC 9457 problems: each error class has its status here and nowhere else.

People are told the same by a page, where the path is one of pages.

A problem also has the members `error` and `message` of the first contract, for clients that read
those.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

import msgspec

from kensho import errors
from kensho.errors import FieldProblem, KenshoError
from kensho.platform.logs import REQUEST
from kensho.platform.redaction import redacted_text

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_S: Final = 5
"""A store that restarts and a read model that is built are back within seconds."""
CHALLENGE: Final = 'Bearer realm="kensho"'
"""What a 401 must say of how to sign in (RFC 9110 §15.5.2, RFC 6750)."""
TELLS_ISSUES: Final = "kensho_issues"
"""Names in a handler's `opt` that its problems tell of fields as `issues` too."""
TELLS_CODE: Final = "kensho_code"
"""Names in a handler's `opt` that each of its problems has a `code`: its kind, if no other."""
_TYPE: Final = "urn:kensho:problem:"
_SERVER_ERROR: Final = 500

Headers: TypeAlias = list[tuple[bytes, bytes]]


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong with one field."""

    field: str
    message: str


class Issue(msgspec.Struct, frozen=True):
    """What is wrong with one field, as the portal's contract says it."""

    field: str
    error: str


class KeptFrom(msgspec.Struct, frozen=True):
    """The earliest publication of which something can be told: its snapshot, revision and time."""

    snapshot: str
    revision: int
    at: str


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """An RFC 9457 problem; `error` and `message` repeat its kind and detail for older clients.

    `code` names the case within the kind, `scope` the limit that was passed. `kept_from` is there
    where what was asked for is no longer kept, and something later is. `trace_id` is there where
    requests are traced, or an edge is switched on.
    """

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[FieldError]
    request_id: str
    error: str
    message: str
    code: str | None = None
    issues: list[Issue] | None = None
    scope: str | None = None
    kept_from: KeptFrom | None = None
    trace_id: str | None = None


class ProblemKind(NamedTuple):
    """What a class of errors is to HTTP."""

    status: int
    slug: str
    title: str


class ErrorResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a request that failed: all that a problem or a page tells of it.

    `path`, `parameters` and `request_id` are the request's; `headers` are further ones, by
    lower-case name.
    """

    kind: ProblemKind
    detail: str
    path: str
    request_id: str
    parameters: Mapping[str, str] = {}
    fields: Sequence[FieldProblem] = ()
    code: str | None = None
    issues: Sequence[FieldProblem] = ()
    scope: str | None = None
    kept_from: tuple[str, int, str] | None = None
    headers: Mapping[str, str] = {}

    @property
    def status(self) -> int:
        """Return the status of the answer."""
        return self.kind.status

    @property
    def slug(self) -> str:
        """Return the name of this kind of failure."""
        return self.kind.slug

    @property
    def location(self) -> str | None:
        """Return where the page is now."""
        return self.headers.get("location")

    @property
    def retry_after_s(self) -> int | None:
        """Return when it is worth trying again."""
        seconds = self.headers.get("retry-after", "")
        return int(seconds) if seconds.isdecimal() else None


ErrorPageRenderer: TypeAlias = Callable[[ErrorResponse], tuple[bytes, Headers] | None]
"""Makes the page of an error and its headers; `None` for a path of programs."""

INVALID: Final = ProblemKind(400, "invalid_input", "The request can't be understood")
NOT_FOUND: Final = ProblemKind(404, "not_found", "There is no such thing")
RATE_LIMITED: Final = ProblemKind(429, "too_many_requests", "Too many requests")
OVERLOADED: Final = ProblemKind(503, "overloaded", "There is more to do than can be done in time")
INTERNAL: Final = ProblemKind(500, "internal", "Something went wrong on our side")
_STARTING: Final = ProblemKind(503, "not_ready", "The service is starting")
_KINDS: Final[Mapping[type[KenshoError], ProblemKind]] = {
    errors.InvalidInputError: INVALID,
    errors.UnauthorizedError: ProblemKind(401, "unauthorized", "Sign in first"),
    errors.ForbiddenError: ProblemKind(403, "forbidden", "This is not allowed"),
    errors.NotInRegionError: ProblemKind(403, "not_in_region", "It is not offered where you are"),
    errors.NotEntitledError: ProblemKind(403, "not_entitled", "Your subscription does not hold it"),
    errors.NotFoundError: NOT_FOUND,
    errors.EpisodeNotFoundError: ProblemKind(404, "episode_not_found", "There is no such episode"),
    errors.NotOfferedError: ProblemKind(404, "not_offered", "No provider is known to offer it"),
    errors.NotKeptError: ProblemKind(404, "not_kept", "It is no longer kept"),
    errors.ConflictError: ProblemKind(409, "conflict", "It contradicts what is stored"),
    errors.TooManyStreamsError: ProblemKind(
        409, "too_many_streams", "Your subscription plays as much as it may"
    ),
    errors.DrmProtectedError: ProblemKind(409, "drm_protected", "It is protected by DRM"),
    errors.ChangedMeanwhileError: ProblemKind(
        412, "changed_meanwhile", "It was changed by somebody else meanwhile"
    ),
    errors.GoneError: ProblemKind(410, "gone", "It was removed"),
    errors.MovedError: ProblemKind(308, "moved", "It was merged into another"),
    errors.RateLimitedError: RATE_LIMITED,
    errors.OverloadedError: OVERLOADED,
    errors.UpstreamError: ProblemKind(
        502, "upstream_failed", "A service that this one needs failed"
    ),
    errors.UpstreamUnavailableError: ProblemKind(
        503, "upstream_unavailable", "A service that this one needs can't be reached"
    ),
    errors.ProviderUnavailableError: ProblemKind(
        503, "provider_unavailable", "The provider can't be reached"
    ),
    errors.ProviderBlockedError: ProblemKind(
        503, "provider_blocked", "The provider takes this service for a robot"
    ),
    errors.ProviderMisconfiguredError: ProblemKind(
        503, "provider_misconfigured", "The provider refuses this service"
    ),
    errors.NotReadyError: _STARTING,
    errors.ReadModelError: _STARTING,
    errors.StoreUnavailableError: ProblemKind(
        503, "store_unavailable", "The graph store can't be reached"
    ),
    errors.StoreInUseError: ProblemKind(
        503, "store_in_use", "An ingest or another curator has the graph store open"
    ),
    errors.StorageError: ProblemKind(503, "store_unavailable", "The graph store can't answer"),
    KenshoError: INTERNAL,
}


def kind_of(error: KenshoError) -> ProblemKind:
    """Return what `error` is to HTTP: the entry of its nearest class."""
    return next(_KINDS[cls] for cls in type(error).__mro__ if cls in _KINDS)


def error_response(
    error: KenshoError, *, path: str, request_id: str, headers: Mapping[str, str] | None = None
) -> ErrorResponse:
    """Return the answer to a request that failed with `error`.

    Of an error on our side the client is told its kind only; the log has the rest.
    """
    kind = kind_of(error)
    detail = error.message
    if kind.status >= _SERVER_ERROR:
        detail = f"{kind.title.lower()}; try again later"
    return ErrorResponse(
        kind=kind,
        detail=detail,
        path=path,
        request_id=request_id,
        fields=error.problems if isinstance(error, errors.InvalidInputError) else (),
        code=getattr(error, "code", None),
        issues=error.issues if isinstance(error, errors.ConflictError) else (),
        scope=error.scope if isinstance(error, errors.RateLimitedError) else None,
        kept_from=error.kept_from if isinstance(error, errors.NotKeptError) else None,
        headers={**_headers(error, kind), **(headers or {})},
    )


def _headers(error: KenshoError, kind: ProblemKind) -> dict[str, str]:
    if isinstance(error, errors.UnauthorizedError):
        return {"www-authenticate": CHALLENGE}
    if isinstance(
        error, errors.RateLimitedError | errors.OverloadedError | errors.UpstreamUnavailableError
    ):
        return {"retry-after": str(error.retry_after_s)}
    return {"retry-after": str(RETRY_AFTER_S)} if kind.status == 503 else {}  # noqa: PLR2004


def render_error(
    error: ErrorResponse, render_page: ErrorPageRenderer | None
) -> tuple[bytes, Headers]:
    """Return the body and headers that tell of an error: a page for people, or a problem.

    Nothing of it has the form of a secret, even where a client put one into a path or a field.
    """
    error = _redacted(error)
    page = render_page(error) if render_page is not None else None
    body, headers = (
        page if page is not None else (_encoded(error), [(b"content-type", MEDIA_TYPE.encode())])
    )
    given = {"cache-control": "no-store", **error.headers}
    lines = ((name.encode(), value.encode("latin-1", "replace")) for name, value in given.items())
    return body, [*headers, *lines]


def _encoded(error: ErrorResponse) -> bytes:
    """Return a problem as JSON."""
    kind = error.kind
    return msgspec.json.encode(
        Problem(
            type=_TYPE + kind.slug,
            title=kind.title,
            status=kind.status,
            detail=error.detail,
            instance=error.path,
            errors=[FieldError(*problem) for problem in error.fields],
            request_id=error.request_id,
            error=kind.slug,
            message=error.detail,
            code=error.code,
            issues=[Issue(*issue) for issue in error.issues] or None,
            scope=error.scope,
            kept_from=None if error.kept_from is None else KeptFrom(*error.kept_from),
            trace_id=_told_trace(),
        )
    )


def _told_trace() -> str | None:
    ids = REQUEST.get()
    return ids.trace_id if ids is not None and ids.tells_trace else None


def _redacted(error: ErrorResponse) -> ErrorResponse:
    return msgspec.structs.replace(
        error,
        detail=redacted_text(error.detail, is_prose=True),
        path=redacted_text(error.path, is_prose=True),
        fields=[_redacted_field(one) for one in error.fields],
        issues=[_redacted_field(one) for one in error.issues],
    )


def _redacted_field(problem: FieldProblem) -> FieldProblem:
    return FieldProblem(*(redacted_text(part, is_prose=True) for part in problem))
