"""When another snapshot is served, what was asked for most is ready before anybody asks."""

from typing import Final

import pytest
from httpx import AsyncClient

from kensho.http.response_cache import EVERYBODY, Key, ResponseCache
from kensho.platform.environment import with_changes
from kensho.read_model.building.publishing import publish
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings
from tests.integration.conftest import running, settings_for, until, until_ready
from tests.support import franchise_rows, graphs
from tests.support.publishing import MOVE
from tests.support.stores import own_queries

HOT: Final = (
    f"/hub/{franchise_rows.GITS}",
    f"/api/anime/{graphs.GITS}",
    "/api/search?q=ghost%20in%20the%20shell",
)
COLD: Final = f"/api/anime/{graphs.BEBOP}"


async def l1(client: AsyncClient, outcome: str) -> float:
    name = f'kensho_cache_requests_total{{layer="l1",outcome="{outcome}"}} '
    told = (await client.get("/metrics")).text
    return sum(float(one.removeprefix(name)) for one in told.splitlines() if one.startswith(name))


async def pages(client: AsyncClient) -> float:
    """Return how many requests for pages of franchises were counted."""
    told = (await client.get("/metrics")).text.splitlines()
    return sum(
        float(one.rpartition(" ")[2]) for one in told if "requests_total" in one and "/hub/" in one
    )


async def test_hot_answers_are_made_again_with_a_new_snapshot(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("warming")
    url = await franchise_rows.franchise_store(folder)
    settings = settings_for(url, folder)
    async with running(settings) as client:
        await until_ready(client)
        before = [await client.get(target) for target in HOT for _ in range(3)][::3]
        await client.get(COLD)
        asked = await pages(client)
        async with Gateway.open(StoreSettings(url), own_queries()) as graph:
            await graph.run_script(MOVE)
            await publish(graph, settings.snapshot.read_model_dir)
        warmed = f'kensho_cache_requests_total{{layer="l1",outcome="warmed"}} {float(len(HOT))}'
        await until(client, "/metrics", lambda answer: warmed in answer.text)
        assert await pages(client) == asked  # what nobody asked for is not counted
        hits, misses = await l1(client, "hit"), await l1(client, "miss")
        after = [await client.get(target) for target in HOT]
        assert (await l1(client, "hit"), await l1(client, "miss")) == (hits + len(HOT), misses)
        for one, two in zip(before, after, strict=True):
            assert (one.status_code, two.status_code) == (200, 200)
            assert one.headers["etag"] != two.headers["etag"]
            assert one.headers["x-kensho-snapshot"] != two.headers["x-kensho-snapshot"]
        await client.get(COLD)
        assert await l1(client, "miss") == misses + 1


async def test_what_is_best_known_is_ready_soon_after_a_start(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kensho.http.warming._START_S", 0.0)
    folder = tmp_path_factory.mktemp("warming-start")
    settings = settings_for(await franchise_rows.franchise_store(folder), folder)
    async with running(with_changes(settings, warm_at_start=4)) as client:
        await until_ready(client)
        warmed = 'kensho_cache_requests_total{layer="l1",outcome="warmed"} 4.0'
        await until(client, "/metrics", lambda answer: warmed in answer.text)
        best = (await client.get("/api/works?limit=3")).json()["works"]
        page = (await client.get("/api/franchises?limit=1")).json()["franchises"][0]
        for target in (*(f"/api/anime/{one['id']}" for one in best), f"/hub/{page['slug']}"):
            hits = await l1(client, "hit")
            answer = await client.get(
                target, headers={"accept-encoding": "gzip, deflate, br, zstd"}
            )
            assert (answer.status_code, await l1(client, "hit")) == (200, hits + 1)


def key_of(number: int) -> Key:
    return b"/api/%d" % number, b"", "identity", EVERYBODY


def test_what_was_sent_most_is_hot_and_stays_so_over_several_snapshots() -> None:
    cache = ResponseCache(version="1", max_age_s=60, cache_bytes=2**20)
    assert cache.turn("1-a", 2) == []
    for number, times in enumerate((1, 5, 0, 8)):
        cache.put(key_of(number), cache.prepare(b"x", "1-a", key_of(number)))
        for _ in range(times):
            assert cache.get(key_of(number), "1-a")
    assert cache.turn("1-a", 2) == []  # the same snapshot
    assert cache.get(key_of(3), "1-a")
    assert cache.turn("2-b", 2) == [key_of(3), key_of(1)]
    assert cache.get(key_of(3), "2-b") is None
    for number in (0, 1):  # 3 was not warm in time
        cache.put(key_of(number), cache.prepare(b"x", "2-b", key_of(number)))
    assert cache.get(key_of(0), "2-b")
    assert cache.turn("3-c", 3) == [key_of(1), key_of(0)]
