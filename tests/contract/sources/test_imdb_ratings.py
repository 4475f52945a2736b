from pathlib import Path

import pytest

from ingest.sources.imdb_ratings import SOURCE
from kensho.domain.works import ImdbRating
from kensho.errors import SourceFileError
from tests.support.adapter_runs import Run, run

HEAD = "tconst\taverageRating\tnumVotes\n"


def rows(tmp_path: Path, *lines: str) -> Run:
    return run(SOURCE, tmp_path / "title.ratings.tsv", HEAD + "".join(f"{li}\r\n" for li in lines))


def test_a_rating_is_imdbs_own_word(tmp_path: Path) -> None:
    record = rows(tmp_path, "tt0000001\t5.7\t2055").only
    assert record.ids == ("imdb:tt0000001",)
    assert record.facts.imdb == ImdbRating("tt0000001", 5.7, 2055)


def test_absent_votes_stay_absent(tmp_path: Path) -> None:
    assert rows(tmp_path, "tt1\t5.7\t\\N").only.facts.imdb == ImdbRating("tt1", 5.7)


def test_bad_values_are_rejected_and_the_run_goes_on(tmp_path: Path) -> None:
    found = rows(
        tmp_path,
        "1\t5\t1",
        "tt2\t11\t1",
        "tt3\tgood\t1",
        "tt4\tnan\t1",
        "tt5\t6\t-1",
        "tt6\t7",
        "tt7\t\\N\t\\N",
        "tt8\t8\t8",
    )
    assert [record.facts.imdb for record in found.records] == [
        ImdbRating("tt5", 6),
        ImdbRating("tt8", 8, 8),
    ]
    assert [(line, field) for line, field, _ in found.refused] == [
        (2, "tconst"),
        (3, "rating"),
        (4, "averageRating"),
        (5, "rating"),
        (6, "numVotes"),
        (7, "record"),
    ]


def test_another_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError, match="expected the columns tconst, averageRating"):
        run(SOURCE, tmp_path / "title.ratings.tsv", "tconst\ttitleType\n")
