"""The date that a release stands for, from what its owners say of it, and whether it is in order.

In this order: what the curator gives, what the file itself states, what the server said when it was
fetched (`Last-Modified`, as `kensho fetch` and a download note it beside the file), else nothing:
the date is not known. When a file was written here says nothing of its content. A date that is
none, or lies in the future, is told and passed over.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from email.utils import parsedate_to_datetime
from typing import Final, Literal, TypeAlias

import msgspec

from ingest.fetched_files import noted_of
from ingest.pipeline.guards import Breach
from ingest.reading.files import SourceFile
from ingest.source import Source
from ingest.source_policies import Freshness
from kensho.platform.download_cache import FetchNote

Basis: TypeAlias = Literal["given", "content", "last_modified", "unknown"]

UNKNOWN: Final = ""
"""What records, assertions and runs bear for a snapshot of which the date is not known."""

_ZONES: Final = dt.timedelta(days=1)
"""Somewhere on earth it is a day later already."""
_DATE_CHARS: Final = 10


class ReleaseDate(msgspec.Struct, frozen=True):
    """The date (ISO 8601) of a release, how it is known, and what was not believed."""

    date: str
    basis: Basis
    notices: tuple[str, ...] = ()


def release_date(
    source: Source, files: Sequence[SourceFile], given: str | None, today: dt.date
) -> ReleaseDate:
    """Return the date of a release; of several files, the newest one that is known."""
    notices: list[str] = []
    found: list[tuple[str, Basis]] = []
    if given is not None and (date := _believed("the date given", given, today, notices)):
        return ReleaseDate(date, "given", tuple(notices))
    for file in files:
        for name, text, basis in _told(source, file):
            date = _believed(f"{file.path.name}: {name}", text, today, notices)
            if date is not None:
                found.append((date, basis))
                break
    date, basis = max(found, default=(UNKNOWN, "unknown"))
    return ReleaseDate(date, basis, tuple(notices))


def _told(source: Source, file: SourceFile) -> Iterator[tuple[str, str, Basis]]:
    """Yield what is said of the date of a file, the more trusted first."""
    stated = source.snapshot(file)
    if stated is not None:
        yield "the date that it states", stated, "content"
    note: FetchNote | None = noted_of(file.path)
    if note is not None and note.last_modified is not None:
        yield "its Last-Modified", _day_of(note.last_modified), "last_modified"


def _day_of(http_date: str) -> str:
    """Return the day (UTC) of an HTTP date, or the text where it is none."""
    try:
        return parsedate_to_datetime(http_date).astimezone(dt.UTC).date().isoformat()
    except (ValueError, OverflowError):
        return http_date


def _believed(what: str, text: str, today: dt.date, notices: list[str]) -> str | None:
    """Return the date in `text`; note why it is not believed."""
    try:
        date = dt.date.fromisoformat(text[:_DATE_CHARS])
    except ValueError:
        notices.append(f"{what}, {text!r}, is no date (YYYY-MM-DD)")
        return None
    if date > today + _ZONES:
        notices.append(f"{what}, {date}, lies in the future (today is {today})")
        return None
    return date.isoformat()


def is_believed(text: str, today: dt.date) -> bool:
    """Tell whether `text` is a date that does not lie in the future."""
    return _believed("", text, today, []) is not None


def age_breaches(release: ReleaseDate, last: str | None, today: dt.date) -> Iterator[Breach]:
    """Yield the breach where a release is older than `last`, the date of the one applied last."""
    if last and is_believed(last, today) and release.date and release.date < last:
        yield Breach(
            "age",
            f"the snapshot of {release.date} is older than the one of {last} that is in the graph",
        )


def date_notices(
    release: ReleaseDate, last: str | None, freshness: Freshness | None, today: dt.date
) -> Iterator[str]:
    """Yield what is worth a word about the date of a release: not known, not believed, or old."""
    yield from release.notices
    if last and not is_believed(last, today):
        yield f"the date of the release in the graph, {last}, lies in the future: order not asked"
    elif last and not release.date:
        yield f"its date is not known: whether it is older than the one of {last} was not asked"
    if freshness is not None and release.date:
        age = (today - dt.date.fromisoformat(release.date)).days
        if age > freshness.days:
            yield f"its release of {release.date} is {age} days old, {freshness.days} are expected"
