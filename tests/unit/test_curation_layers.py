"""The curators' own folder over the shipped decisions: it wins, and a slip in it stops nothing."""

import shutil
from pathlib import Path
from typing import Final

import pytest

from ingest.curation_layers import LayeredCuration, Slip, layered
from kensho.platform.installation import data_root

RENAME: Final = """
[[rename]]
work = "{work}"
title = "{title}"
reason = "people call it so"
source = "the titles themselves"
author = "alice"
"""
RECAP: Final = """
[[recap]]
works = ["mal:990001"]
reason = "it has no scene of its own"
source = "the works themselves"

[[recap]]
works = [
  "mal:990002",
  "mal:990003x:y",
]
reason = "it has no scene of its own"
source = "the works themselves"
"""


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """Return a copy of the shipped decisions with two franchises."""
    root = data_root("curation")
    copy = tmp_path / "shipped"
    shutil.copytree(root, copy)
    for path in (copy / "franchises").glob("*.toml"):
        path.unlink()
    for name, work in (("sea", "mal:1"), ("hill", "mal:2")):
        write(copy, name, RENAME.format(work=work, title=name.title()))
    return copy


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "own"


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / "franchises" / f"{name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def names(found: LayeredCuration) -> dict[str, str]:
    return {one.work: one.title for one in found.decisions.policy.rename}


def test_without_a_folder_the_shipped_decisions_count(shipped: Path, folder: Path) -> None:
    found = layered(folder, shipped)
    assert names(found) == {"mal:1": "Sea", "mal:2": "Hill"}
    assert found.slips == ()
    assert not folder.exists()


def test_a_file_of_the_folder_takes_the_place_of_the_shipped_one(
    shipped: Path, folder: Path
) -> None:
    path = write(folder, "sea", RENAME.format(work="mal:1", title="The Sea"))
    write(folder, "river", RENAME.format(work="mal:3", title="River"))
    found = layered(folder, shipped)
    assert names(found) == {"mal:1": "The Sea", "mal:2": "Hill", "mal:3": "River"}
    assert path in found.files
    assert len(found.files) == 3


@pytest.mark.parametrize(
    ("text", "line", "key", "reason"),
    [
        ("[[rename]\n", 1, "", "Expected ']]'"),
        ("\n\n[[rename]]\nwork = 5\n", 4, "rename 1, work", "Expected `str`"),
        (RENAME.format(work="mal:1", title="X") + "colour = 1\n", 8, "rename 1, colour", "unknown"),
        (RENAME.format(work="mal:2", title="X"), 3, "rename 1, work", "hill.toml"),
        (RECAP, 10, "recap 2, works", "mal:990003x:y"),
    ],
)
def test_a_slip_names_file_line_and_key_and_the_last_good_version_is_used(
    shipped: Path, folder: Path, text: str, line: int, key: str, reason: str
) -> None:
    write(folder, "sea", RENAME.format(work="mal:1", title="The Sea"))
    write(folder, "river", RENAME.format(work="mal:3", title="River"))
    layered(folder, shipped)
    write(folder, "sea", text)
    found = layered(folder, shipped)
    assert names(found) == {"mal:1": "The Sea", "mal:2": "Hill", "mal:3": "River"}
    slip = found.slips[0]
    assert {one.file for one in found.slips} == {"franchises/sea.toml"}
    assert (slip.file, slip.line) == ("franchises/sea.toml", line)
    assert slip.key.startswith(key)
    assert reason in slip.reason
    assert "last version" in str(slip)


def test_a_slip_in_a_new_file_leaves_the_shipped_one(shipped: Path, folder: Path) -> None:
    write(folder, "sea", "[[rename]\n")
    write(folder, "stray/too", "")
    found = layered(folder, shipped)
    assert names(found)["mal:1"] == "Sea"
    assert {slip.file: slip.instead for slip in found.slips} == {
        "franchises/sea.toml": "the shipped file is used",
        "franchises/stray/too.toml": "it is passed over",
    }


def test_bytes_that_are_no_text_are_told(shipped: Path, folder: Path) -> None:
    write(folder, "sea", "").write_bytes(b"\xff\xfe")
    (slip,) = layered(folder, shipped).slips
    assert isinstance(slip, Slip)
    assert "utf-8" in slip.reason


def test_a_file_that_is_removed_does_not_come_back(shipped: Path, folder: Path) -> None:
    path = write(folder, "sea", RENAME.format(work="mal:1", title="The Sea"))
    layered(folder, shipped)
    path.unlink()
    assert names(layered(folder, shipped))["mal:1"] == "Sea"
    assert not list(folder.rglob("sea.toml"))


def test_a_folder_that_can_not_be_written_is_read_all_the_same(shipped: Path, folder: Path) -> None:
    write(folder, "sea", RENAME.format(work="mal:1", title="The Sea"))
    (folder / ".last_good").write_text("no folder")
    assert names(layered(folder, shipped))["mal:1"] == "The Sea"
