"""A page is read from one snapshot and bears its tag, whenever another takes its place."""

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple, cast

import pytest
from httpx import ASGITransport, AsyncClient
from litestar import Litestar
from litestar.datastructures import State
from typing_extensions import override

from kensho.discovery.browse import Calendar, films
from kensho.discovery.curation import CurationService
from kensho.discovery.cursors import Cursors
from kensho.discovery.facets import FacetCounter
from kensho.discovery.search import TitleSearch
from kensho.discovery.snapshot_service import PerSnapshot
from kensho.discovery.work_queue import WorkQueue
from kensho.http.metrics import Metrics
from kensho.http.pipeline import AccessRules, Observability, RequestPipeline, RoutedApp
from kensho.http.response_cache import ResponseCache
from kensho.http.targets import Targets
from kensho.http.work_pool import WorkPools
from kensho.platform.secret_values import Secret
from kensho.platform.settings import CurationSettings, Settings
from kensho.read_model.holder import Snapshot, SnapshotHolder
from kensho.read_model.model import ReadModel
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings
from kensho.storage.work_items import WorkItemStore
from kensho.web.maps.map_store import MapStore
from kensho.web.page_context import PageServices
from kensho.web.page_router import PageRouter
from tests.support import franchise_rows, graphs
from tests.support.publishing import published
from tests.support.stores import own_queries

SHELL = f"/hub/{franchise_rows.GITS}"
PAGES = [
    "/",
    "/search",
    "/search?q=ghost",
    "/browse/2002/fall",
    "/movies",
    "/hubs",
    f"/anime/{graphs.GITS}",
    f"/movies/{graphs.MATRIX}",
    f"/anime/{graphs.GITS}/map?depth=2",
    f"/path?from={graphs.GITS}&to={graphs.GITS_SSS}",
    "/path?from=naruto&to=haibane",
    SHELL,
    f"{SHELL}/map",
    f"{SHELL}/map?as=list",
    f"{SHELL}/map?order=story&work={graphs.GITS_2}",
    f"{SHELL}/card/{graphs.GITS}",
    f"{SHELL}/watch-order?order=story",
    f"{SHELL}/episodes",
    f"{SHELL}/map.svg",
    f"{SHELL}/small.svg",
    f"{SHELL}/wide.svg",
    f"{SHELL}/map.png",
    f"{SHELL}/card.png",
    f"/embed{SHELL}",
]


class SwappingHolder(SnapshotHolder):
    """Hands out another of its snapshots each time that it is asked, beginning with the first."""

    snapshots: list[Snapshot]
    asked = 0

    @property
    @override
    def held(self) -> Snapshot:
        """Return the snapshot whose turn it is."""
        self.asked += 1
        return self.snapshots[(self.asked - 1) % len(self.snapshots)]

    @property
    @override
    def current(self) -> ReadModel:
        """Return the model of the snapshot whose turn it is."""
        return self.held.model


class Answer(NamedTuple):
    """What a request got."""

    etag: str
    body: bytes


class Site:
    """The pages over snapshots that a test chooses."""

    def __init__(self, holder: SwappingHolder, snapshots: list[Snapshot]) -> None:
        self._holder = holder
        self._both = snapshots

    async def ask(self, path: str, *of: int) -> Answer:
        """Return the answer to `path` while these of the two snapshots take turns."""
        self._holder.snapshots = [self._both[one] for one in of]
        self._holder.asked = 0
        async with AsyncClient(
            transport=ASGITransport(cast("Any", self._application())), base_url="http://test"
        ) as client:
            answer = await client.get(path)
        assert answer.status_code == 200, answer.text
        return Answer(answer.headers["etag"], answer.content)

    def _application(self) -> Litestar:
        """Return the pages as an application that has kept nothing yet."""
        pages = PageRouter()
        services = self._services(pages)
        app = Litestar(
            [pages.router(lambda: services)],
            openapi_config=None,
            logging_config=None,
            state=State(WorkPools.of(Settings().work).state),
        )
        app.asgi_handler = RequestPipeline(
            RoutedApp(app.asgi_handler, Targets()),
            ResponseCache(version="1", max_age_s=60, cache_bytes=2**20),
            lambda: None,
            AccessRules.of(Settings()),
            Observability(metrics=Metrics(), random=Random(1), slow_s=60.0),
        )
        return app

    def _services(self, pages: PageRouter) -> PageServices:
        cursors = Cursors(Secret("secret"))
        return PageServices(
            curation=CurationService({}, CurationSettings(), lambda _: None),
            snapshots=self._holder,
            cursors=cursors,
            films=PerSnapshot(films),
            calendar=Calendar(lambda: dt.datetime(2002, 11, 1, tzinfo=dt.UTC)),
            search=TitleSearch(cursors, safe=True),
            facets=PerSnapshot(FacetCounter),
            now=lambda: dt.datetime(2002, 11, 1, tzinfo=dt.UTC),
            renderer=pages.renderer,
            maps=MapStore(pages.renderer.messages_in),
            version="1",
            queue=WorkQueue(WorkItemStore(Path("none.db")), lambda: dt.datetime.now(dt.UTC)),
        )


@pytest.fixture(scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """Yield the pages over the small graph, and over the same after every title has changed."""
    folder = tmp_path_factory.mktemp("swap")
    url = await franchise_rows.franchise_store(folder)
    async with Gateway.open(StoreSettings(url), own_queries()) as gateway:
        root = folder / "read_model"
        first = (await published(gateway, root)).held
        for work in (graphs.GITS, graphs.GITS_2, graphs.GITS_SSS, graphs.NARUTO, graphs.HAIBANE):
            await graphs.rename(gateway, work, f"Ghost {work.hex[:6]}")
        second = (await published(gateway, root)).held
        yield Site(SwappingHolder(root, "store", or_latest=True), [first, second])


@pytest.mark.parametrize("path", PAGES)
async def test_a_swap_amid_a_request_leaves_body_and_tag_together(site: Site, path: str) -> None:
    whole = [await site.ask(path, 0), await site.ask(path, 1)]
    assert whole[0].etag != whole[1].etag
    assert await site.ask(path, 0, 1) in whole
    assert await site.ask(path, 1, 0) in whole


async def test_the_two_snapshots_are_told_apart_by_what_pages_show(site: Site) -> None:
    for path in (SHELL, f"{SHELL}/map.svg", f"/anime/{graphs.GITS}", "/browse/2002/fall"):
        assert (await site.ask(path, 0)).body != (await site.ask(path, 1)).body
