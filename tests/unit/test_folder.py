"""Folders of data: which file is whose, by a manifest or by name."""

from pathlib import Path

import pytest

from ingest.folder import MANIFEST, jobs_in
from kensho.errors import SourceFileError
from tests.support.records import SOURCES


def names(jobs: object) -> list[tuple[str, list[str]]]:
    assert isinstance(jobs, list)
    return [(job.source.name, [path.name for path in job.paths]) for job in jobs]


def touched(folder: Path, *files: str) -> Path:
    for name in files:
        (folder / name).write_text("{}\n")
    return folder


def manifest(folder: Path, text: str) -> Path:
    path = folder / MANIFEST
    path.write_text(text)
    return path


def test_files_are_known_by_their_names_in_the_order_of_the_sources(tmp_path: Path) -> None:
    touched(tmp_path, "site.jsonl", "grouper.jsonl", "notes.txt")
    expected = [("grouper", ["grouper.jsonl"]), ("site", ["site.jsonl"])]
    assert names(jobs_in(tmp_path, SOURCES)) == expected


def test_a_manifest_decides_alone(tmp_path: Path) -> None:
    touched(tmp_path, "site.jsonl", "mine.jsonl")
    manifest(tmp_path, '[grouper]\npaths = ["mine.jsonl"]\n')
    assert names(jobs_in(tmp_path, SOURCES)) == [("grouper", ["mine.jsonl"])]


def test_a_manifest_may_be_named_itself(tmp_path: Path) -> None:
    touched(tmp_path, "a.jsonl", "b.jsonl")
    path = manifest(tmp_path, '[site]\npaths = ["b.jsonl", "a.jsonl"]\n')
    assert names(jobs_in(path, SOURCES)) == [("site", ["b.jsonl", "a.jsonl"])]


def test_a_manifest_may_date_the_files_of_a_source(tmp_path: Path) -> None:
    touched(tmp_path, "a.jsonl")
    path = manifest(tmp_path, '[site]\npaths = ["a.jsonl"]\nsnapshot = 2026-01-31\n')
    assert [job.snapshot for job in jobs_in(path, SOURCES)] == ["2026-01-31"]


def test_an_address_in_a_manifest_is_fetched(tmp_path: Path) -> None:
    touched(tmp_path, "fetched.jsonl")
    path = manifest(tmp_path, '[site]\npaths = ["https://example.org/a.jsonl"]\n')
    asked: list[str] = []

    def fetch(address: str) -> Path:
        asked.append(address)
        return tmp_path / "fetched.jsonl"

    assert names(jobs_in(path, SOURCES, fetch)) == [("site", ["fetched.jsonl"])]
    assert asked == ["https://example.org/a.jsonl"]


def test_a_folder_without_a_known_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError, match="no file of any known source"):
        jobs_in(touched(tmp_path, "notes.txt"), SOURCES)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError, match="no such folder"):
        jobs_in(tmp_path / "nowhere", SOURCES)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[grouper\n", "Expected"),
        ("grouper = 1\n", "Expected `object`"),
        ('[grouper]\npaths = "a.jsonl"\n', "Expected `array`"),
        ("[grouper]\npaths = []\nurls = []\n", "unknown field `urls`"),
        ('[grouper]\npaths = ["a.jsonl"]\nsnapshot = "soon"\n', "snapshot"),
        ('[nobody]\npaths = ["a.jsonl"]\n', "no source is named nobody"),
        ('[grouper]\npaths = ["b.jsonl"]\n', "b.jsonl is not a file"),
        ("[grouper]\npaths = []\n", "names no file"),
        ("", "names no source"),
        ("\xff", "utf-8"),
    ],
)
def test_a_wrong_manifest_is_refused_by_name_and_reason(
    tmp_path: Path, text: str, reason: str
) -> None:
    touched(tmp_path, "a.jsonl")
    path = tmp_path / MANIFEST
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(SourceFileError, match=reason) as refusal:
        jobs_in(path, SOURCES)
    assert str(path) in refusal.value.message
