"""`/`: search, franchises to start from, and what is on."""

from typing import Final

from litestar import Controller, get

from kensho.discovery import browse
from kensho.discovery.facets import Filters
from kensho.http.privacy import PUBLIC
from kensho.http.response_cache import PreparedResponse
from kensho.web import listing
from kensho.web.browse import latest
from kensho.web.page_context import GivenPageContext
from kensho.web.seasons import SeasonOfYear

_SHOWN: Final = 18
_FEATURED: Final = 8


class HomePageController(Controller):
    """The first page."""

    path = "/"
    opt = PUBLIC

    @get()
    async def home(self, desk: GivenPageContext) -> PreparedResponse:
        """Show where to start."""
        model = desk.model
        season = latest(desk)
        nodes = browse.season(model, season.year, season.name, browse.BrowseFilters(), "rating")
        found = desk.sifting.of(model, nodes, Filters(safe=desk.searching.safe))
        return desk.page(
            "home.html.jinja",
            model.identity,
            tag=f"{model.identity}x{season.year}{season.name}".encode(),
            keep=False,  # the season changes by the calendar, not by the graph
            season=season,
            is_now=season == SeasonOfYear.of(desk.today()),
            works=listing.summaries(model, found.nodes[:_SHOWN]),
            total=len(found.nodes),
            franchises_total=len(model.hubs),
            franchises=listing.hub_cards(model, model.hubs.listed[:_FEATURED]),
        )
