"""What is drawn around the stations of a map: track spans, headings, years, gaps, transfer symbols.

Guarantees: pure; everything is read from a plan. A transfer symbol, which leads from a crossover to
another franchise's map, touches no station and no other symbol.
Performance: 1 µs for each item, 10 µs for a transfer symbol.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Final

from kensho.domain.works import Role
from kensho.metro.columns import MapColumns, is_break
from kensho.metro.inputs import GuestOf, MapWork
from kensho.metro.labels import LabelSpace
from kensho.metro.map import Gap, Heading, Tick, TrackSpan, Transfer
from kensho.metro.occupancy import StationPosition
from kensho.metro.plan import MapPlan
from kensho.metro.segments import Box
from kensho.metro.station_names import printable
from kensho.metro.text_metrics import truncated, width

_LEFT: Final = 16.0
_FONT_SIZE: Final = 11.0
_MIN_TICK_PIXELS: Final = 36.0
_SWATCH: Final = 20.0
"""The width of the stroke in a line's colour before its heading."""
_HALF_HEADING: Final = 9.0
"""Half the height of a heading."""
_SINGLE_LINES: Final[frozenset[Role]] = frozenset(("main", "film", "summary"))
"""Kinds of line whose works belong together even where they share the kind's common line."""
_SHARED_HEADINGS: Final[dict[Role, str]] = {
    "spin_off": "Spin-offs",
    "alternative": "Other versions",
}
"""Headings of tracks that carry several lines of one kind."""
_TRANSFER_SIGN: Final = "⇄ "
_TRANSFER_HEIGHT: Final = 17.0
_STATION_GAP: Final = 4.0
_PADDING: Final = 6.0
_LABEL_HEIGHT: Final = 16.0
"""The space under a station that is left free for its label; a symbol goes below it."""
_WIDTHS: Final = (140.0, 84.0)
_NARROW: Final = (52.0,)
_TRANSFER_PLACEMENTS: Final = (
    *((_WIDTHS, -1, 0), (_WIDTHS, -1, 1), (_NARROW, -1, 0)),
    *((_WIDTHS, 1, 0), (_WIDTHS, 1, 1), (_NARROW, 1, 0)),
)
"""Text widths, side (-1 above, 1 below) and row counted from the station; the best come first."""


def track_spans(plan: MapPlan) -> Iterator[TrackSpan]:
    """Yield, for each line and track, the span from its first station to its last."""
    for line, works in plan.lines:
        if line.kind in _SINGLE_LINES or line.id != line.kind:
            by_height: dict[float, list[float]] = {}
            for work in works:
                position = plan.positions[work.id]
                by_height.setdefault(position.y, []).append(position.x)
            for y, xs in sorted(by_height.items()):
                if len(xs) > 1:
                    yield TrackSpan(line.id, xs[0], xs[-1], y)


def headings(plan: MapPlan) -> Iterator[Heading]:
    """Yield the heading of each group of tracks, at the height of its first track."""
    lines = {line.line.id: line.line for line in plan.lines}
    for track, y in zip(plan.tracks.tracks, plan.heights, strict=True):
        if track.is_first:
            line = lines[track.line]
            text = line.name if line.id == line.kind else _SHARED_HEADINGS[line.kind]
            yield Heading(text, line.id, _LEFT, y)


def heading_boxes(found: Iterable[Heading]) -> Iterator[Box]:
    """Yield the boxes that headings take."""
    for heading in found:
        right = heading.x + width(heading.text, _FONT_SIZE) + _SWATCH
        yield Box(heading.x, heading.y - _HALF_HEADING, right, heading.y + _HALF_HEADING)


def ticks(columns: MapColumns) -> Iterator[Tick]:
    """Yield where years begin, except those too close to the tick before."""
    last = -_MIN_TICK_PIXELS
    for number, (x, year) in enumerate(zip(columns.x, columns.years, strict=True)):
        is_new = number == 0 or columns.years[number - 1] != year
        if is_new and x - last >= _MIN_TICK_PIXELS:
            last = x
            yield Tick(x, str(year) if year else "no date")


def gaps(columns: MapColumns) -> Iterator[Gap]:
    """Yield the marked gaps between years."""
    for (x1, before), (x2, after) in pairwise(zip(columns.x, columns.years, strict=True)):
        if before and after and is_break(before, after):
            yield Gap(round((x1 + x2) / 2, 1), after - before - 1)


def transfers_of(
    works: Iterable[MapWork],
    positions: Mapping[str, StationPosition],
    radii: Mapping[str, float],
    space: LabelSpace,
) -> Iterator[Transfer]:
    """Yield the transfer symbols for which there is space, and occupy it."""
    for work in works:
        for guest_of in work.guest_of:
            candidates = _transfer_candidates(work.id, guest_of, positions[work.id], radii[work.id])
            for transfer, box in candidates:
                if space.is_free([box], work.id):
                    space.occupy([box])
                    yield transfer
                    break


def _transfer_candidates(
    work: str, guest_of: GuestOf, position: StationPosition, radius: float
) -> Iterator[tuple[Transfer, Box]]:
    """Yield a symbol at each possible placement, the best first; the last one is the sign alone."""
    high = _TRANSFER_HEIGHT
    name = printable(guest_of.title) or guest_of.slug
    for widths, side, row in _TRANSFER_PLACEMENTS:
        for max_width in widths:
            text = _TRANSFER_SIGN + truncated(name, _FONT_SIZE, max_width)
            wide = width(text, _FONT_SIZE) + 2 * _PADDING
            label = _LABEL_HEIGHT if side > 0 else 0.0
            away = radius + _STATION_GAP + high / 2 + row * (high + 2) + label
            x, y = position.x, round(position.y + side * away, 1)
            box = Box(x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
            yield Transfer(work, guest_of, text, x, y, round(wide, 1)), box
    x, y = position.x, round(position.y - radius - _STATION_GAP - high / 2, 1)
    wide = 2 * high - 2
    box = Box(x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
    yield Transfer(work, guest_of, _TRANSFER_SIGN.strip(), x, y, wide), box
