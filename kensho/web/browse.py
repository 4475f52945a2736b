"""`/browse`: what was first shown in a season of a year."""

from typing import Any, Final

import msgspec
from litestar import Controller, Request, get
from litestar.params import FromPath
from litestar.response import Redirect

from kensho.discovery import browse
from kensho.discovery.browse import Sorting
from kensho.discovery.facets import Filters
from kensho.domain.works import MIN_YEAR, SEASONS, AnimeType, Season
from kensho.errors import NotFoundError
from kensho.http.privacy import PUBLIC
from kensho.http.response_cache import PreparedResponse
from kensho.read_model.model import ReadModel
from kensho.web import forms, listing, urls
from kensho.web.listing import ListPage
from kensho.web.page_context import GivenPageContext, PageContext
from kensho.web.seasons import SeasonOfYear

PER_PAGE: Final = 60
SORTS: Final[tuple[Sorting, ...]] = ("rating", "score", "title")
_LOOK_BACK: Final = 40
"""Seasons before today's in which the latest with works is looked for: ten years."""
_MOST_TAGS: Final = 12
_NO_FILTERS: Final = browse.BrowseFilters()


class SeasonForm(msgspec.Struct, frozen=True):
    """What a season is asked for with."""

    type: AnimeType | None = None
    tag: str | None = None
    sort: Sorting = "rating"
    page: int = 1


class GoForm(msgspec.Struct, frozen=True):
    """Which season to go to."""

    year: int | None = None
    season: Season | None = None


class SeasonPageController(Controller):
    """Seasons."""

    path = "/browse"
    opt = PUBLIC

    @get()
    async def go(self, desk: GivenPageContext, request: Request[Any, Any, Any]) -> Redirect:
        """Lead to the season that a form names, or to the latest one that has works."""
        form = forms.read(request, GoForm)
        now = latest(desk)
        place = urls.season(form.year or now.year, form.season or now.name)
        return Redirect(place, status_code=302, headers={"cache-control": "no-store"})

    @get("/{year:str}/{season:str}")
    async def season(
        self,
        desk: GivenPageContext,
        request: Request[Any, Any, Any],
        year: FromPath[str],
        season: FromPath[str],
    ) -> PreparedResponse:
        """Show a season."""
        form = forms.read(request, SeasonForm)
        asked = _season(desk, year, season)
        model = desk.model
        filters = Filters(type=form.type, tag=form.tag, safe=desk.searching.safe)
        nodes = browse.season(model, asked.year, asked.name, _NO_FILTERS, form.sort)
        found = desk.sifting.of(model, nodes, filters)
        pages = max(1, -(-len(found.nodes) // PER_PAGE))
        page_number = min(max(1, form.page), pages)
        first = (page_number - 1) * PER_PAGE
        page = ListPage(urls.season(*asked), _parameters(form))
        return desk.page(
            "season.html.jinja",
            model.identity,
            season=asked,
            before=_neighbour(desk, asked, -1),
            after=_neighbour(desk, asked, 1),
            works=listing.summaries(model, found.nodes[first : first + PER_PAGE]),
            total=len(found.nodes),
            hidden=found.hidden,
            form=form,
            page=page,
            page_number=page_number,
            pages=pages,
            sorts=SORTS,
            groups=listing.groups(page, found.facets, ("type", "tag"), desk.renderer.wording),
            most_tags=_MOST_TAGS,
            last_year=desk.calendar.last_year,
        )


def latest(desk: PageContext) -> SeasonOfYear:
    """Return the season of today, or the latest before it that has works."""
    model = desk.model
    now = SeasonOfYear.of(desk.today())
    candidates = (now.moved(-back) for back in range(_LOOK_BACK))
    return next((season for season in candidates if _has_works(model, season)), now)


def _has_works(model: ReadModel, season: SeasonOfYear) -> bool:
    return len(model.season_nodes(season.year, season.name)) > 0


def _season(desk: PageContext, year: str, season: str) -> SeasonOfYear:
    name = season.lower()
    if not (year.isascii() and year.isdecimal()) or name not in SEASONS:
        raise NotFoundError(f"there is no season {season} {year}")
    desk.calendar.check(int(year))
    return SeasonOfYear(int(year), SEASONS[SEASONS.index(name)])


def _neighbour(desk: PageContext, season: SeasonOfYear, by: int) -> SeasonOfYear | None:
    """Return the season beside this one, or `None` beyond the years that there are."""
    other = season.moved(by)
    return other if MIN_YEAR <= other.year <= desk.calendar.last_year else None


def _parameters(form: SeasonForm) -> dict[str, object]:
    sort = None if form.sort == "rating" else form.sort
    page = None if form.page == 1 else form.page
    return {"type": form.type, "tag": form.tag, "sort": sort, "page": page}
