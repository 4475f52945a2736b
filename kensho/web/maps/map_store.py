"""Maps of franchises, drawn once for each snapshot of the graph and kept.

Guarantees: a kept map is made from one read model; for another it is drawn anew. Inside a
page a map has no style element, which the policy would refuse: `map.css` is the same style sheet.

Performance: 30 ms to draw 150 works, 5 ms to write them; then nothing.
"""

import contextlib
import functools
import threading
from collections.abc import Callable
from typing import Final, NamedTuple
from uuid import UUID

from cachetools import LRUCache

from kensho.discovery import franchises
from kensho.discovery.preferred_titles import PreferredTitles
from kensho.http.work_pool import checkpoint
from kensho.metro.layout import metro_map
from kensho.metro.map import MetroMap
from kensho.read_model.franchise_views import FranchiseDetail
from kensho.read_model.model import ReadModel
from kensho.web import urls
from kensho.web.maps import map_input
from kensho.web.maps.map_input import EVERYTHING, MapSelection, SourceName
from kensho.web.maps.svg import MapLinks, map_svg
from kensho.web.messages import Messages

_KEPT_BYTES: Final = 16_777_216
"""16 MiB: the maps of the ten largest franchises of the real graph, or of a hundred usual ones."""
_BYTES_PER_LETTER: Final = 7
"""A map takes 4 to 8 times its SVG, with its stations and the franchise (64 real ones measured by
`tracemalloc`: 24 MB for 4.4 million letters; the largest, of 259 works, takes 2.3 MB)."""


class DrawnMap(NamedTuple):
    """A franchise, its map, and the map as an element of a page."""

    franchise: FranchiseDetail
    map: MetroMap
    svg: str


class MapSources(NamedTuple):
    """What a map tells beside the documents of its franchise: names of sources, popularity 0..1."""

    source_name: SourceName
    popularity_of: Callable[[UUID], float] = lambda _: 0.0


class MapView(NamedTuple):
    """How a map is seen: of which model, and in which words.

    `url_of` tells the page of a work of this model. Works are called as `titles` has them, and the
    words are of a language of the pages.
    """

    model: ReadModel
    url_of: Callable[[UUID], str]
    titles: PreferredTitles
    language: str
    popularity_of: Callable[[UUID], float]


class MapStore:
    """Draws maps and keeps the latest."""

    def __init__(self, messages_in: Callable[[str], Messages]) -> None:
        self._messages_in = messages_in
        self._lock = threading.Lock()  # pages are made on several threads
        self._kept: LRUCache[tuple[str, ...], DrawnMap] = LRUCache(_KEPT_BYTES, getsizeof=_size_of)

    def get(
        self,
        view: MapView,
        number: int,
        selection: MapSelection = EVERYTHING,
        *,
        is_kept: bool = True,
    ) -> DrawnMap:
        """Return the map of a franchise.

        Unless it `is_kept`, it is drawn for this call: its pages are others than those of today.
        So is one of a selection, of which there are too many.
        """
        model, titles, language = view.model, view.titles, view.language
        is_kept = is_kept and selection == EVERYTHING
        key = model.franchises.slug(number), model.identity, titles.choice, language
        kept: DrawnMap | None = None
        if is_kept:
            with self._lock:
                kept = self._kept.get(key)
        if kept is None:
            kept = self._drawn(view, number, selection)
            if is_kept:
                with self._lock, contextlib.suppress(ValueError):  # too large to be kept
                    self._kept[key] = kept
        return kept

    def _drawn(self, view: MapView, number: int, selection: MapSelection) -> DrawnMap:
        messages = self._messages_in(view.language)
        franchise: FranchiseDetail = view.titles.applied(franchise_of(view.model, number))

        @functools.cache
        def source_name(source: str) -> str:
            return messages.label("provider", source)

        sources = MapSources(source_name, view.popularity_of)
        drawn = draw(view.model, number, franchise, sources, selection)
        checkpoint()
        is_whole = map_input.CONNECTIONS in selection.shown
        svg = page_svg(drawn, messages, view.url_of, is_whole=is_whole)
        return DrawnMap(franchise, drawn, svg)


def _size_of(drawn: DrawnMap) -> int:
    """Return the memory that a map takes, as an estimate."""
    return _BYTES_PER_LETTER * len(drawn.svg)


def franchise_of(model: ReadModel, number: int) -> FranchiseDetail:
    """Return a franchise, decoded."""
    return franchises.detail(model, number).decode()


def draw(
    model: ReadModel,
    number: int,
    franchise: FranchiseDetail,
    sources: MapSources,
    selection: MapSelection = EVERYTHING,
) -> MetroMap:
    """Draw the map of a franchise, of what a selection takes of it."""
    graph = franchises.graph(model, number)
    promotions = map_input.PROMOTIONS in selection.shown
    edges = map_input.edges_of(
        franchise, graph.edges, graph.bridges, sources.source_name, promotions=promotions
    )
    works = map_input.works_of(franchise, sources.popularity_of, promotions=promotions)
    return metro_map(
        franchise.title,
        filter(selection.takes, works),
        filter(selection.takes_edge, edges),
        map_input.continuities_of(franchise),
    )


def page_svg(
    drawn: MetroMap,
    messages: Messages,
    url_of: Callable[[UUID], str],
    *,
    is_whole: bool = False,
) -> str:
    """Return a map as an element of a page: with links, without a style of its own.

    On one that `is_whole`, quiet routes are seen.
    """
    links = MapLinks(work=lambda id_: url_of(UUID(id_)), franchise=urls.franchise_map)
    return map_svg(drawn, messages, links=links, is_styled=False, is_whole=is_whole)
