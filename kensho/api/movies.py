"""`/api/movies`: the films of the graph, best first, and one film."""

from collections.abc import Sequence
from typing import Annotated, NamedTuple, TypeAlias
from uuid import UUID

from litestar import Controller
from litestar.openapi.spec import Example
from litestar.params import QueryParameter

from kensho.api import examples
from kensho.api.operations import Documented, get_operation
from kensho.api.parameters import (
    DEFAULT_LIMIT,
    AsOf,
    Cursor,
    DetailFields,
    Limit,
    Safe,
    SummaryFields,
    WorkId,
    is_past,
    then,
)
from kensho.api.providers import GivenBrowse, GivenWorks
from kensho.discovery.browse import BrowseService, FilmList, FilmsRequest
from kensho.discovery.field_selection import fields_named
from kensho.discovery.works import DETAIL_FIELDS, SUMMARY_FIELDS, WorkService
from kensho.http.pooled import pooled_if
from kensho.http.privacy import PUBLIC
from kensho.http.request_costs import costing
from kensho.http.responses import PreparedResponse
from kensho.read_model.views import Detail

FilmYear: TypeAlias = Annotated[
    int | None,
    QueryParameter(
        description="Films of this year: 1900 up to five ahead.", examples=[Example(value=2001)]
    ),
]


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
        browse: GivenBrowse,
        year: FilmYear = None,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
        fields: SummaryFields = None,
        safe: Safe = None,
    ) -> PreparedResponse[FilmList]:
        """Return films by IMDb rating, then votes, then title; unrated ones last."""
        return films_answer(browse, FilmsQuery(year, limit, cursor, fields, safe))

    @get_operation(
        "/{work_id:str}",
        Documented("Read a film", "The film."),
        examples.DETAIL,
        opt=costing(1, as_of=30),
    )
    @pooled_if(is_past)
    def read(
        self,
        works: GivenWorks,
        work_id: WorkId,
        fields: DetailFields = None,
        as_of: AsOf = None,
    ) -> PreparedResponse[Detail]:
        """Return all that is known of a film, with its neighbours one hop away."""
        return film_answer(works, work_id, fields, as_of)


class FilmsQuery(NamedTuple):
    """Which films are asked for, as the parameters spell it."""

    year: int | None
    limit: int
    cursor: str | None
    fields: str | None
    safe: bool | None


def films_answer(browse: BrowseService, query: FilmsQuery) -> PreparedResponse[FilmList]:
    """Return a page of films; raises as `BrowseService.films`."""
    request = FilmsRequest(
        year=query.year,
        cursor=query.cursor,
        limit=query.limit,
        safe=browse.hides_adult(query.safe),
        fields=fields_named(query.fields, SUMMARY_FIELDS),
    )
    return PreparedResponse(browse.films(request), browse.identity)


def film_answer(
    works: WorkService,
    work_id: UUID,
    fields: str | None,
    as_of: str | None,
    *,
    keep: bool = True,
) -> PreparedResponse[Detail]:
    """Return a film, as of now or then; raises as `WorkService.film`."""
    works = works.as_of(as_of)
    found = works.film(work_id, fields_named(fields, DETAIL_FIELDS))
    return PreparedResponse(found, works.identity, meta=then(works.past), keep=keep)
