"""`kensho search`: the works that a text may mean, from the command line.

It answers as `/api/search` does and exits with 1 where nothing is found. It reads the
snapshot that is published of the store, and publishes one where there is none.
"""

import sys
from typing import Final, get_args

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich_click import RichCommand

from kensho.cli.snapshots import open_snapshot
from kensho.discovery.cursors import Cursors
from kensho.discovery.filters import Filters
from kensho.discovery.query_interpretation import check_text
from kensho.discovery.search import SearchRequest, TitleSearch
from kensho.discovery.search_views import Explanation, SearchPage
from kensho.domain.works import AnimeType
from kensho.platform import environment
from kensho.platform.signing_secret import signing_keys
from kensho.read_model.holder import Snapshot

NOTHING_FOUND: Final = 1
_MOST: Final = 100


@click.command(cls=RichCommand)
@click.argument("text")
@click.option("--limit", type=click.IntRange(1, _MOST), default=10, help="How many to show.")
@click.option("--type", "type_", type=click.Choice(get_args(AnimeType)), help="Only this type.")
@click.option("--year", type=click.IntRange(1900), help="Only works of this year.")
@click.option(
    "--safe/--no-safe", default=None, help="Hide adult works; default KENSHO_SEARCH_SAFE, or hide."
)
@click.option("--explain", is_flag=True, help="Say why each title scores what it scores.")
@click.option("--strict", is_flag=True, help="Only the one work whose title the text is, or none.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer of /api/search.")
@click.option(
    "--store", metavar="URL", help="The graph's store; default KENSHO_STORE_URL, or var/kensho.db."
)
def search(  # noqa: PLR0913, PLR0917 -- click declares one option by one argument
    text: str,
    limit: int,
    type_: AnimeType | None,
    year: int | None,
    safe: bool | None,
    explain: bool,
    strict: bool,
    as_json: bool,
    store: str | None,
) -> None:
    """Print the works that TEXT may mean, best first; exits with 1 if there are none."""
    check_text(text)
    settings = environment.load()
    title_search = TitleSearch(Cursors(*signing_keys(settings.signing)), safe=settings.search.safe)
    hides = title_search.safe if safe is None else safe
    request = SearchRequest(
        text=text,
        filters=Filters(type=type_, year=year, safe=hides),
        limit=limit,
        explain=explain,
        strict=strict,
    )
    snapshot = open_snapshot(store)
    answer = title_search.page(snapshot, request)
    page = answer.decode()
    if as_json:
        click.echo(answer.bytes)
    else:
        _print(Console(), snapshot, page)
    if not page.results:
        sys.exit(NOTHING_FOUND)


def _print(console: Console, snapshot: Snapshot, page: SearchPage) -> None:
    if page.results:
        _print_results(console, snapshot, page)
    else:
        console.print(f"nothing found: {page.reason}", markup=False, highlight=False)
        for near in page.suggestions or ():
            line = f"did you mean {near.matched_title} ({near.title}, {near.id})?"
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    for franchise in page.franchises:
        line = f"franchise: {franchise.title} ({franchise.works} works, {franchise.slug})"
        console.print(line, markup=False, highlight=False)
    if page.hidden.adult:
        best = ", the best hit among them" if page.hidden.best else ""
        hidden = f"{page.hidden.adult} adult works are hidden{best}; --no-safe shows them"
        console.print(hidden, markup=False, highlight=False)


def _print_results(console: Console, snapshot: Snapshot, page: SearchPage) -> None:
    table = Table(box=None, pad_edge=False)
    for name in ("", "title", "matched", "type", "year", "score"):
        table.add_column(name, overflow="fold", justify="right" if name == "score" else "left")
    years = snapshot.model.columns.year
    for rank, work in enumerate(page.results, start=1):
        node = snapshot.model.node(work.id)
        year = int(years[node]) if node is not None else 0
        table.add_row(
            str(rank),
            escape(work.title),
            _marked(work.matched_title, work.highlights),
            work.anime_type,
            str(year or ""),
            f"{work.score:.4f}",
        )
        if work.explain is not None:
            table.add_row("", "", _explanation_text(work.explain), "", "", "")
    console.print(table, highlight=False)
    if page.results[0].explain is not None:
        console.print(f"{page.read_as.match}, confidence {page.confidence:.2f}", highlight=False)
    console.print(f"{page.total} works", highlight=False)


def _marked(title: str, spans: list[tuple[int, int]]) -> str:
    """Return a title with what matched in bold."""
    text, place = "", 0
    for first, end in spans:
        text += f"{escape(title[place:first])}[bold]{escape(title[first:end])}[/bold]"
        place = end
    return text + escape(title[place:])


def _explanation_text(why: Explanation) -> str:
    parts = ", ".join(f"{part.name} {part.value:+.4f}" for part in why.parts)
    overlooked = f"; but for {', '.join(why.folds)}" if why.folds else ""
    return escape(f"{why.via}: {parts}; {why.edits} edits{overlooked}")
