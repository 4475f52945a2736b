"""The legend of a map as a filter: forms of works and kinds of lines, with signs and counts."""

from collections import Counter
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from markupsafe import Markup

from kensho.metro.map import MetroMap, Shape
from kensho.read_model.franchise_views import ROLES
from kensho.web.maps.shapes import mark
from kensho.web.messages import Messages

_SIZE: Final = 16
_RADIUS: Final = 5.0
_SHAPES: Final[Mapping[Shape, str]] = {
    "circle": "series",
    "diamond": "film-movie",
    "triangle": "ova",
    "square": "special-music",
    "hexagon": "ona",
}
"""The types of works that a shape stands for."""


class MapFilter(NamedTuple):
    """What can be taken off the map: works of some types (joined by "-") or of a role, guesses."""

    by: Literal["type", "role", "method"]
    value: str
    label: str
    total: int
    symbol: Markup


def filters(drawn: MetroMap, wording: Messages) -> list[MapFilter]:
    """Return what a map can be filtered by: shapes, roles, guesses; none where all are alike."""
    shapes = Counter(station.shape for station in drawn.stations)
    roles = Counter(station.role for station in drawn.stations)
    colours = {line.kind: line.colour for line in reversed(drawn.lines)}
    by_shape = [
        MapFilter("type", types, wording.name("shape", shape), shapes[shape], _mark(shape))
        for shape, types in _SHAPES.items()
        if shape in shapes
    ]
    by_role = [
        MapFilter(
            "role", role, wording.name("role", role), roles[role], _stroke(colours.get(role, 7))
        )
        for role in ROLES
        if role in roles
    ]
    by_kind = [one for some in (by_shape, by_role) if len(some) > 1 for one in some]
    guesses = sum(route.is_dashed for route in drawn.routes)
    if guesses:
        label = wording.say("map.filter_inferred")
        by_kind.append(MapFilter("method", "inferred", label, guesses, _DASHES))
    return by_kind


def _mark(shape: Shape) -> Markup:
    return _symbol(mark(shape, _SIZE / 2, _SIZE / 2, _RADIUS), "sign-shape")


def _stroke(colour: int) -> Markup:
    return _symbol(f'<path d="M1 {_SIZE / 2}H{_SIZE - 1}"/>', f"sign-line line-{colour}")


def _symbol(drawn: str, style: str) -> Markup:
    return Markup(  # noqa: S704 -- all of it is ours
        f'<svg class="sign {style}" viewBox="0 0 {_SIZE} {_SIZE}" width="{_SIZE}" height="{_SIZE}"'
        f' aria-hidden="true" focusable="false">{drawn}</svg>'
    )


_DASHES: Final = _symbol(f'<path d="M1 {_SIZE / 2}H{_SIZE - 1}"/>', "sign-line sign-dashed line-7")
