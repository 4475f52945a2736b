"""`/hub/{slug}/watch-order`: a watch order, the reason of each step, and what it contradicts.

Guarantees: an order is shown as it was computed. Leaving out what is optional renumbers the steps,
for whoever watches counts what they watch.
"""

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

import msgspec
from litestar import Controller
from litestar.params import FromPath
from msgspec import Meta

from kensho.discovery import franchises, viewing_guide
from kensho.discovery.viewing_guide import AmongEpisodes, LineGuide
from kensho.domain.watch_order.order import Order
from kensho.errors import FieldProblem, InvalidInputError
from kensho.http.pooled import pooled
from kensho.http.request_costs import public_costing
from kensho.http.responses import PreparedResponse
from kensho.read_model.franchise_views import (
    FOLDED_ROLES,
    FranchiseDetail,
    MemberWork,
    StepReason,
    WatchOrderDocument,
    WatchOrderStep,
    hours,
)
from kensho.read_model.model import ReadModel
from kensho.web import urls
from kensho.web.forms import PastForm, get_page
from kensho.web.franchise_pages import frame
from kensho.web.franchise_pages.memberships import records_of, works_of
from kensho.web.franchise_pages.overview import facts
from kensho.web.maps import map_store
from kensho.web.messages import Messages
from kensho.web.page_context import GivenPageContext, PageContext
from kensho.web.relation_texts import StepTexts


class WatchOrderForm(PastForm, frozen=True):
    """Which watch order is asked for, and what of it: lines, the optional steps, promotions."""

    order: Order = "release"
    optional: Literal[0, 1] = 1
    line: Annotated[int, Meta(ge=0)] | None = None
    without: Annotated[str, Meta(pattern=r"^[0-9]{1,3}(,[0-9]{1,3})*$", max_length=200)] | None = (
        None
    )
    """The numbers of lines to leave out."""
    promotions: Literal[0, 1] = 0

    @property
    def lines_out(self) -> frozenset[int]:
        """Return the numbers of the lines that are left out."""
        return frozenset(int(one) for one in (self.without or "").split(",") if one)


class ContradictedRelation(NamedTuple):
    """A relation that an order goes against, and why it had to, in words."""

    statement: str
    reason: str
    spoiler: str | None


class WatchOrderView(NamedTuple):
    """A watch order; `hours` are those of its works whose length is known.

    `folded_total` counts the songs and promotions, which are shown only when asked for. `lines` are
    those to begin and go on with, `skipped` those that nothing is missed without. `reason` says why
    a step stands where it does.
    """

    order: Order
    steps: list[WatchOrderStep]
    optional_total: int
    folded_total: int
    hours: int
    contradicted: list[ContradictedRelation]
    reason: Callable[[MemberWork, StepReason], str]
    lines: tuple[LineGuide, ...]
    skipped: tuple[LineGuide, ...]
    among: Mapping[UUID, AmongEpisodes]
    fillers: Mapping[UUID, str]


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
        franchise = context.franchise(number)
        order = order_of(context.model, number, form.order)
        return frame.tab_page(
            context,
            franchise,
            "order",
            watch_order=view_of(context, number, order, franchise, form),
            optional=bool(form.optional),
            line=form.line,
            lines_out=form.lines_out,
            without=functools.partial(_without, form.lines_out),
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
        without=asked["without"],
        promotions=bool(asked["promotions"]),
    )
    return path if form.as_of is None else urls.at_time(path, form.as_of)


def order_of(model: ReadModel, number: int, order: Order) -> WatchOrderDocument:
    """Return a watch order, decoded."""
    return franchises.watch_order(model, number, order).decode()


def view_of(
    context: PageContext,
    number: int,
    order: WatchOrderDocument,
    franchise: FranchiseDetail,
    form: WatchOrderForm,
) -> WatchOrderView:
    """Return what is asked for of an order, for its page.

    Raises:
        InvalidInputError: the franchise has no line of that number.
    """
    model = context.model
    known = {line.number for line in order.lines}
    for field, asked_for in (("line", {form.line} - {None}), ("without", form.lines_out)):
        for unknown in sorted(one for one in asked_for if one is not None and one not in known):
            problem = f"{franchise.title} has no line {unknown}"
            raise InvalidInputError((FieldProblem(field, problem),))
    asked = [step for step in order.steps if _is_asked(step, form)]
    open_steps = [s for s in asked if s.role not in FOLDED_ROLES or s.work.id == franchise.root]
    shown = asked if form.promotions else open_steps
    steps = [step for step in shown if form.optional or not step.optional]
    guide = viewing_guide.guide(model, number)
    texts = _texts(context, number, franchise)
    return WatchOrderView(
        order=order.order,
        steps=steps,
        optional_total=sum(1 for step in shown if step.optional),
        folded_total=len(asked) - len(open_steps),
        hours=hours(step.work for step in steps),
        contradicted=_contradicted(order, texts),
        reason=texts.reason,
        lines=guide.lines,
        skipped=guide.skipped,
        among=viewing_guide.among_episodes(model, steps),
        fillers=_fillers(model, steps, context.messages),
    )


def _is_asked(step: WatchOrderStep, form: WatchOrderForm) -> bool:
    return step.line == form.line if form.line is not None else step.line not in form.lines_out


def _without(lines: frozenset[int], line: int) -> str | None:
    """Return `lines` with one more, or without one that is among them, as an address has them."""
    return ",".join(map(str, sorted(lines ^ {line}))) or None


def _fillers(
    model: ReadModel, steps: Iterable[WatchOrderStep], messages: Messages
) -> Mapping[UUID, str]:
    """Return which episodes of each work are filler, runs of them by first and last."""
    found = ((step.work.id, viewing_guide.filler_ranges(model, step.work.id)) for step in steps)
    return {work: ", ".join(_runs(ranges, messages)) for work, ranges in found if ranges}


def _runs(ranges: Iterable[tuple[int, int]], messages: Messages) -> Iterator[str]:
    for first, last in ranges:
        is_one = first == last
        yield str(first) if is_one else messages.format("episodes.range", first=first, last=last)


def _contradicted(order: WatchOrderDocument, texts: StepTexts) -> list[ContradictedRelation]:
    stated = ((one, texts.statement(one.edge)) for one in order.set_aside)
    return [
        ContradictedRelation(statement, texts.set_aside(one), one.spoiler)
        for one, statement in stated
        if statement is not None
    ]


def _texts(context: PageContext, number: int, franchise: FranchiseDetail) -> StepTexts:
    is_as_written = context.titles.choice == "romaji"
    written = franchise if is_as_written else map_store.franchise_of(context.model, number)
    titles, before = ({one.id: one.title for one in works_of(f)} for f in (franchise, written))
    return StepTexts(records_of(franchise), titles, before, context.messages)
