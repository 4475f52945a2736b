"""`kensho path`: how two works are connected, in words."""

import sys
from typing import Final
from uuid import UUID

import click
from rich_click import RichCommand

from kensho.cli.snapshots import open_snapshot
from kensho.discovery.paths import MOST_PATHS
from kensho.discovery.works import WorkService
from kensho.errors import NotFoundError
from kensho.read_model.holder import Snapshot

NO_WAY: Final = 1


@click.command(cls=RichCommand)
@click.argument("one")
@click.argument("other")
@click.option(
    "-k",
    "most",
    type=click.IntRange(1, MOST_PATHS),
    default=3,
    help="How many ways to show.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the answer of /api/paths.")
@click.option(
    "--store", metavar="URL", help="The graph's store; default KENSHO_STORE_URL, or var/kensho.db."
)
def path(one: str, other: str, most: int, as_json: bool, store: str | None) -> None:
    """Say how ONE and OTHER are connected; each is a title, an id such as mal:20, or a UUID.

    Exits with 1 if they are strangers.
    """
    snapshot = open_snapshot(store)
    ends = find_work(snapshot, one), find_work(snapshot, other)
    answer = WorkService(snapshot).paths(*ends, most)
    found = answer.decode()
    if as_json:
        click.echo(answer.bytes)
    for connection in () if as_json else found.paths:
        click.echo(connection.sentence)
    if not found.paths:
        click.echo("nothing connects them", err=True)
        sys.exit(NO_WAY)


def find_work(snapshot: Snapshot, text: str) -> UUID:
    """Return the work that a UUID, a source id or a title means.

    Raises:
        NotFoundError: it means none.
    """
    model = snapshot.model
    try:
        return UUID(text)
    except ValueError:
        pass
    by_source = model.resolve(text) if ":" in text else []
    if by_source:
        return model.id(by_source[0].node)
    for entry in snapshot.titles.index.search(text).hits.entries.tolist():
        if entry < model.works_total:
            return model.id(entry)
    raise NotFoundError(f"no work is meant by {text!r}")
