"""`kensho check`: what is wrong or doubtful in the graph, and what curators accept of it.

Exit codes: 0 no errors but accepted ones; 1 errors (a rule of the data model is broken); 2 wrong
use, an unknown id, or a faulty file of accepted findings; 5 the store failed. Notices never change
the exit code.
"""

import datetime as dt
import sys
from collections.abc import Sequence, Set
from typing import Final, NamedTuple, cast
from uuid import UUID

import click
from rich.console import Console
from rich_click import RichCommand

from ingest import findings_report
from ingest.checks import accepted as acceptances
from ingest.checks import queue_items
from ingest.checks.findings import Acceptance, Finding
from ingest.checks.graph import CheckedGraph, findings
from ingest.checks.reading import read_about, read_graph
from ingest.curating.naming import Names, is_uuid
from ingest.pipeline import same_works
from kensho.domain.same_works.groups import SameWork
from kensho.domain.work_items import told_of
from kensho.errors import InvalidInputError
from kensho.platform import environment
from kensho.platform.installation import data_root
from kensho.platform.settings import Settings
from kensho.storage import migrations
from kensho.storage.gateway import Gateway
from kensho.storage.opening import run_on_store
from kensho.storage.work_items import WorkItemStore

EXIT_FOUND: Final = 1
_WIDTH: Final = 160
"""Characters of a line off a terminal."""


@click.command(cls=RichCommand)
@click.option(
    "--store", metavar="URL", help="The graph's store; default KENSHO_STORE_URL, or var/kensho.db."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--all", "show_all", is_flag=True, help="Print every finding, not the first ten of each rule."
)
@click.option(
    "--accept",
    "accept_ids",
    metavar="ID",
    multiple=True,
    help="Accept a finding until it changes; may be repeated. Needs --reason.",
)
@click.option("--reason", metavar="TEXT", help="Why it is accepted.")
@click.option("--by", metavar="NAME", help="Who accepts it.")
@click.option(
    "--queue", "to_queue", is_flag=True, help="Bring what is found into the queue of work items."
)
@click.option("--accepted", "show_accepted", is_flag=True, help="Print what is accepted, and why.")
@click.option(
    "--work",
    "works",
    metavar="WORK",
    multiple=True,
    help="Only the notices about WORK, a UUID, an id like mal:20 or an address; may be repeated.",
)
def check(store: str | None, as_json: bool, show_all: bool, **given: object) -> None:
    """Verify the graph: mirrors, dangling ends, loops, duplicate ids, impossible dates, losses.

    Exits with 1 where a rule of the data model is broken; contradictions among sources are notices.
    Accepted findings are kept in KENSHO_CURATION_DIR, one a line. With --queue the findings, and
    records that are perhaps not one work, become work items; what was decided of them is kept.
    """
    settings = environment.load()
    folder = settings.curation.dir
    said = _acceptance(given)
    accepted = acceptances.read_accepted(folder)
    names = _named(given)

    async def run(gateway: Gateway) -> Checked:
        await migrations.require_current(gateway, migrations.load(data_root("graph_schema")))
        origin = settings.server.public_url or ""
        if names:
            return await _checked_about(gateway, names, WorkItemStore(settings.queue.file), origin)
        graph = await read_graph(gateway, origin=origin)
        return Checked(graph, list(findings(graph)), await same_works.stored(gateway))

    checked = run_on_store(store, run)
    found = checked.found
    if said is not None:
        chosen = _chosen(found, given["accept_ids"])
        accepted |= {one.id: one for one in acceptances.accept(folder, chosen, said)}
        for one in chosen:
            click.echo(f"accepted {one.id}: {one.sentence}", err=True)
    result = acceptances.with_acceptances(found, accepted)
    if given["to_queue"]:
        result = _queued(checked, result, settings)
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    limit = None if show_all else findings_report.FINDINGS_SHOWN
    if given["show_accepted"]:
        gone = [one for id_, one in accepted.items() if id_ not in {f.id for f in found}]
        findings_report.print_accepted(result, gone, console, as_json=as_json)
        return
    findings_report.print_findings(result, console, as_json=as_json, limit=limit)
    if any(f.severity == "error" and f.accepted is None for f in result):
        sys.exit(EXIT_FOUND)


class Checked(NamedTuple):
    """What was looked at: the graph, what was found in it, and which records are one work.

    `sought` are the ids of the work items that were looked for, where that is not all of them.
    """

    graph: CheckedGraph
    found: list[Finding]
    decided: list[SameWork]
    sought: Set[str] | None = None


async def _checked_about(
    gateway: Gateway, names: Sequence[str], store: WorkItemStore, origin: str
) -> Checked:
    """Look at what is around works alone, so far as work items about them name it."""
    known = Names(gateway)  # a work that is gone is named by its UUID, and its items go too
    works = {UUID(n) if is_uuid(n) else (await known.work(n, "--work")).id for n in names}
    sought = queue_items.sought_items(store, works)
    decided = [
        pair
        for pair in await same_works.stored(gateway)
        if not works.isdisjoint((pair.record, pair.work))
    ]
    around = {work.id for item in sought for work in item.works}
    around |= {one for pair in decided for one in (pair.record, pair.work)}
    graph = await read_about(gateway, works | around, origin=origin)
    found = [
        one
        for one in findings(graph)
        if one.severity == "notice" and not works.isdisjoint(work.id for work in one.works)
    ]
    return Checked(graph, found, decided, {item.id for item in sought})


def _named(given: dict[str, object]) -> tuple[str, ...]:
    """Return the works that alone are looked at.

    Raises:
        InvalidInputError: what is asked for beside them concerns all works.
    """
    works = cast("tuple[str, ...]", given["works"])
    if works and given["show_accepted"]:
        raise InvalidInputError.of("--work", "--accepted tells of all works: give one of the two")
    return works


def _queued(checked: Checked, found: list[Finding], settings: Settings) -> list[Finding]:
    """Bring findings into the queue; return them as accepted where the queue says they are."""
    store, now = WorkItemStore(settings.queue.file), dt.datetime.now(dt.UTC)
    for one, said in queue_items.denied_findings(store, found, now.date()):
        acceptances.accept(settings.curation.dir, [one], said)
    result = acceptances.with_acceptances(found, acceptances.read_accepted(settings.curation.dir))
    items = queue_items.checked_items(checked.graph, result, checked.decided)
    counts = store.refresh(queue_items.CHECKED_KINDS, items, now, checked.sought)
    click.echo(f"queue: {told_of(counts)}", err=True)
    return result


def _acceptance(given: dict[str, object]) -> Acceptance | None:
    """Return what is said of the findings to accept; `None` where none are.

    Raises:
        InvalidInputError: a reason is missing, or nothing is accepted for it.
    """
    reason, by = str(given["reason"] or "").strip(), str(given["by"] or "").strip()
    if not given["accept_ids"]:
        if reason or by:
            raise InvalidInputError.of("--accept", "name the findings that are accepted")
        return None
    if not reason:
        raise InvalidInputError.of("--reason", "say why the finding is accepted")
    return Acceptance(reason, dt.datetime.now(dt.UTC).date().isoformat(), by or None)


def _chosen(found: list[Finding], ids: object) -> list[Finding]:
    """Return the findings of these ids.

    Raises:
        InvalidInputError: there is none of an id.
    """
    known = {one.id: one for one in found}
    wanted = [str(id_) for id_ in ids] if isinstance(ids, tuple) else []  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] -- click's
    unknown = [id_ for id_ in wanted if id_ not in known]
    if unknown:
        raise InvalidInputError.of("--accept", f"no finding has the id {', '.join(unknown)}")
    return [known[id_] for id_ in wanted]
