"""`/api/anime`: one work, many works, a work's episodes, and the graph around it."""

from collections.abc import Sequence
from typing import Annotated, TypeAlias

import msgspec
from litestar import Controller
from litestar.openapi.spec import Example
from litestar.params import Body, QueryParameter

from kensho.api import examples
from kensho.api.operations import Documented, get_operation, post_operation
from kensho.api.parameters import (
    DEFAULT_LIMIT,
    AsOf,
    DetailFields,
    Kinds,
    Limit,
    WorkId,
    is_past,
    then,
)
from kensho.api.providers import GivenWorks
from kensho.api.request_bodies import BatchRequest
from kensho.discovery.field_selection import fields_named
from kensho.discovery.neighbourhood import MAX_DEPTH, kinds_named
from kensho.discovery.works import DETAIL_FIELDS, WorkBatch
from kensho.http.pooled import pooled, pooled_if
from kensho.http.privacy import PUBLIC
from kensho.http.request_costs import costing
from kensho.http.responses import PreparedResponse, UncachedResponse
from kensho.read_model.episodes import EpisodeList
from kensho.read_model.views import (
    Detail,
    GraphNode,
    Neighbourhood,
    RelationView,
    SimilarityReason,
    SimilarList,
    SimilarWork,
)

Depth: TypeAlias = Annotated[
    int,
    QueryParameter(
        ge=1,
        le=MAX_DEPTH,
        description="How many hops to go.",
        examples=[Example(value=2)],
    ),
]


_GRAPH = Neighbourhood(
    [GraphNode(**msgspec.structs.asdict(examples.SUMMARY), distance=0)],
    [RelationView(examples.FIRST_ID, examples.SECOND_ID, "side_story", (examples.ASSERTION,))],
    truncated=True,
)


_SIMILAR = SimilarList(
    [
        SimilarWork(
            **msgspec.structs.asdict(examples.SUMMARY),
            score=0.31,
            why=(
                SimilarityReason(tags=("bounty hunter", "space")),
                SimilarityReason(recommended=12),
            ),
        )
    ]
)


class AnimeController(Controller):
    """Works by id; a film's id is a work's id too."""

    path = "/api/anime"
    opt = PUBLIC
    tags: Sequence[str] | None = ("anime",)

    @get_operation(
        "/{work_id:str}",
        Documented("Read a work", "The work."),
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
        """Return all that is known of a work, with its neighbours one hop away.

        On a work's page "sequel: B" means that B is the sequel of this work. With `as_of` it is
        what was known then.
        """
        works = works.as_of(as_of)
        found = works.detail(work_id, fields_named(fields, DETAIL_FIELDS))
        return PreparedResponse(found, works.identity, meta=then(works.past))

    @post_operation(
        "/batch",
        Documented("Read many works", "The works."),
        WorkBatch([examples.DETAIL], [examples.SECOND_ID], {}),
        opt=costing(20),
    )
    @pooled
    def read_many(
        self,
        works: GivenWorks,
        data: Annotated[BatchRequest, Body(description="The works to read.")],
        fields: DetailFields = None,
    ) -> UncachedResponse[WorkBatch]:
        """Return up to 100 works in the asked order, each once, and the ids that are no works.

        An id that was merged into another answers with its successor, named under `moved`.
        """
        return UncachedResponse(works.batch(data.ids, fields_named(fields, DETAIL_FIELDS)))

    @get_operation(
        "/{work_id:str}/episodes",
        Documented("List the episodes of a work", "The episodes, by number."),
        EpisodeList([examples.EPISODE], 1),
        opt=costing(1, as_of=30),
    )
    @pooled_if(is_past)
    def list_episodes(
        self, works: GivenWorks, work_id: WorkId, as_of: AsOf = None
    ) -> PreparedResponse[EpisodeList]:
        """Return every known episode of a work, by number; `duration` is in seconds."""
        works = works.as_of(as_of)
        found = works.episodes(work_id)
        return PreparedResponse(found, works.identity, meta=then(works.past))

    @get_operation(
        "/{work_id:str}/relations",
        Documented("Walk the graph around a work", "The nodes and edges around the work."),
        _GRAPH,
        opt=costing(2, depth=3, as_of=30),
    )
    @pooled
    def walk(
        self,
        works: GivenWorks,
        work_id: WorkId,
        kinds: Kinds = None,
        depth: Depth = 1,
        as_of: AsOf = None,
    ) -> PreparedResponse[Neighbourhood]:
        """Return the works within `depth` hops, nearest first, and the edges among them.

        The work itself comes first, at distance 0.

        An edge reads "`to` is the `kind` of `from`". At most 500 nodes and 2,000 edges are
        answered; `truncated` tells when there are more.
        """
        works = works.as_of(as_of)
        found = works.neighbourhood(work_id, kinds_named(kinds), depth)
        return PreparedResponse(found, works.identity, meta=then(works.past))

    @get_operation(
        "/{work_id:str}/similar",
        Documented("Find similar works", "The similar works."),
        _SIMILAR,
        opt=costing(2, limit=2),
    )
    @pooled
    def list_similar(
        self, works: GivenWorks, work_id: WorkId, limit: Limit = DEFAULT_LIMIT
    ) -> PreparedResponse[SimilarList]:
        """Return works that share rare tags or a studio, or that viewers recommend together.

        Works of the same story or franchise are left out: `relations` shows those. Each work says
        why it is there.
        """
        return PreparedResponse(works.similar(work_id, limit), works.identity)
