"""Marks on a map that is drawn already: the chosen work, and a watch order.

Guarantees: a map is marked in one pass over its text, by the ids that `map_svg` writes; a mark says
nothing that the page beside it doesn't. Badges take the place of marks, so that they hide no label.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final
from uuid import UUID

from markupsafe import escape

from kensho.metro.map import MetroMap, Point, Station
from kensho.web.maps.shapes import number, path

_ID: Final = re.compile(r' data-id="([^"]*)"')
_ROOT: Final = 'class="metro"'
_STATIONS: Final = '<g class="stations">'
_TRANSFERS: Final = '<g class="transfers">'
_BADGE: Final = 9.5
_WIDER: Final = 3.2
"""How much a badge grows for each digit after the first two."""
_DIGITS: Final = 2
_NEAR: Final = 1.0


def with_chosen(svg: str, work: UUID) -> str:
    """Return a map with a work marked as the chosen one."""
    at = f' data-id="{work}"'
    return svg.replace(at, f'{at} data-chosen=""', 1)


def with_order(svg: str, drawn: MetroMap, order: Sequence[UUID]) -> str:
    """Return a map with numbered badges at the works of an order, and the route along them."""
    steps = {str(work): place for place, work in enumerate(order, 1)}
    marked = _ID.sub(lambda found: _with_step(found, steps), svg)
    stations = {station.id: station for station in drawn.stations}
    along = [stations[work] for work in steps if work in stations]
    route = f'<path class="way" d="{_route(along, drawn)}"/>' if len(along) > 1 else ""
    badges = "".join(_badge(station, steps[station.id]) for station in along)
    return (
        marked.replace(_ROOT, 'class="metro ordered"', 1)
        .replace(_STATIONS, f'<g class="ways" aria-hidden="true">{route}</g>{_STATIONS}', 1)
        .replace(_TRANSFERS, f'<g class="badges" aria-hidden="true">{badges}</g>{_TRANSFERS}', 1)
    )


def _with_step(found: re.Match[str], steps: Mapping[str, int]) -> str:
    step = steps.get(found[1])
    return found[0] if step is None else f'{found[0]} data-step="{step}"'


def _badge(station: Station, step: int) -> str:
    text = str(step)
    half = _BADGE + _WIDER * max(0, len(text) - _DIGITS)
    x, y = station.x, station.y
    return (
        f'<g class="badge" data-of="{escape(station.id)}">'
        f'<rect x="{number(x - half)}" y="{number(y - _BADGE)}"'
        f' width="{number(2 * half)}" height="{number(2 * _BADGE)}" rx="{number(_BADGE)}"/>'
        f'<text x="{number(x)}" y="{number(y + 3.6)}" text-anchor="middle">{text}</text></g>'
    )


def _route(along: Sequence[Station], drawn: MetroMap) -> str:
    """Return the route from station to station: by those there are, else as a line would run."""
    routes = {(route.source, route.target): route.points for route in drawn.routes}
    parts = list[str]()
    for one, other in pairwise(along):
        points = routes.get((one.id, other.id))
        back = routes.get((other.id, one.id))
        parts.append(path(points or (back[::-1] if back else _segment(one, other))))
    return "".join(parts)


def _segment(one: Station, other: Station) -> Sequence[Point]:
    """Return a route of 45 and 0 degrees; steep ones end upright."""
    across, down = other.x - one.x, other.y - one.y
    if abs(down) < _NEAR or abs(across) < _NEAR:
        return (one.x, one.y), (other.x, other.y)
    least = min(abs(across), abs(down))
    corner = (
        one.x + least * (1 if across > 0 else -1),
        one.y + least * (1 if down > 0 else -1),
    )
    return (one.x, one.y), corner, (other.x, other.y)
