"""`kensho compact`: rewrite an embedded store, so that it takes no more room than what it holds."""

import asyncio

import click
import msgspec
from rich_click import RichCommand

from kensho.platform import environment, memory
from kensho.platform.installation import data_root
from kensho.storage import compaction, queries
from kensho.storage.store_settings import StoreSettings

_MEGABYTE = 1_000_000


@click.command(cls=RichCommand)
@click.option(
    "--store", metavar="URL", help="The graph's store; default KENSHO_STORE_URL, or var/kensho.db."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def compact(store: str | None, as_json: bool) -> None:
    """Rewrite an embedded store, so that it takes no more room than what it holds.

    Every release leaves the rows that it replaced in the files of the store. What is served stays
    as it is. It takes some minutes, and as much room on the disk as the store will have.
    """
    memory.return_early(shares_heap=False)
    settings = environment.with_changes(environment.load(), store_url=store)
    known = queries.load(data_root("queries"))
    done = asyncio.run(compaction.compact(StoreSettings.of(settings), known))
    if as_json:
        click.echo(msgspec.json.encode(done))
        return
    before, after = done.before_bytes / _MEGABYTE, done.after_bytes / _MEGABYTE
    click.echo(f"{done.rows:,} rows: {before:,.0f} MB before, {after:,.0f} MB now")
