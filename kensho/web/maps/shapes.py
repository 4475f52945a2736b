"""The outlines of a metro map: marks of stations, and routes with round corners.

Guarantees: a mark lies within 1.25 of its radius; a route passes through both its ends. Numbers are
written with one decimal at most, so that the same map gives the same text.
"""

from collections.abc import Sequence
from math import cos, hypot, pi, sin
from typing import Final

from kensho.metro.map import Point, Shape

_CORNER: Final = 11.0
_AREA: Final[dict[Shape, float]] = {"diamond": 1.22, "triangle": 1.25, "square": 0.92}
"""By how much a shape reaches out to look as large as the circle of its radius."""


def number(value: float) -> str:
    """Return a coordinate as short as it can be written."""
    return f"{value:.1f}".removesuffix(".0")


def mark(shape: Shape, x: float, y: float, radius: float) -> str:
    """Return the element of a station's mark."""
    if shape == "circle":
        return f'<circle class="mark" cx="{number(x)}" cy="{number(y)}" r="{number(radius)}"/>'
    r = radius * _AREA.get(shape, 1.08)
    points = " ".join(f"{number(x + r * a)},{number(y + r * b)}" for a, b in _corners(shape))
    return f'<polygon class="mark" points="{points}"/>'


def _corners(shape: Shape) -> list[Point]:
    if shape == "square":
        return [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    if shape == "diamond":
        return [(0, -1), (1, 0), (0, 1), (-1, 0)]
    if shape == "triangle":  # Its middle is lowered, so that a line meets it where it is wide.
        return [(0, -0.92), (0.92, 0.68), (-0.92, 0.68)]
    return [(cos(n * pi / 3), sin(n * pi / 3)) for n in range(6)]


def path(points: Sequence[Point]) -> str:
    """Return the path data of a route, each corner rounded as far as its segments allow."""
    parts = [f"M{_at(points[0])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        reach = min(_CORNER, _apart(before, corner) / 2, _apart(corner, after) / 2)
        start, end = _towards(corner, before, reach), _towards(corner, after, reach)
        parts.append(f"L{_at(start)}Q{_at(corner)} {_at(end)}")
    parts.append(f"L{_at(points[-1])}")
    return "".join(parts)


def _at(point: Point) -> str:
    return f"{number(point[0])} {number(point[1])}"


def _apart(one: Point, other: Point) -> float:
    return hypot(other[0] - one[0], other[1] - one[1])


def _towards(start: Point, end: Point, far: float) -> Point:
    share = far / (_apart(start, end) or 1.0)
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share
