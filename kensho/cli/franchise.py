"""`kensho hub` and `kensho watch-order`: a franchise from the command line."""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import click
from rich.console import Console
from rich_click import RichCommand

from kensho.cli.snapshots import open_snapshot
from kensho.discovery import franchises
from kensho.domain.watch_order.order import Order
from kensho.read_model.encoded import Encoded
from kensho.read_model.franchise_views import (
    ORDERS,
    FranchiseDetail,
    FranchiseLine,
    MemberWork,
    WatchOrderDocument,
)
from kensho.read_model.holder import Snapshot

T = TypeVar("T")
STORE: Final = click.option(
    "--store", metavar="URL", help="The graph's store; default KENSHO_STORE_URL, or var/kensho.db."
)


@click.command(cls=RichCommand)
@click.argument("franchise")
@click.option("--json", "as_json", is_flag=True, help="Print the answer of /api/franchises/{slug}.")
@STORE
def hub(franchise: str, as_json: bool, store: str | None) -> None:
    """Print the works of FRANCHISE, a slug or a title, each with its role."""
    answer = run_on_snapshot(
        store,
        lambda snapshot: franchises.detail(
            snapshot.model, franchises.find_franchise(snapshot, franchise)
        ),
    )
    if as_json:
        click.echo(answer.bytes)
    else:
        _print_franchise(Console(), answer.decode())


@click.command("watch-order", cls=RichCommand)
@click.argument("franchise")
@click.option(
    "--order",
    type=click.Choice(ORDERS),
    default="release",
    help="By release (recommended), the chronology of the story, or by release without what is"
    " optional.",
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print the answer of /api/franchises/{slug}/watch-order.",
)
@STORE
def watch_order(franchise: str, order: Order, as_json: bool, store: str | None) -> None:
    """Print in which order to watch FRANCHISE, a slug or a title, and why."""
    answer = run_on_snapshot(
        store,
        lambda snapshot: franchises.watch_order(
            snapshot.model, franchises.find_franchise(snapshot, franchise), order
        ),
    )
    if as_json:
        click.echo(answer.bytes)
    else:
        _print_order(Console(), answer.decode())


def run_on_snapshot(store: str | None, ask: Callable[[Snapshot], Encoded[T]]) -> Encoded[T]:
    """Return what `ask` answers from the snapshot of a store."""
    return ask(open_snapshot(store))


def _print_franchise(console: Console, found: FranchiseDetail) -> None:
    years = f"{found.years.first} to {found.years.last}" if found.years else "years not known"
    _say(console, f"{found.title} ({found.slug}): {found.works_total} works, {years}")
    _say(console, ", ".join(f"{count.works} {count.role}" for count in found.roles))
    _print_lines(console, found.lines)
    for member in found.members:
        _say(console, _line(member.role, member.work))
    for guest in found.guests:
        home = f"  from {guest.home.slug}" if guest.home else ""
        _say(console, _line("guest", guest.work) + home)


def _print_lines(console: Console, lines: Sequence[FranchiseLine]) -> None:
    """Print in which sequence to watch the lines of a franchise, where it has several."""
    if len(lines) < len(("start", "then")):
        return
    needed = [line for line in lines if line.essential_total]
    for place, line in enumerate(needed):
        turn = "then" if place else "start with"
        _say(console, f"{turn:<11} {line.title}: {len(line.works)} works, about {line.hours} hours")
    for line in lines:
        if not line.essential_total:
            _say(console, f"{'to skip':<11} {line.title}: {len(line.works)} works")


def _line(role: str, work: MemberWork) -> str:
    return f"{role:<12}{work.year or '':<6}{work.anime_type:<9}{work.title}  {work.id}"


def _print_order(console: Console, found: WatchOrderDocument) -> None:
    _print_lines(console, found.lines)
    for step in found.steps:
        work = step.work
        optional = ", optional" if step.optional else ""
        shown = f"{work.anime_type}, {work.year or 'year not known'}{optional}"
        _say(console, f"{step.position:>4}  {work.title} ({shown})")
        _say(console, "      " + "; ".join(because.text for because in step.because))
    titles = {step.work.id: step.work.title for step in found.steps}
    for aside in found.set_aside:
        edge = aside.edge
        target, source = (titles.get(work, str(work)) for work in (edge.target, edge.source))
        _say(console, f"set aside: {target} is the {edge.kind} of {source}: {aside.why}")


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
