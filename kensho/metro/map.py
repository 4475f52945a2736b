"""The metro map of a franchise as values: where everything is, ready to be drawn.

Guarantees: coordinates are pixels from the top left corner, y grows downwards, and everything lies
inside `width` by `height`.
"""

from typing import Literal, TypeAlias

import msgspec

from kensho.domain.relations import Method, RelationKind, RouteWeight
from kensho.domain.works import Role, Status
from kensho.metro.inputs import GuestOf, MapEdge, MediaType

Shape: TypeAlias = Literal["circle", "diamond", "triangle", "square", "hexagon"]
Anchor: TypeAlias = Literal["start", "middle", "end"]
Point: TypeAlias = tuple[float, float]


class Line(msgspec.Struct, frozen=True, gc=False):
    """A continuity, or the guests; `colour` indexes the palette, 0 is the main line's.

    `kind` is what its works are to the franchise: "main", "alternative", "spin_off", and
    "crossover" for guests. `number` is the franchise's own number of the line, where it has one.
    """

    id: str
    name: str
    kind: Role
    colour: int
    works_total: int
    number: int | None = None


class Label(msgspec.Struct, frozen=True, gc=False):
    """The text at a station: lines from the baseline `y` down, rotated by `angle` degrees.

    `year` is set smaller at the end of the last line. `is_cut` says that the title is shortened.
    """

    lines: tuple[str, ...]
    year: str
    x: float
    y: float
    anchor: Anchor
    angle: int
    is_cut: bool


class Station(msgspec.Struct, frozen=True, gc=False):
    """A work on the map; `line` is the id of its line.

    `is_trunk` tells that it is one of the works that the line consists of, and does not accompany
    them. `rank` counts from 1, the best known work first.
    """

    id: str
    title: str
    x: float
    y: float
    shape: Shape
    radius: float
    line: str
    label: Label
    type: MediaType
    role: Role
    year: int | None
    episodes: int | None
    status: Status
    is_hollow: bool
    is_trunk: bool
    rank: int


class Route(msgspec.Struct, frozen=True, gc=False):
    """How an edge is drawn: corners joined at 0, 45 or 90 degrees; `line` gives the colour.

    `id` is `source kind target`, in the canonical direction of the edge. A quiet route is seen when
    one of its ends is asked about, or all are asked for: it runs straight over what is in its way.
    """

    id: str
    source: str
    target: str
    kind: RelationKind
    method: Method
    confidence: float
    sources: tuple[str, ...]
    line: str
    weight: RouteWeight
    points: tuple[Point, ...]
    is_dashed: bool
    opacity: float
    is_quiet: bool = False


class Tick(msgspec.Struct, frozen=True, gc=False):
    """Where a year begins, or the works begin of which none is known."""

    x: float
    year: int | None


class Gap(msgspec.Struct, frozen=True, gc=False):
    """A marked break in time: an empty decade or more."""

    x: float
    years: int


class Transfer(msgspec.Struct, frozen=True, gc=False):
    """The symbol at a crossover that leads to another franchise's map; (x, y) is its centre."""

    station: str
    franchise: GuestOf
    text: str
    x: float
    y: float
    width: float


class Heading(msgspec.Struct, frozen=True, gc=False):
    """The name of a line, before its first station, or of what accompanies the main line.

    `is_at_edge` tells that it belongs to the whole track, at the left edge; `lane` is what such a
    track holds where that is no line: a role of works.
    """

    text: str
    line: str
    x: float
    y: float
    is_at_edge: bool = True
    lane: Role | None = None


class TrackSpan(msgspec.Struct, frozen=True, gc=False):
    """The pale stroke of a line along a track, from its first station to its last."""

    line: str
    x_from: float
    x_to: float
    y: float
    is_trunk: bool = True


class MetroMap(msgspec.Struct, frozen=True, gc=False):
    """A whole map; `folded` are the edges that others imply and that are not drawn."""

    title: str
    width: float
    height: float
    lines: tuple[Line, ...]
    tracks: tuple[TrackSpan, ...]
    stations: tuple[Station, ...]
    routes: tuple[Route, ...]
    ticks: tuple[Tick, ...]
    gaps: tuple[Gap, ...]
    transfers: tuple[Transfer, ...]
    headings: tuple[Heading, ...]
    folded: tuple[MapEdge, ...] = ()
