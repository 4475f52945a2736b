"""The episodes of a franchise, work by work: how many, and which share may be left out.

The counts of what is listed come from the engine, the number of episodes from the work itself;
where the engine is away, the latter is all there is.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from kensho.discovery import episodes
from kensho.discovery.episodes import EpisodeCount
from kensho.domain.works import WorkKind
from kensho.errors import StorageError
from kensho.read_model.franchise_views import MemberWork, WatchOrderDocument
from kensho.web import formatting
from kensho.web.page_context import PageContext


class WorkEpisodes(NamedTuple):
    """A work with its episodes; `filler` and `recap` are shares in words, empty if not known."""

    work: MemberWork
    listed: int
    filler: str
    recap: str


async def listed(
    desk: PageContext, works: Sequence[UUID]
) -> tuple[int, Mapping[UUID, EpisodeCount]]:
    """Return the graph's revision and the counts of works; 0 and none where the store is away."""
    model = desk.model
    nodes = {work: node for work in works if (node := model.node(work)) is not None}
    kinds: dict[UUID, WorkKind] = {work: model.kind(node) for work, node in nodes.items()}
    try:
        found = await episodes.counts(desk.gateway, kinds)
    except StorageError:
        return 0, {}
    return found.revision, {one.id: one for one in found.works}


def rows(order: WatchOrderDocument, counted: Mapping[UUID, EpisodeCount]) -> list[WorkEpisodes]:
    """Return a row for each work in the order."""
    return [_row(step.work, counted.get(step.work.id)) for step in order.steps]


def _row(work: MemberWork, count: EpisodeCount | None) -> WorkEpisodes:
    if count is None:
        return WorkEpisodes(work, 0, "", "")
    return WorkEpisodes(
        work,
        count.listed,
        _share(count.filler, count.judged),
        _share(count.recap, count.listed) if count.recap else "",
    )


def _share(part: int, whole: int) -> str:
    return f"{part} ({formatting.percent(part / whole)})" if whole else ""
