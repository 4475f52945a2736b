"""What pages of managers show: the list, the calendar, sources, captions and history; pure.

Times are ISO 8601 in UTC, as templates write them.
"""

import calendar
import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from kensho.edges.accounts.audit import AuditRow
from kensho.edges.portal import webvtt
from kensho.edges.portal.movies import (
    OverviewMovie,
    PublishingState,
    SourceVariant,
    StreamSource,
    title_key,
)
from kensho.web.messages import Messages

STATES: Final[Sequence[PublishingState]] = (
    "draft",
    "ready",
    "scheduled",
    "playing",
    "blocked",
    "ended",
)
MOST_CUES: Final = 100
"""Of a preview: the first minutes of a film, which tell whether it is the right file."""
_MONTH: Final = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_MS_PER_MIN: Final = 60_000
_MONTHS: Final = 12


class FilmLine(NamedTuple):
    """A film of the list."""

    film: OverviewMovie
    state: PublishingState
    starts_at: str | None
    ends_at: str | None


class DayEvent(NamedTuple):
    """What happens on a day: a film begins or ends to be available, at a time of day."""

    film: OverviewMovie
    begins: bool
    at: str
    is_live: bool


class CalendarDay(NamedTuple):
    """A day of the calendar; those of other months fill its weeks up."""

    date: dt.date
    in_month: bool
    is_today: bool
    events: Sequence[DayEvent]


class CalendarMonth(NamedTuple):
    """A month in weeks from Monday on, and the films that are available through all of it."""

    first: dt.date
    weeks: Sequence[Sequence[CalendarDay]]
    throughout: Sequence[OverviewMovie]
    former: str
    following: str


class SourceLine(NamedTuple):
    """A source of a film as its manager sees it."""

    id: UUID
    url: str
    source: StreamSource
    duration: str | None
    variants: Sequence[str]
    validated_at: str | None


class HistoryLine(NamedTuple):
    """A row of the audit log in words."""

    at: str
    who: str
    what: str
    fields: Sequence[str]


class CueLine(NamedTuple):
    """A cue of a preview."""

    at: str
    until: str
    text: str


def listed(
    films: Sequence[OverviewMovie],
    now: dt.datetime,
    text: str,
    state: PublishingState | None,
) -> tuple[Sequence[FilmLine], Mapping[PublishingState, int]]:
    """Return the films with a text in their titles, those of a state, and how many have each."""
    wanted = title_key(text)
    found = [
        FilmLine(one, one.state(now), iso(one.starts_at), iso(one.ends_at))
        for one in films
        if wanted in title_key(one.title)
    ]
    counts: dict[PublishingState, int] = {
        name: sum(line.state == name for line in found) for name in STATES
    }
    return [line for line in found if state is None or line.state == state], counts


def month_of(text: str, today: dt.date) -> dt.date:
    """Return the first day of a month such as `2026-12`; of this month for anything else."""
    match = _MONTH.fullmatch(text)
    if match is None or not 1 <= int(match[2]) <= _MONTHS or not int(match[1]):
        return today.replace(day=1)
    return dt.date(int(match[1]), int(match[2]), 1)


def month(films: Sequence[OverviewMovie], first: dt.date, now: dt.datetime) -> CalendarMonth:
    """Return the calendar of a month: when films begin and end, and which go on all through it."""
    days = calendar.Calendar().monthdatescalendar(first.year, first.month)
    events: dict[dt.date, list[tuple[dt.datetime, DayEvent]]] = {}
    for film in films:
        is_live = film.visibility == "VISIBLE" and not film.is_blocked
        for at, begins in ((film.starts_at, True), (film.ends_at, False)):
            if at is not None:
                event = DayEvent(film, begins, at.strftime("%H:%M"), is_live)
                events.setdefault(at.date(), []).append((at, event))
    weeks = [
        [
            CalendarDay(
                day,
                day.month == first.month,
                day == now.date(),
                [event for _, event in sorted(events.get(day, []), key=lambda one: one[0])],
            )
            for day in week
        ]
        for week in days
    ]
    return CalendarMonth(
        first,
        weeks,
        [one for one in films if one.visibility == "VISIBLE" and _throughout(one, first)],
        _shifted(first, -1),
        _shifted(first, 1),
    )


def source_line(source: StreamSource, url: str) -> SourceLine:
    """Return a source with what was found of it in words."""
    seconds = source.duration_s
    return SourceLine(
        source.id,
        url,
        source,
        None if seconds is None else clock(int(seconds * 1000)).partition(".")[0],
        [_variant(one) for one in sorted(source.variants, key=lambda one: -one.bandwidth)],
        iso(source.validated_at),
    )


def history(
    rows: Sequence[AuditRow], names: Mapping[str, str], messages: Messages
) -> Sequence[HistoryLine]:
    """Return rows of the audit log in words; `names` are of those who act, by their ids."""
    return [
        HistoryLine(
            row.at.isoformat(),
            names.get(row.actor or "", row.actor or ""),
            messages.label("film_act", row.action),
            [messages.label("film_field", one) for one in row.changed],
        )
        for row in rows
    ]


def preview(text: str) -> Sequence[CueLine]:
    """Return the first cues of captions."""
    cues = webvtt.read(text)[:MOST_CUES]
    return [CueLine(clock(one.start_ms), clock(one.end_ms), one.text) for one in cues]


def clock(ms: int) -> str:
    """Return a time within a film: "1:02:03.500"."""
    minutes, rest = divmod(ms, _MS_PER_MIN)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{rest // 1000:02}.{rest % 1000:03}"
    return f"{hours}:{minutes:02}:{seconds}" if hours else f"{minutes}:{seconds}"


def iso(at: dt.datetime | None) -> str | None:
    """Return a time as ISO 8601 in UTC."""
    return None if at is None else at.astimezone(dt.UTC).isoformat()


def _variant(one: SourceVariant) -> str:
    height = f"{one.height}p, " if one.height else ""
    codecs = f", {one.codecs}" if one.codecs else ""
    return f"{height}{one.bandwidth / 1_000_000:.1f} Mbit/s{codecs}"


def _throughout(film: OverviewMovie, first: dt.date) -> bool:
    begins = dt.datetime.combine(first, dt.time(), dt.UTC)
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    ends = dt.datetime.combine(last, dt.time.max, dt.UTC)
    has_begun = film.starts_at is None or film.starts_at < begins
    return has_begun and (film.ends_at is None or film.ends_at > ends)


def _shifted(first: dt.date, months: int) -> str:
    year, month_ = divmod(first.year * _MONTHS + first.month - 1 + months, _MONTHS)
    return f"{year:04}-{month_ + 1:02}"
