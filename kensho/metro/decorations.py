"""What stands around the works of a map: beds of lines, headings of lanes, years, breaks in time.

Guarantees: pure; read from a plan. The cost: 1 µs for each.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

from kensho.metro.columns import MapColumns, is_break
from kensho.metro.map import Gap, Heading, LineKind, Tick, TrackSpan
from kensho.metro.plan import MapPlan
from kensho.metro.segments import Box
from kensho.metro.text_metrics import width

_LEFT: Final = 16.0
_FEWEST_TICK_PIXELS: Final = 36.0
_SIZE: Final = 11.0
_SWATCH: Final = 20.0
"""The stroke in a line's colour before its heading."""
_HIGH: Final = 9.0
_BEDDED: Final[frozenset[LineKind]] = frozenset(("main", "film", "summary"))
_SHARED: Final[dict[LineKind, str]] = {"spin_off": "Spin-offs", "alternative": "Other versions"}


def track_spans(plan: MapPlan) -> Iterator[TrackSpan]:
    """Yield the bed of each line that is one line, on each lane from first station to last."""
    for line, works in plan.lines:
        if line.kind in _BEDDED or line.id != line.kind:
            by_height: dict[float, list[float]] = {}
            for work in works:
                place = plan.places[work.id]
                by_height.setdefault(place.y, []).append(place.x)
            for y, xs in sorted(by_height.items()):
                if len(xs) > 1:
                    yield TrackSpan(line.id, xs[0], xs[-1], y)


def headings(plan: MapPlan) -> Iterator[Heading]:
    """Yield what each group of lanes is called, at the height of its first lane."""
    lines = {line.line.id: line.line for line in plan.lines}
    for lane, y in zip(plan.lanes.lanes, plan.heights, strict=True):
        if lane.is_first:
            line = lines[lane.line]
            text = line.name if line.id == line.kind else _SHARED[line.kind]
            yield Heading(text, line.id, _LEFT, y)


def boxes_of(some: Iterable[Heading]) -> Iterator[Box]:
    """Yield the boxes that headings take."""
    for one in some:
        wide = width(one.text, _SIZE) + _SWATCH
        yield Box(one.x, one.y - _HIGH, one.x + wide, one.y + _HIGH)


def ticks(columns: MapColumns) -> Iterator[Tick]:
    """Yield where years begin, those left out that stand too close to the one before."""
    last = -_FEWEST_TICK_PIXELS
    for number, (x, year) in enumerate(zip(columns.x, columns.years, strict=True)):
        is_new = number == 0 or columns.years[number - 1] != year
        if is_new and x - last >= _FEWEST_TICK_PIXELS:
            last = x
            yield Tick(x, str(year) if year else "no date")


def gaps(columns: MapColumns) -> Iterator[Gap]:
    """Yield the breaks in time."""
    for (x1, before), (x2, after) in pairwise(zip(columns.x, columns.years, strict=True)):
        if before and after and is_break(before, after):
            yield Gap(round((x1 + x2) / 2, 1), after - before - 1)
