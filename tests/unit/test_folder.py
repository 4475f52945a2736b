"""Folders of data: which file is whose, by a manifest or by name."""

from pathlib import Path

import pytest

from ingest import registry
from ingest.folder import MANIFEST, jobs_in, unused_in
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


def test_an_address_that_cannot_be_had_stops_its_source_alone(tmp_path: Path) -> None:
    touched(tmp_path, "a.jsonl")
    path = manifest(
        tmp_path,
        '[grouper]\npaths = ["https://example.org/gone"]\n[site]\npaths = ["a.jsonl"]\n',
    )

    def fetch(address: str) -> Path:
        raise SourceFileError(f"{address}: the server answers 404")

    gone, sound = jobs_in(path, SOURCES, fetch)
    assert (gone.source.name, gone.paths) == ("grouper", ())
    assert gone.problem == "https://example.org/gone: the server answers 404"
    assert (sound.source.name, sound.problem) == ("site", None)


def unused(folder: Path) -> dict[str, str]:
    return {one.path: one.reason for one in unused_in(folder, SOURCES, jobs_in(folder, SOURCES))}


def test_every_file_that_no_source_reads_is_named(tmp_path: Path) -> None:
    touched(tmp_path, "site.jsonl", "notes.txt", "fetched.json", "site.jsonl.note.json", ".hidden")
    (tmp_path / "old").mkdir()
    touched(tmp_path / "old", "site.jsonl")
    (tmp_path / ".fetch").mkdir()
    touched(tmp_path / ".fetch", "part")
    assert unused(tmp_path) == {
        "notes.txt": "no source has files of this name",
        "old/site.jsonl": "no source has files of this name",
    }


def test_files_that_a_manifest_leaves_out_are_named(tmp_path: Path) -> None:
    touched(tmp_path, "site.jsonl", "grouper.jsonl")
    manifest(tmp_path, '[site]\npaths = ["site.jsonl"]\n')
    assert unused(tmp_path) == {"grouper.jsonl": "the manifest does not name it"}


def release(folder: Path, name: str, date: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    head = f'{{"repository": "https://example.org", "lastUpdate": "{date}"'
    end = ', "data": []}' if name.endswith(".json") else "}\n"
    path.write_text(head + end)


def test_two_assets_of_one_release_are_one(tmp_path: Path) -> None:
    for name in ("anime-offline-database-minified.json", "anime-offline-database.jsonl"):
        release(tmp_path, name, "2026-02-01")
    (job,) = jobs_in(tmp_path, registry.SOURCES)
    assert [path.name for path in job.paths] == ["anime-offline-database-minified.json"]
    (other,) = unused_in(tmp_path, registry.SOURCES, [job])
    assert other.path == "anime-offline-database.jsonl"
    assert other.reason == "another form of a release of aodb that is read"


def test_of_two_releases_the_newer_one_is_read(tmp_path: Path) -> None:
    release(tmp_path, "anime-offline-database-2025.jsonl", "2025-12-01")
    release(tmp_path, "aodb/anime-offline-database.jsonl", "2026-02-01")
    (job,) = jobs_in(tmp_path, registry.SOURCES)
    assert [path.parent.name for path in job.paths] == ["aodb"]


def test_a_file_and_its_archive_are_one_and_other_files_are_parts(tmp_path: Path) -> None:
    (tmp_path / "jikan").mkdir()
    touched(tmp_path / "jikan", "full.jsonl", "full.jsonl.gz", "top.jsonl")
    (job,) = jobs_in(tmp_path, registry.SOURCES)
    assert [path.name for path in job.paths] == ["full.jsonl", "top.jsonl"]


def test_the_lists_of_all_months_of_bangumi_data_are_one_release(tmp_path: Path) -> None:
    for month in ("01", "02"):
        (tmp_path / "bangumi" / "items" / "2020").mkdir(parents=True, exist_ok=True)
        touched(tmp_path / "bangumi" / "items" / "2020", f"{month}.json")
    (job,) = jobs_in(tmp_path, registry.SOURCES)
    assert [path.name for path in job.paths] == ["01.json", "02.json"]
