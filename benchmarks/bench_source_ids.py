"""Measure two ways to keep source ids.

An indexed array on the work, or a table with a row for each id.

    python -m benchmarks.bench_source_ids --data ../shared/data

Both are filled with the ids of the first 20,000 works of anime-offline-database in an embedded
store on disk, then asked for works by id. Prints load seconds, bytes on disk, and the median and
95th percentile of a lookup.
"""

import argparse
import asyncio
import itertools
import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
from surrealdb import AsyncSurreal

from ingest.reading.files import SourceFile
from ingest.reading.rejects import RejectLog
from ingest.sources import aodb
from kensho.domain.works import work_uuid

WORKS = 20_000
LOOKUPS = 2_000
BATCH = 500

ARRAY = """
DEFINE TABLE anime SCHEMAFULL; DEFINE FIELD title ON anime TYPE string;
DEFINE FIELD sources ON anime TYPE array<string>; DEFINE INDEX by_source ON anime FIELDS sources.*;
"""
TABLE = """
DEFINE TABLE anime SCHEMAFULL; DEFINE FIELD title ON anime TYPE string;
DEFINE TABLE source_id SCHEMAFULL; DEFINE FIELD work ON source_id TYPE record<anime>;
"""
WORK_ROWS = "encoding::json::decode($rows).map(|$r| {{ id: <uuid>$r.id, title: $r.title{} }})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    works = read_works(parser.parse_args().data)
    asked = random.Random(1).choices([i for w in works for i in w["sources"]], k=LOOKUPS)
    with tempfile.TemporaryDirectory() as scratch:
        asyncio.run(measure("indexed array", ARRAY, works, asked, Path(scratch) / "array"))
        asyncio.run(measure("table of ids", TABLE, works, asked, Path(scratch) / "table"))


def read_works(data: Path) -> list[dict[str, Any]]:
    """Return id, title and source ids of the first works of the dump."""
    path = data / "aodb" / "anime-offline-database.jsonl.zst"
    records = aodb.SOURCE.read(SourceFile(path), RejectLog("aodb", None))
    return [
        {"id": str(work_uuid(r.ids[0])), "title": r.facts.titles[0].text, "sources": r.ids}
        for r in itertools.islice(records, WORKS)
    ]


async def measure(
    name: str, schema: str, works: list[dict[str, Any]], asked: list[str], folder: Path
) -> None:
    """Load, weigh and ask one of the two."""
    is_array = schema is ARRAY
    async with AsyncSurreal(f"surrealkv://{folder}") as db:
        await db.use("bench", "bench")
        await run(db, schema, {})
        started = time.perf_counter()
        for start in range(0, len(works), BATCH):
            batch = works[start : start + BATCH]
            await run(db, insert(is_array), {"rows": msgspec.json.encode(batch).decode()})
        loaded_s = time.perf_counter() - started
        lookups = [await lookup(db, is_array, source_id) for source_id in asked]
    size = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())
    p95 = statistics.quantiles(lookups, n=20)[-1]
    print(
        f"{name:14} load {loaded_s:5.1f} s   {size / 1e6:5.0f} MB   "
        f"lookup median {statistics.median(lookups):.2f} ms, p95 {p95:.2f} ms"
    )


def insert(is_array: bool) -> str:
    """Return the statement that writes a batch of works and their ids."""
    if is_array:
        rows = WORK_ROWS.format(", sources: $r.sources")
        return f"INSERT INTO anime ({rows}) RETURN NONE"
    ids = (
        "array::flatten(encoding::json::decode($rows).map(|$r| $r.sources.map(|$s| "
        "{ id: $s, work: type::record('anime', <uuid>$r.id) })))"
    )
    rows = WORK_ROWS.format("")
    works = f"INSERT INTO anime ({rows}) RETURN NONE"
    return f"BEGIN; {works}; INSERT INTO source_id ({ids}) RETURN NONE; COMMIT;"


async def lookup(db: Any, is_array: bool, source_id: str) -> float:
    """Find the works behind an id; return the milliseconds."""
    text = (
        "SELECT VALUE id FROM anime WHERE sources CONTAINS $id"
        if is_array
        else "SELECT VALUE work FROM type::record('source_id', $id)"
    )
    started = time.perf_counter()
    answer = await run(db, text, {"id": source_id})
    elapsed_ms = (time.perf_counter() - started) * 1000
    assert answer, source_id
    return elapsed_ms


async def run(db: Any, text: str, params: dict[str, Any]) -> Any:
    """Run statements, check each, and return the last one's result."""
    answer = await db.query_raw(text, params)
    for statement in answer["result"]:
        if statement["status"] != "OK":
            raise SystemExit(statement["result"])
    return answer["result"][-1]["result"]


if __name__ == "__main__":
    main()
