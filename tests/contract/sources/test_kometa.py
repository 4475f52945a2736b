from pathlib import Path

import msgspec
import pytest

from ingest.sources.kometa import SOURCE
from kensho.domain.records import Mapping
from kensho.errors import SourceFileError
from tests.support.adapter_runs import Run, run


def members(tmp_path: Path, **by_anidb: object) -> Run:
    document = {name.removeprefix("a"): value for name, value in by_anidb.items()}
    return run(SOURCE, tmp_path / "anime_ids.json", msgspec.json.encode(document))


def test_single_ids_identify_the_work(tmp_path: Path) -> None:
    record = members(
        tmp_path,
        a7={"tvdb_id": 5, "tvdb_season": 1, "tvdb_epoffset": 0, "mal_id": 3, "anilist_id": 4},
    ).only
    assert record.ids == ("anidb:7", "mal:3", "anilist:4")
    assert record.facts.mappings == (Mapping("tvdb:5", season=1, offset=0),)


def test_one_of_several_ids_identifies_nothing(tmp_path: Path) -> None:
    record = members(tmp_path, a7={"mal_id": "3,9", "anilist_id": "4", "imdb_id": "tt1,tt2"}).only
    assert record.ids == ("anidb:7", "anilist:4")
    assert record.facts.mappings == (Mapping("imdb:tt1"), Mapping("imdb:tt2"))


def test_season_minus_one_is_absolute(tmp_path: Path) -> None:
    record = members(tmp_path, a7={"tvdb_id": 5, "tvdb_season": -1, "tvdb_epoffset": 3}).only
    assert record.facts.mappings == (Mapping("tvdb:5", offset=3),)


def test_a_member_that_maps_to_nothing_gives_no_record(tmp_path: Path) -> None:
    assert members(tmp_path, a7={"tvdb_epoffset": 0}) == Run([], [])


def test_bad_values_are_rejected_and_the_rest_kept(tmp_path: Path) -> None:
    found = members(
        tmp_path,
        a1={"tvdb_id": "no", "mal_id": "x", "imdb_id": "nm1,tt1", "anilist_id": 4},
        a2={"tvdb_id": 5, "tvdb_season": -7},
        ax={"mal_id": 1},
        a3=["mal_id"],
        a4={"mal_id": 99999999999999999999, "anilist_id": 6},
    )
    assert [record.ids for record in found.records] == [
        ("anidb:1", "anilist:4"),
        ("anidb:2",),
        ("anidb:4", "anilist:6"),
    ]
    assert [(line, field) for line, field, _ in found.refused] == [
        (1, "tvdb_id"),
        (1, "mal_id"),
        (1, "imdb_id"),
        (2, "tvdb_season"),
        (3, "record"),
        (4, "record"),
        (5, "mal_id"),
    ]


@pytest.mark.parametrize(
    "content",
    [b'{"1": {"6": 3}}', b"{}", b"[1]", b'"text"', b"<html>", b'{"1": {"mal_id": "\xff"}}'],
)
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(SourceFileError, match=r"anime_ids\.json"):
        run(SOURCE, tmp_path / "anime_ids.json", content)


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError, match="truncated"):
        run(SOURCE, tmp_path / "a.json", b'{"1": {"mal_id": 1}, "2": {"mal_id"')
