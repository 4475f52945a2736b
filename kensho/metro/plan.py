"""The plan of a map: which line, lane and column each work is on, before anything is drawn.

Guarantees: pure; works come sorted by time, edges merged. The cost: 3 ms for 150 works.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from kensho.metro.columns import MapColumns, columns_of
from kensho.metro.edges import is_unspecific
from kensho.metro.inputs import MapEdge, MapWork
from kensho.metro.lines import LinedWorks, lines_of
from kensho.metro.map import LineKind
from kensho.metro.occupancy import StationPosition
from kensho.metro.station_names import briefs_of, names_of
from kensho.metro.tracks import Track, TrackAssignment, tracks_of

SCREEN: Final = (1280.0, 586.0)
"""What a small map fits: a laptop's window below the page's own head, above the map's legend."""
HEAD: Final = 36.0
_LEFT: Final = 128.0
_RIGHT: Final = 64.0
_MARGIN: Final = 58.0
"""Above the topmost and below the lowest lane, for their labels."""
_LANE_HIGH: Final = (62.0, 92.0)
_STRIP_LANE_HIGH: Final = 74.0
_THIN_LANE: Final = 0.86
_THIN: Final[frozenset[LineKind]] = frozenset(("summary", "crossover", "music"))
_BELOW: Final[frozenset[LineKind]] = frozenset(("side", "spin_off"))
_FEW: Final = 30
_LEAST_WIDE: Final = 360.0


class MapPlan(NamedTuple):
    """Where everything of a map goes."""

    works: Sequence[MapWork]
    names: Mapping[str, str]
    briefs: Mapping[str, str]
    lines: Sequence[LinedWorks]
    lanes: TrackAssignment
    columns: MapColumns
    heights: Sequence[float]
    places: Mapping[str, StationPosition]
    width: float
    height: float


def plan_map(
    title: str, works: Sequence[MapWork], edges: Sequence[MapEdge], order: Mapping[str, int]
) -> MapPlan:
    """Return the plan of these works, given the place of each in time."""
    names = names_of(works, title)
    lines = lines_of(works, edges, names)
    near = _near(edge for edge in edges if not is_unspecific(edge))
    lanes = tracks_of(lines, order, _chains(works, edges), _near(edges), _low(lines, edges))
    columns = columns_of(works, lanes.of_work, near, (_LEFT, SCREEN[0] - _RIGHT))
    heights = _heights(lanes.lanes, len(works))
    places = {
        work.id: StationPosition(columns.x[columns.of_work[work.id]], heights[row], row)
        for work in works
        for row in (lanes.of_work[work.id],)
    }
    wide = (columns.x[-1] if works else _LEFT) + _RIGHT
    high = (heights[-1] if heights else HEAD) + _MARGIN
    return MapPlan(
        works=works,
        names=names,
        briefs=briefs_of(names),
        lines=lines,
        lanes=lanes,
        columns=columns,
        heights=heights,
        places=places,
        width=max(wide, _LEAST_WIDE),
        height=high,
    )


def _near(edges: Iterable[MapEdge]) -> dict[str, set[str]]:
    near: defaultdict[str, set[str]] = defaultdict(set)
    for edge in edges:
        near[edge.target].add(edge.source)
        near[edge.source].add(edge.target)
    return near


def _low(lines: Iterable[LinedWorks], edges: Iterable[MapEdge]) -> set[str]:
    """Return the summaries of works that are on lines below the main one."""
    kinds = {work.id: line.line.kind for line in lines for work in line.works}
    return {
        edge.target for edge in edges if edge.kind == "summary" and kinds[edge.source] in _BELOW
    }


def _chains(works: Sequence[MapWork], edges: Iterable[MapEdge]) -> dict[str, str]:
    """Return the first work of the chain of side stories that each one continues."""
    side = {work.id for work in works if work.role == "side"}
    first: dict[str, str] = {}
    for edge in edges:
        if edge.kind == "sequel" and edge.source in side and edge.target in side:
            start = first.setdefault(edge.source, edge.source)
            first.setdefault(edge.target, start)
    return first


def _heights(lanes: Sequence[Track], many: int) -> list[float]:
    """Return the y of each lane, so that a small map fills a screen's height and no more."""
    parts = [_THIN_LANE if {a.kind, b.kind} & _THIN else 1.0 for a, b in pairwise(lanes)]
    high = _STRIP_LANE_HIGH
    if many <= _FEW and parts:
        room = SCREEN[1] - HEAD - 2 * _MARGIN
        high = min(_LANE_HIGH[1], max(_LANE_HIGH[0], room / sum(parts)))
    heights = [HEAD + _MARGIN]
    for part in parts:
        heights.append(round(heights[-1] + part * high, 1))
    return heights if lanes else []
