"""Measure the read model on an ingested store: build, open, memory, and walks against the engine.

    python -m benchmarks.bench_read_model --store surrealkv://var/kensho.db

Walks are measured in the same run as the engine's own traversal of the same works, after both
answered alike. Memory is that of a fresh process that opens the model and touches all of it, as
after a long time of serving: "private" (USS) is each worker's own, "shared" are mapped pages of
which the machine keeps one copy.
"""

import argparse
import asyncio
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID

import numpy as np

from kensho.domain.works import SEASONS
from kensho.platform.installation import data_root
from kensho.read_model import soundness
from kensho.read_model.building.builder import build
from kensho.read_model.model import ReadModel
from kensho.read_model.snapshot_folder import OpenFolder
from kensho.read_model.titles import Titles
from kensho.storage import queries
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings

ALL: Final = 1 << 30
DEPTH: Final = 3
ENGINE_RUNS: Final = 5
MODEL_RUNS: Final = 51


class Memory(NamedTuple):
    """Memory of a process in bytes: its own pages, and mapped pages that it shares."""

    private: int
    shared: int


def main() -> None:
    """Run everything against the store named on the command line and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", required=True, help="URL of an ingested store")
    parser.add_argument("--deadline", type=float, default=120.0, help="seconds for one engine walk")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=".") as folder:
        asyncio.run(measure(arguments.store, arguments.deadline, Path(folder)))


async def measure(url: str, deadline_s: float, root: Path) -> None:
    """Build, open, weigh and walk."""
    known = queries.load(data_root("queries"))
    async with Gateway.open(StoreSettings(url, deadline_s=deadline_s), known) as gateway:
        began, used = time.perf_counter(), time.process_time()
        folder = await build(gateway, root)
        seconds, cpu_s = time.perf_counter() - began, time.process_time() - used
        print(f"build               {seconds:8.2f} s ({cpu_s:.2f} s of processor)")
        model = ReadModel.open(folder)
        size = sum(path.stat().st_size for path in folder.iterdir())
        print(f"on disk             {size / 1e6:8.1f} MB  {dict(model.counts)}")
        print(f"open, with checks   {median_s(lambda: ReadModel.open(folder), 5):8.3f} s")
        opened = OpenFolder.open(folder)
        print(f"  checks of numbers {median_s(lambda: soundness.check_model(opened), 5):8.3f} s")
        print(f"title index, checked{median_s(lambda: Titles(opened), 5):8.3f} s")
        report_memory(folder)
        report_look_ups(model)
        await report_walks(gateway, model)


def report_memory(folder: Path) -> None:
    """Open and touch everything in a process of its own, and print what it grew by."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        before, after = pool.apply(grown, (folder,))
    private, shared = after.private - before.private, after.shared - before.shared
    print(f"worker, private     {private / 1e6:8.1f} MB more than without the read model")
    print(f"worker, shared      {shared / 1e6:8.1f} MB of mapped files, once per machine")


def grown(folder: Path) -> tuple[Memory, Memory]:
    """Return this process's memory before and after it has served everything once."""
    before = memory()
    model = ReadModel.open(folder)
    touched = 0
    for node in range(model.works_total):
        touched += len(model.summary(node)) + len(model.detail(node)) + len(model.tags_of(node))
        touched += sum(len(model.assertions(step.edge)) for step in model.neighbours(node))
        touched += model.node(model.id(node)) or 0
    for tag in range(len(model.tags)):
        touched += int(model.tag_nodes(tag)[0].sum())
    for year in range(1900, 2040):
        touched += sum(int(model.season_nodes(year, season).sum()) for season in SEASONS)
    touched += len(model.resolve("mal:1"))
    touched += sum(int(np.count_nonzero(column)) for column in model.columns)
    assert touched
    return before, memory()


def memory() -> Memory:
    """Read this process's memory from the kernel."""
    rows = (line.split() for line in Path("/proc/self/smaps_rollup").read_text().splitlines()[1:])
    kib = {row[0].rstrip(":"): int(row[1]) for row in rows}
    # Clean pages of files that nobody else maps count as "private" to the kernel; they are the page
    # cache's.
    private = kib["Private_Dirty"]
    return Memory(private * 1024, (kib["Rss"] - private) * 1024)


def report_look_ups(model: ReadModel) -> None:
    """Print the medians of the single look-ups."""
    middle = model.works_total // 2
    work = model.id(middle)
    looks: dict[str, Callable[[], object]] = {
        "node of an id": lambda: model.node(work),
        "detail": lambda: model.detail(middle),
        "neighbours": lambda: model.neighbours(middle),
        "resolve": lambda: model.resolve("mal:20"),
        "season": lambda: model.season_nodes(2020, "fall"),
        "largest tag": lambda: model.tag_nodes(0),
    }
    for name, look in looks.items():
        print(f"{name:<19} {median_s(look, 1001) * 1e6:8.2f} µs")


async def report_walks(gateway: Gateway, model: ReadModel) -> None:
    """Walk three hops from works with the largest, a large and a typical surrounding, both ways."""
    sizes = sorted(
        (len(model.walk(node, None, DEPTH, ALL, ALL).nodes), node)
        for node in range(model.works_total)
    )
    related = [entry for entry in sizes if entry[0] > 1]
    if not related:
        return
    places = {
        "largest": -1,
        "95th percentile": len(related) * 95 // 100,
        "median": len(related) // 2,
    }
    for name, place in places.items():
        size, node = related[place]
        edges = len(model.walk(node, None, DEPTH, ALL, ALL).edges)
        engine_s = await engine_walk_s(gateway, model, node)
        model_s = median_s(partial(model.walk, node, None, DEPTH, ALL, ALL), MODEL_RUNS)
        print(
            f"walk, {name:<15} {model_s * 1e3:6.3f} ms, engine {engine_s * 1e3:8.1f} ms,"
            f" ratio {engine_s / model_s:6.0f}  ({size} works, {edges} edges)"
        )


async def engine_walk_s(gateway: Gateway, model: ReadModel, node: int) -> float:
    """Return the engine's median for the same walk, after checking that it finds the same works."""
    start = {"table": model.kind(node), "id": model.id(node)}
    taken: list[float] = []
    for _ in range(ENGINE_RUNS):
        began = time.perf_counter()
        found = await gateway.fetch("works.within_three_hops", start, into=set[UUID])
        taken.append(time.perf_counter() - began)
        mine = {model.id(reached) for reached, _ in model.walk(node, None, DEPTH, ALL, ALL).nodes}
        if found | {model.id(node)} != mine:
            raise SystemExit(
                f"the engine reaches {len(found)} works, the read model {len(mine) - 1}"
            )
    return statistics.median(taken)


def median_s(call: Callable[[], object], runs: int) -> float:
    """Return the median time of a call in seconds."""
    taken: list[float] = []
    for _ in range(runs):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


if __name__ == "__main__":
    main()
