from pathlib import Path
from typing import Any

import msgspec
import pytest

from ingest.reading.files import SourceFile
from ingest.sources.anime_films import SOURCE
from kensho.domain.records import RecordFacts, Tagging
from kensho.domain.works import Title
from kensho.errors import SourceFileError
from tests.support.adapter_runs import Run, run


def film(imdb_id: object, **changes: object) -> dict[str, Any]:
    return {"imdb_id": imdb_id, "kitsu_id": 4, "name": f"Film {imdb_id}", **changes}


def read(tmp_path: Path, *films: dict[str, Any]) -> Run:
    document = {"buildDate": "2026-01-21T18:25:18.193Z", "catalog": films}
    return run(SOURCE, tmp_path / "anime_movies.json", msgspec.json.encode(document))


def test_a_film_has_its_facts_and_the_anime_it_is(tmp_path: Path) -> None:
    raw = film(
        "tt1",
        mal_id=1,
        anilist_id=2,
        anidb_id=3,
        name="Blue Town",
        synonyms=["Aoi Machi", "Blue Town", ""],
        description="A town.",
        year=2016,
        status="FINISHED",
        rating=8.331,
        poster="https://media.example/p.jpg",
        genres=["Slice of Life"],
        runtime="106 min",
    )
    record = read(tmp_path, raw).only
    assert (record.ids, record.work_kind) == (("imdb:tt1",), "movie")
    assert record.links.same_as == ("mal:1", "anilist:2", "anidb:3", "kitsu:4")
    assert record.facts == RecordFacts(
        titles=(Title("Blue Town", None, "main"), Title("Aoi Machi")),
        status="finished",
        year=2016,
        duration_s=6360,
        poster_url="https://media.example/p.jpg",
        synopsis="A town.",
        score=8.331,
        tags=(Tagging("slice of life"),),
    )


def test_the_score_is_never_imdbs(tmp_path: Path) -> None:
    assert read(tmp_path, film("tt1", rating=8.3)).only.facts.imdb is None


def test_absent_values_stay_absent(tmp_path: Path) -> None:
    raw = film("tt1", mal_id=None, year=None, rating=None, poster=None, runtime=None, status=None)
    record = read(tmp_path, raw).only
    assert record.links.same_as == ("kitsu:4",)
    assert record.facts == RecordFacts(titles=(Title("Film tt1", None, "main"),))


@pytest.mark.parametrize(
    ("text", "seconds"), [("1h 46m", 6360), ("2h", 7200), ("45 MIN", 2700), ("0 min", None)]
)
def test_running_times_have_two_forms(tmp_path: Path, text: str, seconds: int | None) -> None:
    assert read(tmp_path, film("tt1", runtime=text)).only.facts.duration_s == seconds


def test_an_entry_of_several_films_is_rejected(tmp_path: Path) -> None:
    found = read(tmp_path, film("tt1,tt2"), film("tt3"), film("tt3", name="Again"))
    assert [record.key for record in found.records] == ["imdb:tt3"]
    assert found.refused == [(1, "imdb_id", "tt1,tt2"), (3, "record", "Again")]


def test_bad_values_are_rejected_and_the_rest_kept(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        film(
            "tt1",
            mal_id="x",
            year=1700,
            rating=11,
            poster="javascript:x",
            runtime="long",
            status="?",
            synonyms=["y" * 501, "ok"],
        ),
        film("tt2", name=" "),
        {"imdb_id": "tt3"},
    )
    assert [record.key for record in found.records] == ["imdb:tt1"]
    assert [title.text for title in found.records[0].facts.titles] == ["Film tt1", "ok"]
    assert sorted((line, field) for line, field, _ in found.refused) == [
        (1, "mal_id"),
        (1, "poster"),
        (1, "runtime"),
        (1, "score"),
        (1, "status"),
        (1, "titles"),
        (1, "year"),
        (2, "title"),
        (3, "name"),
    ]


def test_the_snapshot_is_the_day_of_the_build(tmp_path: Path) -> None:
    read(tmp_path, film("tt1"))
    file = SourceFile(tmp_path / "anime_movies.json")
    assert SOURCE.snapshot(file) == "2026-01-21"
    for undated in ('{"buildDate": "2026-13-41"}', '{"buildDate": 5}', "{}"):
        file.path.write_text(undated)
        assert SOURCE.snapshot(file) is None


@pytest.mark.parametrize("content", [b'{"catalog": [{"id": 1}]}', b'{"catalog": []}', b"x"])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(SourceFileError):
        run(SOURCE, tmp_path / "anime_movies.json", content)
