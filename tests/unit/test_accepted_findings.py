"""Findings that curators accept are kept in a file of theirs until what was found changes."""

import datetime as dt
import json
import threading
from pathlib import Path

import msgspec
import pytest

from ingest.checks.accepted import FILE, accept, read_accepted, with_acceptances
from ingest.checks.findings import Acceptance, Finding
from kensho.errors import InvalidInputError

SAID = Acceptance("both are right: the sites count arcs", "2026-11-29", "alice")


def one(number: int, state: int = 1) -> Finding:
    return Finding("double", "notice", f"Work {number}", f"{number:012x}", f"{state:012x}")


def test_without_a_file_nothing_is_accepted(tmp_path: Path) -> None:
    assert read_accepted(tmp_path / "none") == {}


def test_what_is_accepted_is_a_line_with_reason_date_and_author(tmp_path: Path) -> None:
    accept(tmp_path / "new", [one(2), one(1)], SAID)
    lines = (tmp_path / "new" / FILE).read_text().splitlines()
    assert [json.loads(line)["id"] for line in lines] == [one(1).id, one(2).id]
    assert json.loads(lines[0]) == {
        "id": one(1).id,
        "state": one(1).state,
        "reason": SAID.reason,
        "date": "2026-11-29",
        "rule": "double",
        "about": "Work 1",
        "by": "alice",
    }


def test_a_finding_is_accepted_until_it_changes(tmp_path: Path) -> None:
    accept(tmp_path, [one(1)], SAID)
    same, changed, other = with_acceptances(
        [one(1), one(1, state=2), one(3)], read_accepted(tmp_path)
    )
    assert (same.accepted, same.was_accepted) == (SAID, None)
    assert (changed.accepted, changed.was_accepted) == (None, SAID)
    assert (other.accepted, other.was_accepted) == (None, None)


def test_to_accept_again_replaces_the_line(tmp_path: Path) -> None:
    accept(tmp_path, [one(1)], SAID)
    accept(tmp_path, [one(1, state=2)], msgspec.structs.replace(SAID, reason="still"))
    (kept,) = read_accepted(tmp_path).values()
    assert (kept.state, kept.reason, kept.date) == (one(1, 2).state, "still", dt.date(2026, 11, 29))


def test_of_curators_who_accept_at_once_none_is_lost(tmp_path: Path) -> None:
    threads = [
        threading.Thread(target=accept, args=(tmp_path, [one(number)], SAID))
        for number in range(24)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(read_accepted(tmp_path)) == 24


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("no JSON", "malformed"),
        ('{"id":"0000000000ff"}', "state"),
        ('{"id":"short","state":"000000000001","reason":"x","date":"2026-01-01"}', "id"),
        ('{"id":"0000000000ff","state":"000000000001","reason":" ","date":"2026-01-01"}', "reason"),
        ('{"id":"0000000000ff","state":"000000000001","reason":"x","date":"soon"}', "date"),
        (
            '{"id":"0000000000ff","state":"000000000001","reason":"x","date":"2026-01-01","a":1}',
            "a",
        ),
        ('{"id":"000000000001","state":"000000000001","reason":"x","date":"2026-01-01"}', "before"),
    ],
)
def test_a_line_that_is_wrong_is_named(tmp_path: Path, line: str, named: str) -> None:
    accept(tmp_path, [one(1)], SAID)
    with (tmp_path / FILE).open("a") as file:
        file.write(f"\n{line}\n")
    with pytest.raises(InvalidInputError, match=rf"{FILE}, line 3: .*{named}"):
        read_accepted(tmp_path)


def test_a_folder_that_can_t_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInputError, match="file"):
        accept(tmp_path / "file" / "in", [one(1)], SAID)
