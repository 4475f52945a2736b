"""The column of each work on a map: its position in time, and so its x.

Time is ordinal. Works of one year share a column if their tracks differ, the next year begins a
little further to the right, and an empty decade is a marked break. A small map is spread over a
screen; a large one is as wide as it must be.

Guarantees: a later work is never left of an earlier one; two works on one track are at least
`LEAST_APART` apart; the two ends of an edge never share a column.
Performance: 1 µs for a work.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from kensho.metro.inputs import MapWork

LEAST_APART: Final = 37.0
"""Pixels: the widest station (20) or the box that is reserved for its initials (34), and a gap."""
_WIDEST_STEP: Final = 132.0
"""Pixels between works on one track of a small map: the widest label (128) and a gap."""
_STRIP_STEP: Final = 72.0
"""Pixels between works on one track of a map that scrolls sideways."""
# The constants below are in steps: works on one track are at least 1 step apart.
_NEXT_COLUMN: Final = 0.48
"""From a column to the next: works on different tracks may be half as far apart."""
_NEXT_YEAR: Final = 0.16
_EMPTY_YEAR: Final = 0.14
_MAX_EMPTY_YEARS: Final = 0.7
"""The cap: five empty years add as much as nine do."""
_DIAGONAL_STEP: Final = 1.0
"""Between the ends of an edge that changes tracks, so that it can run at 45 degrees."""
_BREAK: Final = 1.1
"""More than any other gap; the break's mark is drawn in it."""
_BREAK_YEARS: Final = 10
"""A break is marked where more years than these pass without a work."""
_MAX_SCREEN_WORKS: Final = 30
"""So many works must fit one laptop screen, as the explorer's design asks."""


class MapColumns(NamedTuple):
    """The x and the year of each column, and the column of each work."""

    x: list[float]
    of_work: dict[str, int]
    years: list[int | None]


def columns_of(
    works: Sequence[MapWork],
    track: Mapping[str, int],
    neighbours: Mapping[str, Collection[str]],
    bounds: tuple[float, float],
) -> MapColumns:
    """Return the columns of works that are sorted by date.

    They begin at `bounds[0]` and end at `bounds[1]` where the works fit in between.
    """
    columns = _columns_of_works(works, track, neighbours)
    years = [column[0].year for column in columns]
    left, right = bounds
    units = _units(columns, years, (track, neighbours), 1.0)
    total = units[-1] if units else 0.0
    step = _STRIP_STEP
    if len(works) <= _MAX_SCREEN_WORKS or total * step < right - left:
        step = min(_WIDEST_STEP, (right - left) / max(total, 1.0))
        if step < LEAST_APART:  # Gaps are given up before the distance of stations is.
            units = _units(columns, years, (track, {}), 0.0)
            step = max(LEAST_APART, (right - left) / max(units[-1], 1.0))
    of_work = {work.id: n for n, column in enumerate(columns) for work in column}
    return MapColumns([round(left + unit * step, 1) for unit in units], of_work, years)


def _columns_of_works(
    works: Sequence[MapWork], track: Mapping[str, int], neighbours: Mapping[str, Collection[str]]
) -> list[list[MapWork]]:
    columns: list[list[MapWork]] = []
    taken: set[int] = set()
    for work in works:
        last = columns[-1] if columns else []
        is_joined = any(one.id in neighbours.get(work.id, ()) for one in last)
        if not last or last[0].year != work.year or track[work.id] in taken or is_joined:
            columns.append([])
            taken = set()
        columns[-1].append(work)
        taken.add(track[work.id])
    return columns


def is_break(before: int | None, after: int | None) -> bool:
    """Tell whether more than a decade without works lies between two years."""
    return before is not None and after is not None and after - before > _BREAK_YEARS


def _units(
    columns: Sequence[Sequence[MapWork]],
    years: Sequence[int | None],
    placed: tuple[Mapping[str, int], Mapping[str, Collection[str]]],
    gap_scale: float,
) -> list[float]:
    """Return the x of each column in steps; `gap_scale` scales what passing years add."""
    track, neighbours = placed
    units: list[float] = []
    unit_of: dict[str, float] = {}
    last: dict[int, float] = {}
    befores = [*years[:1], *years]
    for column, before, year in zip(columns, befores, years, strict=False):
        gap = _gap(before, year) * gap_scale
        at = units[-1] + _NEXT_COLUMN + gap if units else 0.0
        for work in column:
            at = max(at, last.get(track[work.id], -1.0 - gap) + 1.0 + gap)
            # An edge to another track needs space to run at 45 degrees.
            at = max(
                [
                    at,
                    *(
                        unit_of[o] + _DIAGONAL_STEP
                        for o in neighbours.get(work.id, ())
                        if o in unit_of
                    ),
                ]
            )
        units.append(at)
        last.update((track[work.id], at) for work in column)
        unit_of.update((work.id, at) for work in column)
    return units


def _gap(before: int | None, after: int | None) -> float:
    if before == after:
        return 0.0
    if before is None or after is None:
        return _MAX_EMPTY_YEARS
    if is_break(before, after):
        return _BREAK
    return _NEXT_YEAR + min((after - before - 1) * _EMPTY_YEAR, _MAX_EMPTY_YEARS)
