"""`kensho runs`: the runs of ingestion, and what changed between two publications."""

import datetime as dt
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Final, cast

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich_click import RichCommand, RichGroup

from kensho.cli.snapshots import open_snapshot
from kensho.discovery.change_points import is_point, snapshot_of_run
from kensho.discovery.changes import (
    ChangeItem,
    ChangeService,
    DiffDocument,
    DiffRequest,
)
from kensho.discovery.comparisons import KnownChanges
from kensho.discovery.cursors import Cursors
from kensho.errors import InvalidInputError
from kensho.platform import environment
from kensho.platform.signing_secret import signing_keys
from kensho.read_model.change_views import ChangeKind
from kensho.read_model.holder import Snapshot
from kensho.storage.opening import run_on_store
from kensho.storage.runs import RunRecord, recorded_runs, run_named

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

    The latest run comes first; those that were refused, failed or wait for approval are listed too.
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
            _told(run),
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
        if name == "guards":
            continue
        if value not in (None, ""):
            _say(f"{name:<12} {value}")
    for breach in found.breaches:
        _say(f"guard        {breach.guard}: {breach.sentence}{' (lifted)' * breach.lifted}")
    if found.state == "waiting":
        _say(f"'kensho approve {run}' takes it in, and tells with --dry-run what differs then")


@runs.command(cls=RichCommand)
@click.argument("before", metavar="[FROM]", required=False)
@click.argument("after", metavar="[TO]", required=False)
@click.option("--all", "show_all", is_flag=True, help="Name all that changed, not the first 20.")
@click.option(
    "--safe/--no-safe", default=None, help="Hide adult works; default KENSHO_SEARCH_SAFE, or hide."
)
@click.option(
    "--snapshots",
    type=click.Path(path_type=Path),
    help="Where snapshots are published; default KENSHO_READ_MODEL_DIR.",
)
@_STORE
@_JSON
def diff(
    before: str | None,
    after: str | None,
    show_all: bool,
    safe: bool | None,
    snapshots: Path | None,
    **common: object,
) -> None:
    """Say what changed between two publications: works, fields, relations, franchises, by name.

    FROM and TO are each a revision, the identity of a snapshot, a date, or the id of a run, which
    means the publication that it came with: a run alone is compared with what was before it, and
    one that waits with what is now. TO is the latest by default, and FROM the one before.
    """
    store, as_json = cast("str | None", common["store"]), bool(common["as_json"])
    settings = environment.load()
    snapshot = open_snapshot(store, snapshots)
    if before is not None and after is None and _is_waiting(snapshot, before, store):
        _dry_approval(before, store, as_json=as_json)
        return
    service = ChangeService(
        snapshot,
        Cursors(*signing_keys(settings.signing)),
        KnownChanges(),
        safe=settings.search.safe,
    )
    if after is None and before is not None and _of_run(snapshot, before) is not None:
        before, after = None, before  # what came with the run
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


def _of_run(snapshot: Snapshot, text: str) -> str | None:
    """Return the publication that a run came with, by its snapshot, if `text` names one."""
    history = snapshot.history
    return None if history is None else snapshot_of_run(history, text)


def _point(snapshot: Snapshot, text: str | None) -> str | None:
    """Return a run's publication by its snapshot, and anything else as it is."""
    return text if text is None else _of_run(snapshot, text) or text


def _is_waiting(snapshot: Snapshot, text: str, store: str | None) -> bool:
    """Tell whether `text` names a run that waits; the store is asked if it can be nothing else."""
    if _of_run(snapshot, text) is not None or is_point(text):
        return False
    return run_on_store(store, lambda gateway: run_named(gateway, text)).state == "waiting"


def _dry_approval(run: str, store: str | None, *, as_json: bool) -> None:
    """Say what a run would change that waits, by the command of ingestion that carries it out."""
    context = click.get_current_context()
    root = context.find_root().command
    command = root.get_command(context, "approve") if isinstance(root, click.Group) else None
    if command is None:
        raise InvalidInputError.of("FROM", f"run {run} waits: see 'kensho approve {run} --dry-run'")
    given = [run, "--dry-run", *(("--store", store) if store else ()), *["--json"] * as_json]
    with command.make_context("approve", given, parent=context) as asked:
        asked.command.invoke(asked)


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


def _told(run: RunRecord) -> str:
    """Say in one line what a run did, and what a curator should know of it."""
    taken_back = f"took back {str(run.undoes)[:_ID_CHARS]}" if run.undoes is not None else ""
    return "; ".join(filter(None, (taken_back, run.message or _counted(run))))


def _counted(run: RunRecord) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(run.counts.items()) if count)


def _say(text: str) -> None:
    Console().print(text, markup=False, highlight=False, soft_wrap=True)
