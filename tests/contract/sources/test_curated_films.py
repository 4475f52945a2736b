import datetime as dt
from pathlib import Path

import pytest

from ingest.sources.curated_films import SOURCE
from kensho.domain.records import Collection, RecordFacts, Tagging
from kensho.domain.works import Title
from kensho.errors import SourceFileError
from tests.support.adapter_runs import Run, json_lines, run


def film(*sources: str, **changes: object) -> dict[str, object]:
    return {"sources": sources, "title": "Blue Town", "release_date": "1999-05-25", **changes}


def read(tmp_path: Path, *films: dict[str, object]) -> Run:
    return run(SOURCE, tmp_path / "films.jsonl", json_lines(*films))


def test_a_film_has_its_facts(tmp_path: Path) -> None:
    raw = film(
        "https://www.imdb.com/title/tt1",
        "https://www.themoviedb.org/movie/3",
        original_title="青い町",
        runtime_min=100,
        genres=["Science Fiction"],
        collection="Blue Town: Saga!",
    )
    record = read(tmp_path, raw).only
    assert (record.key, record.ids) == ("imdb:tt1", ("imdb:tt1", "tmdb:movie/3"))
    assert record.work_kind == "movie"
    assert record.links.collection == Collection(
        "kensho-collection:blue-town-saga", "Blue Town: Saga!"
    )
    assert record.facts == RecordFacts(
        titles=(Title("Blue Town", "en", "main"), Title("青い町", None, "official")),
        year=1999,
        start_date=dt.date(1999, 5, 25),
        duration_s=6000,
        tags=(Tagging("science fiction"),),
    )


def test_bad_values_are_rejected_and_the_rest_kept(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        film("https://example.org/1"),
        film("imdb:tt1", "what", release_date="1799-01-01", runtime_min=-3),
        film("imdb:tt1"),
        film("imdb:tt2", title=""),
        film("imdb:tt2"),
    )
    assert [record.key for record in found.records] == ["imdb:tt1", "imdb:tt2"]
    assert found.records[0].facts.year is None
    assert [(line, field) for line, field, _ in found.refused] == [
        (1, "sources"),
        (1, "record"),
        (2, "sources"),
        (2, "release_date"),
        (2, "runtime_min"),
        (3, "record"),
        (4, "title"),
    ]


def test_another_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError, match="curated films"):
        run(SOURCE, tmp_path / "films.jsonl", b'{"sources": [], "title": "an AODB line"}\n')
