import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kensho.domain.statuses import contradicts, status_on
from kensho.domain.works import AnimeType, Status

DAY = dt.date(2026, 6, 15)


@pytest.mark.parametrize(
    ("stated", "dates", "type_", "episodes", "expected"),
    [
        ("upcoming", ("2024-01-05", "2024-03-30", 2024), "tv", 12, "finished"),
        ("upcoming", ("2026-04-05", "2026-06-30", 2026), "tv", 12, "ongoing"),
        ("upcoming", ("2026-04-05", None, 2026), "tv", 12, "ongoing"),
        ("upcoming", ("2025-04-05", None, 2025), "tv", 12, "finished"),
        ("upcoming", ("2025-04-05", None, 2025), "tv", None, "unknown"),
        ("upcoming", ("2026-01-10", None, 2026), "movie", None, "finished"),
        ("finished", ("2026-07-01", None, 2026), "tv", 12, "upcoming"),
        ("ongoing", ("1999-10-20", None, 1999), "tv", 1100, "ongoing"),
        ("finished", ("1999-10-20", None, 1999), "tv", None, "finished"),
        ("upcoming", (None, None, 2026), "tv", None, "upcoming"),
        ("finished", (None, None, 2026), "tv", None, "finished"),
        ("finished", (None, None, 2027), "tv", None, "upcoming"),
        ("upcoming", (None, None, None), "tv", None, "upcoming"),
        ("unknown", (None, "2019-01-01", None), "ova", 2, "finished"),
        ("upcoming", (None, None, 2019), "movie", None, "finished"),
        ("upcoming", ("2019-04", None, 2019), "movie", None, "finished"),
        ("finished", ("2026", "2026", 2026), "tv", None, "finished"),
    ],
)
def test_the_status_follows_from_dates(
    stated: Status,
    dates: tuple[str | None, str | None, int | None],
    type_: AnimeType,
    episodes: int | None,
    expected: Status,
) -> None:
    assert status_on(DAY, stated, dates, type_, episodes) == expected


@given(
    st.dates(dt.date(1950, 1, 1), dt.date(2031, 12, 31)),
    st.dates(dt.date(1950, 1, 1), dt.date(2031, 12, 31)),
    st.sampled_from(("finished", "ongoing", "upcoming", "unknown")),
)
def test_nothing_is_upcoming_once_it_has_begun(
    day: dt.date, start: dt.date, stated: Status
) -> None:
    found = status_on(day, stated, (start.isoformat(), None, start.year), "tv", 12)
    assert (found == "upcoming") is (day < start)


def test_what_is_announced_for_a_past_day_contradicts_itself() -> None:
    assert contradicts(DAY, "upcoming", "2026-06-14", 2026)
    assert contradicts(DAY, "upcoming", None, 2025)
    assert not contradicts(DAY, "upcoming", None, 2026)
    assert not contradicts(DAY, "ongoing", "2026-06-14", 2026)
