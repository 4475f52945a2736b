"""The legend under a metro map: what shapes and strokes mean, of those that occur."""

from collections.abc import Iterator
from typing import Final

from kensho.metro.map import MetroMap, Shape
from kensho.metro.text_metrics import width
from kensho.web.maps.shapes import mark, number

LEGEND_HIGH: Final = 34.0
_SIZE: Final = 11.0
_LEFT: Final = 16.0
_RADIUS: Final = 5.0
_STROKE: Final = 26.0
_BETWEEN: Final = 20.0
_SHAPES: Final[dict[Shape, str]] = {
    "circle": "series",
    "diamond": "film",
    "triangle": "OVA",
    "square": "special, music",
    "hexagon": "ONA",
}


def legend(drawn: MetroMap) -> str:
    """Return the legend of a map, as one row below it."""
    y, x, parts = drawn.height + LEGEND_HIGH / 2, _LEFT, list[str]()
    for symbol, wide, words in _entries(drawn, y):
        parts.append(f'<g transform="translate({number(x)} 0)">{symbol}')
        parts.append(f'<text x="{number(wide + 6)}" y="{number(y + 4)}">{words}</text></g>')
        x += wide + 6 + width(words, _SIZE) + _BETWEEN
    return f'<g class="legend">{"".join(parts)}</g>'


def _entries(drawn: MetroMap, y: float) -> Iterator[tuple[str, float, str]]:
    shapes = {station.shape for station in drawn.stations}
    for shape, words in _SHAPES.items():
        if shape in shapes:
            yield mark(shape, _RADIUS, y, _RADIUS), 2 * _RADIUS, words
    if any(station.is_hollow for station in drawn.stations):
        hollow = f'<g class="hollow">{mark("circle", _RADIUS, y, _RADIUS)}</g>'
        yield hollow, 2 * _RADIUS, "summary"
    weights = {(route.weight, route.is_dashed) for route in drawn.routes}
    for weight, style, words in (
        ("track", "arch", "continues"),
        ("branch", "branch", "branches off"),
        ("thin", "thin", "is connected in another way"),
    ):
        if any(one == weight for one, _ in weights):
            yield _stroke(style, y), _STROKE, words
    if any(is_dashed for _, is_dashed in weights):
        yield _stroke("branch inferred", y), _STROKE, "inferred"


def _stroke(style: str, y: float) -> str:
    return f'<path class="route {style}" d="M0 {number(y)}H{_STROKE:.0f}"/>'
