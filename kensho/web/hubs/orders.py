"""A watch order as its page shows it: steps with their reasons, and what it contradicts.

Guarantees: pure; an order is shown as it was computed. Leaving out what is optional renumbers the
steps, for whoever watches counts what they watch.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from kensho.discovery import franchises
from kensho.domain.watch_order.order import Order
from kensho.read_model.franchise_views import (
    FranchiseDetail,
    MemberWork,
    WatchOrderDocument,
    WatchOrderStep,
)
from kensho.read_model.model import ReadModel
from kensho.read_model.sentences import PHRASES, cited
from kensho.web.hubs.memberships import works_of

_ORDER: Final = msgspec.json.Decoder(WatchOrderDocument)


class ContradictedEdge(NamedTuple):
    """An edge that an order goes against, and why it had to, in words."""

    says: str
    why: str


class ShownOrder(NamedTuple):
    """A watch order; `hours` are those of its works whose length is known."""

    order: Order
    steps: list[WatchOrderStep]
    optional: int
    hours: int
    set_aside: list[ContradictedEdge]


def order_of(model: ReadModel, number: int, order: Order) -> WatchOrderDocument:
    """Return a watch order, decoded."""
    return _ORDER.decode(franchises.watch_order(model, number, order))


def shown(found: WatchOrderDocument, hub: FranchiseDetail, *, optional: bool) -> ShownOrder:
    """Return an order for its page, without its optional steps unless `optional`."""
    steps = [step for step in found.steps if optional or not step.optional]
    return ShownOrder(
        order=found.order,
        steps=steps,
        optional=sum(1 for step in found.steps if step.optional),
        hours=hours(step.work for step in steps),
        set_aside=_set_aside(found, hub),
    )


def hours(works: Iterable[MemberWork]) -> int:
    """Return how long works last together, in hours; those of unknown length count nothing."""
    seconds = sum((work.episodes or 1) * (work.duration_s or 0) for work in works)
    return round(seconds / 3600)


def _set_aside(found: WatchOrderDocument, hub: FranchiseDetail) -> list[ContradictedEdge]:
    titles = {work.id: work.title for work in works_of(hub)}
    for member in hub.members:
        titles |= dict.fromkeys(member.also, member.work.title)
    return [
        ContradictedEdge(
            f"{cited(titles[one.edge.target])} is {PHRASES[one.edge.kind]} "
            f"{cited(titles[one.edge.source])}",
            one.why,
        )
        for one in found.set_aside
        if one.edge.source in titles and one.edge.target in titles
    ]
