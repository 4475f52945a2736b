"""Figures of several workers: whole on the board, and one exposition that Prometheus can read."""

import asyncio
import os
import struct

import pytest
from prometheus_client.parser import text_string_to_metric_families

from kensho.http.event_stream import EventStreams
from kensho.http.exposition import Exposition
from kensho.http.metrics import ClientMetrics, Metrics
from kensho.platform.listening import listen, open_connections
from kensho.platform.metrics_board import MOST_BYTES, MetricsBoard, WorkerSeat
from kensho.platform.settings import StreamSettings
from kensho.platform.worker_board import WorkerBoard
from tests.support.raw_clients import connected


class Clock:
    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def test_what_a_worker_wrote_last_is_read_by_others() -> None:
    board = MetricsBoard(2)
    assert board.read(0) is board.read(1) is None
    for figures in (b"one", b"two, longer", b"3"):
        assert board.write(1, figures)
        assert board.read(1) == figures
    assert board.read(0) is None
    assert not board.write(0, b"x" * (MOST_BYTES + 1))
    assert board.write(0, b"x" * MOST_BYTES)
    assert board.read(0) == b"x" * MOST_BYTES


def test_another_process_reads_it_too() -> None:
    board = MetricsBoard(1)
    pid = os.fork()
    if pid == 0:
        board.write(0, b"of a child")
        os._exit(0)
    os.waitpid(pid, 0)
    assert board.read(0) == b"of a child"


def test_figures_of_a_worker_that_is_gone_are_told_for_a_while_only() -> None:
    clock = Clock()
    board = MetricsBoard(1, clock)
    board.write(0, b"last words")
    clock.now_s += 9
    assert board.read(0) == b"last words"
    clock.now_s += 2
    assert board.read(0) is None


def test_what_is_half_written_is_never_read() -> None:
    board = MetricsBoard(1)
    board.write(0, b"a" * 1_000)
    board.write(0, b"b" * 1_000)
    (turn,) = struct.unpack_from("<Q", board._memory, 0)
    start = board._place(0, turn) + 16
    board._memory[start : start + 500] = b"c" * 500
    assert board.read(0) is None


async def seated(workers: int) -> tuple[list[Exposition], list[Metrics], MetricsBoard]:
    """Return the expositions of some workers that share a board."""
    board, figures = WorkerBoard(workers), MetricsBoard(workers)
    many = [Metrics() for _ in range(workers)]
    expositions = [
        Exposition(
            metrics,
            WorkerSeat(slot, board, figures, 1),
            lambda: None,
            EventStreams(StreamSettings(), lambda: None),
        )
        for slot, metrics in enumerate(many)
    ]
    return expositions, many, figures


def samples(text: bytes) -> dict[tuple[str, str, str], float]:
    """Return what Prometheus would read: by name, worker and the other labels."""
    found: dict[tuple[str, str, str], float] = {}
    for family in text_string_to_metric_families(text.decode()):
        for sample in family.samples:
            labels = dict(sample.labels)
            worker = labels.pop("worker", "")
            key = sample.name, worker, ",".join(f"{k}={v}" for k, v in sorted(labels.items()))
            assert key not in found, key
            found[key] = sample.value
    return found


async def test_whichever_worker_is_scraped_tells_of_all() -> None:
    expositions, many, board = await seated(2)
    clients = [ClientMetrics(metrics.registry) for metrics in many]
    for number, metrics in enumerate(many):
        for _ in range(number + 1):
            metrics.count_request("GET", "/api/movies", 200, 0.003)
            metrics.count_request("GET", "/api/changes/stream", 200, None)
            clients[number].observe_vital("lcp", 1.2)
        board.write(number, metrics.told())
    route = "method=GET,route=/api/movies,status=200"
    for exposition in expositions:
        text = exposition.text({"disk": "full"})
        found = samples(text)
        for worker, times in (("0", 1), ("1", 2)):
            assert found["kensho_http_requests_total", worker, route] == times
            count = "kensho_http_request_seconds_count"
            assert found[count, worker, "route=/api/movies"] == times
            bucket = "kensho_http_request_seconds_bucket"
            assert found[bucket, worker, "le=0.005,route=/api/movies"] == times
            assert found[count, worker, "route=/api/changes/stream"] == 0
            assert found["kensho_event_streams_open", worker, ""] == 0
        assert found["kensho_well", "", "what=disk"] == 0
        assert found["kensho_workers", "", ""] == 2
        assert text.count(b"# TYPE kensho_http_requests_total ") == 1


async def test_one_worker_alone_needs_no_label() -> None:
    (exposition,), (metrics,), _ = await seated(1)
    metrics.count_request("GET", "/api/movies", 200, 0.003)
    found = samples(exposition.text(None))
    assert found["kensho_http_requests_total", "", "method=GET,route=/api/movies,status=200"] == 1


@pytest.mark.parametrize("clients", [0, 3])
def test_connections_of_clients_are_counted(clients: int) -> None:
    with listen("127.0.0.1", 0, send_timeout_s=1) as listening:
        port = listening.getsockname()[1]
        held = [connected(port) for _ in range(clients)]
        accepted = []
        for client in held:
            client.__enter__()
            accepted.append(listening.accept()[0])
        try:
            assert open_connections(port) == clients
        finally:
            for client, server in zip(held, accepted, strict=True):
                client.__exit__(None, None, None)
                server.close()


async def test_a_worker_tells_its_figures_while_it_serves() -> None:
    (exposition, _), (metrics, _), board = await seated(2)
    metrics.count_request("GET", "/api/movies", 200, 0.003)
    telling = asyncio.create_task(exposition.tell_for_ever())
    async with asyncio.timeout(20):
        while board.read(0) is None:  # noqa: ASYNC110 -- shared memory has no event
            await asyncio.sleep(0.01)
    telling.cancel()
    assert b"kensho_http_requests" in (board.read(0) or b"")
    (alone,), _, _ = await seated(1)
    await alone.tell_for_ever()  # there is nobody to tell
