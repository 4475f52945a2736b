"""The date a source file stands for, and whether applying it is plausible.

The date is what the file itself says, else the day on which it was last written. A dump older than
the one applied last, or far smaller, is more often a mistake than an intention: it is refused
before the first write. A date after today comes from a clock that is wrong, whosever: it is warned
of, and nothing is refused because of it.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Final

from ingest.reading.files import SourceFile
from ingest.source import Source
from kensho.errors import IngestRefusedError

_KEEPS_AT_LEAST: Final = 0.8
"""Monthly dumps lose well under one entry in a hundred; a fifth fewer is a cut or wrong file."""

_ZONES: Final = dt.timedelta(days=1)
"""Somewhere on earth it is a day later already."""


def snapshot_of(source: Source, files: Sequence[SourceFile]) -> str:
    """Return the newest date (ISO 8601) of the files: as stated, else as last written."""
    dates = [source.snapshot(file) or _written_on(file) for file in files]
    return max(dates, default=dt.datetime.now(dt.UTC).date().isoformat())


def require_plausible(
    snapshot: str, last: str | None, records: int, kept: int, today: dt.date | None = None
) -> str | None:
    """Check that a snapshot is not older than `last` nor far smaller than what is `kept`.

    Returns what to warn of where that can't be told, since a date lies in the future.

    Raises:
        IngestRefusedError: it is.
    """
    today = today or dt.datetime.now(dt.UTC).date()
    is_unsure = max(snapshot, last or "") > (today + _ZONES).isoformat()
    if last is not None and snapshot < last and not is_unsure:
        raise IngestRefusedError(
            f"the snapshot of {snapshot} is older than the one of {last} that is in the graph; "
            "use --force to go back"
        )
    if records < kept * _KEEPS_AT_LEAST:
        raise IngestRefusedError(
            f"the file holds {records:,} records where {kept:,} are in the graph: applying it "
            "would retire the rest; use --force if that is meant"
        )
    if is_unsure:
        return (
            f"a date lies in the future: the snapshot is of {snapshot}, the one in the graph of"
            f" {last or 'none'}, the clock says {today.isoformat()}; which is newer was not asked"
        )
    return None


def _written_on(file: SourceFile) -> str:
    return dt.datetime.fromtimestamp(file.path.stat().st_mtime, dt.UTC).date().isoformat()
