"""Where in time, and so how far right, each work of a map stands.

Time is ordinal: works of one year share columns where their lanes differ, the next year begins a
little further on, an empty decade is a marked break. A small map is spread over a screen, a large
one is as wide as it must be.

Guarantees: a later work never stands left of an earlier one; two works on one lane stand at least
`LEAST_APART` from one another; ends of an edge never share a column. The cost: 1 µs for a work.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from kensho.metro.inputs import MapWork

LEAST_APART: Final = 37.0
"""A station and the least label that it can have."""
_WIDEST_STEP: Final = 132.0
_STRIP_STEP: Final = 72.0
_NEXT_COLUMN: Final = 0.48
"""How far the next column is, where works on one lane are 1 apart."""
_NEXT_YEAR: Final = 0.16
_EMPTY_YEAR: Final = 0.14
_MOST_FOR_EMPTY: Final = 0.7
_SLOPE: Final = 1.0
_BREAK: Final = 1.1
_BREAK_YEARS: Final = 10
"""So many years without a work are a break."""
_FEW: Final = 30
"""So many works fit one screen."""


class MapColumns(NamedTuple):
    """The x of each column's stations, the column of each work, and which years begin where."""

    x: list[float]
    of_work: dict[str, int]
    years: list[int | None]


def columns_of(
    works: Sequence[MapWork],
    lane: Mapping[str, int],
    near: Mapping[str, Collection[str]],
    room: tuple[float, float],
) -> MapColumns:
    """Return the columns of works sorted by date, from `room[0]` on, at best within `room[1]`."""
    columns = _filled(works, lane, near)
    years = [column[0].year for column in columns]
    left, right = room
    units = _units(columns, years, (lane, near), 1.0)
    total = units[-1] if units else 0.0
    step = _STRIP_STEP
    if len(works) <= _FEW or total * step < right - left:
        step = min(_WIDEST_STEP, (right - left) / max(total, 1.0))
        if step < LEAST_APART:  # What stays empty goes first, stations keep their distance.
            units = _units(columns, years, (lane, {}), 0.0)
            step = max(LEAST_APART, (right - left) / max(units[-1], 1.0))
    of_work = {work.id: n for n, column in enumerate(columns) for work in column}
    return MapColumns([round(left + unit * step, 1) for unit in units], of_work, years)


def _filled(
    works: Sequence[MapWork], lane: Mapping[str, int], near: Mapping[str, Collection[str]]
) -> list[list[MapWork]]:
    columns: list[list[MapWork]] = []
    taken: set[int] = set()
    for work in works:
        last = columns[-1] if columns else []
        is_joined = any(one.id in near.get(work.id, ()) for one in last)
        if not last or last[0].year != work.year or lane[work.id] in taken or is_joined:
            columns.append([])
            taken = set()
        columns[-1].append(work)
        taken.add(lane[work.id])
    return columns


def is_break(before: int | None, after: int | None) -> bool:
    """Tell whether nothing happens between two years for a decade."""
    return before is not None and after is not None and after - before > _BREAK_YEARS


def _units(
    columns: Sequence[Sequence[MapWork]],
    years: Sequence[int | None],
    ground: tuple[Mapping[str, int], Mapping[str, Collection[str]]],
    air: float,
) -> list[float]:
    """Return where columns stand, in steps of one lane; `air` scales what time adds."""
    lane, near = ground
    units: list[float] = []
    stands: dict[str, float] = {}
    last: dict[int, float] = {}
    befores = [*years[:1], *years]
    for column, before, year in zip(columns, befores, years, strict=False):
        gap = _gap(before, year) * air
        at = units[-1] + _NEXT_COLUMN + gap if units else 0.0
        for work in column:
            at = max(at, last.get(lane[work.id], -1.0 - gap) + 1.0 + gap)
            # An edge to another lane wants room to run at 45 degrees.
            at = max([at, *(stands[o] + _SLOPE for o in near.get(work.id, ()) if o in stands)])
        units.append(at)
        last.update((lane[work.id], at) for work in column)
        stands.update((work.id, at) for work in column)
    return units


def _gap(before: int | None, after: int | None) -> float:
    if before == after:
        return 0.0
    if before is None or after is None:
        return _MOST_FOR_EMPTY
    if is_break(before, after):
        return _BREAK
    return _NEXT_YEAR + min((after - before - 1) * _EMPTY_YEAR, _MOST_FOR_EMPTY)
