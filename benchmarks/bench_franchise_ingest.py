"""Measure hubs in an ingest: all of them, then those that one curator's relation touches.

    python -m benchmarks.bench_franchise_ingest --store surrealkv://var/kensho.db

The store is copied first. "All" has every kind inferred and every franchise grown anew, as after a
new release (works are left alone); then a relation is stated in a franchise of its own part, and
one in the largest part, where 5,800 works hang together. Seconds are the wall's and the
processor's, which tell more where others share the machine.
"""

import argparse
import asyncio
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from typing_extensions import override

from ingest.pipeline.guards import ALL_GUARDS
from ingest.pipeline.jobs import IngestJob, RunOptions, RunReport
from ingest.pipeline.run import Pipeline
from ingest.progress import Progress
from ingest.registry import SOURCES
from kensho.platform.installation import data_root
from kensho.storage import migrations, queries
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings

CURATED: Final = "kensho-relations"
TOUCHED: Final = {
    "SPY×FAMILY, a part of its own": ("mal:50265", "mal:58159"),
    "Naruto, in the largest part": ("mal:20", "mal:54688"),
}
ALL_S: Final = 20.0


class Stages(Progress):
    """Notes how long each stage takes, by the wall and by the processor."""

    def __init__(self) -> None:
        super().__init__(Console(stderr=True), quiet=True)
        self.seconds: dict[str, tuple[float, float]] = {}

    @override
    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Generator[Callable[[int], None]]:
        wall, cpu = time.perf_counter(), time.process_time()
        with super().stage(name, total) as advance:
            yield advance
        self.seconds[name] = (time.perf_counter() - wall, time.process_time() - cpu)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", required=True, help="URL of an ingested store on disk")
    store = Path(parser.parse_args().store.removeprefix("surrealkv://"))
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "all.db"
        shutil.copytree(store, copy)
        asyncio.run(measure(f"surrealkv://{copy}", Path(scratch)))


async def measure(url: str, scratch: Path) -> None:
    """Run everything over a copy of a store, and print the figures."""
    async with Gateway.open(StoreSettings(url), queries.load(data_root("queries"))) as gateway:
        await migrations.migrate(gateway, migrations.load(data_root("graph_schema")))
        await settle(gateway, scratch)
        await forget_parts(gateway)
        report, stages = await ingested(gateway, scratch, None)
        print(
            f"all: {report.franchises.computed} works,"
            f" {report.franchises.changed} franchises changed"
        )
        wall, cpu = shown(stages)
        print(
            f"inference and franchises    {wall:6.1f} s   {cpu:6.1f} s of CPU   (at most {ALL_S})"
        )
        for name, pair in TOUCHED.items():
            report, stages = await ingested(gateway, scratch, pair)
            print(
                f"{name}: {report.franchises.computed} works, {report.franchises.changed} changed"
            )
            shown(stages)
            print(f"the whole run               {report.seconds:6.1f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(f"peak memory                 {peak / 1e6:6.0f} MB")


async def settle(gateway: Gateway, scratch: Path) -> None:
    """Bring the copy in line with this code, unmeasured."""
    await ingested(gateway, scratch, None)


async def forget_parts(gateway: Gateway) -> None:
    """Make all that was computed count as computed by other rules."""
    await gateway.run_script(
        "BEGIN; UPDATE hub_part SET digest = '' RETURN NONE;"
        " UPDATE meta:graph SET rules = '' RETURN NONE; COMMIT;"
    )


async def ingested(
    gateway: Gateway, scratch: Path, pair: tuple[str, str] | None
) -> tuple[RunReport, Stages]:
    """Run a curator's file of one relation, or nothing at all."""
    jobs = []
    if pair is not None:
        path = scratch / f"{CURATED}.jsonl"
        said = {"from": pair[0], "kind": "side_story", "to": pair[1]}
        path.write_bytes(msgspec.json.encode(said) + b"\n")
        jobs = [IngestJob(SOURCES[CURATED], (path,), "2099-01-01")]
    stages = Stages()
    options = RunOptions(scratch / "rejects", lifted=ALL_GUARDS)
    return await Pipeline(gateway, SOURCES, options, stages).run(jobs), stages


def shown(stages: Stages) -> tuple[float, float]:
    """Print the stages after the works', and return what the hubs' two took."""
    for name in ("claims", "kinds and franchises", "edges", "franchises"):
        wall, cpu = stages.seconds[name]
        print(f"  {name:<26}{wall:6.1f} s   {cpu:6.1f} s of CPU")
    parts = [stages.seconds[name] for name in ("kinds and franchises", "franchises")]
    return sum(wall for wall, _ in parts), sum(cpu for _, cpu in parts)


if __name__ == "__main__":
    main()
