"""What an application holds: its rooms, opened and closed by its lifespan.

Nothing is opened before the lifespan. The snapshot that is published is opened beside the serving,
so that the process is alive from the first second. The graph store is not opened, but where no
usable snapshot is published: then for as long as it takes to publish one.
"""

import asyncio
import contextlib
import datetime as dt
import functools
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import TYPE_CHECKING, Final

import structlog
from litestar import Litestar

from kensho.api.providers import (
    SharedParts,
)
from kensho.discovery.browse import Calendar, films
from kensho.discovery.changes import ChangeService
from kensho.discovery.conditions import Conditions
from kensho.discovery.curation import CurationService
from kensho.discovery.cursors import Cursors
from kensho.discovery.health import HealthService
from kensho.discovery.queue_following import QueueFollowing
from kensho.discovery.reports import ReportIntake
from kensho.discovery.search import TitleSearch
from kensho.discovery.search_counting import SearchCounting
from kensho.discovery.snapshot_service import PerSnapshot
from kensho.discovery.work_lists import WorkOrders
from kensho.discovery.work_queue import WorkQueue
from kensho.domain.curation_documents import ActOutcome
from kensho.errors import KenshoError, NotReadyError, SettingsError
from kensho.http.authentication import AccessControl
from kensho.http.draining import Draining
from kensho.http.event_stream import EventStreams
from kensho.http.exposition import Exposition
from kensho.http.manager_sessions import ManagerSessions
from kensho.http.metrics import Metrics
from kensho.http.response_cache import Key
from kensho.http.search_tally import SearchTally
from kensho.http.tracing import telemetry_of
from kensho.http.warming import Warmer
from kensho.http.work_pool import WorkPools
from kensho.platform.installation import installed_version
from kensho.platform.managers import ManagerFile
from kensho.platform.metrics_board import WorkerSeat
from kensho.platform.settings import Settings, SnapshotSettings
from kensho.platform.signing_secret import signing_keys
from kensho.read_model.building.publishing_process import Republishing, publish_apart, told
from kensho.read_model.holder import Snapshot, SnapshotHolder
from kensho.storage.store_settings import StoreSettings
from kensho.storage.work_items import WorkItemStore
from kensho.web.maps.map_store import MapStore
from kensho.web.page_context import PageContext, PageServices, WatchLinks
from kensho.web.popular_targets import best_known
from kensho.web.poster_store import PosterStore
from kensho.web.rendering import Renderer
from kensho.webhooks.delivering import deliver_for_ever

if TYPE_CHECKING:
    from kensho.http.shared_answers import SharedRooms

_log = structlog.get_logger("kensho")
_LOOK_EVERY_S: Final = 5.0
"""How often disk, folder and clock are looked at, if snapshots are not looked for more often."""
_LONGEST_PAUSE_S: Final = 30.0
"""Between two attempts to publish a snapshot: one may read the whole graph before it fails."""


class AppState:
    """Opens and holds what requests are served from."""

    watch_links: WatchLinks | None = None
    """Where works can be watched, once the edge that offers it is built."""
    offers: Callable[[], Mapping[str, bool]] = dict
    """Tells what edges offer, and whether it works now."""
    warmer: Warmer | None = None
    _looking: asyncio.Task[bool] | None = None
    _snapshots: SnapshotHolder | None = None
    _page_services: PageServices | None = None
    _conditions: Conditions | None = None

    def __init__(
        self, settings: Settings, renderer: Renderer, seat: WorkerSeat | None = None
    ) -> None:
        self._settings = settings
        self._seat = seat
        self.draining = Draining()
        self.telemetry = telemetry_of(settings)
        self.renderer = renderer
        self.now = functools.partial(dt.datetime.now, dt.UTC)
        self.calendar = Calendar(self.now)
        self.keys = keys = signing_keys(settings.signing)
        cursors = Cursors(*keys)
        self.managers = ManagerSessions(ManagerFile(settings.managers.file), keys, self.now)
        self.items = WorkItemStore(settings.queue.file)
        self.queue = WorkQueue(self.items, self.now, safe=settings.search.safe)
        days = settings.queue.search_days
        self.tally = SearchTally() if days else None
        self._counting = SearchCounting(self.tally, self.items.file, days, self.now)
        self.reports: ReportIntake | None = None
        if settings.queue.reports:
            self.reports = ReportIntake(self.items, keys, self.now)
        _offer(renderer, settings)
        self.access = AccessControl(self.managers, settings.server.public_url)
        self.shared = SharedParts(
            cursors=cursors,
            films=PerSnapshot(films),
            calendar=self.calendar,
            search=TitleSearch(cursors, safe=settings.search.safe),
            orders=WorkOrders(),
        )
        store = StoreSettings.of(settings)
        self._republishing = Republishing(store, settings.snapshot, self._acts_published)
        self._following = QueueFollowing(_variables(settings) if settings.queue.refresh else None)
        self._curation = CurationService(told(store), settings.curation, self._acted)
        self.metrics = Metrics()
        self.redis = _shared_rooms(settings, self.metrics)
        self.work = WorkPools.of(settings.work)
        self.streams = EventStreams(settings.streams, self._looked)
        self._exposition = Exposition(self.metrics, seat, self._served, self.streams)

    def snapshots(self) -> SnapshotHolder:
        """Return what follows the published snapshots; raises `NotReadyError` before the start."""
        if self._snapshots is None:
            raise NotReadyError("the service is not started")
        return self._snapshots

    def snapshot(self) -> Snapshot:
        """Return the snapshot that is served now; raises `NotReadyError` while there is none."""
        return self.snapshots().held

    def _served(self) -> Snapshot | None:
        """Return the snapshot that is served now, or `None` while there is none."""
        try:
            return self.snapshot()
        except NotReadyError:
            return None

    def _change_service(self) -> ChangeService:
        shared = self.shared
        return ChangeService(self.snapshot(), shared.cursors, shared.changes)

    async def _looked(self) -> None:
        await self.snapshots().refresh()

    def _acted(self, outcome: ActOutcome) -> None:
        self._following.note(outcome.works)
        self._republishing.publish_soon()

    async def _acts_published(self) -> None:
        await self._looked()
        await self._following.refresh()

    def look_for_snapshot(self) -> None:
        """Look for a newer snapshot now, beside requests; does nothing before the start."""
        if self._snapshots is not None:
            self._looking = asyncio.get_running_loop().create_task(self._snapshots.refresh())

    def curation(self) -> CurationService:
        """Return what makes the acts of managers."""
        return self._curation

    def health(self) -> HealthService:
        """Return what tells how the service is; raises as `snapshots`."""
        return self.page_services().health()

    def exposition(self) -> bytes:
        """Return what Prometheus scrapes now."""
        if self._conditions is None:
            return self._exposition.text(None)
        problems = dict(self._conditions.problems())
        if self._served() is None or self.snapshots().last_error is not None:
            problems["read_model"] = "as readiness tells"
        return self._exposition.text(problems, self._conditions.last_ingest)

    def page_services(self) -> PageServices:
        """Return what pages are made with; raises as `snapshots`."""
        if self._page_services is None:
            raise NotReadyError("the service is not started")
        return self._page_services

    def page_context(self) -> PageContext:
        """Return what a page is made from now; raises as `snapshot`."""
        return self.page_services().context()

    def identity(self) -> str | None:
        """Return the identity of the snapshot that is served now, or `None` while there is none."""
        served = self._served()
        return None if served is None else served.model.identity

    def best_known(self) -> list[Key]:
        """Return the answers that are made ready after a start; raises as `snapshot`."""
        http = self._settings.http
        most = http.warm_at_start if http.cache_bytes else 0
        return best_known(self.snapshot(), self.shared.orders, most)

    @contextlib.asynccontextmanager
    async def open(self, _app: Litestar) -> AsyncGenerator[None]:
        """Serve from the published snapshot, and follow what is published, while the block runs."""
        settings = self._settings
        store = StoreSettings.of(settings)
        holder = SnapshotHolder(
            settings.snapshot.read_model_dir,
            store.fingerprint,
            or_latest=store.is_absent,
            past_open=settings.snapshot.past_snapshots_open,
        )
        self._conditions = Conditions(
            settings.snapshot.read_model_dir,
            holder,
            publishes=lambda: not store.is_absent,
            board=self._seat.board if self._seat is not None else None,
        )
        holder.listen(self.streams.wake)
        if self.warmer is not None:
            holder.listen(self.warmer.wake)
        self._snapshots = holder
        self._page_services = self._services_of_pages(holder, self._conditions)
        holder.prepare_with(self._page_services.prepare)
        await holder.refresh()  # so that no worker answers before it has what is published
        watching = (
            asyncio.create_task(_follow(holder, store, settings.snapshot)),
            asyncio.create_task(
                deliver_for_ever(
                    settings.webhooks, self._change_service, settings.snapshot.refresh_every_s
                )
            ),
            asyncio.create_task(_look_about(self._conditions, settings.snapshot.refresh_every_s)),
            asyncio.create_task(self._counting.write_for_ever(self._served)),
            asyncio.create_task(self._exposition.tell_for_ever()),
        )
        try:
            async with self._further_rooms():
                yield
        finally:
            self.streams.close()
            served = self._served()
            self._snapshots = self._page_services = self._conditions = None
            for task in watching:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
            await self._republishing.stop()
            await self._counting.write(served)

    @contextlib.asynccontextmanager
    async def _further_rooms(self) -> AsyncGenerator[None]:
        """Hold open what answers are made with, and what settings add, while the block runs."""
        async with contextlib.AsyncExitStack() as rooms:
            rooms.enter_context(self.work.serving())
            if self.telemetry is not None:
                await rooms.enter_async_context(self.telemetry.open())
            if self.redis is not None:
                await rooms.enter_async_context(self.redis)
            if self.warmer is not None:
                rooms.push_async_callback(self.warmer.stop)
            yield

    def _services_of_pages(self, holder: SnapshotHolder, conditions: Conditions) -> PageServices:
        return PageServices(
            snapshots=holder,
            cursors=self.shared.cursors,
            films=self.shared.films,
            calendar=self.shared.calendar,
            search=self.shared.search,
            orders=self.shared.orders,
            facets=self.shared.search.facets,
            now=self.now,
            renderer=self.renderer,
            maps=MapStore(self.renderer.messages_in),
            version=installed_version(),
            curation=self._curation,
            changes=self.shared.changes,
            queue=self.queue,
            posters=_posters_of(self._settings),
            reports=self.reports,
            watch_links=self.watch_links,
            offers=self.offers,
            origin=self._settings.server.public_url or "",
            health_details=self._settings.http.health_details,
            problems=conditions.problems,
            is_draining=self.draining.is_begun,
        )


def _posters_of(settings: Settings) -> PosterStore | None:
    """Return what fetches posters, where they are handed on."""
    return PosterStore(settings.posters) if settings.posters.mode == "proxy" else None


def _offer(renderer: Renderer, settings: Settings) -> None:
    """Link from pages what this installation offers."""
    if settings.queue.reports:
        renderer.offer_reports()
    if settings.posters.mode == "proxy":
        renderer.proxy_posters(settings.posters.hosts)
    with contextlib.suppress(SettingsError):  # told when somebody signs in
        if ManagerFile(settings.managers.file).all():
            renderer.offer_histories()


def _variables(settings: Settings) -> dict[str, str]:
    """Return what a process that refreshes the queue must know, wherever it was set."""
    return {
        "KENSHO_STORE_URL": settings.store.url,
        "KENSHO_QUEUE_FILE": str(settings.queue.file.absolute()),
        "KENSHO_READ_MODEL_DIR": str(settings.snapshot.read_model_dir.absolute()),
        "KENSHO_CURATION_DIR": str(settings.curation.dir.absolute()),
        "KENSHO_SECRET_FILE": str(settings.signing.secret_file.absolute()),
    }


async def _look_about(conditions: Conditions, every_s: float) -> None:
    """Look for ever at what surrounds the service; not at once, while other workers still start."""
    while True:
        await asyncio.sleep(min(every_s, _LOOK_EVERY_S))
        await asyncio.to_thread(conditions.look)


async def _follow(holder: SnapshotHolder, store: StoreSettings, settings: SnapshotSettings) -> None:
    """Open what is published, or else publish it once from the store, and then follow it.

    As long as that fails it is tried again, with growing pauses.
    """
    pause_s = settings.refresh_every_s
    clock = asyncio.get_running_loop().time
    next_try_s = clock()
    while not await holder.refresh():
        if clock() < next_try_s or store.is_absent:
            await asyncio.sleep(settings.refresh_every_s)
            continue
        try:
            await publish_apart(store, settings)
        except KenshoError as error:
            if holder.build_error != error.message:
                _log.warning("snapshot_not_published", reason=error.message)
            holder.build_error = error.message
        next_try_s = clock() + pause_s
        pause_s = min(2 * pause_s, max(settings.refresh_every_s, _LONGEST_PAUSE_S))
    await holder.watch(settings.refresh_every_s)


def _shared_rooms(settings: Settings, metrics: Metrics) -> "SharedRooms | None":
    """Return what processes share, where there is a Redis to hold it."""
    if settings.redis.url is None:
        return None
    from kensho.http.shared_answers import SharedRooms  # noqa: PLC0415 -- else Redis is not loaded

    return SharedRooms(settings, metrics.machine)
