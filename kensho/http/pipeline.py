"""The front: the one ASGI layer that every request passes before it is routed.

It gives the request its ids, refuses hostile targets, counts against the limit, sends kept answers,
makes HEAD of GET, adds the common headers and takes the time. One layer and not seven, because each
costs a quarter of the throughput or more. It wraps the application as a
whole, so that 404 and 405 pass it too.
"""

from collections.abc import Callable
from http import HTTPStatus
from random import Random
from time import perf_counter
from typing import Any, Final, NamedTuple, TypeAlias, cast

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from kensho.errors import FieldProblem, InvalidInputError
from kensho.http import compression, privacy, problem_details, request_guards
from kensho.http.metrics import Metrics
from kensho.http.problem_details import ErrorPageRenderer, ErrorResponse, ProblemKind
from kensho.http.request_state import RequestState, attach
from kensho.http.response_cache import EVERYBODY, CachedResponse, Key, ResponseCache
from kensho.http.tracing import Trace, traced
from kensho.platform.logs import REQUEST, RequestIds
from kensho.platform.rate_limits import WINDOW_S, RateLimiter

_WANTED: Final = frozenset(
    (
        b"x-request-id",
        b"traceparent",
        b"if-none-match",
        b"accept-encoding",
        b"authorization",
        b"cookie",
    )
)
_UNLIMITED: Final = ("/health/", "/metrics")
"""Probes and scrapes come from inside and are never refused."""
_INVALID: Final = problem_details.kind_of(InvalidInputError(()))
_TOO_LONG: Final = ProblemKind(414, "target_too_long", "The request target is too long")
_LIMITED: Final = ProblemKind(429, "too_many_requests", "Too many requests")
_MISSING: Final = ProblemKind(404, "not_found", "There is no such thing")
_log = structlog.get_logger("kensho.api")

Headers = list[tuple[bytes, bytes]]
IdentityOf: TypeAlias = Callable[[], str | None]
"""Tells the identity of the snapshot that is served now; `None` while there is no read model."""


class RefusedRequest(NamedTuple):
    """Why a request is not routed."""

    kind: ProblemKind
    detail: str
    fields: list[FieldProblem]
    headers: Headers


class Observability(NamedTuple):
    """What the front reports to, and the clock-like things it needs.

    `page_of` tells viewers of a fault by a page.
    """

    metrics: Metrics
    limiter: RateLimiter | None
    random: Random
    slow_s: float
    page_of: ErrorPageRenderer | None = None


class RequestPipeline:
    """Wraps the application; kept answers must be of the snapshot that `identity` tells."""

    def __init__(
        self, app: ASGIApp, answers: ResponseCache, identity: IdentityOf, watch: Observability
    ) -> None:
        self._app = app
        self._answers = answers
        self._identity = identity
        self._watch = watch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        began = perf_counter()
        http = scope
        method: str = http["method"]
        wanted = {name: value for name, value in http["headers"] if name in _WANTED}
        trace = traced(wanted.get(b"x-request-id"), wanted.get(b"traceparent"), self._watch.random)
        REQUEST.set(RequestIds(trace.request_id.decode(), trace.trace_id.decode()))
        exchange = ResponseTap(send, trace, head=method == "HEAD")
        route = await self._serve(http, receive, exchange, wanted)
        seconds = perf_counter() - began
        self._watch.metrics.answered(method, route, exchange.status, seconds)
        if seconds > self._watch.slow_s:
            _log.warning(
                "slow request", path=http["path"], status=exchange.status, seconds=round(seconds, 3)
            )

    async def _serve(
        self,
        scope: HTTPScope,
        receive: Receive,
        exchange: "ResponseTap",
        wanted: dict[bytes, bytes],
    ) -> str:
        """Answer the request; return the template of its route, or nothing where it has none."""
        refusal, asked = self._examine(scope, exchange)
        if refusal is not None:
            await _refuse(scope, exchange, refusal, self._watch.page_of)
            return ""
        path, query = _target(scope)
        key: Key = (
            path,
            query,
            compression.negotiated(wanted.get(b"accept-encoding", b"identity")),
            EVERYBODY,
        )
        is_read = scope["method"] in ("GET", "HEAD")
        if_none_match = wanted.get(b"if-none-match") if is_read else None
        ready = self._kept(key) if is_read else None
        if ready is not None:
            self._watch.metrics.hit()
            await ready.send(if_none_match, exchange.send)
            return ready.route
        attach(
            scope,
            RequestState(
                request_id=exchange.trace.request_id.decode(),
                key=key,
                caller=privacy.caller_of(wanted.get(b"authorization"), wanted.get(b"cookie")),
                parameters=asked,
                if_none_match=if_none_match,
                cache=self._answers,
            ),
        )
        scope["state"]["page_of_fault"] = self._watch.page_of
        exchange.scope = scope
        if exchange.head:
            scope["method"] = "GET"
        await self._app(scope, receive, exchange.send)
        return str(cast("dict[str, Any]", scope).get("path_template", ""))

    def _examine(
        self, scope: HTTPScope, exchange: "ResponseTap"
    ) -> tuple[RefusedRequest | None, dict[str, str]]:
        limited = self._limited(scope, exchange)
        return (limited, {}) if limited else _examined(scope)

    def _limited(self, scope: HTTPScope, exchange: "ResponseTap") -> RefusedRequest | None:
        limiter = self._watch.limiter
        if limiter is None or scope["path"].startswith(_UNLIMITED):
            return None
        client = scope["client"]
        verdict = limiter.judge(client[0] if client else "", perf_counter())
        exchange.extra = verdict.headers
        return (
            None
            if verdict.allowed
            else RefusedRequest(_LIMITED, f"more than allowed in {WINDOW_S} s", [], [])
        )

    def _kept(self, key: Key) -> CachedResponse | None:
        """Return the kept answer of a target: only public routes have any."""
        identity = self._identity()
        return None if identity is None else self._answers.kept(key, identity)


class ResponseTap:
    """One answer on its way out: adds common headers, drops HEAD's body, notes the status.

    `scope` is set once the request goes on to its route. An answer of a route that is not declared
    public leaves as private, whatever made it: a handler, a guard or an error.
    """

    __slots__ = ("_send", "extra", "head", "scope", "status", "trace")

    def __init__(self, send: Send, trace: Trace, *, head: bool) -> None:
        self._send = send
        self.trace = trace
        self.head = head
        self.extra: Headers = []
        self.scope: Scope | None = None
        self.status = 0

    async def send(self, message: Message) -> None:
        """Pass a message of the answer on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = message["headers"]
            if self.scope is not None and privacy.is_private(self.scope):
                headers = privacy.made_private(headers)
            message["headers"] = [
                *headers,
                (b"x-request-id", self.trace.request_id),
                (b"traceparent", self.trace.traceparent),
                (b"x-content-type-options", b"nosniff"),
                *self.extra,
            ]
        elif self.head and message["type"] == "http.response.body":
            message["body"] = b""
        await self._send(message)


def _target(scope: HTTPScope) -> tuple[bytes, bytes]:
    """Return the raw path and query; some servers repeat the query in `raw_path`."""
    return scope["raw_path"].partition(b"?")[0], scope["query_string"]


def _examined(scope: HTTPScope) -> tuple[RefusedRequest | None, dict[str, str]]:
    """Return why the target is refused, if it is, and its query parameters."""
    path, query = _target(scope)
    long = request_guards.too_long(path, query)
    if long is not None:
        return RefusedRequest(
            _TOO_LONG, f"at most {long.limit_bytes} bytes of {long.part} are read", [], []
        ), {}
    try:
        request_guards.check_path(path)
        asked = request_guards.parameters(query) if query else {}
    except InvalidInputError as error:
        return RefusedRequest(_INVALID, error.message, list(error.problems), []), {}
    if len(path) > 1 and (path.endswith(b"/") or b"//" in path):
        return RefusedRequest(
            _MISSING, "no path here ends with a slash or has an empty part", [], []
        ), {}
    return None, asked


async def _refuse(
    scope: HTTPScope,
    exchange: ResponseTap,
    refusal: RefusedRequest,
    page_of: ErrorPageRenderer | None,
) -> None:
    fault = ErrorResponse(
        refusal.kind.status,
        refusal.kind.slug,
        refusal.detail,
        scope["path"][: request_guards.MAX_PATH_BYTES],
        exchange.trace.request_id.decode(),
        refusal.fields,
    )
    body, media_type, further = problem_details.render_error(fault, refusal.kind, page_of)
    headers: Headers = [
        (b"content-type", media_type.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        *((name.encode(), value.encode()) for name, value in further.items()),
        *refusal.headers,
    ]
    await exchange.send(
        {
            "type": "http.response.start",
            "status": HTTPStatus(refusal.kind.status),
            "headers": headers,
        }
    )
    await exchange.send({"type": "http.response.body", "body": body, "more_body": False})
