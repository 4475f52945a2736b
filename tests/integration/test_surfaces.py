"""No surface shows a work twice, or one that is adult unasked."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest
from httpx import AsyncClient

from kensho.domain.works import work_uuid
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings
from tests.integration.conftest import running, settings_for, until_ready
from tests.support import graphs
from tests.support.searches import searchable_store
from tests.support.stores import own_queries

RECORD: Final = work_uuid("animenewsnetwork:13")
OVA: Final = work_uuid("mal:9001")
SERIES: Final = work_uuid("mal:9002")
_ROWS: Final = """
BEGIN;
LET $like = (SELECT * OMIT id FROM ONLY type::record('anime', <uuid>$bebop));
CREATE type::record('anime', <uuid>$record) CONTENT object::extend($like, {
  title: 'Space Warrior Record', titles: [{text: 'Space Warrior Record', kind: 'main'}],
  synopsis: NONE,
  sources: ['animenewsnetwork:13'], studios: ['sunrise inc.']
}) RETURN NONE;
CREATE type::record('anime', <uuid>$ova) CONTENT object::extend($like, {
  title: 'Forbidden Nights', titles: [{text: 'Forbidden Nights', kind: 'main'}], anime_type: 'ova',
  sources: ['mal:9001'], imdb: NONE
}) RETURN NONE;
CREATE type::record('anime', <uuid>$series) CONTENT object::extend($like, {
  title: 'Forbidden Days', titles: [{text: 'Forbidden Days', kind: 'main'}], adult: true,
  sources: ['mal:9002'], imdb: NONE
}) RETURN NONE;
CREATE type::record('tag', <uuid>$tag) SET name = 'hentai' RETURN NONE;
INSERT RELATION INTO has_tag [{
  id: [<uuid>$ova, <uuid>$tag], in: type::record('anime', <uuid>$ova),
  out: type::record('tag', <uuid>$tag),
  relevance: 0.5
}] RETURN NONE;
INSERT RELATION INTO is_same_as {
  id: [<uuid>$record, <uuid>$bebop], in: type::record('anime', <uuid>$record),
  out: type::record('anime', <uuid>$bebop), source: 'kensho', method: 'inferred', confidence: 0.9
} RETURN NONE;
CREATE franchise:forbidden SET slug = 'forbidden', title = 'Forbidden', digest = '1',
  root = type::record('anime', <uuid>$ova) RETURN NONE;
INSERT RELATION INTO in_franchise [$ova, $series].map(|$w| {
  id: [<uuid>$w, 'forbidden'], in: type::record('anime', <uuid>$w), out: franchise:forbidden,
  role: 'main', because: []
}) RETURN NONE;
UPDATE meta:graph SET revision += 1 RETURN NONE;
COMMIT;
"""
_SURFACES: Final = (
    "/api/search?q=forbidden",
    "/api/search?q=forbiden%20nights",
    "/api/suggest?q=forbid",
    "/api/browse/season/1998/spring",
    "/api/franchises",
    "/api/franchises?q=forbidden",
    "/api/movies",
    f"/api/anime/{graphs.BEBOP}/similar",
    "/",
    "/hubs",
    "/movies",
    "/season/1998/spring",
    "/search?q=forbidden",
    "/forbidden-nights",
)


@pytest.fixture(scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[AsyncClient]:
    folder: Path = tmp_path_factory.mktemp("surfaces")
    url = await searchable_store(folder)
    ids = {"record": RECORD, "ova": OVA, "series": SERIES, "bebop": graphs.BEBOP}
    ids["tag"] = work_uuid("tag:hentai")
    async with Gateway.open(StoreSettings(url), own_queries()) as gateway:
        await gateway.run_script(_ROWS, {name: str(id_) for name, id_ in ids.items()})
    async with running(settings_for(url, folder)) as client:
        await until_ready(client)
        yield client


@pytest.mark.parametrize("path", _SURFACES)
async def test_no_surface_shows_what_is_adult_unasked(served: AsyncClient, path: str) -> None:
    answer = await served.get(path)
    assert answer.status_code in (200, 404)
    assert "Forbidden" not in answer.text.replace("q=Forbidden", "")


@pytest.mark.parametrize(
    "path",
    [
        "/api/search?q=forbidden&safe=false",
        "/api/suggest?q=forbid&safe=false",
        "/api/browse/season/1998/spring?safe=false",
        "/api/franchises?safe=false",
        "/api/tags/hentai/anime?safe=false",
    ],
)
async def test_who_asks_for_it_gets_it(served: AsyncClient, path: str) -> None:
    assert "Forbidden" in (await served.get(path)).text


async def test_a_series_is_found_by_its_exact_title_and_an_ova_is_not(served: AsyncClient) -> None:
    series = (await served.get("/api/search?q=Forbidden%20Days")).json()
    ova = (await served.get("/api/search?q=Forbidden%20Nights")).json()
    assert [one["title"] for one in series["results"]] == ["Forbidden Days"]
    assert ova["results"] == []


@pytest.mark.parametrize("work", [OVA, SERIES])
async def test_a_page_says_that_it_is_adult_before_it_shows(
    served: AsyncClient, work: object
) -> None:
    page = (await served.get(f"/anime/{work}")).text
    note, shown = page.index('class="adult-note"'), page.index("<h1")
    assert note < page.index('<details class="adult">') < shown
    assert 'property="og:image"' not in page
    assert (await served.get(f"/api/anime/{work}")).json()["adult"] is True


@pytest.mark.parametrize(
    "path",
    [
        "/api/search?q=space%20warrior%20record",
        "/api/suggest?q=space%20warrior",
        "/api/browse/season/1998/spring",
        f"/api/anime/{graphs.HAIBANE}/similar",
        "/season/1998/spring",
        f"/api/anime/{graphs.BEBOP_FILM}",
        f"/api/anime/{graphs.BEBOP_FILM}/relations",
    ],
)
async def test_every_surface_shows_a_work_once(served: AsyncClient, path: str) -> None:
    text = (await served.get(path)).text
    assert str(RECORD) not in text
    assert '"title":"Space Warrior Record"' not in text


async def test_the_id_of_another_record_leads_to_the_work(served: AsyncClient) -> None:
    answer = await served.get(f"/api/anime/{RECORD}")
    work = answer.json()
    assert (answer.status_code, work["id"], work["also"]) == (
        200,
        str(graphs.BEBOP),
        [str(RECORD)],
    )
    assert "Space Warrior Record" in work["synonyms"]
    assert {one["provider"] for one in work["sources"]} >= {"mal", "animenewsnetwork"}
    page = await served.get(f"/anime/{RECORD}")
    assert f'/anime/{graphs.BEBOP}">' in page.text
    found = (await served.get("/api/search?q=space%20warrior%20record")).json()
    assert [one["id"] for one in found["results"]] == [str(graphs.BEBOP)]
    resolved = (await served.get("/api/resolve?provider=animenewsnetwork&id=13")).json()
    assert [one["id"] for one in resolved["results"]] == [str(graphs.BEBOP)]
    batch = await served.post("/api/anime/batch", json={"ids": [str(RECORD), str(graphs.BEBOP)]})
    assert [one["id"] for one in batch.json()["items"]] == [str(graphs.BEBOP)]


async def test_every_answer_names_the_snapshot_that_it_is_of(served: AsyncClient) -> None:
    answer = await served.get(f"/api/anime/{graphs.BEBOP}")
    page = await served.get(f"/anime/{graphs.BEBOP}")
    assert answer.headers["x-kensho-snapshot"] == page.headers["x-kensho-snapshot"]
    assert "as of 20" in page.text
