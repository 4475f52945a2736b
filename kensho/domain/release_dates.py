"""Release dates of any precision, and the keys by which they are compared.

A date is as much of `YYYY-MM-DD` as is known, and empty where nothing is known. A work with only a
year and a season is dated to the first month of that season. Keys sort by time; the unknown part of
a date is taken to be as late as possible.
"""

from collections.abc import Mapping
from typing import Final

from kensho.domain.works import Season

SEASON_MONTHS: Final[Mapping[Season, str]] = {
    "winter": "01",
    "spring": "04",
    "summer": "07",
    "fall": "10",
}
UNKNOWN: Final = "9999"
"""The year that stands for no date, so that works without one sort last."""
_MISSING: Final = {4: "-12-31", 7: "-31"}
"""What completes a date of this many characters."""
_MONTH_CHARS: Final = len("2026-11")


def release_date(start: str | None, year: int | None, season: Season | None) -> str:
    """Return `start` if it is known, else the first month of the season, else the year, else ""."""
    if start is not None or year is None:
        return start or ""
    return f"{year}-{SEASON_MONTHS[season]}" if season else str(year)


def day_key(date: str) -> str:
    """Return `date` as `YYYY-MM-DD`, with unknown parts as late as possible."""
    date = date or UNKNOWN
    return date + _MISSING.get(len(date), "")


def month_key(date: str) -> str:
    """Return the month of `date` as `YYYY-MM`; works of one month count as released together."""
    return day_key(date)[:_MONTH_CHARS]
