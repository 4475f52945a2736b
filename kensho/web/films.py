"""`/movies`: the films that are catalogued by themselves, of all years or of one."""

from itertools import islice
from typing import Any, Final

import msgspec
from litestar import Controller, Request, get

from kensho.discovery.cursors import Ordered
from kensho.discovery.facets import Filters
from kensho.discovery.hub_views import HubCard
from kensho.graph.model import ReadModel
from kensho.platform.answers import Answer
from kensho.web import asking, listing, places
from kensho.web.desk import GivenWebDesk

PER_PAGE: Final = 48
_COLLECTIONS: Final = 8


class FilmsForm(msgspec.Struct, frozen=True):
    """Which films are asked for."""

    year: int | None = None
    cursor: str | None = None


class FilmsController(Controller):
    """The list of films."""

    path = "/movies"

    @get()
    async def films(self, desk: GivenWebDesk, request: Request[Any, Any, Any]) -> Answer:
        """Show films, best IMDb rating first."""
        form = asking.read(request, FilmsForm)
        if form.year is not None:
            desk.calendar.check(form.year)
        model = desk.model
        safe = desk.searching.safe
        found = desk.sifting.of(
            model, desk.films.nodes(model, None), Filters(year=form.year, safe=safe)
        )
        ordered = Ordered(found.nodes, model.revision, model.id, model.node)
        query = f"films?year={form.year}&safe={safe}"
        part = desk.cursors.cut(ordered, query, form.cursor, PER_PAGE)
        start = places.films(form.year)
        return desk.page(
            "films.html.jinja",
            model.revision,
            year=form.year,
            years=found.facets.year,
            works=listing.summaries(model, part.nodes),
            first=part.first,
            total=part.total,
            start=start,
            collections=[] if form.year or part.first else _collections(model),
            following=part.next_cursor
            and places.asking("/movies", {"year": form.year, "cursor": part.next_cursor}),
        )


def _collections(model: ReadModel) -> list[HubCard]:
    """Return the most popular franchises that are told from a film."""
    hubs = model.hubs
    told = (hub for hub in hubs.listed if model.kind(int(hubs.members(hub)[0])) == "movie")
    return listing.hub_cards(model, islice(told, _COLLECTIONS))
