"""`/anime/{id}/map`: the map around a work, one to three steps far, of whatever franchise.

A station leads to the map around it, so that one walks through the graph from work to work.

Guarantees: works of the same franchise keep their roles in it; others are guests that name their
own. The nearest `MOST` works are shown, and a page that shows no more says so.
"""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple
from uuid import UUID

import msgspec
from litestar import Controller
from litestar.params import FromPath
from markupsafe import Markup

from kensho.discovery import franchises, neighbourhood, works
from kensho.domain.relations import KIND_FACTS
from kensho.domain.works import Role
from kensho.http.pooled import pooled
from kensho.http.request_costs import public_costing
from kensho.http.responses import PreparedResponse
from kensho.http.work_pool import checkpoint
from kensho.metro.inputs import GuestOf, MapEdge, MapWork
from kensho.metro.layout import metro_map
from kensho.metro.map import MetroMap
from kensho.read_model.franchises import NO_FRANCHISE
from kensho.read_model.model import ReadModel
from kensho.read_model.views import GraphNode, Neighbourhood, RelationView, Summary
from kensho.web import forms, urls
from kensho.web.forms import get_page
from kensho.web.maps import legend, map_input, map_store, marking
from kensho.web.maps.map_input import CONNECTIONS, EVERYTHING, MapSelection
from kensho.web.page_context import GivenPageContext, PageContext

MOST: Final = 120
"""A map of so many stations is laid out within the 30 ms that `bench_map` allows one of 150."""
DEPTHS: Final = (1, 2, 3)


class NeighbourhoodForm(msgspec.Struct, frozen=True):
    """How far, and what is on the map; `hide` and `show` are read by `MapSelection`."""

    depth: Literal[1, 2, 3] = 1
    hide: str = ""
    show: str = ""


class NeighbourhoodMap(NamedTuple):
    """The map around a work, the same with nothing taken off, and whether there is more still."""

    map: MetroMap
    whole: MetroMap
    is_truncated: bool


class NeighbourhoodPageController(Controller):
    """The map around a work."""

    path = "/anime/{work_id:str}/map"
    opt = public_costing(20, depth=20)

    @get_page()
    @pooled
    def neighbourhood(
        self, context: GivenPageContext, form: NeighbourhoodForm, work_id: FromPath[str]
    ) -> PreparedResponse:
        """Show a work amid its neighbours."""
        work = forms.work_id(work_id)
        selection = MapSelection.read(form.hide, form.show)
        found = neighbourhood_map(context, work, form.depth, selection)
        checkpoint()
        svg = map_store.page_svg(
            found.map,
            context.messages,
            lambda other: urls.neighbourhood(other, form.depth),
            is_whole=CONNECTIONS in selection.shown,
        )

        def address(other: MapSelection) -> str:
            return urls.neighbourhood(work, form.depth, **other.parameters)

        return context.page(
            "neighbourhood.html.jinja",
            work=work,
            title=found.map.title,
            neighbourhood=found,
            depth=form.depth,
            depths=DEPTHS,
            svg=Markup(marking.with_chosen(svg, work)),  # noqa: S704 -- made safe by `map_svg`
            filters=legend.filters(
                found.whole, legend.FilterLinks(selection, address), context.messages
            ),
            everything=address(EVERYTHING) if selection.hidden else None,
            is_empty=not found.map.stations,
            path=urls.neighbourhood(work, form.depth),
        )


def neighbourhood_map(
    context: PageContext, work: UUID, depth: int, selection: MapSelection = EVERYTHING
) -> NeighbourhoodMap:
    """Return the map around a work; raises as `works.locate`."""
    model = context.model
    node = works.locate(model, work)
    graph: Neighbourhood = context.titles.applied(
        neighbourhood.neighbourhood(model, node, None, depth).decode()
    )
    kept = graph.nodes[:MOST]
    roles = _roles(model, node, graph)
    title, edges = kept[0].title, _map_edges(context, kept, graph.edges)
    stations = [
        _map_work(context, one, roles.get(one.id, "crossover"), _guest_of(model, node, one))
        for one in kept
    ]
    whole = drawn = metro_map(title, stations, edges)
    if selection.hidden:
        drawn = metro_map(
            title, filter(selection.takes, stations), filter(selection.takes_edge, edges)
        )
    return NeighbourhoodMap(drawn, whole, graph.truncated or len(graph.nodes) > len(kept))


def _roles(model: ReadModel, node: int, graph: Neighbourhood) -> dict[UUID, Role]:
    """Return what works are: in the franchise of the first, or by how they are reached from it."""
    franchise = model.franchises.by_node.item(node)
    if franchise != NO_FRANCHISE:
        members = map_store.franchise_of(model, franchise).members
        return {id_: one.role for one in members for id_ in (one.work.id, *one.also)}
    roles: dict[UUID, Role] = {graph.nodes[0].id: "main"}
    for edge in graph.edges:
        roles.setdefault(edge.target, KIND_FACTS[edge.kind].role or "crossover")
    return roles


def _guest_of(model: ReadModel, node: int, one: Summary) -> tuple[GuestOf, ...]:
    """Return the franchise that a work belongs to, where it is another than that of `node`."""
    other = model.node(one.id)
    franchise = NO_FRANCHISE if other is None else model.franchises.by_node.item(other)
    if franchise in (NO_FRANCHISE, model.franchises.by_node.item(node)):
        return ()
    return (GuestOf(model.franchises.slug(franchise), franchises.title_of(model, franchise)),)


def _map_work(
    context: PageContext, one: Summary, role: Role, guest_of: tuple[GuestOf, ...]
) -> MapWork:
    year = context.year_of(one.id)
    return MapWork(
        id=str(one.id),
        title=one.title,
        type="music" if role == "music" else map_input.TYPES[one.anime_type],
        role=role,
        date=str(year) if year else "",
        episodes=one.episodes,
        status=one.status,
        guest_of=guest_of,
        is_guest=bool(guest_of),
        popularity=context.popularity_of(one.id),
    )


def _map_edges(
    context: PageContext, kept: Sequence[GraphNode], edges: Sequence[RelationView]
) -> list[MapEdge]:
    inside = {one.id for one in kept}
    return [
        map_input.map_edge(
            (str(one.source), str(one.target)), one.kind, one.assertions, context.source_name
        )
        for one in edges
        if one.source in inside and one.target in inside
    ]
