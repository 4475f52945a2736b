"""When works came out, as exactly as is known, and the keys by which they are compared.

A date is as much of `YYYY-MM-DD` as is known, and empty where nothing is. A work of which only year
and season are known came out in the first month of that season. Keys sort by time; what is unknown
of a date comes as late as can be.
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
"""The year of what has no date: it sorts last."""
_MISSING: Final = {4: "-12-31", 7: "-31"}
"""What a date of so many characters lacks."""
_MONTH_CHARS: Final = len("2026-11")


def release_date(start: str | None, year: int | None, season: Season | None) -> str:
    """Return the first day, else the first month of the season, else the year, else nothing."""
    if start is not None or year is None:
        return start or ""
    return f"{year}-{SEASON_MONTHS[season]}" if season else str(year)


def day_key(date: str) -> str:
    """Return a date as `YYYY-MM-DD`."""
    date = date or UNKNOWN
    return date + _MISSING.get(len(date), "")


def month_key(date: str) -> str:
    """Return the month of a date as `YYYY-MM`: works of one month came out together."""
    return day_key(date)[:_MONTH_CHARS]
