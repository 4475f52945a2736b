"""The column of each work on a map: its position in time, and so its x.

Time is ordinal. Works of one year share a column if their tracks differ, the next year begins a
little further to the right, and an empty decade is a marked break. A small map is spread over a
screen; a large one is as wide as it must be: every station has room for its label's reserved box.

Guarantees: a later work is never left of an earlier one; two works on one track are at least
`LEAST_APART` apart, and what stations reserve of a row of labels does not overlap; the two ends of
a shown edge never share a column.
Performance: 2 µs for a work, ten times that for a map that is fitted to a screen.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from kensho.metro.connectors import Reservation
from kensho.metro.inputs import MapWork

LEAST_APART: Final = 33.0
"""Pixels: the widest station (20), and so much that the stroke between two is seen."""
_WIDEST_STEP: Final = 132.0
"""Pixels between works on one track of a small map: the widest label (128) and a gap."""
_STRIP_STEP: Final = 72.0
"""Pixels between works on one track of a map that scrolls sideways."""
_BESIDE: Final = 6.0
"""Pixels between what two stations reserve of a row of labels."""
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
_FITTINGS: Final = 8
"""Halvings of the step of a map that is fitted to a screen: to half a pixel."""


class MapColumns(NamedTuple):
    """The x and the year of each column, and the column of each work."""

    x: list[float]
    of_work: dict[str, int]
    years: list[int | None]


class ColumnNeeds(NamedTuple):
    """What works need of columns: their tracks, shown neighbours, labels, and names before them.

    `leads` are pixels before a work that the name of its line takes.
    """

    track: Mapping[str, int]
    neighbours: Mapping[str, Collection[str]]
    reserved: Mapping[str, Reservation]
    leads: Mapping[str, float]


def columns_of(
    works: Sequence[MapWork],
    years: Mapping[str, int | None],
    needs: ColumnNeeds,
    bounds: tuple[float, float],
) -> MapColumns:
    """Return the columns of works that are sorted by time, given the year each counts for.

    They begin at `bounds[0]` and end at `bounds[1]` where the works fit in between.
    """
    columns = _columns_of_works(works, years, needs)
    of_column = [years[column[0].id] for column in columns]
    left, right = bounds
    x = _spread(columns, of_column, needs, _STRIP_STEP, 1.0)
    if x and (len(works) <= _MAX_SCREEN_WORKS or x[-1] < right - left):
        x = _fitted(columns, of_column, needs, right - left)
    of_work = {work.id: n for n, column in enumerate(columns) for work in column}
    return MapColumns([round(left + at, 1) for at in x], of_work, of_column)


def _columns_of_works(
    works: Sequence[MapWork], years: Mapping[str, int | None], needs: ColumnNeeds
) -> list[list[MapWork]]:
    columns: list[list[MapWork]] = []
    taken: set[int] = set()
    track, neighbours = needs.track, needs.neighbours
    for work in works:
        last = columns[-1] if columns else []
        is_joined = any(one.id in neighbours.get(work.id, ()) for one in last)
        is_new = not last or years[last[0].id] != years[work.id]
        if is_new or track[work.id] in taken or is_joined:
            columns.append([])
            taken = set()
        columns[-1].append(work)
        taken.add(track[work.id])
    return columns


def is_break(before: int | None, after: int | None) -> bool:
    """Tell whether more than a decade without works lies between two years."""
    return before is not None and after is not None and after - before > _BREAK_YEARS


def _fitted(
    columns: Sequence[Sequence[MapWork]],
    years: Sequence[int | None],
    needs: ColumnNeeds,
    wide: float,
) -> list[float]:
    """Return the x of each column by the greatest step at which all fit a width."""
    closest = _spread(columns, years, needs, LEAST_APART, 1.0)
    if closest[-1] > wide:  # Gaps are given up before the distance of stations is.
        return _spread(columns, years, needs, LEAST_APART, 0.0)
    least, most, best = LEAST_APART, _WIDEST_STEP, closest
    for _ in range(_FITTINGS):
        step = (least + most) / 2
        x = _spread(columns, years, needs, step, 1.0)
        if x[-1] > wide:
            most = step
        else:
            least, best = step, x
    return best


def _spread(
    columns: Sequence[Sequence[MapWork]],
    years: Sequence[int | None],
    needs: ColumnNeeds,
    step: float,
    gap_scale: float,
) -> list[float]:
    """Return the x of each column, from 0; `gap_scale` scales what passing years add."""
    found, spread = list[float](), _Spread(needs, step)
    before = years[0] if years else None
    for column, year in zip(columns, years, strict=True):
        gap = _gap(before, year) * gap_scale * step
        before = year
        at = found[-1] + _NEXT_COLUMN * step + gap if found else 0.0
        at = max([at, *(spread.least(work.id, gap) for work in column)])
        found.append(at)
        for work in column:
            spread.put(work.id, at)
    return found


class _Spread:
    """The works that have an x already, by what keeps others away from them."""

    def __init__(self, needs: ColumnNeeds, step: float) -> None:
        self._needs, self._step = needs, step
        self._x_of: Final[dict[str, float]] = {}
        self._last: Final[dict[int, float]] = {}
        self._rows: Final[dict[tuple[int, int], float]] = {}

    def least(self, work: str, gap: float) -> float:
        """Return the least x of a work, where time asks for a gap before it."""
        track, neighbours, reserved, leads = self._needs
        on, lead, least = track[work], leads.get(work, 0.0), 0.0
        if on in self._last:
            least = self._last[on] + self._step + gap + lead
        for side, (left, _) in reserved[work].spans.items():
            if (on, side) in self._rows:
                least = max(least, self._rows[on, side] + _BESIDE - left + lead)
        # An edge to another track needs space to run at 45 degrees.
        for other in neighbours.get(work, ()):
            if other in self._x_of:
                least = max(least, self._x_of[other] + _DIAGONAL_STEP * self._step)
        return least

    def put(self, work: str, x: float) -> None:
        """Give a work its x."""
        on = self._needs.track[work]
        self._last[on] = self._x_of[work] = x
        for side, (_, right) in self._needs.reserved[work].spans.items():
            self._rows[on, side] = x + right


def _gap(before: int | None, after: int | None) -> float:
    if before == after:
        return 0.0
    if before is None or after is None:
        return _MAX_EMPTY_YEARS
    if is_break(before, after):
        return _BREAK
    return _NEXT_YEAR + min((after - before - 1) * _EMPTY_YEAR, _MAX_EMPTY_YEARS)
