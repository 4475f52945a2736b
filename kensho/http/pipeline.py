"""The request pipeline: the one ASGI layer that every request passes before it is routed.

It gives the request its ids, finds its client, refuses hostile targets and foreign hosts, counts
against the limit, answers for CORS, sends kept answers, makes HEAD of GET, adds the common headers
and takes the time. It is one layer and not ten, because each costs a quarter of the throughput or
more. It wraps the application as a whole, so that 404 and 405 pass it too.
"""

from collections.abc import Callable
from random import Random
from time import perf_counter
from typing import Any, Final, NamedTuple, TypeAlias, cast

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from kensho.domain.searches import SearchOutcome
from kensho.errors import KenshoError
from kensho.http import compression, cross_origin, hosts, privacy, problem_details, request_guards
from kensho.http.cross_origin import CrossOriginRules
from kensho.http.event_stream import is_stream
from kensho.http.forwarding import TrustedProxies
from kensho.http.hosts import Hosts
from kensho.http.metrics import Metrics
from kensho.http.problem_details import ErrorPageRenderer, ErrorResponse, ProblemKind
from kensho.http.request_costs import KEPT_UNITS, REFUSED_UNITS
from kensho.http.request_state import RequestState, attach, outcome_of, was_found
from kensho.http.response_cache import EVERYBODY, CachedResponse, Key, ResponseCache
from kensho.http.response_tap import Headers, ResponseTap
from kensho.http.search_tally import OPENED, SearchTally
from kensho.http.shortcuts import DeclaredShortcut
from kensho.http.targets import Target, Targets
from kensho.http.tracing import Trace, read_trace
from kensho.platform import spans
from kensho.platform.logs import REQUEST, RequestIds
from kensho.platform.rate_limits import RateLimiter
from kensho.platform.settings import Settings
from kensho.platform.spans import RequestSpan, Tracing

_WANTED: Final = frozenset(
    (
        b"host",
        b"x-request-id",
        b"traceparent",
        b"if-none-match",
        b"accept-encoding",
        b"origin",
        b"cookie",
    )
)
_INTERNAL: Final = privacy.INTERNAL
"""Come by any address, and are never refused."""
_CLOSABLE: Final = ("1.0", "1.1")
_FROM_SNAPSHOT: Final = (200, 304)
_TOO_LONG: Final = ProblemKind(414, "target_too_long", "The request target is too long")
_BAD_HOST: Final = ProblemKind(400, "bad_host", "The request names no sound host")
_FOREIGN_HOST: Final = ProblemKind(400, "foreign_host", "This host is not served here")
_log = structlog.get_logger("kensho.api")

IdentityOf: TypeAlias = Callable[[], str | None]
"""Tells the identity of the snapshot that is served now; `None` while there is no read model."""


class Observability(NamedTuple):
    """What the pipeline reports to, and the clock-like things it needs."""

    metrics: Metrics
    random: Random
    slow_s: float
    tally: SearchTally | None = None
    """Counts searches, where that is asked for."""
    tracing: Tracing | None = None
    """Records requests, where spans are exported."""
    tells_trace: bool = False
    """Whether problem documents name the trace of their request."""


class AccessRules(NamedTuple):
    """Who may ask, how often, and under which names: the settings of the edge of the service."""

    hosts: Hosts
    proxies: TrustedProxies | None
    cross_origin: CrossOriginRules
    limiter: RateLimiter | None

    @classmethod
    def of(cls, settings: Settings) -> "AccessRules":
        """Return the rules that the settings make."""
        server, limit = settings.server, settings.limits
        return cls(
            hosts=Hosts(server.allowed_hosts, server.public_url),
            proxies=TrustedProxies(server.trusted_proxies) if server.trusted_proxies else None,
            cross_origin=CrossOriginRules(server.cors_origins),
            limiter=RateLimiter(limit.units, limit.window_s, limit.exempt) if limit.units else None,
        )


class RoutedApp(NamedTuple):
    """What the pipeline wraps: the application, the targets of its routes, its pages of errors."""

    app: ASGIApp
    targets: Targets
    render_page: ErrorPageRenderer | None = None


class RequestPipeline:
    """Wraps the application; kept answers must be of the snapshot that `identity` tells."""

    def __init__(
        self,
        routed: RoutedApp,
        cache: ResponseCache,
        identity: IdentityOf,
        rules: AccessRules,
        observability: Observability,
    ) -> None:
        self._app, self._targets, self._render_page = routed
        self._cache = cache
        self._identity = identity
        self._rules = rules
        self._observability = observability
        self._is_draining = False
        self.requests_begun = 0
        """How many requests have come, kept answers included."""

    def drain(self) -> None:
        """Ask clients from now on to go on elsewhere: each connection is closed with its answer."""
        self._is_draining = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        began = perf_counter()
        self.requests_begun += 1
        http = scope
        method: str = http["method"]
        if self._rules.proxies is not None:
            self._rules.proxies.apply(http)
        named = [pair for pair in http["headers"] if pair[0] in _WANTED]
        headers = dict(named)
        if len(headers) < len(named) and hosts.are_several(http):
            headers[b"host"] = hosts.SEVERAL
        trace, span = self._traced(headers, method)
        client = http["client"]
        REQUEST.set(
            RequestIds(
                trace.request_id.decode(),
                trace.trace_id.decode(),
                client[0] if client else "",
                trace.traceparent.decode(),
                self._observability.tells_trace,
            )
        )
        tap = ResponseTap(send, trace, head=method == "HEAD")
        tap.ends_connection = self._is_draining and http["http_version"] in _CLOSABLE
        metrics = self._observability.metrics
        metrics.requests_open += 1
        try:
            route = await self._recorded(span, http, receive, tap, headers)
        finally:
            metrics.requests_open -= 1
        seconds = None if is_stream(http) else perf_counter() - began
        metrics.count_request(method, route, tap.status, seconds)
        if seconds is not None and seconds > self._observability.slow_s:
            _log.warning(
                "slow request", path=http["path"], status=tap.status, seconds=round(seconds, 3)
            )

    def turn(self, most: int) -> list[Key]:
        """Forget answers of a snapshot that is not served any more; return which were hottest."""
        identity = self._identity()
        return [] if identity is None else self._cache.turn(identity, most)

    async def make_ready(self, scope: HTTPScope, key: Key, receive: Receive, send: Send) -> None:
        """Have an answer made and kept that nobody waits for; it is neither limited nor counted.

        Raises:
            KenshoError: there is no such target any more.
        """
        target = self._targets.canonical(key[0], key[1])
        _rewrite(scope, target)
        state = RequestState(
            request_id="",
            key=key,
            headers=cast("Headers", scope["headers"]),
            parameters=target.parameters,
            if_none_match=None,
            cache=self._cache,
            hosts=self._rules.hosts,
        )
        attach(scope, state)
        await self._app(scope, receive, send)
        self._observability.metrics.machine.count_cache("l1", "warmed")

    def _traced(self, headers: dict[bytes, bytes], method: str) -> tuple[Trace, RequestSpan | None]:
        """Return the ids of a request, and its span if it is recorded."""
        observability = self._observability
        trace = read_trace(
            headers.get(b"x-request-id"), headers.get(b"traceparent"), observability.random
        )
        if observability.tracing is None:
            return trace, None
        span = observability.tracing.begin(trace.span_ids, method, trace.request_id.decode())
        return trace.sampled(is_sampled=span is not None), span

    async def _recorded(
        self,
        span: RequestSpan | None,
        scope: HTTPScope,
        receive: Receive,
        tap: ResponseTap,
        headers: dict[bytes, bytes],
    ) -> str:
        """Answer the request, within its span if it has one; return the template of its route."""
        if span is None:
            return await self._serve(scope, receive, tap, headers)
        with spans.Within(span):
            route = await self._serve(scope, receive, tap, headers)
            span.answered(route, tap.status)
        return route

    async def _serve(
        self,
        scope: HTTPScope,
        receive: Receive,
        tap: ResponseTap,
        headers: dict[bytes, bytes],
    ) -> str:
        """Answer the request; return the template of its route, or nothing where it has none."""
        origin = headers.get(b"origin")
        tap.extra = self._rules.cross_origin.headers(scope["path"], origin)
        target = self._examined(scope, tap, headers)
        if isinstance(target, ErrorResponse):
            return await self._refuse(tap, self._limited(scope, tap, target) or target)
        if scope["method"] == "OPTIONS" and cross_origin.is_preflight(scope, origin):
            await tap.send_whole(204, cross_origin.PREFLIGHT, b"")
            return ""
        encoding = compression.choose_encoding(headers.get(b"accept-encoding", b"identity"))
        key: Key = (target.raw_path, target.query, encoding, EVERYBODY)
        is_read = scope["method"] in ("GET", "HEAD")
        if_none_match = headers.get(b"if-none-match") if is_read else None
        kept = self._kept(key) if is_read else None
        limited = self._limited(scope, tap, target if kept is None else None)
        if limited is not None:
            return await self._refuse(tap, limited)
        if kept is not None:
            self._observability.metrics.count_hit()
            self._observability.metrics.machine.count_cache("l1", "hit")
            await kept.send(if_none_match, tap.send)
            self._note(scope, kept.route, kept.outcome)
            return kept.route
        state = RequestState(
            request_id=tap.trace.request_id.decode(),
            key=key,
            headers=cast("Headers", scope["headers"]),
            parameters=target.parameters,
            if_none_match=if_none_match,
            cache=self._cache,
            hosts=self._rules.hosts,
            is_head=tap.head,
        )
        _rewrite(scope, target)
        return await self._route(scope, receive, tap, state, target.shortcut if is_read else None)

    async def _refuse(self, tap: ResponseTap, refusal: ErrorResponse) -> str:
        """Answer that the request is not served."""
        is_brief = refusal.kind in (_BAD_HOST, problem_details.RATE_LIMITED)
        render_page = None if is_brief else self._render_page
        body, lines = problem_details.render_error(refusal, render_page)
        await tap.send_whole(refusal.status, lines, body)
        return ""

    async def _route(
        self,
        scope: HTTPScope,
        receive: Receive,
        tap: ResponseTap,
        state: RequestState,
        shortcut: DeclaredShortcut | None,
    ) -> str:
        """Pass the request on to its shortcut or the application; return its route's template."""
        attach(scope, state)
        tap.scope = scope
        if tap.head:
            scope["method"] = "GET"
        parent = spans.CURRENT.get()
        making = None if parent is None else parent.part("snapshot", "answer")
        made = None if shortcut is None else shortcut.answer(scope, state.parameters)
        if made is None:
            await self._app(scope, receive, tap.send)
        else:
            await made(scope, receive, tap.send)
        route = str(cast("dict[str, Any]", scope).get("path_template", ""))
        self._note(scope, route, outcome_of(scope))
        if scope["method"] == "GET" and not scope["path"].startswith(_INTERNAL):
            is_made = self._count_layers(scope, tap.status)
            if is_made and making is not None:
                making.end()  # others are not exported: what is made elsewhere has parts of its own
        return route

    def _count_layers(self, scope: HTTPScope, status: int) -> bool:
        """Count where an answer was found that this process had not kept.

        Returns whether it was made from the snapshot.
        """
        if not privacy.is_public(scope):
            return False
        machine = self._observability.metrics.machine
        machine.count_cache("l1", "miss")
        is_made = status in _FROM_SNAPSHOT and not was_found(scope)
        if is_made:
            machine.count_cache("l3", "hit")
        return is_made

    def _note(self, scope: HTTPScope, route: str, outcome: SearchOutcome | None) -> None:
        """Count what a search found, or that a work was opened after one."""
        tally = self._observability.tally
        if tally is None:
            return
        if outcome is not None:
            client = scope["client"]
            counted = tally.searched(client[0] if client else "", outcome)
        elif tally.is_waiting and route in OPENED:
            client = scope["client"]
            counted = tally.opened(client[0] if client else "", scope["path"])
        else:
            return
        if counted is not None:
            self._observability.metrics.count_search(counted)

    def _examined(
        self, scope: HTTPScope, tap: ResponseTap, headers: dict[bytes, bytes]
    ) -> Target | ErrorResponse:
        """Return what the request asks for, or why it is not routed."""
        host = headers.get(b"host", b"")
        if not hosts.names_a_host(scope, host):
            return _refusal(scope, tap, _BAD_HOST, "it needs one Host header: a name or an address")
        if not self._rules.hosts.allows_any:
            refusal = self._of_foreign_host(scope, tap)
            if refusal is not None:
                return refusal
        # Some servers repeat the query in `raw_path`.
        path, query = scope["raw_path"].partition(b"?")[0], scope["query_string"]
        long = request_guards.too_long(path, query)
        if long is not None:
            detail = f"at most {long.limit_bytes} bytes of {long.part} are read"
            return _refusal(scope, tap, _TOO_LONG, detail)
        try:
            return self._targets.canonical(path, query, headers.get(b"cookie", b""))
        except KenshoError as error:
            request_id = tap.trace.request_id.decode()
            return problem_details.error_response(
                error, path=_shown_path(scope), request_id=request_id
            )

    def _limited(
        self, scope: HTTPScope, tap: ResponseTap, asked: Target | ErrorResponse | None
    ) -> ErrorResponse | None:
        """Charge the client for a request; return why it is not served, if it is not.

        `asked` is what is to be made, or why nothing is, and nothing if a kept answer is sent.
        """
        limiter = self._rules.limiter
        if limiter is None or scope["path"].startswith(_INTERNAL):
            return None
        client = scope["client"]
        name = limiter.name_of(client[0] if client else "")
        if name is None:
            return None
        decision = limiter.judge(name, self._cost(asked), perf_counter())
        tap.extra = [*tap.extra, *decision.headers]
        if decision.allowed:
            return None
        if self._rules.proxies is None and _is_forwarded(scope):
            _log.warning("proxy_limited_as_one_client", hint="list it in KENSHO_TRUSTED_PROXIES")
        detail = "this costs more than is left to you now; Retry-After says when it will not"
        return _refusal(scope, tap, problem_details.RATE_LIMITED, detail)

    def _cost(self, asked: Target | ErrorResponse | None) -> float:
        if asked is None:
            return KEPT_UNITS
        return REFUSED_UNITS if isinstance(asked, ErrorResponse) else self._targets.cost(asked)

    def _of_foreign_host(self, scope: HTTPScope, tap: ResponseTap) -> ErrorResponse | None:
        if scope["path"].startswith(_INTERNAL) or self._rules.hosts.lists(hosts.host_of(scope)):
            return None
        return _refusal(scope, tap, _FOREIGN_HOST, "the request's Host header names another one")

    def _kept(self, key: Key) -> CachedResponse | None:
        """Return the kept answer of a target: only public routes have any."""
        identity = self._identity()
        if identity is None:
            return None
        with spans.part("cache", "answers") as span:
            kept = self._cache.get(key, identity)
            if span is not None:
                span.note("cache.hit", kept is not None)
        return kept


def _rewrite(scope: HTTPScope, target: Target) -> None:
    """Have the application read the canonical spelling of a target."""
    scope["path"], scope["raw_path"] = target.path, target.raw_path
    scope["query_string"] = target.query


def _is_forwarded(scope: HTTPScope) -> bool:
    """Tell whether a proxy has passed the request on, if what it says is true."""
    return any(name in (b"forwarded", b"x-forwarded-for") for name, _ in scope["headers"])


def _refusal(scope: HTTPScope, tap: ResponseTap, kind: ProblemKind, detail: str) -> ErrorResponse:
    return ErrorResponse(
        kind=kind,
        detail=detail,
        path=_shown_path(scope),
        request_id=tap.trace.request_id.decode(),
    )


def _shown_path(scope: HTTPScope) -> str:
    """Return the path as an answer may repeat it: as much of it as is ever needed."""
    return scope["path"][: request_guards.MAX_PATH_BYTES]
