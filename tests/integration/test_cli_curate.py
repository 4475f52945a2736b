"""What curators type: every act as a command, tried, made, told and undone on one store."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from click.testing import CliRunner, Result

from kensho.cli import commands
from tests.support.curating import write_catalogue

Run: TypeAlias = Callable[..., Result]
WHY = ("--reason", "the credits say so", "--author", "alice", "--no-publish")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return what runs a command over a store that holds two stories."""
    folder = tmp_path_factory.mktemp("cli_curate")
    files = write_catalogue(folder / "data")
    runner = CliRunner(
        env={
            "KENSHO_STORE_URL": f"surrealkv://{folder / 'kensho.db'}",
            "KENSHO_READ_MODEL_DIR": str(folder / "read_model"),
            "KENSHO_SECRET_FILE": str(folder / "secret"),
            "KENSHO_CURATION_DIR": str(folder / "curation"),
            "COLUMNS": "200",
        }
    )

    def called(*arguments: str | Path, typed: bytes | None = None) -> Result:
        return runner.invoke(commands, list(map(str, arguments)), input=typed)

    made = called("ingest", "aodb", files / "anime-offline-database.jsonl", "--no-curation")
    assert made.exit_code == 0, made.output
    made = called("ingest", "kensho-relations", files / "relations.jsonl", "--no-curation")
    assert made.exit_code == 0, made.output
    return called


def made(run: Run, *arguments: str) -> dict[str, Any]:
    """Make an act, and return what came of it."""
    ended = run("curate", *arguments, *WHY, "--json")
    assert ended.exit_code == 0, (ended.output, ended.exception)
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


@pytest.mark.parametrize(
    "arguments",
    [
        ("fact", "mal:1", "duration_s", "1440"),
        ("title", "mal:1", "Song of the Sea", "--language", "en"),
        ("tag", "mal:2", "ocean", "--category", "theme", "--relevance", "0.9"),
        ("id", "mal:1", "anidb:77"),
        ("mapping", "mal:1", "tvdb:9", "--season", "2", "--first", "1", "--last", "12"),
        ("episode", "mal:1", "2", "--title", "Two", "--air-date", "2001-04-09", "--no-filler"),
        ("relation", "mal:1", "side_story", "mal:5"),
        ("relation", "mal:1", "sequel", "mal:4", "--deny"),
        ("different", "mal:1", "mal:6"),
        ("work", "Lost Song", "mal:7", "--type", "movie", "--year", "2011"),
        ("join", "mal:1", "mal:5"),
        ("rename", "mal:1", "The Sea"),
        ("order", "mal:3", "mal:1"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_an_act_is_tried_made_told_and_undone(run: Run, arguments: tuple[str, ...]) -> None:
    before = run("curate", "log", "--jsonl").stdout
    tried = made(run, *arguments, "--dry-run")
    assert tried["is_trial"] is True
    assert run("curate", "log", "--jsonl").stdout == before, "a dry run states nothing"

    act = made(run, *arguments)["acts"][0]["id"]
    told = run("curate", "log", "--limit", "1").stdout
    assert act in told
    assert "the credits say so" in told
    undone = run("curate", "undo", act, *WHY)
    assert undone.exit_code == 0, undone.output
    assert "undo" in undone.stdout


def test_a_history_says_who_says_what(run: Run) -> None:
    act = made(run, "fact", "mal:3", "year", "1999")["acts"][0]["id"]
    told = run("curate", "history", "mal:3").stdout
    assert "+ year: 1999  [alice: the credits say so" in told
    assert "- year: 2003" in told
    document = json.loads(run("curate", "history", "mal:3", "--json").stdout)
    assert act in [one["id"] for one in document["acts"]]
    listed = json.loads(run("curate", "log", "mal:3", "--json").stdout)
    assert listed[0]["id"] == act


def test_lines_of_a_file_are_made_all_or_none(run: Run) -> None:
    line = {
        "says": {"act": "fact", "work": "mal:4", "field": "year", "value": 2010},
        "reason": "it is so",
    }
    wrong = {
        "says": {"act": "fact", "work": "mal:404", "field": "year", "value": 1},
        "reason": "it is so",
    }
    before = run("curate", "log", "--jsonl").stdout
    both = "\n".join(map(json.dumps, (line, wrong))).encode()
    refused = run("curate", "apply", "-", "--no-publish", "--author", "bob", typed=both)
    assert refused.exit_code != 0
    assert run("curate", "log", "--jsonl").stdout == before
    done = run("curate", "apply", "-", "--no-publish", typed=json.dumps(line).encode())
    assert done.exit_code == 0, done.output
    assert "2010" in run("curate", "log", "--limit", "1").stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("fact", "mal:404", "year", "1999"), "mal:404"),
        (("fact", "mal:1", "year", "often"), "often"),
        (("relation", "mal:1", "sequel", "mal:1"), "mal:1"),
        (("undo", "0000000000000000"), "0000000000000000"),
        (("rename", "no-such-hub", "The Sea"), "no-such-hub"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_wrong_act_is_refused_and_its_value_named(
    run: Run, arguments: tuple[str, ...], told: str
) -> None:
    ended = run("curate", *arguments, *WHY)
    assert ended.exit_code != 0
    assert told in f"{ended.output} {ended.exception}"


def test_an_act_made_against_an_older_word_is_refused(run: Run) -> None:
    first = made(run, "fact", "mal:6", "year", "2006")["acts"][0]["id"]
    made(run, "fact", "mal:6", "duration_s", "60", "--against", first)
    late = run("curate", "fact", "mal:6", "duration_s", "90", *WHY, "--against", first)
    assert late.exit_code != 0


def test_an_act_is_published(run: Run) -> None:
    why = ("--reason", "the credits say so", "--json")
    ended = run("curate", "title", "mal:5", "Shadow of the Mountain", *why)
    assert ended.exit_code == 0, (ended.output, ended.exception)
    assert json.loads(ended.stdout)["snapshot"]
    assert "Yama no Kage 5" in run("search", "shadow of the mountain").output
