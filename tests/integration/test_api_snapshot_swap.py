"""An answer of the API is read from one snapshot, whenever another takes its place.

Body, entity tag and cursor are of the same snapshot: cursors and tags of one snapshot are always
the same texts, so that an answer is that of one snapshot or of the other, in whole.
"""

import datetime as dt
from collections.abc import AsyncIterator, Sequence
from random import Random
from typing import Any, NamedTuple, cast

import pytest
from httpx import ASGITransport, AsyncClient
from litestar import Litestar
from litestar.datastructures import State

from kensho.api.anime import AnimeController
from kensho.api.browse import BrowseController
from kensho.api.franchises import FranchisesController
from kensho.api.movies import MoviesController
from kensho.api.paths import PathsController
from kensho.api.providers import SharedParts, providers
from kensho.api.resolve import ResolveController
from kensho.api.search import SearchController
from kensho.api.tags import TagsController
from kensho.discovery.browse import Calendar, films
from kensho.discovery.cursors import Cursors
from kensho.discovery.search import TitleSearch
from kensho.discovery.snapshot_service import PerSnapshot
from kensho.discovery.work_lists import WorkOrders
from kensho.http.metrics import Metrics
from kensho.http.pipeline import AccessRules, Observability, RequestPipeline, RoutedApp
from kensho.http.response_cache import ResponseCache
from kensho.http.targets import Targets
from kensho.http.work_pool import WorkPools
from kensho.platform.secret_values import Secret
from kensho.platform.settings import Settings
from kensho.read_model.holder import Snapshot
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings
from tests.support import franchise_rows, graphs
from tests.support.publishing import published
from tests.support.stores import own_queries

CONTROLLERS = [
    AnimeController,
    BrowseController,
    FranchisesController,
    MoviesController,
    PathsController,
    ResolveController,
    SearchController,
    TagsController,
]
FRANCHISE = f"/api/franchises/{franchise_rows.GITS}"
WORK = f"/api/anime/{graphs.GITS}"
READS = [
    WORK,
    f"{WORK}?fields=title,related_anime",
    f"{WORK}/relations?depth=2",
    f"{WORK}/episodes",
    f"{WORK}/similar",
    f"{WORK}/episodes",
    f"/api/paths?from={graphs.GITS}&to={graphs.GITS_SSS}",
    "/api/browse/season/2002/fall?limit=1",
    "/api/movies?limit=1",
    f"/api/movies/{graphs.MATRIX}",
    "/api/tags?limit=1",
    "/api/tags/space/anime?limit=1",
    "/api/search?q=naruto&limit=1",
    "/api/search?q=naruto&group=franchise&explain=true",
    "/api/suggest?q=naruto",
    "/api/resolve?provider=mal&id=467",
    "/api/franchises?limit=1",
    "/api/franchises?q=naruto",
    FRANCHISE,
    f"{FRANCHISE}/watch-order?order=story",
    f"{FRANCHISE}/graph",
    f"{FRANCHISE}/graph?format=dot",
]
POSTS = {
    "/api/anime/batch": {"ids": [str(graphs.GITS), str(graphs.NARUTO)]},
    "/api/resolve/batch": {"provider": "mal", "ids": ["467", "20"]},
}


class Answer(NamedTuple):
    """What a request got; what was posted has no entity tag."""

    etag: str | None
    body: bytes


class Turns:
    """Returns another of its snapshots each time that it is asked, beginning with the first."""

    def __init__(self, snapshots: Sequence[Snapshot]) -> None:
        self._snapshots = snapshots
        self._asked = 0

    def __call__(self) -> Snapshot:
        """Return the snapshot whose turn it is."""
        self._asked += 1
        return self._snapshots[(self._asked - 1) % len(self._snapshots)]


class Api:
    """The API over two snapshots, of which a test chooses who takes turns."""

    def __init__(self, snapshots: list[Snapshot]) -> None:
        self._both = snapshots

    async def ask(self, path: str, *of: int) -> Answer:
        """Return the answer to `path` while these of the two snapshots take turns."""
        app = _application(Turns([self._both[one] for one in of]))
        async with AsyncClient(
            transport=ASGITransport(cast("Any", app)), base_url="http://test"
        ) as client:
            body = POSTS.get(path)
            answer = await (client.post(path, json=body) if body else client.get(path))
        assert answer.status_code == 200, answer.text
        return Answer(answer.headers.get("etag"), answer.content)


def _application(snapshot: Turns) -> Litestar:
    """Return the API as an application that has kept nothing yet."""
    cursors = Cursors(Secret("secret"))
    calendar = Calendar(lambda: dt.datetime(2002, 11, 1, tzinfo=dt.UTC))
    shared = SharedParts(
        cursors=cursors,
        films=PerSnapshot(films),
        calendar=calendar,
        search=TitleSearch(cursors, safe=True),
        orders=WorkOrders(),
    )
    app = Litestar(
        CONTROLLERS,
        dependencies=providers(snapshot, shared),
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


@pytest.fixture(scope="module")
async def api(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Api]:
    """Yield the API over the small graph, and over the same after every title has changed."""
    folder = tmp_path_factory.mktemp("swap")
    url = await franchise_rows.franchise_store(folder)
    async with Gateway.open(StoreSettings(url), own_queries()) as gateway:
        first = (await published(gateway, folder / "read_model")).held
        for work in (graphs.GITS, graphs.GITS_2, graphs.GITS_SSS, graphs.NARUTO, graphs.HAIBANE):
            await graphs.rename(gateway, work, f"Ghost {work.hex[:6]}")
        yield Api([first, (await published(gateway, folder / "read_model")).held])


@pytest.mark.parametrize("path", READS)
async def test_a_swap_amid_a_read_leaves_body_tag_and_cursor_together(api: Api, path: str) -> None:
    whole = [await api.ask(path, 0), await api.ask(path, 1)]
    assert whole[0] != whole[1]
    assert await api.ask(path, 0, 1) in whole
    assert await api.ask(path, 1, 0) in whole


@pytest.mark.parametrize("path", POSTS)
async def test_a_swap_amid_a_batch_leaves_it_of_one_snapshot(api: Api, path: str) -> None:
    whole = [await api.ask(path, 0), await api.ask(path, 1)]
    assert await api.ask(path, 0, 1) in whole
    assert await api.ask(path, 1, 0) in whole


async def test_the_two_snapshots_are_told_apart_by_what_is_answered(api: Api) -> None:
    for path in (WORK, "/api/search?q=naruto&limit=1", *POSTS):
        assert (await api.ask(path, 0)).body != (await api.ask(path, 1)).body
