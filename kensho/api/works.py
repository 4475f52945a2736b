"""`/api/works`: all works, filtered and sorted."""

from collections.abc import Sequence
from typing import Annotated, Final, TypeAlias

import msgspec
from litestar import Controller
from litestar.openapi.spec import Example
from litestar.params import QueryParameter

from kensho.api import examples
from kensho.api.operations import Documented, get_operation
from kensho.api.parameters import (
    DEFAULT_LIMIT,
    Cursor,
    Limit,
    OfSeason,
    OfStatus,
    OfType,
    OfYear,
    Safe,
    StudioName,
    TagText,
    listing,
    with_lists,
)
from kensho.api.providers import GivenWorkLists
from kensho.discovery.field_selection import fields_named
from kensho.discovery.filter_values import FilterTexts
from kensho.discovery.search_views import HiddenCounts
from kensho.discovery.work_lists import WorkItem, WorkList, WorkListRequest, WorkSorting
from kensho.discovery.works import DETAIL_FIELDS
from kensho.http.pooled import pooled
from kensho.http.privacy import PUBLIC
from kensho.http.request_costs import costing
from kensho.http.responses import PreparedResponse

_FIELDS: Final = tuple(dict.fromkeys((*WorkItem.__struct_fields__, *DETAIL_FIELDS)))
_ITEM: Final = WorkItem(
    **msgspec.structs.asdict(examples.SUMMARY), kind="anime", year=1998, season="spring"
)

SortedBy: TypeAlias = Annotated[
    WorkSorting,
    QueryParameter(
        description="`popularity`, `rating` (IMDb's, then votes) and `score` from high to low, "
        "`date` from the latest on, `title` from A to Z.",
        examples=[Example(value="popularity")],
    ),
]
WorkFields: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        schema_extra={"pattern": listing(_FIELDS)},
        description=f"Fields of each work, by commas: {', '.join(_FIELDS)}.",
        examples=[Example(value="id,title,year,sources")],
    ),
]


class WorksQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which works are asked for, and which part of them."""

    type: OfType = None
    status: OfStatus = None
    year: OfYear = None
    season: OfSeason = None
    tag: TagText = None
    studio: StudioName = None
    sort: SortedBy = "popularity"
    safe: Safe = None
    limit: Limit = DEFAULT_LIMIT
    cursor: Cursor = None
    fields: WorkFields = None


class WorksController(Controller):
    """All works."""

    path = "/api/works"
    opt = PUBLIC
    tags: Sequence[str] | None = ("browse",)

    @get_operation(
        None,
        Documented("Browse all works", "A page of works."),
        WorkList([_ITEM], 1, HiddenCounts(0), None),
        opt=with_lists(costing(2, fields=2)),
    )
    @pooled
    def list_works(self, lists: GivenWorkLists, query: WorksQuery) -> PreparedResponse[WorkList]:
        """Return the works of all years that pass the filters, the best known first by default.

        Works that lack the value they are sorted by come last.
        """
        request = WorkListRequest(
            filters=FilterTexts(
                type=query.type,
                status=query.status,
                season=query.season,
                year=query.year,
                tag=query.tag,
                studio=query.studio,
                safe=lists.hides_adult(query.safe),
            ),
            sort=query.sort,
            limit=query.limit,
            cursor=query.cursor,
            fields=fields_named(query.fields, _FIELDS),
        )
        return PreparedResponse(lists.page(request), lists.identity)
