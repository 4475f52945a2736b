"""Kitsu's media relationships: which end is what of which, and what is passed over."""

from pathlib import Path

import pytest

from ingest.sources.kitsu import SOURCE
from kensho.domain.records import Claim
from kensho.errors import SourceFileError
from tests.support.adapter_runs import Run, json_lines, run

pytestmark = pytest.mark.contract


def line(source: object, role: object, destination: object) -> dict[str, object]:
    def linkage(end: object) -> dict[str, object]:
        return {"data": end if isinstance(end, dict) else {"type": "anime", "id": end}}

    return {
        "id": "1",
        "type": "mediaRelationships",
        "attributes": {"role": role},
        "relationships": {"source": linkage(source), "destination": linkage(destination)},
    }


def read(tmp_path: Path, *values: object) -> Run:
    return run(SOURCE, tmp_path / "media_relationships.jsonl", json_lines(*values))


def test_the_destination_is_the_role_of_the_source(tmp_path: Path) -> None:
    ran = read(
        tmp_path, line("1", "sequel", "2"), line("2", "prequel", "1"), line("1", "spinoff", "5")
    )
    assert [(record.key, record.links.relations) for record in ran.records] == [
        ("kitsu:1", (Claim("sequel", "kitsu:2"), Claim("spin_off", "kitsu:5"))),
        ("kitsu:2", (Claim("prequel", "kitsu:1"),)),
    ]
    assert ran.rejects == []
    assert all(record.method == "stated" for record in ran.records)


def test_manga_are_passed_over(tmp_path: Path) -> None:
    manga = {"type": "manga", "id": "7"}
    ran = read(tmp_path, line("1", "adaptation", manga), line(manga, "adaptation", "1"))
    assert (ran.records, ran.rejects) == ([], [])


@pytest.mark.parametrize(
    ("value", "field", "shown"),
    [
        (line("1", "remake", "2"), "role", "remake"),
        (line("1", 7, "2"), "role", "7"),
        (line("1", "sequel", "1"), "destination", "1"),
        (line("x", "sequel", "1"), "id", "x"),
        (line("1", "sequel", 2), "id", "2"),
        (line("1", "sequel", "02"), "id", "02"),
        (line("1", "sequel", {"type": "anime"}), "data", "{'type': 'anime'}"),
        ({**line("1", "sequel", "2"), "attributes": None}, "attributes", "None"),
    ],
)
def test_what_cannot_be_right_is_one_reject(
    tmp_path: Path, value: object, field: str, shown: str
) -> None:
    ran = read(tmp_path, line("8", "sequel", "9"), value)
    assert [record.key for record in ran.records] == ["kitsu:8"]
    assert [(number, found, text) for number, found, text in ran.refused] == [(2, field, shown)]


def test_another_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError, match="Kitsu's media relationships"):
        read(tmp_path, {"id": "1", "type": "anime"})
