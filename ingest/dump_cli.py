"""`kensho dump` and `kensho load`: the graph for others, and for another installation.

Exit codes: 0 done, 1 loaded, but composed otherwise than the dump's tables, 2 wrong use, 4 the dump
or the store was refused, 5 the store failed, 8 loaded, but the snapshot could not be published.
"""

import contextlib
import datetime as dt
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Final

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich_click import RichCommand

from ingest.cli import EXIT_UNPUBLISHED, publish
from ingest.curation_layers import layered
from ingest.dumping import dump as dumping
from ingest.dumping import load as loading
from ingest.dumping.dump import DumpContext, DumpOptions
from ingest.dumping.manifest import DumpManifest, schema_of
from ingest.dumping.table_files import has_parquet
from ingest.progress import Progress
from ingest.queue_refreshing import refresh_queue
from ingest.registry import SOURCES
from kensho.platform import environment
from kensho.platform.installation import data_root, installed_version
from kensho.storage import migrations, queries
from kensho.storage.gateway import Gateway
from kensho.storage.opening import run_on_store
from kensho.storage.store_settings import StoreSettings

EXIT_DIFFERS: Final = 1
_FOLDER = click.argument("folder", type=click.Path(path_type=Path))
_STORE = click.option(
    "--store", metavar="URL", help="The graph's store; default KENSHO_STORE_URL, or var/kensho.db."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.command(cls=RichCommand)
@_FOLDER
@click.option(
    "--private",
    is_flag=True,
    help="Also dump what may not be passed on, for an installation of your own.",
)
@click.option(
    "--parquet/--no-parquet",
    default=None,
    help="Write tables as Parquet too; by default where pyarrow (kensho[parquet]) is installed.",
)
@_STORE
@_JSON
def dump(
    folder: Path, private: bool, parquet: bool | None, store: str | None, as_json: bool
) -> None:
    """Write the records that may be passed on, and the graph they come to, into FOLDER.

    JSON Lines (and Parquet) packed by zstd, with checksums, a manifest, and the licences and words
    of attribution of each source. Sources that may not be passed on are left out and named.
    `kensho load` reads it.
    """
    progress = Progress(Console(stderr=True), quiet=as_json)
    options = DumpOptions(private, has_parquet() if parquet is None else parquet)
    written = run_on_store(
        store, lambda gateway: dumping.dump(gateway, folder, options, _context(progress))
    )
    if as_json:
        click.echo(msgspec.json.encode(written))
    else:
        _print_dump(Console(), folder, written, options)


@click.command(cls=RichCommand)
@_FOLDER
@_STORE
@_JSON
def load(folder: Path, store: str | None, as_json: bool) -> None:
    """Load the dump in FOLDER into an empty store, compose its graph and publish it.

    Every file is compared with its checksum, and every record read, before the first write.
    """
    progress = Progress(Console(stderr=True), quiet=as_json)
    limits = environment.load().ingest
    done = run_on_store(
        store, lambda gateway: loading.load(gateway, folder, limits, _context(progress))
    )
    published = publish(store, progress)
    if published.is_new:
        refresh_queue(store, progress)
    if as_json:
        served = {"snapshot": published.snapshot, "unpublished": published.unpublished}
        click.echo(msgspec.json.encode({**msgspec.to_builtins(done), **served}))
    else:
        _print_load(done, published.snapshot)
    if published.unpublished is not None:
        click.echo(f"kensho: the graph is written, but {published.unpublished}", err=True)
        sys.exit(EXIT_UNPUBLISHED)
    if done.differing:
        sys.exit(EXIT_DIFFERS)


def _context(progress: Progress) -> DumpContext:
    known = migrations.load(data_root("graph_schema"))
    return DumpContext(
        sources=SOURCES,
        migrations=known,
        schema=schema_of(known),
        kensho=installed_version(),
        made_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        open_store=_opened,
        progress=progress,
        decisions=layered(environment.load().curation.dir).decisions,
    )


@contextlib.asynccontextmanager
async def _opened(settings: StoreSettings) -> AsyncGenerator[Gateway]:
    async with Gateway.open(settings, queries.load(data_root("queries"))) as gateway:
        yield gateway


def _print_dump(
    console: Console, folder: Path, written: DumpManifest, options: DumpOptions
) -> None:
    table = Table("source", "licence", box=None)
    table.add_column("records", justify="right")
    table.add_column("", overflow="fold")
    for one in written.sources:
        table.add_row(one.name, one.licence, f"{one.records:,}", one.conditions)
    for left in written.withheld:
        table.add_row(left.name, left.licence, f"{left.records:,}", f"left out: {left.reason}")
    console.print(table)
    rows = ", ".join(f"{one.lines.rows:,} {name}" for name, one in written.tables.items())
    size_mb = sum(file.size_bytes for file in written.files) / 1e6
    told = [f"{folder}: revision {written.revision:,}; {rows}; {size_mb:,.1f} MB"]
    if not options.parquet:
        told.append("no Parquet: pip install 'kensho[parquet]', or leave out --no-parquet")
    if written.private:
        told.append("it holds what may not be passed on: keep it to yourself")
    for line in told:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _print_load(done: loading.LoadReport, snapshot: str | None) -> None:
    same = "as in the dump"
    if done.differing:
        same = f"but for {', '.join(done.differing)}, which this Kenshō composes otherwise"
    click.echo(
        f"{done.records:,} records, {done.works:,} works, {done.franchises:,} franchises: {same}"
    )
    if snapshot is not None:
        click.echo(f"published snapshot {snapshot}")
