"""`kensho queue`: the work items of curators."""

import contextlib
import datetime as dt
import io
import os
import pwd
import sys
from collections.abc import Callable
from typing import Final, cast, get_args

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich_click import RichCommand, RichGroup

from kensho.cli.snapshots import open_snapshot
from kensho.discovery.cursors import Cursors
from kensho.discovery.search import TitleSearch
from kensho.discovery.work_queue import ItemView, QueueRequest, WorkQueue
from kensho.domain.work_items import (
    ItemAction,
    ItemChangeRequest,
    ItemKind,
    ItemState,
    told_of,
)
from kensho.platform import environment
from kensho.platform.lazy_commands import LazyCommand
from kensho.platform.settings import Settings
from kensho.platform.signing_secret import signing_keys
from kensho.storage.store_settings import StoreSettings
from kensho.storage.work_items import WorkItemStore

_SHOWN: Final = 20
_MOST: Final = 1_000
_FILE_WIDTH: Final = 200
"""Off a terminal, a table is as wide as it needs to be."""
_CHECK: Final = "check"
"""The command of ingestion that finds what only the graph store shows."""
_JSON: Final = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_BY: Final = click.option("--by", metavar="NAME", help="Who does it; default: your user name.")
_REASON: Final = click.option("--reason", metavar="TEXT", default="", help="Why.")
_STATES: Final = get_args(ItemState)
_KINDS: Final = get_args(ItemKind)


@click.group(cls=RichGroup)
def queue() -> None:
    """List, show and settle the work items of curators.

    They are kept in KENSHO_QUEUE_FILE.
    """


@queue.command("list", cls=RichCommand)
@click.option("--kind", type=click.Choice(_KINDS), help="Items of this kind.")
@click.option("--state", type=click.Choice(_STATES), help="Default: open and accepted.")
@click.option("--assignee", metavar="NAME", help="Items that NAME has; - for nobody.")
@click.option("--limit", type=click.IntRange(1, _MOST), default=_SHOWN, help="How many to list.")
@click.option("--after", metavar="ITEM", help="Items after this one.")
@click.option(
    "--safe/--no-safe", default=None, help="Hide adult works; default KENSHO_SEARCH_SAFE, or hide."
)
@_JSON
def list_(as_json: bool, safe: bool | None, **given: object) -> None:
    """List the work items, those of the best-known works first."""
    service = _queue(environment.load())
    request = msgspec.convert(
        {name: value for name, value in given.items() if value is not None}
        | {"safe": service.hides_adult(safe)},
        QueueRequest,
    )
    found = service.page(request)
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    table = Table("item", "kind", "state", "assignee", "", box=None)
    for item in found.items:
        table.add_row(item.id, item.kind, item.state, item.assignee or "", item.sentence)
    Console(width=None if sys.stdout.isatty() else _FILE_WIDTH).print(table)
    rest = f", {found.hidden:,} about adult works hidden" if found.hidden else ""
    click.echo(f"{len(found.items):,} of {found.total:,}{rest}", err=True)


@queue.command(cls=RichCommand)
@click.argument("item")
@_JSON
def show(item: str, as_json: bool) -> None:
    """Print all that is known of ITEM: evidence, pages, and what became of it."""
    _print(_queue(environment.load()).item(item), as_json=as_json)


@queue.command(cls=RichCommand)
@click.argument("item")
@click.argument("name")
@_REASON
@_BY
def assign(item: str, name: str, reason: str, by: str | None) -> None:
    """Give ITEM to NAME; - takes it from whoever has it."""
    _change(item, "assign", reason, by, None if name == "-" else name)


def _command(name: ItemAction, told: str) -> Callable[..., None]:
    def change(item: str, reason: str, by: str | None) -> None:
        _change(item, name, reason, by)

    change.__doc__ = told
    for option in (_BY, _REASON, click.argument("item")):
        change = option(change)
    queue.command(name, cls=RichCommand)(change)
    return change


_command("accept", "Say that ITEM is right, and to be done.")
_command("fix", "Say that ITEM is done.")
_command("wontfix", "Say that ITEM is not to be done; needs --reason.")
_command("reopen", "Say that ITEM is to be looked at again.")


@queue.command(cls=RichCommand)
@click.option(
    "--store", metavar="URL", help="The graph's store; default KENSHO_STORE_URL, or var/kensho.db."
)
@click.option(
    "--work",
    "works",
    metavar="WORK",
    multiple=True,
    help="Of the store, look at what is around WORK alone; may be repeated.",
)
@click.pass_context
def refresh(context: click.Context, store: str | None, works: tuple[str, ...]) -> None:
    """Look through the snapshot and the graph store for work items.

    What is found no more is done by itself; what was decided stands while what it is about does.
    The store is looked at by `kensho check --queue`, where there is one. Runs and acts do this by
    themselves (KENSHO_QUEUE_REFRESH).
    """
    settings = environment.load()
    search = TitleSearch(Cursors(*signing_keys(settings.signing)), safe=settings.search.safe)
    counts = _queue(settings).refresh(open_snapshot(store), search)
    click.echo(f"snapshot: {told_of(counts)}", err=True)
    root = context.find_root()
    check = cast("click.Group", root.command).get_command(root, _CHECK)
    if isinstance(check, LazyCommand):
        check = check.load()
    known = StoreSettings.of(environment.with_changes(settings, store_url=store))
    if check is None or known.is_absent:
        click.echo("there is no graph store here: its findings stay as they are", err=True)
        return
    arguments = ["--queue", "--json", *(("--store", store) if store else ())]
    arguments += [part for work in works for part in ("--work", work)]
    # Its exit code tells of findings, which are in the queue now.
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
        check.main(arguments, prog_name="kensho check", standalone_mode=False)


def _queue(settings: Settings) -> WorkQueue:
    store = WorkItemStore(settings.queue.file)
    return WorkQueue(store, lambda: dt.datetime.now(dt.UTC), safe=settings.search.safe)


def _change(
    item: str, action: ItemAction, reason: str, by: str | None, assignee: str | None = None
) -> None:
    author = by or pwd.getpwuid(os.getuid()).pw_name
    request = ItemChangeRequest(action=action, author=author, reason=reason, assignee=assignee)
    changed = _queue(environment.load()).change(item, request).item
    has = f", {changed.assignee} has it" if changed.assignee else ""
    click.echo(f"{changed.id} is {changed.state}{has}: {changed.sentence}")


def _print(view: ItemView, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode(view))
        return
    item = view.item
    lines = [f"{item.id}  {item.kind}, {item.state}", item.sentence]
    lines += [f"  {line}" for line in item.evidence]
    for work in item.works:
        lines.append("  " + " ".join(filter(None, (work.title, work.page, work.provider_page))))
    if item.page:
        lines.append(f"  {item.page}")
    if item.assignee:
        lines.append(f"  assignee: {item.assignee}")
    for one in view.changes:
        why = f": {one.reason}" if one.reason else ""
        to = f" to {one.assignee or 'nobody'}" if one.action == "assign" else ""
        lines.append(f"  {one.at[:16]} {one.author} {one.action}{to} -> {one.after}{why}")
    console = Console(width=None if sys.stdout.isatty() else _FILE_WIDTH)
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
