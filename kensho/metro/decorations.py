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
from kensho.metro.lines import Lane
from kensho.metro.map import Gap, Heading, Tick, TrackSpan, Transfer
from kensho.metro.occupancy import StationPosition
from kensho.metro.plan import HEADING_SIZE, SWATCH, MapPlan, heading_text, is_named
from kensho.metro.segments import Box, Segments
from kensho.metro.station_names import printable
from kensho.metro.text_metrics import truncated, width

_LEFT: Final = 16.0
_FONT_SIZE: Final = HEADING_SIZE
_MIN_TICK_PIXELS: Final = 36.0
_BEFORE: Final = 14.0
"""Pixels between the name of a line and the middle of its first station."""
_JOINED: Final[frozenset[Lane]] = frozenset(("film", "summary"))
"""Lanes whose works belong together: they have a stroke where they are in one row."""
_HALF_HEADING: Final = 9.0
"""Half the height of a heading."""
_LANE_ROLES: Final[Mapping[Lane, Role]] = {
    "summary": "summary",
    "film": "film",
    "side": "side",
    "music": "music",
    "promotion": "promotion",
}
"""What the lanes of the main line carry, which is written at their left."""
_TRANSFER_SIGN: Final = "⇄ "
_TRANSFER_HEIGHT: Final = 17.0
_STATION_GAP: Final = 4.0
_PADDING: Final = 6.0
_WIDTHS: Final = (140.0, 84.0)
_NARROW: Final = (52.0,)
_TRANSFER_PLACEMENTS: Final = (
    *((_WIDTHS, -1, 0), (_WIDTHS, -1, 1), (_NARROW, -1, 0)),
    *((_WIDTHS, 1, 0), (_WIDTHS, 1, 1), (_NARROW, 1, 0)),
)
"""Text widths, side (-1 above, 1 below) and row counted from the station; the best come first."""


def track_spans(plan: MapPlan) -> Iterator[TrackSpan]:
    """Yield the span of each trunk from its first station to its last, and of lanes in one row."""
    for line in plan.lines:
        for lane, works in line.lanes.items():
            by_height: dict[float, list[float]] = {}
            for work in works:
                position = plan.positions[work.id]
                by_height.setdefault(position.y, []).append(position.x)
            if lane != "trunk" and (lane not in _JOINED or len(by_height) > 1):
                continue
            for y, xs in sorted(by_height.items()):
                if len(xs) > 1:
                    yield TrackSpan(line.line.id, xs[0], xs[-1], y, lane == "trunk")


def headings(plan: MapPlan) -> Iterator[Heading]:
    """Yield the names of the main line and its lanes at the left edge, of others at their start."""
    tracks = plan.tracks
    for track, y in zip(tracks.tracks, plan.heights, strict=True):
        if track.is_first and (track.is_main or track.lane == "guest"):
            line = next(one for one in plan.lines if one.line.id == track.line)
            role = _LANE_ROLES.get(track.lane) if track.is_main else None
            yield Heading(heading_text(line), track.line, _LEFT, y, lane=role)
    for line in plan.lines:
        if is_named(line):
            text, start = heading_text(line), plan.positions[line.lanes["trunk"][0].id]
            x = start.x - _BEFORE - width(text, _FONT_SIZE) - SWATCH
            yield Heading(text, line.line.id, round(x, 1), start.y, is_at_edge=False)


def heading_boxes(found: Iterable[Heading]) -> Iterator[Box]:
    """Yield the boxes that headings take."""
    for heading in found:
        right = heading.x + width(heading.text, _FONT_SIZE) + SWATCH
        yield Box(heading.x, heading.y - _HALF_HEADING, right, heading.y + _HALF_HEADING)


def ticks(columns: MapColumns) -> Iterator[Tick]:
    """Yield where years begin, except those too close to the tick before."""
    last = -_MIN_TICK_PIXELS
    for number, (x, year) in enumerate(zip(columns.x, columns.years, strict=True)):
        is_new = number == 0 or columns.years[number - 1] != year
        if is_new and x - last >= _MIN_TICK_PIXELS:
            last = x
            yield Tick(x, year)


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
    segments: Segments,
) -> Iterator[Transfer]:
    """Yield the transfer symbols for which there is space, and occupy it."""
    for work in works:
        for guest_of in work.guest_of:
            candidates = list(
                _transfer_candidates(work.id, guest_of, positions[work.id], radii[work.id])
            )
            free = [one for one in candidates if space.is_free(one[1])]
            # A symbol is opaque: it may lie over a route where there is no other place.
            clear = (one for one in free if segments.is_clear(one[1]))
            chosen = next(clear, free[0] if free else None)
            if chosen is not None:
                space.occupy(chosen[1])
                yield chosen[0]


def _transfer_candidates(
    work: str, guest_of: GuestOf, position: StationPosition, radius: float
) -> Iterator[tuple[Transfer, list[Box]]]:
    """Yield a symbol at each possible placement, the best first; the last one is the sign alone.

    Its boxes are its own and that of the stroke from the station to it.
    """
    high = _TRANSFER_HEIGHT
    name = printable(guest_of.title) or guest_of.slug
    for widths, side, row in _TRANSFER_PLACEMENTS:
        for max_width in widths:
            text = _TRANSFER_SIGN + truncated(name, _FONT_SIZE, max_width)
            wide = width(text, _FONT_SIZE) + 2 * _PADDING
            away = radius + _STATION_GAP + high / 2 + row * (high + 2)
            x, y = position.x, round(position.y + side * away, 1)
            box = Box(x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
            boxes = [box]
            if row:
                near = sorted((position.y + side * (radius + 1), y - side * high / 2))
                boxes.append(Box(x - 1, near[0], x + 1, near[1]))
            yield Transfer(work, guest_of, text, x, y, round(wide, 1)), boxes
    x, y = position.x, round(position.y - radius - _STATION_GAP - high / 2, 1)
    wide = 2 * high - 2
    box = Box(x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
    yield Transfer(work, guest_of, _TRANSFER_SIGN.strip(), x, y, wide), [box]
