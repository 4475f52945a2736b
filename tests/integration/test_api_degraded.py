"""What is served without a store, what is told of a snapshot that can't be followed, recovery."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from httpx import Response

from kensho.platform.environment import with_changes
from kensho.platform.secret_values import Secret
from kensho.platform.settings import Settings
from kensho.read_model.building.publishing import publish_store
from kensho.read_model.publications import CURRENT
from kensho.storage import migrations
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings
from tests.integration.conftest import running, settings_for, until, until_ready
from tests.support import graphs
from tests.support.rpc_bridge import PASSWORD, USERNAME, RpcBridge
from tests.support.servers import written_store
from tests.support.stores import bridge_settings, own_migrations, own_queries

EPISODES = f"/api/anime/{graphs.BEBOP}/episodes"
DETAIL = f"/api/anime/{graphs.BEBOP}"


@pytest.fixture
async def settings(tmp_path: Path) -> Settings:
    """Return settings whose store holds the small graph, and is published."""
    settings = with_changes(
        settings_for(await written_store(tmp_path / "kensho.db"), tmp_path), health_details=True
    )
    await publish_store(StoreSettings.of(settings), settings.snapshot.read_model_dir)
    return settings


async def rename(settings: Settings, title: str) -> None:
    """Change a title in the store, and publish it."""
    async with Gateway.open(StoreSettings.of(settings), own_queries()) as gateway:
        await graphs.rename(gateway, graphs.BEBOP, title)
    await publish_store(StoreSettings.of(settings), settings.snapshot.read_model_dir)


def has_status(status: int) -> Callable[[Response], bool]:
    return lambda answer: answer.status_code == status


async def test_everything_is_served_where_no_store_exists(
    settings: Settings, tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "kensho.db")
    async with running(settings) as client:
        await until_ready(client)
        for path in (DETAIL, EPISODES, f"/anime/{graphs.BEBOP}", "/status", "/api/movies"):
            assert (await client.get(path)).status_code == 200
        assert (await client.get("/health/ready")).json()["status"] == "ok"
    assert not (tmp_path / "kensho.db").exists()


async def test_a_folder_of_another_installation_is_served_where_no_store_exists(
    settings: Settings, tmp_path: Path
) -> None:
    elsewhere = settings_for(f"surrealkv://{tmp_path / 'nothing.db'}", tmp_path)
    async with running(elsewhere) as client:
        await until_ready(client)
        assert (await client.get(DETAIL)).status_code == 200


async def test_a_change_that_is_published_is_served_without_a_restart(settings: Settings) -> None:
    async with running(settings) as client:
        await until_ready(client)
        before = await client.get(DETAIL)
        await rename(settings, "Cowboy Bebop, again")
        await until(client, DETAIL, lambda answer: answer.json()["title"] == "Cowboy Bebop, again")
        assert (await client.get(DETAIL)).headers["etag"] != before.headers["etag"]


async def test_episodes_are_kept_and_tagged_like_all_answers(settings: Settings) -> None:
    async with running(settings) as client:
        await until_ready(client)
        first = await client.get(EPISODES)
        assert first.json()["total"] == len(first.json()["episodes"]) > 0
        again = await client.get(EPISODES, headers={"if-none-match": first.headers["etag"]})
        assert again.status_code == 304


async def test_a_cursor_outlives_a_change_of_the_graph(settings: Settings) -> None:
    async with running(settings) as client:
        await until_ready(client)
        first = (await client.get("/api/movies?limit=2")).json()
        await rename(settings, "Cowboy Bebop, again")
        await until(client, "/api/health", lambda answer: answer.json()["revision"] == 2)
        rest = (await client.get(f"/api/movies?cursor={first['next_cursor']}")).json()
        assert [film["title"] for film in rest["movies"]] == ["The Matrix Reloaded", "A Lost Film"]


async def test_an_etag_of_a_store_made_anew_matches_nothing_of_the_old_one(
    settings: Settings, tmp_path: Path
) -> None:
    async with running(settings) as client:
        await until_ready(client)
        old = await client.get("/api/movies")
        before = (await client.get("/api/health")).json()
        shutil.rmtree(tmp_path / "kensho.db")
        await written_store(tmp_path / "kensho.db")
        await publish_store(StoreSettings.of(settings), settings.snapshot.read_model_dir)
        identity = before["snapshot"]["identity"]
        await until(
            client,
            "/api/health",
            lambda answer: answer.json()["snapshot"]["identity"] != identity,
        )
        assert (await client.get("/api/health")).json()["revision"] == before["revision"]
        new = await client.get("/api/movies", headers={"if-none-match": old.headers["etag"]})
        assert new.status_code == 200
        assert new.headers["etag"] != old.headers["etag"]


async def test_a_service_that_cannot_follow_says_so_and_goes_on(settings: Settings) -> None:
    current = settings.snapshot.read_model_dir / CURRENT
    async with running(settings) as client:
        await until_ready(client)
        sound = current.read_bytes()
        current.write_bytes(b"{")
        await until(client, "/health/ready", lambda answer: answer.json()["status"] == "degraded")
        told = (await client.get("/health/ready")).json()
        assert CURRENT in told["dependencies"]["read_model"]["detail"]
        assert "still serving" in (await client.get("/status")).text
        assert (await client.get(DETAIL)).status_code == 200
        current.write_bytes(sound)
        await until(client, "/health/ready", lambda answer: answer.json()["status"] == "ok")


async def test_where_nothing_is_published_the_server_publishes_its_store_once(
    settings: Settings,
) -> None:
    shutil.rmtree(settings.snapshot.read_model_dir)
    async with running(settings) as client:
        await until_ready(client)
        assert (await client.get(DETAIL)).status_code == 200
        async with Gateway.open(StoreSettings.of(settings), own_queries()):
            pass  # the store is free again


async def test_without_a_snapshot_and_a_store_the_service_lives_and_says_what_to_run(
    tmp_path: Path,
) -> None:
    settings = with_changes(
        settings_for(f"surrealkv://{tmp_path / 'kensho.db'}", tmp_path), health_details=True
    )
    async with running(settings) as client:
        assert (await client.get("/health/live")).status_code == 200
        for path in (DETAIL, "/api/tags", "/api/movies"):
            answer = await client.get(path)
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) > 0
        ready = await client.get("/health/ready")
        assert ready.status_code == 503
        await until(
            client,
            "/health/ready",
            lambda answer: "kensho ingest" in answer.json()["dependencies"]["read_model"]["detail"],
        )
        assert (await client.get("/api/health")).json()["status"] == "down"
        assert (await client.get("/status")).status_code == 503
        other = settings_for(await written_store(tmp_path / "other.db"), tmp_path)
        await publish_store(StoreSettings.of(other), settings.snapshot.read_model_dir)
        await until(client, DETAIL, has_status(200))


async def test_a_store_that_is_away_is_tried_again_until_a_snapshot_is_published(
    bridge: RpcBridge, tmp_path: Path
) -> None:
    async with Gateway.open(bridge_settings(bridge), own_queries()) as gateway:
        await migrations.migrate(gateway, own_migrations())
        await graphs.load_small_graph(gateway)
    await bridge.stop()
    away = with_changes(
        settings_for(bridge.url, tmp_path),
        store_username=USERNAME,
        store_password=Secret(PASSWORD),
        health_details=True,
    )
    async with running(away) as client:
        await until(client, "/health/ready", lambda answer: "building one failed" in answer.text)
        assert (await client.get("/health/live")).status_code == 200
        await bridge.start()
        await until(client, DETAIL, has_status(200))
        await bridge.stop()
        assert (await client.get(EPISODES)).status_code == 200
        assert (await client.get("/health/ready")).json()["status"] == "ok"
