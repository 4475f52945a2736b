"""Workers and supervisors that die, and clients that neither send, read nor leave."""

import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from typing_extensions import override

from kensho.read_model.building.publishing import publish
from tests.support.processes import Running, answers, is_free, is_ready, running, until
from tests.support.publishing import add_work
from tests.support.raw_clients import (
    PATIENCE_S,
    REST,
    UNFINISHED,
    answer_to,
    connected,
    get,
    received,
    unread,
)
from tests.support.servers import environment, free_port, written_store
from tests.support.stores import open_graph

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
LIMITS = {
    "KENSHO_HEADER_TIMEOUT_S": "1",
    "KENSHO_BODY_TIMEOUT_S": "0.5",
    "KENSHO_SEND_TIMEOUT_S": "1",
    "KENSHO_STOP_DEADLINE_S": "1",
    "KENSHO_WORKERS": "2",
    "KENSHO_REFRESH_EVERY_S": "3600",
}


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the variables of servers of one published graph."""
    folder = tmp_path_factory.mktemp("processes")

    async def published() -> str:
        url = await written_store(folder / "kensho.db")
        async with open_graph(url=url) as graph:
            await publish(graph, folder / "read_model")
        return url

    return environment(asyncio.run(published()), folder, 0) | LIMITS


@pytest.fixture(scope="module")
def server(
    variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """Run two workers with short limits for this module."""
    log = tmp_path_factory.mktemp("log") / "server.log"
    with running(variables | {"KENSHO_PORT": str(free_port())}, log) as server:
        yield server


class Reader(threading.Thread):
    """Asks again and again, each time anew, and counts how that ends."""

    def __init__(self, server: Running) -> None:
        super().__init__(daemon=True)
        self._url = server.base + "/api/movies"
        self._done = threading.Event()
        self.ends: Counter[str] = Counter()

    @override
    def run(self) -> None:
        while not self._done.is_set():
            try:
                self.ends[str(httpx.get(self._url, timeout=PATIENCE_S).status_code)] += 1
            except httpx.TransportError as error:
                self.ends[type(error).__name__] += 1

    def stop(self) -> Counter[str]:
        self._done.set()
        self.join()
        return self.ends


def test_workers_that_are_killed_are_replaced_and_counted(server: Running) -> None:
    reader = Reader(server)
    reader.start()
    before = server.metric("kensho_worker_restarts_total ")
    for killed in server.workers:
        os.kill(killed, signal.SIGKILL)
        until(lambda: killed not in server.workers and answers(server, is_ready))  # noqa: B023 -- called at once
    ends = reader.stop()
    assert ends["200"] > 0
    cut = sum(ends.values()) - ends["200"]
    assert cut <= 2, f"one reader lost more than the request that each worker had: {ends}"
    assert server.metric("kensho_worker_restarts_total ") == before + 2
    assert server.metric("kensho_workers_serving ") == 2


def test_a_hang_up_makes_workers_look_for_a_newer_snapshot(
    server: Running, variables: dict[str, str]
) -> None:
    async def publish_another() -> None:
        async with open_graph(url=variables["KENSHO_STORE_URL"]) as graph:
            await add_work(graph)
            await publish(graph, Path(variables["KENSHO_READ_MODEL_DIR"]))

    before = server.get("/api/health").json()["revision"]
    workers = server.workers
    asyncio.run(publish_another())
    server.supervisor.send_signal(signal.SIGHUP)
    until(lambda: all(server.get("/api/health").json()["revision"] > before for _ in range(8)))
    assert server.workers == workers


def test_a_head_that_never_ends_and_an_idle_connection_are_cut(server: Running) -> None:
    with (
        connected(server.port, b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ") as slow,
        connected(server.port) as idle,
        connected(server.port, b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n") as kept,
    ):
        assert received(slow) == received(idle) == b""
        assert received(kept).startswith(b"HTTP/1.1 200 ")


def test_a_body_that_never_ends_is_answered_408_and_cut(server: Running) -> None:
    answer = answer_to(server.port, UNFINISHED)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"the body did not arrive within 0.5 s" in answer


@pytest.mark.parametrize(
    "headers",
    [[f"X-{number}: 1" for number in range(200)], [f"X: {'a' * 65_536}"]],
    ids=["many", "large"],
)
def test_a_head_that_is_too_large_is_refused(server: Running, headers: list[str]) -> None:
    assert answer_to(server.port, get("/health/live", *headers)).startswith(b"HTTP/1.1 431 ")


def test_a_client_that_takes_nothing_of_its_answer_is_cut(server: Running) -> None:
    with unread(server.port) as client:
        until(lambda: not is_connected(client.getsockname()[1]))


def is_connected(port: int) -> bool:
    """Tell whether the server's end of the connection of a client's port is there."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    ends = [(line.split()[2], line.split()[3]) for line in lines]
    return any(peer.endswith(f":{port:04X}") and state == "01" for peer, state in ends)


def test_http_2_is_not_spoken_unless_asked_for(server: Running) -> None:
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"
    assert b"\x00\x00" not in answer_to(server.port, preface)


def test_a_log_on_a_full_disk_costs_no_worker_and_no_reader(variables: dict[str, str]) -> None:
    settings = variables | {"KENSHO_PORT": str(free_port()), "KENSHO_SLOW_REQUEST_S": "1e-6"}
    with running(settings, Path("/dev/full")) as server:
        os.kill(server.workers[0], signal.SIGKILL)
        until(lambda: server.metric("kensho_worker_restarts_total ") == 1)
        assert server.get("/api/movies").status_code == 200
        assert server.stop() == 0


def test_more_idle_connections_than_files_may_be_opened_stop_nobody_for_long(
    variables: dict[str, str], tmp_path: Path
) -> None:
    settings = variables | {"KENSHO_PORT": str(free_port()), "KENSHO_WORKERS": "1"}
    few_files = ("sh", "-c", 'ulimit -n 640 && exec "$0" "$@"')
    with (
        running(settings, tmp_path / "log", prefix=few_files) as server,
        contextlib.ExitStack() as idle,
    ):
        for _ in range(700):
            idle.enter_context(connected(server.port))
        assert server.get("/api/movies").status_code == 200
        assert "fewer_connections" in server.log.read_text()
        assert server.stop() == 0


def test_a_server_ends_in_time_whatever_clients_do(
    variables: dict[str, str], tmp_path: Path
) -> None:
    settings = variables | {
        "KENSHO_PORT": str(free_port()),
        "KENSHO_BODY_TIMEOUT_S": "600",
        "KENSHO_SEND_TIMEOUT_S": "600",
        "KENSHO_HEADER_TIMEOUT_S": "600",
    }
    with running(settings, tmp_path / "log") as server:
        workers = server.workers
        with (
            connected(server.port, UNFINISHED),
            connected(server.port, UNFINISHED[:-10]),
            connected(server.port),
            unread(server.port),
        ):
            assert server.stop() == 0
        assert not any(Path(f"/proc/{pid}").exists() for pid in workers)
        assert is_free(server.port)


def test_workers_end_when_their_supervisor_is_killed_and_answer_what_they_were_asked(
    variables: dict[str, str], tmp_path: Path
) -> None:
    settings = variables | {
        "KENSHO_PORT": str(free_port()),
        "KENSHO_BODY_TIMEOUT_S": "600",
        "KENSHO_STOP_DEADLINE_S": "600",
    }
    with running(settings, tmp_path / "log") as server:
        workers = server.workers
        assert len(workers) == 2
        with connected(server.port, UNFINISHED) as client:
            assert server.stop(signal.SIGKILL) == -signal.SIGKILL
            until(lambda: is_free(server.port))  # nobody listens any more
            client.sendall(REST)
            assert received(client).startswith(b"HTTP/1.1 200 ")
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))
