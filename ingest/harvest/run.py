"""Harvest one interface into one file: walk, write step by step, read the result as ingest does.

What the adapter of the source refuses of the file is reported as an ingest would report it, so that
an interface that changed its form is noticed at once.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from ingest.harvest import anilist, jikan, kitsu
from ingest.harvest.output import HarvestFile, HarvestPlan, HarvestState, limited
from ingest.harvest.walking import Interface, InterfaceWalk
from ingest.progress import Progress
from ingest.reading.files import SourceFile
from ingest.reading.rejects import RejectLog
from ingest.registry import SOURCES
from kensho.domain import ids
from kensho.errors import InvalidInputError, SourceFileError, UpstreamError
from kensho.platform.api_client import ApiClient, ApiLimits, Clock
from kensho.platform.request_pacing import RequestPacer

INTERFACES: Final[dict[str, Interface]] = {
    module.INTERFACE.source: module.INTERFACE for module in (anilist, jikan, kitsu)
}


class HarvestWish(msgspec.Struct, frozen=True):
    """What is asked for, and where it goes; `ids` are of MyAnimeList, for Jikan alone."""

    interface: Interface
    out: Path
    rejects_dir: Path
    since: dt.date | None = None
    limit: int | None = None
    ids: tuple[int, ...] = ()
    restart: bool = False

    @property
    def plan(self) -> HarvestPlan:
        """Return what another run must wish for to go on."""
        ids = ",".join(map(str, self.ids)).encode()
        return HarvestPlan(
            self.interface.source,
            self.interface.endpoint,
            self.since.isoformat() if self.since else None,
            self.limit,
            hashlib.sha256(ids).hexdigest()[:16] if ids else None,
        )


class Means(msgspec.Struct, frozen=True):
    """What a harvest works with."""

    progress: Progress
    clock: Clock = Clock()
    limits: ApiLimits = ApiLimits()


class HarvestReport(msgspec.Struct, frozen=True):
    """What came: records written in all, left out, gone, and what ingest will refuse of them."""

    source: str
    file: str
    records: int
    resumed: bool
    left_out: int
    gone: int
    rejects: int
    rejects_file: str | None = None


_Maker: TypeAlias = Callable[[ApiClient, HarvestWish], InterfaceWalk]


def _anilist(client: ApiClient, wish: HarvestWish) -> InterfaceWalk:
    since = wish.since
    begun = dt.datetime(since.year, since.month, since.day, tzinfo=dt.UTC) if since else None
    return anilist.AniListWalk(client, int(begun.timestamp()) if begun else None)


_MAKERS: Final[dict[str, _Maker]] = {
    "anilist": _anilist,
    "jikan": lambda client, wish: jikan.JikanWalk(client, wish.since, wish.ids),
    "kitsu": lambda client, _wish: kitsu.KitsuWalk(client),
}


def harvest(wish: HarvestWish, means: Means) -> HarvestReport:
    """Walk the interface, and return what came of it.

    Raises:
        InvalidInputError: the interface can't do what is wished.
        UpstreamError: it does not answer, or answers in another form; the walk can be taken up.
        SourceFileError: the file is in use, or can't be written.
    """
    _check(wish)
    try:
        return _harvested(wish, means)
    except OSError as error:  # a full disk, as a rule
        raise SourceFileError(f"{wish.out}: can't be written: {error.strerror}") from error


def _harvested(wish: HarvestWish, means: Means) -> HarvestReport:
    pacer = RequestPacer(wish.interface.windows, most=wish.interface.most)
    with (
        ApiClient(wish.interface.endpoint, pacer, limits=means.limits, clock=means.clock) as client,
        HarvestFile(wish.out, wish.plan) as file,
    ):
        resumed = file.resume(restart=wish.restart)
        _walk(_MAKERS[wish.interface.source](client, wish), wish, file, means, begun=resumed)
        if file.state.records == 0 and wish.since is None:
            raise UpstreamError(f"{wish.interface.endpoint}: gave no record")
        file.finish(wish.interface.key)
        return _read_back(wish, file.state, resumed=resumed)


def _walk(
    walk: InterfaceWalk, wish: HarvestWish, file: HarvestFile, means: Means, *, begun: bool
) -> None:
    if begun and file.state.cursor is None:
        return  # it had ended, and was killed before its file was in its place
    place = file.state.cursor
    cursor: msgspec.Struct | None
    cursor = walk.begin() if place is None else msgspec.convert(place, walk.cursor_type)
    name = f"{wish.interface.source}: harvesting"
    with means.progress.stage(name, wish.limit) as advance:
        advance(file.state.records)
        while cursor is not None:
            step = walk.step(cursor)
            if wish.limit is not None:
                step = limited(step, wish.limit - file.state.records)
            file.append(step)
            advance(len(step.records))
            cursor = step.cursor


def _check(wish: HarvestWish) -> None:
    source = wish.interface.source
    if wish.since is not None and source == "kitsu":
        raise InvalidInputError.of(
            "--since", "Kitsu does not tell when a relationship changed: walk all of it"
        )
    if wish.since is not None and not wish.out.is_file():
        told = f"refreshes a file, and there is no {str(wish.out)!r}: walk all first, without it"
        raise InvalidInputError.of("--since", told)
    if wish.ids and source != "jikan":
        raise InvalidInputError.of("--ids", f"are of MyAnimeList: {source} is walked whole")
    if wish.ids and wish.since is not None:
        raise InvalidInputError.of("--ids", "and --since choose what is asked: give one of them")


def _read_back(wish: HarvestWish, state: HarvestState, *, resumed: bool) -> HarvestReport:
    """Read the file as its source does, and write down what is refused of it, and was left out."""
    source = SOURCES[wish.interface.source]
    path = wish.rejects_dir / f"{source.name}-harvest.jsonl"
    count = 0
    with RejectLog(source.name, path) as rejects:
        for one in state.left_out:
            rejects.add(0, one.field, one.value, one.reason, key=one.key)
        if wish.out.stat().st_size:
            count = sum(1 for _ in source.read(SourceFile(wish.out), rejects))
    return HarvestReport(
        source=source.name,
        file=str(wish.out),
        records=count,
        resumed=resumed,
        left_out=len(state.left_out),
        gone=len(state.gone),
        rejects=rejects.count - len(state.left_out),
        rejects_file=str(path) if rejects.count else None,
    )


def ids_in(lines: Sequence[str]) -> tuple[int, ...]:
    """Return the numbers of MyAnimeList on lines such as `20`, `mal:20` or a page's address.

    Raises:
        InvalidInputError: a line names no work of MyAnimeList; quotes it.
    """
    found: dict[int, None] = {}
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        source_id = ids.parse(text) or f"mal:{text}"
        provider, _, local = source_id.partition(":")
        if provider != "mal" or not local.isascii() or not local.isdigit() or not int(local):
            raise InvalidInputError.of("--ids", f"line {number}: {text!r} is no MyAnimeList id")
        found[int(local)] = None
    return tuple(found)
