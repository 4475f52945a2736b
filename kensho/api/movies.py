"""`/api/movies`: the films of the graph, best first, and one film."""

from collections.abc import Sequence
from typing import Annotated, TypeAlias

import msgspec
from litestar import Controller
from litestar.openapi.spec import Example
from litestar.params import QueryParameter

from kensho.api import examples
from kensho.api.operations import Documented, get_operation
from kensho.api.parameters import DEFAULT_LIMIT, Cursor, DetailFields, Limit, SummaryFields, WorkId
from kensho.api.services import GivenServices
from kensho.discovery import browse, splicing, works
from kensho.discovery.cursors import OrderedList
from kensho.http.privacy import PUBLIC
from kensho.http.responses import PreparedResponse
from kensho.read_model.views import Detail, Summary

FilmYear: TypeAlias = Annotated[
    int | None,
    QueryParameter(
        description="Films of this year: 1900 up to five ahead.", examples=[Example(value=2001)]
    ),
]


class FilmList(msgspec.Struct, frozen=True):
    """A page of films; `total` counts all pages, `next_cursor` is null on the last."""

    movies: list[Summary]
    total: int
    next_cursor: str | None


class MoviesController(Controller):
    """Films: works that are no part of a series' broadcast."""

    path = "/api/movies"
    opt = PUBLIC
    tags: Sequence[str] | None = ("movies",)

    @get_operation(
        None, Documented("List films", "A page of films."), FilmList([examples.FILM], 1, None)
    )
    async def list_films(
        self,
        desk: GivenServices,
        year: FilmYear = None,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
        fields: SummaryFields = None,
    ) -> PreparedResponse[FilmList]:
        """Return films by IMDb rating, then votes, then title; unrated ones last."""
        model = desk.model
        if year is not None:
            desk.calendar.check(year)
        chosen = splicing.chosen(fields, works.SUMMARY_FIELDS)
        ordered = OrderedList(desk.films.nodes(model, year), model.identity, model.id, model.node)
        part = desk.cursors.cut(ordered, f"movies?year={year}", cursor, limit)
        body = splicing.assembled(
            movies=browse.page_of(model, part.nodes, chosen),
            total=b"%d" % part.total,
            next_cursor=splicing.encoded(part.next_cursor),
        )
        return PreparedResponse(body, model.identity)

    @get_operation("/{work_id:str}", Documented("Read a film", "The film."), examples.DETAIL)
    async def read(
        self, desk: GivenServices, work_id: WorkId, fields: DetailFields = None
    ) -> PreparedResponse[Detail]:
        """Return all that is known of a film, with its neighbours one hop away."""
        model = desk.model
        chosen = splicing.chosen(fields, works.DETAIL_FIELDS)
        return PreparedResponse(
            works.document(model, works.locate_film(model, work_id), chosen), model.identity
        )
