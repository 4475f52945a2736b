"""Maps of franchises, drawn once for each revision of the graph and kept.

Guarantees: what is kept is made from one read model; another revision, and it is drawn anew. Inside
a page a map has no style element, which the policy would refuse: `map.css` is the same style sheet.

Performance: 30 ms to draw 150 works, 5 ms to write them; then nothing.
"""

from collections.abc import Callable
from typing import Final, NamedTuple
from uuid import UUID

import msgspec
from cachetools import LRUCache

from kensho.discovery import franchises
from kensho.metro.layout import metro_map
from kensho.metro.map import MetroMap
from kensho.read_model.franchise_views import FranchiseDetail
from kensho.read_model.model import ReadModel
from kensho.web import urls
from kensho.web.maps import input as map_input
from kensho.web.maps.input import Named
from kensho.web.maps.svg import MapLinks, map_svg

_KEPT: Final = 64
"""A map of 150 works takes some 200 KB."""
_HUB: Final = msgspec.json.Decoder(FranchiseDetail)


class DrawnMap(NamedTuple):
    """A franchise, its map, and the map as an element of a page."""

    hub: FranchiseDetail
    map: MetroMap
    inline: str


class MapStore:
    """Draws maps and keeps the latest; `place_of` is asked where a work's page is."""

    def __init__(self) -> None:
        self._kept: LRUCache[tuple[str, str], DrawnMap] = LRUCache(_KEPT)

    def of_hub(
        self, model: ReadModel, number: int, named: Named, place_of: Callable[[UUID], str]
    ) -> DrawnMap:
        """Return the map of a franchise."""
        key = model.hubs.slug(number), model.identity
        drawn = self._kept.get(key)
        if drawn is None:
            hub = hub_of(model, number)
            drawn_up = map_of(model, number, hub, named)
            drawn = self._kept[key] = DrawnMap(hub, drawn_up, inline(drawn_up, place_of))
        return drawn


def hub_of(model: ReadModel, number: int) -> FranchiseDetail:
    """Return a franchise, decoded."""
    return _HUB.decode(franchises.hub(model, number))


def map_of(model: ReadModel, number: int, hub: FranchiseDetail, named: Named) -> MetroMap:
    """Draw the map of a franchise."""
    graph = franchises.graph(model, number)
    edges = map_input.edges_of(hub, graph.edges, graph.bridges, named)
    return metro_map(hub.title, map_input.works_of(hub), edges)


def inline(drawn: MetroMap, place_of: Callable[[UUID], str]) -> str:
    """Return a map as an element of a page: with links, without a style of its own."""
    links = MapLinks(work=lambda id_: place_of(UUID(id_)), franchise=urls.hub_map)
    return map_svg(drawn, links=links, is_styled=False)
