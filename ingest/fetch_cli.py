"""`kensho fetch` and `kensho update`: get the dumps, and bring them into the graph.

Exit codes: 0 done, 2 wrong use, 4 a file could not be had (the others were), else those of
`kensho ingest`.
"""

import datetime as dt
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich_click import RichCommand

from ingest import addresses as known_addresses
from ingest.cli import ingest
from ingest.fetching import Fetching, FetchOutcome, alone_in, fetch_all
from ingest.progress import Progress
from ingest.registry import SOURCES
from kensho.errors import InvalidInputError, SourceFileError
from kensho.platform import environment, logs
from kensho.platform.downloads import FetchLimits

EXIT_MISSING: Final = SourceFileError.exit_code
_FILE_WIDTH: Final = 160

_FOLDER = click.argument("folder", required=False, type=click.Path(path_type=Path))
_ONLY = click.option(
    "--only", multiple=True, metavar="SOURCE", help="Fetch this source; repeatable."
)
_ADDRESSES = click.option(
    "--addresses",
    type=click.Path(path_type=Path),
    help="A list of addresses of your own, such as of mirrors, in the form of addresses.toml.",
)


@click.command(cls=RichCommand)
@_FOLDER
@_ONLY
@click.option(
    "--list", "list_only", is_flag=True, help="Show addresses and licences; fetch nothing."
)
@_ADDRESSES
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def fetch(
    folder: Path | None,
    only: tuple[str, ...],
    list_only: bool,
    addresses: Path | None,
    as_json: bool,
) -> None:
    """Download the dumps of all sources with a public address into FOLDER.

    What did not change is not sent again, what was cut is resumed, and a file is replaced only by a
    sound one. `kensho ingest --all FOLDER` then reads them.
    """
    given = known_addresses.load(SOURCES, addresses)
    picked = known_addresses.chosen(given, only)
    if list_only:
        _print_list(picked, given, as_json=as_json)
        return
    outcomes = _fetch(_required(folder), picked, as_json=as_json)
    if any(one.state == "failed" or not one.is_there for one in outcomes):
        sys.exit(EXIT_MISSING)


@click.command(cls=RichCommand)
@_FOLDER
@_ONLY
@_ADDRESSES
@click.option("--store", metavar="URL", help="The graph's store; default KENSHO_STORE_URL.")
def update(
    folder: Path | None, only: tuple[str, ...], addresses: Path | None, store: str | None
) -> None:
    """Fetch what is new into FOLDER, and ingest all of it: `fetch`, then `ingest --all`.

    This is what a weekly timer runs. Files that can't be had are said, and the others are ingested.
    """
    picked = known_addresses.chosen(known_addresses.load(SOURCES, addresses), only)
    place = _required(folder)
    arguments = ["--all", str(place), *(["--store", store] if store else [])]
    with alone_in(place):
        outcomes = _fetch_alone(place, picked, as_json=False)
        ingest.main(arguments, prog_name="kensho ingest", standalone_mode=False)
    if any(one.state == "failed" or not one.is_there for one in outcomes):
        sys.exit(EXIT_MISSING)


def _required(folder: Path | None) -> Path:
    if folder is None:
        raise InvalidInputError.of("FOLDER", "name the folder that the files are for")
    return folder


def _fetch(
    folder: Path, picked: Sequence[known_addresses.Address], *, as_json: bool
) -> list[FetchOutcome]:
    with alone_in(folder):
        return _fetch_alone(folder, picked, as_json=as_json)


def _fetch_alone(
    folder: Path, picked: Sequence[known_addresses.Address], *, as_json: bool
) -> list[FetchOutcome]:
    given = environment.load()
    logs.configure("warning", given.logs.format)
    limits = FetchLimits(size_bytes=given.ingest.max_file_bytes)
    progress = Progress(Console(stderr=True), quiet=as_json)
    outcomes = fetch_all(picked, Fetching(folder, SOURCES, progress, limits, given.ingest, _now))
    if as_json:
        _print_json({"files": outcomes})
    else:
        _print_outcomes(outcomes)
    return outcomes


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _print_list(
    picked: Sequence[known_addresses.Address], given: known_addresses.Addresses, *, as_json: bool
) -> None:
    if as_json:
        _print_json({"addresses": picked, "without": given.without})
        return
    table = Table("source", "file", "licence")
    table.add_column("address", overflow="fold")
    for one in picked:
        table.add_row(one.source, one.file, one.licence, one.url)
    console = _output()
    console.print(table)
    _print_attributions(console, [one.attribution for one in picked])
    for without in given.without:
        line = f"no address: {', '.join(without.sources)}: {without.reason}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _print_outcomes(outcomes: Sequence[FetchOutcome]) -> None:
    table = Table("file", "state", "bytes", "sha256", "licence")
    for one in outcomes:
        size = "" if one.size_bytes is None else f"{one.size_bytes:,}"
        digest = f"{(one.sha256 or '')[:12]}{' (as published)' if one.verified else ''}"
        table.add_row(one.file, one.state, size, digest, one.licence)
    console = _output()
    console.print(table)
    for one in outcomes:
        if one.message:
            line = f"{one.file}: {one.message}"
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    _print_attributions(console, [one.attribution for one in outcomes if one.is_there])


def _print_attributions(console: Console, attributions: Sequence[str]) -> None:
    for attribution in dict.fromkeys(attributions):
        console.print(attribution, markup=False, highlight=False, soft_wrap=True)


def _output() -> Console:
    return Console(width=None if sys.stdout.isatty() else _FILE_WIDTH)


def _print_json(value: object) -> None:
    click.echo(msgspec.json.encode(value).decode())
