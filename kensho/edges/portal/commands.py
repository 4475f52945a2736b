"""`kensho portal import` and `kensho keys`: films from a file, and the keys that sign tickets.

Run where the settings of the server are. An import opens the store of the edges: a server on
another process of an embedded one owns it, so stop it meanwhile, or keep the edges on a server
(`KENSHO_EDGES_STORE_URL=ws://…`). Keys are in a file of their own, which a server follows within
seconds. Exit codes: 2 for films or settings that are not right, 3 for a key that there is not.
"""

import asyncio
import csv
import datetime as dt
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich_click import RichCommand, RichGroup

from kensho.edges.portal.captions import CaptionReader
from kensho.edges.portal.documents import CreateMovieBody
from kensho.edges.portal.movie_store import MovieStore, title_taken
from kensho.edges.portal.movies import title_key
from kensho.edges.portal.seals import SourceSeals
from kensho.edges.portal.service import PortalParts, PortalService
from kensho.edges.portal.sources import SourceProber, fetcher_of
from kensho.edges.portal.ticket_keys import SPREAD, KeySet, TicketKeyFile
from kensho.edges.store import edge_store_settings, opened_edge_store
from kensho.errors import ConflictError, InvalidInputError, NotReadyError
from kensho.platform import environment
from kensho.platform.settings import Settings
from kensho.platform.signing_secret import signing_keys
from kensho.read_model.holder import SnapshotHolder
from kensho.read_model.model import ReadModel
from kensho.storage.store_settings import StoreSettings

_ACTOR: Final = "command"
"""Who makes films here, as the audit log has it."""
_MOST_BYTES: Final = 64 * 1024 * 1024
_FILE_WIDTH: Final = 200
_COLUMNS: Final = (
    *("title", "synopsis", "durationMinutes", "posterUrl", "genres", "start", "end", "exclusive"),
    *("sources", "captions", "visibility", "workId"),
)
"""Of a file of CSV. `genres` are separated by `;`, `sources` by spaces, the primary one first, and
`captions` by spaces as `en=https://…`, the default one first; what ends with .ttml is TTML."""


class ImportedFilm(NamedTuple):
    """A film of a file: where it stands there, its title, and what came of it."""

    place: str
    title: str
    problems: Sequence[str]


@click.group(cls=RichGroup)
def portal() -> None:
    """Bring films into the portal."""


@portal.command("import", cls=RichCommand)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Look at all of it and write nothing.")
def import_(file: Path, dry_run: bool) -> None:
    """Make the films of FILE, which is CSV or a JSON array as POST /api/movies takes them.

    Every film is looked at, its sources and captions included; those that are right are made, and
    of the others it is told what is wrong. A title that there is already is one of those.
    """
    settings = environment.load()
    given = read_films(file)
    found = asyncio.run(_import(settings, given, dry_run=dry_run))
    wrong = [one for one in found if one.problems]
    for one in wrong:
        for problem in one.problems:
            click.echo(f"{one.place} ({one.title[:60]}): {problem}", err=True)
    done = "would be made" if dry_run else "made"
    click.echo(f"{len(found) - len(wrong)} of {len(found)} films {done}")
    if wrong:
        raise click.exceptions.Exit(InvalidInputError.exit_code)


@click.group(cls=RichGroup)
def keys() -> None:
    """Make, list and retire the keys that sign tickets of films."""


@keys.command(cls=RichCommand)
@click.option(
    "--after",
    type=click.FloatRange(0, 1_440),
    default=SPREAD.total_seconds() / 60,
    show_default=True,
    help="Minutes until it signs; by then every edge must have read the file.",
)
def rotate(after: float) -> None:
    """Make a key that verifies at once and signs soon; the one before it goes in time."""
    file, now = _key_file()
    made = file.change(lambda keys: keys.rotated(now, dt.timedelta(minutes=after)))
    newest = max(made.keys, key=lambda key: key.created_at)
    click.echo(f"{newest.kid} signs from {newest.signs_from:%Y-%m-%d %H:%M:%S} UTC")


@keys.command("list", cls=RichCommand)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(as_json: bool) -> None:
    """List the keys, and what each is good for now; never what they are."""
    file, now = _key_file()
    held = file.change(lambda keys: keys)
    rows = [
        {
            "kid": key.kid,
            "state": held.state(key, now),
            "created_at": key.created_at,
            "signs_from": key.signs_from,
        }
        for key in held.keys
    ]
    if as_json:
        click.echo(msgspec.json.encode(rows))
        return
    table = Table("key", "state", "made", "signs from", box=None)
    for row in rows:
        times = (f"{row[name]:%Y-%m-%d %H:%M:%S}" for name in ("created_at", "signs_from"))
        table.add_row(str(row["kid"]), str(row["state"]), *times)
    Console(width=_FILE_WIDTH).print(table)


@keys.command(cls=RichCommand)
@click.argument("kid")
def retire(kid: str) -> None:
    """Take key KID away at once, as one that others know; tickets of it play no longer."""
    file, now = _key_file()

    def without(held: KeySet) -> KeySet:
        return held.without(kid, now)

    file.change(without)
    click.echo(f"{kid} is worth nothing from now on, once every edge has read the file")


def read_films(file: Path) -> Sequence[Mapping[str, Any]]:
    """Return the films of a file of CSV or JSON, as bodies of `POST /api/movies`.

    Raises:
        InvalidInputError: it is neither, or too large.
    """
    if file.stat().st_size > _MOST_BYTES:
        raise InvalidInputError.of("file", f"{str(file)!r} has over {_MOST_BYTES:,} bytes")
    try:
        text = file.read_text("utf-8-sig")
        if text.lstrip().startswith("["):
            return msgspec.json.decode(text, type=list[dict[str, Any]])
    except (UnicodeDecodeError, msgspec.DecodeError) as error:
        raise InvalidInputError.of("file", f"{str(file)!r} can't be read: {error}") from error
    reader = csv.DictReader(io.StringIO(text, newline=""))
    unknown = [one for one in (reader.fieldnames or ()) if one not in _COLUMNS]
    if unknown or not reader.fieldnames:
        said = f"{str(file)!r} has columns that are not known: {unknown}; known are {_COLUMNS}"
        raise InvalidInputError.of("file", said)
    return [_of_row(row) for row in reader]


def _of_row(row: Mapping[str, Any]) -> Mapping[str, Any]:
    def cell(name: str) -> str:
        return str(row.get(name) or "").strip()

    minutes = cell("durationMinutes")
    body: dict[str, Any] = {
        "title": cell("title"),
        "synopsis": cell("synopsis"),
        "durationMinutes": int(minutes) if minutes.isdecimal() else minutes,
        "posterUrl": cell("posterUrl"),
        "genres": [one.strip() for one in cell("genres").split(";") if one.strip()],
        "availability": {
            **{side: cell(side) for side in ("start", "end") if cell(side)},
            **({"exclusive": _of_flag(cell("exclusive"))} if cell("exclusive") else {}),
        },
        "streamSources": [{"streamUrl": one} for one in cell("sources").split()],
        "captionTracks": [_of_caption(one) for one in cell("captions").split()],
    }
    optional = {name: cell(name) for name in ("visibility", "workId") if cell(name)}
    return {**body, **optional}


def _of_flag(text: str) -> bool | str:
    """Return what a cell says; what is neither is refused with the rest of its film."""
    return {"true": True, "false": False}.get(text.lower(), text)


def _of_caption(text: str) -> Mapping[str, str]:
    language, _, url = text.partition("=")
    path = url.partition("?")[0].lower()
    form = "TTML" if path.endswith((".ttml", ".xml", ".dfxp")) else "WEBVTT"
    return {"languageCode": language, "captionUrl": url, "format": form}


async def _import(
    settings: Settings, given: Sequence[Mapping[str, Any]], *, dry_run: bool
) -> Sequence[ImportedFilm]:
    fetcher = fetcher_of(settings.portal)
    model = await _model(settings, is_needed=any(one.get("workId") for one in given))
    async with opened_edge_store(edge_store_settings(settings)) as gateway:
        store = MovieStore(lambda: gateway)

        def now() -> dt.datetime:
            return dt.datetime.now(dt.UTC)

        service = PortalService(
            PortalParts(
                store=store,
                seals=SourceSeals(signing_keys(settings.signing)),
                prober=SourceProber(fetcher, settings.portal.fetch_s),
                reader=CaptionReader(fetcher),
                model=model,
                now=now,
                changed=lambda: None,
                recheck=dt.timedelta(hours=settings.portal.recheck_h),
                loopback_allowed=settings.portal.loopback,
            )
        )
        taken = {title_key(one.title) for one in await store.listed(None, None, now())}
        return [
            await _imported(service, one, f"film {number}", taken, dry_run=dry_run)
            for number, one in enumerate(given, 1)
        ]


async def _imported(
    service: PortalService,
    given: Mapping[str, Any],
    place: str,
    taken: set[str],
    *,
    dry_run: bool,
) -> ImportedFilm:
    title = str(given.get("title", ""))
    try:
        body = msgspec.convert(given, CreateMovieBody)
        if title_key(body.title) in taken:
            raise title_taken(body.title)
        if dry_run:
            await service.prepared(body)
        else:
            await service.create(body, _ACTOR)
    except msgspec.ValidationError as error:
        return ImportedFilm(place, title, [str(error)])
    except InvalidInputError as error:
        return ImportedFilm(place, title, [f"{p.field}: {p.message}" for p in error.problems])
    except ConflictError as error:
        return ImportedFilm(place, title, [error.message])
    taken.add(title_key(body.title))
    return ImportedFilm(place, title, ())


async def _model(settings: Settings, *, is_needed: bool) -> Callable[[], ReadModel]:
    """Return what returns the published graph, where any film is linked to one of it.

    Raises:
        NotReadyError: none is published.
    """
    if not is_needed:
        return _no_graph
    store = StoreSettings.of(settings)
    folder = settings.snapshot.read_model_dir
    holder = SnapshotHolder(folder, store.fingerprint, or_latest=store.is_absent)
    await holder.refresh()
    model = holder.current
    return lambda: model


def _no_graph() -> ReadModel:
    raise NotReadyError("no film is linked to the graph")


def _key_file() -> tuple[TicketKeyFile, dt.datetime]:
    settings = environment.load()
    now = dt.datetime.now(dt.UTC)
    return TicketKeyFile(settings.portal.keys_file, lambda: now), now
