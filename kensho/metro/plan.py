"""The plan of a map: the line, track and column of each work, before edges are routed.

Guarantees: pure; works must come sorted by time and edges merged.
Performance: 3 ms for 150 works.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from kensho.metro.columns import ColumnNeeds, MapColumns, columns_of
from kensho.metro.connectors import (
    PlaceInTime,
    Reservation,
    connectors,
    next_on_track,
    places_of,
    reservations,
    shown_of,
)
from kensho.metro.edges import STORY, ChosenEdges, chosen_edges
from kensho.metro.inputs import MapContinuity, MapEdge, MapWork
from kensho.metro.labels import reserved_width
from kensho.metro.lines import Lane, LinedWorks, lines_of, name_key
from kensho.metro.occupancy import StationPosition
from kensho.metro.station_names import names_of, printable
from kensho.metro.text_metrics import truncated, width
from kensho.metro.tracks import Track, TrackAssignment, tracks_of

SCREEN: Final = (1280.0, 586.0)
"""What a small map fits: a laptop's window (1280 x 800) between page header and legend."""
HEADER_HEIGHT: Final = 36.0
HEADING_SIZE: Final = 11.0
HEADING_WIDEST: Final = 102.0
"""Pixels of the name of a line, before which its swatch is drawn."""
SWATCH: Final = 20.0
"""The width of the stroke in a line's colour before its name."""
_HEADING_GAP: Final = 18.0
"""Pixels between the name of a line and its first station."""
_LEFT: Final = 160.0
_RIGHT: Final = 64.0
_LABEL_MARGIN: Final = 4.0
"""Pixels between a label and the right edge."""
_MARGIN: Final = 58.0
"""Above the topmost and below the lowest track, for their labels: three lines and a station."""
_TRACK_HEIGHT: Final = (62.0, 92.0)
"""The least and the greatest distance between tracks of a small map."""
_STRIP_TRACK_HEIGHT: Final = 80.0
"""The same on a map that scrolls sideways: two rows of labels and four channels between them."""
_THIN_TRACK: Final = 0.86
"""The share of that distance beside a track whose names are few and short."""
_THIN: Final[frozenset[Lane]] = frozenset(("summary", "guest", "music", "promotion"))
_MAX_SCREEN_WORKS: Final = 30
_MIN_WIDTH: Final = 360.0
# The cost of drawing an edge, in works that lie between its ends. It decides which edges of a
# spanning forest are drawn. The ratios were chosen by eye; no measurement of them is on record.
_TRACK_COST: Final = 2.0
"""For each track up or down."""
_ALONG_MAIN_SHARE: Final = 0.2
"""The share of the cost between neighbours on the main track, whose edges hold it together."""
_ALONG_TRACK_SHARE: Final = 0.7
"""The same on any other track."""


class MapPlan(NamedTuple):
    """The works, lines, tracks and columns of a map, and the positions of its stations."""

    works: Sequence[MapWork]
    names: Mapping[str, str]
    lines: Sequence[LinedWorks]
    tracks: TrackAssignment
    columns: MapColumns
    heights: Sequence[float]
    positions: Mapping[str, StationPosition]
    places: Mapping[str, PlaceInTime]
    reserved: Mapping[str, Reservation]
    edges: ChosenEdges
    shown: frozenset[str]
    """The ids of the edges that are seen at once, as far as routes are found for them."""
    width: float
    height: float


class TimedWorks(NamedTuple):
    """Works sorted by time, the place of each in that order, and the year each counts for."""

    works: Sequence[MapWork]
    order: Mapping[str, int]
    years: Mapping[str, int | None]


def plan_map(
    title: str,
    timed: TimedWorks,
    edges: Sequence[MapEdge],
    continuities: Sequence[MapContinuity] = (),
) -> MapPlan:
    """Return the plan of these works."""
    works, order, years = timed
    names = _names(title, works, continuities)
    lines = lines_of(works, edges, names, continuities)
    tracks = tracks_of(lines, order, _chains(works, edges), _neighbours(edges))
    places = places_of(lines, order, tracks.of_work)
    chosen = _chosen(edges, places, tracks.main)
    shown = connectors(chosen.drawn, places)
    seen = shown_of(chosen.drawn, shown)
    wide = {
        work.id: reserved_width(names[work.id], is_bold=places[work.id].track == tracks.main)
        for work in works
    }
    reserved = reservations(places, seen, wide)
    across = [edge for edge in seen if places[edge.source].track != places[edge.target].track]
    needs = ColumnNeeds(tracks.of_work, _neighbours(across), reserved, _leads(lines))
    columns = columns_of(works, years, needs, (_LEFT, SCREEN[0] - _RIGHT))
    heights = _heights(tracks.tracks, len(works))
    positions = {
        work.id: StationPosition(columns.x[columns.of_work[work.id]], heights[track], track)
        for work in works
        for track in (tracks.of_work[work.id],)
    }
    labelled = (positions[id_].x + one.right + _LABEL_MARGIN for id_, one in reserved.items())
    wide_map = max([(columns.x[-1] if works else _LEFT) + _RIGHT, *labelled])
    high = (heights[-1] if heights else HEADER_HEIGHT) + _MARGIN
    return MapPlan(
        works=works,
        names=names,
        lines=lines,
        tracks=tracks,
        columns=columns,
        heights=heights,
        positions=positions,
        places=places,
        reserved=reserved,
        edges=chosen,
        shown=shown,
        width=max(wide_map, _MIN_WIDTH),
        height=high,
    )


def heading_text(line: LinedWorks) -> str:
    """Return the name of a line, cut to what there is space for before its first station."""
    return truncated(line.line.name, HEADING_SIZE, HEADING_WIDEST)


def _names(
    title: str, works: Sequence[MapWork], continuities: Sequence[MapContinuity]
) -> dict[str, str]:
    """Return what works are called, by id, and continuities, by `name_key`."""
    titles = {work.id: work.title for work in works}
    titles |= {name_key(one.number): one.title for one in continuities}
    names = names_of(titles, title)
    known = {work.id: printable(work.short_title) for work in works if work.short_title}
    return names | {id_: short for id_, short in known.items() if short}


def _chosen(
    edges: Sequence[MapEdge], places: Mapping[str, PlaceInTime], main_track: int
) -> ChosenEdges:
    """Divide edges into those to draw and those that others imply."""
    beside = next_on_track(places)

    def cost(edge: MapEdge) -> tuple[float, ...]:
        source, target = edge.source, edge.target
        time, track, _, _ = places[source]
        other_time, other_track, _, _ = places[target]
        away = abs(time - other_time) + _TRACK_COST * abs(track - other_track)
        if track == other_track and ((source, target) in beside or (target, source) in beside):
            away *= _ALONG_MAIN_SHARE if track == main_track else _ALONG_TRACK_SHARE
        return away, time, other_time

    return chosen_edges(edges, cost)


def _neighbours(edges: Iterable[MapEdge]) -> dict[str, set[str]]:
    neighbours: defaultdict[str, set[str]] = defaultdict(set)
    for edge in edges:
        neighbours[edge.target].add(edge.source)
        neighbours[edge.source].add(edge.target)
    return neighbours


def _leads(lines: Iterable[LinedWorks]) -> dict[str, float]:
    """Return how much space is needed before the first work of a line's trunk, for its name."""
    return {
        line.lanes["trunk"][0].id: width(heading_text(line), HEADING_SIZE) + SWATCH + _HEADING_GAP
        for line in lines
        if is_named(line)
    }


def is_named(line: LinedWorks) -> bool:
    """Tell whether the name of a line is written before its first station.

    A line of one work is named by that work; the main line and guests at the left edge.
    """
    return not line.is_main and "trunk" in line.lanes and len(line.works) > 1


def _chains(works: Sequence[MapWork], edges: Iterable[MapEdge]) -> dict[str, str]:
    """Return, for works beside a trunk that continue one another, the first of each chain."""
    beside = {work.id for work in works if work.role in {"side", "summary"}}
    first: dict[str, str] = {}
    for edge in edges:
        if edge.kind in STORY and edge.source in beside and edge.target in beside:
            start = first.setdefault(edge.source, edge.source)
            first.setdefault(edge.target, start)
    return first


def _heights(tracks: Sequence[Track], works_total: int) -> list[float]:
    """Return the y of each track; a small map fills the height of a screen and no more."""
    parts = [_THIN_TRACK if {a.lane, b.lane} & _THIN else 1.0 for a, b in pairwise(tracks)]
    high = _STRIP_TRACK_HEIGHT
    if works_total <= _MAX_SCREEN_WORKS and parts:
        available = SCREEN[1] - HEADER_HEIGHT - 2 * _MARGIN
        high = min(_TRACK_HEIGHT[1], max(_TRACK_HEIGHT[0], available / sum(parts)))
    heights = [HEADER_HEIGHT + _MARGIN]
    for part in parts:
        heights.append(round(heights[-1] + max(part * high, _TRACK_HEIGHT[0]), 1))
    return heights if tracks else []
