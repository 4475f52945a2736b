"""What routes of a map pass over and cross, found segment by segment: slow and obvious."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from kensho.metro.map import Point
from kensho.metro.occupancy import CLEAR, StationPosition
from kensho.metro.segments import NEAR, Box

Route = Sequence[Point]


def crossed(route: Route, laid: Iterable[Route]) -> int:
    """Return how many pairs of a row and another segment cross, touching at an end left out."""
    others = [segment for one in laid for segment in pairwise(one)]
    return sum(do_cross(*segment, *far) for segment in pairwise(route) for far in others)


def do_cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    if (a[1] == b[1]) == (c[1] == d[1]):
        return False
    (left, right), (upper, lower) = ((a, b), (c, d)) if a[1] == b[1] else ((c, d), (a, b))
    if upper[1] > lower[1]:
        upper, lower = lower, upper
    y = left[1]
    if not upper[1] + NEAR < y < lower[1] - NEAR:
        return False
    x = upper[0] + (lower[0] - upper[0]) * (y - upper[1]) / (lower[1] - upper[1])
    return left[0] + NEAR < x < right[0] - NEAR


def under(box: Box, laid: Iterable[Route]) -> int:
    """Return how many segments run through a box, by cutting off what lies outside it."""
    return sum(does_enter(*segment, box) for one in laid for segment in pairwise(one))


def does_enter(a: Point, b: Point, box: Box) -> bool:
    (x1, y1), (x2, y2) = sorted((a, b), key=lambda point: point[1])
    if y1 == y2:
        return box.top < y1 < box.bottom and min(x1, x2) < box.right and max(x1, x2) > box.left
    if y1 >= box.bottom or y2 <= box.top:
        return False
    lean = (x2 - x1) / (y2 - y1)
    xs = [x1 + lean * (y - y1) for y in (max(y1, box.top), min(y2, box.bottom))]
    return min(xs) < box.right and max(xs) > box.left


def hits(route: Route, stations: Iterable[StationPosition]) -> int:
    """Return how many stations that are not a route's own each of its segments comes close to."""
    foreign = [(one.x, one.y) for one in stations if (one.x, one.y) not in (route[0], route[-1])]
    return sum(does_hit(*segment, station) for segment in pairwise(route) for station in foreign)


def does_hit(a: Point, b: Point, station: Point) -> bool:
    """Tell whether a segment comes as close to a station as no route should, measured sideways."""
    (x1, y1), (x2, y2) = a, b
    x, y = station
    low, high = min(y1, y2), max(y1, y2)
    if not low - CLEAR + 1 <= y < high + CLEAR - 1:
        return False
    if y1 == y2:
        return min(x1, x2) - CLEAR <= x < max(x1, x2) + CLEAR
    at = x1 + (x2 - x1) * (min(max(y, low), high) - y1) / (y2 - y1)
    return at - CLEAR <= x < at + CLEAR
