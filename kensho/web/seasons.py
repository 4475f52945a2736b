"""The seasons of broadcasting: which one a day lies in, and which come before and after. Pure."""

import datetime as dt
from typing import Final, NamedTuple

from kensho.domain.works import SEASONS, Season

_MONTHS: Final = 3


class SeasonOfYear(NamedTuple):
    """A season: winter begins in January, spring in April, summer in July, fall in October."""

    year: int
    name: Season

    @classmethod
    def of(cls, day: dt.date) -> "SeasonOfYear":
        """Return the season that a day lies in."""
        return cls(day.year, SEASONS[(day.month - 1) // _MONTHS])

    def moved(self, by: int) -> "SeasonOfYear":
        """Return the season so many seasons later, or earlier."""
        year, place = divmod(self.year * len(SEASONS) + SEASONS.index(self.name) + by, len(SEASONS))
        return SeasonOfYear(year, SEASONS[place])
