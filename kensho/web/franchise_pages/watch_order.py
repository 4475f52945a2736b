"""`/hub/{slug}/watch-order`: a watch order, the reason of each step, and what it contradicts.

Guarantees: an order is shown as it was computed. Leaving out what is optional renumbers the steps,
for whoever watches counts what they watch.
"""

import functools
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from litestar import Controller
from litestar.params import FromPath
from msgspec import Meta

from kensho.discovery import franchises
from kensho.domain.relations import inverse
from kensho.domain.watch_order.order import Order
from kensho.errors import FieldProblem, InvalidInputError
from kensho.http.pooled import pooled
from kensho.http.request_costs import public_costing
from kensho.http.responses import PreparedResponse
from kensho.read_model.franchise_views import (
    FOLDED_ROLES,
    FranchiseDetail,
    FranchiseLine,
    WatchOrderDocument,
    WatchOrderStep,
    hours,
)
from kensho.read_model.model import ReadModel
from kensho.read_model.wording import sentence
from kensho.web import urls
from kensho.web.forms import PastForm, get_page
from kensho.web.franchise_pages import frame
from kensho.web.franchise_pages.memberships import works_of
from kensho.web.franchise_pages.overview import facts
from kensho.web.maps import map_store
from kensho.web.page_context import GivenPageContext


class WatchOrderForm(PastForm, frozen=True):
    """Which watch order is asked for, and what of it: a line, the optional steps, promotions."""

    order: Order = "release"
    optional: Literal[0, 1] = 1
    line: Annotated[int, Meta(ge=0)] | None = None
    promotions: Literal[0, 1] = 0


class ContradictedRelation(NamedTuple):
    """A relation that an order goes against, and why it had to, in words."""

    statement: str
    reason: str
    spoiler: str | None


class WatchOrderView(NamedTuple):
    """A watch order; `hours` are those of its works whose length is known.

    `folded_total` counts the songs and promotions, which are shown only when asked for. `start`,
    `then` and `skipped` are its lines: the one to begin with, those to go on with, those that
    nothing is missed without.
    """

    order: Order
    steps: list[WatchOrderStep]
    optional_total: int
    folded_total: int
    hours: int
    contradicted: list[ContradictedRelation]
    start: FranchiseLine
    then: list[FranchiseLine]
    skipped: list[FranchiseLine]


class WatchOrderPageController(Controller):
    """The watch orders of a franchise."""

    path = "/hub/{slug:str}/watch-order"
    opt = public_costing(5, as_of=30)

    @get_page()
    @pooled
    def watch_order(
        self, context: GivenPageContext, form: WatchOrderForm, slug: FromPath[str]
    ) -> PreparedResponse:
        """Show a watch order."""
        context = context.as_of(form.as_of)
        number = frame.locate(context, slug)
        franchise = map_store.franchise_of(context.model, number)
        order = order_of(context.model, number, form.order)
        return frame.tab_page(
            context,
            franchise,
            "order",
            watch_order=view_of(order, franchise, form),
            optional=bool(form.optional),
            line=form.line,
            promotions=bool(form.promotions),
            address=functools.partial(_address, franchise.slug, form),
            facts=functools.partial(facts, messages=context.messages),
        )


def _address(slug: str, form: WatchOrderForm, **changed: Any) -> str:
    """Return the page of an order that is asked for alike but for what is `changed`."""
    asked = msgspec.structs.asdict(form) | changed
    path = urls.watch_order(
        slug,
        asked["order"],
        optional=bool(asked["optional"]),
        line=asked["line"],
        promotions=bool(asked["promotions"]),
    )
    return path if form.as_of is None else urls.at_time(path, form.as_of)


def order_of(model: ReadModel, number: int, order: Order) -> WatchOrderDocument:
    """Return a watch order, decoded."""
    return franchises.watch_order(model, number, order).decode()


def view_of(
    order: WatchOrderDocument, franchise: FranchiseDetail, form: WatchOrderForm
) -> WatchOrderView:
    """Return what is asked for of an order, for its page.

    Raises:
        InvalidInputError: the franchise has no line of that number.
    """
    if form.line is not None and form.line not in {line.number for line in order.lines}:
        raise InvalidInputError(
            (FieldProblem("line", f"{franchise.title} has no line {form.line}"),)
        )
    asked = [step for step in order.steps if form.line is None or step.line == form.line]
    open_steps = [s for s in asked if s.role not in FOLDED_ROLES or s.work.id == franchise.root]
    shown = asked if form.promotions else open_steps
    steps = [step for step in shown if form.optional or not step.optional]
    start, *others = sorted(order.lines, key=lambda line: not line.essential_total)
    return WatchOrderView(
        order=order.order,
        steps=steps,
        optional_total=sum(1 for step in shown if step.optional),
        folded_total=len(asked) - len(open_steps),
        hours=hours(step.work for step in steps),
        contradicted=_contradicted(order, franchise),
        start=start,
        then=[line for line in others if line.essential_total],
        skipped=[line for line in others if not line.essential_total],
    )


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
            one.spoiler,
        )
        for one in order.set_aside
        if one.edge.source in titles and one.edge.target in titles
    ]
