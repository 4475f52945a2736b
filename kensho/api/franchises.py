"""`/api/franchises`: franchises as hubs, their graphs and their watch orders."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from litestar import Controller
from litestar.openapi.spec import Example
from litestar.params import PathParameter, QueryParameter

from kensho.api import examples
from kensho.api.operations import Documented, get_operation
from kensho.api.parameters import DEFAULT_LIMIT, Cursor, Limit
from kensho.api.search import TYPED
from kensho.api.services import GivenServices
from kensho.discovery import exports, franchises, splicing
from kensho.domain.watch_order.order import Order
from kensho.http.privacy import PUBLIC
from kensho.http.responses import PreparedResponse, ResponseMeta, StreamedResponse
from kensho.read_model.franchise_views import FranchiseDetail, FranchiseSummary, WatchOrderDocument
from kensho.read_model.graph_views import READING, ExportBridge, ExportEdge, ExportNode
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
        description="By release, as the story runs, or by release without what is optional.",
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


class FranchiseList(msgspec.Struct, frozen=True):
    """A page of franchises; `total` counts all pages, `next_cursor` is null on the last."""

    franchises: list[FranchiseSummary]
    total: int
    next_cursor: str | None


class FranchiseNotice(msgspec.Struct, frozen=True):
    """Whence the facts are, under which licences, and how edges read."""

    title: str
    notes: list[str]
    reading: str


class FranchiseNode(ExportNode, frozen=True, kw_only=True, omit_defaults=True):
    """A work in the graph of a franchise."""


class FranchiseGraphDocument(msgspec.Struct, frozen=True):
    """The works of a franchise, the relations among them, and those that lead out of it."""

    notice: FranchiseNotice
    nodes: list[FranchiseNode]
    edges: list[ExportEdge]
    bridges: list[ExportBridge]


_GRAPH = FranchiseGraphDocument(
    FranchiseNotice("Kenshō: Cowboy Bebop", [exports.NOTES[0]], READING),
    [
        FranchiseNode(
            id=str(examples.FIRST_ID),
            title=examples.SUMMARY.title,
            kind="anime",
            anime_type="tv",
            status="finished",
            year=1998,
            role="main",
            because="the franchise begins with it",
        )
    ],
    [],
    [],
)


class FranchisesController(Controller):
    """Franchises: works that belong together, whatever their form."""

    path = "/api/franchises"
    opt = PUBLIC
    tags: Sequence[str] | None = ("franchises",)

    @get_operation(
        None,
        Documented("List franchises", "A page of franchises."),
        FranchiseList([examples.HUB_CARD], 1, None),
    )
    async def list_hubs(
        self,
        desk: GivenServices,
        q: Meant = None,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> PreparedResponse[FranchiseList]:
        """Return franchises by how well known their works are; with `q`, best match first."""
        held = desk.catalogue.held
        part = desk.cursors.cut(
            franchises.listed(held, q), f"franchises?q={q or ''}", cursor, limit
        )
        body = splicing.assembled(
            franchises=franchises.cards(held.model.hubs, part.nodes),
            total=b"%d" % part.total,
            next_cursor=splicing.encoded(part.next_cursor),
        )
        return PreparedResponse(body, held.model.identity)

    @get_operation("/{slug:str}", Documented("Read a franchise", "The franchise."), examples.HUB)
    async def read(self, desk: GivenServices, slug: Slug) -> PreparedResponse[FranchiseDetail]:
        """Return a franchise: its works by date with role and reason, its guests, what it counts.

        The reason of a work is the path of edges from the root to it; an edge reads "`to` is the
        `kind` of `from`".
        """
        model = desk.model
        number = franchises.locate(model, slug)
        form = ResponseMeta(tag=model.hubs.tag(number, "hub"))
        return PreparedResponse(franchises.hub(model, number), model.identity, meta=form)

    @get_operation(
        "/{slug:str}/graph", Documented("Export a franchise's graph", "The graph."), _GRAPH
    )
    async def graph(
        self,
        desk: GivenServices,
        slug: Slug,
        format_: InFormat = "json",
    ) -> PreparedResponse[FranchiseGraphDocument] | StreamedResponse:
        """Return the works of a franchise and their relations, and the edges that lead out of it.

        A node tells its role and why it belongs; a bridge tells how many works lie beyond it.
        GraphML, GEXF, Cypher and DOT are files to save, and hold no bridges.
        """
        model = desk.model
        number = franchises.locate(model, slug)
        tag = model.hubs.tag(number, "graph")
        if format_ == "json":
            body = franchises.graph_as_json(model, number)
            return PreparedResponse(body, model.identity, meta=ResponseMeta(tag=tag))
        known = exports.FORMATS[format_]
        name = f'attachment; filename="{slug}{known.suffix}"'
        headers = ((b"content-disposition", name.encode()),)
        form = ResponseMeta(known.media_type.encode(), headers, tag)
        pieces = exports.export(franchises.graph(model, number), format_)
        return StreamedResponse(pieces, model.identity, form)

    @get_operation(
        "/{slug:str}/watch-order",
        Documented("Order a franchise", "The watch order."),
        examples.HUB_ORDER,
    )
    async def watch_order(
        self, desk: GivenServices, slug: Slug, order: InOrder = "release"
    ) -> PreparedResponse[WatchOrderDocument]:
        """Return in which order to watch a franchise, and why each work stands where it does.

        What contradicts the order is listed in `set_aside`.
        """
        model = desk.model
        number = franchises.locate(model, slug)
        form = ResponseMeta(tag=model.hubs.tag(number, order))
        return PreparedResponse(
            franchises.watch_order(model, number, order), model.identity, meta=form
        )
