"""`/api/browse`: what was broadcast in a season of a year."""

from collections.abc import Sequence
from typing import Annotated, Final, TypeAlias, cast

import msgspec
from litestar import Controller
from litestar.openapi.spec import Example
from litestar.params import PathParameter, QueryParameter

from kensho.api import examples
from kensho.api.operations import Documented, get_operation
from kensho.api.parameters import DEFAULT_LIMIT, Limit, PageNumber, SummaryFields, TagText
from kensho.api.services import GivenServices
from kensho.discovery import browse, splicing, works
from kensho.discovery.browse import BrowseFilters, Sorting
from kensho.domain.works import SEASONS, AnimeType, Season, Status
from kensho.http.privacy import PUBLIC
from kensho.http.responses import PreparedResponse
from kensho.read_model.views import Summary

ANY_CASE: Final = "^({})$".format(
    "|".join("".join(f"[{c.upper()}{c}]" for c in season) for season in SEASONS)
)
"""JSON Schema's patterns have no flag for that."""

Year: TypeAlias = Annotated[
    int, PathParameter(description="1900 up to five years ahead.", examples=[Example(value=1998)])
]
SeasonName: TypeAlias = Annotated[
    str,
    PathParameter(
        pattern=ANY_CASE,
        description="winter, spring, summer or fall, in any case.",
        examples=[Example(value="spring")],
    ),
]
OfType: TypeAlias = Annotated[
    AnimeType | None,
    QueryParameter(description="Works of this type.", examples=[Example(value="tv")]),
]
OfStatus: TypeAlias = Annotated[
    Status | None,
    QueryParameter(description="Works in this status.", examples=[Example(value="finished")]),
]
SortedBy: TypeAlias = Annotated[
    Sorting,
    QueryParameter(
        description="`rating` (IMDb's) and `score` from high to low, `title` from A to Z.",
        examples=[Example(value="score")],
    ),
]


class Pagination(msgspec.Struct, frozen=True):
    """Where a page stands among all pages."""

    page: int
    limit: int
    total_pages: int
    total_items: int


class SeasonPage(msgspec.Struct, frozen=True):
    """A page of a season."""

    anime: list[Summary]
    pagination: Pagination


class BrowseController(Controller):
    """Seasons."""

    path = "/api/browse"
    opt = PUBLIC
    tags: Sequence[str] | None = ("browse",)

    @get_operation(
        "/season/{year:str}/{season:str}",
        Documented("Browse a season", "A page of the season."),
        SeasonPage([examples.SUMMARY], Pagination(1, 20, 1, 1)),
    )
    async def browse_season(  # noqa: PLR0913, PLR0917 -- Litestar declares one parameter by one argument
        self,
        desk: GivenServices,
        year: Year,
        season: SeasonName,
        page: PageNumber = 1,
        limit: Limit = DEFAULT_LIMIT,
        type: OfType = None,  # noqa: A002 -- the parameter's public name
        status: OfStatus = None,
        tag: TagText = None,
        sort: SortedBy = "rating",
        fields: SummaryFields = None,
    ) -> PreparedResponse[SeasonPage]:
        """Return the works first broadcast in a season, best IMDb rating first by default."""
        model = desk.model
        desk.calendar.check(year)
        chosen = splicing.chosen(fields, works.SUMMARY_FIELDS)
        name = cast("Season", season.lower())
        nodes = browse.season(
            model, year, name, BrowseFilters(type=type, status=status, tag=tag), sort
        )
        total = len(nodes)
        body = splicing.assembled(
            anime=browse.page_of(model, nodes[(page - 1) * limit : page * limit], chosen),
            pagination=splicing.encoded(Pagination(page, limit, -(-total // limit), total)),
        )
        return PreparedResponse(body, model.identity)
