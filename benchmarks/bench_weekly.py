"""Measure what comes after the first load: weekly releases, one relation more, a source's return.

    python -m benchmarks.bench_weekly --data ../shared/data
    python -m benchmarks.bench_weekly --data ../shared/data --store surrealkv://FULL.db --weeks 10

The first load brings in everything; then each week brings a release of anime-offline-database in
which every score has moved and a few hundred works have changed otherwise
(`benchmarks.weekly_releases`). Each run is a process of its own: the pipeline of `kensho ingest`,
and then the publication of the snapshot. Told are seconds, CPU seconds (which other programs on the
machine disturb least), the peak of memory, the rows that were written, by table, and the size of
the store. With `--store`, a copy of that store stands for the first load.
"""

import argparse
import asyncio
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from typing_extensions import override

from benchmarks.weekly_releases import write_next
from ingest.folder import jobs_in, with_curation
from ingest.pipeline.jobs import IngestJob, RunOptions
from ingest.pipeline.run import Pipeline
from ingest.progress import Progress
from ingest.registry import SOURCES
from kensho.platform import memory
from kensho.platform.installation import data_root
from kensho.platform.settings import SnapshotSettings
from kensho.read_model.building.publishing_process import publish_apart
from kensho.storage import migrations, queries
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings

_SOURCE: Final = "aodb"
_RELATIONS: Final = "kensho-relations"
_RELATED: Final = (
    {"from": "anidb:43", "kind": "other", "to": "anidb:4283"},
    {"from": "mal:20", "kind": "other", "to": "mal:5114"},
)
"""Relations that nobody states: of works of components of some dozens, and of the largest one."""
_TABLES: Final[Mapping[str, Mapping[str, str]]] = {
    "ingest.keep_records": dict.fromkeys(("added", "changed", "drop"), "source_record"),
    "ingest.move_records": {"moves": "source_record"},
    "ingest.put_works": {
        **dict.fromkeys(("added", "changed"), "anime, movie"),
        **dict.fromkeys(("rated", "rerated"), "rating"),
        "tags": "has_tag",
        "episodes": "episode",
        "gone": "has_tag, episode, rating: dropped",
    },
    "ingest.retire_works": {"works": "anime, movie"},
    "ingest.put_tags": {"tags": "tag"},
    "ingest.put_sequels": {"edges": "is_sequel_of"},
    "ingest.put_relations": {"edges": "is_related_to"},
    "ingest.put_same_as": {"edges": "is_same_as"},
    "ingest.put_recommendations": {"edges": "is_recommended_with"},
    "ingest.put_redirects": {"edges": "redirects_episodes_to"},
    "ingest.drop_edges": {"ids": "edges: dropped"},
    "ingest.put_franchises": {"rows": "franchise"},
    "ingest.keep_components": {"rows": "hub_part"},
}
"""The table whose rows a parameter of a query holds."""


class Cost(msgspec.Struct, frozen=True):
    """What a run took: seconds, CPU seconds of ingest and snapshot, peaks in bytes, rows."""

    wall_s: float
    ingest_cpu_s: float
    snapshot_cpu_s: float
    peak_bytes: int
    snapshot_peak_bytes: int
    rows: dict[str, int]

    @property
    def cpu_s(self) -> float:
        """CPU seconds of both."""
        return self.ingest_cpu_s + self.snapshot_cpu_s


class CountingGateway(Gateway):
    """Counts the rows that are written."""

    rows: Counter[str]

    @override
    async def execute(
        self, name: str, params: Mapping[str, object] | None = None, **more: float | None
    ) -> None:
        for param, table in _TABLES.get(name, {}).items():
            told = msgspec.json.decode(str((params or {})[param]), type=list[msgspec.Raw])
            self.rows[table] += len(told)
        await super().execute(name, params, **more)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--store", help="a store of everything, to begin with a copy of")
    parser.add_argument("--weeks", type=int, default=1)
    parser.add_argument("--run", nargs="+", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        store, *files = arguments.run
        cost = asyncio.run(run_here(Path(store), [Path(file) for file in files]))
        sys.stdout.buffer.write(msgspec.json.encode(cost))
        return
    with tempfile.TemporaryDirectory() as scratch:
        measure(arguments.data.resolve(), arguments.store, Path(scratch), arguments.weeks)


def measure(data: Path, full: str | None, scratch: Path, weeks: int) -> None:
    """Run everything and print the figures."""
    store = scratch / "kensho.db"
    first: Cost | None = None
    if full is None:
        first = run(store, data)
        tell("first load", first, store, None)
    else:
        shutil.copytree(full.removeprefix("surrealkv://"), store)
        print(f"first load: not measured, a copy of {full}   {size(store)}")
    files = sorted((data / _SOURCE).glob("*.jsonl.zst"))
    release = next(f for f in files if not f.name.endswith(".schema.json"))
    for week in range(1, weeks + 1):
        target = scratch / f"{week}" / release.name
        target.parent.mkdir()
        write_next(release, target, week)
        release = target
        tell(f"weekly release {week}", run(store, release), store, first)
    for number, pair in enumerate(_RELATED, 1):
        curated = scratch / f"{number}.{_RELATIONS}.jsonl"
        curated.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in _RELATED[:number]))
        tell(f"relation {pair['from']}", run(store, curated), store, first)
    tell(f"forget {_SOURCE}", run(store), store, first)
    tell(f"{_SOURCE} again", run(store, release), store, first)


def tell(what: str, cost: Cost, store: Path, first: Cost | None) -> None:
    """Print what a run took, and the rows that it wrote."""
    share = "" if first is None else f"   {cost.cpu_s / first.cpu_s:.2f} of the first load"
    print(
        f"{what:18}{cost.wall_s:7.1f} s   CPU {cost.cpu_s:6.1f} s (ingest {cost.ingest_cpu_s:.1f},"
        f" snapshot {cost.snapshot_cpu_s:.1f})   peak {cost.peak_bytes / 1e6:,.0f} and"
        f" {cost.snapshot_peak_bytes / 1e6:,.0f} MB   {size(store)}{share}"
    )
    for table, count in sorted(cost.rows.items()):
        print(f"    {table:28}{count:9,} rows")
    sys.stdout.flush()


def size(store: Path) -> str:
    """Return how much room a store takes, as text."""
    found = sum(path.stat().st_size for path in store.rglob("*") if path.is_file())
    return f"store {found / 1e6:,.0f} MB"


def run(store: Path, *files: Path) -> Cost:
    """Run a process that ingests a folder or a file of the source; no file forgets the source."""
    command = [sys.executable, "-m", "benchmarks.bench_weekly", "--run", str(store)]
    done = subprocess.run([*command, *map(str, files)], check=True, stdout=subprocess.PIPE)
    *_, told = done.stdout.splitlines()  # lines of the log stand before it
    return msgspec.json.decode(told, type=Cost)


async def run_here(store: Path, files: list[Path]) -> Cost:
    """Ingest in this process, publish as `kensho ingest` does, and return what it took."""
    settings = StoreSettings(f"surrealkv://{store}")
    memory.return_early(shares_heap=False)
    began = time.monotonic()
    async with CountingGateway.open(settings, queries.load(data_root("queries"))) as gateway:
        gateway.rows = Counter()
        await migrations.migrate(gateway, migrations.load(data_root("graph_schema")))
        options = RunOptions(store.parent / "rejects")
        report = await Pipeline(gateway, SOURCES, options, _silent()).run(_jobs(files))
        if report.failed:
            raise SystemExit(f"{files}: {[source.message for source in report.sources]}")
    ingest = resource.getrusage(resource.RUSAGE_SELF)
    await publish_apart(settings, SnapshotSettings(read_model_dir=store.parent / "read_model"))
    snapshot = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(
        wall_s=time.monotonic() - began,
        ingest_cpu_s=ingest.ru_utime + ingest.ru_stime,
        snapshot_cpu_s=snapshot.ru_utime + snapshot.ru_stime,
        peak_bytes=ingest.ru_maxrss * 1024,
        snapshot_peak_bytes=snapshot.ru_maxrss * 1024,
        rows=dict(gateway.rows),
    )


def _jobs(files: list[Path]) -> list[IngestJob]:
    if files and files[0].is_dir():
        return with_curation(jobs_in(files[0], SOURCES))
    name = _RELATIONS if files and _RELATIONS in files[0].name else _SOURCE
    job = IngestJob(SOURCES[name], tuple(files))
    return with_curation([job]) if files else [job]


def _silent() -> Progress:
    return Progress(Console(stderr=True), quiet=True)


if __name__ == "__main__":
    main()
