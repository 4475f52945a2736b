"""Measure ingestion: AODB alone and again, everything from empty.

The engine's own INSERT on the same rows.

    python -m benchmarks.bench_ingest --data ../shared/data

Each run is a process of its own (`kensho ingest …`), timed from start to end, with the operating
system's account of its peak memory. The bare script reads the rows that the AODB run wrote out of
that store, then writes them into an empty store of the same schema with plain INSERT statements,
1,000 rows a call, as objects of the driver: what an ingest would cost that checks, compares and
records nothing. Rows are counted alike on both sides.
"""

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from surrealdb import AsyncSurreal

from kensho.platform.installation import data_root
from kensho.storage import migrations, queries
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings

ROWS_A_CALL = 1000
NODES = ("tag", "anime", "rating", "source_record")
SHOWN = frozenset(("score", "score_source", "imdb"))
"""Fields that a work shows of its rating, and that are not written with it."""
EDGES = ("has_tag", "is_related_to")


class Run(NamedTuple):
    """A finished process: wall and CPU seconds, peak memory in bytes, and what it printed."""

    wall_s: float
    cpu_s: float
    peak_bytes: int
    output: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument(
        "--keep", type=Path, help="leave the store of the full ingest in this folder"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        measure(arguments.data.resolve(), Path(scratch), arguments.keep)


def measure(data: Path, scratch: Path, keep: Path | None) -> None:
    """Run everything and print the figures."""
    aodb_store = scratch / "aodb.db"
    files = sorted((data / "aodb").glob("anime-offline-database.jsonl*"))
    aodb = next(f for f in files if not f.name.endswith(".schema.json"))
    first = ingest(aodb_store, "aodb", str(aodb))
    print(f"AODB alone, from empty      {figures(first)}   (at most 90 s)")
    second = ingest(aodb_store, "aodb", str(aodb))
    ratio = second.wall_s / first.wall_s
    print(
        f"AODB again, nothing changed {figures(second)}   {ratio:.2f} of the first (at most 0.50)"
    )
    everything = keep or scratch / "all.db"
    run = ingest(everything, "--all", str(data))
    print(f"everything, from empty      {figures(run)}   (at most 180 s, 1,536 MB)")
    again = ingest(everything, "--all", str(data))
    ratio = again.wall_s / run.wall_s
    print(f"everything again            {figures(again)}   {ratio:.2f} of the first")
    report = json.loads(again.output)
    changes = sum(
        s["records"][k] for s in report["sources"] for k in ("added", "changed", "removed")
    )
    print(f"changes in the second run   {changes}   (0)")
    # Last, because a child's peak counts what its parent held when it forked.
    rows = asyncio.run(read_rows(aodb_store))
    total = sum(len(r) for r in rows.values())
    bare = asyncio.run(write_bare(scratch / "bare.db", rows))
    print(f"bare INSERT, {total:,} rows  {bare:6.1f} s   {total / bare:,.0f} rows/s")
    print(f"kensho ingest, same rows    {first.wall_s:6.1f} s   {total / first.wall_s:,.0f} rows/s")
    print(f"rows a second, ours / bare  {bare / first.wall_s:.2f}   (at least 0.70)")


def figures(run: Run) -> str:
    """Return a run's figures in one line."""
    return f"{run.wall_s:6.1f} s   {run.cpu_s:6.1f} s of CPU   peak {run.peak_bytes / 1e6:,.0f} MB"


def ingest(store: Path, *arguments: str) -> Run:
    """Run `kensho ingest` to its end."""
    command = [sys.executable, "-m", "kensho.cli", "ingest", "--json", *arguments]
    environment = os.environ | {"KENSHO_STORE_URL": f"surrealkv://{store}"}
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall_s = time.perf_counter() - started
    if process.returncode not in (0, 6):
        raise SystemExit(f"{' '.join(command)} failed with {process.returncode}")
    return Run(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, output)


async def read_rows(store: Path) -> dict[str, list[dict[str, Any]]]:
    """Return all rows of the tables that an AODB ingest fills, as the driver decodes them."""
    found: dict[str, list[dict[str, Any]]] = {}
    async with AsyncSurreal(f"surrealkv://{store}") as db:
        await db.use("kensho", "kensho")
        for table in (*NODES, *EDGES):
            answer = await db.query_raw(f"SELECT * FROM {table}")
            hidden = SHOWN if table == "anime" else frozenset[str]()
            found[table] = [stated(row, hidden) for row in answer["result"][0]["result"]]
    return found


def stated(row: dict[str, Any], hidden: frozenset[str]) -> dict[str, Any]:
    """Drop absent fields, which the schema wants left out, and hidden ones."""
    return {name: value for name, value in row.items() if value is not None and name not in hidden}


async def write_bare(store: Path, rows: dict[str, list[dict[str, Any]]]) -> float:
    """Write `rows` with plain INSERTs into an empty store of our schema; return the seconds."""
    shutil.rmtree(store, ignore_errors=True)
    known = queries.load(data_root("queries"))
    async with Gateway.open(StoreSettings(f"surrealkv://{store}"), known) as gateway:
        await migrations.migrate(gateway, migrations.load(data_root("graph_schema")))
    async with AsyncSurreal(f"surrealkv://{store}") as db:
        await db.use("kensho", "kensho")
        started = time.perf_counter()
        for table in NODES:
            await insert(db, f"INSERT INTO {table} $rows RETURN NONE", rows[table])
        for table in EDGES:
            await insert(db, f"INSERT RELATION INTO {table} $rows RETURN NONE", rows[table])
        return time.perf_counter() - started


async def insert(db: Any, statement: str, rows: list[dict[str, Any]]) -> None:
    """Insert `rows` in calls of 1,000, checking each."""
    for start in range(0, len(rows), ROWS_A_CALL):
        answer = await db.query_raw(statement, {"rows": rows[start : start + ROWS_A_CALL]})
        failed = [s["result"] for s in answer["result"] if s["status"] != "OK"]
        if failed:
            raise SystemExit(f"{statement}: {failed[0]}")


if __name__ == "__main__":
    main()
