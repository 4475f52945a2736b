"""`/anime/{id}` and `/movies/{id}`: all that is known of a work, and what it leads to."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
from litestar import Controller, Request, get
from litestar.params import FromPath
from markupsafe import Markup

from kensho.discovery import episodes, json_ld, works
from kensho.discovery import similar as similar_works
from kensho.discovery.episodes import EpisodeList, EpisodeView
from kensho.discovery.json_ld import PageRef
from kensho.domain.relations import KINDS
from kensho.errors import StorageError
from kensho.http.privacy import PUBLIC
from kensho.http.response_cache import PreparedResponse
from kensho.read_model.views import Detail, RelatedWork
from kensho.web import forms, provenance, scripts, urls, work_extras
from kensho.web.messages import Messages
from kensho.web.page_context import GivenPageContext, PageContext
from kensho.web.similar import why

EPISODES_PER_PAGE: Final = 100
_SIMILAR: Final = 12


class WorkForm(msgspec.Struct, frozen=True):
    """Which part of the episodes is asked for, from 1."""

    episodes: int = 1


class RelationLine(NamedTuple):
    """A neighbour: what it is to the work, and who says so."""

    work: RelatedWork
    kind: str
    lines: list[str]
    is_inferred: bool


class EpisodePart(NamedTuple):
    """A part of the episodes, and the others by their numbers.

    Dates and lengths have a column only where one is known.
    """

    shown: list[EpisodeView]
    total: int
    fillers: int
    recaps: int
    parts: list[tuple[int, int]]
    part: int
    has_dates: bool
    has_lengths: bool


class WorkPageController(Controller):
    """Works; a film that is catalogued by itself has its page among the films."""

    path = "/anime"
    opt = PUBLIC

    @get("/{work_id:str}")
    async def read(
        self, desk: GivenPageContext, request: Request[Any, Any, Any], work_id: FromPath[str]
    ) -> PreparedResponse:
        """Show a work; a film too, whose page names its proper place."""
        work = forms.work_id(work_id)
        return await _page(desk, request, work, works.locate(desk.model, work))


class FilmPageController(Controller):
    """Films."""

    path = "/movies"
    opt = PUBLIC

    @get("/{work_id:str}")
    async def read(
        self, desk: GivenPageContext, request: Request[Any, Any, Any], work_id: FromPath[str]
    ) -> PreparedResponse:
        """Show a film."""
        work = forms.work_id(work_id)
        return await _page(desk, request, work, works.locate_film(desk.model, work))


async def _page(
    desk: PageContext, request: Request[Any, Any, Any], work: UUID, node: int
) -> PreparedResponse:
    form = forms.read(request, WorkForm)
    held, wording = desk.held, desk.renderer.wording
    model = held.model
    detail = works.document(model, node).decode()
    similar = similar_works.similar(held, work, _SIMILAR).decode().similar
    revision, listed = await _episodes(desk, work, node)
    further = await work_extras.of_work(desk.gateway, work, model.kind(node))
    shown = None if listed is None else part_of(listed, form.episodes)
    place = desk.place_of(work)
    return desk.page(
        "work.html.jinja",
        model.identity,
        tag=f"{model.identity}x{revision}".encode(),
        keep=revision == model.revision,
        work=detail,
        place=place,
        address=f"{desk.origin}{place}",
        block=Markup(json_ld.script_text(_block(desk, detail, place))),  # noqa: S704 -- made safe there
        titles=work_extras.grouped(
            (detail.title, *detail.synonyms), further.titles, desk.renderer.wording
        ),
        native=_native(detail.title, detail.synonyms),
        further=further,
        relations=list(_relations(detail, wording)),
        similar=[(one, why(one, wording)) for one in similar],
        episodes=shown,
        episodes_said="" if shown is None else _said(shown, wording),
    )


async def _episodes(desk: PageContext, work: UUID, node: int) -> tuple[int, EpisodeList | None]:
    """Return the revision and the episodes; none where the store is away, and 0."""
    try:
        return await episodes.of_work(desk.gateway, work, desk.model.kind(node))
    except StorageError:
        return 0, None


def _block(desk: PageContext, detail: Detail, place: str) -> json_ld.Block:
    home = detail.franchise
    franchise = PageRef(home.title, f"{desk.origin}{urls.hub(home.slug)}") if home else None
    return json_ld.of_work(detail, f"{desk.origin}{place}", franchise)


def _native(title: str, synonyms: Iterable[str]) -> str | None:
    """Return the first Japanese title beside a main one in other letters."""
    if scripts.language(title) is not None:
        return None
    written: dict[scripts.Script, str] = {}
    for text in synonyms:
        written.setdefault(scripts.script(text), text)
    return written.get("ja") or written.get("han")


def _said(part: EpisodePart, wording: Messages) -> str:
    """Return how many episodes there are, and how many of them may be left out."""
    marked = (("fillers", part.fillers), ("recaps", part.recaps))
    counted = [wording.count(key, total) for key, total in marked if total]
    return ", ".join([wording.count("episodes", part.total), *counted])


def part_of(listed: EpisodeList, part: int) -> EpisodePart:
    """Return a part of the episodes; the first one where there is no such part."""
    every = listed.episodes
    starts = range(0, len(every), EPISODES_PER_PAGE)
    part = part if 1 <= part <= len(starts) else 1
    first = (part - 1) * EPISODES_PER_PAGE
    return EpisodePart(
        shown=every[first : first + EPISODES_PER_PAGE],
        total=listed.total,
        fillers=sum(1 for one in every if one.filler),
        recaps=sum(1 for one in every if one.recap),
        parts=[
            (every[at].episode_number, every[at : at + EPISODES_PER_PAGE][-1].episode_number)
            for at in starts
        ],
        part=part,
        has_dates=any(one.air_date for one in every),
        has_lengths=any(one.duration for one in every),
    )


def _relations(detail: Detail, wording: Messages) -> Iterable[RelationLine]:
    around = detail.related_anime
    related = sorted(around.related, key=lambda work: KINDS.index(work.kind))
    for work in (*around.prequels, *around.sequels, *related):
        yield RelationLine(
            work,
            wording.name("kind", work.kind),
            provenance.told(work.assertions, work.kind, wording),
            provenance.is_only_inferred(work.assertions),
        )
