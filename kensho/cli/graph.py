"""`kensho migrate` and `kensho show`: the schema of a store, and what it holds of a work."""

import asyncio
from pathlib import Path
from typing import Final

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich_click import RichCommand

from kensho.discovery.work_report import WorkReport, work_report
from kensho.domain.relations import Assertion
from kensho.platform.installation import data_root
from kensho.storage import migrations
from kensho.storage.gateway import Gateway
from kensho.storage.opening import run_on_store

_SHOWN_RELATIONS: Final = 40
_STORE = click.option(
    "--store", metavar="URL", help="The graph's store; default KENSHO_STORE_URL, or var/kensho.db."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.command(cls=RichCommand)
@_STORE
@_JSON
@click.option("--dry-run", is_flag=True, help="Say what would be done; change nothing.")
@click.option(
    "--snapshot", type=click.Path(path_type=Path), help="Write the resulting schema to this file."
)
def migrate(store: str | None, as_json: bool, dry_run: bool, snapshot: Path | None) -> None:
    """Bring the store's schema up to this version's.

    A database that a newer Kenshō wrote is refused.
    """
    known = migrations.load(data_root("graph_schema"))

    async def run(gateway: Gateway) -> tuple[migrations.Migration, ...]:
        if dry_run:
            return migrations.pending(known, await migrations.applied(gateway))
        steps = await migrations.migrate(gateway, known)
        if snapshot is not None:
            text = await migrations.schema_text(gateway)
            await asyncio.to_thread(snapshot.write_text, text, "utf-8")
        return steps

    steps = [f"{step.number:04} {step.name}" for step in run_on_store(store, run)]
    if as_json:
        _print_json({"dry_run": dry_run, "steps": steps})
        return
    for step in steps:
        click.echo(f"{'would apply' if dry_run else 'applied'} {step}")
    if not steps:
        click.echo(f"the schema is up to date ({len(known)} migrations)")


@click.command(cls=RichCommand)
@click.argument("work")
@_STORE
@_JSON
@click.option("--sources", is_flag=True, help="Also print what each source says, word for word.")
def show(work: str, store: str | None, as_json: bool, sources: bool) -> None:
    """Print what the graph holds of WORK: a UUID, an id such as mal:20, or a URL."""
    found = run_on_store(store, lambda gateway: work_report(gateway, work))
    if as_json:
        _print_json(found)
        return
    console = Console()
    _print_work(console, found)
    _print_relations(console, found)
    for record in found.records:
        since = record.snapshot or "a snapshot of which the date is not known"
        said = f"{record.source} says so of {record.key} since {since}"
        console.print(said, markup=False, highlight=False)
        if sources:
            console.print_json(bytes(record.facts).decode())
            if record.links is not None:
                console.print_json(bytes(record.links).decode())


def _print_work(console: Console, found: WorkReport) -> None:
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    work = found.work
    titles = [title["text"] for title in work["titles"][1:]]
    rows = {
        "title": work["title"],
        "id": work["id"],
        "kind": f"{found.kind} {work.get('anime_type') or ''}".strip(),
        "status": work["status"],
        "year": f"{work.get('season') or ''} {work.get('year') or 'not known'}".strip(),
        "episodes": f"{work.get('episodes') or 'not known'}, {found.episodes} listed",
        "score": f"{work['score']} ({work['score_source']})" if work.get("score") else "none",
        "imdb": _imdb(work.get("imdb")),
        "also called": ", ".join(titles),
        "sources": ", ".join(work["sources"]),
        "tags": ", ".join(name for name, _, _ in found.tags),
        "franchises": ", ".join(found.franchises),
        "same as": ", ".join(f"{title} ({other})" for title, other in found.same_as),
    }
    for name, value in rows.items():
        if value:
            table.add_row(name, str(value))
    console.print(table, markup=False, highlight=False)


def _imdb(imdb: dict[str, object] | None) -> str:
    if imdb is None:
        return ""
    if imdb.get("rating") is None:
        return f"{imdb['id']}"
    return f"{imdb['id']}, rated {imdb['rating']} by {imdb.get('votes')}"


def _print_relations(console: Console, found: WorkReport) -> None:
    for relation in found.relations[:_SHOWN_RELATIONS]:
        said = ", ".join(map(_said, relation.assertions))
        line = f"{relation.kind}: {relation.title} ({relation.id}) — {said}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    for denied in found.denied:
        said = ", ".join(map(_said, denied.assertions))
        line = f"not related: {denied.title} ({denied.id}) — {said}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if len(found.relations) > _SHOWN_RELATIONS:
        console.print(f"and {len(found.relations) - _SHOWN_RELATIONS} more; --json has them all")


def _said(assertion: Assertion) -> str:
    """Return who asserts what, and of curators why, who they are and what else they say."""
    kind = f"not {assertion.kind}" if assertion.denied else assertion.kind
    words = [f"{assertion.source}: {kind} ({assertion.method})"]
    words += [f"by {assertion.by}"] if assertion.by else []
    words += [text for text in (assertion.because, assertion.note) if text]
    return "; ".join(words)


def _print_json(value: object) -> None:
    click.echo(msgspec.json.encode(value).decode())
