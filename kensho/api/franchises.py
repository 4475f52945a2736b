"""`/api/franchises`: franchises, their graphs and their watch orders."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal, TypeAlias

from litestar import Controller
from litestar.openapi.spec import Example
from litestar.params import PathParameter, QueryParameter

from kensho.api import examples
from kensho.api.operations import Documented, get_operation
from kensho.api.parameters import DEFAULT_LIMIT, AsOf, Cursor, Limit, Safe, is_past, then
from kensho.api.providers import GivenFranchises
from kensho.api.search import TYPED
from kensho.discovery import exports
from kensho.discovery.franchises import FranchiseList
from kensho.discovery.query_interpretation import is_short
from kensho.domain.watch_order.order import Order
from kensho.http.pooled import pooled, pooled_if
from kensho.http.privacy import PUBLIC
from kensho.http.request_costs import costing
from kensho.http.responses import PreparedResponse, ResponseMeta, StreamedResponse
from kensho.read_model.franchise_views import FranchiseDetail, WatchOrderDocument
from kensho.read_model.graph_views import ExportNode, ExportNotice, FranchiseGraphDocument
from kensho.search.interpretations import MAX_CHARS

MAX_SLUG_CHARS: Final = 100
FormatName: TypeAlias = Literal["json", "graphml", "gexf", "cypher", "dot"]
Slug: TypeAlias = Annotated[
    str,
    PathParameter(
        min_length=1,
        max_length=MAX_SLUG_CHARS,
        description="The franchise's slug: given once and kept.",
        examples=[Example(value=examples.SLUG)],
    ),
]
Meant: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        min_length=1,
        max_length=MAX_CHARS,
        schema_extra={"pattern": TYPED},
        description="Franchises that this title means: their own, or that of one of their works.",
        examples=[Example(value="cowboy")],
    ),
]
InOrder: TypeAlias = Annotated[
    Order,
    QueryParameter(
        description="By release (recommended), the chronology of the story (`story`), or by release"
        " without what is optional.",
        examples=[Example(value="story")],
    ),
]
InFormat: TypeAlias = Annotated[
    FormatName,
    QueryParameter(
        name="format",
        description="In which form the graph is written.",
        examples=[Example(value="json")],
    ),
]


_GRAPH = FranchiseGraphDocument(
    ExportNotice(title="Kenshō: Cowboy Bebop", notes=(exports.NOTES[0],)),
    [
        ExportNode(
            id=str(examples.FIRST_ID),
            title=examples.SUMMARY.title,
            kind="anime",
            anime_type="tv",
            status="finished",
            year=1998,
            role="main",
            because="the franchise begins with it",
            sources=("mal:1",),
            synonyms=("カウボーイビバップ",),
        )
    ],
    [],
    [],
)


def _may_mean_many(q: str | None, **_: object) -> bool:
    return q is not None and is_short(q)


class FranchisesController(Controller):
    """Franchises: works that belong together, whatever their form."""

    path = "/api/franchises"
    opt = PUBLIC
    tags: Sequence[str] | None = ("franchises",)

    @get_operation(
        None,
        Documented("List franchises", "A page of franchises."),
        FranchiseList([examples.FRANCHISE_SUMMARY], 1, None),
    )
    @pooled_if(_may_mean_many)
    def list_franchises(
        self,
        franchises: GivenFranchises,
        q: Meant = None,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
        safe: Safe = None,
    ) -> PreparedResponse[FranchiseList]:
        """Return franchises by how well known their works are; with `q`, best match first."""
        found = franchises.franchises(q, cursor, limit, safe=franchises.hides_adult(safe))
        return PreparedResponse(found, franchises.identity)

    @get_operation(
        "/{slug:str}",
        Documented("Read a franchise", "The franchise."),
        examples.FRANCHISE,
        opt=costing(1, as_of=30),
    )
    @pooled_if(is_past)
    def read(
        self, franchises: GivenFranchises, slug: Slug, as_of: AsOf = None
    ) -> PreparedResponse[FranchiseDetail]:
        """Return a franchise: its works by date with role, line and reason, its guests and counts.

        The reason of a work is the path of edges from the root to it; an edge reads "`to` is the
        `kind` of `from`".
        """
        franchises = franchises.as_of(as_of)
        found = franchises.detail(slug)
        meta = then(franchises.past, ResponseMeta(tag=found.tag))
        return PreparedResponse(found.document, franchises.identity, meta=meta)

    @get_operation(
        "/{slug:str}/graph",
        Documented("Export a franchise's graph", "The graph."),
        _GRAPH,
        opt=costing(2, format=20, as_of=30),
    )
    @pooled
    def graph(
        self,
        franchises: GivenFranchises,
        slug: Slug,
        format_: InFormat = "json",
        as_of: AsOf = None,
    ) -> PreparedResponse[FranchiseGraphDocument] | StreamedResponse:
        """Return the works of a franchise and their relations, and the edges that lead out of it.

        A node tells its role and why it belongs; a bridge tells how many works lie beyond it.
        GraphML, GEXF, Cypher and DOT are files to save, and hold no bridges.
        """
        franchises = franchises.as_of(as_of)
        if format_ == "json":
            found = franchises.graph_as_json(slug)
            meta = then(franchises.past, ResponseMeta(tag=found.tag))
            return PreparedResponse(found.document, franchises.identity, meta=meta)
        tag = franchises.graph_tag(slug)
        known = exports.FORMATS[format_]
        name = f'attachment; filename="{slug}{known.suffix}"'
        headers = ((b"content-disposition", name.encode()),)
        meta = then(franchises.past, ResponseMeta(known.media_type.encode(), headers, tag))
        return StreamedResponse(
            lambda: exports.export(franchises.graph(slug), format_), franchises.identity, meta
        )

    @get_operation(
        "/{slug:str}/watch-order",
        Documented("Order a franchise", "The watch order."),
        examples.WATCH_ORDER,
        opt=costing(1, as_of=30),
    )
    @pooled_if(is_past)
    def watch_order(
        self,
        franchises: GivenFranchises,
        slug: Slug,
        order: InOrder = "release",
        as_of: AsOf = None,
    ) -> PreparedResponse[WatchOrderDocument]:
        """Return in which order to watch a franchise, and why each work stands where it does.

        `lines` are the same works line by line, in the sequence in which to watch them; a line of
        which nothing is essential can be skipped. What contradicts the order is listed in
        `set_aside`. What `spoiler` says tells of the story; `text` and `why` do not.
        """
        franchises = franchises.as_of(as_of)
        found = franchises.watch_order(slug, order)
        meta = then(franchises.past, ResponseMeta(tag=found.tag))
        return PreparedResponse(found.document, franchises.identity, meta=meta)
