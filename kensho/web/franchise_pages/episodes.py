"""`/hub/{slug}/episodes`: how many episodes each work has, and which share may be left out.

Few works list their episodes; of the others, the number of episodes is all there is.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from litestar import Controller
from litestar.params import FromPath

from kensho.http.pooled import pooled
from kensho.http.request_costs import public_costing
from kensho.http.responses import PreparedResponse
from kensho.read_model.episodes import EpisodeCount
from kensho.read_model.franchise_views import MemberWork, WatchOrderDocument
from kensho.read_model.model import ReadModel
from kensho.web.forms import PastForm, get_page
from kensho.web.franchise_pages import frame, watch_order
from kensho.web.messages import number, percent
from kensho.web.page_context import GivenPageContext

COUNTS: Final = ("listed", "filler", "recap")
"""What is told of works beside the number of their episodes, where it is known of any."""


class EpisodeCountsRow(NamedTuple):
    """A work with its episodes; what is not known is empty. `filler` and `recap` are shares."""

    work: MemberWork
    listed: str
    filler: str
    recap: str


class FranchiseEpisodesController(Controller):
    """The episodes of a franchise, work by work."""

    path = "/hub/{slug:str}/episodes"
    opt = public_costing(1, as_of=30)

    @get_page()
    @pooled
    def episodes(
        self, context: GivenPageContext, form: PastForm, slug: FromPath[str]
    ) -> PreparedResponse:
        """Show how many episodes each work has."""
        context = context.as_of(form.as_of)
        model = context.model
        franchise = frame.locate(context, slug)
        order = watch_order.order_of(model, franchise, "release")
        counts = _counts(model, [step.work.id for step in order.steps])
        found = rows(order, counts)
        return frame.tab_page(
            context,
            context.franchise(franchise),
            "episodes",
            rows=found,
            columns=[name for name in COUNTS if any(getattr(row, name) for row in found)],
        )


def rows(order: WatchOrderDocument, counts: Mapping[UUID, EpisodeCount]) -> list[EpisodeCountsRow]:
    """Return a row for each work in the order."""
    return [_row(step.work, counts.get(step.work.id)) for step in order.steps]


def _counts(model: ReadModel, works: Sequence[UUID]) -> Mapping[UUID, EpisodeCount]:
    """Return how many episodes these works list; those without any are left out."""
    nodes = ((work, model.node(work)) for work in works)
    found = ((work, model.episodes.count(node)) for work, node in nodes if node is not None)
    return {work: count for work, count in found if count is not None}


def _row(work: MemberWork, count: EpisodeCount | None) -> EpisodeCountsRow:
    if count is None:
        return EpisodeCountsRow(work, "", "", "")
    return EpisodeCountsRow(
        work,
        number(count.listed) if count.listed else "",
        _share(count.filler, count.judged),
        _share(count.recap, count.listed) if count.recap else "",
    )


def _share(part: int, whole: int) -> str:
    return f"{part} ({percent(part / whole)})" if whole else ""
