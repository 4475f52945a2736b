import datetime as dt
from pathlib import Path

import pytest

from ingest.sources.mal_episodes import SOURCE
from kensho.domain.records import EpisodeFacts
from kensho.domain.works import Title
from kensho.errors import SourceFileError
from tests.support.adapter_runs import Run, json_lines, run


def episode(mal_id: object, number: object, **changes: object) -> dict[str, object]:
    return {"mal_id": mal_id, "number": number, "title": f"Part {number}", **changes}


def read(tmp_path: Path, *episodes: object) -> Run:
    return run(SOURCE, tmp_path / "mal_episodes.jsonl", json_lines(*episodes))


def test_an_episode_has_its_titles_date_and_marks(tmp_path: Path) -> None:
    record = read(
        tmp_path,
        episode(
            5,
            1,
            title="Blue Town",
            title_japanese="青い町",
            title_romanji="Aoi Machi",
            aired="2020-10-03T00:00:00+00:00",
            filler=False,
            recap=True,
            score=4.2,
        ),
    ).only
    assert record.ids == ("mal:5",)
    assert record.facts.episodes == (
        EpisodeFacts(
            1,
            titles=(
                Title("Blue Town", "en", "main"),
                Title("青い町", "ja", "official"),
                Title("Aoi Machi", "ja-Latn", "synonym"),
            ),
            air_date=dt.date(2020, 10, 3),
            filler=False,
            recap=True,
        ),
    )


def test_absent_values_stay_absent(tmp_path: Path) -> None:
    raw = episode(5, 1, title=None, title_japanese="", aired=None)
    assert read(tmp_path, raw).only.facts.episodes == (EpisodeFacts(1),)


def test_the_episodes_of_an_entry_are_one_record_even_when_they_lie_apart(tmp_path: Path) -> None:
    found = read(tmp_path, episode(5, 1), episode(6, 1), episode(5, 2))
    assert [(record.key, len(record.facts.episodes)) for record in found.records] == [
        ("mal:5", 2),
        ("mal:6", 1),
    ]


def test_bad_values_are_rejected_and_the_rest_kept(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        episode(5, 1),
        episode(5, 1, title="Again"),
        episode(5, 0),
        episode(-5, 1),
        episode(5, "two"),
        episode(5, 3, aired="soon", filler="yes"),
        episode(6, -1),
        episode(5, 4, aired="2020-02-31"),
    )
    assert [(e.number, e.air_date, e.filler) for e in found.records[0].facts.episodes] == [
        (1, None, None),
        (3, None, None),
        (4, None, None),
    ]
    assert len(found.records) == 1
    assert [(line, field) for line, field, _ in found.refused] == [
        (2, "number"),
        (3, "number"),
        (4, "mal_id"),
        (5, "number"),
        (6, "filler"),
        (6, "aired"),
        (7, "number"),
        (8, "aired"),
    ]


def test_another_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError, match="episodes of MAL entries"):
        run(SOURCE, tmp_path / "e.jsonl", b'{"work": "mal:1", "number": 1}\n')
