"""The metro map of a franchise: works and edges in, a whole map out.

Lines are continuities, tracks are stacked around the straight main line, and columns are time. Then
the edges that hold the lines together are routed between the stations, and labels are placed in the
space that is left.

Guarantees: pure; the same works and edges in any order give the same map. No label lies over a
route that is seen at once, over a track or over another label.
Performance: 1 ms for the median franchise of the real catalogue, 16 ms for 100 works and 2,000
edges; `benchmarks.bench_map` lays out all of them.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from math import log2
from typing import Final

from kensho.domain.relations import RouteWeight
from kensho.metro import decorations
from kensho.metro.connectors import reserved_box
from kensho.metro.decorations import transfers_of
from kensho.metro.edges import edge_id, merged_edges
from kensho.metro.inputs import MapContinuity, MapEdge, MapWork, MediaType
from kensho.metro.labels import RESERVED_HEIGHT, LabelRequest, LabelSpace, labels_of
from kensho.metro.map import (
    Heading,
    Label,
    Line,
    MetroMap,
    Route,
    Shape,
    Station,
    TrackSpan,
    Transfer,
)
from kensho.metro.occupancy import Occupancy, StationPosition
from kensho.metro.plan import HEADER_HEIGHT, MapPlan, TimedWorks, plan_map
from kensho.metro.routes import FoundRoute, routes_of, weight_of
from kensho.metro.segments import Box, Segments
from kensho.metro.station_names import printable

_SHAPES: Final[Mapping[MediaType, Shape]] = {
    "series": "circle",
    "film": "diamond",
    "movie": "diamond",
    "ova": "triangle",
    "special": "square",
    "ona": "hexagon",
    "music": "square",
}
_MIN_RADIUS: Final = 5.0
_COUR_RADIUS: Final = 7.0
_MAX_RADIUS: Final = 10.0
_GROWTH: Final = 0.75
"""Pixels that the radius grows by with each doubling of a work's running time."""
_COUR_MINUTES: Final = 288.0
"""Twelve episodes of 24 minutes."""
_MINUTES: Final[Mapping[MediaType, int]] = {"series": 24, "film": 100, "movie": 100}
"""What an episode or film is taken to run where its duration is unknown."""
_OTHER_MINUTES: Final = 20
_MIN_OPACITY: Final = 0.35
_OPACITY_BY_CONFIDENCE: Final = 0.55
"""An inferred edge is paler the less sure it is; at 90 % it is nearly opaque."""
_UNDATED: Final = "9999"


def metro_map(
    title: str,
    works: Iterable[MapWork],
    edges: Iterable[MapEdge],
    continuities: Sequence[MapContinuity] = (),
) -> MetroMap:
    """Return the map of a franchise of this title; `continuities` name its lines.

    Edges to works that are not given are left out; a work that is given twice counts once.
    """
    timed = _timed({work.id: work for work in sorted(works, key=_place_in_time)}.values())
    merged = merged_edges(edges, timed.order)
    radii = {work.id: _radius(work) for work in timed.works}
    plan = plan_map(title, timed, merged, continuities)
    return _assembled(title, plan, radii)


def _timed(works: Collection[MapWork]) -> TimedWorks:
    """Return works by date; guests count for no date before or after those of all members."""
    members = [work for work in works if not work.is_guest] or list(works)
    dated = [work for work in members if work.year]
    first, last = (dated[0], dated[-1]) if dated else (None, None)
    spans = (_place_in_time(first), _place_in_time(last)) if first and last else None
    keys = dict[str, tuple[str, bool, bool, str, str]]()
    years = dict[str, int | None]()
    for work in works:
        own = own_date = _place_in_time(work)
        years[work.id] = work.year
        if work.is_guest and first and last and spans:
            if own < spans[0]:
                own_date, years[work.id] = spans[0], first.year
            elif own > spans[1]:
                own_date, years[work.id] = spans[1], last.year
        keys[work.id] = (own_date[0], work.is_guest, *own[1:])
    by_time = sorted(works, key=lambda work: keys[work.id])
    return TimedWorks(by_time, {work.id: n for n, work in enumerate(by_time)}, years)


def _place_in_time(work: MapWork) -> tuple[str, bool, str, str]:
    return (work.date if work.year else _UNDATED, work.role != "main", work.title, work.id)


def _assembled(title: str, plan: MapPlan, radii: Mapping[str, float]) -> MetroMap:
    line_of = {work.id: line.line for line in plan.lines for work in line.works}
    spans = tuple(decorations.track_spans(plan))
    boxes = {
        work.id: reserved_box(
            plan.reserved[work.id],
            plan.positions[work.id][:2],
            radii[work.id],
            RESERVED_HEIGHT,
        )
        for work in plan.works
    }
    headings = tuple(decorations.headings(plan))
    routes, segments = _routes(plan, line_of, boxes, spans, headings)
    labels, transfers = _labels_and_transfers(plan, radii, boxes, headings, segments)
    by_popularity = sorted(plan.works, key=lambda work: -work.popularity)
    ranks = {work.id: rank for rank, work in enumerate(by_popularity, 1)}
    return MetroMap(
        title=printable(title),
        width=round(plan.width, 1),
        height=round(plan.height, 1),
        lines=tuple(line.line for line in plan.lines),
        tracks=spans,
        stations=tuple(
            _station(
                work,
                plan.positions[work.id],
                radii[work.id],
                line_of[work.id],
                labels[work.id],
                is_trunk=plan.places[work.id].lane == "trunk",
                rank=ranks[work.id],
            )
            for work in plan.works
        ),
        routes=routes,
        ticks=tuple(decorations.ticks(plan.columns)),
        gaps=tuple(decorations.gaps(plan.columns)),
        transfers=transfers,
        headings=headings,
        folded=tuple(plan.edges.folded),
    )


def _routes(
    plan: MapPlan,
    line_of: Mapping[str, Line],
    boxes: Mapping[str, Box],
    spans: Iterable[TrackSpan],
    headings: Sequence[Heading],
) -> tuple[tuple[Route, ...], Segments]:
    segments, drawn = Segments(), plan.edges.drawn
    for span in spans:
        segments.add_track(span.y, (span.x_from, span.x_to))
    on_line = {id_: line.id for id_, line in line_of.items()}
    weights: dict[str, RouteWeight] = {edge_id(edge): weight_of(edge, on_line) for edge in drawn}
    reserved: dict[tuple[int, int], list[Box]] = {}
    for id_, box in boxes.items():
        place = plan.places[id_].track, plan.reserved[id_].side
        reserved.setdefault(place, []).append(box)
    tracks = {y: track for track, y in enumerate(plan.heights)}
    for box, heading in zip(decorations.heading_boxes(headings), headings, strict=True):
        reserved.setdefault((tracks[heading.y], 0), []).append(box)
    occupancy = Occupancy(
        plan.heights, plan.positions.values(), plan.tracks.main, reserved.values()
    )
    found = routes_of(drawn, plan.shown, plan.positions, weights, occupancy, segments)
    routes = (
        _route(edge, found[id_], _branch_line(edge, on_line, plan), weights[id_])
        for edge in drawn
        for id_ in (edge_id(edge),)
    )
    return tuple(routes), segments


def _branch_line(edge: MapEdge, on_line: Mapping[str, str], plan: MapPlan) -> str:
    """Return the line whose colour an edge has: that of its end further from the main line."""
    main, positions = plan.tracks.main, plan.positions
    outwards = abs(positions[edge.target].track - main) >= abs(positions[edge.source].track - main)
    return on_line[edge.target if outwards else edge.source]


def _labels_and_transfers(
    plan: MapPlan,
    radii: Mapping[str, float],
    boxes: Mapping[str, Box],
    headings: Sequence[Heading],
    segments: Segments,
) -> tuple[dict[str, Label], tuple[Transfer, ...]]:
    """Return the labels and transfer symbols; labels of the main line are placed first."""
    space = LabelSpace(Box(4.0, HEADER_HEIGHT - 8.0, plan.width - 2.0, plan.height - 2.0))
    space.occupy(decorations.heading_boxes(headings))
    requests = list[LabelRequest]()
    for work in plan.works:
        x, y, track = plan.positions[work.id]
        reach = radii[work.id] + 1.0
        space.occupy([Box(x - reach, y - reach, x + reach, y + reach)])
        space.reserve(boxes[work.id], work.id)
        requests.append(
            LabelRequest(
                id=work.id,
                x=x,
                y=y,
                radius=radii[work.id],
                name=plan.names[work.id],
                year=str(work.year) if work.year else "",
                side=plan.reserved[work.id].side,
                reserved=boxes[work.id],
                is_bold=track == plan.tracks.main,
            )
        )
    transfers = tuple(transfers_of(plan.works, plan.positions, radii, space, segments))
    popularity = {work.id: work.popularity for work in plan.works}
    requests.sort(
        key=lambda request: (not request.is_bold, -popularity[request.id], request.x, request.y)
    )
    return labels_of(requests, space, segments), transfers


def _radius(work: MapWork) -> float:
    """Return the radius of a station, which grows with each doubling of the running time."""
    each = work.duration_s or 60 * _MINUTES.get(work.type, _OTHER_MINUTES)
    minutes = max(each / 60 * (work.episodes or 1), 1.0)
    radius = _COUR_RADIUS + _GROWTH * (log2(minutes) - log2(_COUR_MINUTES))
    return round(min(_MAX_RADIUS, max(_MIN_RADIUS, radius)), 1)


def _station(  # noqa: PLR0913 -- what a station is made of
    work: MapWork,
    place: StationPosition,
    radius: float,
    line: Line,
    label: Label,
    *,
    is_trunk: bool,
    rank: int,
) -> Station:
    return Station(
        id=work.id,
        title=printable(work.title),
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
        is_trunk=is_trunk,
        rank=rank,
    )


def _route(edge: MapEdge, found: FoundRoute, line: str, weight: RouteWeight) -> Route:
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
        points=found.points,
        is_quiet=found.is_quiet,
        is_dashed=is_inferred,
        opacity=round(_MIN_OPACITY + _OPACITY_BY_CONFIDENCE * edge.confidence, 2)
        if is_inferred
        else 1.0,
    )
