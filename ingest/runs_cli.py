"""`kensho rollback`, `approve` and `reject`: what curators decide about runs.

RUN is the id of a run, or how one begins; `kensho runs` lists them. Exit codes: 0 done, 2 wrong use
(a run that wrote nothing, was taken back already, or whose journal is not kept), 3 no such run, 4 a
guard stopped the run again, 5 the store failed, 8 the graph is written but its snapshot is not
published.
"""

import itertools
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Final, TypeVar

import click
import msgspec
from rich.console import Console
from rich_click import RichCommand

from ingest.cli import Request, asked_on, carry_out, is_agreed, migrated
from ingest.curation_layers import LayeredCuration, layered
from ingest.folder import with_curation
from ingest.pipeline.guards import NO_GUARDS
from ingest.pipeline.held import HeldReleases, WaitingRun
from ingest.pipeline.jobs import RunOptions, RunReport
from ingest.pipeline.journal import Journal, and_later
from ingest.pipeline.rollback_plan import NamedRecords, RollbackPlan, require_undoable
from ingest.pipeline.run import Pipeline
from ingest.progress import Progress
from ingest.registry import SOURCES
from kensho.errors import InvalidInputError
from kensho.platform import environment
from kensho.storage.gateway import Gateway
from kensho.storage.opening import run_on_store
from kensho.storage.runs import run_named

T = TypeVar("T")

_ID_CHARS: Final = 8
"""As many letters of an id as `kensho runs` shows."""
_REJECTS_DIR: Final = Path("var/rejects")
_STORE = click.option(
    "--store", metavar="URL", help="The graph's store; default KENSHO_STORE_URL, or var/kensho.db."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
_YES = click.option("--yes", is_flag=True, help="Do not ask: for scripts.")
_DRY = click.option(
    "--dry-run",
    "dry",
    is_flag=True,
    help="Do all of it on a copy, and say what changes; write nothing.",
)


@click.command(cls=RichCommand)
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@click.option(
    "--and-later",
    is_flag=True,
    help="Take back all runs since the one RUN began, too, of whatever source.",
)
@_YES
@_DRY
@_STORE
@_JSON
def rollback(runs: tuple[str, ...], store: str | None, as_json: bool, **given: object) -> None:
    """Take back what RUN wrote; what a later act depends on stays, and is named.

    Records that the run added go, those that it changed or removed are again as they were, and the
    graph follows. Where a later run wrote a record again, or a curator has since spoken of a work
    that the run brought, that stays; `--and-later` leaves nothing of it. Several runs are taken
    back in the order in which they are named: the latest should come first. A rollback is a run,
    and can be taken back as well.
    """
    progress, dry = Progress(Console(stderr=True), quiet=as_json), bool(given["dry"])
    if given["and_later"]:
        runs = _on_store(store, lambda gateway: _and_later(gateway, runs))
    if not given["yes"] or dry:
        plans = _on_store(store, lambda gateway: _planned(gateway, runs, progress))
        for line in itertools.chain.from_iterable(map(_lines, plans)):
            asked_on(as_json).print(line, markup=False, highlight=False, soft_wrap=True)
        if not dry and not is_agreed("Take back what they wrote?", "taking runs back"):
            return
    layers = layered(environment.load().curation.dir)
    jobs = with_curation([], layers)
    carry_out(
        lambda gateway: _pipeline(gateway, progress, layers).roll_back(runs, jobs),
        Request(store, progress, as_json=as_json, dry=dry),
        layers,
    )


@click.command(cls=RichCommand)
@click.argument("run")
@_YES
@_DRY
@_STORE
@_JSON
def approve(run: str, yes: bool, dry: bool, store: str | None, as_json: bool) -> None:
    """Carry out RUN, which waits because guards stopped it.

    The guards that it broke are lifted for it, and no others: where the graph went on meanwhile, it
    may break more, and then waits on, by what is found now.
    """
    progress = Progress(Console(stderr=True), quiet=as_json)
    waiting = _on_store(store, lambda gateway: _waiting(gateway, run))
    _tell(waiting, "takes in", as_json=as_json)
    if not yes and not dry and not is_agreed("Take it in?", "approving a run"):
        return

    layers = layered(environment.load().curation.dir)

    async def carried_out(gateway: Gateway) -> RunReport:
        with tempfile.TemporaryDirectory(prefix="kensho-") as folder:
            found = await HeldReleases(gateway).run(waiting.id)
            jobs = with_curation([], layers)
            return await _pipeline(gateway, progress, layers).approve(found, Path(folder), jobs)

    carry_out(carried_out, Request(store, progress, as_json=as_json, dry=dry), layers)


@click.command(cls=RichCommand)
@click.argument("run")
@click.option("--reason", metavar="TEXT", help="Why; `kensho runs show` tells it.")
@_STORE
@_JSON
def reject(run: str, reason: str | None, store: str | None, as_json: bool) -> None:
    """Drop what RUN has read, which waits because guards stopped it.

    The graph stays as it is, and so do the files that were read.
    """

    async def dropped(gateway: Gateway) -> WaitingRun:
        found = await _waiting(gateway, run)
        why = reason or "a curator rejected it"
        await HeldReleases(gateway).set_state(found.id, "rejected", found.guards, why)
        return found

    waiting = _on_store(store, dropped)
    _tell(waiting, "drops", as_json=as_json)
    if as_json:
        click.echo(msgspec.json.encode({"run": waiting.id, "state": "rejected"}))


def _on_store(store: str | None, run: Callable[[Gateway], Awaitable[T]]) -> T:
    return run_on_store(store, lambda gateway: migrated(gateway, run))


def _pipeline(
    gateway: Gateway, progress: Progress, layers: LayeredCuration | None = None
) -> Pipeline:
    limits = environment.load().ingest
    options = RunOptions(_REJECTS_DIR, None, NO_GUARDS, limits=limits)
    decisions = None if layers is None else layers.decisions
    return Pipeline(gateway, SOURCES, options, progress, decisions)


async def _planned(
    gateway: Gateway, runs: tuple[str, ...], progress: Progress
) -> list[RollbackPlan]:
    """Return what taking back each of the runs does by itself, as the graph is now."""
    with progress.stage("what would be taken back"):
        return [
            await _pipeline(gateway, progress).rollback_plan(await run_named(gateway, run))
            for run in runs
        ]


async def _and_later(gateway: Gateway, runs: tuple[str, ...]) -> tuple[str, ...]:
    name, *more = runs
    if more:
        raise InvalidInputError.of("--and-later", "takes the first run to take back, not several")
    first = await run_named(gateway, name)
    require_undoable(first)
    return tuple(map(str, and_later(await Journal(gateway).runs(), first.id)))


async def _waiting(gateway: Gateway, run: str) -> WaitingRun:
    return await HeldReleases(gateway).run((await run_named(gateway, run)).id)


def _lines(plan: RollbackPlan) -> Iterator[str]:
    """Yield what taking a run back does, by name."""
    at = plan.at[: len("2026-11-29T15:15")].replace("T", " ")
    yield f"To take back run {str(plan.run)[:_ID_CHARS]} of {plan.source}, {at}:"
    for records, what in (
        (plan.goes, "records that it added go"),
        (plan.as_before, "records that it changed are again as they were"),
        (plan.returns, "records that it removed return"),
    ):
        yield _line(records, what)
    for kept in plan.kept:
        yield _line(kept.records, f"records stay, for {kept.why}")


def _line(records: NamedRecords, what: str) -> str:
    return f"  {records.count:,} {what}" + (f": {records.said}" if records.names else "")


def _tell(run: WaitingRun, does: str, *, as_json: bool) -> None:
    """Say what a release is that waits, and which guards it breaks."""
    console = asked_on(as_json)
    dated = f" of {run.snapshot}" if run.snapshot else ""
    of_files = f"{run.held.records:,} records of {run.source}{dated} ({run.path})"
    lines = [f"Run {str(run.id)[:_ID_CHARS]} {does} {of_files}; guards stopped it:"]
    lines += [f"  {one.guard}: {one.sentence}" for one in run.guards]
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
