"""What commands take: the help, and acts of curators who write at once.

    python -m benchmarks.bench_commands [--store surrealkv://FULL.db] [--acts 50]

Prints the median of ten `kensho --help` in seconds (the target is 0.3), and, with a store, how long
three curators take who state fifty things at once on a copy of it, each act a process of its own
that waits for the others; then it counts that none was lost.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import Final

ROUNDS: Final = 10
WRITERS: Final = ("ada", "bob", "cem")
WORKS: Final = ("mal:1", "mal:5", "mal:20", "mal:1735", "mal:32")
_KENSHO: Final = (sys.executable, "-m", "kensho.cli")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store")
    parser.add_argument("--acts", type=int, default=50)
    asked = parser.parse_args()
    taken = sorted(_seconds((*_KENSHO, "--help")) for _ in range(ROUNDS))
    worst = taken[-1]
    print(f"kensho --help: median {statistics.median(taken):.2f} s, worst {worst:.2f} s (floor .3)")
    if asked.store is not None:
        with tempfile.TemporaryDirectory(prefix="kensho-bench-") as folder:
            copy = Path(folder, "copy.db")
            shutil.copytree(asked.store.removeprefix("surrealkv://"), copy)
            acts_at_once(Path(folder), f"surrealkv://{copy}", asked.acts)


def acts_at_once(folder: Path, store: str, total: int) -> None:
    """Let curators act at once on a store, and print what it took and whether all is there."""
    environment = {
        **os.environ,
        "KENSHO_STORE_URL": store,
        "KENSHO_READ_MODEL_DIR": str(folder / "read_model"),
        "KENSHO_CURATION_DIR": str(folder / "curation"),
    }

    def writes(author: str) -> list[float]:
        mine = range(WRITERS.index(author), total, len(WRITERS))
        return [_seconds(_act(author, number), environment) for number in mine]

    began = perf_counter()
    with ThreadPoolExecutor(len(WRITERS)) as writers:
        taken = [seconds for some in writers.map(writes, WRITERS) for seconds in some]
    lasted = perf_counter() - began
    log = (*_KENSHO, "curate", "log", "--jsonl")
    told = subprocess.run(log, env=environment, check=True, capture_output=True).stdout
    kept = {json.loads(line)["says"]["name"] for line in told.splitlines()}
    lost = [number for number in range(total) if f"tag {number}" not in kept]
    print(
        f"{total} acts by {len(WRITERS)} curators at once: {lasted:.0f} s, an act with its wait"
        f" {statistics.median(taken):.1f} s; lost: {len(lost)}"
    )


def _act(author: str, number: int) -> tuple[str, ...]:
    says = ("tag", WORKS[number % len(WORKS)], f"tag {number}")
    why = ("--reason", f"the reason of number {number}", "--author", author)
    return (*_KENSHO, "curate", *says, *why, "--no-publish", "--wait", "3000")


def _seconds(command: tuple[str, ...], environment: Mapping[str, str] | None = None) -> float:
    began = perf_counter()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - began


if __name__ == "__main__":
    main()
