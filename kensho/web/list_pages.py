"""`/`, `/movies` and `/hubs`: the first page, and the lists of films and of franchises."""

from itertools import islice
from typing import Final

import msgspec
from litestar import Controller, get

from kensho.discovery import browse, franchises
from kensho.discovery.adult import franchises_shown
from kensho.discovery.cursors import OrderedList
from kensho.discovery.filters import ALL_WORKS, Filters
from kensho.http.pooled import pooled
from kensho.http.privacy import PUBLIC
from kensho.http.responses import PreparedResponse
from kensho.read_model.franchise_views import FranchiseSummary
from kensho.read_model.model import ReadModel
from kensho.web import filtered_lists, urls
from kensho.web.forms import get_page
from kensho.web.page_context import GivenPageContext
from kensho.web.season_page import SeasonOfYear, latest_season

FILMS_PER_PAGE: Final = 48
"""Eight rows of the six works that a grid shows side by side on a laptop."""
FRANCHISES_PER_PAGE: Final = 24
"""Six rows of the four small maps that a laptop shows side by side."""
_HOME_WORKS: Final = 18
"""Three rows of six."""
_HOME_FRANCHISES: Final = 8
"""Two rows of four, so that the season below is seen to follow."""
_COLLECTIONS: Final = 8
"""Two rows of four."""


class FilmsForm(msgspec.Struct, frozen=True):
    """Which films are asked for."""

    year: int | None = None
    cursor: str | None = None


class FranchiseListForm(msgspec.Struct, frozen=True):
    """Which part of the list is asked for."""

    cursor: str | None = None


class HomePageController(Controller):
    """The first page."""

    path = "/"
    opt = PUBLIC

    @get()
    @pooled
    def home(self, context: GivenPageContext) -> PreparedResponse:
        """Show where to start: search, popular franchises, and what is on."""
        model = context.model
        season = latest_season(context)
        nodes = browse.season(model, season.year, season.name, ALL_WORKS, "rating")
        found = context.filtered(nodes, Filters(safe=context.is_safe))
        listed = franchises_shown(model, model.franchises.listed, safe=context.is_safe)
        return context.page(
            "home.html.jinja",
            tag=f"{model.identity}x{season.year}{season.name}".encode(),
            keep=False,  # the season changes by the calendar, not by the graph
            season=season,
            is_now=season == SeasonOfYear.of(context.today),
            works=filtered_lists.summaries(model, found.nodes[:_HOME_WORKS]),
            total=len(found.nodes),
            franchises_total=len(listed),
            franchises=filtered_lists.franchise_summaries(model, listed[:_HOME_FRANCHISES]),
        )


class FilmsPageController(Controller):
    """The films that are catalogued by themselves, of all years or of one."""

    path = "/movies"
    opt = PUBLIC

    @get_page()
    @pooled
    def films(self, context: GivenPageContext, form: FilmsForm) -> PreparedResponse:
        """Show films, best IMDb rating first."""
        services, model, safe = context.services, context.model, context.is_safe
        if form.year is not None:
            services.calendar.check(form.year)
        found = context.filtered(services.films.of(model), Filters(year=form.year, safe=safe))
        films = OrderedList(found.nodes, model.identity, model.id, model.node)
        query = f"films?year={form.year}&safe={safe}"
        part = services.cursors.cut(films, query, form.cursor, FILMS_PER_PAGE)
        return context.page(
            "films.html.jinja",
            year=form.year,
            years=found.facets.year,
            works=filtered_lists.summaries(model, part.nodes),
            first=part.first,
            total=part.total,
            first_url=urls.films(form.year),
            next_url=part.next_cursor
            and urls.with_query(urls.films(), {"year": form.year, "cursor": part.next_cursor}),
            collections=[] if form.year or part.first else _collections(model, safe=safe),
        )


class FranchiseListController(Controller):
    """The franchises as small maps."""

    path = "/hubs"
    opt = PUBLIC

    @get_page()
    async def franchises(
        self, context: GivenPageContext, form: FranchiseListForm
    ) -> PreparedResponse:
        """Show franchises, the most popular first."""
        ordered = franchises.listed(context.snapshot, None, safe=context.is_safe)
        url = urls.franchises()
        part = context.services.cursors.cut(ordered, url, form.cursor, FRANCHISES_PER_PAGE)
        return context.page(
            "franchises.html.jinja",
            franchises=filtered_lists.franchise_summaries(context.model, part.nodes),
            first=part.first,
            total=part.total,
            first_url=url,
            next_url=part.next_cursor and urls.with_query(url, {"cursor": part.next_cursor}),
        )


def _collections(model: ReadModel, *, safe: bool) -> list[FranchiseSummary]:
    """Return the most popular franchises that begin with a film."""
    stored = model.franchises
    begun_by_film = (
        number
        for number in franchises_shown(model, stored.listed, safe=safe).tolist()
        if model.columns.film.item(int(stored.members(number)[0]))
    )
    return filtered_lists.franchise_summaries(model, islice(begun_by_film, _COLLECTIONS))
