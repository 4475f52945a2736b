"""`/hub/{slug}`: a franchise, its map, its watch orders and its episodes, each at its own address.

A slug that was retired leads to the one that took its place, a dissolved one is gone.
"""

import functools
from typing import Any, Final, Literal, TypeAlias
from uuid import UUID

import msgspec
from litestar import Controller, Request, get
from litestar.params import FromPath
from markupsafe import Markup

from kensho.discovery import franchises
from kensho.domain.watch_order.order import Order
from kensho.errors import NotFoundError
from kensho.http.privacy import PUBLIC
from kensho.http.response_cache import PreparedResponse
from kensho.metro.map import MetroMap
from kensho.read_model.franchise_views import ORDERS, FranchiseDetail
from kensho.web import forms, urls
from kensho.web.hubs import card as hub_card
from kensho.web.hubs import episodes as hub_episodes
from kensho.web.hubs import orders as hub_orders
from kensho.web.hubs import structured_data as hub_block
from kensho.web.hubs.memberships import MembershipReasons, facts, groups, guests
from kensho.web.maps import filters as map_filters
from kensho.web.maps import list as map_list
from kensho.web.maps import map_store as map_shelf
from kensho.web.maps import marking as map_marking
from kensho.web.page_context import GivenPageContext, PageContext

FORMATS: Final = (
    ("json", "JSON"),
    ("graphml", "GraphML"),
    ("gexf", "GEXF"),
    ("cypher", "Cypher"),
    ("dot", "DOT"),
)
SHOWN_AT_ONCE: Final = 24
"""Works of a role that are seen at once; the rest unfolds."""
_MOST_SLUG_CHARS: Final = 100
_FRAME: Final = (800, 520)
GivenRequest: TypeAlias = Request[Any, Any, Any]


class OrderForm(msgspec.Struct, frozen=True):
    """Which watch order is asked for, and whether with what is optional in it."""

    order: Order = "release"
    optional: Literal[0, 1] = 1


class MapForm(msgspec.Struct, frozen=True, rename={"shown": "as"}):
    """What is marked on a map: an order, a work; and whether it is drawn or told."""

    order: Order | None = None
    work: UUID | None = None
    shown: Literal["map", "list"] = "map"


class HubPageController(Controller):
    """The pages of a franchise."""

    path = "/hub/{slug:str}"
    opt = PUBLIC

    @get()
    async def overview(self, desk: GivenPageContext, slug: FromPath[str]) -> PreparedResponse:
        """Show what belongs to a franchise, and why."""
        hub = map_shelf.hub_of(desk.model, located(desk, slug))
        reasons = MembershipReasons(hub, desk.renderer.wording)
        return page(
            desk,
            hub,
            "overview",
            groups=groups(hub, reasons),
            shown_at_once=SHOWN_AT_ONCE,
            guests=guests(hub, reasons),
            block=Markup(hub_block.text_of(desk, hub)),  # noqa: S704 -- made safe there
            formats=FORMATS,
            snippet=snippet(desk, hub),
        )

    @get("/map")
    async def read_map(
        self, desk: GivenPageContext, request: GivenRequest, slug: FromPath[str]
    ) -> PreparedResponse:
        """Show the map, with an order or a chosen work marked on it."""
        form = forms.read(request, MapForm)
        number = located(desk, slug)
        drawn = desk.maps.of_hub(desk.model, number, desk.source, desk.place_of)
        hub, svg = drawn.hub, drawn.inline
        if form.order is not None:
            found = hub_orders.order_of(desk.model, number, form.order)
            svg = map_marking.ordered(svg, drawn.map, [step.work.id for step in found.steps])
        if form.work is not None:
            svg = map_marking.chosen(svg, form.work)
        return page(
            desk,
            hub,
            "map",
            svg=Markup(svg),  # noqa: S704 -- made safe by `map_svg`
            as_list=form.shown == "list",
            order=form.order,
            view=view_of(hub, form),
            filters=map_filters.filters(drawn.map, desk.renderer.wording),
            lines=lines_of(desk, drawn.map, form),
            card=_card(desk, drawn.map, hub, form),
            formats=FORMATS,
        )

    @get("/watch-order")
    async def watch_order(
        self, desk: GivenPageContext, request: GivenRequest, slug: FromPath[str]
    ) -> PreparedResponse:
        """Show a watch order."""
        form = forms.read(request, OrderForm)
        number = located(desk, slug)
        hub = map_shelf.hub_of(desk.model, number)
        found = hub_orders.order_of(desk.model, number, form.order)
        optional = bool(form.optional)
        shown = hub_orders.shown(found, hub, optional=optional)
        return page(
            desk,
            hub,
            "order",
            found=shown,
            optional=optional,
            facts_of=functools.partial(facts, wording=desk.renderer.wording),
        )

    @get("/episodes")
    async def episodes(self, desk: GivenPageContext, slug: FromPath[str]) -> PreparedResponse:
        """Show how many episodes each work has."""
        model = desk.model
        number = located(desk, slug)
        hub = map_shelf.hub_of(model, number)
        order = hub_orders.order_of(model, number, "release")
        revision, listed = await hub_episodes.listed(desk, [step.work.id for step in order.steps])
        return page(
            desk,
            hub,
            "episodes",
            tag=f"{model.identity}x{revision}".encode(),
            keep=revision == model.revision,
            rows=hub_episodes.rows(order, listed),
            away=revision == 0,
        )

    @get("/card/{work_id:str}")
    async def card(
        self, desk: GivenPageContext, slug: FromPath[str], work_id: FromPath[str]
    ) -> PreparedResponse:
        """Show a work of the map: a part of a page, for the map's own script."""
        work = forms.work_id(work_id)
        number = located(desk, slug)
        drawn = desk.maps.of_hub(desk.model, number, desk.source, desk.place_of)
        found = hub_card.card(desk, drawn.hub, drawn.map, work)
        if found is None:
            raise NotFoundError(f"the work {work} is not on this map")
        return desk.page("hub_card.html.jinja", desk.model.identity, **found)


def located(desk: PageContext, slug: str) -> int:
    """Return the number of a franchise; raises as `franchises.locate`."""
    if len(slug) > _MOST_SLUG_CHARS:
        raise NotFoundError("no slug is that long")
    return franchises.locate(desk.model, slug)


def page(
    desk: PageContext,
    hub: FranchiseDetail,
    tab: str,
    *,
    tag: bytes | None = None,
    keep: bool = True,
    **context: Any,
) -> PreparedResponse:
    """Return a page of a franchise, with what its frame shows."""
    tabs = tabs_of(hub.slug)
    return desk.page(
        f"hub_{tab}.html.jinja",
        desk.model.identity,
        tag=tag,
        keep=keep,
        hub=hub,
        tab=tab,
        tabs=tabs,
        place=tabs[tab],
        described=described(desk, hub),
        **context,
    )


def tabs_of(slug: str) -> dict[str, str]:
    """Return the paths of a franchise's pages."""
    start = urls.hub(slug)
    return {
        "overview": start,
        "map": urls.hub_map(slug),
        "order": urls.hub_order(slug, "release"),
        "episodes": f"{start}/episodes",
    }


def described(desk: PageContext, hub: FranchiseDetail) -> str:
    """Return a franchise in a sentence, for other sites."""
    return desk.renderer.wording.say("hub.described", title=hub.title, works=counted(desk, hub))


def counted(desk: PageContext, hub: FranchiseDetail) -> str:
    """Return how many works a franchise has, of which years."""
    wording = desk.renderer.wording
    works, years = wording.count("works", hub.works_total), hub.years
    if years is None:
        return works
    if years.first == years.last:
        return wording.say("hub.of_year", works=works, year=years.first)
    return wording.say("hub.of_years", works=works, first=years.first, last=years.last)


def snippet(desk: PageContext, hub: FranchiseDetail) -> str:
    """Return the element by which other sites show the map in a frame."""
    place = f"{desk.origin}{urls.embedded(hub.slug)}"
    return frame(place, desk.renderer.wording.say("hub.picture_alt", title=hub.title), *_FRAME)


def frame(place: str, title: str, width: int, height: int) -> str:
    """Return a frame of this size that shows `place`, as HTML."""
    opening = Markup('<iframe src="{}" title="{}" width="{}" height="{}"').format(
        place, title, width, height
    )
    return f'{opening} loading="lazy" allowfullscreen></iframe>'


def view_of(hub: FranchiseDetail, form: MapForm) -> dict[str, Any]:
    """Return the addresses that a map's tools lead to, each keeping the rest of the state."""
    start = urls.hub_map(hub.slug)
    home = urls.hub(hub.slug)

    def with_order(order: Order | None) -> str:
        return urls.asking(start, {"order": order, "work": form.work})

    return {
        "as_map": with_order(form.order),
        "as_list": urls.asking(start, {"order": form.order, "as": "list"}),
        "orders": [(name, with_order(name)) for name in (None, *ORDERS)],
        "card": f"{home}/card/",
        "svg": f"{home}/map.svg",
        "png": f"{home}/map.png",
        "file": hub.slug,
        "graph": f"/api{home.replace('/hub/', '/franchises/', 1)}/graph?format=",
    }


def lines_of(desk: PageContext, drawn: MetroMap, form: MapForm) -> list[map_list.ListedLine]:
    """Return the map as a list, where it is asked for."""
    return map_list.lines(drawn, desk.renderer.wording) if form.shown == "list" else []


def _card(desk: PageContext, drawn: MetroMap, hub: FranchiseDetail, form: MapForm) -> Markup | None:
    """Return the card of the chosen work, if it is on the map."""
    found = hub_card.card(desk, hub, drawn, form.work) if form.work is not None else None
    if found is None:
        return None
    made = desk.body("hub_card.html.jinja", **found)
    return Markup(made.decode())  # noqa: S704 -- a template's
