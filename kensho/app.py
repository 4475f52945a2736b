"""The composition root: builds the application; its lifespan opens and closes the rooms.

Nothing is opened before the lifespan: the store's connections belong to the loop that serves. The
read model is opened, or built where there is none, beside the serving, so that the process is alive
from the first second.
"""

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncGenerator
from random import Random
from time import perf_counter

import structlog
from litestar import Litestar
from litestar.di import Provide
from litestar.types import ASGIApp

from kensho.api import docs
from kensho.api.anime import AnimeController
from kensho.api.browse import BrowseController
from kensho.api.franchises import FranchisesController
from kensho.api.health import HealthController
from kensho.api.movies import MoviesController
from kensho.api.openapi import amend_openapi
from kensho.api.paths import PathsController
from kensho.api.providers import SharedParts, providers
from kensho.api.resolve import ResolveController
from kensho.api.search import SearchController
from kensho.api.services import Services
from kensho.api.tags import TagsController
from kensho.discovery.browse import Calendar, films
from kensho.discovery.cursors import Cursors
from kensho.discovery.facets import FacetCounter
from kensho.discovery.search import TitleSearch
from kensho.discovery.snapshot_service import PerSnapshot
from kensho.errors import DeadlineExceededError, KenshoError, NotReadyError, StoreUnavailableError
from kensho.http.error_handling import problem_details_plugin
from kensho.http.metrics import Metrics
from kensho.http.pipeline import AccessRules, Observability, RequestPipeline
from kensho.http.problem_details import ErrorPageRenderer
from kensho.http.query_validation import QueryValidator
from kensho.http.response_cache import ResponseCache
from kensho.platform.data_folders import data_root
from kensho.platform.settings import Settings
from kensho.platform.signing_secret import signing_secret
from kensho.platform.version import installed_version
from kensho.read_model.holder import Snapshot, SnapshotHolder
from kensho.storage import migrations, queries
from kensho.storage.gateway import Gateway
from kensho.storage.opening import store_settings
from kensho.web.error_pages import ErrorPages
from kensho.web.maps.map_store import MapStore
from kensho.web.page_context import PageContext, PageServices
from kensho.web.page_router import PageRouter
from kensho.web.rendering import Renderer

_log = structlog.get_logger("kensho")
_LONGEST_PAUSE_S = 30.0


def create_app(settings: Settings) -> Litestar:
    """Return the application; it opens the store and the read model when it starts.

    Raises:
        SettingsError: the secret that signs cursors can't be read or made.
    """
    pages = PageRouter()
    house = AppState(settings, pages.renderer)
    strict = QueryValidator()
    error_pages = ErrorPages(house.renderer, house.current_page_context)
    app = Litestar(
        route_handlers=[
            AnimeController,
            MoviesController,
            BrowseController,
            TagsController,
            SearchController,
            ResolveController,
            PathsController,
            FranchisesController,
            HealthController,
            pages.router(house.current_page_services),
        ],
        dependencies={
            "desk": Provide(house.current_desk, sync_to_thread=False),
            **providers(house.snapshot, house.shared),
        },
        plugins=[problem_details_plugin(error_pages.render)],
        before_request=strict.check,
        request_max_body_size=settings.http.max_body_bytes,
        openapi_config=docs.configuration(installed_version(), house.calendar),
        logging_config=None,
        lifespan=[house.open],
    )
    strict.add_operations(amend_openapi(app.openapi_schema.to_schema(), house.calendar))
    app.asgi_handler = _pipeline(app.asgi_handler, settings, house, error_pages.render)
    return app


def _pipeline(
    app: ASGIApp, settings: Settings, house: "AppState", render_page: ErrorPageRenderer
) -> RequestPipeline:
    """Return the layer before the application."""
    return RequestPipeline(
        app,
        ResponseCache(
            version=installed_version(),
            max_age_s=settings.http.max_age_s,
            cache_bytes=settings.http.cache_bytes,
        ),
        house.identity,
        AccessRules.of(settings),
        Observability(
            metrics=house.metrics,
            random=Random(),  # noqa: S311 -- ids of requests and spans are names, not secrets
            slow_s=settings.logs.slow_request_s,
        ),
        render_page,
    )


class AppState:
    """Opens and holds what requests are served from."""

    def __init__(self, settings: Settings, renderer: Renderer) -> None:
        self._settings = settings
        self.renderer = renderer
        self._desk: Services | None = None
        self._page_services: PageServices | None = None
        self.calendar = Calendar(lambda: dt.datetime.now(dt.UTC))
        cursors = Cursors(signing_secret(settings.signing))
        self.shared = SharedParts(
            cursors=cursors,
            films=PerSnapshot(films),
            calendar=self.calendar,
            search=TitleSearch(cursors, safe=settings.search.safe),
        )
        self.metrics = Metrics()

    def current_desk(self) -> Services:
        """Return what requests are served from; raises `NotReadyError` outside the lifespan."""
        if self._desk is None:
            raise NotReadyError("the service is not started")
        return self._desk

    def snapshot(self) -> Snapshot:
        """Return the snapshot that is served now; raises `NotReadyError` while there is none."""
        return self.current_desk().catalogue.held

    def current_page_services(self) -> PageServices:
        """Return what pages are made with; raises as `current_desk`."""
        if self._page_services is None:
            raise NotReadyError("the service is not started")
        return self._page_services

    def current_page_context(self) -> PageContext:
        """Return what a page is made from now; raises as `current_desk`."""
        return self.current_page_services().context()

    def identity(self) -> str | None:
        """Return the identity of the snapshot that is served now."""
        return None if self._desk is None else self._desk.identity

    @contextlib.asynccontextmanager
    async def open(self, _app: Litestar) -> AsyncGenerator[None]:
        """Open the store, check its schema, and keep the read model current while the block runs.

        Raises:
            StorageError: the store can't be opened, or its schema is not this program's.
        """
        settings = self._settings
        loaded = queries.load(data_root("queries"))
        async with Gateway.open(store_settings(settings), loaded, must_answer=False) as gateway:
            await _require_schema(gateway)
            catalogue = SnapshotHolder(gateway, settings.snapshot.read_model_dir)
            self._desk = self._furnished(gateway, catalogue)
            self._page_services = _page_services(
                self._desk, self.shared, self.renderer, settings.server.public_url or ""
            )
            keeper = asyncio.create_task(
                _keep_current(catalogue, settings.snapshot.refresh_every_s)
            )
            try:
                yield
            finally:
                self._desk = self._page_services = None
                keeper.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await keeper

    def _furnished(self, gateway: Gateway, catalogue: SnapshotHolder) -> Services:
        return Services(
            gateway=gateway,
            catalogue=catalogue,
            clock=perf_counter,
            metrics=self.metrics,
            version=installed_version(),
        )


def _page_services(
    desk: Services, shared: SharedParts, renderer: Renderer, origin: str
) -> PageServices:
    """Return the same services as pages use them."""
    return PageServices(
        gateway=desk.gateway,
        snapshots=desk.catalogue,
        cursors=shared.cursors,
        films=shared.films,
        calendar=shared.calendar,
        search=shared.search,
        facets=PerSnapshot(FacetCounter),
        clock=desk.clock,
        today=lambda: dt.datetime.now(dt.UTC).date(),
        renderer=renderer,
        maps=MapStore(renderer.messages),
        version=desk.version,
        origin=origin,
    )


async def _require_schema(gateway: Gateway) -> None:
    """Refuse a graph of another schema; a server that is away now is believed."""
    with contextlib.suppress(StoreUnavailableError, DeadlineExceededError):
        await migrations.require_current(gateway, migrations.load(data_root("graph_schema")))


async def _keep_current(catalogue: SnapshotHolder, every_s: float) -> None:
    """Open or build the read model, again until it succeeds, and then follow the graph.

    While the store is away, the last model that was built here is served.
    """
    pause_s = every_s
    while True:
        try:
            await catalogue.open_or_build()
        except (KenshoError, OSError) as error:
            served = await catalogue.open_latest()
            _log.warning(
                "can't read the graph",
                error=str(error),
                serving_the_last=served,
                retry_in_s=pause_s,
            )
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, max(every_s, _LONGEST_PAUSE_S))
        else:
            break
    await catalogue.watch(every_s)
