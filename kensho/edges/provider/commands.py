"""`kensho link`: which works the provider of streams has, and as which of its seasons.

Run where the settings of the server are, which takes a change up within seconds. Exit codes: 2 for
what contradicts a link that is there, 3 where there is no such work or link, 7 where the provider
can't be asked.
"""

import asyncio
import sys
from typing import Final
from uuid import UUID

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich_click import RichCommand, RichGroup

from kensho.discovery.related_works import title_of
from kensho.edges.provider.edge import protocol_of, upstream_of
from kensho.edges.provider.inference import LEAST_CONFIDENCE
from kensho.edges.provider.links import Link, LinkFile
from kensho.edges.provider.matching import LinkFinding, Matcher, best_known
from kensho.errors import InvalidInputError, NotFoundError
from kensho.platform import environment
from kensho.platform.settings import Settings
from kensho.read_model.holder import SnapshotHolder
from kensho.read_model.model import ReadModel
from kensho.storage.store_settings import StoreSettings

_FILE_WIDTH: Final = 200
_DEVICE: Final = "kensho-link"
_MOST: Final = 100_000
_JSON: Final = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


class ListedProviderLink(msgspec.Struct, frozen=True):
    """A link as `kensho link list --json` tells of it; without a title the work is unknown."""

    link: Link
    title: str | None


class InferredLink(msgspec.Struct, frozen=True):
    """What `kensho link infer --json` tells of a work: its link, or what came nearest."""

    work: UUID
    title: str
    link: Link | None
    nearest: str | None
    confidence: float


@click.group(cls=RichGroup)
def link() -> None:
    """Say which works the provider of streams has, as which season."""


@link.command("list", cls=RichCommand)
@_JSON
def list_(as_json: bool) -> None:
    """List the links."""
    settings = environment.load()
    model = asyncio.run(_model(settings))
    listed = [ListedProviderLink(one, _title(model, one.work)) for one in _file(settings).all()]
    if as_json:
        click.echo(msgspec.json.encode(listed))
        return
    table = Table("work", "title", "series", "season", "from", "method", "sure", box=None)
    for one in listed:
        of = one.link
        table.add_row(
            str(of.work),
            one.title or "(no such work)",
            of.series,
            of.season,
            str(of.first_episode),
            of.method,
            f"{of.confidence:.2f}",
        )
    _console().print(table)


@link.command(cls=RichCommand)
@click.argument("work")
@click.argument("series")
@click.argument("season")
@click.option(
    "--first",
    type=click.IntRange(1, 10_000),
    default=1,
    help="The episode of the season that is the work's first one.",
)
@click.option("--title", default="", help="What the provider calls the season.")
@click.option("--replace", is_flag=True, help="Take the place of a link that is there.")
def add(work: str, series: str, season: str, first: int, title: str, replace: bool) -> None:
    """Link WORK, an id such as mal:20 or a UUID, to SEASON of SERIES at the provider."""
    settings = environment.load()
    model = asyncio.run(_model(settings))
    fields = {"series": series, "season": season, "first_episode": first, "title": title}
    try:
        made = msgspec.convert({"work": _work(model, work), **fields}, Link)
    except msgspec.ValidationError as error:
        raise InvalidInputError.of("link", str(error)) from error
    _file(settings).add([made], replace=replace)
    click.echo(f"{_title(model, made.work)} is {series}/{season} from episode {first}")


@link.command(cls=RichCommand)
@click.argument("work")
def remove(work: str) -> None:
    """Remove the link of WORK."""
    settings = environment.load()
    model = asyncio.run(_model(settings))
    gone = _file(settings).remove(_work(model, work))
    click.echo(f"{_title(model, gone.work) or gone.work} has no link any more")


@link.command(cls=RichCommand)
@click.argument("works", nargs=-1)
@click.option(
    "--most",
    type=click.IntRange(1, _MOST),
    default=200,
    help="Without WORKS: how many of the best-known ones.",
)
@click.option(
    "--least",
    type=click.FloatRange(0, 1),
    default=LEAST_CONFIDENCE,
    help="How sure a link must be, 0 to 1.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be linked; write nothing.")
@_JSON
def infer(works: tuple[str, ...], most: int, least: float, dry_run: bool, as_json: bool) -> None:
    """Look for WORKS at the provider by titles and numbers of episodes, and link what is sure.

    Works that a person linked are passed over.
    """
    settings = environment.load()
    file = _file(settings)
    model = asyncio.run(_model(settings))
    curated = {one.work for one in file.all() if one.method == "curated"}
    named = [_work(model, text) for text in works] or best_known(model, most)
    findings = asyncio.run(_findings(settings, model, [one for one in named if one not in curated]))
    sure = [one.link for one in findings if one.link and one.link.confidence >= least]
    written = sure if dry_run else file.add(sure)
    if as_json:
        click.echo(msgspec.json.encode([_inferred(one) for one in findings]))
    else:
        _print(findings, least)
    verb = "would be written" if dry_run else "written"
    click.echo(f"{len(written)} of {len(findings)} works: links {verb}", err=True)


async def _findings(settings: Settings, model: ReadModel, works: list[UUID]) -> list[LinkFinding]:
    async with upstream_of(settings.provider) as upstream:
        matcher = Matcher(protocol_of(settings.provider, upstream, _DEVICE))
        return [one async for one in matcher.findings(model, works)]


def _inferred(finding: LinkFinding) -> InferredLink:
    near = finding.nearest
    return InferredLink(
        work=finding.work.id,
        title=finding.work.titles[0],
        link=finding.link,
        nearest=None if near is None else near.season.title or near.season.series_title,
        confidence=0.0 if near is None else round(near.confidence, 3),
    )


def _print(findings: list[LinkFinding], least: float) -> None:
    table = Table("work", "season", "sure", "", box=None)
    for one in map(_inferred, findings):
        is_sure = one.link is not None and one.link.confidence >= least
        mark = "linked" if is_sure else "not sure" if one.nearest else "nothing found"
        table.add_row(one.title, one.nearest or "", f"{one.confidence:.2f}", mark)
    _console().print(table)


async def _model(settings: Settings) -> ReadModel:
    """Return what is published; raises `NotReadyError` where nothing is."""
    store = StoreSettings.of(settings)
    folder = settings.snapshot.read_model_dir
    holder = SnapshotHolder(folder, store.fingerprint, or_latest=store.is_absent)
    await holder.refresh()
    return holder.current


def _work(model: ReadModel, text: str) -> UUID:
    """Return the work of a UUID or of an id at a source; raises `NotFoundError`."""
    try:
        work = UUID(text)
    except ValueError:
        found = model.resolve(text) if ":" in text else []
        if not found:
            told = f"there is no work {text!r}; name a UUID, or an id such as mal:20"
            raise NotFoundError(told) from None
        return model.id(found[0].node)
    if model.node(work) is None:
        raise NotFoundError(f"there is no work {text!r}")
    return work


def _title(model: ReadModel, work: UUID) -> str | None:
    node = model.node(work)
    return None if node is None else title_of(model, node)


def _file(settings: Settings) -> LinkFile:
    return LinkFile(settings.provider.links)


def _console() -> Console:
    return Console(width=None if sys.stdout.isatty() else _FILE_WIDTH)
