"""The legend of a metro map: as one row below the SVG, and as filters on the page.

Both name only what occurs on the map: the shapes of stations by type, the strokes of routes, and on
the page also the roles and lines of works, and how many of each there are. A filter is a link to
the map that is laid out without what it names, or with it again.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Final, Literal, NamedTuple

from markupsafe import Markup

from kensho.metro.inputs import MediaType
from kensho.metro.lines import GUESTS
from kensho.metro.map import Line, MetroMap, Shape
from kensho.metro.text_metrics import width
from kensho.read_model.franchise_views import ROLES
from kensho.web.maps import descriptions
from kensho.web.maps.map_input import (
    CONNECTIONS,
    GUESTS_TOKEN,
    PROMOTIONS,
    TYPE_TOKENS,
    MapSelection,
)
from kensho.web.maps.shapes import mark, number
from kensho.web.messages import Messages

LEGEND_HIGH: Final = 34.0
_FONT_SIZE: Final = 11.0
_LEFT: Final = 16.0
_RADIUS: Final = 5.0
_STROKE: Final = 26.0
_BETWEEN: Final = 20.0
_SYMBOL_SIZE: Final = 16
_TYPES: Final[Mapping[Shape, MediaType]] = {
    "circle": "series",
    "diamond": "film",
    "triangle": "ova",
    "square": "special",
    "hexagon": "ona",
}
"""The types of works that a shape stands for; the name in addresses is that of the first."""
_STROKES: Final = (("track", "arch"), ("branch", "branch"), ("thin", "thin"))
"""The weights of routes and the classes of their strokes."""


class MapFilter(NamedTuple):
    """What can be taken off the map or put on it, and the address of the map if one does so."""

    group: Literal["type", "role", "line", "more"]
    token: str
    label: str
    total: int
    symbol: Markup
    is_on: bool
    href: str


class FilterLinks(NamedTuple):
    """What filters lead to: the selection that is shown, and the address of another."""

    selection: MapSelection
    address: Callable[[MapSelection], str]
    promotions_total: int = 0


def legend(drawn: MetroMap, messages: Messages) -> str:
    """Return the legend of a map as SVG, as one row below it."""
    y, x, parts = drawn.height + LEGEND_HIGH / 2, _LEFT, list[str]()
    for symbol, wide, words in _entries(drawn, y, messages):
        parts.append(f'<g transform="translate({number(x)} 0)">{symbol}')
        parts.append(f'<text x="{number(wide + 6)}" y="{number(y + 4)}">{words}</text></g>')
        x += wide + 6 + width(words, _FONT_SIZE) + _BETWEEN
    return f'<g class="legend">{"".join(parts)}</g>'


def filters(whole: MetroMap, links: FilterLinks, messages: Messages) -> list[MapFilter]:
    """Return what a map can be filtered by, given the map of which nothing is taken off.

    A group is left out where all works are alike.
    """
    shapes = Counter(station.shape for station in whole.stations)
    roles = Counter(station.role for station in whole.stations)
    groups: list[list[MapFilter]] = [
        [
            _filter("type", TYPE_TOKENS[types], label, shapes[shape], _shape_symbol(shape), links)
            for shape, types in _TYPES.items()
            if shape in shapes
            for label in (messages.label("shape", shape),)
        ],
        [
            _filter("role", role, messages.label("role", role), roles[role], Markup(), links)
            for role in ROLES
            if role in roles and role != "promotion"
        ],
        [
            _filter("line", token, name, line.works_total, _line(line.colour), links)
            for line in whole.lines
            for token, name in ((_token_of(line), descriptions.of_line(line, messages)),)
        ],
    ]
    found = [one for some in groups if len(some) > 1 for one in some]
    quiet, guesses = _counted(whole)
    for token, total, symbol in (
        ("inferred", guesses, _DASHES),
        (PROMOTIONS, links.promotions_total, Markup()),
        (CONNECTIONS, quiet, _THIN),
    ):
        if total:
            label = messages.format(f"map.filter_{token}")
            found.append(_filter("more", token, label, total, symbol, links))
    return found


def _filter(
    group: Literal["type", "role", "line", "more"],
    token: str,
    label: str,
    total: int,
    symbol: Markup,
    links: FilterLinks,
) -> MapFilter:
    selection = links.selection
    is_on = (
        token in selection.shown
        if token in {PROMOTIONS, CONNECTIONS}
        else token not in selection.hidden
    )
    href = links.address(selection.switched(token))
    return MapFilter(group, token, label, total, symbol, is_on, href)


def _token_of(line: Line) -> str:
    if line.id == GUESTS:
        return GUESTS_TOKEN
    return f"line-{line.number or 0}"


def _counted(whole: MetroMap) -> tuple[int, int]:
    """Return how many routes are quiet, and how many are guesses."""
    return (
        sum(route.is_quiet for route in whole.routes),
        sum(route.is_dashed for route in whole.routes),
    )


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
    weights = {(one.weight, one.is_dashed) for one in drawn.routes if not one.is_quiet}
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
_THIN: Final = _symbol(_LINE_PATH, "sign-line sign-thin line-7")
_DASHES: Final = _symbol(_LINE_PATH, "sign-line sign-dashed line-7")
