"""`/browse/{year}/{season}`: what was first shown in a season, and what went on from earlier ones.

Guarantees: a section shows the first works of its sort and how many there are; the rest is one link
away, in the list of all works. Dates to come are those of the snapshot, whose day the page tells.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import msgspec
import numpy as np
from litestar import Controller
from litestar.params import FromPath
from litestar.response import Redirect

from kensho.discovery.adult import works_shown
from kensho.discovery.filters import FilterMasks, Filters, Nodes
from kensho.discovery.listed_works import BriefEntry
from kensho.discovery.work_lists import WorkSorting
from kensho.domain.works import MIN_YEAR, SEASONS, AnimeType, Season
from kensho.errors import NotFoundError
from kensho.http.pooled import pooled
from kensho.http.privacy import PUBLIC
from kensho.http.responses import PreparedResponse
from kensho.read_model.columns import ANIME_TYPES
from kensho.web import filtered_lists, urls
from kensho.web.filtered_lists import ListPage
from kensho.web.forms import get_page
from kensho.web.page_context import GivenPageContext, PageContext

SORTS: Final[tuple[WorkSorting, ...]] = ("popularity", "rating", "score", "date", "title")
_MONTHS: Final = 3
_MOST_BACK: Final = 40
"""Seasons before today's in which the latest with works is looked for: ten years."""
_MOST_TAGS: Final = 12
"""As many as fit into two rows."""
_LEFTOVER_DAYS: Final = 28
"""A leftover goes on for four weeks of a season: the last episodes of many series are shown in the
first days of the next one."""


class _Sort(NamedTuple):
    """A sort of works of a season: its types, and how many are shown at once."""

    name: str
    types: tuple[AnimeType, ...]
    most: int
    is_folded: bool = False


# Rows of six works, as many as a page of 20 ms holds: six of television, what most come for.
_SECTIONS: Final = (
    _Sort("tv", ("tv",), 36),
    _Sort("films", ("movie",), 6),
    _Sort("ova", ("ova", "ona"), 6),
    _Sort("specials", ("special", "unknown"), 24, is_folded=True),
)
_LEFTOVERS: Final = "leftovers"
_MOST_LEFTOVERS: Final = 36
"""As many as fit into twelve lines of three; they stand without posters, as specials do."""


class SeasonSection(NamedTuple):
    """Works of one sort: the first of them, how many there are, and where all are listed."""

    name: str
    works: Sequence[BriefEntry]
    total: int
    is_folded: bool
    links: Sequence[tuple[str, str]]

    @property
    def is_brief(self) -> bool:
        """Whether works stand without posters: those that are not what a season is opened for."""
        return self.is_folded or self.name == _LEFTOVERS


class SeasonOfYear(NamedTuple):
    """A season: winter begins in January, spring in April, summer in July, fall in October."""

    year: int
    name: Season

    @classmethod
    def of(cls, day: dt.date) -> "SeasonOfYear":
        """Return the season that a day lies in."""
        return cls(day.year, SEASONS[(day.month - 1) // _MONTHS])

    def moved(self, by: int) -> "SeasonOfYear":
        """Return the season so many seasons later, or earlier."""
        year, place = divmod(self.year * len(SEASONS) + SEASONS.index(self.name) + by, len(SEASONS))
        return SeasonOfYear(year, SEASONS[place])

    @property
    def first_day(self) -> dt.date:
        """Return the day on which the season begins."""
        return dt.date(self.year, SEASONS.index(self.name) * _MONTHS + 1, 1)


class SeasonForm(msgspec.Struct, frozen=True):
    """How a season is listed."""

    tag: str | None = None
    sort: WorkSorting = "popularity"


class SeasonJumpForm(msgspec.Struct, frozen=True):
    """Which season to go to."""

    year: int | None = None
    season: Season | None = None


class SeasonJumpController(Controller):
    """The latest season."""

    path = "/seasons"
    opt = PUBLIC

    @get_page()
    async def go(self, context: GivenPageContext, form: SeasonJumpForm) -> Redirect:
        """Lead to the season that a form names, or to the latest one that has works."""
        latest = latest_season(context)
        url = urls.season(form.year or latest.year, form.season or latest.name)
        return Redirect(url, status_code=302, headers={"cache-control": "no-store"})


class SeasonPageController(Controller):
    """Seasons."""

    path = "/browse/{year:str}/{season:str}"
    opt = PUBLIC

    @get_page()
    @pooled
    def season(
        self,
        context: GivenPageContext,
        form: SeasonForm,
        year: FromPath[str],
        season: FromPath[str],
    ) -> PreparedResponse:
        """Show a season."""
        chosen = _season(context, year, season)
        ordered = context.ordered(form.sort)
        filters = Filters(year=chosen.year, season=chosen.name, tag=form.tag, safe=context.is_safe)
        masks = FilterMasks(context.model, filters, ordered)
        nodes = masks.nodes()
        facets = context.services.facets.of(context.model).facets(masks)
        page = ListPage(urls.season(*chosen), _parameters(form))
        return context.page(
            "season.html.jinja",
            season=chosen,
            previous=_neighbour(context, chosen, -1),
            next=_neighbour(context, chosen, 1),
            sections=list(_sections(context, chosen, form, ordered, nodes)),
            total=len(nodes),
            hidden=masks.adult_hidden,
            form=form,
            page=page,
            sorts=SORTS,
            filters=filtered_lists.filter_groups(page, facets, ("tag",), context.messages),
            most_tags=_MOST_TAGS,
            last_year=context.services.calendar.last_year,
        )


def first_works(context: PageContext, season: SeasonOfYear) -> Nodes:
    """Return the works of a season that a list shows, the best known first."""
    filters = Filters(year=season.year, season=season.name, safe=context.is_safe)
    return FilterMasks(context.model, filters, context.ordered("popularity")).nodes()


def _sections(
    context: PageContext, season: SeasonOfYear, form: SeasonForm, ordered: Nodes, nodes: Nodes
) -> Iterator[SeasonSection]:
    """Yield the sections that have works, what goes on after what began."""
    types = context.model.columns.anime_type[nodes]
    for sort in _SECTIONS:
        is_of_sort = np.isin(types, [ANIME_TYPES.index(one) for one in sort.types])
        of_sort = nodes[is_of_sort]
        if len(of_sort):
            read = context.brief_works if sort.is_folded else context.listed_works
            shown = read(of_sort[: sort.most])
            links = [
                (one, _all_url(season, one, form))
                for one in sort.types
                if len(of_sort) > sort.most and ANIME_TYPES.index(one) in types
            ]
            yield SeasonSection(sort.name, shown, len(of_sort), sort.is_folded, links)
        if sort.name == "tv":
            leftovers = _leftovers(context, season, form, ordered)
            if len(leftovers):
                went_on = context.brief_works(leftovers[:_MOST_LEFTOVERS])
                yield SeasonSection(_LEFTOVERS, went_on, len(leftovers), False, [])


def _leftovers(
    context: PageContext, season: SeasonOfYear, form: SeasonForm, ordered: Nodes
) -> Nodes:
    """Return the series that began earlier and went on in a season, in the order of the page."""
    model = context.model
    columns = context.services.orders.columns(model)
    begins = season.first_day
    found = columns.shown_since(begins, begins + dt.timedelta(_LEFTOVER_DAYS))
    goes_on = np.zeros(model.works_total, dtype=np.bool_)
    goes_on[works_shown(model, found, safe=context.is_safe)] = True
    goes_on[model.season_nodes(season.year, season.name)] = False
    filters = Filters(tag=form.tag, safe=False)
    return FilterMasks(model, filters, ordered[goes_on[ordered]]).nodes()


def _all_url(season: SeasonOfYear, anime_type: AnimeType, form: SeasonForm) -> str:
    """Return the list of all works of a type of a season."""
    years = {"from": season.year, "to": season.year}
    sort = None if form.sort == "popularity" else form.sort
    return urls.browse(type=anime_type, tag=form.tag, season=season.name, sort=sort, **years)


def latest_season(context: PageContext) -> SeasonOfYear:
    """Return the season of today, or the latest before it that has works."""
    now = SeasonOfYear.of(context.today)
    candidates = (now.moved(-back) for back in range(_MOST_BACK))
    return next((season for season in candidates if len(context.model.season_nodes(*season))), now)


def _season(context: PageContext, year: str, season: str) -> SeasonOfYear:
    name = season.lower()
    if not (year.isascii() and year.isdecimal()) or name not in SEASONS:
        raise NotFoundError(f"there is no season {season} {year}")
    context.services.calendar.check(int(year))
    return SeasonOfYear(int(year), SEASONS[SEASONS.index(name)])


def _neighbour(context: PageContext, season: SeasonOfYear, by: int) -> SeasonOfYear | None:
    """Return the season beside this one, or `None` beyond the years that there are."""
    other = season.moved(by)
    return other if MIN_YEAR <= other.year <= context.services.calendar.last_year else None


def _parameters(form: SeasonForm) -> dict[str, object]:
    return {"tag": form.tag, "sort": None if form.sort == "popularity" else form.sort}
