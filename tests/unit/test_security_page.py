"""docs/security.md names tests, files and settings that are there, and leaves no point out."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from kensho.platform import environment
from kensho.web.rendering import FRAMED_HEADERS, PAGE_HEADERS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
_APPLIES, _, _NOT = PAGE.partition("## What does not apply")
_UNSHOWN = ("not shown by a test: ", "process, no test")
_SECTIONS = """
    1.1:2 1.2:9 1.3:11 1.4:3 1.5:2 2.1:3 2.2:3 2.3:4 2.4:1 3.2:2 3.3:4 3.4:6 3.5:5 3.7:2
    4.1:3 4.2:1 4.3:2 4.4:4 5.1:1 5.2:3 5.3:2 5.4:3 11.1:2 11.2:3 11.3:3 11.4:3 11.5:1 11.6:1
    12.1:3 12.2:2 12.3:4 13.1:1 13.2:5 13.3:2 13.4:5 14.1:2 14.2:4 14.3:3
    15.1:3 15.2:3 15.3:7 16.1:1 16.2:5 16.3:4 16.4:3 16.5:3
"""
"""Sections of ASVS 5.0.0 and how many points of level 1 and 2 each has, which come first in it."""


def rows(text: str) -> list[list[str]]:
    found = [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in text.splitlines()
        if line.startswith("| ")
    ]
    return [row for row in found if row[0] not in ("point", "chapter or point")]


@cache
def functions_of(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text("utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, kinds))


@pytest.mark.parametrize("row", rows(_APPLIES), ids=lambda row: row[0].split(" ")[0])
def test_a_row_says_how_and_names_tests_that_are_there(row: list[str]) -> None:
    assert len(row) == 3
    assert row[1]
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", row[2])
    assert named or row[2].startswith(_UNSHOWN), row[0]
    for file, function in named:
        assert (ROOT / file).is_file(), file
        assert not function or function in functions_of(ROOT / file), f"{file}::{function}"


def test_files_and_settings_that_are_named_are_there() -> None:
    files = re.findall(r"`((?:kensho|ingest|queries|tests)/[\w./]*|[\w-]+\.yml|\.\w+)`", PAGE)
    assert len(files) > 10
    assert [file for file in files if not (ROOT / file).exists()] == []
    known = environment.known_settings()
    told = {name.lower() for name in re.findall(r"`KENSHO_([A-Z_]+)`", PAGE)}
    assert told
    assert sorted(told - known.keys()) == []


def test_every_link_leads_to_a_heading() -> None:
    for file, anchor in re.findall(r"\]\(([\w./]*)#([\w-]+)\)", PAGE):
        text = (ROOT / "docs" / file).read_text("utf-8") if file else PAGE
        headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        assert anchor in [heading.lower().replace(" ", "-") for heading in headings], anchor


def test_the_ten_of_the_api_list_come_in_order() -> None:
    assert [row[0].split(" ")[0] for row in rows(_APPLIES)[:10]] == [
        f"API{n}" for n in range(1, 11)
    ]


def test_no_point_of_the_standard_is_left_out() -> None:
    """Each is either kept or does not apply, alone or with its whole section or chapter."""
    kept = {n for row in rows(_APPLIES) for n in re.findall(r"\b\d+\.\d+\.\d+\b", row[0])}
    told = " ".join(row[0] for row in rows(_NOT))
    excused = set(re.findall(r"\b\d+\.\d+(?:\.\d+)?\b", told))
    counts = dict(part.split(":") for part in _SECTIONS.split())
    wanted = {f"{s}.{n}": s for s, count in counts.items() for n in range(1, int(count) + 1)}
    assert [p for p, section in wanted.items() if not {p, section} & (kept | excused)] == []
    assert kept & excused == set()


def test_pages_state_a_referrer_policy() -> None:
    for headers in (PAGE_HEADERS, FRAMED_HEADERS):
        assert dict(headers)[b"referrer-policy"] == b"strict-origin-when-cross-origin"
