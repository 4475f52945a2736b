"""Small catalogues for tests of ingestion: records, sources, runs, and what the graph then holds.

A source here reads files of records as they are, one JSON object a line, so that a run goes through
everything that a real one does: a file, its scan, the store.
"""

import contextlib
import re
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypedDict, Unpack, cast

import msgspec
from rich.console import Console

from ingest.pipeline.guards import ALL_GUARDS
from ingest.pipeline.jobs import IngestJob, RunOptions, RunReport
from ingest.pipeline.run import Pipeline
from ingest.progress import Progress
from ingest.reading.files import SourceFile
from ingest.reading.rejects import Rejects
from ingest.source import Source
from ingest.source_policies import GuardName
from kensho.domain.records import Claim, Record, RecordFacts, RecordRelations
from kensho.domain.relations import SYMMETRIC, ClaimedKind
from kensho.domain.works import Title, WorkKind
from kensho.storage import migrations
from kensho.storage.gateway import Gateway
from kensho.storage.queries import NamedQuery
from kensho.storage.store_settings import StoreSettings
from tests.support.stores import own_migrations, own_queries

NODES: Final = ("anime", "movie", "episode", "tag", "franchise")
EDGES: Final = (
    "is_sequel_of",
    "is_prequel_of",
    "is_related_to",
    "has_tag",
    "has_episode",
    "in_franchise",
    "visits_franchise",
    "is_same_as",
    "is_recommended_with",
    "redirects_episodes_to",
    "is_not_related_to",
)
KEPT: Final = (
    "rating",
    "source_record",
    "past_lead",
    "past_slug",
    "retired_work",
    "retired_slug",
    "hub_part",
)
"""What an ingest goes by, beside the graph."""
SNAPSHOT: Final = "2026-01-01"

Row = dict[str, Any]
State = dict[str, dict[str, Row]]
"""Table → id as text → row."""

_UNTOLD: Final = frozenset(("run", "retired_at"))
"""Fields that differ from run to run by their nature."""
ROWS_A_PAGE: Final = 4_000
"""Of all the real works, 4,000 take a second."""
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def record(
    *ids: str,
    title: str | None = None,
    kind: WorkKind = "anime",
    links: RecordRelations | None = None,
    **facts: object,
) -> Record:
    """Return what a source says of the work with `ids`; the first is the record's key."""
    if title is not None:
        facts["titles"] = (Title(title, None, "main"),)
    stated = msgspec.convert(facts, RecordFacts)
    return Record(ids[0], ids, kind, stated, links or RecordRelations())


def work(number: int, *more: str, links: RecordRelations | None = None, **facts: object) -> Record:
    """Return a record of the work `mal:<number>`, titled and dated by its number."""
    stated: dict[str, object] = {"title": f"Work {number}", "year": 1990 + number % 30} | facts
    return record(f"mal:{number}", *more, links=links, **cast("Any", stated))


def claims(**targets: str) -> RecordRelations:
    """Return relations, as `sequel="mal:2"`: that one is the sequel of the record's work."""
    kinds = cast("dict[ClaimedKind, str]", targets)
    return RecordRelations(relations=tuple(Claim(kind, target) for kind, target in kinds.items()))


def dead(source_id: str) -> Record:
    """Return the word that a provider has deleted this id."""
    return Record(source_id, (source_id,), dead=True)


def curated(said: Record) -> Record:
    """Return the record as a curator's."""
    return msgspec.structs.replace(said, method="curated")


def _read(file: SourceFile, _rejects: Rejects) -> Iterator[Record]:
    for _, line in file.lines():
        yield msgspec.json.decode(line, type=Record)


def source(
    name: str, *, order: int, rank: int, creates: bool = False, groups: bool = False
) -> Source:
    """Return a source whose files hold records."""
    return Source(
        name=name,
        title=f"The source {name}",
        licence="CC0-1.0",
        order=order,
        rank=rank,
        patterns=(f"{name}.jsonl",),
        read=_read,
        creates=creates,
        groups=groups,
    )


SOURCES: Final[dict[str, Source]] = {
    known.name: known
    for known in (
        source("grouper", order=10, rank=50, creates=True, groups=True),
        source("site", order=20, rank=70, creates=True),
        source("other-site", order=30, rank=60, creates=True),
        source("films", order=35, rank=45, creates=True),
        source("curator", order=38, rank=90),
        source("ids", order=39, rank=25),
        source("episodes", order=60, rank=60),
        source("ratings", order=61, rank=80),
        source("dead", order=90, rank=0),
    )
}
"""One of each sort: a source that groups, others that make works, and some that only enrich."""

Said = Mapping[str, Sequence[Record]]
"""Source → all that its newest file says."""


def written(folder: Path, name: str, records: Iterable[Record]) -> Path:
    """Write the file of a source."""
    path = folder / f"{name}.jsonl"
    path.write_bytes(b"".join(msgspec.json.encode(r) + b"\n" for r in records))
    return path


class _Options(TypedDict, total=False):
    lifted: frozenset[GuardName]
    hold: bool


async def run(
    gateway: Gateway,
    said: Said,
    *,
    snapshot: str = SNAPSHOT,
    partial: bool = False,
    rejects_dir: Path | None = None,
    **options: Unpack[_Options],
) -> RunReport:
    """Bring what the sources say into the graph in one run; one that says nothing is forgotten."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        jobs = [
            IngestJob(
                SOURCES[s], (written(folder, s, records),) if records else (), partial=partial
            )
            for s, records in said.items()
        ]
        given = RunOptions(rejects_dir or folder / "rejects", snapshot, **options)
        return await Pipeline(gateway, SOURCES, given, silent()).run(jobs)


async def ingest(gateway: Gateway, said: Said, *, snapshot: str = SNAPSHOT) -> RunReport:
    """Run as `run` does, with every source taken in, whatever it takes back."""
    report = await run(gateway, said, snapshot=snapshot, lifted=ALL_GUARDS)
    assert [source.message for source in report.sources if source.state != "finished"] == []
    return report


def silent() -> Progress:
    """Return a progress that shows nothing."""
    return Progress(Console(stderr=True), quiet=True)


def _dump(text: str) -> NamedQuery:
    return NamedQuery(
        "tests.dump",
        f"RETURN encoding::json::encode(({text}));",
        frozenset(("table", "start")),
        "",
        False,
    )


DUMPS: Final[dict[str, NamedQuery]] = {
    "tests.dump": _dump(f"SELECT * FROM type::table($table) START $start LIMIT {ROWS_A_PAGE}"),
    "tests.composed": NamedQuery(
        "tests.composed",
        "RETURN encoding::json::encode(meta:graph.composed);",
        frozenset(),
        "",
        False,
    ),
}


@contextlib.asynccontextmanager
async def open_graph(url: str = "mem://") -> AsyncIterator[Gateway]:
    """Open a migrated graph whose whole contents can be read."""
    async with Gateway.open(StoreSettings(url), {**own_queries(), **DUMPS}) as gateway:
        await migrations.migrate(gateway, own_migrations())
        yield gateway


async def emptied(gateway: Gateway) -> Gateway:
    """Take everything out of a graph: far cheaper than to migrate another one."""
    tables = (
        *NODES,
        *EDGES,
        *KEPT,
        "ingest_run",
        "graph_census",
        "run_journal",
        "held_records",
        "write_lane",
    )
    deletes = " ".join(f"DELETE {table} RETURN NONE;" for table in tables)
    unknown = "rules = NONE, same_works = NONE"
    reset = f"UPDATE meta:graph SET revision = 0, composed = true, {unknown} RETURN NONE;"
    await gateway.run_script(f"BEGIN; {deletes} {reset} COMMIT;")
    return gateway


async def rows(gateway: Gateway, table: str) -> dict[str, Row]:
    """Return all rows of a table by id."""
    found: dict[str, Row] = {}
    while True:
        asked = {"table": table, "start": len(found)}
        page = await gateway.fetch("tests.dump", asked, into=list[dict[str, Any]], deadline_s=60)
        found |= {str(row.pop("id")): _stated(row) for row in page}
        if len(page) < ROWS_A_PAGE:
            return found


def _stated(row: Row) -> Row:
    """Return a row without what it does not have; what a work's row shows of its rating is null."""
    return {name: value for name, value in row.items() if value is not None}


async def graph_state(gateway: Gateway) -> State:
    """Return all that the graph and its records hold, but for runs, revision and times."""
    tables = (*NODES, *EDGES, *KEPT)
    state = {table: await rows(gateway, table) for table in tables}
    for table in state.values():
        for row in table.values():
            for field in _UNTOLD & row.keys():
                del row[field]
    composed = await gateway.fetch("tests.composed", into=bool)
    return state | {"meta": {"graph": {"composed": composed}}}


async def revision(gateway: Gateway) -> int:
    """Return the graph's revision."""
    meta = await gateway.fetch("meta.revision", into=dict[str, object])
    return int(str(meta["revision"]))


async def works_by_id(gateway: Gateway) -> dict[str, Row]:
    """Return the works, each under every source id that it carries, with its `uuid` and `table`."""
    found: dict[str, Row] = {}
    for table in ("anime", "movie"):
        for name, row in (await rows(gateway, table)).items():
            for source_id in row["sources"]:
                found[source_id] = row | {"uuid": uuid_in(name), "table": table}
    return found


def uuid_in(text: str) -> uuid.UUID:
    """Return the first UUID of a row's id."""
    match = _UUID.search(text)
    assert match is not None
    return uuid.UUID(match[0])


def without_ids(state: State) -> object:
    """Return a state in which works go by their source ids: which UUID one bears is history.

    Left out are the records of no work, redirects of retired ids, the direction of edges that have
    none, and franchises: where two relations are equally good, ids decide, and slugs are history.
    `tests.support.franchise_oracle` says what those must be.
    """
    compared = [t for t in (*NODES, *EDGES) if "franchise" not in t]
    names = {
        str(uuid_in(key)): "+".join(row["sources"])
        for table in ("anime", "movie")
        for key, row in state[table].items()
    }
    names |= {
        str(uuid_in(key)): f"{names[str(uuid_in(row['work']))]}#{row['number']}"
        for key, row in state["episode"].items()
    }

    def named(value: object) -> object:
        text = msgspec.json.encode(value, order="sorted").decode()
        return msgspec.json.decode(_UUID.sub(lambda m: names.get(m[0], m[0]), text))

    def canonical(table: str, key: str, row: Row) -> object:
        fields = {n: v for n, v in row.items() if n not in ("digest", "in", "out")}
        ends = [row[end] for end in ("in", "out") if end in row]
        if table == "is_recommended_with" or row.get("kind") in SYMMETRIC:
            return named((sorted(cast("list[str]", named(ends))), fields))
        return named((ends or key, fields))

    return {
        table: sorted((canonical(table, k, r) for k, r in state[table].items()), key=repr)
        for table in compared
    } | {
        "source_record": sorted(
            repr(named((k, r)))
            for k, r in state["source_record"].items()
            if str(uuid_in(k)) in names
        )
    }
