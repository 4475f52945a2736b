"""The guard that limits the requests a minute of edges' routes; their answers say what is left.

    Router("/", route_handlers=[...], guards=[limited])

Routes for managers (`MANAGER_GUARDS`) have the limit of managers, and all others that of viewers. A
client is its session or its manager where somebody is signed in, else its address, unless that is
exempt from limits (`KENSHO_RATE_LIMIT_EXEMPT`). The headers `RateLimit` and `RateLimit-Policy` of
such an answer are of this limit and not of what discovery may cost.
"""

from collections.abc import Sequence
from typing import Any, Final, cast

from litestar.handlers import BaseRouteHandler

from kensho.errors import KenshoError, RateLimitedError
from kensho.http.authentication import AccessControl, Connection, manager_only
from kensho.http.request_state import leave_limit
from kensho.platform.rate_limits import RateLimiter
from kensho.platform.sliding_limits import MANAGERS, VIEWERS, LimitRule, SlidingLimits

STATE: Final = "edge_limits"
"""Where the state of the application has the `EdgeLimits`."""


class EdgeLimits:
    """Counts requests of edges' routes; `access` finds who asks, where anybody can sign in."""

    def __init__(
        self, limits: SlidingLimits, access: AccessControl | None, exempt: Sequence[str]
    ) -> None:
        self._limits = limits
        self._access = access
        self._addresses = RateLimiter(1, 1, exempt)  # knows which addresses are one client's

    async def check(self, connection: Connection, rule: LimitRule) -> None:
        """Count a request.

        Raises:
            RateLimitedError: there were too many in the last minute.
        """
        client = await self._client(connection)
        if client is None:
            return
        decision = await self._limits.judge(rule, client)
        leave_limit(connection.scope, decision.headers)
        if not decision.allowed:
            raise RateLimitedError(
                f"at most {rule.requests} requests in {rule.window_s} seconds",
                retry_after_s=decision.retry_after_s,
                scope=rule.scope,
            )

    async def _client(self, connection: Connection) -> str | None:
        """Return who is counted; `None` for an address that is exempt."""
        if self._access is not None:
            try:
                return f"caller {(await self._access.identify(connection)).key}"
            except KenshoError:
                pass  # whoever needs to know who asks is told why that is not known
        address = connection.client.host if connection.client else ""
        name = self._addresses.name_of(address)
        return None if name is None else f"address {name}"


async def limited(connection: Connection, handler: BaseRouteHandler) -> None:
    """Let as many requests of a client pass as the limit of their route says.

    Raises:
        RateLimitedError: there were more.
    """
    guards = cast("list[Any]", handler.resolve_guards())
    rule = MANAGERS if manager_only in guards else VIEWERS
    limits = cast("EdgeLimits", cast("Any", connection.app.state)[STATE])
    await limits.check(connection, rule)
