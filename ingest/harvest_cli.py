"""`kensho harvest`: ask public interfaces for what no dump has.

Exit codes: 0 done, 2 wrong use, 4 the file is in use or can't be written, 6 done but something was
left out or will be rejected, 7 the interface does not answer, or answers in another form.
"""

import datetime as dt
import sys
from pathlib import Path
from typing import Final

import click
import msgspec
from rich.console import Console
from rich_click import RichCommand

from ingest.harvest.run import INTERFACES, HarvestReport, HarvestWish, Means, ids_in
from ingest.harvest.run import harvest as run
from ingest.progress import Progress
from kensho.errors import InvalidInputError
from kensho.platform import environment, logs

EXIT_REJECTS: Final = 6
_REJECTS_DIR: Final = Path("var/rejects")
_PATH = click.Path(path_type=Path)
_MAX_IDS_BYTES: Final = 16 * 1024 * 1024


@click.command(cls=RichCommand)
@click.argument("source")
@click.option(
    "--out",
    type=_PATH,
    help="The file to write: anilist_media.jsonl, jikan/full.jsonl, kitsu/media_relationships.jsonl"
    " are names that `ingest --all` knows.",
)
@click.option("--endpoint", metavar="URL", help="Another address, such as of your own Jikan.")
@click.option("--since", metavar="DATE", help="Refresh FILE with what changed since (YYYY-MM-DD).")
@click.option("--limit", type=click.IntRange(min=1), help="End after so many records.")
@click.option(
    "--ids", type=_PATH, help="Jikan: ask for the MyAnimeList ids in this file, a line each."
)
@click.option("--restart", is_flag=True, help="Forget a walk that was begun.")
@click.option("--rejects", type=_PATH, default=_REJECTS_DIR, help="Folder for what is refused.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def harvest(source: str, as_json: bool, **given: object) -> None:
    """Walk the interface of SOURCE (anilist, jikan or kitsu) into a file that ingest reads.

    Requests keep to the documented pace, so a whole walk takes its time: some 20 minutes over
    AniList, 8 hours over Jikan, an hour over Kitsu. One that was cut is taken up by the same
    command.
    """
    wish = _wish(source, given)
    logs.configure("warning", environment.load().logs.format)
    progress = Progress(Console(stderr=True), quiet=as_json)
    report = run(wish, Means(progress))
    if as_json:
        click.echo(msgspec.json.encode(report).decode())
    else:
        _print(report)
    if report.left_out or report.rejects:
        sys.exit(EXIT_REJECTS)


def _wish(source: str, given: dict[str, object]) -> HarvestWish:
    if source not in INTERFACES:
        known = ", ".join(INTERFACES)
        raise InvalidInputError.of("SOURCE", f"{source!r} has no interface; known are {known}")
    if given["out"] is None:
        raise InvalidInputError.of("--out", "name the file to write")
    interface = INTERFACES[source]
    if given["endpoint"] is not None:
        endpoint = str(given["endpoint"]).rstrip("/")
        interface = msgspec.structs.replace(interface, endpoint=endpoint)
    limit = given["limit"]
    return HarvestWish(
        interface,
        Path(str(given["out"])),
        Path(str(given["rejects"])),
        _date(given["since"]),
        limit if isinstance(limit, int) else None,
        _ids(given["ids"]),
        bool(given["restart"]),
    )


def _ids(path: object) -> tuple[int, ...]:
    if path is None:
        return ()
    try:
        with Path(str(path)).open("rb") as file:
            text = file.read(_MAX_IDS_BYTES).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError.of("--ids", f"{str(path)!r}: {error}") from error
    found = ids_in(text.splitlines())
    if not found:
        raise InvalidInputError.of("--ids", f"{str(path)!r} names no id")
    return found


def _date(text: object) -> dt.date | None:
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(str(text))
    except ValueError as error:
        raise InvalidInputError.of("--since", f"{text!r} is not a date (YYYY-MM-DD)") from error


def _print(report: HarvestReport) -> None:
    click.echo(f"{report.file}: {report.records:,} records of {report.source}")
    if report.gone:
        click.echo(f"{report.gone:,} are gone there")
    if report.left_out:
        click.echo(f"{report.left_out:,} were left out")
    if report.rejects:
        click.echo(f"{report.rejects:,} values will be rejected by ingest")
    if report.rejects_file:
        click.echo(f"what was left out or refused is listed in {report.rejects_file}")
