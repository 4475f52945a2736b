"""Measure reads over more workers and more hosts, all of one publication.

    python -m benchmarks.bench_scale --read-model var/read_model [--seconds 5]

One host serves with 1, 2 and 4 workers; then two hosts serve, simulated by servers of their own
with a snapshot each that they fetched (`kensho snapshot fetch`): one from the folder, one from a
file server over HTTP, as a bucket that is read by address is one. Both must answer alike, cursors
included. Requests are works, searches and hubs, six, three and one of ten; no answer is kept.

Printed are answers a second by the clock, and answers for a second of a processor, by the servers'
own account: the first is bounded by the machine's cores, which the load shares, the second is what
one core of a machine that only serves would answer. It falls where more processes share the cores.
"""

import argparse
import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final, NamedTuple

import httpx
from typing_extensions import override

from benchmarks.bench_api import free_port, process
from benchmarks.loopback_load import Load, load
from benchmarks.serving_costs import processor_s, reads_of
from deploy.canary.watching import read

CONNECTIONS: Final = 16
EACH: Final = 1_000
MIX: Final = (("work", 6), ("search", 3), ("hub", 1))
_KENSHO: Final = (sys.executable, "-m", "kensho.cli")


class Measured(NamedTuple):
    """A way of serving: the load on each host, and the processor seconds of all."""

    loads: Sequence[Load]
    spent_s: float
    answers: float

    @property
    def per_second(self) -> float:
        """Answers a second, of all hosts."""
        return sum(one.per_second for one in self.loads)

    @property
    def per_processor_s(self) -> float:
        """Answers for a second of a processor."""
        return self.answers / self.spent_s


class _Files(SimpleHTTPRequestHandler):
    """Offers a folder, as any file server does."""

    protocol_version = "HTTP/1.1"

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def main() -> None:
    """Print the figures of each way of serving."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--read-model", type=Path, required=True, help="what is published")
    parser.add_argument("--seconds", type=float, default=5.0)
    asked = parser.parse_args()
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory() as scratch:
        folders = fetched(asked.read_model.resolve(), Path(scratch))
        found = {
            "1 worker": measured(folders[:1], 1, Path(scratch), asked.seconds),
            "2 workers": measured(folders[:1], 2, Path(scratch), asked.seconds),
            "4 workers": measured(folders[:1], 4, Path(scratch), asked.seconds),
            "2 hosts, 1 worker each": measured(folders, 1, Path(scratch), asked.seconds),
        }
    report(found)


def fetched(published: Path, scratch: Path) -> list[Path]:
    """Let two hosts fetch what is published, one from its folder and one over HTTP."""
    folders = [scratch / "host_a", scratch / "host_b"]
    with file_server(published) as address:
        for place, folder in zip((str(published), address), folders, strict=True):
            environment = {**os.environ, "KENSHO_READ_MODEL_DIR": str(folder)}
            told = subprocess.run(
                (*_KENSHO, "snapshot", "fetch", place),
                env=environment,
                check=True,
                text=True,
                stdout=subprocess.PIPE,
            )
            print(f"fetched from {place}: {told.stdout.strip()}")
    taken = {next(folder.glob("*-*")).name for folder in folders}
    if len(taken) != 1:
        raise SystemExit(f"the hosts fetched different snapshots: {taken}")
    return folders


@contextlib.contextmanager
def file_server(folder: Path) -> Iterator[str]:
    """Offer a folder on loopback while the block runs; yield its address."""
    handler = partial(_Files, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def measured(folders: Sequence[Path], workers: int, scratch: Path, seconds: float) -> Measured:
    """Serve from each folder with so many workers, and read from all at once."""
    ports = [free_port() for _ in folders]
    with contextlib.ExitStack() as stack:
        for folder, port in zip(folders, ports, strict=True):
            stack.enter_context(host(folder, port, workers, scratch))
        if len(ports) > 1:
            answer_alike(ports)
        paths = mixed(ports[0])
        asyncio.run(_loads(ports, paths, 1.0))
        before = sum(processor_s(port) for port in ports)
        asked = sum(_asked(port) for port in ports)
        loads = asyncio.run(_loads(ports, paths, seconds))
        spent = sum(processor_s(port) for port in ports) - before
        return Measured(loads, spent, sum(_asked(port) for port in ports) - asked)


@contextlib.contextmanager
def host(folder: Path, port: int, workers: int, scratch: Path) -> Iterator[None]:
    """Run a server that has a snapshot and no store."""
    environment = {
        "KENSHO_PORT": str(port),
        "KENSHO_READ_MODEL_DIR": str(folder),
        "KENSHO_STORE_URL": f"surrealkv://{scratch / 'none'}",
        "KENSHO_SECRET_FILE": str(scratch / "secret"),
        "KENSHO_QUEUE_FILE": str(scratch / f"queue-{port}.db"),
        "KENSHO_CACHE_BYTES": "0",
    }
    command = [*_KENSHO, "serve", "--workers", str(workers)]
    with process(command, port, environment, ready="/health/ready"):
        yield


def answer_alike(ports: Sequence[int]) -> None:
    """See that hosts give one answer, and that a cursor of one is good at the other.

    Raises:
        SystemExit: they don't.
    """
    first, second = (httpx.get(f"http://127.0.0.1:{port}/api/works?limit=20") for port in ports)
    cursor = first.json()["next_cursor"]
    page = {"limit": 20, "cursor": cursor}
    pages = [httpx.get(f"http://127.0.0.1:{port}/api/works", params=page) for port in ports]
    if first.content != second.content or pages[0].content != pages[1].content:
        raise SystemExit("the hosts answer differently")


def mixed(port: int) -> list[str]:
    """Return paths in the proportions of MIX, each in turn."""
    reads = reads_of(port, EACH)._asdict()
    turns: list[str] = []
    for number in range(EACH // max(share for _, share in MIX)):
        for kind, share in MIX:
            paths = reads[kind]
            turns += [paths[(number * share + one) % len(paths)] for one in range(share)]
    return turns


async def _loads(ports: Sequence[int], paths: Sequence[str], seconds: float) -> list[Load]:
    each = CONNECTIONS // len(ports)
    return await asyncio.gather(
        *(load(port, paths, connections=each, seconds=seconds) for port in ports)
    )


def _asked(port: int) -> float:
    """Return how many requests of people a server has answered."""
    return read(httpx.get(f"http://127.0.0.1:{port}/metrics").text).requests


def report(found: dict[str, Measured]) -> None:
    """Print a row for each way of serving, beside what one worker does."""
    alone = found["1 worker"].per_processor_s
    print(f"{'':24}{'req/s':>9}{'p95 ms':>9}{'p99 ms':>9}{'req per CPU s':>15}{'of one':>8}")
    for name, one in found.items():
        worst = max(load_.p95_ms for load_ in one.loads), max(load_.p99_ms for load_ in one.loads)
        share = one.per_processor_s / alone
        print(
            f"{name:24}{one.per_second:9.0f}{worst[0]:9.1f}{worst[1]:9.1f}"
            f"{one.per_processor_s:15.0f}{share:8.2f}"
        )
        if any(load_.errors for load_ in one.loads):
            raise SystemExit(f"{name}: some answers were errors")


if __name__ == "__main__":
    main()
