"""Measure paths, walks and likeness on the real graph, and the same walks in other hands.

    python -m benchmarks.bench_walks --store surrealkv://var/kensho.db
    python -m benchmarks.bench_walks --read-model var/read_model/681

Every walk is measured after all answered alike, and paths after networkx found the same costs. CPU
time of the calling thread is what is printed for our own calls, so that neighbours on the machine
don't show; peers that work in threads of their own are timed by the clock.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, Final

import msgspec
import networkx as nx
import numpy as np
import numpy.typing as npt

from benchmarks import walk_peers
from benchmarks.bench_read_model import median_s
from kensho.domain.graphs import connected
from kensho.domain.relations import Assertion
from kensho.platform.installation import data_root
from kensho.read_model import paths, similar
from kensho.read_model.building.builder import build
from kensho.read_model.model import ReadModel
from kensho.read_model.paths import Paths
from kensho.storage import queries
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings

ALL: Final = 1 << 30
DEPTH: Final = 3
PAIRS: Final = 500
WALK_RUNS: Final = 21
Arrays = Mapping[str, npt.NDArray[Any]]


class Credits(msgspec.Struct):
    """The part of a work's document that likeness needs."""

    studios: list[str]


def main() -> None:
    """Run everything and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    given = parser.add_mutually_exclusive_group(required=True)
    given.add_argument("--store", help="URL of an ingested store")
    given.add_argument("--read-model", type=Path, help="folder of a read model's revision")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=".") as scratch:
        folder = arguments.read_model or asyncio.run(built(arguments.store, Path(scratch)))
        model = ReadModel.open(folder)
        print(f"graph               {dict(model.counts)}")
        arrays = arrays_of(folder, model)
        report_paths(arrays)
        report_walks(model, Path(scratch))
        report_likeness(model, arrays)


async def built(url: str, root: Path) -> Path:
    """Build the read model of a store."""
    known = queries.load(data_root("queries"))
    async with Gateway.open(StoreSettings(url), known) as gateway:
        return await build(gateway, root)


def arrays_of(folder: Path, model: ReadModel) -> Arrays:
    """Return the model's arrays of edges and tags, with the costs of edges."""
    arrays = {
        file.stem: np.load(file, mmap_mode="r")
        for pattern in ("edge_*.npy", "neighbour_*.npy", "tag_*.npy", "node_tag*.npy")
        for file in folder.glob(pattern)
    }
    known = {True: 0, False: 0}
    inferred = np.zeros(model.counts["edges"], dtype=np.bool_)
    for number in range(len(inferred)):
        assertions = msgspec.json.decode(model.assertions(number), type=list[Assertion])
        inferred[number] = paths.only_inferred(model.edge(number).kind, assertions)
        known[bool(inferred[number])] += 1
    print(f"edges               {known[False]} stated, {known[True]} inferred")
    return arrays | paths.pack(arrays["edge_kind"], inferred, arrays["neighbour_edges"])


def report_paths(arrays: Arrays) -> None:
    """Print paths between random works of the largest component."""
    ends = zip(arrays["edge_source"].tolist(), arrays["edge_target"].tolist(), strict=True)
    home = connected(ends)
    [(largest, _)] = Counter(home.values()).most_common(1)
    giant = sorted(node for node, component in home.items() if component == largest)
    chance = random.Random(1)
    pairs = [(one, other) for one, other in (chance.sample(giant, 2) for _ in range(PAIRS))]
    print(f"largest component   {len(giant)} works")
    found = Paths(arrays)
    agree(arrays, found, pairs[:20])
    print(f"open paths          {median_s(lambda: Paths(arrays), 101) * 1e3:8.3f} ms")
    for most in (1, 3, 5):
        spent = [cpu_ms(partial(found.best, *pair, most)) for pair in pairs]
        print(f"paths, k = {most}        {spread(spent)}")


def agree(arrays: Arrays, found: Paths, pairs: list[tuple[int, int]]) -> None:
    """Stop unless networkx finds paths of the same costs."""
    graph: nx.Graph[int] = nx.Graph()
    offsets = arrays["neighbour_offsets"]
    owners = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets)).tolist()
    rows = zip(
        owners, arrays["neighbour_nodes"].tolist(), arrays["neighbour_costs"].tolist(), strict=True
    )
    for owner, other, cost in rows:
        known = graph.get_edge_data(owner, other, default={"cost": cost})["cost"]
        graph.add_edge(owner, other, cost=min(cost, known))
    for start, goal in pairs:
        mine = [path.cost for path in found.best(start, goal, 3)]
        theirs = islice(nx.shortest_simple_paths(graph, start, goal, "cost"), 3)
        costs = [sum(graph[a][b]["cost"] for a, b in pairwise(nodes)) for nodes in theirs]
        if mine != costs:
            raise SystemExit(f"from {start} to {goal}: {mine}, networkx {costs}")


def report_walks(model: ReadModel, scratch: Path) -> None:
    """Print walks of three hops from works with a typical, a large and the largest surrounding."""
    chance = random.Random(2)
    sample = chance.sample(range(model.works_total), min(4_000, model.works_total))
    sizes = [(len(model.walk(node, None, DEPTH, ALL, ALL).nodes), node) for node in sample]
    related = sorted(entry for entry in sizes if entry[0] > 1)
    peers = {
        "networkx": walk_peers.in_networkx(model),
        "SQLite": walk_peers.in_sqlite(model),
        "Kùzu": walk_peers.in_kuzu(model, scratch),
    }
    places = {"median": len(related) // 2, "p95": len(related) * 95 // 100, "largest": -1}
    for name, place in places.items():
        size, node = related[place]
        walk = model.walk(node, None, DEPTH, ALL, ALL)
        mine_s = median_s(partial(model.walk, node, None, DEPTH, ALL, ALL), WALK_RUNS)
        print(f"walk, {name:<13} {mine_s * 1e3:8.3f} ms  ({size} works, {len(walk.edges)} edges)")
        expected = {n for n, _ in walk.nodes}, {step.edge for step in walk.edges}
        for peer, other in peers.items():
            if other(node, DEPTH) != expected:
                raise SystemExit(f"{peer} walks elsewhere from {node}")
            other_s = median_s(partial(other, node, DEPTH), WALK_RUNS)
            print(f"    {peer:<15} {other_s * 1e3:8.3f} ms, {other_s / mine_s:6.1f} times as long")


def report_likeness(model: ReadModel, arrays: Arrays) -> None:
    """Print similar works of random works and of those with the most tags."""
    decoder = msgspec.json.Decoder(Credits)
    studios = [decoder.decode(model.detail(node)).studios for node in range(model.works_total)]
    nobody = np.zeros(0, dtype=np.int32)
    nothing = similar.Pairs(nobody, nobody, nobody)
    likeness = similar.SimilarityIndex(
        {
            **arrays,
            **similar.pack_tags(arrays),
            **similar.pack_studios(studios)[0],
            **similar.pack_recommended(nothing, model.works_total),
        }
    )
    alone = np.full(model.works_total, similar.NO_GROUP, dtype=np.int32)
    tagged = np.argsort(-np.diff(arrays["node_tag_offsets"]), kind="stable")
    chosen = {
        "random works": random.Random(3).sample(range(model.works_total), PAIRS),
        "most tags": tagged[:PAIRS].tolist(),
    }
    for name, nodes in chosen.items():
        spent = [cpu_ms(partial(likeness.similar, node, 20, alone)) for node in nodes]
        print(f"similar, {name:<14}{spread(spent)}")


def cpu_ms(call: Callable[[], object]) -> float:
    """Return the processor's time of a call on this thread in milliseconds, the better of two."""
    taken: list[float] = []
    for _ in range(2):
        began = time.thread_time()
        call()
        taken.append(time.thread_time() - began)
    return min(taken) * 1e3


def spread(spent: list[float]) -> str:
    """Return the median, the 95th percentile and the greatest of times in milliseconds."""
    percentiles = statistics.quantiles(spent, n=100, method="inclusive")
    return f"p50 {percentiles[49]:7.3f}  p95 {percentiles[94]:7.3f}  max {max(spent):7.3f} ms"


if __name__ == "__main__":
    main()
