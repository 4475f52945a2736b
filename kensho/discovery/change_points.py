"""Publications by what a reader calls them: a revision, the identity of a snapshot, a run, a date.

A revision or date between two publications means the earlier of them, which is what was served
then.
"""

import datetime as dt
import re
from typing import Final

import msgspec

from kensho.errors import InvalidInputError
from kensho.read_model.history import History, PublicationEntry
from kensho.read_model.identity import is_identity

_DATE: Final = r"\d{4}-\d{2}-\d{2}"
_TIME: Final = r"T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?"
POINT: Final = rf"^(\d{{1,18}}|\d{{1,18}}-[0-9a-f]{{12}}|{_DATE}({_TIME})?)$"
"""Describes what `place_of` understands."""
_LEAST_RUN_CHARS: Final = 8
"""Fewer could be a revision."""
_IS_POINT: Final = re.compile(POINT)


class PublicationView(msgspec.Struct, frozen=True):
    """A publication: the snapshot, its revision, and when it was published."""

    snapshot: str
    revision: int
    at: str


def view_of(entry: PublicationEntry) -> PublicationView:
    """Return a publication as documents show it."""
    return PublicationView(entry.snapshot, entry.revision, entry.at)


def known_from(history: History) -> PublicationView | None:
    """Return the earliest publication of which it is known what changed with it, and ever since."""
    found = None
    for entry in reversed(history.entries):
        if entry.gap is not None:
            break
        found = view_of(entry)
    return found


def place_of(history: History, text: str, name: str) -> int | None:
    """Return the number of the publication that a parameter names; `None`: before all known.

    Raises:
        InvalidInputError: it is no revision, snapshot or date, or no snapshot of the history.
    """
    check_point(text, name)
    if is_identity(text):
        return _of_snapshot(history, text, name)
    if text.isdecimal():
        revision = int(text)
        earlier = [n for n, entry in enumerate(history.entries) if entry.revision <= revision]
    else:
        moment = moment_of(text, name)
        earlier = [
            n
            for n, entry in enumerate(history.entries)
            if dt.datetime.fromisoformat(entry.at) <= moment
        ]
    return earlier[-1] if earlier else None


def check_point(text: str | None, name: str) -> None:
    """Refuse what can name no publication of any history; `None` is no text.

    Raises:
        InvalidInputError: it is no revision, snapshot or date.
    """
    if text is None:
        return
    if _IS_POINT.fullmatch(text) is None:
        raise InvalidInputError.of(
            name, f"{text!r} is no revision, snapshot or date such as 2026-11-29"
        )
    if not is_identity(text) and not text.isdecimal():
        moment_of(text, name)


def snapshot_of_run(history: History, text: str) -> str | None:
    """Return the snapshot with which a run was published, whose id is or begins with `text`.

    `None` where no run, or more than one, begins so; eight letters at least are needed.
    """
    if len(text) < _LEAST_RUN_CHARS:
        return None
    found = {
        run.id: entry.snapshot
        for entry in history.entries
        for run in entry.runs
        if run.id is not None and run.id.startswith(text.lower())
    }
    return next(iter(found.values())) if len(found) == 1 else None


def _of_snapshot(history: History, identity: str, name: str) -> int:
    for number in range(len(history.entries) - 1, -1, -1):
        if history.entries[number].snapshot == identity:
            return number
    raise InvalidInputError.of(name, f"no publication of the snapshot {identity} is known")


def moment_of(text: str, name: str) -> dt.datetime:
    """Return the moment of a time, or the end of a day; in UTC where no zone is told."""
    try:
        moment = dt.datetime.fromisoformat(text)
        if len(text) == len("2026-11-29"):
            moment += dt.timedelta(days=1, microseconds=-1)
    except (ValueError, OverflowError) as error:
        raise InvalidInputError.of(name, f"{text!r} is no date: {error}") from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)
