"""The metro map of a franchise: works and edges in, a whole map out.

Lines are continuities, lanes are stacked around the straight main line, columns are time; then
edges are routed over the ground and labels find their places among them.

Guarantees: pure; the same works and edges give the same map in whatever order they come. The cost:
20 ms for 150 works and 1,300 edges; 56 ms for Gundam, with 223 and 4,200.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import log2
from typing import Final

from kensho.metro import decorations
from kensho.metro.edges import chosen_edges, edge_id, merged_edges
from kensho.metro.inputs import MapEdge, MapWork, MediaType
from kensho.metro.label_space import LabelSpace
from kensho.metro.labels import LabelRequest, labels_of, reserved_box_of
from kensho.metro.map import (
    Heading,
    Label,
    Line,
    MetroMap,
    Point,
    Route,
    Shape,
    Station,
    Transfer,
    Weight,
)
from kensho.metro.occupancy import Occupancy, StationPosition
from kensho.metro.plan import HEAD, MapPlan, plan_map
from kensho.metro.routes import routes_of, weight_of
from kensho.metro.segments import Box, Segments
from kensho.metro.station_names import printed
from kensho.metro.transfers import transfers_of

_SHAPES: Final[Mapping[MediaType, Shape]] = {
    "series": "circle",
    "film": "diamond",
    "movie": "diamond",
    "ova": "triangle",
    "special": "square",
    "ona": "hexagon",
    "music": "square",
}
_LEAST_RADIUS: Final = 5.0
_COUR_RADIUS: Final = 7.0
_MOST_RADIUS: Final = 10.0
_GROWTH: Final = 0.75
"""How much a station grows with each doubling of its work."""
_COUR_MINUTES: Final = 288.0
_MINUTES: Final[Mapping[MediaType, int]] = {"series": 24, "film": 100, "movie": 100}
_OTHER_MINUTES: Final = 20
_DOWN: Final = 1.3
"""How much harder it is to draw an edge downwards than along, and around the works of a lane."""
_AROUND: Final = 120.0
_ON_MAIN: Final = 0.2
"""How little it is to draw an edge along a lane, which holds a line together: the main one most."""
_ON_LANE: Final = 0.7
_PALEST: Final = 0.35
_PALER: Final = 0.55
_UNDATED: Final = "9999"


def metro_map(title: str, works: Iterable[MapWork], edges: Iterable[MapEdge]) -> MetroMap:
    """Return the map of a franchise of this title; edges to works that are not given are left out.

    A work that is given twice counts once.
    """
    by_time = sorted(works, key=_place_in_time)
    inside = sorted({work.id: work for work in by_time}.values(), key=_place_in_time)
    order = {work.id: number for number, work in enumerate(inside)}
    once = merged_edges(edges, order)
    plan = plan_map(title, inside, once, order)
    places, next_on_lane = plan.places, _next_on_lane(inside, plan.places)

    def effort(edge: MapEdge) -> tuple[float, ...]:
        source, target = edge.source, edge.target
        (x1, y1, lane), (x2, y2, other) = places[source], places[target]
        away = abs(x1 - x2) + _DOWN * abs(y1 - y2)
        if (source, target) in next_on_lane:
            away *= _ON_MAIN if lane == plan.lanes.main else _ON_LANE
        elif lane == other or (x1 == x2 and abs(lane - other) > 1):
            away += _AROUND
        return away, order[source], order[target]

    drawn, folded = chosen_edges(once, effort)
    return _drawn_up(title, plan, drawn, tuple(sorted(map(edge_id, folded))))


def _next_on_lane(
    works: Iterable[MapWork], places: Mapping[str, StationPosition]
) -> frozenset[tuple[str, str]]:
    """Return the pairs of works with none between them on their lane."""
    found, last = set[tuple[str, str]](), dict[int, str]()
    for work in works:
        lane = places[work.id].lane
        if lane in last:
            found.add((last[lane], work.id))
        last[lane] = work.id
    return frozenset(found)


def _place_in_time(work: MapWork) -> tuple[str, bool, str, str]:
    return (work.date if work.year else _UNDATED, work.role != "main", work.title, work.id)


def _drawn_up(
    title: str, plan: MapPlan, drawn: Sequence[MapEdge], folded: tuple[str, ...]
) -> MetroMap:
    line_of = {work.id: line.line for line in plan.lines for work in line.works}
    radii = {work.id: _radius(work) for work in plan.works}
    routes, legs = _routes(plan, drawn, line_of)
    headings = tuple(decorations.headings(plan))
    labels, transfers = _written(plan, radii, headings, legs)
    return MetroMap(
        title=printed(title),
        width=round(plan.width, 1),
        height=round(plan.height, 1),
        lines=tuple(line.line for line in plan.lines),
        tracks=tuple(decorations.track_spans(plan)),
        stations=tuple(
            _station(work, plan.places[work.id], radii[work.id], line_of[work.id], labels[work.id])
            for work in plan.works
        ),
        routes=routes,
        ticks=tuple(decorations.ticks(plan.columns)),
        gaps=tuple(decorations.gaps(plan.columns)),
        transfers=transfers,
        headings=headings,
        folded=folded,
    )


def _routes(
    plan: MapPlan, drawn: Sequence[MapEdge], line_of: Mapping[str, Line]
) -> tuple[tuple[Route, ...], Segments]:
    legs = Segments()
    on_line = {id_: line.id for id_, line in line_of.items()}
    weights: dict[str, Weight] = {edge_id(edge): weight_of(edge, on_line) for edge in drawn}
    ground = Occupancy(plan.heights, plan.places.values(), plan.lanes.main)
    corners = routes_of(drawn, plan.places, weights, ground, legs)
    routes = (
        _route(edge, corners[id_], _outer(edge, on_line, plan), weights[id_])
        for edge in drawn
        for id_ in (edge_id(edge),)
    )
    return tuple(routes), legs


def _outer(edge: MapEdge, on_line: Mapping[str, str], plan: MapPlan) -> str:
    """Return the line that an edge branches to: the one further from the main line."""
    main, places = plan.lanes.main, plan.places
    outwards = abs(places[edge.target].lane - main) >= abs(places[edge.source].lane - main)
    return on_line[edge.target if outwards else edge.source]


def _written(
    plan: MapPlan, radii: Mapping[str, float], headings: Sequence[Heading], legs: Segments
) -> tuple[dict[str, Label], tuple[Transfer, ...]]:
    """Return labels and transfers; the main line is written first."""
    space = LabelSpace(Box(4.0, HEAD - 8.0, plan.width - 2.0, plan.height - 2.0))
    space.take(decorations.boxes_of(headings))
    spots = [_spot(work, plan, radii[work.id]) for work in plan.works]
    for spot in spots:
        reach = spot.radius + 1.0
        body = Box(spot.x - reach, spot.y - reach, spot.x + reach, spot.y + reach)
        space.take([body])
        space.keep(reserved_box_of(spot), spot.id)
    transfers = tuple(transfers_of(plan.works, plan.places, radii, space))
    spots.sort(key=lambda spot: (plan.places[spot.id].lane != plan.lanes.main, spot.x, spot.y))
    return labels_of(spots, space, legs), transfers


def _spot(work: MapWork, plan: MapPlan, radius: float) -> LabelRequest:
    x, y, lane = plan.places[work.id]
    main = plan.lanes.main
    side = -1 if lane < main else 1
    if lane == main:  # Neighbours look to different sides.
        side = 1 if plan.columns.of_work[work.id] % 2 else -1
    return LabelRequest(
        id=work.id,
        x=x,
        y=y,
        radius=radius,
        name=plan.names[work.id],
        short=printed(work.short_title or "") or plan.briefs.get(work.id),
        year=str(work.year) if work.year else "",
        side=side,
        is_bold=lane == main,
    )


def _radius(work: MapWork) -> float:
    """Return the size of a station: that of a cour is in the middle, it grows with the doubling."""
    each = work.duration_s or 60 * _MINUTES.get(work.type, _OTHER_MINUTES)
    minutes = max(each / 60 * (work.episodes or 1), 1.0)
    radius = _COUR_RADIUS + _GROWTH * (log2(minutes) - log2(_COUR_MINUTES))
    return round(min(_MOST_RADIUS, max(_LEAST_RADIUS, radius)), 1)


def _station(
    work: MapWork, place: StationPosition, radius: float, line: Line, label: Label
) -> Station:
    return Station(
        id=work.id,
        title=printed(work.title),
        x=place.x,
        y=place.y,
        shape=_SHAPES[work.type],
        radius=radius,
        line=line.id,
        label=label,
        type=work.type,
        role=work.role,
        year=work.year,
        episodes=work.episodes,
        status=work.status,
        is_hollow=work.role == "summary",
    )


def _route(edge: MapEdge, points: tuple[Point, ...], line: str, weight: Weight) -> Route:
    is_inferred = edge.method == "inferred"
    return Route(
        id=edge_id(edge),
        source=edge.source,
        target=edge.target,
        kind=edge.kind,
        method=edge.method,
        confidence=edge.confidence,
        sources=edge.sources,
        line=line,
        weight=weight,
        points=points,
        is_dashed=is_inferred,
        opacity=round(_PALEST + _PALER * edge.confidence, 2) if is_inferred else 1.0,
    )
