"""`kensho runs`: the runs of ingestion, and what changed between two publications."""

import datetime as dt
import sys
from collections.abc import Iterator
from itertools import groupby
from typing import Final

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich_click import RichCommand, RichGroup

from kensho.cli.snapshots import open_snapshot
from kensho.discovery.change_points import snapshot_of_run
from kensho.discovery.changes import (
    ChangeItem,
    ChangeService,
    DiffDocument,
    DiffRequest,
)
from kensho.discovery.comparisons import KnownChanges
from kensho.discovery.cursors import Cursors
from kensho.discovery.runs import RunRecord, recorded_runs, run_named
from kensho.platform import environment
from kensho.platform.signing_secret import signing_keys
from kensho.read_model.change_views import ChangeKind
from kensho.read_model.holder import Snapshot
from kensho.storage.opening import run_on_store

_SHOWN: Final = 20
_FILE_WIDTH: Final = 200
"""Off a terminal, a table is as wide as it needs to be."""
_ID_CHARS: Final = 8
"""As many letters as tell runs apart in a table; `show` takes the beginning of an id."""
_HEADINGS: Final[dict[ChangeKind, str]] = {
    "franchise_came": "franchises that came",
    "franchise_merged": "franchises merged",
    "franchise_split": "franchises split",
    "franchise_renamed": "franchises renamed",
    "franchise_changed": "franchises with other members",
    "franchise_went": "franchises that went",
    "work_came": "works that came",
    "work_went": "works that went",
    "work_changed": "works that changed",
    "relation_came": "relations that came",
    "relation_changed": "relations of another kind",
    "relation_went": "relations that went",
    "figures_moved": "works whose scores or votes moved",
}
_STORE: Final = click.option(
    "--store", metavar="URL", help="The graph's store; default KENSHO_STORE_URL, or var/kensho.db."
)
_JSON: Final = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(cls=RichGroup, invoke_without_command=True)
@click.option("--limit", type=click.IntRange(1, 1_000), default=_SHOWN, help="How many to list.")
@_STORE
@_JSON
@click.pass_context
def runs(context: click.Context, limit: int, store: str | None, as_json: bool) -> None:
    """List the runs of ingestion, and say what changed between two publications.

    The latest run comes first; those that failed are listed too.
    """
    if context.invoked_subcommand is not None:
        return
    found = run_on_store(store, lambda gateway: recorded_runs(gateway, limit))
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    table = Table("run", "source", "state", "as of", "finished", "", box=None)
    for run in found:
        table.add_row(
            str(run.id)[:_ID_CHARS],
            run.source,
            run.state,
            run.snapshot,
            (run.finished_at or "")[: len("2026-11-29T15:15")].replace("T", " "),
            run.message or _counted(run),
        )
    Console(width=None if sys.stdout.isatty() else _FILE_WIDTH).print(table)


@runs.command(cls=RichCommand)
@click.argument("run")
@_STORE
@_JSON
def show(run: str, store: str | None, as_json: bool) -> None:
    """Print all that is recorded of RUN, which is an id or how one begins."""
    found = run_on_store(store, lambda gateway: run_named(gateway, run))
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    for name, value in msgspec.structs.asdict(found).items():
        if name == "counts":
            value = _counted(found)  # noqa: PLW2901 -- shown in another form
        if value not in (None, ""):
            _say(f"{name:<12} {value}")


@runs.command(cls=RichCommand)
@click.argument("before", metavar="[FROM]", required=False)
@click.argument("after", metavar="[TO]", required=False)
@click.option("--all", "show_all", is_flag=True, help="Name all that changed, not the first 20.")
@click.option(
    "--safe/--no-safe", default=None, help="Hide adult works; default KENSHO_SEARCH_SAFE, or hide."
)
@_STORE
@_JSON
def diff(
    before: str | None,
    after: str | None,
    show_all: bool,
    safe: bool | None,
    store: str | None,
    as_json: bool,
) -> None:
    """Say what changed between two publications: works, fields, relations, franchises, by name.

    FROM and TO are each a revision, the identity of a snapshot, a date, or the id of a run, which
    means the publication that it came with. TO is the latest by default, and FROM the one before.
    """
    settings = environment.load()
    snapshot = open_snapshot(store)
    service = ChangeService(
        snapshot,
        Cursors(*signing_keys(settings.signing)),
        KnownChanges(),
        safe=settings.search.safe,
    )
    request = DiffRequest(
        before=_point(snapshot, before),
        after=_point(snapshot, after),
        limit=None,
        safe=service.hides_adult(safe),
    )
    found = service.difference(request)
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    for line in _lines(found, None if show_all else _SHOWN):
        _say(line)


def _point(snapshot: Snapshot, text: str | None) -> str | None:
    """Return a run's publication by its snapshot, and anything else as it is."""
    history = snapshot.history
    if text is None or history is None:
        return text
    return snapshot_of_run(history, text) or text


def _lines(found: DiffDocument, most: int | None) -> Iterator[str]:
    yield f"from {_shown(found.before.snapshot, found.before.at)}"
    yield f"to   {_shown(found.after.snapshot, found.after.at)}"
    if not found.counts:
        yield "nothing changed"
        return
    for kind, count in found.counts.items():
        yield f"{count:>9,}  {_HEADINGS[kind]}"
    if found.fields:
        yield "fields: " + ", ".join(f"{one.field} {one.works:,}" for one in found.fields)
    if found.relations:
        told = (f"{one.kind} +{one.came:,} -{one.went:,}" for one in found.relations)
        yield "relations: " + ", ".join(told)
    for kind, changes in groupby(found.changes, key=_kind):
        yield ""
        yield _HEADINGS[kind]
        listed = list(changes)
        for change in listed[:most]:
            yield f"  {change.text}"
        if most is not None and len(listed) > most:
            yield f"  and {len(listed) - most:,} more; --all and --json have them"


def _kind(change: ChangeItem) -> ChangeKind:
    return change.kind


def _shown(snapshot: str, at: str) -> str:
    moment = dt.datetime.fromisoformat(at).astimezone(dt.UTC)
    return f"{snapshot}, published {moment:%Y-%m-%d %H:%M} UTC"


def _counted(run: RunRecord) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(run.counts.items()) if count)


def _say(text: str) -> None:
    Console().print(text, markup=False, highlight=False, soft_wrap=True)
