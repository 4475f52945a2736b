"""Snapshots: the date that a file stands for, and whether to apply it is plausible."""

import datetime as dt
import os
from pathlib import Path

import msgspec
import pytest

from ingest.pipeline.source_dates import require_plausible, snapshot_of
from ingest.reading.files import SourceFile
from ingest.source import Source
from kensho.errors import IngestRefusedError
from tests.support.records import source

_NOON_2026_02_01 = 1_769_947_200


def dated(date: str | None) -> Source:
    return msgspec.structs.replace(source("plain", order=1, rank=1), snapshot=lambda _: date)


def file_of(folder: Path, name: str, seconds: int = _NOON_2026_02_01) -> SourceFile:
    path = folder / name
    path.write_text("{}\n")
    os.utime(path, (seconds, seconds))
    return SourceFile(path)


def test_a_file_stands_for_the_date_that_it_states(tmp_path: Path) -> None:
    assert snapshot_of(dated("2025-12-31"), [file_of(tmp_path, "a")]) == "2025-12-31"


def test_a_file_without_a_date_stands_for_the_day_it_was_written(tmp_path: Path) -> None:
    assert snapshot_of(dated(None), [file_of(tmp_path, "a")]) == "2026-02-01"


def test_several_files_stand_for_the_newest_of_their_dates(tmp_path: Path) -> None:
    files = [file_of(tmp_path, "a"), file_of(tmp_path, "b", _NOON_2026_02_01 + 86_400)]
    assert snapshot_of(dated(None), files) == "2026-02-02"


def test_a_first_snapshot_is_plausible() -> None:
    require_plausible("2026-01-01", None, 0, 0)


def test_the_same_snapshot_again_is_plausible() -> None:
    require_plausible("2026-01-01", "2026-01-01", 10, 10)


def test_an_older_snapshot_is_refused_with_both_dates() -> None:
    with pytest.raises(IngestRefusedError, match=r"2025-12-31.*2026-01-01.*--force"):
        require_plausible("2025-12-31", "2026-01-01", 10, 10)


@pytest.mark.parametrize(
    ("snapshot", "last", "today"),
    [
        ("2026-02-01", "2031-01-01", dt.date(2026, 2, 1)),  # the one before was dated wrongly
        ("2031-01-01", "2026-02-01", dt.date(2026, 2, 1)),
        ("2026-02-01", "2026-03-01", dt.date(1970, 1, 1)),  # this machine's clock is wrong
        ("2026-02-01", "yesterday", dt.date(2026, 2, 1)),
    ],
)
def test_a_wrong_clock_is_warned_of_and_drops_nothing(
    snapshot: str, last: str, today: dt.date
) -> None:
    warning = require_plausible(snapshot, last, 10, 10, today)
    assert warning is not None
    assert snapshot in warning
    assert last in warning


def test_a_day_ahead_is_no_wrong_clock() -> None:
    assert require_plausible("2026-02-02", "2026-02-01", 10, 10, dt.date(2026, 2, 1)) is None


def test_a_dump_may_shrink_by_a_fifth() -> None:
    require_plausible("2026-01-01", None, 800, 1000)


def test_a_dump_that_shrank_by_more_is_refused_with_both_counts() -> None:
    with pytest.raises(IngestRefusedError, match=r"799 records where 1,000.*--force"):
        require_plausible("2026-01-01", None, 799, 1000)
