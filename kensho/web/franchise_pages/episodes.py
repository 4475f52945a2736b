"""`/hub/{slug}/episodes`: how many episodes each work has, and which share may be left out.

The counts of what is listed come from the engine, the number of episodes from the work itself;
where the engine is away, the latter is all there is.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from litestar import Controller, get
from litestar.params import FromPath

from kensho.discovery import episodes
from kensho.discovery.episodes import EpisodeCount
from kensho.domain.works import WorkKind
from kensho.errors import StorageError
from kensho.http.privacy import PUBLIC
from kensho.http.responses import PreparedResponse
from kensho.read_model.franchise_views import MemberWork, WatchOrderDocument
from kensho.web.franchise_pages import frame, watch_order
from kensho.web.maps import map_store
from kensho.web.messages import percent
from kensho.web.page_context import GivenPageContext, PageContext


class EpisodeCountsRow(NamedTuple):
    """A work with its episodes; `filler` and `recap` are shares in words, empty if not known."""

    work: MemberWork
    listed: int
    filler: str
    recap: str


class FranchiseEpisodesController(Controller):
    """The episodes of a franchise, work by work."""

    path = "/hub/{slug:str}/episodes"
    opt = PUBLIC

    @get()
    async def episodes(self, context: GivenPageContext, slug: FromPath[str]) -> PreparedResponse:
        """Show how many episodes each work has."""
        model = context.model
        number = frame.locate(context, slug)
        order = watch_order.order_of(model, number, "release")
        revision, counts = await _counts(context, [step.work.id for step in order.steps])
        return frame.tab_page(
            context,
            map_store.franchise_of(model, number),
            "episodes",
            tag=f"{model.identity}x{revision}".encode(),
            keep=revision == model.revision,
            rows=rows(order, counts),
            is_store_away=revision == 0,
        )


def rows(order: WatchOrderDocument, counts: Mapping[UUID, EpisodeCount]) -> list[EpisodeCountsRow]:
    """Return a row for each work in the order."""
    return [_row(step.work, counts.get(step.work.id)) for step in order.steps]


async def _counts(
    context: PageContext, works: Sequence[UUID]
) -> tuple[int, Mapping[UUID, EpisodeCount]]:
    """Return the graph's revision and the counts of works; 0 and none where the store is away."""
    model = context.model
    nodes = {work: node for work in works if (node := model.node(work)) is not None}
    kinds: dict[UUID, WorkKind] = {work: model.kind(node) for work, node in nodes.items()}
    try:
        found = await episodes.counts(context.services.gateway, kinds)
    except StorageError:
        return 0, {}
    return found.revision, {one.id: one for one in found.works}


def _row(work: MemberWork, count: EpisodeCount | None) -> EpisodeCountsRow:
    if count is None:
        return EpisodeCountsRow(work, 0, "", "")
    return EpisodeCountsRow(
        work,
        count.listed,
        _share(count.filler, count.judged),
        _share(count.recap, count.listed) if count.recap else "",
    )


def _share(part: int, whole: int) -> str:
    return f"{part} ({percent(part / whole)})" if whole else ""
