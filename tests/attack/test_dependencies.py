"""Stores that hang or die, and folders that go away, while a real server is read."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from kensho.read_model.building.publishing import publish
from kensho.storage import migrations
from kensho.storage.gateway import Gateway
from tests.support import graphs
from tests.support.processes import Running, running, until
from tests.support.rpc_bridge import PASSWORD, USERNAME, RpcBridge
from tests.support.servers import environment, free_port, written_store
from tests.support.stores import bridge_settings, open_graph, own_migrations, own_queries

PAGES: Final = (
    f"/anime/{graphs.BEBOP}",
    f"/api/anime/{graphs.BEBOP}",
    f"/api/anime/{graphs.BEBOP}/episodes",
    "/api/movies",
    "/api/search?q=bebop",
    "/status",
)
"""Pages and answers of every sort; none is kept, so that each is made anew."""


def variables(url: str, folder: Path) -> dict[str, str]:
    return environment(url, folder, free_port()) | {
        "KENSHO_STORE_USERNAME": USERNAME,
        "KENSHO_STORE_PASSWORD": PASSWORD,
        "KENSHO_REFRESH_EVERY_S": "0.1",
        "KENSHO_CACHE_BYTES": "0",
        "KENSHO_STOP_DEADLINE_S": "1",
        "KENSHO_HEALTH_DETAILS": "true",
    }


def bodies(server: Running) -> list[str]:
    """Return what is served now; each is a 200."""
    answers = [server.get(path) for path in PAGES]
    assert {answer.status_code for answer in answers} == {200}
    return [answer.text for answer in answers[:-1]]  # the page of the status tells ages


async def test_a_store_that_hangs_or_dies_is_noticed_by_no_reader(
    bridge: RpcBridge, tmp_path: Path
) -> None:
    async with Gateway.open(bridge_settings(bridge), own_queries()) as gateway:
        await migrations.migrate(gateway, own_migrations())
        await graphs.load_small_graph(gateway)
        await publish(gateway, tmp_path / "read_model")
    await bridge.wait_unused()
    asked = len(bridge.requests)
    loop = asyncio.get_running_loop()

    def read() -> None:
        with running(variables(bridge.url, tmp_path), tmp_path / "log") as server:
            well = bodies(server)
            loop.call_soon_threadsafe(bridge.stall)
            assert bodies(server) == well
            asyncio.run_coroutine_threadsafe(bridge.stop(), loop).result()
            assert bodies(server) == well
            assert server.get("/health/ready").json()["status"] == "ok"
            assert server.stop() == 0

    await asyncio.to_thread(read)
    assert len(bridge.requests) == asked, "the server has asked the store for something"


@pytest.fixture
def black_hole() -> Iterator[str]:
    """Return the address of a store that takes connections, and never says a word."""
    with socket.socket() as hole:
        hole.bind(("127.0.0.1", 0))
        hole.listen()
        yield f"ws://127.0.0.1:{hole.getsockname()[1]}"


def test_a_server_without_a_snapshot_lives_and_stops_beside_a_store_that_hangs(
    black_hole: str, tmp_path: Path
) -> None:
    settings = variables(black_hole, tmp_path) | {"KENSHO_STORE_DEADLINE_S": "0.2"}
    with running(settings, tmp_path / "log", is_up) as server:
        until(lambda: "building one failed" in server.get("/health/ready").text)
        assert server.get("/health/ready").status_code == 503
        assert server.get("/health/live").status_code == 200
        assert server.get("/api/movies").status_code == 503
        assert server.stop() == 0


def is_up(server: Running) -> bool:
    return server.get("/health/live").status_code == 200


async def test_a_folder_that_goes_away_and_comes_back_is_told_and_served(
    tmp_path: Path, small_snapshot: str
) -> None:
    folder = tmp_path / "read_model"

    def read() -> None:
        with running(variables(small_snapshot, tmp_path), tmp_path / "log") as server:
            well = bodies(server)
            folder.rename(tmp_path / "gone")
            until(lambda: server.get("/health/ready").json()["status"] == "degraded")
            folder.write_text("no folder")
            assert bodies(server) == well
            folder.unlink()
            (tmp_path / "gone").rename(folder)
            until(lambda: server.get("/health/ready").json()["status"] == "ok")
            assert bodies(server) == well

    await asyncio.to_thread(read)


@pytest.fixture
async def small_snapshot(tmp_path: Path) -> str:
    """Return the URL of a store that holds the small graph, and is published."""
    url = await written_store(tmp_path / "kensho.db")
    async with open_graph(url=url) as graph:
        await publish(graph, tmp_path / "read_model")
    return url
