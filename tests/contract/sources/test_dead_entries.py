"""anime-offline-database's lists of deleted ids."""

import json
from pathlib import Path

import pytest

from ingest.sources.dead_entries import SOURCE
from kensho.domain.records import Record
from kensho.errors import SourceFileError
from tests.support.source_reading import places, read_all, read_until_error, written


def document(*ids: object) -> bytes:
    head = {"license": {"name": "ODbL"}, "repository": "x", "lastUpdate": "2026-01-31"}
    return json.dumps({**head, "deadEntries": ids}).encode()


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("myanimelist.json", "mal:123"),
        ("myanimelist-minified.json", "mal:123"),
        ("anidb.json.zst", "anidb:123"),
        ("anilist-minified.json.gz", "anilist:123"),
        ("kitsu.json", "kitsu:123"),
        ("anime-planet.json", "anime-planet:123"),
        ("anisearch.json", "anisearch:123"),
        ("livechart.json", "livechart:123"),
        ("dead-entries-anidb.json", "anidb:123"),
    ],
)
def test_the_file_name_tells_whose_ids_are_dead(tmp_path: Path, name: str, key: str) -> None:
    file = written(tmp_path, name, document("123"))

    assert read_all(SOURCE, file).records == [Record(key=key, ids=(key,), dead=True)]
    assert SOURCE.snapshot(file) == "2026-01-31"


def test_a_file_named_after_no_provider_is_refused(tmp_path: Path) -> None:
    count, error = read_until_error(SOURCE, written(tmp_path, "letters.json", document("1")))

    assert count == 0
    assert isinstance(error, SourceFileError)
    assert "'letters'" in str(error)


def test_an_id_that_can_be_none_of_the_provider_is_rejected(tmp_path: Path) -> None:
    file = written(tmp_path, "anime-planet.json", document("some-show", "two words", 7, ""))
    records, rejects = read_all(SOURCE, file)

    assert [record.key for record in records] == ["anime-planet:some-show"]
    assert places(rejects) == [(2, "deadEntries"), (3, "deadEntries"), (4, "deadEntries")]


def test_the_patterns_find_the_lists_and_not_their_schema(tmp_path: Path) -> None:
    lists = {"anidb.json", "anidb-minified.json", "myanimelist.json.zst"}
    for name in lists | {"dead-entries.schema.json", "schema.json"}:
        written(tmp_path, f"dead-entries/{name}", b"x")

    found = {path.name for pattern in SOURCE.patterns for path in tmp_path.glob(pattern)}

    assert found == lists
