"""What goes on without the store, what does not, and how the service comes back by itself."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from httpx import Response

from kensho.platform.settings import Settings, with_changes
from kensho.storage import migrations
from kensho.storage.gateway import Gateway
from tests.integration.conftest import running, settings_for, until, until_ready
from tests.support import graphs
from tests.support.rpc_bridge import PASSWORD, USERNAME, RpcBridge
from tests.support.stores import bridge_settings, own_migrations, own_queries

EPISODES = f"/api/anime/{graphs.BEBOP}/episodes"
DETAIL = f"/api/anime/{graphs.BEBOP}"


@pytest.fixture
async def server() -> AsyncIterator[RpcBridge]:
    """Run a server that holds the small graph."""
    async with RpcBridge.running() as bridge:
        async with Gateway.open(bridge_settings(bridge), own_queries()) as gateway:
            await migrations.migrate(gateway, own_migrations())
            await graphs.load_small_graph(gateway)
        yield bridge


@pytest.fixture
def settings(server: RpcBridge, tmp_path: Path) -> Settings:
    """Return settings that reach the server."""
    return with_changes(
        settings_for(server.url, tmp_path),
        store_username=USERNAME,
        store_password=PASSWORD,
        store_deadline_s=1.0,
    )


def has_status(status: int) -> Callable[[Response], bool]:
    return lambda answer: answer.status_code == status


async def test_reads_go_on_without_the_store_and_episodes_come_back_with_it(
    server: RpcBridge, settings: Settings
) -> None:
    async with running(settings) as client:
        await until_ready(client)
        await server.stop()

        assert (await client.get(DETAIL)).status_code == 200
        missing = await client.get(EPISODES)
        assert missing.status_code == 503
        assert int(missing.headers["retry-after"]) > 0
        assert missing.json()["error"] == "store_unavailable"
        ready = await client.get("/health/ready")
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
        assert ready.json()["dependencies"]["store"]["status"] == "down"
        assert (await client.get("/health/live")).status_code == 200

        await server.start()
        await until(client, EPISODES, has_status(200))
        assert (await client.get("/health/ready")).json()["dependencies"]["store"]["status"] == "ok"


async def test_a_change_of_the_graph_is_served_without_a_restart(
    server: RpcBridge, settings: Settings
) -> None:
    async with running(settings) as client:
        await until_ready(client)
        before = await client.get(DETAIL)
        async with Gateway.open(bridge_settings(server), own_queries()) as gateway:
            await graphs.rename(gateway, graphs.BEBOP, "Cowboy Bebop, again")
        await until(client, DETAIL, lambda answer: answer.json()["title"] == "Cowboy Bebop, again")
        assert (await client.get(DETAIL)).headers["etag"] != before.headers["etag"]


async def test_a_cursor_outlives_a_change_of_the_graph(
    server: RpcBridge, settings: Settings
) -> None:
    async with running(settings) as client:
        await until_ready(client)
        first = (await client.get("/api/movies?limit=2")).json()
        async with Gateway.open(bridge_settings(server), own_queries()) as gateway:
            await graphs.rename(gateway, graphs.BEBOP, "Cowboy Bebop, again")
        await until(client, "/api/health", lambda answer: answer.json()["revision"] == 2)
        rest = (await client.get(f"/api/movies?cursor={first['next_cursor']}")).json()
        assert [film["title"] for film in rest["movies"]] == ["The Matrix Reloaded", "A Lost Film"]


async def test_a_service_that_starts_without_its_store_serves_the_last_read_model(
    server: RpcBridge, settings: Settings
) -> None:
    async with running(settings) as client:
        await until_ready(client)
    await server.stop()
    async with running(settings) as client:
        await until(client, DETAIL, has_status(200))
        assert (await client.get("/health/ready")).json()["status"] == "degraded"
        await server.start()
        await until(client, EPISODES, has_status(200))


async def test_without_a_read_model_the_service_lives_and_says_when_to_come_back(
    server: RpcBridge, settings: Settings
) -> None:
    await server.stop()
    async with running(settings) as client:
        assert (await client.get("/health/live")).status_code == 200
        for path in (DETAIL, "/api/tags", "/api/movies"):
            answer = await client.get(path)
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) > 0
        assert (await client.get("/health/ready")).status_code == 503
        assert (await client.get("/api/health")).json()["status"] == "down"
        await server.start()
        await until(client, DETAIL, has_status(200))
