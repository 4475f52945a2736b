"""`/hub/{slug}/map`: the map of a franchise, or the same as a list, and the cards of its works."""

from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.params import FromPath
from markupsafe import Markup

from kensho.domain.watch_order.order import Order
from kensho.errors import NotFoundError
from kensho.http.pooled import pooled
from kensho.http.request_costs import public_costing
from kensho.http.responses import PreparedResponse
from kensho.read_model.franchise_views import ORDERS, FranchiseDetail
from kensho.web import forms, urls
from kensho.web.forms import PastForm, get_page
from kensho.web.franchise_pages import frame, map_card, watch_order
from kensho.web.maps import descriptions, legend, marking
from kensho.web.maps.map_input import EVERYTHING, PROMOTIONS, MapSelection, is_drawn
from kensho.web.maps.map_store import DrawnMap
from kensho.web.page_context import GivenPageContext, PageContext

_ALL: Final = MapSelection(shown=frozenset((PROMOTIONS,)))


class MapForm(PastForm, frozen=True, rename={"view": "as"}):
    """What is on a map, and marked on it; whether it is drawn or listed; and of when.

    `hide` and `show` are read by `MapSelection`.
    """

    hide: str = ""
    show: str = ""
    order: Order | None = None
    work: UUID | None = None
    view: Literal["map", "list"] = "map"


class FranchiseMapController(Controller):
    """The map of a franchise."""

    path = "/hub/{slug:str}"
    opt = public_costing(15, as_of=60)

    @get_page("/map")
    @pooled
    def read_map(
        self, context: GivenPageContext, form: MapForm, slug: FromPath[str]
    ) -> PreparedResponse:
        """Show the map, with an order or a chosen work marked on it."""
        context = context.as_of(form.as_of)
        number = frame.locate(context, slug)
        selection = MapSelection.read(form.hide, form.show)
        whole = context.franchise_map(number)
        drawn = whole if selection == EVERYTHING else context.franchise_map(number, selection)
        is_list = form.view == "list"
        return frame.tab_page(
            context,
            drawn.franchise,
            "map",
            svg=Markup(_marked(context, number, drawn, form)),  # noqa: S704 -- made safe by `map_svg`
            is_list=is_list,
            order=form.order,
            links=_links(context, drawn.franchise, form, selection),
            filters=_filters(context, whole, form, selection),
            everything=context.then(_address(drawn.franchise, form, EVERYTHING))
            if selection.hidden
            else None,
            is_empty=not drawn.map.stations,
            lines=descriptions.lines(drawn.map, context.messages) if is_list else [],
            card=_card(context, drawn, form.work),
        )

    @get("/card/{work_id:str}")
    @pooled
    def card(
        self, context: GivenPageContext, slug: FromPath[str], work_id: FromPath[str]
    ) -> PreparedResponse:
        """Show a work of the map: a part of a page, for the map's own script."""
        work = forms.work_id(work_id)
        number = frame.locate(context, slug)
        card = map_card.card(context, context.franchise_map(number), work)
        if card is None:  # It may be one that is on the map only when asked for.
            card = map_card.card(context, context.franchise_map(number, _ALL), work)
        if card is None:
            raise NotFoundError(f"the work {work} is not on this map")
        return context.page("franchise_map_card.html.jinja", **card)


def _marked(context: PageContext, number: int, drawn: DrawnMap, form: MapForm) -> str:
    """Return the map with what the form asks for marked on it."""
    svg = drawn.svg
    if form.order is not None:
        order = watch_order.order_of(context.model, number, form.order)
        svg = marking.with_order(svg, drawn.map, [step.work.id for step in order.steps])
    return svg if form.work is None else marking.with_chosen(svg, form.work)


def _address(franchise: FranchiseDetail, form: MapForm, selection: MapSelection) -> str:
    """Return the address of the map that a form asks for, with another selection."""
    asked = {"order": form.order, "work": form.work, **selection.parameters}
    if form.view == "list":
        asked["as"] = "list"
    return urls.with_query(urls.franchise_map(franchise.slug), asked)


def _filters(
    context: PageContext, whole: DrawnMap, form: MapForm, selection: MapSelection
) -> list[legend.MapFilter]:
    promotions = sum(not is_drawn(whole.franchise, one) for one in whole.franchise.members)

    def address(other: MapSelection) -> str:
        return context.then(_address(whole.franchise, form, other))

    links = legend.FilterLinks(selection, address, promotions)
    return legend.filters(whole.map, links, context.messages)


def _links(
    context: PageContext, franchise: FranchiseDetail, form: MapForm, selection: MapSelection
) -> dict[str, Any]:
    """Return the addresses that a map's tools lead to, each keeping the rest of the state.

    On a map of an earlier time stations are links.
    """
    start = urls.franchise(franchise.slug)

    def asked(**changes: Any) -> str:
        changed = msgspec.structs.replace(form, **changes)
        return context.then(_address(franchise, changed, selection))

    return {
        "as_map": asked(view="map"),
        "as_list": asked(view="list", work=None),
        "orders": [(name, asked(order=name)) for name in (None, *ORDERS)],
        "card": None if context.past else f"{start}/card/",
    }


def _card(context: PageContext, drawn: DrawnMap, work: UUID | None) -> Markup | None:
    """Return the card of the chosen work, if it is on the map."""
    card = map_card.card(context, drawn, work) if work is not None else None
    if card is None:
        return None
    rendered = context.render("franchise_map_card.html.jinja", **card)
    return Markup(rendered.decode())  # noqa: S704 -- a template's
