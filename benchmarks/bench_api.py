"""Measure the API on an ingested store against a bare Litestar handler of the same body size.

In turn.

    python -m benchmarks.bench_api --store surrealkv://var/kensho.db [--rounds 3] [--seconds 5]
      [--ids 4000]

Starts the real server (granian, one worker) and the yardstick one after the other, round by round,
so that a noisy machine is noisy for both. Prints medians over the rounds. Promises:
`/api/anime/{id}` p95 within 10 ms at 32 connections and at least half the yardstick's rate; lists
and walks p95 within 5 ms (one connection per two cores).
"""

import argparse
import asyncio
import contextlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx

from benchmarks.loopback_load import Load, load

CONNECTIONS = 32


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", required=True)
    parser.add_argument("--read-model", type=Path, help="kept between runs; by default built anew")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--ids", type=int, default=4_000)
    parser.add_argument("--list-connections", type=int, default=4)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(options, options.read_model or Path(folder) / "read_model", Path(folder))


def measure(options: argparse.Namespace, read_model: Path, folder: Path) -> None:
    port, bare_port = free_port(), free_port()
    runs: dict[str, list[Load]] = {}
    with kensho(options.store, port, read_model, folder, cache_bytes=0):
        asked = targets(port, options.ids)
    for _ in range(options.rounds):
        with kensho(options.store, port, read_model, folder):
            measure_all(runs, cases(asked, options.list_connections), port, options.seconds)
        with kensho(options.store, port, read_model, folder, cache_bytes=0):
            measure_all(runs, uncached(asked, options.list_connections), port, options.seconds)
        with process(
            [sys.executable, "-m", "benchmarks.bare", str(bare_port), str(asked["size"])], bare_port
        ):
            paths = asked["details"]
            bare = load(bare_port, paths, connections=CONNECTIONS, seconds=options.seconds)
            runs.setdefault("bare litestar", []).append(asyncio.run(bare))
    report(runs, asked)


def cases(asked: dict[str, Any], list_connections: int) -> dict[str, tuple[list[str], int, str]]:
    return {
        "detail, distinct ids": (asked["details"], CONNECTIONS, ""),
        "detail, distinct ids, br": (asked["details"], CONNECTIONS, "Accept-Encoding: br\r\n"),
        "detail, 100 hot ids": (asked["details"][:100], CONNECTIONS, ""),
        "season browse": (asked["seasons"], list_connections, ""),
        "tag's works": (asked["tags"], list_connections, ""),
        "tag list": (["/api/tags?limit=100"], list_connections, ""),
        "relations depth 3, largest": (asked["walks"], 1, ""),
        "relations depth 3, many": (asked["many_walks"], list_connections, ""),
        "resolve": (asked["resolves"], list_connections, ""),
        "episodes (engine)": (
            [f"{path}/episodes" for path in asked["details"]],
            list_connections,
            "",
        ),
    }


def uncached(asked: dict[str, Any], list_connections: int) -> dict[str, tuple[list[str], int, str]]:
    return {
        "no cache: detail": (asked["details"], CONNECTIONS, ""),
        "no cache: season browse": (asked["seasons"], list_connections, ""),
        "no cache: tag list": (["/api/tags?limit=100"], list_connections, ""),
        "no cache: tag's works": (asked["tags"], list_connections, ""),
        "no cache: walks, largest": (asked["walks"], 1, ""),
    }


def measure_all(
    runs: dict[str, list[Load]], asked: dict[str, Any], port: int, seconds: float
) -> None:
    for name, (paths, connections, headers) in asked.items():
        run = load(port, paths, connections=connections, seconds=seconds, headers=headers)
        runs.setdefault(name, []).append(asyncio.run(run))


def targets(port: int, ids: int) -> dict[str, Any]:
    """Gather what to ask for from the API itself."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        tags = client.get("/api/tags?limit=100").json()["tags"]
        found: dict[str, None] = {}
        for tag in tags:
            cursor = ""
            while len(found) < ids:
                page = client.get(f"/api/tags/{tag['id']}/anime?limit=100&fields=id{cursor}").json()
                found.update(dict.fromkeys(work["id"] for work in page["anime"]))
                if page["next_cursor"] is None:
                    break
                cursor = f"&cursor={page['next_cursor']}"
        works = list(found)
        details = [
            client.get(f"/api/anime/{work}", headers={"accept-encoding": "identity"})
            for work in works[:1_000]
        ]
        sizes = [len(answer.content) for answer in details]
        walks = [
            (client.get(f"/api/anime/{work}/relations?depth=3").json(), work)
            for work in works[:600]
        ]
        largest = sorted(walks, key=lambda walk: -len(walk[0]["nodes"]))[:20]
        biggest = largest[0][0]
        print(f"largest walk: {len(biggest['nodes'])} nodes, {len(biggest['edges'])} edges")
    seasons = [
        f"/api/browse/season/{y}/{s}?limit=100&page={p}"
        for y in range(1980, 2025)
        for s in ("winter", "spring", "summer", "fall")
        for p in (1, 2)
    ]
    return {
        "details": [f"/api/anime/{work}" for work in works],
        "size": round(statistics.mean(sizes)),
        "seasons": seasons,
        "tags": [f"/api/tags/{tag['id']}/anime?limit=100" for tag in tags],
        "walks": [f"/api/anime/{work}/relations?depth=3" for _, work in largest],
        "many_walks": [f"/api/anime/{work}/relations?depth=3" for work in works],
        "resolves": [
            f"/api/resolve?provider={source['provider']}&id={source['id']}"
            for answer in details
            for source in answer.json()["sources"][:2]
        ],
    }


def report(runs: dict[str, list[Load]], asked: dict[str, Any]) -> None:
    bare = statistics.median(run.per_second for run in runs["bare litestar"])
    print(f"{len(asked['details'])} ids, mean body {asked['size']} bytes, {os.cpu_count()} cores")
    print(f"{'case':<28}{'req/s':>9}{'x bare':>8}{'median':>9}{'p95':>9}{'p99':>9}{'errors':>8}")
    for name, measured in runs.items():
        rate, median, p95, p99 = (statistics.median(run[i] for run in measured) for i in range(4))
        errors = sum(run.errors for run in measured)
        print(
            f"{name:<28}{rate:>9.0f}{rate / bare:>8.2f}{median:>7.2f}ms{p95:>7.2f}ms{p99:>7.2f}ms"
            f"{errors:>8}"
        )


@contextlib.contextmanager
def kensho(
    store: str, port: int, read_model: Path, folder: Path, cache_bytes: int | None = None
) -> Iterator[None]:
    environment = {
        "KENSHO_STORE_URL": store,
        "KENSHO_PORT": str(port),
        "KENSHO_READ_MODEL_DIR": str(read_model),
        "KENSHO_SECRET_FILE": str(folder / "secret"),
        "KENSHO_CACHE_BYTES": "" if cache_bytes is None else str(cache_bytes),
    }
    with process(
        [sys.executable, "-m", "kensho.cli", "serve"], port, environment, ready="/health/ready"
    ):
        yield


@contextlib.contextmanager
def process(
    command: list[str],
    port: int,
    environment: dict[str, str] | None = None,
    ready: str = "/api/anime/x",
) -> Iterator[None]:
    running = subprocess.Popen(command, env={**os.environ, **(environment or {})})
    try:
        wait_until_ready(running, f"http://127.0.0.1:{port}{ready}")
        yield
    finally:
        running.terminate()
        running.wait(30)


def wait_until_ready(running: subprocess.Popen[bytes], url: str, seconds: float = 300) -> None:
    limit = monotonic() + seconds
    while monotonic() < limit and running.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(url).is_success:
                return
        sleep(0.1)
    raise SystemExit(f"{url} did not become ready")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
