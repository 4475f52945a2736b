"""Load a dump into an empty store: its records are written, and the graph is composed of them.

Guarantees: nothing is written before every file was compared with the manifest and every record
was read: a dump comes from others. Which works, slugs and retired ids there are is as in the dump;
all else is composed by the rules of this Kenshō, and compared with the tables of the dump.

Performance: the files are read twice; memory holds a batch of records, and the ids of all.
"""

import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import msgspec

from ingest.dumping import store
from ingest.dumping.dump import DumpContext, composed
from ingest.dumping.lines import (
    TABLES,
    FranchiseRow,
    PastLeadLine,
    PastSlugLine,
    RetiredSlugLine,
    RetiredWorkLine,
)
from ingest.dumping.manifest import DumpedTable, DumpManifest, read_manifest, require_whole
from ingest.dumping.soundness import problems_of
from ingest.dumping.store import GraphHistory, RecordLoader
from ingest.dumping.table_files import ContentSum
from ingest.dumping.tables import all_rows
from ingest.pipeline.record_store import RecordRow
from ingest.reading.bounds import beyond, over_limit
from ingest.reading.files import SourceFile
from kensho.domain.works import WorkKind
from kensho.errors import IngestRefusedError, SourceFileError
from kensho.platform.settings import IngestSettings
from kensho.storage import migrations
from kensho.storage.gateway import Gateway

T = TypeVar("T")


class LoadReport(msgspec.Struct, frozen=True):
    """What was loaded; `differing` names the tables that this Kenshō composes otherwise."""

    records: int
    works: int
    franchises: int
    differing: list[str]


class _WorkOfTable(msgspec.Struct, frozen=True):
    id: UUID
    kind: WorkKind


async def load(
    gateway: Gateway, folder: Path, limits: IngestSettings, context: DumpContext
) -> LoadReport:
    """Load the dump in `folder` into a store in which nothing is.

    Raises:
        SourceFileError: a file is missing, cut off, not as the manifest says, over a limit, or
            holds what no dump does; names file, line and field.
        IngestRefusedError: the store is not empty, or the dump is of another schema.
        StorageError: the graph can't be composed of it.
    """
    manifest = read_manifest(folder)
    if manifest.schema != context.schema:
        raise IngestRefusedError(
            f"{folder}: schema is {manifest.schema[:12]}…, of Kenshō {manifest.kensho}; this one's"
            f" ({context.kensho}) is {context.schema[:12]}…: load it by that version, then migrate"
        )
    require_whole(folder, manifest)
    await _require_empty(gateway, context)
    reading = _Reading(folder, manifest, limits, frozenset(context.sources))
    with context.progress.stage("reading the dump") as advance:
        for read, _ in enumerate(reading.records(), 1):
            if read % store.RECORDS_A_BATCH == 0:
                advance(store.RECORDS_A_BATCH)
    history = reading.history()
    await _write(gateway, reading, history, context)
    await composed(gateway, context, folder)
    return LoadReport(
        records=manifest.records.lines.rows,
        works=manifest.tables["works"].lines.rows,
        franchises=len(history.franchises),
        differing=await _differing(gateway, manifest, context),
    )


async def _require_empty(gateway: Gateway, context: DumpContext) -> None:
    taken = await migrations.applied(gateway)
    if taken:
        await migrations.require_current(gateway, context.migrations)
    else:
        await migrations.migrate(gateway, context.migrations)
    if not await store.is_empty(gateway):
        raise IngestRefusedError(
            f"{gateway.settings.shown_url}: the store is not empty; a dump is loaded into a new one"
        )


async def _write(
    gateway: Gateway, reading: "_Reading", history: GraphHistory, context: DumpContext
) -> None:
    sources, total = reading.manifest.sources, reading.manifest.records.lines
    runs = {one.name: uuid.uuid4() for one in sources}
    with context.progress.stage("records", total.rows) as advance:
        async with RecordLoader(gateway) as loader:
            for row in reading.records():
                await loader.add(msgspec.structs.replace(row, run=runs[row.id[1]]))
                advance(1)
    await store.put_history(gateway, history)
    await store.put_runs(gateway, runs, sources, total.sha256)


async def _differing(gateway: Gateway, manifest: DumpManifest, context: DumpContext) -> list[str]:
    sums = {name: ContentSum() for name in TABLES}
    with context.progress.stage("comparing the graph") as advance:
        async for rows in all_rows(gateway):
            for name, some in rows.items():
                sums[name].add(some)
                advance(len(some))
    return [name for name, one in sums.items() if one.content != manifest.tables[name].content]


class _Reading:
    """Reads the files of a dump, and refuses what no dump holds."""

    def __init__(
        self, folder: Path, manifest: DumpManifest, limits: IngestSettings, known: frozenset[str]
    ) -> None:
        """Raises `SourceFileError` if the manifest names a source or lacks a table."""
        self.manifest = manifest
        self._folder = folder
        self._limits = limits
        self._sources = {one.name: one.records for one in manifest.sources}
        missing = [name for name in TABLES if name not in manifest.tables]
        strange = [name for name in self._sources if name not in known]
        if missing or strange:
            what = f"tables {missing} are missing" if missing else f"sources {strange} are unknown"
            raise SourceFileError(f"{folder}: {what}")

    def records(self) -> Iterator[RecordRow]:
        """Yield the records, in order; each once."""
        counts: Counter[str] = Counter()
        last: tuple[bytes, str, str] | None = None
        for where, row in self._rows(self.manifest.records, RecordRow):
            work, source, key = row.id
            place = (work.bytes, source, key)
            if last is not None and place <= last:
                raise SourceFileError(f"{where}: id: {row.id} does not follow the one before")
            last = place
            counts[source] += 1
            if counts[source] > self._limits.max_records:
                raise SourceFileError(
                    f"{where}: {beyond('the number of records', 'max_records', self._limits)}"
                )
            for problem in problems_of(row, self._sources, self._limits):
                raise SourceFileError(f"{where}: {problem}")
            yield row
        if counts != self._sources:
            raise SourceFileError(f"{self._folder}: records are {dict(counts)}, not as manifested")

    def history(self) -> GraphHistory:
        """Return slugs and retired ids; of works only those that they name are held."""
        franchises = [row for _, row in self._table("franchises", FranchiseRow)]
        works = [row for _, row in self._table("retired_works", RetiredWorkLine)]
        slugs = [row for _, row in self._table("retired_slugs", RetiredSlugLine)]
        named = {one.root for one in franchises} | {one.successor for one in works}
        kinds: dict[UUID, WorkKind] = {
            row.id: row.kind for _, row in self._table("works", _WorkOfTable) if row.id in named
        }
        leads = [row for _, row in self._table("past_leads", PastLeadLine)]
        past_slugs = [row for _, row in self._table("past_slugs", PastSlugLine)]
        return GraphHistory(franchises, works, slugs, leads, past_slugs, kinds)

    def _table(self, name: str, shape: type[T]) -> Iterator[tuple[str, T]]:
        return self._rows(self.manifest.tables[name], shape)

    def _rows(self, table: DumpedTable, shape: type[T]) -> Iterator[tuple[str, T]]:
        """Yield (where it stands, row) of each line."""
        file = SourceFile(self._folder / table.lines.path, self._limits)
        decoder = msgspec.json.Decoder(shape)
        number = 0
        if not table.lines.rows:
            return
        for number, line in file.lines():
            where = f"{file.path}: line {number}"
            if number > table.lines.rows:
                raise over_limit(file.path, "the number of its rows", "max_records", self._limits)
            try:
                yield where, decoder.decode(line)
            except (msgspec.DecodeError, RecursionError) as error:
                raise SourceFileError(f"{where}: {error}") from error
        if number != table.lines.rows:
            raise SourceFileError(
                f"{file.path}: it has {number:,} rows, the manifest says {table.lines.rows:,}"
            )
