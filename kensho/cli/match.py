"""`kensho match`: what the files of a library are, as a plan; nothing is renamed.

Exits with 0 if every file is matched, 1 if some are not, 3 if there are no media files at all.
"""

import csv
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, TextIO, TypeAlias

import click
import msgspec
from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table
from rich_click import RichCommand

from kensho.cli import media_files
from kensho.cli.media_files import Library
from kensho.cli.snapshots import open_snapshot
from kensho.discovery import search_batches
from kensho.discovery.cursors import Cursors
from kensho.discovery.file_matches import FileMatch, file_match
from kensho.discovery.filters import Filters
from kensho.discovery.search import SearchRequest, TitleSearch
from kensho.discovery.search_views import SearchAnswer
from kensho.errors import InvalidInputError, NotFoundError
from kensho.platform import environment
from kensho.platform.signing_secret import signing_keys

NOT_ALL_MATCHED: Final = 1
_LEAST: Final = 0.5
"""Below it another work is likelier than the best."""
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What would move the cursor of a terminal, or turn its text around."""
_COLUMNS: Final = FileMatch.__struct_fields__

Answers: TypeAlias = Callable[[Sequence[str]], list[SearchAnswer]]


@click.command(cls=RichCommand)
@click.argument("where", metavar="FOLDER|FILE|-")
@click.option("--json", "as_json", is_flag=True, help="Print JSON Lines: one object a file.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV with a line of names.")
@click.option(
    "--least",
    type=click.FloatRange(0, 1),
    default=_LEAST,
    show_default=True,
    help="The least confidence of a match.",
)
@click.option(
    "--safe/--no-safe", default=None, help="Hide adult works; default KENSHO_SEARCH_SAFE, or hide."
)
@click.option(
    "--store", metavar="URL", help="The graph's store; default KENSHO_STORE_URL, or var/kensho.db."
)
def match(
    where: str, as_json: bool, as_csv: bool, least: float, safe: bool | None, store: str | None
) -> None:
    """Say which work and episode each file of FOLDER is, or of a list; renames nothing.

    FILE is a video, or a list of paths, one a line, as `-` reads from the standard input. Hidden
    files and samples are skipped. Exits with 1 if some files are not matched, 3 if there are none.
    """
    if as_json and as_csv:
        raise InvalidInputError.of("--csv", "give either --json or --csv")
    library = _library(where)
    if not library.paths:
        raise NotFoundError(f"no media files are in {where}{_skipped(library)}")
    answers = _answers_in_process(store, safe=safe)
    console = Console(stderr=True)
    matches = _matches(library, answers, least, console)
    if as_json:
        found = _print_lines(matches)
    elif as_csv:
        found = _print_csv(matches, sys.stdout)
    else:
        found = _print_table(list(matches))
    console.print(_summary(found, library), markup=False, highlight=False, soft_wrap=True)
    if any(one.id is None for one in found):
        sys.exit(NOT_ALL_MATCHED)


def _library(where: str) -> Library:
    if where == "-":
        return media_files.in_list(sys.stdin)
    path = Path(where)
    if path.is_dir():
        return media_files.in_folder(path)
    if media_files.is_media(path.name):
        return media_files.in_list([where])
    try:
        with path.open(encoding="utf-8", errors="surrogateescape") as lines:
            return media_files.in_list(lines)
    except OSError as error:
        raise InvalidInputError.of("FOLDER|FILE|-", f"{where}: {error.strerror}") from error


def _answers_in_process(store: str | None, *, safe: bool | None) -> Answers:
    settings = environment.load()
    search = TitleSearch(Cursors(*signing_keys(settings.signing)), safe=settings.search.safe)
    hides = search.safe if safe is None else safe
    request = SearchRequest(text="", filters=Filters(safe=hides), limit=1, facets=False)
    snapshot = open_snapshot(store)

    def answers(texts: Sequence[str]) -> list[SearchAnswer]:
        return [
            search_batches.answer(
                lambda one: search.page(snapshot, one), text, place, request
            ).decode()
            for place, text in enumerate(texts)
        ]

    return answers


def _matches(
    library: Library, answers: Answers, least: float, console: Console
) -> Iterator[FileMatch]:
    """Yield what each file is, with a bar on the standard error output of a terminal."""
    parts = list(media_files.slices(library.paths, search_batches.MAX_TEXTS))
    shown = track(
        parts, "matching", console=console, transient=True, disable=not console.is_terminal
    )
    for paths in shown:
        for path, answer in zip(paths, answers(paths), strict=True):
            yield file_match(path, answer, least)


def _print_lines(matches: Iterable[FileMatch]) -> list[FileMatch]:
    found: list[FileMatch] = []
    for one in matches:
        click.echo(msgspec.json.encode(one))
        found.append(one)
    return found


def _print_csv(matches: Iterable[FileMatch], output: TextIO) -> list[FileMatch]:
    found = list(matches)
    writer = csv.writer(output, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for one in found:
        row = msgspec.to_builtins(one)
        writer.writerow([_visible(str(row.get(name, ""))) for name in _COLUMNS])
    return found


def _print_table(found: list[FileMatch]) -> list[FileMatch]:
    table = Table(box=None, pad_edge=False)
    for name in ("file", "work", "year", "season", "episode", "confidence", "read as"):
        table.add_column(name, overflow="fold")
    for one in found:
        table.add_row(*(escape(_visible(cell)) for cell in _cells(one)))
    Console().print(table, highlight=False)
    return found


def _cells(one: FileMatch) -> tuple[str, ...]:
    episode = f"{_text(one.episode)}{' (beyond)' if one.beyond else ''} {one.extra or ''}".strip()
    return (
        one.path,
        one.title or f"not matched: {one.reason}",
        _text(one.year),
        _text(one.season),
        episode,
        "" if one.confidence is None else f"{one.confidence:.2f}",
        f"{one.read_as} ({one.via})" if one.read_as else "",
    )


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _visible(text: str) -> str:
    return _CONTROL.sub("\ufffd", text)


def _summary(found: Sequence[FileMatch], library: Library) -> str:
    matched = sum(one.id is not None for one in found)
    works = len({one.id for one in found if one.id is not None})
    rest = len(found) - matched
    return (
        f"{matched} of {len(found)} files are {works} works, {rest} not matched{_skipped(library)}"
    )


def _skipped(library: Library) -> str:
    """Return what was skipped as the end of a sentence."""
    told = [f"{count} {reason}" for reason, count in sorted(library.skipped.items())]
    return f"; skipped: {', '.join(told)}" if told else ""
