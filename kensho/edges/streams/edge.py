"""The edge of streams as the composition sees it."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any, Final
from uuid import UUID

from litestar.types import ControllerRouterHandler
from typing_extensions import override

from kensho.api.providers import provided
from kensho.edges.accounts.edge import AccountsEdge
from kensho.edges.edge import Edge, EdgeCore, pages_router
from kensho.edges.provider.edge import ProviderEdge
from kensho.edges.streams.controllers import StreamController
from kensho.edges.streams.leases import Leases
from kensho.edges.streams.service import StreamMetrics, StreamParts, StreamService
from kensho.edges.streams.slots import ProviderSlots, origin_of
from kensho.edges.streams.watch_page import WatchPageController, WatchPages
from kensho.platform.resilience import Upstream, UpstreamRules
from kensho.web.page_context import WatchLink, WatchLinks

FOLDER: Final = Path(__file__).parent
_LOOK_EVERY_S: Final = 2.0


class LinkedWorks(WatchLinks):
    """Tells pages of works where they can be watched."""

    def __init__(self, provider: ProviderEdge) -> None:
        self._links = provider.links

    @property
    @override
    def revision(self) -> str:
        """Return what is another when other works can be watched."""
        return self._links.revision

    @override
    def of(self, work: UUID) -> WatchLink | None:
        """Return where a work is watched, if it can be."""
        return None if self._links.of(work) is None else WatchLink(f"/watch/{work}/1")


class StreamsEdge(Edge):
    """Streams, and the page that plays them."""

    def __init__(
        self,
        core: EdgeCore,
        accounts: AccountsEdge,
        provider: ProviderEdge,
    ) -> None:
        self._core = core
        settings = core.settings.provider
        named = settings.media_origins or (settings.url or "",)
        origins = [origin_of(one) for one in named]
        rules = UpstreamRules(
            connections=settings.connections, deadline_s=settings.deadline_s, failures=10
        )
        self._media = {
            origin: Upstream("provider_media", origin, rules, metrics=core.metrics.machine)
            for origin in origins
        }
        slots = ProviderSlots(provider.protocol, provider.keeper, self._media)
        self._leases = Leases(slots, provider.keeper.goes_on)
        accounts.sessions.on_ended(self._leases.end_session)
        self.watch_links: Final = LinkedWorks(provider)
        self.service: Final = StreamService(
            StreamParts(
                links=provider.links,
                keeper=provider.keeper,
                episodes=provider.episodes,
                leases=self._leases,
                watching=accounts.watching,
                metrics=StreamMetrics(core.metrics.registry, self._leases.__len__),
                snapshot=core.snapshot,
                now=core.now,
                clock_s=monotonic,
                label=lambda language: _spoken(core, language),
            )
        )
        self._pages = WatchPages(self.service, origins)

    @property
    @override
    def route_handlers(self) -> Sequence[ControllerRouterHandler]:
        """Return the routes of streams, and the page that plays them."""
        return (StreamController, pages_router(self._core, [WatchPageController]))

    @property
    @override
    def dependencies(self) -> Mapping[str, Any]:
        """Return what handlers ask for: `streams` and `watch_pages`."""
        return provided({"streams": lambda: self.service, "watch_pages": lambda: self._pages})

    @contextlib.asynccontextmanager
    @override
    async def open(self) -> AsyncGenerator[None]:
        """Evict leases while the block runs, then give all slots back."""
        following = asyncio.create_task(self._follow_links())
        try:
            async with contextlib.AsyncExitStack() as stack:
                for media in self._media.values():
                    await stack.enter_async_context(media)
                await stack.enter_async_context(self._leases.open())
                yield
        finally:
            following.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await following

    async def _follow_links(self) -> None:
        """Have pages made anew when other works can be watched."""
        seen = ""
        while True:
            if self.watch_links.revision != seen:
                seen = self.watch_links.revision
                self._core.begin_epoch("links", seen.encode())
            await asyncio.sleep(_LOOK_EVERY_S)


def _spoken(core: EdgeCore, language: str) -> str:
    """Return what a language is called, with its country where one is told."""
    primary, _, country = language.partition("-")
    name = core.page_services().renderer.messages.label("spoken", primary.lower())
    return f"{name} ({country})" if country and primary.lower() in _SEVERAL else name


_SEVERAL: Final = ("en", "es", "fr", "pt", "zh")
"""Languages that providers offer as spoken in several countries."""
