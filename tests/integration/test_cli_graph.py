"""`kensho migrate` and `kensho show`, as a curator types them."""

import json
import subprocess
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import run_here

SAMPLE = Path(__file__).parents[2] / "ingest" / "sample"


def kensho(store: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_here(list(arguments), {"KENSHO_STORE_URL": f"surrealkv://{store}", "COLUMNS": "200"})


def answer(store: Path, *arguments: str) -> Any:
    done = kensho(store, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample") / "kensho.db"
    done = kensho(folder, "ingest", "--all", str(SAMPLE))
    assert done.returncode == 0, done.stderr
    return folder


def test_a_dry_run_names_the_migrations_and_applies_none(tmp_path: Path) -> None:
    first = answer(tmp_path / "new.db", "migrate", "--dry-run")
    second = answer(tmp_path / "new.db", "migrate", "--dry-run")

    assert first["steps"][0] == "0001 nodes"
    assert first == second


def test_migrate_applies_once(tmp_path: Path) -> None:
    first = answer(tmp_path / "new.db", "migrate")
    second = answer(tmp_path / "new.db", "migrate")

    assert len(first["steps"]) >= 3
    assert second["steps"] == []
    assert "up to date" in kensho(tmp_path / "new.db", "migrate").stdout


def test_migrate_writes_the_schema_it_came_to(tmp_path: Path) -> None:
    file = tmp_path / "schema.surql"
    assert kensho(tmp_path / "new.db", "migrate", "--snapshot", str(file)).returncode == 0
    assert "DEFINE TABLE is_sequel_of TYPE RELATION" in file.read_text()


def test_a_work_is_shown_by_any_of_its_names(store: Path) -> None:
    by_id = answer(store, "show", "mal:20")
    by_url = answer(store, "show", "https://myanimelist.net/anime/20/Naruto")
    by_uuid = answer(store, "show", by_id["work"]["id"])

    assert by_id["work"]["title"] == "Naruto"
    assert by_id == by_url == by_uuid


def test_relations_read_from_the_work_that_is_shown(store: Path) -> None:
    naruto, after = answer(store, "show", "mal:20"), answer(store, "show", "mal:1735")

    assert ["sequel", after["work"]["title"]] in [
        [r["kind"], r["title"]] for r in naruto["relations"]
    ]
    [back] = [r for r in after["relations"] if r["id"] == naruto["work"]["id"]]
    assert back["kind"] == "prequel"
    assert {a["kind"] for a in back["assertions"]} == {"prequel", "related"}


def test_what_each_source_says_is_shown_on_demand(store: Path) -> None:
    short, long = kensho(store, "show", "mal:20"), kensho(store, "show", "mal:20", "--sources")

    assert "kensho-works says so of" in short.stdout
    assert '"titles"' not in short.stdout
    assert '"titles"' in long.stdout


def test_a_film_is_shown_with_its_collection(store: Path) -> None:
    shown = answer(store, "show", "imdb:tt0076759")

    assert shown["kind"] == "movie"
    assert shown["franchises"] == ["Star Wars"]


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("mal:999999999", 3, "mal:999999999"),
        ("nonsense", 2, "'nonsense' is no UUID"),
        (str(uuid.UUID(int=7)), 3, "has no work"),
        ("mal:20'; REMOVE TABLE anime", 2, "is no UUID"),
    ],
)
def test_a_name_of_no_work_is_one_clear_line(store: Path, name: str, code: int, said: str) -> None:
    done = kensho(store, "show", name)

    assert done.returncode == code
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_retired_work_says_where_it_went(store: Path, tmp_path: Path) -> None:
    folder = tmp_path / "kensho.db"
    files = {
        "two.jsonl": [["mal:1"], ["anilist:2"]],
        "one.jsonl": [["mal:1", "anilist:2"]],
        "none.jsonl": [["mal:9"]],
    }
    urls = {"mal": "https://myanimelist.net/anime/", "anilist": "https://anilist.co/anime/"}
    for name, works in files.items():
        lines: list[dict[str, Any]] = [{"lastUpdate": "2026-01-01", "repository": "ours"}]
        lines += [
            {"sources": [urls[i.split(":")[0]] + i.split(":")[1] for i in ids], "title": ids[0]}
            for ids in works
        ]
        (tmp_path / name).write_text("".join(json.dumps(line) + "\n" for line in lines))

    assert kensho(folder, "ingest", "aodb", str(tmp_path / "two.jsonl")).returncode == 0
    merged = answer(folder, "show", "anilist:2")["work"]["id"]
    kept = answer(folder, "show", "mal:1")["work"]["id"]
    assert kensho(folder, "ingest", "aodb", str(tmp_path / "one.jsonl")).returncode == 0
    moved = kensho(folder, "show", merged)
    assert kensho(folder, "ingest", "aodb", str(tmp_path / "none.jsonl")).returncode == 0
    gone = kensho(folder, "show", kept)

    assert moved.returncode == 3
    assert f"is now {kept}" in moved.stderr
    assert gone.returncode == 3
    assert "was removed" in gone.stderr
