"""The guard that limits the requests a minute of edges' routes; their answers say what is left.

    Router("/", route_handlers=[...], guards=[limited])

Routes for managers (`MANAGER_GUARDS`) have the limit of managers, and all others that of viewers. A
client is its session or its manager where somebody is signed in, else its address, unless that is
exempt from limits (`KENSHO_RATE_LIMIT_EXEMPT`). The headers `RateLimit` and `RateLimit-Policy` of
such an answer are of this limit and not of what discovery may cost.

Whatever limit refuses a request of an edge's route (this one, or one that its handler has) is
counted by its scope and logged, where the error becomes an answer: `counted_throttle`.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeAlias, cast

import structlog
from litestar import Request, Response
from litestar.handlers import BaseRouteHandler
from prometheus_client import CollectorRegistry, Counter

from kensho.errors import KenshoError, RateLimitedError
from kensho.http.authentication import AccessControl, Caller, Connection, manager_only
from kensho.http.request_state import leave_limit
from kensho.platform.rate_limits import RateLimiter
from kensho.platform.sliding_limits import MANAGERS, VIEWERS, LimitRule, SlidingLimits

STATE: Final = "edge_limits"
"""Where the state of the application has the `EdgeLimits`."""
LIMITS_ITSELF: Final = "limits_itself"
"""The option of a handler that asks for the limit itself, for some of its requests."""

BYPASS_HEADER: Final = "x-limit-bypass"
_NO_SCOPE: Final = "other"
_log: Final = structlog.get_logger("kensho.edges")

Throttled: TypeAlias = Callable[[LimitRule, Caller | None], Awaitable[None]]
"""Is told of every request that a limit refuses: the limit, and who asked, where that is known."""
Bypass: TypeAlias = Callable[[str], bool]
"""Tells whether a value of `BYPASS_HEADER` is good."""


class EdgeLimits:
    """Counts requests of edges' routes; `access` finds who asks, where anybody can sign in."""

    def __init__(
        self,
        limits: SlidingLimits,
        access: AccessControl | None,
        exempt: Sequence[str],
        throttled: Throttled | None = None,
        *,
        registry: CollectorRegistry | None = None,
        bypass: Bypass | None = None,
    ) -> None:
        self._limits = limits
        self._access = access
        self._throttled = throttled
        self._bypass = bypass
        self._addresses = RateLimiter(1, 1, exempt)  # knows which addresses are one client's
        self._refused = Counter(
            "kensho_throttled_requests",
            "Requests of edges' routes that a limit refused, by limit.",
            ("scope",),
            registry=registry,
        )
        self._bypassed = Counter(
            "kensho_limit_bypassed_requests",
            "Requests of edges' routes that passed the limits by a sealed header.",
            registry=registry,
        )

    def count(self, error: RateLimitedError) -> None:
        """Count and log a request that a limit refused; scopes are names of ours alone."""
        scope = error.scope or _NO_SCOPE
        self._refused.labels(scope).inc()
        _log.warning("throttled", scope=scope, retry_after_s=error.retry_after_s)

    async def check(self, connection: Connection, rule: LimitRule) -> None:
        """Count a request.

        Raises:
            RateLimitedError: there were too many in the last minute.
        """
        if self._bypass is not None and self._bypass(connection.headers.get(BYPASS_HEADER, "")):
            self._bypassed.inc()
            return
        caller = await self._caller(connection)
        client = self._name_of(connection, caller)
        if client is None:
            return
        decision = await self._limits.judge(rule, client)
        leave_limit(connection.scope, decision.headers)
        if not decision.allowed:
            if self._throttled is not None:
                await self._throttled(rule, caller)
            raise RateLimitedError(
                f"at most {rule.requests} requests in {rule.window_s} seconds",
                retry_after_s=decision.retry_after_s,
                scope=rule.scope,
            )

    async def _caller(self, connection: Connection) -> Caller | None:
        """Return who asks, where somebody is signed in and that can be told."""
        if self._access is None:
            return None
        try:
            return await self._access.identify(connection)
        except KenshoError:  # whoever needs to know who asks is told why that is not known
            return None

    def _name_of(self, connection: Connection, caller: Caller | None) -> str | None:
        """Return who is counted; `None` for an address that is exempt."""
        if caller is not None:
            return f"caller {caller.key}"
        address = connection.client.host if connection.client else ""
        name = self._addresses.name_of(address)
        return None if name is None else f"address {name}"


def limits_of(connection: Connection) -> EdgeLimits:
    """Return what counts requests of edges' routes."""
    return cast("EdgeLimits", cast("Any", connection.app.state)[STATE])


async def limited(connection: Connection, handler: BaseRouteHandler) -> None:
    """Let as many requests of a client pass as the limit of their route says.

    Raises:
        RateLimitedError: there were more.
    """
    if handler.opt.get(LIMITS_ITSELF):
        return
    guards: list[Any] = cast("Any", handler).resolve_guards()
    rule = MANAGERS if manager_only in guards else VIEWERS
    await limits_of(connection).check(connection, rule)


def counted_throttle(request: Request[Any, Any, Any], error: RateLimitedError) -> Response[Any]:
    """Count a refused request and answer as the application does: an exception handler."""
    limits_of(request).count(error)
    respond: Any = cast("Any", request.app).exception_handlers[KenshoError]
    return cast("Response[Any]", respond(request, error))
