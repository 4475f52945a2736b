"""Measure `/api/search` and `/api/suggest` over HTTP on an ingested store: one worker.

    python -m benchmarks.bench_search_http --store surrealkv://var/kensho.db [--read-model DIR]

Every query is another one (seeded corruptions of real titles, and real titles), so nothing is
answered from kept answers; the rate with them is printed beside it, and what a bare Litestar
handler with a body of the same size does in the same run. How long a search keeps the event loop
is measured in this process, by the longest time that the same function runs without a pause.
Promises: 1,400 answers a second at 32 connections, p99 within 50 ms, the loop never held over 5 ms.
"""

import argparse
import asyncio
import gc
import statistics
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

from benchmarks import search_corpus, search_queries
from benchmarks.bench_api import CONNECTIONS, free_port, kensho, process
from benchmarks.bench_search import at_least, at_most
from benchmarks.loopback_load import Load, load
from kensho.discovery.cursors import Cursors
from kensho.discovery.filters import Filters
from kensho.discovery.query_interpretation import is_short
from kensho.discovery.search import SearchRequest, TitleSearch
from kensho.platform.secret_values import Secret
from kensho.read_model.holder import Snapshot

WARM_UP = 100
QUERIES = 12_000
"""More than one run asks, so that none comes twice."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", required=True)
    parser.add_argument("--read-model", type=Path, help="kept between runs; by default built anew")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args()
    texts = queries(options.store)
    with tempfile.TemporaryDirectory() as folder:
        read_model = options.read_model or Path(folder) / "read_model"
        rates = measure(options, read_model, Path(folder), texts)
        held_ms = longest_hold_ms(read_model, texts)
    report(rates, held_ms)


def queries(store: str) -> list[str]:
    """Return half corrupted titles and half real ones, each another."""
    corpus = search_corpus.real(store)
    spoilt = [query.text for query in search_queries.corruptions(corpus, QUERIES // 2)]
    found = dict.fromkeys([*spoilt, *corpus.distinct[:: len(corpus.distinct) // (QUERIES // 2)]])
    # Half of them are one kind: take them in turn.
    half = len(found) // 2
    texts = list(found)
    return [text for pair in zip(texts[:half], texts[half:], strict=False) for text in pair]


def measure(
    options: argparse.Namespace, read_model: Path, folder: Path, texts: list[str]
) -> dict[str, list[Load]]:
    port, bare_port = free_port(), free_port()
    searches = [f"/api/search?q={quote(text)}" for text in texts]
    suggests = [f"/api/suggest?q={quote(text[: 3 + len(text) // 2])}" for text in texts]
    cases = {"search, distinct": searches, "suggest, distinct": suggests}
    runs: dict[str, list[Load]] = {}

    def run(name: str, at: int, paths: list[str]) -> None:
        loaded = load(at, paths, connections=CONNECTIONS, seconds=options.seconds)
        runs.setdefault(name, []).append(asyncio.run(loaded))

    for _ in range(options.rounds):
        with kensho(options.store, port, read_model, folder, cache_bytes=0):
            for name, paths in cases.items():
                run(name, port, paths)
        with kensho(options.store, port, read_model, folder):
            run("search, 500 hot", port, searches[:500])
        with process([sys.executable, "-m", "benchmarks.bare", str(bare_port), "9000"], bare_port):
            run("bare litestar, 9 KB", bare_port, ["/api/anime/x"])
    return runs


def longest_hold_ms(read_model: Path, texts: list[str]) -> float:
    """Return the longest time of a search that runs on the event loop; the shortest texts don't.

    Each is asked three times, and its shortest counts: what else the machine does meanwhile is not
    the search's doing. The longest of all single times is printed beside it.
    """
    held = Snapshot.open(max(read_model.glob("[0-9]*")))
    gc.freeze()  # as the service does once a revision is open
    searching = TitleSearch(Cursors(Secret("a secret for the benchmark")), safe=True)
    asked = [
        SearchRequest(text=text[:300], filters=Filters(safe=True), limit=20)
        for text in texts
        if not is_short(text)
    ]
    timed = [[_took_s(searching, held, one) for one in asked] for _ in range(3)]
    rounds = [[wall for wall, _ in one] for one in timed]
    processor = [min(busy for _, busy in times) * 1e3 for times in zip(*timed, strict=True)]
    print(f"processor time of a search in process: mean {statistics.mean(processor):.2f} ms")
    at_most("its p95, ms", statistics.quantiles(processor, n=20)[-1], 1.0)
    at_most("longest, ms", max(processor), 10)
    took = [min(times) for times in zip(*rounds, strict=True)]
    cuts = statistics.quantiles(rounds[0][WARM_UP:], n=1000)
    print(f"a search in process, as JSON: median {statistics.median(took) * 1e3:.2f} ms,", end=" ")
    print(f"p95 {cuts[949] * 1e3:.2f} ms, p99.9 {cuts[998] * 1e3:.2f} ms,", end=" ")
    print(f"longest single one {max(map(max, rounds)) * 1e3:.2f} ms")
    return float(max(took)) * 1e3


def _took_s(searching: TitleSearch, held: Snapshot, asked: SearchRequest) -> tuple[float, float]:
    """Return how long a search took, and how much of that a processor."""
    began, busy = time.perf_counter(), time.thread_time()
    searching.page(held, asked)
    return time.perf_counter() - began, time.thread_time() - busy


def report(runs: dict[str, list[Load]], held_ms: float) -> None:
    print(f"{'case':<22}{'req/s':>9}{'median':>10}{'p95':>9}{'p99':>9}{'errors':>8}")
    for name, measured in runs.items():
        rate, median, p95, p99 = (statistics.median(run[i] for run in measured) for i in range(4))
        errors = sum(run.errors for run in measured)
        print(f"{name:<22}{rate:>9.0f}{median:>8.2f}ms{p95:>7.2f}ms{p99:>7.2f}ms{errors:>8}")
    searches = runs["search, distinct"]
    at_least("answers a second", statistics.median(run.per_second for run in searches), 1_400)
    at_most("p99, ms", statistics.median(run.p99_ms for run in searches), 50)
    at_most("loop held, ms", held_ms, 5)


if __name__ == "__main__":
    main()
