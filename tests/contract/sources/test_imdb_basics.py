from pathlib import Path

import pytest

from ingest.sources.imdb_basics import SOURCE
from kensho.domain.records import Tagging
from kensho.domain.works import Title
from kensho.errors import SourceFileError
from tests.support.adapter_runs import Run, run

HEAD = (
    "tconst\ttitleType\tprimaryTitle\toriginalTitle\tisAdult\tstartYear\tendYear\truntimeMinutes"
    "\tgenres\n"
)


def rows(tmp_path: Path, *lines: str) -> Run:
    return run(SOURCE, tmp_path / "title.basics.tsv.gz", HEAD + "".join(f"{li}\n" for li in lines))


def test_a_film_has_its_facts(tmp_path: Path) -> None:
    row = "tt01\tmovie\tBlue Town\tAoi Machi\t0\t1999\t\\N\t90\tDrama,Sci-Fi"
    record = rows(tmp_path, row).only
    assert (record.ids, record.work_kind) == (("imdb:tt01",), "movie")
    assert record.facts.titles == (
        Title("Blue Town", None, "main"),
        Title("Aoi Machi", None, "official"),
    )
    assert (record.facts.year, record.facts.duration_s) == (1999, 5400)
    assert record.facts.adult is False
    assert record.facts.tags == (Tagging("drama", "genre"), Tagging("sci-fi", "genre"))


def test_absent_values_stay_absent(tmp_path: Path) -> None:
    record = rows(tmp_path, 'tt1\ttvSeries\t"A\t"A\t1\t\\N\t\\N\t\\N\t\\N').only
    assert record.work_kind == "anime"
    assert [title.text for title in record.facts.titles] == ['"A']
    assert (record.facts.year, record.facts.duration_s) == (None, None)
    assert record.facts.tags == ()
    assert record.facts.adult is True


def test_episodes_are_passed_over(tmp_path: Path) -> None:
    row = "tt1\ttvEpisode\tPilot\tPilot\t0\t1999\t\\N\t20\tDrama"
    assert rows(tmp_path, row) == Run([], [])


def test_bad_values_are_rejected_and_the_run_goes_on(tmp_path: Path) -> None:
    found = rows(
        tmp_path,
        "nm1\tmovie\tA\tA\t0\t1999\t\\N\t20\t\\N",
        "tt2\tmovie\tA\tA\t0",
        f"tt3\tmovie\t{'x' * 501}\tA\t0\t1999\t\\N\t20\t\\N",
        "tt4\tmovie\tA\tA\t0\t1800\t\\N\tlong\t\\N",
        "tt5\tmovie\tA\tA\t0\t1999\t\\N\t20\t\\N",
    )
    assert [record.key for record in found.records] == ["imdb:tt4", "imdb:tt5"]
    assert [(line, field) for line, field, _ in found.refused] == [
        (2, "tconst"),
        (3, "record"),
        (4, "title"),
        (5, "runtimeMinutes"),
        (5, "year"),
    ]


@pytest.mark.parametrize("content", ["tconst\taverageRating\tnumVotes\n", "{}"])
def test_another_file_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(SourceFileError, match="expected the columns tconst, titleType"):
        run(SOURCE, tmp_path / "title.basics.tsv", content)
