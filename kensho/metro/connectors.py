"""Which edges of a map are seen at once: those that hold its lines together.

A map on which every relation is drawn can't be read. So these are drawn: along a track, the edges
from a station to the next; for each line, the one edge by which it hangs on another line; for each
work that accompanies a line, the one edge to what it accompanies, if that is near; for each guest,
the edge to its nearest member. All others are quiet: they are seen when a work is asked about.

Guarantees: pure; ties are broken by the order of time, so that the order of edges doesn't matter.
Performance: 2 µs for an edge.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from kensho.metro.edges import continues_story, edge_id, is_unspecific
from kensho.metro.inputs import MapEdge
from kensho.metro.lines import MAIN_LINE, Lane, LinedWorks
from kensho.metro.segments import Box

_NEAR: Final = 16
"""So many works may come out between a work and what it accompanies; an edge further than that runs
past half a screen of other stations and says less than it hides."""
_GAP: Final = 4.0
"""Pixels between a station and its label."""
LEG: Final = 30.0
"""Pixels beside a station within which an edge that leaves it at 45 degrees passes labels' rows:
the largest station, a gap and a line of text."""
_EMPTY: Final[Mapping[int, int]] = {-1: 0, 1: 0}
"""On how many ends edges leave a station above and below it that has none."""
_OVERHANG: Final = 8.0
"""How far a label that is set to one side reaches to the other side of its station's middle."""


class PlaceInTime(NamedTuple):
    """Where a work is before it has an x: its place in time, its track, and its line and lane."""

    time: int
    track: int
    line: str
    lane: Lane


class Reservation(NamedTuple):
    """On which side of a station a label has space (-1 above, 1 below), and from where to where.

    `spans` tells, by side, what a station needs of its track's row of labels: pixels left and right
    of its middle, for the label and for edges that leave there.
    """

    side: int
    left: float
    right: float
    spans: Mapping[int, tuple[float, float]]


def places_of(
    lines: Iterable[LinedWorks], order: Mapping[str, int], tracks: Mapping[str, int]
) -> dict[str, PlaceInTime]:
    """Return the place of each work."""
    return {
        work.id: PlaceInTime(order[work.id], tracks[work.id], line.line.id, lane)
        for line in lines
        for lane, works in line.lanes.items()
        for work in works
    }


def next_on_track(places: Mapping[str, PlaceInTime]) -> frozenset[tuple[str, str]]:
    """Return the pairs of works of one line that are next to each other on a track."""
    found, last = set[tuple[str, str]](), dict[int, str]()
    for work, place in sorted(places.items(), key=lambda item: item[1]):
        before = last.get(place.track)
        if before is not None and places[before].line == place.line:
            found.add((before, work))
        last[place.track] = work
    return frozenset(found)


def connectors(edges: Iterable[MapEdge], places: Mapping[str, PlaceInTime]) -> frozenset[str]:
    """Return the ids of the edges that are seen at once, of edges that are drawn."""
    beside = next_on_track(places)
    best: dict[str, tuple[tuple[float, ...], str]] = {}
    found = set[str]()
    for edge in edges:
        source, target = places[edge.source], places[edge.target]
        if (edge.source, edge.target) in beside or (edge.target, edge.source) in beside:
            found.add(edge_id(edge))
            continue
        for work, here, there in ((edge.source, source, target), (edge.target, target, source)):
            offer = _offer(work, here, there, edge)
            if offer is not None:
                held, rank = offer
                best[held] = min(best.get(held, (rank, edge_id(edge))), (rank, edge_id(edge)))
    best.pop(MAIN_LINE, None)  # It hangs on nothing.
    return frozenset(found.union(id_ for _, id_ in best.values()))


def _offer(
    work: str, here: PlaceInTime, there: PlaceInTime, edge: MapEdge
) -> tuple[str, tuple[float, ...]] | None:
    """Return what an edge holds, a work or a line, and how well: the least is the best."""
    apart = abs(here.time - there.time)
    loose = (edge.method == "inferred") + 2.0 * is_unspecific(edge)
    if here.lane == "guest":
        return work, (there.lane == "guest", loose, apart)
    if here.line != there.line:
        if there.lane == "guest":
            return None
        aside = (here.lane != "trunk") + (there.lane != "trunk")
        late = max(here.time, there.time)
        return here.line, (loose, aside, not continues_story(edge), late, apart)
    if here.lane != "trunk" and here.track != there.track and apart <= _NEAR:
        return work, (there.lane != "trunk", loose, apart)
    return None


def reservations(
    places: Mapping[str, PlaceInTime],
    shown: Iterable[MapEdge],
    wide: Mapping[str, float],
) -> dict[str, Reservation]:
    """Return where each station's label has space whatever else is drawn.

    Stations of a track take turns above and below it. An edge leaves the earlier of its works to
    the right and reaches the later from the left: the label keeps to the other side.
    """
    busy: dict[str, set[tuple[int, int]]] = {}
    for edge in shown:
        earlier, later = sorted((edge.source, edge.target), key=lambda work: places[work].time)
        down = places[later].track - places[earlier].track
        if down:
            sign = 1 if down > 0 else -1
            busy.setdefault(earlier, set()).add((1, sign))
            busy.setdefault(later, set()).add((-1, -sign))
    found = dict[str, Reservation]()
    turns: dict[int, int] = {}
    for work, place in sorted(places.items(), key=lambda item: item[1]):
        turn = turns.get(place.track, 1)
        taken, need = busy.get(work, set()), wide[work]
        crowds = {s: ((-1, s) in taken) + ((1, s) in taken) for s in (-1, 1)} if taken else _EMPTY
        # The side that fewer edges leave on; of two that are alike the one whose turn it is.
        side = turn if crowds[turn] <= crowds[-turn] else -turn
        left, right = -need / 2, need / 2
        if crowds[side] == 1:
            left, right = (
                (-_OVERHANG, need - _OVERHANG)
                if (-1, side) in taken
                else (_OVERHANG - need, _OVERHANG)
            )
        spans = {
            s: (-LEG * ((-1, s) in taken), LEG * ((1, s) in taken)) for s in (-1, 1) if crowds[s]
        }
        legs = spans.get(side, (0.0, 0.0))
        spans[side] = min(legs[0], left), max(legs[1], right)
        found[work] = Reservation(side, left, right, spans)
        turns[place.track] = -side
    return found


def reserved_box(
    reservation: Reservation, at: tuple[float, float], radius: float, high: float
) -> Box:
    """Return the box at a station's place that is reserved for its label."""
    x, y = at
    edge = y + reservation.side * (radius + _GAP)
    top = edge if reservation.side > 0 else edge - high
    return Box(x + reservation.left, top, x + reservation.right, top + high)


def shown_of(edges: Sequence[MapEdge], ids: frozenset[str]) -> list[MapEdge]:
    """Return the edges with these ids."""
    return [edge for edge in edges if edge_id(edge) in ids]
