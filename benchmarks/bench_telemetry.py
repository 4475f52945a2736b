"""Measure what spans, draining and shared figures cost.

    python -m benchmarks.bench_telemetry [--rounds 3] [--seconds 4]

Starts the real server (one worker) without a collector, with one and no request sampled, with one
in a hundred, and with all, in turn, round by round; the collector is a process of its own. Prints
medians of the throughput of kept answers and of answers that are made anew, and of the time of a
processor that a request took, which other work on the machine disturbs less. Then it prints how
long a server with 100 open streams takes from SIGTERM to its end, with one and two workers, and
what a worker's figures take to be told and merged. All of it over the small graph of the tests.
"""

import argparse
import asyncio
import contextlib
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from time import monotonic, perf_counter, process_time, sleep
from typing import NamedTuple

import httpx

from benchmarks.loopback_load import Load, load
from kensho.http.metrics import Metrics
from tests.support import graphs
from tests.support.servers import environment, free_port, written_store

CONNECTIONS = 16
STREAMS = 100
_COLLECTOR = """
import sys, time
from tests.support.otlp_receiver import otlp_receiver
with otlp_receiver() as receiver:
    print(receiver.endpoint, flush=True)
    sys.stdin.read()
"""
WATCH = b"GET /api/changes/stream HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Run(NamedTuple):
    """What clients saw, and the time of a processor that the worker took for a request."""

    load: Load
    cpu_us: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, collector() as endpoint:
        folder = Path(name)
        url = asyncio.run(written_store(folder / "kensho.db"))
        settings = environment(url, folder, 0) | {"KENSHO_RATE_LIMIT_UNITS": "0"}
        throughput(settings, endpoint, options.rounds, options.seconds)
        for workers in (1, 2):
            print(
                f"SIGTERM with {STREAMS} streams, {workers} workers: {stopping(settings, workers)}"
            )
    figures()


def throughput(settings: Mapping[str, str], endpoint: str, rounds: int, seconds: float) -> None:
    traced = {"KENSHO_OTLP_ENDPOINT": endpoint, "KENSHO_OTLP_REQUESTS_PER_S": "10000"}
    cases = {
        "no collector": {},
        "sampled: none": {**traced, "KENSHO_OTLP_SAMPLE_SHARE": "0"},
        "sampled: 1 %": {**traced, "KENSHO_OTLP_SAMPLE_SHARE": "0.01"},
        "sampled: all": {**traced, "KENSHO_OTLP_SAMPLE_SHARE": "1"},
    }
    kept = [f"/api/anime/{graphs.BEBOP}"]
    made = [f"/api/search?q=bebop&limit={limit}" for limit in range(1, 51)]
    runs: dict[tuple[str, str], list[Run]] = {}
    for _ in range(rounds):
        for case, changed in cases.items():
            with serving({**settings, **changed, "KENSHO_CACHE_BYTES": "100000000"}) as server:
                note(runs, (case, "kept"), server, kept, seconds)
            with serving({**settings, **changed, "KENSHO_CACHE_BYTES": "0"}) as server:
                note(runs, (case, "made anew"), server, made, seconds)
    print(f"{'':25} {'rate':>9}  {'of none':>7}  {'processor':>10}")
    for (case, what), several in runs.items():
        rate, cpu_us = medians(several)
        base, _ = medians(runs["no collector", what])
        errors = sum(one.load.errors for one in several)
        print(
            f"{what:10} {case:14} {rate:8,.0f}/s  {rate / base:7.2f}  {cpu_us:7.0f} µs"
            f"  {errors} errors"
        )


def medians(runs: list[Run]) -> tuple[float, float]:
    return (
        statistics.median(one.load.per_second for one in runs),
        statistics.median(one.cpu_us for one in runs),
    )


def note(
    runs: dict[tuple[str, str], list[Run]],
    key: tuple[str, str],
    server: tuple[subprocess.Popen[bytes], int],
    paths: list[str],
    seconds: float,
) -> None:
    process, port = server
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    (worker,) = (int(pid) for pid in children.split())
    warm = asyncio.run(load(port, paths, connections=CONNECTIONS, seconds=0.5))
    before_s, began = cpu_s(worker), perf_counter()
    run = asyncio.run(load(port, paths, connections=CONNECTIONS, seconds=seconds))
    took_s = perf_counter() - began
    used_s = cpu_s(worker) - before_s
    assert warm.errors == 0
    runs.setdefault(key, []).append(Run(run, used_s / (run.per_second * took_s) * 1e6))


def cpu_s(pid: int) -> float:
    """Return the time of a processor that a process took so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def stopping(settings: Mapping[str, str], workers: int) -> str:
    """Tell how long a server with open streams takes to end."""
    changed = {
        "KENSHO_WORKERS": str(workers),
        "KENSHO_STREAM_PER_CLIENT": str(2 * STREAMS),
        "KENSHO_STREAM_LONGEST_S": "3600",
    }
    with serving({**settings, **changed}) as (server, port), contextlib.ExitStack() as stack:
        clients = []
        for _ in range(STREAMS):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            client.sendall(WATCH)
            client.recv(65_536)
            clients.append(client)
        began = perf_counter()
        server.send_signal(signal.SIGTERM)
        code = server.wait(60)
        took_s = perf_counter() - began
        ended = sum(received(client).endswith(b"0\r\n\r\n") for client in clients)
    drain_s = settings.get("KENSHO_DRAIN_S", "0.3")
    return f"{took_s:.2f} s, of them {drain_s} s draining; {ended} ended whole; exit code {code}"


def received(client: socket.socket) -> bytes:
    found = b""
    with contextlib.suppress(ConnectionError):
        while part := client.recv(65_536):
            found += part
    return found


def figures() -> None:
    """Tell what telling and merging figures take, with as many routes as there are."""
    many = [Metrics() for _ in range(4)]
    for metrics in many:
        for route in range(100):
            metrics.count_request("GET", f"/api/route/{route}", 200, 0.003)
    began = process_time()
    told = {str(number): metrics.told() for number, metrics in enumerate(many)}
    middle = process_time()
    text = many[0].render(told)
    end = process_time()
    print(
        f"figures of a worker with 100 routes: {(middle - began) / 4 * 1_000:.1f} ms to tell"
        f" ({len(told['0']) / 1_024:.0f} KiB); of 4 workers {(end - middle) * 1_000:.0f} ms to"
        f" render ({len(text) / 1_024:.0f} KiB)"
    )


@contextlib.contextmanager
def collector() -> Iterator[str]:
    """Run a collector as a process of its own; yield its endpoint."""
    with subprocess.Popen(
        [sys.executable, "-c", _COLLECTOR],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        assert process.stdin is not None
        process.stdin.close()


@contextlib.contextmanager
def serving(settings: Mapping[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    port = free_port()
    command = [sys.executable, "-m", "kensho.cli", "serve"]
    own = {**settings, "KENSHO_PORT": str(port)}
    server = subprocess.Popen(command, env=own, stderr=subprocess.DEVNULL)
    try:
        limit = monotonic() + 60
        while True:
            assert server.poll() is None, "the server has ended"
            assert monotonic() < limit, "the server did not become ready"
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"http://127.0.0.1:{port}/health/ready").json()["status"] == "ok":
                    break
            sleep(0.05)
        yield server, port
    finally:
        server.terminate()
        server.wait(60)


if __name__ == "__main__":
    main()
