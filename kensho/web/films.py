"""`/movies`: the films that are catalogued by themselves, of all years or of one."""

from itertools import islice
from typing import Any, Final

import msgspec
from litestar import Controller, Request, get

from kensho.discovery.cursors import OrderedList
from kensho.discovery.facets import Filters
from kensho.http.privacy import PUBLIC
from kensho.http.response_cache import PreparedResponse
from kensho.read_model.franchise_views import FranchiseSummary
from kensho.read_model.model import ReadModel
from kensho.web import forms, listing, urls
from kensho.web.page_context import GivenPageContext

PER_PAGE: Final = 48
_COLLECTIONS: Final = 8


class FilmsForm(msgspec.Struct, frozen=True):
    """Which films are asked for."""

    year: int | None = None
    cursor: str | None = None


class FilmsPageController(Controller):
    """The list of films."""

    path = "/movies"
    opt = PUBLIC

    @get()
    async def films(
        self, desk: GivenPageContext, request: Request[Any, Any, Any]
    ) -> PreparedResponse:
        """Show films, best IMDb rating first."""
        form = forms.read(request, FilmsForm)
        if form.year is not None:
            desk.calendar.check(form.year)
        model = desk.model
        safe = desk.searching.safe
        found = desk.sifting.of(
            model, desk.films.nodes(model, None), Filters(year=form.year, safe=safe)
        )
        ordered = OrderedList(found.nodes, model.identity, model.id, model.node)
        query = f"films?year={form.year}&safe={safe}"
        part = desk.cursors.cut(ordered, query, form.cursor, PER_PAGE)
        start = urls.films(form.year)
        return desk.page(
            "films.html.jinja",
            model.identity,
            year=form.year,
            years=found.facets.year,
            works=listing.summaries(model, part.nodes),
            first=part.first,
            total=part.total,
            start=start,
            collections=[] if form.year or part.first else _collections(model),
            following=part.next_cursor
            and urls.asking("/movies", {"year": form.year, "cursor": part.next_cursor}),
        )


def _collections(model: ReadModel) -> list[FranchiseSummary]:
    """Return the most popular franchises that are told from a film."""
    hubs = model.hubs
    told = (hub for hub in hubs.listed if model.kind(int(hubs.members(hub)[0])) == "movie")
    return listing.hub_cards(model, islice(told, _COLLECTIONS))
