from pathlib import Path

import pytest

from ingest.sources.curated_relations import SOURCE
from kensho.domain.records import Claim
from kensho.errors import SourceFileError
from tests.support.adapter_runs import Run, json_lines, run

MAL = "https://myanimelist.net/anime/"


def read(tmp_path: Path, *lines: tuple[str, str, str]) -> Run:
    values = [{"from": ours, "kind": kind, "to": theirs} for ours, kind, theirs in lines]
    return run(SOURCE, tmp_path / "relations.jsonl", json_lines(*values))


def test_the_lines_of_one_work_are_one_curated_record(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        (f"{MAL}1", "sequel", f"{MAL}2"),
        (f"{MAL}3", "summary", "imdb:tt5"),
        ("mal:1", "side_story", "https://www.imdb.com/title/tt9/"),
        (f"{MAL}1", "sequel", f"{MAL}2/Some_Title"),
    )
    assert [record.key for record in found.records] == ["mal:1", "mal:3"]
    assert {record.method for record in found.records} == {"curated"}
    assert found.records[0].links.relations == (
        Claim("sequel", "mal:2"),
        Claim("side_story", "imdb:tt9"),
    )
    assert found.rejects == []


def test_bad_lines_are_rejected_and_the_run_goes_on(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        ("https://example.org/1", "sequel", "mal:2"),
        ("mal:1", "sequel", "two"),
        ("mal:1", "cousin", "mal:2"),
        ("mal:1", "parent", "mal:2"),
        ("mal:1", "sequel", f"{MAL}1"),
        ("mal:1", "prequel", "mal:2"),
    )
    assert [record.links.relations for record in found.records] == [(Claim("prequel", "mal:2"),)]
    assert [(line, field) for line, field, _ in found.refused] == [
        (1, "from"),
        (2, "to"),
        (3, "kind"),
        (4, "kind"),
        (5, "to"),
    ]


def test_another_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError, match="curated relations"):
        run(SOURCE, tmp_path / "relations.jsonl", b'{"name": "action"}\n')
