from pathlib import Path

import pytest

from ingest.reading.files import SourceFile
from ingest.sources.anime_relations import SOURCE
from kensho.domain.records import Redirect
from kensho.errors import SourceFileError
from tests.support.adapter_runs import Run, run

HEAD = "# comment\n\n::meta\n\n- version: 1.3.0\n- last_modified: 2026-08-03\n\n::rules\n\n"


def rules(tmp_path: Path, *lines: str) -> Run:
    return run(SOURCE, tmp_path / "anime-relations.txt", HEAD + "\n".join(lines) + "\n")


def test_a_rule_redirects_a_range(tmp_path: Path) -> None:
    record = rules(tmp_path, "# A -> B", "- 1|2|3:14-26 -> 4|5|6:1-13").only
    assert record.key == "mal:1"
    assert record.ids == ("mal:1", "kitsu:2", "anilist:3")
    assert record.links.redirects == (Redirect(14, 26, "mal:4", 1, 13),)


def test_an_exclamation_mark_redirects_the_destination_to_itself(tmp_path: Path) -> None:
    found = rules(tmp_path, "- 1|2|3:14-26 -> 4|5|6:1-13!")
    assert [record.key for record in found.records] == ["mal:1", "mal:4"]
    assert found.records[1].ids == ("mal:4", "kitsu:5", "anilist:6")
    assert found.records[1].links.redirects == (Redirect(14, 26, "mal:4", 1, 13),)


def test_a_tilde_repeats_the_source(tmp_path: Path) -> None:
    record = rules(tmp_path, "- 1|2|?:0 -> ~|~|~:1").only
    assert record.ids == ("mal:1", "kitsu:2")
    assert record.links.redirects == (Redirect(0, 0, "mal:1", 1, 1),)


def test_unknown_ids_are_left_out(tmp_path: Path) -> None:
    found = rules(tmp_path, "- ?|?|3:1 -> ?|5|6:1", "- ?|2|?:1 -> 4|?|?:1")
    assert [(record.key, record.ids) for record in found.records] == [
        ("anilist:3", ("anilist:3",)),
        ("kitsu:2", ("kitsu:2",)),
    ]
    assert found.records[0].links.redirects[0].target == "anilist:6"


def test_an_open_range_has_no_end(tmp_path: Path) -> None:
    record = rules(tmp_path, "- 1|2|3:19-? -> 4|5|6:1-?").only
    assert record.links.redirects == (Redirect(19, None, "mal:4", 1, None),)


def test_several_episodes_may_be_one(tmp_path: Path) -> None:
    record = rules(tmp_path, "- 1|2|3:11-12 -> 4|5|6:1").only
    assert record.links.redirects == (Redirect(11, 12, "mal:4", 1, 1),)


def test_the_rules_of_one_entry_are_one_record(tmp_path: Path) -> None:
    found = rules(
        tmp_path,
        "- 1|2|?:13 -> 4|5|6:1",
        "- 7|8|9:1 -> 4|5|6:2",
        "- 1|2|3:14 -> 4|5|6:2",
        "- 1|2|3:14 -> 4|5|6:2",
    )
    assert [record.key for record in found.records] == ["mal:1", "mal:7"]
    assert found.records[0].ids == ("mal:1", "kitsu:2", "anilist:3")
    assert len(found.records[0].links.redirects) == 2


def test_rules_that_disagree_on_an_id_keep_the_first(tmp_path: Path) -> None:
    found = rules(tmp_path, "- 1|2|3:13 -> 4|5|6:1", "- 1|9|3:14 -> 4|5|6:2")
    assert found.records[0].ids == ("mal:1", "kitsu:2", "anilist:3")
    assert [(line, field) for line, field, _ in found.refused] == [(11, "kitsu_id")]


@pytest.mark.parametrize(
    "rule",
    [
        "1|2|3:1 -> 4|5|6:1",
        "- 1|2:1 -> 4|5|6:1",
        "- 1|2|3:x -> 4|5|6:1",
        "- 1|2|3:5-2 -> 4|5|6:1-4",
        "- 1|2|3:1-4 -> 4|5|6:1-3",
        "- 1|2|3:1-? -> 4|5|6:1-3",
        "- ?|?|?:1 -> 4|5|6:1",
        "- 1|?|?:1 -> ?|~|~:1",
        "- 1|2|3:1 => 4|5|6:1",
    ],
)
def test_a_rule_that_cannot_be_taken_is_rejected_with_its_line(tmp_path: Path, rule: str) -> None:
    found = rules(tmp_path, rule, "- 7|8|9:13 -> 4|5|6:1")
    assert found.refused == [(10, "record", rule)]
    assert [record.key for record in found.records] == ["mal:7"]


def test_the_snapshot_is_the_date_of_the_last_change(tmp_path: Path) -> None:
    path = tmp_path / "anime-relations.txt"
    path.write_text(HEAD)
    assert SOURCE.snapshot(SourceFile(path)) == "2026-08-03"
    path.write_text(HEAD.replace("2026-08-03", "someday"))
    assert SOURCE.snapshot(SourceFile(path)) is None
    path.write_text("::meta\n::rules\n- last_modified: 2026-08-03\n")
    assert SOURCE.snapshot(SourceFile(path)) is None


@pytest.mark.parametrize("content", ["{}", "::meta\n- version: 1\n", "- 1|2|3:1 -> 4|5|6:1\n"])
def test_another_file_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(SourceFileError, match="::rules"):
        run(SOURCE, tmp_path / "anime-relations.txt", content)


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError, match="not UTF-8"):
        run(SOURCE, tmp_path / "a.txt", HEAD.encode() + b"# \xff\n")


def test_rules_of_two_ids_are_read_as_mal_and_kitsu(tmp_path: Path) -> None:
    found = rules(tmp_path, "- 1|2:13-24 -> 3|4:1-12!")
    assert [record.ids for record in found.records] == [("mal:1", "kitsu:2"), ("mal:3", "kitsu:4")]
    assert found.records[0].links.redirects == (Redirect(13, 24, "mal:3", 1, 12),)
