from pathlib import Path

import pytest

from ingest.sources.anilist_recommendations import SOURCE
from kensho.domain.records import Recommendation
from kensho.errors import SourceFileError
from tests.support.adapter_runs import run


def test_votes_tie_two_works(tmp_path: Path) -> None:
    record = run(SOURCE, tmp_path / "r.json", '{"1": {"6": 376, "25": 10}}').only
    assert record.ids == ("mal:1",)
    assert record.links.recommendations == (
        Recommendation("mal:6", 376),
        Recommendation("mal:25", 10),
    )


def test_bad_ties_are_rejected_and_the_rest_kept(tmp_path: Path) -> None:
    document = (
        '{"1": {"6": 3}, "2": {"2": 5, "x": 1, "3": -1, "4": "many", "5": true, "6": 1.5,'
        ' "7": 99999999999999999999, "8": 2}, "y": {"1": 1}, "3": 7, "4": {}}'
    )
    found = run(SOURCE, tmp_path / "r.json", document)
    assert [record.key for record in found.records] == ["mal:1", "mal:2"]
    assert found.records[1].links.recommendations == (Recommendation("mal:8", 2),)
    assert [(line, field) for line, field, _ in found.refused] == [
        *[(2, "recommendations")] * 7,
        (3, "record"),
        (4, "record"),
    ]


@pytest.mark.parametrize("content", ['{"1": {"mal_id": 3}}', '{"a": {"1": 1}}', "[]", "{", "x"])
def test_another_file_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(SourceFileError, match=r"r\.json"):
        run(SOURCE, tmp_path / "r.json", content)
