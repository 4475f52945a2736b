"""`/browse`: the works of all years, filtered and sorted, and one of them as chance will have it.

Guarantees: every state of the list is an address, and every filter a link that says how many works
it would leave. The works, their order and the filters are those of `/api/works`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec
from litestar import Controller
from litestar.response import Redirect

from kensho.discovery.facets import FACET_CATEGORIES, BrowseFacets, Counts
from kensho.discovery.filter_values import FilterTexts
from kensho.discovery.filters import IN_FRANCHISE, LENGTHS, FilterMasks, InFranchise, Length
from kensho.discovery.work_lists import WorkSorting, checked
from kensho.domain.works import AnimeType, Season, Status, TagCategory, WorkKind
from kensho.errors import FieldProblem, InvalidInputError
from kensho.http.pooled import pooled
from kensho.http.privacy import PUBLIC
from kensho.http.responses import PreparedResponse
from kensho.read_model.model import ReadModel
from kensho.web import filtered_lists, urls
from kensho.web.filtered_lists import FilterChoice, FilterGroup, ListPage
from kensho.web.forms import get_page
from kensho.web.page_context import GivenPageContext, PageContext

PER_PAGE: Final = 40
"""Eight rows of the five works that a grid shows beside filters on a laptop."""
SORTS: Final[tuple[WorkSorting, ...]] = ("popularity", "rating", "score", "date", "title")
_MOST_TAGS: Final = 24
"""Tags of a category that are offered; a page shows eight and unfolds the rest."""
_NAMED: Final = ("tag", "studio")
"""Filters whose value a viewer types: of a wrong one the page tells what is nearest."""


class BrowseForm(msgspec.Struct, frozen=True, rename={"since": "from", "until": "to"}):
    """Which works are shown; several genres, themes and demographics come by commas.

    `score` is the lowest, `page` counts from 1.
    """

    kind: WorkKind | None = None
    type: AnimeType | None = None
    genre: str | None = None
    theme: str | None = None
    demographic: str | None = None
    tag: str | None = None
    studio: str | None = None
    since: int | None = None
    until: int | None = None
    season: Season | None = None
    status: Status | None = None
    length: Length | None = None
    score: int | None = None
    franchise: InFranchise | None = None
    sort: WorkSorting = "popularity"
    page: int = 1


class ChosenFilter(NamedTuple):
    """A filter that is set: its name, what it asks for, and the list without it."""

    name: str
    label: str
    href: str


class BrowseList(NamedTuple):
    """The works that pass, and what of the form could not be read."""

    masks: FilterMasks
    problems: list[FieldProblem]


class BrowsePageController(Controller):
    """Works of all years."""

    path = "/browse"
    opt = PUBLIC

    @get_page()
    @pooled
    def browse(self, context: GivenPageContext, form: BrowseForm) -> PreparedResponse:
        """Show works of all years."""
        page = ListPage(urls.browse(), parameters(form))
        found = listed(context, form)
        nodes = found.masks.nodes()
        facets = context.services.facets.of(context.model).browsing(found.masks)
        part = filtered_lists.page_of(nodes, form.page, PER_PAGE)
        chosen = list(_chosen(context, page))
        return context.page(
            "browse.html.jinja",
            form=form,
            page=page,
            works=context.listed_works(part.nodes),
            part=part,
            hidden=found.masks.adult_hidden,
            problems=found.problems,
            sorts=SORTS,
            chosen=chosen,
            filters=list(_groups(context, page, facets)),
            random_url=urls.with_query("/browse/random", {**page.parameters, "page": None}),
            last_year=context.services.calendar.last_year,
        )

    @get_page("/random")
    async def random(self, context: GivenPageContext, form: BrowseForm) -> Redirect:
        """Lead to a work that passes the filters, or back to the list where none does."""
        nodes = listed(context, form).masks.nodes()
        if len(nodes):
            chosen = int(nodes[context.services.chosen(len(nodes))])
            url = context.url_of(context.model.id(chosen))
        else:
            url = urls.with_query(urls.browse(), parameters(form))
        return Redirect(url, status_code=302, headers={"cache-control": "no-store"})


def listed(context: PageContext, form: BrowseForm) -> BrowseList:
    """Return the works that pass the filters of a form, in its order.

    A tag or studio that there is not is left out and told.

    Raises:
        InvalidInputError: no work can have one of the years.
    """
    texts = FilterTexts(
        kind=form.kind,
        type=form.type,
        status=form.status,
        season=form.season,
        since=form.since,
        until=form.until,
        score=form.score,
        length=form.length,
        franchise=form.franchise,
        tag=tuple(_tags(form)) or None,
        studio=form.studio,
        safe=context.is_safe,
    )
    problems: list[FieldProblem] = []
    model, calendar = context.model, context.services.calendar
    try:
        filters = checked(model, texts, calendar)
    except InvalidInputError as error:
        problems = list(error.problems)
        if any(one.field not in _NAMED for one in problems):
            raise
        dropped: dict[str, Any] = {one.field: None for one in problems}
        filters = checked(model, msgspec.structs.replace(texts, **dropped), calendar)
    return BrowseList(FilterMasks(model, filters, context.ordered(form.sort)), problems)


def parameters(form: BrowseForm) -> dict[str, object]:
    """Return the parameters of the address that has this form, without those left as they are."""
    named: dict[str, object] = {
        field.encode_name: getattr(form, field.name)
        for field in msgspec.structs.fields(BrowseForm)
        if getattr(form, field.name) != field.default
    }
    return named


def _tags(form: BrowseForm) -> Iterator[str]:
    """Yield the names of tags that a form asks for."""
    for category in FACET_CATEGORIES:
        yield from _several(getattr(form, category))
    if form.tag is not None:
        yield form.tag


def _several(text: object) -> list[str]:
    """Return the names of a list by commas, each once."""
    names = str(text or "").split(",")
    return [*dict.fromkeys(name.strip().casefold() for name in names if name.strip())]


def _chosen(context: PageContext, page: ListPage) -> Iterator[ChosenFilter]:
    """Yield the filters that are set, each with the list without it."""
    messages = context.messages
    for name, value in page.parameters.items():
        if name in FACET_CATEGORIES:
            names = _several(value)
            for one in names:
                rest = ",".join(other for other in names if other != one)
                yield ChosenFilter(name, messages.tag(one), page.url(**{name: rest}))
        elif name not in ("sort", "page"):
            yield ChosenFilter(name, _value_label(context, name, value), page.url(**{name: None}))


def _value_label(context: PageContext, name: str, value: object) -> str:
    messages = context.messages
    if name == "tag":
        return messages.tag(str(value))
    if name in ("score", "from", "to"):
        return messages.format(f"browse.{name}_value", n=value)
    return messages.label({"kind": "film_kind"}.get(name, name), str(value))


def _groups(context: PageContext, page: ListPage, facets: BrowseFacets) -> Iterator[FilterGroup]:
    """Yield the filters with the values that leave works, and how many."""
    yield _group(context, page, "type", facets.type)
    for category in FACET_CATEGORIES:
        yield FilterGroup(category, _tag_choices(context, page, facets, category))
    yield FilterGroup("decade", list(_decades(context, page, facets.decade)))
    yield _group(context, page, "status", facets.status)
    yield _group(context, page, "length", {one: facets.length.get(one, 0) for one in LENGTHS})
    yield _group(context, page, "score", {str(low): n for low, n in facets.score.items()})
    franchise = {one: facets.franchise.get(one, 0) for one in IN_FRANCHISE}
    yield _group(context, page, "franchise", franchise)


def _group(
    context: PageContext, page: ListPage, name: str, counts: Mapping[Any, int]
) -> FilterGroup:
    chosen = page.parameters.get(name)
    return FilterGroup(
        name,
        [
            FilterChoice(
                _value_label(context, name, value),
                count,
                page.url(**{name: None if value == str(chosen) else value}),
                value == str(chosen),
            )
            for value, count in counts.items()
            if count or value == str(chosen)
        ],
    )


def _decades(
    context: PageContext, page: ListPage, decades: dict[int, int]
) -> Iterator[FilterChoice]:
    """Yield decades, which set the first and the last year."""
    for decade, works in decades.items():
        first, last = decade, min(decade + 9, context.services.calendar.last_year)
        is_on = (page.parameters.get("from"), page.parameters.get("to")) == (first, last)
        href = page.url(**{"from": None if is_on else first, "to": None if is_on else last})
        yield FilterChoice(context.messages.format("browse.decade", n=decade), works, href, is_on)


def _tag_choices(
    context: PageContext, page: ListPage, facets: BrowseFacets, category: TagCategory
) -> list[FilterChoice]:
    """Return the tags of a category, the commonest first; a link adds one, or takes it off."""
    chosen = _several(page.parameters.get(category))
    numbers = _most_common(context.model, facets.tag, category)
    choices: list[FilterChoice] = []
    for number in numbers:
        name = context.model.tag_names[number]
        is_on = name in chosen
        names = [one for one in chosen if one != name] if is_on else [*chosen, name]
        href = page.url(**{category: ",".join(names)})
        choices.append(
            FilterChoice(context.messages.tag(name), int(facets.tag[number]), href, is_on)
        )
    return choices


def _most_common(model: ReadModel, counts: Counts, category: TagCategory) -> Iterable[int]:
    of_category = [number for number, tag in enumerate(model.tags) if tag.category == category]
    present = [number for number in of_category if counts[number]]
    return sorted(present, key=lambda number: (-counts[number], number))[:_MOST_TAGS]
