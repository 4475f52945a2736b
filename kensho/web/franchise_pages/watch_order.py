"""`/hub/{slug}/watch-order`: a watch order, the reason of each step, and what it contradicts.

Guarantees: an order is shown as it was computed. Leaving out what is optional renumbers the steps,
for whoever watches counts what they watch.
"""

import functools
from collections.abc import Iterable
from typing import Literal, NamedTuple

import msgspec
from litestar import Controller
from litestar.params import FromPath

from kensho.discovery import franchises
from kensho.domain.relations import inverse
from kensho.domain.watch_order.order import Order
from kensho.http.pooled import pooled
from kensho.http.privacy import PUBLIC
from kensho.http.responses import PreparedResponse
from kensho.read_model.franchise_views import (
    FranchiseDetail,
    MemberWork,
    WatchOrderDocument,
    WatchOrderStep,
)
from kensho.read_model.model import ReadModel
from kensho.read_model.wording import sentence
from kensho.web.forms import get_page
from kensho.web.franchise_pages import frame
from kensho.web.franchise_pages.memberships import works_of
from kensho.web.franchise_pages.overview import facts
from kensho.web.maps import map_store
from kensho.web.page_context import GivenPageContext


class WatchOrderForm(msgspec.Struct, frozen=True):
    """Which watch order is asked for, and whether with what is optional in it."""

    order: Order = "release"
    optional: Literal[0, 1] = 1


class ContradictedRelation(NamedTuple):
    """A relation that an order goes against, and why it had to, in words."""

    statement: str
    reason: str


class WatchOrderView(NamedTuple):
    """A watch order; `hours` are those of its works whose length is known."""

    order: Order
    steps: list[WatchOrderStep]
    optional_total: int
    hours: int
    contradicted: list[ContradictedRelation]


class WatchOrderPageController(Controller):
    """The watch orders of a franchise."""

    path = "/hub/{slug:str}/watch-order"
    opt = PUBLIC

    @get_page()
    @pooled
    def watch_order(
        self, context: GivenPageContext, form: WatchOrderForm, slug: FromPath[str]
    ) -> PreparedResponse:
        """Show a watch order."""
        number = frame.locate(context, slug)
        franchise = map_store.franchise_of(context.model, number)
        is_whole = bool(form.optional)
        order = order_of(context.model, number, form.order)
        return frame.tab_page(
            context,
            franchise,
            "order",
            watch_order=view_of(order, franchise, optional=is_whole),
            optional=is_whole,
            facts=functools.partial(facts, messages=context.messages),
        )


def order_of(model: ReadModel, number: int, order: Order) -> WatchOrderDocument:
    """Return a watch order, decoded."""
    return franchises.watch_order(model, number, order).decode()


def view_of(
    order: WatchOrderDocument, franchise: FranchiseDetail, *, optional: bool
) -> WatchOrderView:
    """Return an order for its page, without its optional steps unless `optional`."""
    steps = [step for step in order.steps if optional or not step.optional]
    return WatchOrderView(
        order=order.order,
        steps=steps,
        optional_total=sum(1 for step in order.steps if step.optional),
        hours=hours(step.work for step in steps),
        contradicted=_contradicted(order, franchise),
    )


def hours(works: Iterable[MemberWork]) -> int:
    """Return how long works last together, in hours; those of unknown length count nothing."""
    seconds = sum((work.episodes or 1) * (work.duration_s or 0) for work in works)
    return round(seconds / 3600)


def _contradicted(
    order: WatchOrderDocument, franchise: FranchiseDetail
) -> list[ContradictedRelation]:
    titles = {work.id: work.title for work in works_of(franchise)}
    for member in franchise.members:
        titles |= dict.fromkeys(member.also, member.work.title)
    return [
        ContradictedRelation(
            sentence((titles[one.edge.target], titles[one.edge.source]), (inverse(one.edge.kind),)),
            one.why,
        )
        for one in order.set_aside
        if one.edge.source in titles and one.edge.target in titles
    ]
