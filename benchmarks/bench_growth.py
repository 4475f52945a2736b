"""Measure what grows with the catalogue: ingest, snapshot, search and hubs of N times the works.

    python -m benchmarks.bench_growth --folder /var/tmp/growth 4000 40000 400000

Catalogues are synthetic (`benchmarks.synthetic_catalogue`). Of each it prints processor seconds and
peak memory of an ingest from empty (`benchmarks.synthetic_ingest`, its snapshot included) and of
`kensho snapshot publish` alone, bytes of store and snapshot, and the processor time that a server
spends on a search, on a work and on a franchise's page, none of them kept; then how all of these
grew from the smallest catalogue, beside PROMISED for ten times the works. Processor time is user
and system time, which other work on the machine moves less than it moves the clock.

Steps that are done stand in `FOLDER/WORKS/figures.json` and are not done again: 40,000 works take
four minutes of a processor, 400,000 three quarters of an hour, 10 GB of disk and 9 GB of memory.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import msgspec

from benchmarks import synthetic_catalogue
from benchmarks.bench_api import free_port, kensho
from benchmarks.serving_costs import Reads, processor_s, read_in_turn, reads_of, resident_mb

PROMISED: Final = 12
"""How many times longer ten times the works may take to come in and to be published."""
READS: Final = 300
_INGEST: Final = (sys.executable, "-m", "benchmarks.synthetic_ingest")
_PUBLISH: Final = (sys.executable, "-m", "kensho.cli", "snapshot", "publish")
_DEADLINE_S: Final = "3600"

Figures = dict[str, float]


def main() -> None:
    """Print the figures of each catalogue, and their growth."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("works", type=int, nargs="+")
    parser.add_argument("--folder", type=Path, required=True)
    asked = parser.parse_args()
    report({works: measured(works, asked.folder / str(works)) for works in sorted(asked.works)})


def measured(works: int, folder: Path) -> Figures:
    """Take the steps for a catalogue that were not taken before; return all figures."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / "figures.json"
    figures: Figures = msgspec.json.decode(kept.read_bytes(), type=Figures) if kept.exists() else {}
    for step in (_catalogue, _ingest, _snapshot, _reads):
        if step.__name__ not in figures:
            began = time.perf_counter()
            figures.update(step(works, folder))
            figures[step.__name__] = time.perf_counter() - began
            kept.write_bytes(msgspec.json.format(msgspec.json.encode(figures)))
    return figures


def report(found: dict[int, Figures]) -> None:
    """Print all figures, a column for each catalogue, and how they grew from the smallest one."""
    smallest, *others = found
    print(f"{'works':24}" + "".join(f"{works:>12,}" for works in found), end="")
    print("".join(f"{f'×{works / smallest:.3g}':>12}" for works in others))
    for name in (name for name in found[smallest] if not name.startswith("_")):
        own = [figures[name] for figures in found.values()]
        grown = "".join(f"{f'×{one / own[0]:.2f}':>12}" for one in own[1:])
        print(f"{name:24}" + "".join(f"{one:12,.2f}" for one in own) + grown)
    for works in others:
        tens = works / smallest
        for name in ("ingest, CPU s", "snapshot, CPU s"):
            ratio = found[works][name] / found[smallest][name]
            most = PROMISED / 10 * tens
            end = "kept" if ratio <= most else "MISSED"
            print(f"{name}: ×{ratio:.2f} of ×{tens:.3g} works (at most ×{most:.3g}) {end}")


def _reads(works: int, folder: Path) -> Figures:
    """Ask a server that keeps no answers for works, searches and hubs; each is another one."""
    del works
    port = free_port()
    figures: Figures = {}
    store = f"surrealkv://{folder / 'store'}"
    with kensho(store, port, folder / "published", folder, cache_bytes=0):
        reads: Reads = reads_of(port, READS)
        for name, paths in reads._asdict().items():
            read_in_turn(port, paths[:20])  # what is read from the disk first
            before = processor_s(port)
            seconds = read_in_turn(port, paths[20:])
            spent = processor_s(port) - before
            figures[f"{name}, CPU ms"] = spent / len(paths[20:]) * 1000
            figures[f"{name}, median ms"] = sorted(seconds)[len(seconds) // 2] * 1000
        figures["resident, MB"] = resident_mb(port)
    return figures


def _catalogue(works: int, folder: Path) -> Figures:
    synthetic_catalogue.write(works, folder / "dumps")
    size = sum(path.stat().st_size for path in (folder / "dumps").rglob("*") if path.is_file())
    return {"dumps, MB": size / 1e6}


def _ingest(works: int, folder: Path) -> Figures:
    """Ingest into an empty store, and publish; `works` entries are what it read."""
    del works
    shutil.rmtree(folder / "store", ignore_errors=True)
    run = _run((*_INGEST, str(folder / "dumps")), folder, "published")
    return {
        "ingest, CPU s": run["cpu_s"],
        "ingest, s": run["wall_s"],
        "ingest, peak MB": run["peak_mb"],
        "store, MB": _megabytes(folder / "store"),
    }


def _snapshot(works: int, folder: Path) -> Figures:
    """Publish the store's snapshot alone, into another folder than the ingest did."""
    del works
    shutil.rmtree(folder / "again", ignore_errors=True)
    run = _run(_PUBLISH, folder, "again")
    figures = {
        "snapshot, CPU s": run["cpu_s"],
        "snapshot, peak MB": run["peak_mb"],
        "snapshot, MB": _megabytes(folder / "again"),
    }
    shutil.rmtree(folder / "again")
    return figures


def _run(command: tuple[str, ...], folder: Path, published: str) -> Figures:
    """Run a command to its end; return its processor seconds and peak memory, children included."""
    environment = os.environ | {
        "KENSHO_STORE_URL": f"surrealkv://{folder / 'store'}",
        "KENSHO_READ_MODEL_DIR": str(folder / published),
        "KENSHO_QUEUE_FILE": str(folder / "queue.db"),
        "KENSHO_CURATION_DIR": str(folder / "curation"),
        "KENSHO_PUBLISH_DEADLINE_S": _DEADLINE_S,
    }
    began = time.perf_counter()
    with (
        (folder / f"{published}.out").open("wb") as output,
        subprocess.Popen(command, env=environment, stdout=output) as process,
    ):
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return {
        "wall_s": time.perf_counter() - began,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "peak_mb": usage.ru_maxrss / 1024,
    }


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


if __name__ == "__main__":
    main()
