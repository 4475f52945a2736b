"""Builds the edges that are switched on, and opens and closes what they need together.

`Edges.of` is called by the composition root alone, and only where an edge is switched on.
"""

import contextlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import structlog
from litestar import Controller, Litestar, Router
from litestar.types import ControllerRouterHandler
from typing_extensions import override

from kensho.edges.accounts import edge as accounts_edge
from kensho.edges.accounts.authentication import SECURITY_SCHEMES
from kensho.edges.accounts.edge import AccountsEdge
from kensho.edges.accounts.limits import Throttles
from kensho.edges.client_logs import edge as client_logs_edge
from kensho.edges.client_logs.edge import ClientLogsEdge
from kensho.edges.edge import Edge, EdgeCore
from kensho.edges.playback.edge import PlaybackEdge
from kensho.edges.playback.events import Player
from kensho.edges.player import page_parts
from kensho.edges.portal import edge as portal_edge
from kensho.edges.portal.edge import PortalEdge
from kensho.edges.provider.edge import ProviderEdge
from kensho.edges.store import EdgeStore, edge_store_settings
from kensho.edges.streams import edge as streams_edge
from kensho.edges.streams.edge import StreamsEdge
from kensho.errors import RateLimitedError
from kensho.http import edge_limits
from kensho.http.authentication import AccessControl
from kensho.http.edge_limits import Bypass, EdgeLimits, counted_throttle, limited
from kensho.http.extension import Extension
from kensho.http.problem_details import TELLS_CODE
from kensho.platform.edge_settings import EdgeName
from kensho.platform.flags import Flags
from kensho.platform.sliding_limits import SlidingLimits
from kensho.platform.timed_seals import LimitBypass
from kensho.web.page_context import SeveralLinks, WatchLinks

_log: Final = structlog.get_logger("kensho.edges")
_OF_SESSIONS: Final[frozenset[EdgeName]] = frozenset(
    ("accounts", "provider", "streams", "portal", "generation")
)
"""Edges that need somebody to be signed in."""
_GENERATION: Final = Path(__file__).parent / "generation"
"""Its folder of pages; the edge itself is imported where it is switched on."""


def folders_of(names: Sequence[EdgeName]) -> Sequence[Path]:
    """Return the folders of pages of the edges that are switched on."""
    accounts = (accounts_edge.FOLDER,) if _OF_SESSIONS.intersection(names) else ()
    player = page_parts.folders() if {"streams", "portal"}.intersection(names) else ()
    streams = (streams_edge.FOLDER,) if "streams" in names else ()
    portal = (portal_edge.FOLDER,) if "portal" in names else ()
    generation = (_GENERATION,) if "generation" in names else ()
    return (*accounts, *player, *streams, *portal, *generation, client_logs_edge.FOLDER)


class Edges(Extension):
    """The edges that are switched on, as one extension of the application."""

    def __init__(
        self,
        store: EdgeStore,
        edges: Sequence[Edge],
        accounts: AccountsEdge | None,
        limits: EdgeLimits,
        watch_links: WatchLinks | None,
    ) -> None:
        self._store = store
        self._edges = edges
        self._accounts = accounts
        self._limits = limits
        self._watch_links = watch_links

    @classmethod
    def of(cls, core: EdgeCore) -> "Edges":
        """Build the edges that the settings switch on; nothing is opened yet."""
        names = core.settings.edges.names
        store = EdgeStore(edge_store_settings(core.settings))
        edges: list[Edge] = []
        accounts: AccountsEdge | None = None
        if _OF_SESSIONS.intersection(names):
            accounts = AccountsEdge(core, store)
            edges.append(accounts)
        watch_links: list[WatchLinks] = []
        players: list[Player] = []
        if accounts is not None and "provider" in names:
            provider = ProviderEdge(core, accounts)
            edges.append(provider)
            if "streams" in names:
                streams = StreamsEdge(core, accounts, provider)
                edges.append(streams)
                watch_links.append(streams.watch_links)
                players.append(streams.service)
        if accounts is not None and "portal" in names:
            portal = PortalEdge(core, store, accounts)
            edges.append(portal)
            watch_links.append(portal.watch_links)
            players.append(portal.players)
        edges.extend([PlaybackEdge(core, players)] if players else [])
        if accounts is not None and "generation" in names:
            edges.append(_generation(core, accounts, store))
        if Flags.read(core.settings.flags.file).is_on("client_logs"):
            edges.append(ClientLogsEdge(core))
        access = None if accounts is None else accounts.access
        limits = EdgeLimits(
            SlidingLimits(core.redis),
            access,
            core.settings.limits.exempt,
            None if accounts is None else Throttles(accounts.audit).note,
            registry=core.metrics.registry,
            bypass=_bypass(core),
        )
        return cls(
            store, edges, accounts, limits, SeveralLinks(watch_links) if watch_links else None
        )

    @property
    @override
    def route_handlers(self) -> Sequence[ControllerRouterHandler]:
        """Return the routes of all edges, each with its limit, whose problems have codes."""
        handlers = [handler for edge in self._edges for handler in edge.route_handlers]
        told = {TELLS_CODE: True}
        counted: Any = {RateLimitedError: counted_throttle}
        return (
            Router(
                "/",
                route_handlers=handlers,
                guards=[limited],
                opt=told,
                exception_handlers=counted,
            ),
        )

    @property
    @override
    def dependencies(self) -> Mapping[str, Any]:
        """Return what their handlers ask for."""
        return {name: one for edge in self._edges for name, one in edge.dependencies.items()}

    @property
    @override
    def replaced_pages(self) -> frozenset[type[Controller]]:
        """Return the pages of the core in whose place there are others."""
        return frozenset(page for edge in self._edges for page in edge.replaced_pages)

    @property
    @override
    def replaced_controllers(self) -> frozenset[type[Controller]]:
        """Return the controllers of the core's API in whose place there are others."""
        return frozenset(one for edge in self._edges for one in edge.replaced_controllers)

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
        """Return where works can be watched, where streams or films are offered."""
        return self._watch_links

    @override
    def offers(self) -> Mapping[str, bool]:
        """Return what people can do with all edges, and whether they can now."""
        return {name: now for edge in self._edges for name, now in edge.offers().items()}

    @contextlib.asynccontextmanager
    @override
    async def open(self, app: Litestar) -> AsyncGenerator[None]:
        """Open the store and each edge, in the order in which they build on one another."""
        app.state[edge_limits.STATE] = self._limits
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(self._store.open())
            for edge in self._edges:
                await stack.enter_async_context(edge.open())
            yield

    @override
    def close_streams(self) -> None:
        """End answers that would go on for ever."""
        for edge in self._edges:
            edge.close_streams()


def _generation(core: EdgeCore, accounts: AccountsEdge, store: EdgeStore) -> Edge:
    from kensho.edges.generation.edge import (  # noqa: PLC0415 -- brings obstore and httpx-sse
        GenerationEdge,
    )

    return GenerationEdge(core, accounts, store)


def _bypass(core: EdgeCore) -> Bypass | None:
    """Return what tells whose requests pass limits, where that is switched on."""
    if not core.settings.limits.bypass:
        return None
    _log.warning("limits_can_be_passed", hint="KENSHO_RATE_LIMIT_BYPASS is for tests of load")
    return LimitBypass(core.keys, core.now).is_good
