"""The legend of a metro map: as one row below the SVG, and as a filter on the page.

Both name only what occurs on the map: the shapes of stations by type, the strokes of routes, and on
the page also the roles of works and how many of each there are.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final, Literal, NamedTuple

from markupsafe import Markup

from kensho.metro.map import MetroMap, Shape
from kensho.metro.text_metrics import width
from kensho.read_model.franchise_views import ROLES
from kensho.web.maps.shapes import mark, number
from kensho.web.messages import Messages

LEGEND_HIGH: Final = 34.0
_FONT_SIZE: Final = 11.0
_LEFT: Final = 16.0
_RADIUS: Final = 5.0
_STROKE: Final = 26.0
_BETWEEN: Final = 20.0
_SYMBOL_SIZE: Final = 16
_TYPES: Final[Mapping[Shape, str]] = {
    "circle": "series",
    "diamond": "film-movie",
    "triangle": "ova",
    "square": "special-music",
    "hexagon": "ona",
}
"""The types of works that a shape stands for, joined by "-" as the page's script reads them."""
_STROKES: Final = (("track", "arch"), ("branch", "branch"), ("thin", "thin"))
"""The weights of routes and the classes of their strokes."""


class MapFilter(NamedTuple):
    """What can be taken off the map: works of some types (joined by "-") or of a role, guesses."""

    by: Literal["type", "role", "method"]
    value: str
    label: str
    total: int
    symbol: Markup


def legend(drawn: MetroMap, messages: Messages) -> str:
    """Return the legend of a map as SVG, as one row below it."""
    y, x, parts = drawn.height + LEGEND_HIGH / 2, _LEFT, list[str]()
    for symbol, wide, words in _entries(drawn, y, messages):
        parts.append(f'<g transform="translate({number(x)} 0)">{symbol}')
        parts.append(f'<text x="{number(wide + 6)}" y="{number(y + 4)}">{words}</text></g>')
        x += wide + 6 + width(words, _FONT_SIZE) + _BETWEEN
    return f'<g class="legend">{"".join(parts)}</g>'


def filters(drawn: MetroMap, messages: Messages) -> list[MapFilter]:
    """Return what a map can be filtered by: shapes, roles, guesses; none where all are alike."""
    shapes = Counter(station.shape for station in drawn.stations)
    roles = Counter(station.role for station in drawn.stations)
    colours = {line.kind: line.colour for line in reversed(drawn.lines)}
    by_shape = [
        MapFilter(
            "type", types, messages.label("shape", shape), shapes[shape], _shape_symbol(shape)
        )
        for shape, types in _TYPES.items()
        if shape in shapes
    ]
    by_role = [
        MapFilter(
            "role", role, messages.label("role", role), roles[role], _line(colours.get(role, 7))
        )
        for role in ROLES
        if role in roles
    ]
    offered = [one for some in (by_shape, by_role) if len(some) > 1 for one in some]
    guesses = sum(route.is_dashed for route in drawn.routes)
    if guesses:
        label = messages.format("map.filter_inferred")
        offered.append(MapFilter("method", "inferred", label, guesses, _DASHES))
    return offered


def _entries(drawn: MetroMap, y: float, messages: Messages) -> Iterator[tuple[str, float, str]]:
    """Yield the symbol of each entry, its width, and its words."""
    shapes = {station.shape for station in drawn.stations}
    for shape in _TYPES:
        if shape in shapes:
            words = messages.label("map_shape", shape)
            yield mark(shape, _RADIUS, y, _RADIUS), 2 * _RADIUS, words
    if any(station.is_hollow for station in drawn.stations):
        hollow = f'<g class="hollow">{mark("circle", _RADIUS, y, _RADIUS)}</g>'
        yield hollow, 2 * _RADIUS, messages.format("map_svg.summary")
    weights = {(route.weight, route.is_dashed) for route in drawn.routes}
    for weight, style in _STROKES:
        if any(one == weight for one, _ in weights):
            yield _stroke(style, y), _STROKE, messages.label("map_stroke", weight)
    if any(is_dashed for _, is_dashed in weights):
        yield _stroke("branch inferred", y), _STROKE, messages.label("map_stroke", "inferred")


def _stroke(style: str, y: float) -> str:
    return f'<path class="route {style}" d="M0 {number(y)}H{_STROKE:.0f}"/>'


def _shape_symbol(shape: Shape) -> Markup:
    return _symbol(mark(shape, _SYMBOL_SIZE / 2, _SYMBOL_SIZE / 2, _RADIUS), "sign-shape")


def _line(colour: int) -> Markup:
    return _symbol(_LINE_PATH, f"sign-line line-{colour}")


def _symbol(drawn: str, style: str) -> Markup:
    return Markup(  # noqa: S704 -- all of it is ours
        f'<svg class="sign {style}" viewBox="0 0 {_SYMBOL_SIZE} {_SYMBOL_SIZE}"'
        f' width="{_SYMBOL_SIZE}" height="{_SYMBOL_SIZE}"'
        f' aria-hidden="true" focusable="false">{drawn}</svg>'
    )


_LINE_PATH: Final = f'<path d="M1 {_SYMBOL_SIZE / 2}H{_SYMBOL_SIZE - 1}"/>'
_DASHES: Final = _symbol(_LINE_PATH, "sign-line sign-dashed line-7")
