"""Measure franchises: their documents in process, the same walk in other hands, and over HTTP.

    python -m benchmarks.bench_franchise_reads --store surrealkv://var/kensho.db [--seconds 5]
    python -m benchmarks.bench_franchise_reads --read-model var/read_model/681

The franchise measured is the one nearest to 150 works and 400 edges. Peers answer which works and
edges can be reached from its root without leaving it, after all agreed; the engine walks three hops
by `+collect`, which is less than the whole franchise. Promises: detail, graph and watch order
within 0.1 ms in process, 100 times as fast as the engine, 10 times as Kùzu and SQLite; over HTTP
p95 within 5 ms at 32 connections. CPU time of the calling thread is printed for our own calls and
SQLite's, time by the clock for the engine and Kùzu, which work in threads of their own. `ready` is
what a request costs, `walked` the same works and edges from the mapped arrays.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from benchmarks import walk_peers
from benchmarks.bench_api import free_port, kensho
from benchmarks.loopback_load import Load, load
from kensho.discovery import franchises
from kensho.platform.installation import data_root
from kensho.read_model.building.builder import build
from kensho.read_model.encoded import Encoded
from kensho.read_model.franchise_views import ORDERS
from kensho.read_model.model import ReadModel
from kensho.storage import queries
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings

WORKS: Final = 150
EDGES: Final = 400
RUNS: Final = 501
PEER_RUNS: Final = 21
ENGINE_RUNS: Final = 5
CONNECTIONS: Final = 32
POPULAR: Final = 100
IN_PROCESS_MS: Final = 0.1
HTTP_MS: Final = 5.0


def main() -> None:
    """Run everything and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    given = parser.add_mutually_exclusive_group(required=True)
    given.add_argument("--store", help="URL of an ingested store")
    given.add_argument("--read-model", type=Path, help="folder of a read model's revision")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each load lasts")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=".") as scratch:
        folder = options.read_model or asyncio.run(built(options.store, Path(scratch) / "models"))
        model = ReadModel.open(folder)
        chosen = nearest_franchise(model)
        ready_ms = report_ready(model, chosen)
        report_peers(model, chosen, ready_ms, Path(scratch))
        if options.store:
            asyncio.run(report_engine(options.store, model, chosen, ready_ms))
            report_http(options.store, model, chosen, Path(scratch), options.seconds)


async def built(url: str, root: Path) -> Path:
    """Build the read model of a store."""
    known = queries.load(data_root("queries"))
    async with Gateway.open(StoreSettings(url), known) as gateway:
        return await build(gateway, root)


def nodes_of(model: ReadModel, franchise: int) -> list[int]:
    """Return all nodes of a franchise."""
    return [
        *model.franchises.members(franchise).tolist(),
        *model.franchises.records(franchise).tolist(),
    ]


def inside(model: ReadModel, franchise: int) -> walk_peers.Walked:
    """Return what can be reached from the root without leaving the franchise, and its edges."""
    franchise_of = model.franchises.by_node
    found = {int(model.franchises.members(franchise)[0])}
    waiting = [*found]
    edges: set[int] = set()
    while waiting:
        for step in model.neighbours(waiting.pop()):
            if franchise_of[step.node] == franchise:
                edges.add(step.edge)
                if step.node not in found:
                    found.add(step.node)
                    waiting.append(step.node)
    return found, edges


def nearest_franchise(model: ReadModel) -> int:
    """Return the franchise nearest to 150 works and 400 edges."""

    def far(franchise: int) -> float:
        works, edges = inside(model, franchise)
        return abs(len(works) / WORKS - 1) + abs(len(edges) / EDGES - 1)

    large = [
        franchise
        for franchise in range(len(model.franchises))
        if len(model.franchises.members(franchise)) >= WORKS // 3
    ]
    return min(large or range(len(model.franchises)), key=far)


def report_ready(model: ReadModel, franchise: int) -> float:
    """Print what documents cost in process; return the time of the graph in milliseconds."""
    slug = model.franchises.slug(franchise)
    works, edges = inside(model, franchise)
    members = len(model.franchises.members(franchise))
    print(f"{slug}: {members} works, {len(works)} nodes, {len(edges)} edges")

    def located() -> int:
        return franchises.locate(model, slug)

    calls: dict[str, Callable[[], Encoded[Any]]] = {
        "detail": lambda: franchises.detail(model, located()),
        "graph": lambda: franchises.graph_as_json(model, located()),
        **{
            f"watch order, {name}": partial(
                lambda order: franchises.watch_order(model, located(), order), name
            )
            for name in ORDERS
        },
    }
    spent = {name: cpu_ms(call, RUNS) for name, call in calls.items()}
    for name, ms in spent.items():
        size = len(calls[name]().bytes)
        print(f"ready, {name:<22}{ms:>9.4f} ms {verdict(ms <= IN_PROCESS_MS)} {size} B")
    walked_ms = cpu_ms(lambda: inside(model, franchise), PEER_RUNS)
    print(f"walked                       {walked_ms:>9.4f} ms")
    return spent["graph"]


def report_peers(model: ReadModel, franchise: int, ready_ms: float, scratch: Path) -> None:
    """Print the same walk in other hands."""
    expected = inside(model, franchise)
    root = int(model.franchises.members(franchise)[0])
    peers: Mapping[str, tuple[walk_peers.FranchisePeer, Callable[..., float]]] = {
        "SQLite": (walk_peers.franchises_in_sqlite(model), cpu_ms),
        "Kùzu": (walk_peers.franchises_in_kuzu(model, scratch), clock_ms),
    }
    for name, (peer, measured_ms) in peers.items():
        if peer(root, franchise) != expected:
            raise SystemExit(f"{name} walks elsewhere from {root}")
        ms = measured_ms(partial(peer, root, franchise), PEER_RUNS)
        print(
            f"{name:<29}{ms:>9.4f} ms, {ms / ready_ms:>8.0f} times {verdict(ms >= 10 * ready_ms)}"
        )


async def report_engine(url: str, model: ReadModel, franchise: int, ready_ms: float) -> None:
    """Print what three hops from the root take the engine."""
    known = queries.load(data_root("queries"))
    root = int(model.franchises.members(franchise)[0])
    params = {"table": model.kind(root), "id": model.id(root)}
    spent: list[float] = []
    async with Gateway.open(StoreSettings(url), known) as gateway:
        for _ in range(ENGINE_RUNS):
            began = time.perf_counter()
            await gateway.fetch("works.within_three_hops", params, into=list[str], deadline_s=120)
            spent.append(time.perf_counter() - began)
    ms = statistics.median(spent) * 1e3
    good = verdict(ms >= 100 * ready_ms)
    print(f"{'engine, three hops':<29}{ms:>9.4f} ms, {ms / ready_ms:>8.0f} times {good}")


def report_http(url: str, model: ReadModel, franchise: int, scratch: Path, seconds: float) -> None:
    """Print what 32 connections see, of this franchise and many, with and without kept answers."""
    popular = [
        model.franchises.slug(number) for number in model.franchises.listed[:POPULAR].tolist()
    ]
    random.Random(4).shuffle(popular)
    rests = {"detail": "", "graph": "/graph", "watch order": "/watch-order?order=story"}
    for cache, said in ((None, "kept"), (0, "not kept")):
        port = free_port()
        with kensho(url, port, scratch / "models", scratch, cache_bytes=cache):
            for name, rest in rests.items():
                for slugs, of in (
                    ([model.franchises.slug(franchise)], "this"),
                    (popular, f"{len(popular)}"),
                ):
                    paths = [f"/api/franchises/{slug}{rest}" for slug in slugs]
                    run = asyncio.run(load(port, paths, connections=CONNECTIONS, seconds=seconds))
                    print_load(f"{name}, {of}, {said}", run)


def print_load(name: str, run: Load) -> None:
    """Print one load."""
    median, p95 = f"{run.median_ms:>7.2f}", f"{run.p95_ms:>7.2f} ms"
    good = verdict(run.p95_ms <= HTTP_MS)
    print(f"{name:<29}{run.per_second:>8.0f}/s  p50 {median}  p95 {p95} {good} {run.errors} errors")


def cpu_ms(call: Callable[[], object], runs: int) -> float:
    """Return the median of the processor's time of a call on this thread in milliseconds."""
    return _median_ms(call, runs, time.thread_time_ns)


def clock_ms(call: Callable[[], object], runs: int) -> float:
    """Return the median time of a call by the clock in milliseconds."""
    return _median_ms(call, runs, time.perf_counter_ns)


def _median_ms(call: Callable[[], object], runs: int, now: Callable[[], int]) -> float:
    spent: list[int] = []
    for _ in range(runs):
        began = now()
        call()
        spent.append(now() - began)
    return statistics.median(spent) / 1e6


def verdict(is_kept: bool) -> str:
    """Return how a promise stands."""
    return "ok    " if is_kept else "MISSED"


if __name__ == "__main__":
    main()
