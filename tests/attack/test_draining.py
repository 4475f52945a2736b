"""A server that is told to stop says so, serves on a little, ends streams, and itself in time."""

import asyncio
import contextlib
import json
import signal
import socket
import sys
from pathlib import Path

import httpx
import pytest

from kensho.read_model.building.publishing import publish
from tests.support.processes import Running, is_ready, running, until
from tests.support.raw_clients import PATIENCE_S, REST, UNFINISHED, connected, received
from tests.support.servers import environment, free_port, written_store
from tests.support.stores import open_graph

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
STREAMS = 100
STOP_S = 2
"""All is over within so many seconds, or the log says that something was cut."""
WATCH = b"GET /api/changes/stream HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the variables of servers of one published graph."""
    folder = tmp_path_factory.mktemp("draining")

    async def published() -> str:
        url = await written_store(folder / "kensho.db")
        async with open_graph(url=url) as graph:
            await publish(graph, folder / "read_model")
        return url

    return environment(asyncio.run(published()), folder, 0) | {
        "KENSHO_STOP_DEADLINE_S": str(STOP_S),
        "KENSHO_DRAIN_S": "0.7",
        "KENSHO_STREAM_PER_CLIENT": str(2 * STREAMS),
        "KENSHO_STREAM_LONGEST_S": "3600",
        "KENSHO_REFRESH_EVERY_S": "3600",
        "KENSHO_LOG_FORMAT": "json",
    }


def watching(stack: contextlib.ExitStack, port: int) -> socket.socket:
    """Open a stream of events and read how it begins."""
    client = stack.enter_context(connected(port, WATCH))
    began = b""
    while b"retry: " not in began:
        part = client.recv(65_536)
        assert part, began
        began += part
    assert began.startswith(b"HTTP/1.1 200 ")
    return client


def is_draining(server: Running) -> bool:
    answer = server.get("/health/ready")
    return answer.status_code == 503 and answer.json()["status"] == "draining"


@pytest.mark.parametrize("workers", [1, 2])
def test_streams_end_and_requests_are_answered_within_the_deadline(
    workers: int, variables: dict[str, str], tmp_path: Path
) -> None:
    port = str(free_port())
    settings = variables | {"KENSHO_PORT": port, "KENSHO_WORKERS": str(workers)}
    with (
        running(settings, tmp_path / "log", is_ready) as server,
        contextlib.ExitStack() as stack,
    ):
        streams = [watching(stack, server.port) for _ in range(STREAMS)]
        until(lambda: figures(server, "kensho_event_streams_open", workers) == STREAMS)
        posted = stack.enter_context(connected(server.port, UNFINISHED))
        server.supervisor.send_signal(signal.SIGTERM)
        until(lambda: is_draining(server))
        still = server.get("/api/movies")
        assert (still.status_code, still.headers["connection"]) == (200, "close")
        ended = [received(client) for client in streams]
        posted.sendall(REST)
        answer = received(posted)
        assert server.supervisor.wait(PATIENCE_S) == 0
        assert all(end.endswith(b"0\r\n\r\n") for end in ended), "each of them was ended, not cut"
        assert answer.startswith(b"HTTP/1.1 200 "), "it had begun before"
        with pytest.raises(httpx.ConnectError):
            server.get("/health/live")
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    events = {line["event"] for line in lines}
    assert "stopping" in events
    assert not events & {"requests_cut", "workers_killed", "worker_ended"}, lines


def figures(server: Running, name: str, workers: int) -> float:
    """Return the sum of a figure over all workers, which are told apart if there are several."""
    lines = [line for line in server.get("/metrics").text.splitlines() if line.startswith(name)]
    assert all(("worker=" in line) is (workers > 1) for line in lines)
    return sum(float(line.rpartition(" ")[2]) for line in lines)
