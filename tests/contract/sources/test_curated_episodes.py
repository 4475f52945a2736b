import datetime as dt
from pathlib import Path

import pytest

from ingest.sources.curated_episodes import SOURCE
from kensho.domain.records import EpisodeFacts
from kensho.domain.works import Title
from kensho.errors import SourceFileError
from tests.support.adapter_runs import Run, json_lines, run


def episode(work: object, number: object, **changes: object) -> dict[str, object]:
    return {"work": work, "number": number, "titles": {}, **changes}


def read(tmp_path: Path, *episodes: dict[str, object]) -> Run:
    return run(SOURCE, tmp_path / "episodes.jsonl", json_lines(*episodes))


def test_the_episodes_of_a_work_are_one_record(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        episode(
            "https://myanimelist.net/anime/5",
            1,
            titles={"en": "Arrival", "ja": "到着"},
            air_date="2009-07-03",
            filler=False,
            recap=True,
        ),
        episode("mal:6", 1),
        episode("mal:5", 2),
    )
    assert [record.key for record in found.records] == ["mal:5", "mal:6"]
    assert found.records[0].facts.episodes == (
        EpisodeFacts(
            1,
            titles=(Title("Arrival", "en", "main"), Title("到着", "ja", "official")),
            air_date=dt.date(2009, 7, 3),
            filler=False,
            recap=True,
        ),
        EpisodeFacts(2),
    )


def test_bad_values_are_rejected_and_the_rest_kept(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        episode("nowhere", 1),
        episode("mal:5", 1, air_date="3 July", recap="no"),
        episode("mal:5", 1),
        episode("mal:5", 0),
    )
    assert [record.facts.episodes for record in found.records] == [(EpisodeFacts(1),)]
    assert [(line, field) for line, field, _ in found.refused] == [
        (1, "work"),
        (2, "recap"),
        (2, "air_date"),
        (3, "number"),
        (4, "number"),
    ]


def test_another_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError, match="curated episodes"):
        run(SOURCE, tmp_path / "episodes.jsonl", b'{"mal_id": 1, "number": 1}\n')
