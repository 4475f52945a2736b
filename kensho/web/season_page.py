"""`/browse`: the seasons of broadcasting, and what was first shown in each."""

import datetime as dt
from typing import Final, NamedTuple

import msgspec
from litestar import Controller
from litestar.params import FromPath
from litestar.response import Redirect

from kensho.discovery import browse
from kensho.discovery.browse import Sorting
from kensho.discovery.filters import ALL_WORKS, Filters
from kensho.domain.works import MIN_YEAR, SEASONS, AnimeType, Season
from kensho.errors import NotFoundError
from kensho.http.pooled import pooled
from kensho.http.privacy import PUBLIC
from kensho.http.responses import PreparedResponse
from kensho.web import filtered_lists, urls
from kensho.web.filtered_lists import ListPage
from kensho.web.forms import get_page
from kensho.web.page_context import GivenPageContext, PageContext

PER_PAGE: Final = 60
"""Ten rows of the six works that a grid shows side by side on a laptop."""
SORTS: Final[tuple[Sorting, ...]] = ("rating", "score", "title")
_MONTHS: Final = 3
_MOST_BACK: Final = 40
"""Seasons before today's in which the latest with works is looked for: ten years."""
_MOST_TAGS: Final = 12
"""As many as fit into two rows."""


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


class SeasonForm(msgspec.Struct, frozen=True):
    """How a season is listed; `page` counts from 1."""

    type: AnimeType | None = None
    tag: str | None = None
    sort: Sorting = "rating"
    page: int = 1


class SeasonJumpForm(msgspec.Struct, frozen=True):
    """Which season to go to."""

    year: int | None = None
    season: Season | None = None


class SeasonPageController(Controller):
    """Seasons."""

    path = "/browse"
    opt = PUBLIC

    @get_page()
    async def go(self, context: GivenPageContext, form: SeasonJumpForm) -> Redirect:
        """Lead to the season that a form names, or to the latest one that has works."""
        latest = latest_season(context)
        url = urls.season(form.year or latest.year, form.season or latest.name)
        return Redirect(url, status_code=302, headers={"cache-control": "no-store"})

    @get_page("/{year:str}/{season:str}")
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
        model = context.model
        filters = Filters(type=form.type, tag=form.tag, safe=context.is_safe)
        nodes = browse.season(model, chosen.year, chosen.name, ALL_WORKS, form.sort)
        if form.sort == "title":
            nodes = context.titles.sorted(nodes)
        found = context.filtered(nodes, filters)
        pages_total = max(1, -(-len(found.nodes) // PER_PAGE))
        page_number = min(max(1, form.page), pages_total)
        first = (page_number - 1) * PER_PAGE
        page = ListPage(urls.season(*chosen), _parameters(form))
        return context.page(
            "season.html.jinja",
            season=chosen,
            previous=_neighbour(context, chosen, -1),
            next=_neighbour(context, chosen, 1),
            works=filtered_lists.summaries(model, found.nodes[first : first + PER_PAGE]),
            total=len(found.nodes),
            hidden=found.hidden,
            form=form,
            page=page,
            page_number=page_number,
            pages_total=pages_total,
            sorts=SORTS,
            filters=filtered_lists.filter_groups(
                page, found.facets, ("type", "tag"), context.messages
            ),
            most_tags=_MOST_TAGS,
            last_year=context.services.calendar.last_year,
        )


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
    sort = None if form.sort == "rating" else form.sort
    page = None if form.page == 1 else form.page
    return {"type": form.type, "tag": form.tag, "sort": sort, "page": page}
