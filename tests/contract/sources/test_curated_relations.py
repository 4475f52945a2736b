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


def test_reason_author_and_note_are_kept_and_a_kind_may_be_denied(tmp_path: Path) -> None:
    words = {"reason": "the sites count arcs", "by": "alice", "note": "see the credits"}
    lines = [
        {"from": "mal:1", "kind": "side_story", "to": "mal:2", **words},
        {"from": "mal:1", "kind": "not_sequel", "to": "mal:2", "reason": " "},
        {"from": "mal:1", "kind": "not_related", "to": "mal:3"},
    ]
    found = run(SOURCE, tmp_path / "relations.jsonl", json_lines(*lines))
    assert found.only.links.relations == (
        Claim("side_story", "mal:2", **words),  # type: ignore[arg-type]
        Claim("sequel", "mal:2", denied=True),
        Claim("related", "mal:3", denied=True),
    )
    assert found.rejects == []


def test_words_that_are_too_long_and_lines_that_say_a_thing_twice_are_named(tmp_path: Path) -> None:
    line = {"from": "mal:1", "kind": "sequel", "to": "mal:2"}
    lines = [line, {**line, "reason": "x" * 1001}, {**line, "reason": "but why"}]
    found = run(SOURCE, tmp_path / "relations.jsonl", json_lines(*lines))
    assert [record.links.relations for record in found.records] == [(Claim("sequel", "mal:2"),)]
    assert [(line, field) for line, field, _ in found.refused] == [(2, "reason"), (3, "record")]
