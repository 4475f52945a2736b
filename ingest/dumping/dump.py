"""Write a dump: the records that may be passed on, and the graph that they alone come to.

Guarantees: a folder is whole or not there. A dump holds nothing that a withheld source said: where
there is any, its graph is composed anew, of the other records alone, in a store beside it that is
removed again. The graph is not changed, and one that changes meanwhile is refused.

Performance: memory holds a page of each table. Composing anew takes as long as a first ingest.
"""

import contextlib
import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec

from ingest.curation import Curation
from ingest.dumping import store
from ingest.dumping.licences import Terms, terms_of
from ingest.dumping.lines import TABLES, FranchiseRow
from ingest.dumping.manifest import (
    FORMAT,
    FORMAT_VERSION,
    NAME,
    DumpedSource,
    DumpedTable,
    DumpManifest,
    WithheldSource,
)
from ingest.dumping.store import GraphHistory, RecordLoader
from ingest.dumping.table_files import LineWriter, TableWriter, require_parquet
from ingest.dumping.tables import all_rows
from ingest.pipeline.run import Pipeline, RunOptions
from ingest.progress import Progress
from ingest.source import Source
from kensho.domain.works import WorkKind
from kensho.errors import ConflictError, InvalidInputError, StorageError
from kensho.storage import migrations, tables
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings

NO_RUN: Final = UUID(int=0)
"""In place of the run that brought a record, which only its own store knows."""
_SUMS: Final = "SHA256SUMS"
_TERMS: Final = "ATTRIBUTION.md"


class DumpOptions(msgspec.Struct, frozen=True):
    """What goes into a dump.

    With `private` also what may not be passed on, with `parquet` the tables in that form too.
    """

    private: bool = False
    parquet: bool = False


class DumpContext(msgspec.Struct, frozen=True):
    """What a dump is made with: the sources that are known, the schema, and what to say of it.

    `decisions` are those of the curators' files, by default the ones that come with Kenshō.
    """

    sources: Mapping[str, Source]
    migrations: tuple[migrations.Migration, ...]
    schema: str
    kensho: str
    made_at: str
    open_store: Callable[[StoreSettings], contextlib.AbstractAsyncContextManager[Gateway]]
    progress: Progress
    decisions: Curation | None = None


async def dump(
    gateway: Gateway, folder: Path, options: DumpOptions, context: DumpContext
) -> DumpManifest:
    """Write the graph of a store into `folder`, which is not there or empty.

    Raises:
        InvalidInputError: something is there, or Parquet can't be written.
        ConflictError: the graph is not composed, or it changed meanwhile.
    """
    if options.parquet:
        require_parquet()
    state = await tables.state(gateway)
    if not state.composed:
        raise ConflictError("there is no composed graph: run 'kensho ingest' first")
    with _new_folder(folder) as part:
        counts = await store.record_counts(gateway)
        terms = terms_of(context.sources.values())
        withheld = set[str]() if options.private else _withheld(counts, terms)
        async with _graph_without(gateway, withheld, part.parent, context) as graph:
            manifest = await _written(graph, part, options, context)
        # The store of the rest has revisions of its own, and no runs.
        dates = await store.last_snapshots(gateway)
        manifest = msgspec.structs.replace(
            manifest,
            revision=state.revision,
            sources=[
                _dumped_source(context.sources, terms, one, dates) for one in manifest.sources
            ],
            withheld=[
                WithheldSource(
                    *(name, _title(context.sources, name)),
                    *_why(terms, name),
                    counts[name],
                )
                for name in sorted(withheld)
            ],
        )
        if (await tables.state(gateway)).lineage != state.lineage:
            raise ConflictError("the graph changed while it was dumped; dump it again")
        _write_manifest(part, manifest)
    return manifest


@contextlib.contextmanager
def _new_folder(folder: Path) -> Generator[Path]:
    """Make a folder beside `folder`, which it becomes at the end of the block."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidInputError.of("FOLDER", f"{folder} is there already, and not empty")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as name:
        part = Path(name) / "dump"
        (part / "tables").mkdir(parents=True)
        yield part
        part.rename(folder)  # an empty folder is replaced


def _withheld(counts: Mapping[str, int], terms: Mapping[str, Terms]) -> set[str]:
    """Return the sources that have records and may not be passed on, or of which nobody knows."""
    return {name for name in counts if name not in terms or terms[name].withheld is not None}


@contextlib.asynccontextmanager
async def _graph_without(
    gateway: Gateway, withheld: set[str], scratch: Path, context: DumpContext
) -> AsyncGenerator[Gateway]:
    """Open the graph that all records but those of some sources come to."""
    if not withheld:
        yield gateway
        return
    place = scratch / "store"
    async with context.open_store(StoreSettings(f"surrealkv://{place}")) as rest:
        await migrations.migrate(rest, context.migrations)
        kinds: dict[UUID, WorkKind] = {}
        with context.progress.stage("records that may be passed on") as advance:
            async with RecordLoader(rest) as loader:
                async for page in store.records(gateway):
                    for row in page:
                        if row.id[1] not in withheld:
                            kinds[row.id[0]] = row.work_kind
                            await loader.add(row)
                    advance(len(page))
        given = [
            FranchiseRow(one.slug, one.title, one.root, ())
            for one in await tables.franchises(gateway)
        ]
        await store.put_history(rest, GraphHistory(given, kinds=kinds))
        await composed(rest, context, scratch)
        yield rest
    shutil.rmtree(place, ignore_errors=True)


async def composed(gateway: Gateway, context: DumpContext, scratch: Path) -> None:
    """Compose the graph of a store's records.

    Raises:
        StorageError: it could not be brought in line with them.
    """
    options = RunOptions(scratch / "rejects")
    await Pipeline(gateway, context.sources, options, context.progress, context.decisions).run([])
    if not (await tables.state(gateway)).composed:
        raise StorageError("the graph could not be composed of the records")


async def _written(
    gateway: Gateway, part: Path, options: DumpOptions, context: DumpContext
) -> DumpManifest:
    """Write records and tables, and return the manifest as far as the graph tells it."""
    counts: Counter[str] = Counter()
    with context.progress.stage("records") as advance, contextlib.ExitStack() as stack:
        lines = LineWriter(part, "records", stack)
        async for page in store.records(gateway):
            counts.update(row.id[1] for row in page)
            lines.write([msgspec.structs.replace(row, run=NO_RUN) for row in page])
            advance(len(page))
    await gateway.checkpoint()  # as `all_rows` says
    found = await _tables(gateway, part, options, context.progress)
    rules = await gateway.fetch("ingest.franchise_rules", into=list[str])
    return DumpManifest(
        format=FORMAT,
        version=FORMAT_VERSION,
        kensho=context.kensho,
        made_at=context.made_at,
        schema=context.schema,
        rules=rules[0] if rules else "",
        revision=0,
        private=options.private,
        sources=[
            DumpedSource(name, "", "", "", "", records, "")
            for name, records in sorted(counts.items())
        ],
        withheld=[],
        records=DumpedTable(lines.file(), lines.sum.content),
        tables=found,
    )


async def _tables(
    gateway: Gateway, part: Path, options: DumpOptions, progress: Progress
) -> dict[str, DumpedTable]:
    with progress.stage("tables") as advance, contextlib.ExitStack() as stack:
        writers = {
            name: TableWriter(part, f"tables/{name}", row, stack, parquet=options.parquet)
            for name, row in TABLES.items()
        }
        async for rows in all_rows(gateway):
            for name, some in rows.items():
                writers[name].write(some)
                advance(len(some))
    return {name: writer.table() for name, writer in writers.items()}


def _dumped_source(
    sources: Mapping[str, Source],
    terms: Mapping[str, Terms],
    one: DumpedSource,
    dates: Mapping[str, str],
) -> DumpedSource:
    known = terms.get(one.name)
    return DumpedSource(
        name=one.name,
        title=_title(sources, one.name),
        licence=known.licence if known else "not known",
        conditions=(known.conditions or known.withheld or "") if known else "",
        attribution=known.attribution if known else "",
        records=one.records,
        snapshot=dates.get(one.name, ""),
    )


def _title(sources: Mapping[str, Source], name: str) -> str:
    return sources[name].title if name in sources else name


def _why(terms: Mapping[str, Terms], name: str) -> tuple[str, str]:
    known = terms.get(name)
    if known is None:
        return "not known", "this Kenshō does not know the source"
    return known.licence, known.withheld or ""


def _write_manifest(part: Path, manifest: DumpManifest) -> None:
    """Write the manifest, the sums that `sha256sum --check` reads, and whom to name."""
    document = msgspec.json.format(msgspec.json.encode(manifest))
    (part / NAME).write_bytes(document + b"\n")
    lines = [f"{file.sha256}  {file.path}\n" for file in manifest.files]
    (part / _SUMS).write_text("".join(lines), "utf-8")
    (part / _TERMS).write_text(_attribution(manifest), "utf-8")


def _attribution(manifest: DumpManifest) -> str:
    """Return whom to name, on which terms each source is here, and what is left out."""
    told = [
        "# Sources of this dump\n",
        "**Not for others:** it holds what may not be passed on.\n" if manifest.private else "",
        "Who passes it on does so on the terms of every source.\n",
        *(
            f"- `{one.name}`: {one.attribution} {one.licence} ({one.conditions});"
            f" {one.records:,} records."
            for one in manifest.sources
        ),
    ]
    if manifest.withheld:
        told += [
            "\n## Left out\n",
            *(
                f"- `{one.name}`: {one.title}. {one.licence}: {one.reason};"
                f" {one.records:,} records."
                for one in manifest.withheld
            ),
        ]
    return "\n".join(line for line in told if line) + "\n"
