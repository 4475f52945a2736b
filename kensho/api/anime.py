"""`/api/anime`: one work, many works, a work's episodes, and the graph around it."""

from collections.abc import Sequence
from typing import Annotated, TypeAlias
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.openapi.spec import Example
from litestar.params import Body, QueryParameter

from kensho.api import examples
from kensho.api.openapi import documented_answer
from kensho.api.parameters import DEFAULT_LIMIT, DetailFields, Kinds, Limit, WorkId
from kensho.api.request_bodies import BatchRequest
from kensho.api.services import GivenServices
from kensho.discovery import episodes, neighbourhood, paths, splicing, works
from kensho.discovery.episodes import EpisodeList
from kensho.domain.relations import Assertion, Kind
from kensho.http.privacy import PUBLIC
from kensho.http.response_cache import PreparedResponse, UncachedResponse
from kensho.read_model.views import Detail, Summary

Depth: TypeAlias = Annotated[
    int,
    QueryParameter(
        ge=1,
        le=neighbourhood.MAX_DEPTH,
        description="How many hops to go.",
        examples=[Example(value=2)],
    ),
]


class WorkBatch(msgspec.Struct, frozen=True):
    """Works in the asked order, each once; `moved` tells which ids now answer under another."""

    items: list[Detail]
    missing: list[UUID]
    moved: dict[str, UUID]


class GraphNode(Summary, frozen=True, kw_only=True, omit_defaults=True):
    """A work in the graph; distance in hops."""

    distance: int


class NeighbourhoodEdge(msgspec.Struct, frozen=True, rename={"source": "from", "target": "to"}):
    """Reads "`to` is the `kind` of `from`"."""

    source: UUID
    target: UUID
    kind: Kind
    assertions: tuple[Assertion, ...]


class NeighbourhoodDocument(msgspec.Struct, frozen=True):
    """The graph around a work, nearest first; `truncated` when more lies within the depth."""

    nodes: list[GraphNode]
    edges: list[NeighbourhoodEdge]
    truncated: bool


_GRAPH = {
    "nodes": [msgspec.to_builtins(examples.SUMMARY) | {"distance": 0}],
    "edges": [
        {
            "from": str(examples.FIRST_ID),
            "to": str(examples.SECOND_ID),
            "kind": "side_story",
            "assertions": [msgspec.to_builtins(examples.ASSERTION)],
        }
    ],
    "truncated": True,
}


class SimilarityReason(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a work is similar: rare tags that both bear, a studio of both, or viewers' votes."""

    tags: tuple[str, ...] | None = None
    studio: str | None = None
    recommended: int | None = None


class SimilarWork(Summary, frozen=True, kw_only=True, omit_defaults=True):
    """A similar work; score 0..1."""

    score: float
    why: tuple[SimilarityReason, ...]


class SimilarList(msgspec.Struct, frozen=True):
    """The works most similar to one, of other stories than its own."""

    similar: list[SimilarWork]


_SIMILAR = {
    "similar": [
        msgspec.to_builtins(examples.SUMMARY)
        | {"score": 0.31, "why": [{"tags": ["bounty hunter", "space"]}, {"recommended": 12}]}
    ]
}


class AnimeController(Controller):
    """Works by id; a film's id is a work's id too."""

    path = "/api/anime"
    opt = PUBLIC
    tags: Sequence[str] | None = ("anime",)

    @get(
        "/{work_id:str}",
        summary="Read a work",
        responses=documented_answer(Detail, "The work.", examples.DETAIL),
    )
    async def read(
        self, desk: GivenServices, work_id: WorkId, fields: DetailFields = None
    ) -> PreparedResponse:
        """Return all that is known of a work, with its neighbours one hop away.

        On a work's page "sequel: B" means that B is the sequel of this work.
        """
        model = desk.model
        chosen = splicing.chosen(fields, works.DETAIL_FIELDS)
        return PreparedResponse(
            works.document(model, works.locate(model, work_id), chosen), model.identity
        )

    @post(
        "/batch",
        status_code=200,
        summary="Read many works",
        responses=documented_answer(
            WorkBatch, "The works.", WorkBatch([examples.DETAIL], [examples.SECOND_ID], {})
        ),
    )
    async def read_many(
        self,
        desk: GivenServices,
        data: Annotated[BatchRequest, Body(description="The works to read.")],
        fields: DetailFields = None,
    ) -> UncachedResponse:
        """Return up to 100 works in the asked order, each once, and the ids that are no works.

        An id that was merged into another answers with its successor, named under `moved`.
        """
        model = desk.model
        chosen = splicing.chosen(fields, works.DETAIL_FIELDS)
        return UncachedResponse(splicing.encoded(works.batch(model, data.ids, chosen)))

    @get(
        "/{work_id:str}/episodes",
        summary="List the episodes of a work",
        responses=documented_answer(
            EpisodeList, "The episodes, by number.", EpisodeList([examples.EPISODE], 1)
        ),
    )
    async def list_episodes(self, desk: GivenServices, work_id: WorkId) -> PreparedResponse:
        """Return every known episode of a work, by number; `duration` is in seconds."""
        model = desk.model
        kind = model.kind(works.locate(model, work_id))
        revision, found = await episodes.of_work(desk.gateway, work_id, kind)
        return PreparedResponse(splicing.encoded(found), f"{model.identity}x{revision}", keep=False)

    @get(
        "/{work_id:str}/relations",
        summary="Walk the graph around a work",
        responses=documented_answer(
            NeighbourhoodDocument, "The nodes and edges around the work.", _GRAPH
        ),
    )
    async def walk(
        self, desk: GivenServices, work_id: WorkId, kinds: Kinds = None, depth: Depth = 1
    ) -> PreparedResponse:
        """Return the works within `depth` hops, nearest first, and the edges among them.

        The work itself comes first, at distance 0.

        An edge reads "`to` is the `kind` of `from`". At most 500 nodes and 2,000 edges are
        answered; `truncated` tells when there are more.
        """
        model = desk.model
        node = works.locate(model, work_id)
        return PreparedResponse(
            neighbourhood.neighbourhood(model, node, neighbourhood.kinds_named(kinds), depth),
            model.identity,
        )

    @get(
        "/{work_id:str}/similar",
        summary="Find similar works",
        responses=documented_answer(SimilarList, "The similar works.", _SIMILAR),
    )
    async def list_similar(
        self, desk: GivenServices, work_id: WorkId, limit: Limit = DEFAULT_LIMIT
    ) -> PreparedResponse:
        """Return works that share rare tags or a studio, or that viewers recommend together.

        Works of the same story or franchise are left out: `relations` shows those. Each work says
        why it is there.
        """
        held = desk.catalogue.held
        return PreparedResponse(paths.similar(held, work_id, limit), held.model.identity)
