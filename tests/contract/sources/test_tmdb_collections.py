import datetime as dt
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ingest.reading.files import SourceFile
from ingest.sources.tmdb_collections import SOURCE
from kensho.domain.records import Collection, RecordFacts, Tagging
from kensho.domain.works import Title
from kensho.errors import SourceFileError
from tests.support.adapter_runs import Run, run


def film(number: object, **changes: object) -> dict[str, Any]:
    return {"id": number, "title": f"Film {number}", **changes}


def read(tmp_path: Path, **films_by_franchise: list[dict[str, Any]]) -> Run:
    document = {
        "generatedAt": "2025-11-21T00:31:06.808Z",
        "collections": [
            {"franchise": f"{name} Collection", "movieRatings": films}
            for name, films in films_by_franchise.items()
        ],
    }
    return run(SOURCE, tmp_path / "tmdb_collections.json", msgspec.json.encode(document))


def test_a_film_has_its_facts(tmp_path: Path) -> None:
    raw = film(
        7,
        title="Blue Town",
        original_title="青い町",
        original_language="ja",
        imdb_id="tt9",
        releaseDate="2001-11-16",
        poster_path="/p.jpg",
        overview="A town.\n",
        runtime=152,
        genres=["Science Fiction", "Family"],
        rating=7.9,
        voteCount=3,
        status="Released",
    )
    record = read(tmp_path, Blue=[raw]).only
    assert record.ids == ("tmdb:movie/7", "imdb:tt9")
    assert record.work_kind == "movie"
    assert record.links.collection == Collection(
        "tmdb-collection:blue-collection", "Blue Collection"
    )
    assert record.facts == RecordFacts(
        titles=(Title("Blue Town", "en", "main"), Title("青い町", "ja", "official")),
        status="finished",
        year=2001,
        start_date=dt.date(2001, 11, 16),
        duration_s=9120,
        poster_url="https://image.tmdb.org/t/p/w500/p.jpg",
        synopsis="A town.",
        score=7.9,
        tags=(Tagging("science fiction", "genre", 1.0), Tagging("family", "genre", 1.0)),
    )


def test_zero_and_empty_mean_unknown(tmp_path: Path) -> None:
    raw = film(
        7,
        runtime=0,
        rating=0.0,
        voteCount=0,
        releaseDate="",
        poster_path=None,
        overview="",
        imdb_id="",
    )
    record = read(tmp_path, Blue=[raw]).only
    assert record.ids == ("tmdb:movie/7",)
    assert record.facts == RecordFacts(titles=(Title("Film 7", "en", "main"),))


@pytest.mark.parametrize(("code", "language"), [("cn", "yue"), ("xx", None), ("sv", "sv")])
def test_tmdbs_own_language_codes_are_translated(
    tmp_path: Path, code: str, language: str | None
) -> None:
    record = read(tmp_path, Blue=[film(7, original_title="Q", original_language=code)]).only
    assert record.facts.titles[1].language == language


@pytest.mark.parametrize(
    ("status", "ours"),
    [("In Production", "upcoming"), ("Planned", "upcoming"), ("Rumored", "unknown")],
)
def test_an_unreleased_film_says_so(tmp_path: Path, status: str, ours: str) -> None:
    assert read(tmp_path, Blue=[film(7, status=status)]).only.facts.status == ours


def test_a_film_in_two_collections_is_taken_from_the_first(tmp_path: Path) -> None:
    found = read(tmp_path, Blue=[film(7)], Red=[film(8), film(7)])
    assert [record.key for record in found.records] == ["tmdb:movie/7", "tmdb:movie/8"]
    assert found.records[0].links.collection == Collection(
        "tmdb-collection:blue-collection", "Blue Collection"
    )
    assert found.refused == [(3, "record", "Red Collection")]


def test_bad_values_are_rejected_and_the_rest_kept(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        Blue=[
            film("x"),
            film(2, title=""),
            film(
                3,
                releaseDate="1850-01-01",
                runtime=-5,
                rating=99,
                voteCount=1,
                imdb_id="nm1",
                status="Lost",
                genres="Drama",
            ),
            film(4, releaseDate="soon", runtime=100_001, poster_path="/ .jpg"),
            film(5, genres=["x" * 60, "Drama"]),
        ],
    )
    assert [record.key for record in found.records] == [f"tmdb:movie/{n}" for n in (3, 4, 5)]
    assert found.records[0].facts == RecordFacts(titles=(Title("Film 3", "en", "main"),))
    assert sorted((line, field) for line, field, _ in found.refused) == [
        (1, "id"),
        (2, "title"),
        (3, "genres"),
        (3, "imdb_id"),
        (3, "releaseDate"),
        (3, "runtime"),
        (3, "score"),
        (3, "status"),
        (4, "poster_path"),
        (4, "releaseDate"),
        (4, "runtime"),
        (5, "tags"),
    ]


def test_a_number_beyond_64_bits_costs_that_value_alone(tmp_path: Path) -> None:
    content = (
        b'{"collections": [{"franchise": "A", "movieRatings": [{"id": 1, "title": "B",'
        b' "runtime": 99999999999999999999, "rating": 1e999, "voteCount": 1}]}]}'
    )
    found = run(SOURCE, tmp_path / "t.json", content)
    assert found.records[0].facts == RecordFacts(titles=(Title("B", "en", "main"),))
    assert [field for _, field, _ in found.refused] == ["runtime", "score"]


def test_a_bad_collection_costs_its_films_alone(tmp_path: Path) -> None:
    document = {
        "collections": [
            {"franchise": "A", "movieRatings": [film(1)]},
            {"franchise": 5, "movieRatings": [film(2)]},
            {"franchise": "---", "movieRatings": [film(3)]},
        ]
    }
    found = run(SOURCE, tmp_path / "t.json", msgspec.json.encode(document))
    assert [(r.key, r.links.collection is None) for r in found.records] == [
        ("tmdb:movie/1", False),
        ("tmdb:movie/3", True),
    ]
    assert [(line, field) for line, field, _ in found.refused] == [
        (2, "franchise"),
        (3, "collection"),
    ]


def test_the_snapshot_is_the_day_of_generation(tmp_path: Path) -> None:
    read(tmp_path, Blue=[film(7)])
    assert SOURCE.snapshot(SourceFile(tmp_path / "tmdb_collections.json")) == "2025-11-21"


@pytest.mark.parametrize("content", [b'{"collections": [{"Name": "x"}]}', b"[]", b"{}", b"x"])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(SourceFileError):
        run(SOURCE, tmp_path / "t.json", content)


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    cut = b'{"collections": [{"franchise": "A", "movieRatings": []}, {"fran'
    with pytest.raises(SourceFileError, match="truncated"):
        run(SOURCE, tmp_path / "t.json", cut)
