"""The dates of a work, composed of what several records state so that they never contradict.

Catalogues divide works differently: what one lists as a series, another lists as its second half.
Each is right about what it lists, and a start from one beside an end from the other is of no work
at all. So a start and its end are taken from one record, and a year only from a record that means
the same release.

Guarantees: pure. Start and end are stated together by one record, and the end is not before the
start; year and season are stated together, and the year is at most one from that of the start. What
was stated first is part of the result.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from kensho.domain.works import Season

_YEARS_APART: Final = 1
"""A winter season may start in the last days of December, and a work shown at a festival is
released the year after; two releases of one work are rarely so close. It is what `kensho check`
allows within one work."""
_YEAR_CHARS: Final = 4


class StatedDates(NamedTuple):
    """What one record says: the days of start and end (ISO 8601), the year, and its season."""

    start: str | None = None
    end: str | None = None
    year: int | None = None
    season: Season | None = None

    @property
    def release_year(self) -> int | None:
        """The year of the start, else the year as it is stated."""
        return int(self.start[:_YEAR_CHARS]) if self.start else self.year


def composed_dates(ranked: Sequence[StatedDates], by_year: Sequence[StatedDates]) -> StatedDates:
    """Return the dates of a work of which several records speak.

    `ranked` are all of them, the most trusted first; `by_year` those that may state year and
    season, in the order in which they are believed of these. The first of `ranked` that dates the
    work decides which release is meant. Records of another release are passed over.
    """
    meant = next((year for one in ranked if (year := one.release_year) is not None), None)
    if meant is None:
        return StatedDates(end=next((one.end for one in ranked if one.end), None))
    same = list(_of_release(ranked, meant))
    start = next((one.start for one in same if one.start), None)
    about = meant if start is None else int(start[:_YEAR_CHARS])
    years = (one for one in by_year if one.year is not None)
    dated = next(
        (one for one in years if one.year is not None and abs(one.year - about) <= _YEARS_APART),
        StatedDates(year=about),
    )
    return StatedDates(start, _end(same, start), dated.year, dated.season)


def _of_release(ranked: Sequence[StatedDates], meant: int) -> Iterator[StatedDates]:
    for one in ranked:
        year = one.release_year
        if year is not None and abs(year - meant) <= _YEARS_APART:
            yield one


def _end(same: Sequence[StatedDates], start: str | None) -> str | None:
    """Return the end that a record states beside this start; one before the start is none."""
    ends = (one.end for one in same if one.start == start and one.end)
    return next((end for end in ends if start is None or end >= start), None)
