"""`/hub/{slug}/map`: the map of a franchise, or the same as a list, and the cards of its works."""

from typing import Any, Literal
from uuid import UUID

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
from kensho.web.maps.map_store import DrawnMap
from kensho.web.page_context import GivenPageContext, PageContext


class MapForm(PastForm, frozen=True, rename={"view": "as"}):
    """What is marked on a map, an order or a work; whether it is drawn or listed; and of when."""

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
        drawn = context.franchise_map(number)
        is_list = form.view == "list"
        return frame.tab_page(
            context,
            drawn.franchise,
            "map",
            svg=Markup(_marked(context, number, drawn, form)),  # noqa: S704 -- made safe by `map_svg`
            is_list=is_list,
            order=form.order,
            links=_links(context, drawn.franchise, form),
            filters=legend.filters(drawn.map, context.messages),
            lines=descriptions.lines(drawn.map, context.messages) if is_list else [],
            card=_card(context, drawn, form.work),
            formats=frame.GRAPH_FORMATS,
        )

    @get("/card/{work_id:str}")
    @pooled
    def card(
        self, context: GivenPageContext, slug: FromPath[str], work_id: FromPath[str]
    ) -> PreparedResponse:
        """Show a work of the map: a part of a page, for the map's own script."""
        work = forms.work_id(work_id)
        drawn = context.franchise_map(frame.locate(context, slug))
        card = map_card.card(context, drawn, work)
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


def _links(context: PageContext, franchise: FranchiseDetail, form: MapForm) -> dict[str, Any]:
    """Return the addresses that a map's tools lead to, each keeping the rest of the state.

    A map of an earlier time has no pictures to take away, and its stations are links.
    """
    start, map_path = urls.franchise(franchise.slug), urls.franchise_map(franchise.slug)

    def with_order(order: Order | None) -> str:
        return context.then(urls.with_query(map_path, {"order": order, "work": form.work}))

    return {
        "as_map": with_order(form.order),
        "as_list": context.then(urls.with_query(map_path, {"order": form.order, "as": "list"})),
        "orders": [(name, with_order(name)) for name in (None, *ORDERS)],
        "card": None if context.past else f"{start}/card/",
        "svg": f"{start}/map.svg",
        "png": f"{start}/map.png",
        "file": franchise.slug,
        "graph": f"/api{start.replace('/hub/', '/franchises/', 1)}/graph?format=",
    }


def _card(context: PageContext, drawn: DrawnMap, work: UUID | None) -> Markup | None:
    """Return the card of the chosen work, if it is on the map."""
    card = map_card.card(context, drawn, work) if work is not None else None
    if card is None:
        return None
    rendered = context.render("franchise_map_card.html.jinja", **card)
    return Markup(rendered.decode())  # noqa: S704 -- a template's
