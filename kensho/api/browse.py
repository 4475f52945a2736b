"""`/api/browse`: what was broadcast in a season of a year."""

from collections.abc import Sequence
from typing import Annotated, TypeAlias

import msgspec
from litestar import Controller
from litestar.openapi.spec import Example
from litestar.params import PathParameter, QueryParameter

from kensho.api import examples
from kensho.api.operations import Documented, get_operation
from kensho.api.parameters import (
    DEFAULT_LIMIT,
    Limit,
    OfStatus,
    OfType,
    PageNumber,
    Safe,
    SummaryFields,
    TagText,
    any_case,
    with_lists,
)
from kensho.api.providers import GivenBrowse
from kensho.discovery.browse import Pagination, SeasonPage, SeasonRequest, Sorting
from kensho.discovery.field_selection import fields_named
from kensho.discovery.filter_values import FilterTexts, filters_of, season_named
from kensho.discovery.works import SUMMARY_FIELDS
from kensho.domain.works import SEASONS
from kensho.http.privacy import PUBLIC
from kensho.http.responses import PreparedResponse

Year: TypeAlias = Annotated[
    int, PathParameter(description="1900 up to five years ahead.", examples=[Example(value=1998)])
]
SeasonName: TypeAlias = Annotated[
    str,
    PathParameter(
        schema_extra={"pattern": f"^{any_case(SEASONS)}$"},
        description="winter, spring, summer or fall, in any case.",
        examples=[Example(value="spring")],
    ),
]
SortedBy: TypeAlias = Annotated[
    Sorting,
    QueryParameter(
        description="`rating` (IMDb's) and `score` from high to low, `title` from A to Z.",
        examples=[Example(value="score")],
    ),
]


class SeasonQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which page of a season is asked for, and what is left out of it."""

    page: PageNumber = 1
    limit: Limit = DEFAULT_LIMIT
    type: OfType = None
    status: OfStatus = None
    tag: TagText = None
    sort: SortedBy = "rating"
    fields: SummaryFields = None
    safe: Safe = None


class BrowseController(Controller):
    """Seasons."""

    path = "/api/browse"
    opt = PUBLIC
    tags: Sequence[str] | None = ("browse",)

    @get_operation(
        "/season/{year:str}/{season:str}",
        Documented("Browse a season", "A page of the season."),
        SeasonPage([examples.SUMMARY], Pagination(1, 20, 1, 1)),
        opt=with_lists({}),
    )
    async def browse_season(
        self, browse: GivenBrowse, year: Year, season: SeasonName, query: SeasonQuery
    ) -> PreparedResponse[SeasonPage]:
        """Return the works first broadcast in a season, best IMDb rating first by default."""
        texts = FilterTexts(
            type=query.type,
            status=query.status,
            tag=query.tag,
            safe=browse.hides_adult(query.safe),
        )
        request = SeasonRequest(
            year=year,
            season=season_named(season),
            filters=filters_of(browse.model, texts),
            sort=query.sort,
            page=query.page,
            limit=query.limit,
            fields=fields_named(query.fields, SUMMARY_FIELDS),
        )
        return PreparedResponse(browse.season(request), browse.identity)
