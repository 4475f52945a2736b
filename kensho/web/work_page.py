"""`/anime/{id}` and `/movies/{id}`: all that is known of a work, and what it leads to."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple
from uuid import UUID

from litestar import Controller
from litestar.params import FromPath
from markupsafe import Markup

from kensho.discovery import related_works, similar, viewing_guide, works
from kensho.discovery.facets import FACET_CATEGORIES
from kensho.discovery.viewing_guide import PlaceInLine
from kensho.domain.relations import KINDS, Kind
from kensho.domain.tag_names import is_maintenance
from kensho.http.pooled import pooled
from kensho.http.request_costs import public_costing
from kensho.http.responses import PreparedResponse
from kensho.read_model.episodes import EpisodeList, EpisodeView
from kensho.read_model.views import Detail, RelatedWork, SimilarWork
from kensho.web import descriptions, forms, json_ld, title_languages, urls
from kensho.web.forms import PastForm, get_page
from kensho.web.json_ld import PageRef
from kensho.web.messages import Messages
from kensho.web.page_context import GivenPageContext, PageContext

EPISODES_PER_PAGE: Final = 100
"""So that the ranges begin at round numbers: 1, 101, 201."""
_SIMILAR: Final = 12
"""Two rows of the six works that a grid shows side by side on a laptop."""


class WorkForm(PastForm, frozen=True):
    """Which page of the episodes is asked for, from 1, and of which time."""

    episodes: int = 1


_SHOWN: Final = 9
"""Relations of a group that are seen at once: three rows of a laptop; the rest unfolds."""
_DIRECT: Final[frozenset[Kind]] = frozenset(("prequel", "sequel", "parent_story", "full_story"))
"""The kinds of works that a work continues, or that it is a part of."""


class RelationEntry(NamedTuple):
    """A neighbour: what it is to the work, and who says so."""

    work: RelatedWork
    kind: str
    provenance: list[str]
    is_inferred: bool


class RelationGroup(NamedTuple):
    """Neighbours by where they stand: `direct`, of the same `line`, `franchise`, or `outside`."""

    name: str
    entries: list[RelationEntry]


class SourceAge(NamedTuple):
    """A source of what the page tells of relations, and of which day its word is."""

    name: str
    day: str


class EpisodePage(NamedTuple):
    """A page of the episodes, and the others by their first and last numbers.

    Dates and lengths have a column only where one is known.
    """

    episodes: list[EpisodeView]
    total: int
    fillers: int
    recaps: int
    ranges: list[tuple[int, int]]
    page_number: int
    has_dates: bool
    has_lengths: bool


class WorkPageController(Controller):
    """Works; a film that is catalogued by itself has its page among the films."""

    path = "/anime"
    opt = public_costing(10, as_of=30)

    @get_page("/{work_id:str}")
    @pooled
    def read(
        self, context: GivenPageContext, form: WorkForm, work_id: FromPath[str]
    ) -> PreparedResponse:
        """Show a work; a film too, whose page names its canonical address."""
        work = forms.work_id(work_id)
        context = context.as_of(form.as_of)
        node = works.locate(context.model, work)
        return _page(context, form, node)


class FilmPageController(Controller):
    """Films."""

    path = "/movies"
    opt = public_costing(10, as_of=30)

    @get_page("/{work_id:str}")
    @pooled
    def read(
        self, context: GivenPageContext, form: WorkForm, work_id: FromPath[str]
    ) -> PreparedResponse:
        """Show a film."""
        work = forms.work_id(work_id)
        context = context.as_of(form.as_of)
        node = works.locate_film(context.model, work)
        return _page(context, form, node)


def _page(context: PageContext, form: WorkForm, node: int) -> PreparedResponse:
    model, messages = context.model, context.messages
    detail = works.document(model, node).decode()
    alike = None if context.past else similar.similar_franchises(context.snapshot, node, _SIMILAR)
    place = viewing_guide.place(model, node)
    page = episode_page(model.episodes.of(node).decode(), form.episodes)
    extras = model.further(node).decode()
    relations = list(_relations(detail, messages))
    path = context.today_url_of(detail.id)
    return context.page(
        "work.html.jinja",
        tag=context.linked_tag,
        work=detail,
        watch=context.watch_link_of(detail.id),
        path=path,
        url=context.absolute(path),
        json_ld=Markup(json_ld.script_text(_block(context, detail, path))),  # noqa: S704 -- made safe there
        titles=title_languages.grouped((detail.title, *detail.synonyms), extras.titles, messages),
        second_title=_second_title(context, detail),
        extras=extras,
        tags_shown=[tag for tag in detail.tags if tag.category in FACET_CATEGORIES],
        tags_folded=[
            tag
            for tag in detail.tags
            if tag.category not in FACET_CATEGORIES and not is_maintenance(tag.name)
        ],
        place=place,
        relations_shown=_SHOWN,
        relations_total=len(relations),
        relation_groups=relation_groups(relations, place),
        ages=_ages(detail, messages),
        denied=list(_denied(context, detail)),
        similar=_reasoned(alike.decode().similar if alike else (), messages),
        episodes=page,
        episodes_summary=_episodes_summary(page, messages),
    )


def _reasoned(alike: Iterable[SimilarWork], messages: Messages) -> list[tuple[SimilarWork, str]]:
    return [(one, descriptions.similarity(one.why, messages)) for one in alike]


def _block(context: PageContext, detail: Detail, path: str) -> json_ld.Block:
    ref = detail.franchise
    franchise = PageRef(ref.title, context.absolute(urls.franchise(ref.slug))) if ref else None
    return json_ld.of_work(detail, context.absolute(path), franchise)


def _second_title(context: PageContext, detail: Detail) -> str | None:
    """Return the title below the first: the catalogue's if that is another, else a native one."""
    if context.titles.of(detail.id, detail.title) != detail.title:
        return detail.title
    return _native_title(detail.title, detail.synonyms)


def _native_title(title: str, synonyms: Iterable[str]) -> str | None:
    """Return the first Japanese title beside a main one in other letters."""
    if title_languages.language(title) is not None:
        return None
    by_script: dict[title_languages.Script, str] = {}
    for text in synonyms:
        by_script.setdefault(title_languages.script(text), text)
    return by_script.get("ja") or by_script.get("han")


def _episodes_summary(page: EpisodePage, messages: Messages) -> str:
    """Return how many episodes there are, and how many of them may be left out."""
    counted = (("fillers", page.fillers), ("recaps", page.recaps))
    skippable = [messages.count(key, total) for key, total in counted if total]
    return ", ".join([messages.count("episodes", page.total), *skippable])


def episode_page(listed: EpisodeList, number: int) -> EpisodePage:
    """Return a page of the episodes; the first one where there is no such page."""
    every = listed.episodes
    starts = range(0, len(every), EPISODES_PER_PAGE)
    number = number if 1 <= number <= len(starts) else 1
    first = (number - 1) * EPISODES_PER_PAGE
    return EpisodePage(
        episodes=every[first : first + EPISODES_PER_PAGE],
        total=listed.total,
        fillers=sum(1 for one in every if one.filler),
        recaps=sum(1 for one in every if one.recap),
        ranges=[
            (every[at].episode_number, every[at : at + EPISODES_PER_PAGE][-1].episode_number)
            for at in starts
        ],
        page_number=number,
        has_dates=any(one.air_date for one in every),
        has_lengths=any(one.duration for one in every),
    )


def _relations(detail: Detail, messages: Messages) -> Iterator[RelationEntry]:
    neighbours = detail.related_anime
    related = sorted(neighbours.related, key=lambda work: KINDS.index(work.kind))
    for work in (*neighbours.prequels, *neighbours.sequels, *related):
        yield RelationEntry(
            work,
            messages.label("kind", work.kind),
            descriptions.provenance(work.assertions, work.kind, messages),
            descriptions.is_only_inferred(work.assertions),
        )


def relation_groups(
    relations: Iterable[RelationEntry], place: PlaceInLine | None
) -> list[RelationGroup]:
    """Return neighbours by where they stand to the work, the closest first; no group is empty."""
    groups: dict[str, list[RelationEntry]] = {
        "direct": [], "line": [], "franchise": [], "outside": []
    }  # fmt: skip
    line = frozenset(place.line.works) if place is not None else frozenset[UUID]()
    for entry in relations:
        if entry.work.kind in _DIRECT:
            groups["direct"].append(entry)
        elif entry.work.id in line:
            groups["line"].append(entry)
        else:
            is_member = place is not None and entry.work.id in place.works
            groups["franchise" if is_member else "outside"].append(entry)
    return [RelationGroup(name, entries) for name, entries in groups.items() if entries]


def _ages(detail: Detail, messages: Messages) -> list[SourceAge]:
    """Return of which day the word of each source of relations is, the latest first."""
    latest: dict[str, str] = {}
    neighbours = detail.related_anime
    for work in (*neighbours.prequels, *neighbours.sequels, *neighbours.related):
        for one in work.assertions:
            if one.method == "stated" and one.snapshot:
                name = messages.label("provider", one.source)
                latest[name] = max(latest.get(name, ""), one.snapshot)
    ordered = sorted(latest.items(), key=lambda pair: (pair[1], pair[0]), reverse=True)
    return [SourceAge(name, day) for name, day in ordered]


def _denied(context: PageContext, detail: Detail) -> Iterator[tuple[UUID, str, list[str]]]:
    """Yield the works that curators say are not related: id, title, and who says what."""
    for one in detail.denied:
        node = context.model.node(one.id)
        if node is not None:
            told = descriptions.denial(one.assertions, context.messages)
            yield one.id, related_works.title_of(context.model, node), told
