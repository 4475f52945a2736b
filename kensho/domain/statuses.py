"""Whether a work is finished, ongoing or upcoming on a given day.

Catalogues state a status, and go on stating it: of what one calls upcoming, much was shown years
ago. So the status follows from dates, and the stated one counts only where they are missing.

Guarantees: pure; nothing but the arguments decides, the day included.
"""

import datetime as dt
from typing import Final

from kensho.domain.works import AnimeType, Status

_WEEK: Final = dt.timedelta(days=7)
_LONGEST_RUN: Final = dt.timedelta(days=366)
"""A series of unknown length whose status nobody knows is taken to run for a year at most."""
_SINGLE: Final[frozenset[AnimeType]] = frozenset(("movie",))


def status_on(
    day: dt.date,
    stated: Status,
    dates: tuple[str | None, str | None, int | None],
    anime_type: AnimeType,
    episodes: int | None,
) -> Status:
    """Return the status of a work on a day; `dates` are its start, its end and its year."""
    start, end = _date(dates[0]), _date(dates[1])
    if end is not None and end < day:
        return "finished"
    first, last = _start(start, dates[2])
    if first is not None and day < first:
        return "upcoming"
    if last is None or day < last:
        return stated  # Nobody knows whether it has begun.
    if end is not None:
        return "ongoing"
    return _begun(day - last, stated, anime_type, episodes)


def contradicts(day: dt.date, stated: Status, start: str | None, year: int | None) -> bool:
    """Tell whether a work that is stated as upcoming has begun before a day."""
    _, last = _start(_date(start), year)
    return stated == "upcoming" and last is not None and last < day


def _begun(
    since: dt.timedelta, stated: Status, anime_type: AnimeType, episodes: int | None
) -> Status:
    """Return the status of a work that began so long ago and has no known end."""
    if anime_type in _SINGLE or episodes == 1 or stated == "finished":
        return "finished"
    if stated == "ongoing":
        return "ongoing"
    length = _LONGEST_RUN if episodes is None else _WEEK * episodes
    return "ongoing" if since <= length else "finished" if episodes else "unknown"


def _start(start: dt.date | None, year: int | None) -> tuple[dt.date | None, dt.date | None]:
    """Return the first and the last day on which a work may have begun."""
    if start is not None:
        return start, start
    if year is None:
        return None, None
    return dt.date(year, 1, 1), dt.date(year, 12, 31)


def _date(text: str | None) -> dt.date | None:
    """Return the day of a date, or `None` where only its year or month is known."""
    try:
        return dt.date.fromisoformat(text or "")
    except ValueError:  # "2006-04" is a month, and no day
        return None
