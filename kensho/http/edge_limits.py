"""Guards that limit the requests a minute of edges' routes; their answers say what is left.

    guards = [limited(VIEWERS)]

A client is its session where it has one, else its address. The headers `RateLimit` and
`RateLimit-Policy` of such an answer are of this limit and not of what discovery may cost.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias, cast

from litestar.handlers import BaseRouteHandler

from kensho.errors import RateLimitedError
from kensho.http.authentication import Connection, Guard
from kensho.http.request_state import leave_limit
from kensho.platform.rate_limits import RateLimiter
from kensho.platform.sliding_limits import LimitRule, SlidingLimits

STATE: Final = "edge_limits"
"""Where the state of the application has the `EdgeLimits`."""
_ADDRESSES: Final = RateLimiter(1, 1)
"""Knows which addresses are one client's; it limits nothing."""

SessionOf: TypeAlias = Callable[[Connection], Awaitable[str | None]]
"""Tells the session or account that a request is surely of: what it claims is checked before."""
Throttled: TypeAlias = Callable[[LimitRule, str], Awaitable[None]]
"""Is told of every request that a limit refuses: the limit, and its client."""


class EdgeLimits:
    """Counts requests of edges' routes; `session_of` finds who asks."""

    def __init__(
        self, limits: SlidingLimits, session_of: SessionOf, throttled: Throttled | None = None
    ) -> None:
        self._limits = limits
        self._session_of = session_of
        self._throttled = throttled

    async def check(self, connection: Connection, rule: LimitRule) -> None:
        """Count a request.

        Raises:
            RateLimitedError: there were too many in the last minute.
        """
        session = await self._session_of(connection)
        address = connection.client.host if connection.client else ""
        client = f"session {session}" if session else f"address {_ADDRESSES.name_of(address)}"
        decision = await self._limits.judge(rule, client)
        leave_limit(connection.scope, decision.headers)
        if not decision.allowed:
            if self._throttled is not None:
                await self._throttled(rule, client)
            raise RateLimitedError(
                f"at most {rule.requests} requests in {rule.window_s} seconds",
                retry_after_s=decision.retry_after_s,
                scope=rule.scope,
            )


def limits_of(connection: Connection) -> EdgeLimits:
    """Return what counts requests of edges' routes."""
    return cast("EdgeLimits", cast("Any", connection.app.state)[STATE])


def limited(rule: LimitRule) -> Guard:
    """Return the guard that lets as many requests of a client pass as the rule says."""

    async def guard(connection: Connection, _handler: BaseRouteHandler) -> None:
        await limits_of(connection).check(connection, rule)

    return guard
