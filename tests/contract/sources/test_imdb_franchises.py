from pathlib import Path
from typing import Any

import msgspec
import pytest

from ingest.sources.imdb_franchises import SOURCE
from kensho.domain.records import Collection, RecordFacts
from kensho.domain.works import ImdbRating, Title
from kensho.errors import SourceFileError
from tests.support.adapter_runs import Run, run


def film(number: object, **changes: object) -> dict[str, Any]:
    return {"Id": number, "Name": f"Film {number}", **changes}


def read(tmp_path: Path, **films_by_franchise: list[dict[str, Any]]) -> Run:
    document = [{"Name": name, "Films": films} for name, films in films_by_franchise.items()]
    return run(SOURCE, tmp_path / "imdb_film_franchises.json", msgspec.json.encode(document))


def test_a_film_has_imdbs_rating_and_its_franchise(tmp_path: Path) -> None:
    raw = film("tt1", Year=1984, Rating=7.4, Votes=12, Poster="https://media.example/p.jpg")
    record = read(tmp_path, Town=[raw]).only
    assert (record.ids, record.work_kind) == (("imdb:tt1",), "movie")
    assert record.links.collection == Collection("imdb-franchise:town", "Town")
    assert record.facts == RecordFacts(
        titles=(Title("Film tt1", None, "main"),),
        year=1984,
        poster_url="https://media.example/p.jpg",
        imdb=ImdbRating("tt1", 7.4, 12),
    )


def test_a_film_without_votes_has_no_rating(tmp_path: Path) -> None:
    record = read(tmp_path, Town=[film("tt1", Rating=0.0, Votes=0)]).only
    assert record.facts.imdb == ImdbRating("tt1", None, 0)


def test_a_film_in_two_franchises_is_taken_from_the_first(tmp_path: Path) -> None:
    found = read(tmp_path, Town=[film("tt1")], City=[film("tt1"), film("tt2")])
    assert [record.key for record in found.records] == ["imdb:tt1", "imdb:tt2"]
    assert found.refused == [(2, "record", "City")]


def test_bad_values_are_rejected_and_the_rest_kept(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        Town=[
            film("x1"),
            film(5),
            film("tt2", Year=2999, Rating=-1, Votes=-1, Poster="p.jpg"),
            film("tt3", Name=""),
        ],
    )
    assert [record.key for record in found.records] == ["imdb:tt2"]
    assert [(line, field) for line, field, _ in found.refused] == [
        (1, "Id"),
        (2, "Id"),
        (3, "year"),
        (3, "Poster"),
        (3, "rating"),
        (3, "votes"),
        (4, "title"),
    ]


@pytest.mark.parametrize("content", [b'[{"name": "x"}]', b"[]", b'{"collections": []}', b"x"])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(SourceFileError):
        run(SOURCE, tmp_path / "imdb_film_franchises.json", content)
