"""Dates of releases: what is believed of them, in which order, and which release is older."""

import datetime as dt
import os
from email.utils import format_datetime
from pathlib import Path

import msgspec
import pytest

from ingest.fetched_files import LIST
from ingest.pipeline.source_dates import ReleaseDate, age_breaches, date_notices, release_date
from ingest.reading.files import SourceFile
from ingest.source import Source
from ingest.source_policies import Freshness
from kensho.platform.download_cache import sha256_of
from tests.support.records import source

TODAY = dt.date(2026, 2, 10)
FRESHNESS = Freshness(reason="written each week", days=7)


def dated(date: str | None) -> Source:
    return msgspec.structs.replace(source("plain", order=1, rank=1), snapshot=lambda _: date)


def file_of(folder: Path, name: str = "a.jsonl") -> SourceFile:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}\n")
    os.utime(path, (1_769_947_200, 1_769_947_200))  # 2026-02-01
    return SourceFile(path)


def fetched(folder: Path, file: SourceFile, last_modified: str, sha256: str | None = None) -> None:
    """Note a file as `kensho fetch` does."""
    note = {
        "url": "https://example.org/a",
        "file": file.path.relative_to(folder).as_posix(),
        "last_modified": last_modified,
        "size_bytes": file.path.stat().st_size,
        "sha256": sha256 or sha256_of(file.path),
        "fetched_at": "2026-02-09T10:00:00+00:00",
    }
    (folder / LIST).write_bytes(msgspec.json.encode([note]))


def http_date(date: dt.date) -> str:
    moment = dt.datetime.combine(date, dt.time(12), dt.UTC)
    return format_datetime(moment, usegmt=True)


def test_a_file_stands_for_the_date_that_it_states(tmp_path: Path) -> None:
    file = file_of(tmp_path)
    fetched(tmp_path, file, http_date(dt.date(2026, 2, 8)))
    found = release_date(dated("2025-12-31"), [file], None, TODAY)
    assert found == ReleaseDate("2025-12-31", "content")


def test_what_the_curator_gives_comes_before_what_a_file_states(tmp_path: Path) -> None:
    found = release_date(dated("2025-12-31"), [file_of(tmp_path)], "2026-01-03", TODAY)
    assert found == ReleaseDate("2026-01-03", "given")


@pytest.mark.parametrize("name", ["a.jsonl", "plain/a.jsonl"])
def test_a_fetched_file_stands_for_its_last_modified(tmp_path: Path, name: str) -> None:
    file = file_of(tmp_path, name)
    fetched(tmp_path, file, http_date(dt.date(2026, 2, 8)))
    assert release_date(dated(None), [file], None, TODAY) == ReleaseDate(
        "2026-02-08", "last_modified"
    )


def test_a_download_stands_for_the_last_modified_in_its_note(tmp_path: Path) -> None:
    file = file_of(tmp_path)
    note = {"url": "https://example.org/a", "last_modified": http_date(dt.date(2026, 2, 7))}
    note["sha256"] = sha256_of(file.path)
    (tmp_path / "a.jsonl.note.json").write_bytes(msgspec.json.encode(note))
    assert release_date(dated(None), [file], None, TODAY).date == "2026-02-07"


def test_a_note_of_another_file_under_this_name_says_nothing(tmp_path: Path) -> None:
    file = file_of(tmp_path)
    fetched(tmp_path, file, http_date(dt.date(2026, 2, 8)), sha256="0" * 64)
    assert release_date(dated(None), [file], None, TODAY) == ReleaseDate("", "unknown")


def test_when_a_file_was_written_here_says_nothing(tmp_path: Path) -> None:
    assert release_date(dated(None), [file_of(tmp_path)], None, TODAY) == ReleaseDate("", "unknown")


def test_several_files_stand_for_the_newest_of_their_dates(tmp_path: Path) -> None:
    files = [file_of(tmp_path, "a.jsonl"), file_of(tmp_path, "b.jsonl")]
    fetched(tmp_path, files[1], http_date(dt.date(2026, 2, 8)))
    assert release_date(dated(None), files, None, TODAY).date == "2026-02-08"


@pytest.mark.parametrize(
    ("stated", "why"),
    [
        ("yesterday", "'yesterday', is no date"),
        ("", "'', is no date"),
        ("2026-02-31", "is no date"),
        ("2031-01-01", "2031-01-01, lies in the future (today is 2026-02-10)"),
        ("2026-02-12", "lies in the future"),
    ],
)
def test_a_date_that_is_none_or_in_the_future_is_told_and_passed_over(
    tmp_path: Path, stated: str, why: str
) -> None:
    file = file_of(tmp_path)
    alone = release_date(dated(stated), [file], None, TODAY)
    fetched(tmp_path, file, http_date(dt.date(2026, 2, 8)))
    beside = release_date(dated(stated), [file], None, TODAY)
    assert (alone.date, alone.basis) == ("", "unknown")
    assert (beside.date, beside.basis) == ("2026-02-08", "last_modified")
    for found in (alone, beside):
        (notice,) = found.notices
        assert "a.jsonl" in notice
        assert why in notice


def test_a_server_with_a_wrong_clock_dates_nothing(tmp_path: Path) -> None:
    file = file_of(tmp_path)
    fetched(tmp_path, file, http_date(dt.date(2031, 1, 1)))
    found = release_date(dated(None), [file], None, TODAY)
    assert found.basis == "unknown"
    assert "Last-Modified" in found.notices[0]


def test_a_day_ahead_is_a_zone_and_no_wrong_clock(tmp_path: Path) -> None:
    found = release_date(dated("2026-02-11"), [file_of(tmp_path)], None, TODAY)
    assert found == ReleaseDate("2026-02-11", "content")


def of(date: str) -> ReleaseDate:
    return ReleaseDate(date, "content" if date else "unknown")


@pytest.mark.parametrize(
    ("date", "last"),
    [
        ("2026-01-01", None),
        ("2026-01-01", "2026-01-01"),
        ("2026-01-02", "2026-01-01"),
        ("", "2026-01-01"),  # it is not known which is older
        ("2026-01-01", "2031-01-01"),  # the one before was dated wrongly
        ("2026-01-01", "yesterday"),
    ],
)
def test_a_release_that_is_not_known_to_be_older_is_in_order(date: str, last: str | None) -> None:
    assert list(age_breaches(of(date), last, TODAY)) == []


def test_an_older_release_breaks_the_guard_of_age_with_both_dates() -> None:
    (breach,) = age_breaches(of("2025-12-31"), "2026-01-01", TODAY)
    assert breach.guard == "age"
    assert "2025-12-31 is older than the one of 2026-01-01" in breach.sentence


@pytest.mark.parametrize(
    ("date", "last", "said"),
    [
        ("", "2026-01-01", "its date is not known"),
        ("2026-02-09", "2031-01-01", "2031-01-01, lies in the future"),
        ("2026-02-01", None, "2026-02-01 is 9 days old, 7 are expected"),
    ],
)
def test_what_is_not_known_or_old_is_said(date: str, last: str | None, said: str) -> None:
    (notice,) = date_notices(of(date), last, FRESHNESS, TODAY)
    assert said in notice


def test_a_fresh_release_in_order_needs_no_word() -> None:
    assert list(date_notices(of("2026-02-09"), "2026-02-02", FRESHNESS, TODAY)) == []
