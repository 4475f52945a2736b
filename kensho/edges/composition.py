"""Builds the edges that are switched on, and opens and closes what they need together.

`Edges.of` is called by the composition root alone, and only where an edge is switched on.
"""

import contextlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from litestar import Controller, Litestar
from litestar.types import ControllerRouterHandler
from typing_extensions import override

from kensho.edges.accounts import edge as accounts_edge
from kensho.edges.accounts.authentication import SECURITY_SCHEMES
from kensho.edges.accounts.edge import AccountsEdge
from kensho.edges.accounts.limits import LimitedCallers, Throttles
from kensho.edges.edge import Edge, EdgeCore
from kensho.edges.portal.edge import PortalEdge
from kensho.edges.provider.edge import ProviderEdge
from kensho.edges.store import EdgeStore, edge_store_settings
from kensho.edges.streams import edge as streams_edge
from kensho.edges.streams.edge import StreamsEdge
from kensho.http import edge_limits
from kensho.http.authentication import AccessControl
from kensho.http.edge_limits import EdgeLimits
from kensho.http.extension import Extension
from kensho.platform.edge_settings import EdgeName
from kensho.platform.machine_metrics import MachineMetrics
from kensho.platform.settings import RedisSettings
from kensho.platform.sliding_limits import SlidingLimits
from kensho.web.page_context import WatchLinks

if TYPE_CHECKING:
    from kensho.platform.redis import RedisDoor

_OF_SESSIONS: Final[frozenset[EdgeName]] = frozenset(("accounts", "provider", "streams", "portal"))
"""Edges that need somebody to be signed in."""


def folders_of(names: Sequence[EdgeName]) -> Sequence[Path]:
    """Return the folders of pages of the edges that are switched on."""
    of_sessions = (accounts_edge.FOLDER,) if _OF_SESSIONS.intersection(names) else ()
    return (*of_sessions, *(streams_edge.folders() if "streams" in names else ()))


class Edges(Extension):
    """The edges that are switched on, as one extension of the application."""

    def __init__(
        self,
        store: EdgeStore,
        edges: Sequence[Edge],
        accounts: AccountsEdge | None,
        streams: StreamsEdge | None,
        redis: "RedisDoor | None",
        limits: EdgeLimits | None,
    ) -> None:
        self._store = store
        self._edges = edges
        self._accounts = accounts
        self._streams = streams
        self._redis = redis
        self._limits = limits

    @classmethod
    def of(cls, core: EdgeCore) -> "Edges":
        """Build the edges that the settings switch on; nothing is opened yet."""
        names = core.settings.edges.names
        store = EdgeStore(edge_store_settings(core.settings))
        redis = _redis(core.settings.redis)
        edges: list[Edge] = []
        accounts: AccountsEdge | None = None
        limits: EdgeLimits | None = None
        if _OF_SESSIONS.intersection(names):
            accounts = AccountsEdge(core, store, redis)
            edges.append(accounts)
            limits = _limits(core, accounts, redis)
        streams: StreamsEdge | None = None
        if accounts is not None and "provider" in names:
            metrics = MachineMetrics(core.metrics.registry)
            provider = ProviderEdge(core, accounts, metrics)
            edges.append(provider)
            if "streams" in names:
                streams = StreamsEdge(core, accounts, provider, metrics)
                edges.append(streams)
        if accounts is not None and "portal" in names:
            edges.append(PortalEdge(core, store))
        return cls(store, edges, accounts, streams, redis, limits)

    @property
    @override
    def route_handlers(self) -> Sequence[ControllerRouterHandler]:
        """Return the routes of all edges."""
        return [handler for edge in self._edges for handler in edge.route_handlers]

    @property
    @override
    def dependencies(self) -> Mapping[str, Any]:
        """Return what their handlers ask for."""
        return {name: one for edge in self._edges for name, one in edge.dependencies.items()}

    @property
    @override
    def replaced_pages(self) -> frozenset[type[Controller]]:
        """Return the pages of the core in whose place there are others."""
        return frozenset(one for edge in self._edges for one in edge.replaced_pages)

    @property
    @override
    def replaced_controllers(self) -> frozenset[type[Controller]]:
        """Return the controllers of the core's API in whose place there are others."""
        return frozenset(one for edge in self._edges for one in edge.replaced_controllers)

    @property
    @override
    def state(self) -> Mapping[str, object]:
        """Return what counts requests of edges' routes, for their guards."""
        return {} if self._limits is None else {edge_limits.STATE: self._limits}

    @property
    @override
    def access(self) -> AccessControl | None:
        """Return what finds out who asks: accounts, or managers by their tokens."""
        return None if self._accounts is None else self._accounts.access

    @property
    @override
    def security_schemes(self) -> Mapping[str, Mapping[str, str]]:
        """Return how the API's document says that one signs in."""
        return {} if self._accounts is None else SECURITY_SCHEMES

    @property
    @override
    def watch_links(self) -> WatchLinks | None:
        """Return where works can be watched, where streams are offered."""
        return None if self._streams is None else self._streams.watch_links

    @contextlib.asynccontextmanager
    @override
    async def open(self, _app: Litestar) -> AsyncGenerator[None]:
        """Open the store and each edge, in the order in which they build on one another."""
        async with contextlib.AsyncExitStack() as stack:
            if self._redis is not None:
                await stack.enter_async_context(self._redis)
            await stack.enter_async_context(self._store.open())
            for edge in self._edges:
                await stack.enter_async_context(edge.open())
            yield

    @override
    def close_streams(self) -> None:
        """End answers that would go on for ever."""
        for edge in self._edges:
            edge.close_streams()


def _limits(core: EdgeCore, accounts: AccountsEdge, redis: "RedisDoor | None") -> EdgeLimits:
    """Return what limits requests a minute of edges' routes."""
    throttles = Throttles(accounts.audit, core.metrics.registry)
    callers = LimitedCallers(accounts.access)
    return EdgeLimits(SlidingLimits(redis), callers.session_of, throttles.note)


def _redis(settings: RedisSettings) -> "RedisDoor | None":
    """Return the door to Redis, where that is set."""
    if settings.url is None:
        return None
    from kensho.platform.redis import RedisDoor  # noqa: PLC0415 -- else nothing needs the library

    return RedisDoor(settings)
