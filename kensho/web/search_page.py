"""`/search`: what a text may mean, one entry for each franchise or story."""

import math
from typing import Final, NamedTuple
from uuid import UUID

import msgspec
from litestar import Controller

from kensho.discovery import suggestions
from kensho.discovery.filters import Filters
from kensho.discovery.search import MAX_OFFSET, HitSorting, SearchRequest
from kensho.discovery.search_views import QueryInterpretation, SearchPage
from kensho.domain.searches import SearchOutcome, outcome_of
from kensho.domain.works import AnimeType, Season, Status
from kensho.http.pooled import pooled
from kensho.http.privacy import PUBLIC
from kensho.http.responses import JSON, PreparedResponse, ResponseMeta
from kensho.web import descriptions, filtered_lists, urls
from kensho.web.completion_rows import completion_row
from kensho.web.filtered_lists import FilterGroup, ListPage
from kensho.web.forms import get_page
from kensho.web.page_context import GivenPageContext, PageContext
from kensho.web.rendering import PAGE_HEADERS

PER_PAGE: Final = 20
"""As many as the API returns unless it is asked for more."""
_MOST_SUGGESTED: Final = 8
"""As many as fit below a field on a laptop."""
_SHORTENING: Final = ("release", "slots")
"""Ways to read a text that pass over a part of it."""
FILTERS: Final = ("type", "status", "season", "year", "tag")


SORTS: Final[tuple[HitSorting, ...]] = ("match", "popularity", "score", "year")


class OtherReading(NamedTuple):
    """What else a search may mean, in words, and where that leads; of a work its title as well."""

    words: str
    href: str
    title: str | None = None


class SearchForm(msgspec.Struct, frozen=True):
    """What is searched for, and in which order it is listed; `page` counts from 1."""

    q: str = ""
    type: AnimeType | None = None
    status: Status | None = None
    season: Season | None = None
    year: int | None = None
    tag: str | None = None
    safe: bool | None = None
    sort: HitSorting = "match"
    page: int = 1


class SearchPageController(Controller):
    """Titles."""

    path = "/search"
    opt = PUBLIC

    @get_page()
    @pooled
    def search(self, context: GivenPageContext, form: SearchForm) -> PreparedResponse:
        """Show what the text may mean."""
        if not form.q:
            return context.page("search_empty.html.jinja")
        if form.year is not None:
            context.services.calendar.check(form.year)
        search = _request(form, safe=context.is_safe)
        found = context.services.search.page(context.snapshot, search).decode()
        page = ListPage("/search", _parameters(form))
        is_filtered = any(page.parameters.get(name) for name in FILTERS)
        return context.page(
            "search.html.jinja",
            outcome=None if is_filtered else _outcome(form, found),
            query=form.q,
            found=found,
            form=form,
            page=page,
            pages_total=min(-(-found.total // PER_PAGE), MAX_OFFSET // PER_PAGE),
            is_filtered=is_filtered,
            is_safe=search.filters.safe,
            filters=_filters(page, found, context),
            interpretation=descriptions.interpretation(form.q, found.read_as, context.messages),
            readings=_readings(context, form, page, found.read_as),
            sorts=[(name, page.url(sort=None if name == "match" else name)) for name in SORTS],
            scores=_scores(context, found),
            highlighted=descriptions.highlighted,
        )


class SuggestForm(msgspec.Struct, frozen=True):
    """What was typed so far."""

    q: str = ""


class SuggestionController(Controller):
    """What a half-typed title may become, as the viewer prefers it: for the script of fields."""

    path = "/suggest"
    opt = PUBLIC

    @get_page()
    @pooled
    def suggest(self, context: GivenPageContext, form: SuggestForm) -> PreparedResponse:
        """Return works and franchises, as `/api/suggest` does, with a line of facts for each."""
        found = suggestions.completions(
            context.snapshot, form.q, _MOST_SUGGESTED, safe=context.is_safe
        ).decode()
        rows = [completion_row(context, one) for one in found.suggestions]
        body = msgspec.json.encode({"suggestions": rows})
        return context.respond(body, ResponseMeta(media_type=JSON, headers=PAGE_HEADERS))


def _readings(
    context: PageContext, form: SearchForm, page: ListPage, read_as: QueryInterpretation
) -> list[OtherReading]:
    """Return what else the text may mean: its title alone, its filters, works of the same title."""
    messages, found = context.messages, list[OtherReading]()
    if read_as.via in _SHORTENING and read_as.text.casefold() != form.q.casefold():
        words = messages.format("search.reading_title", text=read_as.text)
        found.append(OtherReading(words, urls.search(read_as.text)))
    if read_as.year is not None and form.year is None:
        words = messages.format("search.reading_year", year=read_as.year)
        found.append(OtherReading(words, page.url(year=read_as.year)))
    if read_as.type is not None and form.type is None:
        label = messages.label("type", read_as.type)
        words = messages.format("search.reading_type", type=label)
        found.append(OtherReading(words, page.url(type=read_as.type)))
    for one in read_as.ambiguous:
        facts = [str(one.year)] if one.year else []
        facts += [messages.label("type", one.type)] if one.type else []
        title = context.titles.of(one.id, one.title)
        found.append(OtherReading(" · ".join(facts), context.url_of(one.id), title))
    return found


def _scores(context: PageContext, found: SearchPage) -> dict[UUID, float]:
    """Return the scores of results, out of ten, as far as a source has one."""
    model = context.model
    nodes = {one.id: model.node(one.id) for one in found.results}
    scores = {
        work: model.columns.score.item(node) for work, node in nodes.items() if node is not None
    }
    return {work: score for work, score in scores.items() if not math.isnan(score)}


def _outcome(form: SearchForm, found: SearchPage) -> SearchOutcome | None:
    """Return what the search found; what is only hidden, or a franchise, counts as found."""
    is_found = bool(found.total or found.franchises or found.hidden.adult)
    return outcome_of(form.q, found=is_found) if form.page <= 1 else None


def _filters(page: ListPage, found: SearchPage, context: PageContext) -> list[FilterGroup]:
    if found.facets is None:
        return []
    return filtered_lists.filter_groups(page, found.facets, FILTERS, context.messages)


def _request(form: SearchForm, *, safe: bool) -> SearchRequest:
    return SearchRequest(
        text=form.q,
        filters=Filters(
            type=form.type,
            status=form.status,
            season=form.season,
            year=form.year,
            tag=form.tag,
            safe=safe if form.safe is None else form.safe,
        ),
        limit=PER_PAGE,
        offset=min((max(form.page, 1) - 1) * PER_PAGE, MAX_OFFSET),
        by_franchise=True,
        sort=form.sort,
    )


def _parameters(form: SearchForm) -> dict[str, object]:
    safe = None if form.safe is None else str(form.safe).lower()
    page = None if form.page == 1 else form.page
    sort = None if form.sort == "match" else form.sort
    return {**msgspec.structs.asdict(form), "safe": safe, "sort": sort, "page": page}
