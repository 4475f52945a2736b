"""Measure how long a library of 10,000 files takes to be matched, in one thread of one process.

    KENSHO_READ_MODEL_DIR=var/read_model python -m benchmarks.bench_match [--files 10000]

Names are generated from titles of the published snapshot, in the shapes that libraries have (seeded
alike on every run). Printed are the time that passed, and the processor time of the thread, which
other work on the machine does not lengthen. Promise: 10,000 files in 20 s.
"""

import argparse
import time
from random import Random

import msgspec

from benchmarks.bench_search import at_most
from kensho.cli.snapshots import open_snapshot
from kensho.discovery import search_batches
from kensho.discovery.cursors import Cursors
from kensho.discovery.file_matches import file_match
from kensho.discovery.filters import Filters
from kensho.discovery.search import SearchRequest, TitleSearch
from kensho.discovery.search_views import SearchAnswer
from kensho.platform.secret_values import Secret
from kensho.read_model.holder import Snapshot

SHAPES = (
    "{title}/Season {season}/{title} - S0{season}E{episode:02}.mkv",
    "[Group] {title} - {episode:02} (1080p) [ABCD1234].mkv",
    "{title} ({year})/Season 0{season}/{title} - s0{season}e{episode:02} - Name.mkv",
    "{dotted}.S0{season}E{episode:02}.1080p.WEB-DL.x264-GRP.mkv",
    "{title}/{episode:02}.mkv",
    "{title} Episode {episode}.mp4",
)
FILES_IN_20_S = 10_000
LIMIT_S = 20.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=FILES_IN_20_S)
    parser.add_argument("--store")
    options = parser.parse_args()
    snapshot = open_snapshot(options.store)
    paths = names(snapshot, options.files)
    search = TitleSearch(Cursors(Secret("a secret of benchmarks")), safe=True)
    request = SearchRequest(text="", filters=Filters(), limit=1, facets=False)
    passed_s, taken_s = -time.perf_counter(), -time.thread_time()
    answers = [
        search_batches.answer(lambda one: search.page(snapshot, one), path, 0, request)
        for path in paths
    ]
    passed_s, taken_s = passed_s + time.perf_counter(), taken_s + time.thread_time()
    decoded = [msgspec.json.decode(one.bytes, type=SearchAnswer) for one in answers]
    led = sum(
        file_match(path, one, 0.0).id is not None for path, one in zip(paths, decoded, strict=True)
    )
    scale = FILES_IN_20_S / len(paths)
    print(f"{len(paths)} files: {passed_s:.1f} s passed, {taken_s:.1f} s of the processor")
    print(f"led to a work: {led / len(paths):.3f}")
    at_most("processor seconds of 10,000 files", taken_s * scale, LIMIT_S)


def names(snapshot: Snapshot, files: int) -> list[str]:
    """Return names of files, of each work some in a row, as libraries have them."""
    chance = Random(14)
    best = snapshot.titles.popularity.argsort()[::-1][:5_000].tolist()
    found: list[str] = []
    while len(found) < files:
        node = chance.choice(best)
        title = str(msgspec.json.decode(snapshot.model.summary(node))["title"])
        shape = chance.choice(SHAPES)
        facts = {
            "title": title,
            "dotted": title.replace(" ", "."),
            "season": 1,
            "year": int(snapshot.model.columns.year[node]) or 2000,
        }
        found += [shape.format(**facts, episode=episode) for episode in range(1, 13)]
    return found[:files]


if __name__ == "__main__":
    main()
