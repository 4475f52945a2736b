"""`kensho match`, as it is typed: what the files of a library are."""

import asyncio
import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kensho.cli import media_files
from tests.support import graphs
from tests.support.searches import searchable_store

FILES = (
    "Naruto/Season 1/S01E05.mkv",
    "Naruto/[Group] Naruto - 222 (1080p) [ABCD1234].mkv",
    "Trigun/Trigun - 05 [1080p].MKV",
)
SKIPPED = (
    "Trigun/Sample/x.mkv",
    "Trigun/trigun-sample.mkv",
    ".hidden/a.mkv",
    ".b.mkv",
    "notes.txt",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli_match")
    asyncio.run(searchable_store(folder))
    return folder


@pytest.fixture
def library(tmp_path: Path) -> Path:
    library = tmp_path / "Library"
    for name in (*FILES, *SKIPPED):
        path = library / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return library


def match(
    folder: Path, *arguments: str | Path, given: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    known = {name: value for name, value in os.environ.items() if not name.startswith("KENSHO_")}
    environment = known | {
        "KENSHO_STORE_URL": f"surrealkv://{folder / 'kensho.db'}",
        "KENSHO_READ_MODEL_DIR": str(folder / "read_model"),
        "KENSHO_SECRET_FILE": str(folder / "secret"),
        "COLUMNS": "200",
    }
    return subprocess.run(
        [sys.executable, "-m", "kensho.cli", "match", "--least", "0", *map(str, arguments)],
        capture_output=True,
        input=given,
        env=environment,
        check=False,
        timeout=120,
    )


def test_each_file_of_a_folder_is_a_line_and_nothing_is_renamed(
    folder: Path, library: Path
) -> None:
    (library / "qqqqqqqqqqqq.mkv").touch()
    before = sorted(library.rglob("*"))
    done = match(folder, library, "--json")
    assert done.returncode == 1, done.stderr
    *found, nothing = (json.loads(line) for line in done.stdout.splitlines())
    assert [(one["path"], one["id"], one.get("season"), one["episode"]) for one in found] == [
        (f"Library/{FILES[0]}", str(graphs.NARUTO), 1, 5),
        (f"Library/{FILES[1]}", str(graphs.NARUTO_2), None, 2),
        (f"Library/{FILES[2]}", found[2]["id"], None, 5),
    ]
    assert (found[1]["redirected"], found[2]["title"]) == (True, "Trigun")
    assert nothing["reason"]
    assert "id" not in nothing
    said = done.stderr.decode()
    assert "3 of 4 files are 3 works, 1 not matched" in said
    assert "skipped: 2 that are hidden, 1 that are no videos, 2 that are samples" in said
    assert sorted(library.rglob("*")) == before


def test_names_in_the_table_can_t_command_the_terminal(folder: Path, library: Path) -> None:
    (library / "[bold]Trigun\x1b[2J\x07\u202e - 05.mkv").touch()
    (library / os.fsdecode(b"Trigun \xff - 06.mkv")).touch()
    (library / ("Trigun - 07 " + "x" * 230 + ".mkv")).touch()
    done = match(folder, library)
    assert b"Traceback" not in done.stderr
    assert b"\x1b" not in done.stdout
    assert b"\x07" not in done.stdout
    assert b"[bold]Trigun" in done.stdout
    assert b"Naruto: Shippuuden" in done.stdout


def test_a_list_is_read(folder: Path, tmp_path: Path) -> None:
    listed = b"Trigun - 05.mkv\n\nNaruto/Season 1/05\r\n\xff\xfe Cowboy Bebop - 03.mkv\n"
    (tmp_path / "list.txt").write_bytes(listed)
    done = match(folder, tmp_path / "list.txt", "--csv")
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(done.stdout.decode().splitlines()))
    assert [(row["title"], row["episode"]) for row in rows] == [
        ("Trigun", "5"),
        ("Naruto", "5"),
        ("Cowboy Bebop", "3"),
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("nowhere",), 2, b"nowhere: No such file"),
        (("-",), 3, b"no media files are in -"),
    ],
)
def test_what_can_t_be_matched_is_an_exit_code(
    folder: Path, arguments: tuple[str, ...], code: int, said: bytes
) -> None:
    done = match(folder, *arguments)
    assert done.returncode == code
    assert said in done.stderr
    assert b"Traceback" not in done.stderr


def test_what_is_skipped_is_counted(tmp_path: Path) -> None:
    for name in (".hidden.mkv", "Sample.mkv", "Resampled.mkv", "notes.txt", "b.MP4"):
        (tmp_path / name).touch()
    (tmp_path / "loop").symlink_to(tmp_path)
    found = media_files.in_folder(tmp_path)
    assert found.paths == [f"{tmp_path.name}/Resampled.mkv", f"{tmp_path.name}/b.MP4"]
    assert found.skipped == {
        "that are hidden": 1,
        "that are samples": 1,
        "that are no videos": 2,
    }
