"""The plan of a map: the line, track and column of each work, before edges are routed.

Guarantees: pure; works must come sorted by time and edges merged.
Performance: 3 ms for 150 works.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from kensho.domain.relations import KIND_FACTS
from kensho.domain.works import Role
from kensho.metro.columns import MapColumns, columns_of
from kensho.metro.edges import continues_story, is_unspecific
from kensho.metro.inputs import MapEdge, MapWork
from kensho.metro.lines import LinedWorks, lines_of
from kensho.metro.occupancy import StationPosition
from kensho.metro.station_names import names_of, short_names_of
from kensho.metro.tracks import Track, TrackAssignment, tracks_of

SCREEN: Final = (1280.0, 586.0)
"""What a small map fits: a laptop's window (1280 x 800) between page header and legend."""
HEADER_HEIGHT: Final = 36.0
_LEFT: Final = 128.0
_RIGHT: Final = 64.0
_MARGIN: Final = 58.0
"""Above the topmost and below the lowest track, for their labels: three lines and a station."""
_TRACK_HEIGHT: Final = (62.0, 92.0)
"""The least and the greatest distance between tracks of a small map."""
_STRIP_TRACK_HEIGHT: Final = 74.0
"""The same on a map that scrolls sideways."""
_THIN_TRACK: Final = 0.86
"""The share of that distance beside a track whose names are few and short."""
_THIN: Final[frozenset[Role]] = frozenset(("summary", "crossover", "music", "promotion"))
_BELOW: Final[frozenset[Role]] = frozenset(("side", "spin_off"))
_MAX_SCREEN_WORKS: Final = 30
_MIN_WIDTH: Final = 360.0


class MapPlan(NamedTuple):
    """The works, lines, tracks and columns of a map, and the positions of its stations."""

    works: Sequence[MapWork]
    names: Mapping[str, str]
    short_names: Mapping[str, str]
    lines: Sequence[LinedWorks]
    tracks: TrackAssignment
    columns: MapColumns
    heights: Sequence[float]
    positions: Mapping[str, StationPosition]
    width: float
    height: float


def plan_map(
    title: str, works: Sequence[MapWork], edges: Sequence[MapEdge], order: Mapping[str, int]
) -> MapPlan:
    """Return the plan of these works, given the place of each in order of time."""
    names = names_of(works, title)
    lines = lines_of(works, edges, names)
    neighbours = _neighbours(edge for edge in edges if not is_unspecific(edge))
    tracks = tracks_of(
        lines, order, _chains(works, edges), _neighbours(edges), _lower_summaries(lines, edges)
    )
    columns = columns_of(works, tracks.of_work, neighbours, (_LEFT, SCREEN[0] - _RIGHT))
    heights = _heights(tracks.tracks, len(works))
    positions = {
        work.id: StationPosition(columns.x[columns.of_work[work.id]], heights[track], track)
        for work in works
        for track in (tracks.of_work[work.id],)
    }
    wide = (columns.x[-1] if works else _LEFT) + _RIGHT
    high = (heights[-1] if heights else HEADER_HEIGHT) + _MARGIN
    return MapPlan(
        works=works,
        names=names,
        short_names=short_names_of(names),
        lines=lines,
        tracks=tracks,
        columns=columns,
        heights=heights,
        positions=positions,
        width=max(wide, _MIN_WIDTH),
        height=high,
    )


def _neighbours(edges: Iterable[MapEdge]) -> dict[str, set[str]]:
    neighbours: defaultdict[str, set[str]] = defaultdict(set)
    for edge in edges:
        neighbours[edge.target].add(edge.source)
        neighbours[edge.source].add(edge.target)
    return neighbours


def _lower_summaries(lines: Iterable[LinedWorks], edges: Iterable[MapEdge]) -> set[str]:
    """Return the summaries of works whose lines are below the main line."""
    kinds = {work.id: line.line.kind for line in lines for work in line.works}
    return {
        edge.target
        for edge in edges
        if KIND_FACTS[edge.kind].role == "summary" and kinds[edge.source] in _BELOW
    }


def _chains(works: Sequence[MapWork], edges: Iterable[MapEdge]) -> dict[str, str]:
    """Return, for side stories that continue one another, the first work of each one's chain."""
    side = {work.id for work in works if work.role == "side"}
    first: dict[str, str] = {}
    for edge in edges:
        if continues_story(edge) and edge.source in side and edge.target in side:
            start = first.setdefault(edge.source, edge.source)
            first.setdefault(edge.target, start)
    return first


def _heights(tracks: Sequence[Track], works_total: int) -> list[float]:
    """Return the y of each track; a small map fills the height of a screen and no more."""
    parts = [_THIN_TRACK if {a.kind, b.kind} & _THIN else 1.0 for a, b in pairwise(tracks)]
    high = _STRIP_TRACK_HEIGHT
    if works_total <= _MAX_SCREEN_WORKS and parts:
        available = SCREEN[1] - HEADER_HEIGHT - 2 * _MARGIN
        high = min(_TRACK_HEIGHT[1], max(_TRACK_HEIGHT[0], available / sum(parts)))
    heights = [HEADER_HEIGHT + _MARGIN]
    for part in parts:
        heights.append(round(heights[-1] + part * high, 1))
    return heights if tracks else []
