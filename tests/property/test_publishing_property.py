"""Publishing against a model: over random acts of managers, of time and of the film's origin.

The service, its store and the looks at sources are the real ones; the origin is one of loopback.
The model knows a film by what the design says of it, and none of its code.
"""

import asyncio
import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator
from typing import Final
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kensho.edges.accounts.audit import AuditLog, AuditQuery
from kensho.edges.portal.captions import CaptionReader
from kensho.edges.portal.documents import (
    CaptionBody,
    CreateMovieBody,
    PatchMovieBody,
    SourceBody,
    UploadCaptionBody,
    WindowBody,
)
from kensho.edges.portal.movie_store import MovieStore
from kensho.edges.portal.movies import PortalMovie, is_playable, publishing_state
from kensho.edges.portal.seals import SourceSeals
from kensho.edges.portal.service import PortalParts, PortalService
from kensho.edges.portal.sources import SourceProber, fetcher_of
from kensho.errors import (
    ChangedMeanwhileError,
    ConflictError,
    InvalidInputError,
    NotReadyError,
)
from kensho.platform.edge_settings import PortalSettings
from kensho.platform.secret_values import Secret
from kensho.read_model.model import ReadModel
from kensho.storage.gateway import Gateway
from tests.support.examples import examples
from tests.support.film_origin import MEDIA, WEBVTT, FilmOrigin, origin_running
from tests.support.stores import open_edge_store

BEGIN: Final = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
DAY: Final = dt.timedelta(days=1)
WINDOWS: Final = {
    "open": (None, None),
    "past": (None, BEGIN - DAY),
    "soon": (BEGIN + 3 * DAY, None),
    "brief": (BEGIN - DAY, BEGIN + 5 * DAY),
}
ANSWERS: Final[dict[str, str | int]] = {"right": MEDIA, "wrong": "<html>", "away": 503}
ACTS: Final = (
    *("publish", "publish", "hide", "undo", "recheck", "replace", "upload", "drop", "days"),
    *(f"window {name}" for name in WINDOWS),
    *(f"origin {name}" for name in ANSWERS),
)


@dataclasses.dataclass
class Modelled:
    """A film by the design: its source is known by a number, and what was found of it when."""

    is_visible: bool = False
    window: str = "open"
    source: int = 0
    captions: int = 0


class Model:
    """What a film should be."""

    def __init__(self) -> None:
        self.film = Modelled()
        self.former: Modelled | None = None
        self.revision = 1
        self.now = BEGIN
        self.origin = "right"
        self.found: dict[int, tuple[str, dt.datetime | None]] = {0: ("VALID", BEGIN)}
        self.rechecks = 0
        self.numbers = 0

    def looked_at(self, source: int) -> tuple[str, dt.datetime | None]:
        """Return what a look at a source finds now."""
        status, seen = self.found.get(source, ("UNKNOWN", None))
        if self.origin == "right":
            return "VALID", self.now
        if self.origin == "wrong":
            return "INVALID", seen
        is_trusted = status == "VALID" and seen is not None and self.now - seen < 3 * DAY
        return ("VALID" if is_trusted else "UNKNOWN"), seen

    @property
    def is_blocked(self) -> bool:
        return not self.film.captions or self.found[self.film.source][0] != "VALID"

    @property
    def state(self) -> str:
        if not self.film.is_visible:
            return "draft" if self.is_blocked else "ready"
        if self.is_blocked:
            return "blocked"
        start, end = WINDOWS[self.film.window]
        if end is not None and self.now >= end:
            return "ended"
        return "scheduled" if start is not None and self.now < start else "playing"

    def put(self, **changes: object) -> None:
        """Change the film, and keep what it was."""
        self.former = self.film
        self.film = dataclasses.replace(self.film, **changes)  # type: ignore[arg-type]
        self.revision += 1

    def publishable(self, film: Modelled) -> bool:
        """Tell whether a film may be published; a look at its source that helps is kept."""
        if self.found[film.source][0] != "VALID":
            found = self.looked_at(film.source)
            if film.captions and found[0] == "VALID":
                self.found[film.source] = found
            return bool(film.captions) and found[0] == "VALID"
        return bool(film.captions)

    def act(self, name: str) -> bool:
        """Do what an act does; tell whether it is taken."""
        kind, _, value = name.partition(" ")
        act: Callable[[str], bool] = getattr(self, f"_{kind}")
        return act(value)

    def _origin(self, value: str) -> bool:
        self.origin = value
        return True

    def _days(self, _: str) -> bool:
        self.now += 2 * DAY
        return True

    def _window(self, value: str) -> bool:
        if self.film.window != value:
            self.put(window=value)
        return True

    def _hide(self, _: str) -> bool:
        if self.film.is_visible:
            self.put(is_visible=False)
        return True

    def _publish(self, _: str) -> bool:
        if not self.film.is_visible:
            if not self.publishable(self.film):
                return False
            self.put(is_visible=True)
        return True

    def _recheck(self, _: str) -> bool:
        source = self.film.source
        before = self.found[source][0]
        self.found[source] = self.looked_at(source)
        self.rechecks += self.found[source][0] != before
        return True

    def _replace(self, _: str) -> bool:
        if self.film.is_visible and self.origin != "right":
            return False
        self.numbers += 1
        self.found[self.numbers] = self.looked_at(self.numbers)
        self.put(source=self.numbers)
        return True

    def _upload(self, _: str) -> bool:
        self.put(captions=1)
        return True

    def _drop(self, _: str) -> bool:
        if self.film.is_visible:
            return False
        if self.film.captions:
            self.put(captions=0)
        return True

    def _undo(self, _: str) -> bool:
        if self.former is None or (self.former.is_visible and not self.publishable(self.former)):
            return False
        self.put(**dataclasses.asdict(self.former))
        return True


class Portal:
    """The real one, over a store in memory, whose clock stands where the test puts it."""

    def __init__(self, store: Gateway, origin: FilmOrigin) -> None:
        own = PortalSettings(loopback=True, fetch_s=3.0)
        fetcher = fetcher_of(own)
        self.now = BEGIN
        self.origin = origin
        self.store = MovieStore(lambda: store)
        self.audit = AuditLog(lambda: store, lambda: self.now)
        self.service = PortalService(
            PortalParts(
                store=self.store,
                seals=SourceSeals((Secret("a key of tests, long enough"),)),
                prober=SourceProber(fetcher, own.fetch_s),
                reader=CaptionReader(fetcher),
                model=_no_graph,
                now=lambda: self.now,
                changed=lambda: None,
                recheck=DAY,
                loopback_allowed=True,
            )
        )
        self.addresses = 0

    async def made(self) -> PortalMovie:
        """Make a draft with a source that is right, and without captions."""
        self.now = BEGIN
        body = CreateMovieBody(
            title=f"Film {uuid4()}",
            synopsis="A film.",
            availability=WindowBody(),
            duration_minutes=90,
            poster_url="https://img.example/1.jpg",
            stream_sources=[SourceBody(stream_url=self.source())],
            caption_tracks=[],
            visibility="HIDDEN",
        )
        return await self.service.create(body, "ann")

    def source(self) -> str:
        """Return an address of the origin that no film has had; all of them answer alike."""
        self.addresses += 1
        self.origin.files[f"/{self.addresses}/index.m3u8"] = self.answer
        return self.origin.url(f"/{self.addresses}/index.m3u8")

    answer: str | int = MEDIA

    def answers(self, answer: str | int) -> None:
        """Have the origin answer so from now on."""
        self.answer = answer
        for at in range(1, self.addresses + 1):
            self.origin.files[f"/{at}/index.m3u8"] = answer

    async def act(self, movie: UUID, name: str, expected: int | None = None) -> None:
        """Do an act of the model."""
        kind, _, value = name.partition(" ")
        service = self.service
        match kind:
            case "origin":
                self.answers(ANSWERS[value])
            case "days":
                self.now += 2 * DAY
            case "publish":
                await service.set_visibility(movie, "VISIBLE", "ann", expected)
            case "hide":
                await service.set_visibility(movie, "HIDDEN", "ann", expected)
            case "recheck":
                await service.recheck(await self.store.get(movie))
            case "upload":
                body = UploadCaptionBody(language_code="en", text=WEBVTT)
                await service.upload(movie, body, "ann", expected)
            case "undo":
                await service.undo(movie, "ann", expected)
            case _:
                await service.patch(movie, self._change(kind, value), "ann", expected)

    def _change(self, kind: str, value: str) -> PatchMovieBody:
        if kind == "window":
            return PatchMovieBody(availability=WindowBody(*WINDOWS[value]))
        if kind == "replace":
            return PatchMovieBody(stream_sources=[SourceBody(stream_url=self.source())])
        no_tracks: list[CaptionBody] = []
        return PatchMovieBody(caption_tracks=no_tracks)

    async def rows(self, movie: UUID) -> list[str]:
        """Return the acts of the audit log, the first first."""
        query = AuditQuery(object=f"movie:{movie}", limit=1_000)
        return [row.action for row in (await self.audit.page(query)).rows][::-1]


def _no_graph() -> ReadModel:
    raise NotReadyError("there is no graph here")


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def portal(runner: asyncio.Runner) -> Iterator[Portal]:
    with origin_running() as origin:
        opened = open_edge_store()
        store = runner.run(opened.__aenter__())
        yield Portal(store, origin)
        runner.run(opened.__aexit__(None, None, None))


@settings(max_examples=examples(40))
@given(acts=st.lists(st.sampled_from(ACTS), max_size=14))
def test_a_film_is_what_the_model_says_whatever_is_done(
    runner: asyncio.Runner, portal: Portal, acts: list[str]
) -> None:
    async def follow() -> None:
        portal.answers(MEDIA)
        movie = (await portal.made()).id
        model = Model()
        for name in acts:
            if model.act(name):
                await portal.act(movie, name)
            else:
                with pytest.raises((ConflictError, InvalidInputError)):
                    await portal.act(movie, name)
            held = await portal.store.get(movie)
            assert publishing_state(held, portal.now) == model.state, name
            assert is_playable(held, portal.now) == (model.state == "playing")
            assert held.revision == model.revision
            assert len(held.captions) == model.film.captions
            assert (held.starts_at, held.ends_at) == WINDOWS[model.film.window]
        (seen,) = [one for one in await portal.store.overview() if one.id == movie]
        assert seen.state(portal.now) == model.state
        assert len(await portal.rows(movie)) == model.revision + model.rechecks

    runner.run(follow())


CHANGES: Final = ("publish", "hide", "undo", "upload", "drop", "replace", "window past")


@settings(max_examples=examples(15))
@given(
    acts=st.lists(st.tuples(st.sampled_from(CHANGES), st.booleans()), min_size=2, max_size=6),
    begins_visible=st.booleans(),
)
def test_of_acts_at_once_each_is_written_whole_or_refused_and_none_is_lost(
    runner: asyncio.Runner, portal: Portal, acts: list[tuple[str, bool]], *, begins_visible: bool
) -> None:
    """Acts that name the revision that they saw are refused if another came first."""

    async def race() -> None:
        portal.answers(MEDIA)
        movie = (await portal.made()).id
        await portal.act(movie, "upload")
        if begins_visible:
            await portal.act(movie, "publish")
        first = await portal.store.get(movie)
        rows = len(await portal.rows(movie))
        came = await asyncio.gather(
            *(portal.act(movie, name, first.revision if told else None) for name, told in acts),
            return_exceptions=True,
        )
        told = (ConflictError, InvalidInputError, ChangedMeanwhileError)
        assert all(one is None or isinstance(one, told) for one in came), came
        last = await portal.store.get(movie)
        assert last.revision - first.revision == len(await portal.rows(movie)) - rows
        assert last.revision - first.revision <= sum(one is None for one in came)
        written = [
            name
            for (name, named), one in zip(acts, came, strict=True)
            if named and one is None and name in ("upload", "replace", "undo")
        ]
        assert len(written) <= 1  # of those that saw the first revision and always write
        assert last.visibility == "HIDDEN" or last.valid_captions
        if last.revision > first.revision:
            with pytest.raises(ChangedMeanwhileError):
                await portal.act(movie, "upload", first.revision)

    runner.run(race())
