"""The edge of the film portal as the composition sees it."""

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import structlog
from litestar import Controller, Router
from litestar.types import ControllerRouterHandler
from typing_extensions import override

from kensho.api.movies import MoviesController
from kensho.api.providers import provided
from kensho.edges.accounts.account_store import AccountStore
from kensho.edges.accounts.edge import AccountsEdge
from kensho.edges.edge import Edge, EdgeCore, pages_router
from kensho.edges.portal.admin_pages import FilmAdmin, FilmListController, NewFilmController
from kensho.edges.portal.captions import CaptionReader
from kensho.edges.portal.editing_api import CaptionUploadController, MovieEditingController
from kensho.edges.portal.film_admin_page import CaptionFileController, FilmAdminController
from kensho.edges.portal.film_page import FilmPages, WatchFilmPageController
from kensho.edges.portal.movie_store import MovieStore
from kensho.edges.portal.movies import OverviewMovie
from kensho.edges.portal.movies_api import PortalMoviesController, PortalReading
from kensho.edges.portal.origins_api import OriginController, OriginParts
from kensho.edges.portal.seals import SourceSeals
from kensho.edges.portal.service import PortalParts, PortalService
from kensho.edges.portal.sources import SourceProber, fetcher_of
from kensho.edges.portal.ticket_keys import TicketKeyFile
from kensho.edges.portal.tickets import Tickets
from kensho.edges.portal.viewing import FilmPlayers, ViewingMetrics, ViewingService
from kensho.edges.portal.viewing_api import (
    CaptionController,
    StreamTokenController,
    ViewerParts,
)
from kensho.edges.portal.watch_links import FilmLinks
from kensho.edges.store import EdgeStore
from kensho.errors import KenshoError, StorageError
from kensho.platform.flags import Flags
from kensho.platform.settings import Settings

FOLDER: Final = Path(__file__).parent
_LOOK_EVERY_S: Final = 2.0
"""Between looks whether another process has changed a film."""
_RECHECK_EVERY_S: Final = 60.0
_RECHECKED_AT_ONCE: Final = 20
_KEPT: Final = dt.timedelta(days=30)
"""For so long it is told who watched what."""
_log: Final = structlog.get_logger("kensho.edges")


class PortalEdge(Edge):
    """Films that managers publish, and the tickets that play them."""

    def __init__(self, core: EdgeCore, store: EdgeStore, accounts: AccountsEdge) -> None:
        settings = core.settings.portal
        self._core = core
        self._edge_store = store
        core.renderer.offer_films()
        self.watch_links: Final = FilmLinks()
        self.store: Final = MovieStore(store.gateway)
        seals = SourceSeals(core.keys)
        self.service: Final = PortalService(service_parts(core.settings, self.store, seals, core))
        self._admin = FilmAdmin(
            service=self.service,
            store=self.store,
            seals=seals,
            audit=accounts.audit,
            accounts=AccountStore(store.gateway),
            flags=Flags.read(core.settings.flags.file),
            snapshot=core.snapshot,
            now=core.now,
            loopback_allowed=settings.loopback,
        )
        self._reading = PortalReading(self.store, seals, lambda: core.snapshot().model, core.now)
        keys = TicketKeyFile(settings.keys_file, core.now)
        viewing = ViewingService(
            self.store,
            Tickets(keys, settings.ticket_s, core.now),
            settings.edge_url,
            core.now,
            ViewingMetrics(core.metrics.registry),
        )
        self.players: Final = FilmPlayers(self.store, core.now)
        self._keys = keys
        self._film_pages = FilmPages(self.store, core.now, settings.edge_url)
        self._viewers = ViewerParts(viewing, self.store)
        fetcher = fetcher_of(settings)
        self._origins = OriginParts(viewing, seals, fetcher, settings.edge_secret)

    @property
    @override
    def route_handlers(self) -> Sequence[ControllerRouterHandler]:
        """Return the routes of films, of managers, viewers and the edge, and the pages."""
        # Controllers that share paths are taken together by a router alone.
        return (
            Router(
                "/",
                route_handlers=[
                    PortalMoviesController,
                    MovieEditingController,
                    CaptionUploadController,
                    StreamTokenController,
                    CaptionController,
                    OriginController,
                ],
            ),
            pages_router(
                self._core,
                [
                    WatchFilmPageController,
                    FilmListController,
                    NewFilmController,
                    FilmAdminController,
                    CaptionFileController,
                ],
            ),
        )

    @property
    @override
    def replaced_controllers(self) -> frozenset[type[Controller]]:
        """Return the core's films, in whose place are those with the portal's."""
        return frozenset((MoviesController,))

    @property
    @override
    def dependencies(self) -> Mapping[str, Any]:
        """Return what handlers ask for: `portal`, `viewers`, `origins`, and what pages need."""
        return provided(
            {
                "film_pages": lambda: self._film_pages,
                "film_admin": lambda: self._admin,
                "portal": lambda: self._reading,
                "portal_service": lambda: self.service,
                "viewers": lambda: self._viewers,
                "origins": lambda: self._origins,
            }
        )

    @override
    def offers(self) -> Mapping[str, bool]:
        """Say whether films can be watched."""
        return {"films": self._edge_store.is_open}

    @contextlib.asynccontextmanager
    @override
    async def open(self) -> AsyncGenerator[None]:
        """Look at sources again, and for what other processes change, while the block runs.

        Raises:
            SettingsError: the keys of tickets can't be read or made.
        """
        self._keys.keys()
        tasks = [asyncio.create_task(self._follow()), asyncio.create_task(self._recheck())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _follow(self) -> None:
        """Have kept answers made anew when films were changed, or begin or cease to play."""
        seen: dt.datetime | None = None
        films: Sequence[OverviewMovie] = ()
        while True:
            with contextlib.suppress(StorageError):
                changed_at = await self.store.changed_at()
                if changed_at != seen:
                    films = await self.store.overview()
                    seen = changed_at
                    self._core.begin_epoch("portal", str(changed_at).encode())
            former = self.watch_links.revision
            self.watch_links.look(films, self._core.now())
            if self.watch_links.revision != former:
                self._core.begin_epoch("films", self.watch_links.revision.encode())
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _recheck(self) -> None:
        """Look at the sources that are due, for ever."""
        while True:
            await asyncio.sleep(_RECHECK_EVERY_S)
            try:
                await self.recheck_due()
            except KenshoError as error:
                _log.warning("sources_not_rechecked", reason=error.message)

    async def recheck_due(self) -> int:
        """Look again at the sources of films that are due, and forget old viewing sessions.

        Returns:
            How many films were looked at; there may be more.
        """
        now = self._core.now()
        due = await self.store.due(now, _RECHECKED_AT_ONCE)
        for movie in due:
            try:
                await self.service.recheck(movie)
            except KenshoError as error:
                _log.warning("source_not_rechecked", movie_id=str(movie.id), reason=error.message)
        await self.store.drop_viewings(now - _KEPT)
        return len(due)


def service_parts(
    settings: Settings, store: MovieStore, seals: SourceSeals, core: EdgeCore
) -> PortalParts:
    """Return what the service of managers works with in a server."""
    fetcher = fetcher_of(settings.portal)
    return PortalParts(
        store=store,
        seals=seals,
        prober=SourceProber(fetcher, settings.portal.fetch_s),
        reader=CaptionReader(fetcher),
        model=lambda: core.snapshot().model,
        now=core.now,
        changed=lambda: core.begin_epoch("portal", core.now().isoformat().encode()),
        recheck=dt.timedelta(hours=settings.portal.recheck_h),
        loopback_allowed=settings.portal.loopback,
    )
