"""What curators type of runs: dry runs, rollbacks, releases that wait.

The commands run in this process: each opens and closes its store, and what publishes or compares
snapshots is a process of its own anyway.
"""

import hashlib
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click
import pytest
from click.testing import CliRunner
from typing_extensions import override

from ingest.runs_cli import approve, reject, rollback
from tests.integration.test_cli_ingest import Ended, Shell, dump, entry, entry_points
from tests.support.command_line import run_here

__all__ = ("entry_points",)
_TOLD_ANEW: Final = re.compile(r'"(?:revision|snapshot)":("[^"]*"|\d+)')
"""What an export says of when it was made."""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="paths of stores are POSIX here")


class InnerShell(Shell):
    """Runs commands in this process, as `kensho.cli.main` does."""

    @override
    def __call__(self, *arguments: str | Path, text: str | None = None) -> Ended:
        named = {k: v for k, v in self._environment.items() if k.startswith(("KENSHO_", "COLUMNS"))}
        done = run_here(
            list(map(str, arguments)), {"KENSHO_CURATION_DIR": None, **named}, self.folder, text
        )
        return Ended(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def shell(tmp_path: Path, entry_points: Path) -> Shell:
    return InnerShell(tmp_path, entry_points)


def work(number: int, **more: object) -> dict[str, object]:
    """Return an entry that the next one goes on from."""
    number += 900_000  # which nobody curates
    related = [f"https://myanimelist.net/anime/{number + 1}"]
    season = {"year": number - 898_000}
    return entry(number, type="TV", animeSeason=season, relatedAnime=related) | more


@pytest.fixture
def filled(shell: Shell) -> Shell:
    """Return a shell in whose store a few works are."""
    shell.file("anime.jsonl", dump(*map(work, range(1, 7))))
    ended = shell("ingest", "aodb", "anime.jsonl", "--no-curation")
    assert ended.code == 0, ended.err
    return shell


@pytest.fixture
def newer(filled: Shell) -> str:
    """Return a release that renames a work, moves a score and drops another."""
    score = {"arithmeticMean": 1.5, "median": 1.5, "arithmeticGeometricMean": 1.5}
    changed = [work(1, score=score), work(2, title="A title of its own"), *map(work, range(3, 6))]
    filled.file("newer.jsonl", dump(*changed))
    return "newer.jsonl"


def exported(shell: Shell) -> str:
    ended = shell("export", "--format", "json", "--no-safe")
    assert ended.code == 0, ended.err
    return _TOLD_ANEW.sub("", ended.out)


def files(shell: Shell) -> dict[str, str]:
    """Return the files of store and snapshots with their checksums."""
    return {
        str(path.relative_to(shell.folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in shell.folder.rglob("*")
        if path.is_file() and path.name not in ("secret", "LOCK", ".lock")
    }


def listed(shell: Shell, state: str | None = None) -> list[dict[str, Any]]:
    found = shell("runs", "--json").json
    return [run for run in found if state in (None, run["state"])]


@pytest.mark.parametrize("command", [approve, reject, rollback])
def test_every_command_has_its_options_explained(command: click.Command) -> None:
    shown = CliRunner().invoke(command, ["--help"])
    assert shown.exit_code == 0
    assert "--store" in shown.output
    assert "--json" in shown.output


def test_a_dry_run_says_what_the_run_changes_and_writes_nothing(filled: Shell, newer: str) -> None:
    before = files(filled)
    told = filled("ingest", "aodb", newer, "--dry-run", "--json")
    assert told.code == 0, told.err
    assert files(filled) == before
    assert {one["state"] for one in told.json["sources"]} == {"planned"}
    ended = filled("ingest", "aodb", newer)
    assert ended.code == 0
    made = filled("runs", "diff", "--json").json
    foreseen = told.json["diff"]
    for name in ("counts", "fields", "relations", "total"):
        assert foreseen[name] == made[name], name
    assert texts(foreseen) == texts(made)
    assert any("A title of its own" in text for text in texts(made))


def texts(diff: dict[str, Any]) -> list[str]:
    return [change["text"] for change in diff["changes"]]


def test_a_dry_run_of_what_is_there_says_that_nothing_differs(filled: Shell) -> None:
    asked = ("ingest", "aodb", "anime.jsonl", "--no-curation", "--dry-run")
    told = filled(*asked)
    assert told.code == 0
    assert "What would differ:\nnothing" in told.out
    assert filled(*asked, "--json").json["diff"]["total"] == 0


def test_a_dry_run_into_a_store_that_is_not_there_makes_none(shell: Shell) -> None:
    shell.file("anime.jsonl", dump(*map(work, range(1, 7))))
    told = shell("ingest", "aodb", "anime.jsonl", "--dry-run")
    assert told.code == 0, told.err
    assert "works that came" in told.out
    assert not (shell.folder / "kensho.db").exists()
    assert list(shell.folder.glob(".kensho-dry-run-*")) == []


def test_a_rollback_leads_back_to_the_export_before(filled: Shell, newer: str) -> None:
    before = exported(filled)
    assert filled("ingest", "aodb", newer).code == 0
    assert exported(filled) != before
    run = next(one["id"] for one in listed(filled) if one["source"] == "aodb")
    asked = filled("rollback", run[:8])
    assert asked.code == 2
    assert "--yes" in asked.err
    assert "1 records that it removed return" in asked.out
    runs, after = listed(filled), exported(filled)
    told = filled("rollback", run[:8], "--dry-run")
    assert told.code == 0, told.err
    assert "A title of its own" in told.out
    assert (listed(filled), exported(filled)) == (runs, after)
    ended = filled("rollback", run[:8], "--yes", "--json")
    assert ended.code == 0, ended.err
    assert exported(filled) == before
    assert ended.json["sources"][0]["undoes"] == run
    shown = filled("runs")
    assert f"took back {run[:8]}" in shown.out
    assert "rolled_back" in shown.out


def test_all_since_a_run_is_taken_back(filled: Shell, newer: str) -> None:
    before = exported(filled)
    assert filled("ingest", "aodb", newer).code == 0
    assert filled("forget", "aodb", "--yes").code == 0
    run = [one["id"] for one in listed(filled) if one["source"] == "aodb"][1]
    ended = filled("rollback", "--and-later", run, "--yes")
    assert ended.code == 0, ended.err
    assert exported(filled) == before


@pytest.fixture
def old(filled: Shell, newer: str) -> Callable[..., Any]:
    """Return how the newer release is taken in under a date on which guards stop it."""
    return lambda *more: filled(
        "ingest", "aodb", newer, "--snapshot", "2020-01-01", "--no-curation", *more
    )


def test_a_release_that_waits_is_shown_and_approved(filled: Shell, old: Callable[..., Any]) -> None:
    before = exported(filled)
    held = old("--hold")
    assert held.code == 9, held.err
    assert "kensho approve" in held.out
    assert exported(filled) == before
    (waiting,) = listed(filled, "waiting")
    name = waiting["id"][:8]
    assert "guard        age" in filled("runs", "show", name).out
    told = filled("runs", "diff", name)
    assert told.code == 0, told.err
    assert "A title of its own" in told.out
    assert filled("approve", name).code == 2
    ended = filled("approve", name, "--yes")
    assert ended.code == 0, ended.err
    assert "age: " in ended.out
    assert "A title of its own" in filled("runs", "diff", name).out
    assert listed(filled, "waiting") == []


def test_a_release_that_waits_is_rejected(filled: Shell, old: Callable[..., Any]) -> None:
    before = exported(filled)
    assert old("--hold", "--json").json["sources"][0]["state"] == "waiting"
    (waiting,) = listed(filled, "waiting")
    ended = filled("reject", waiting["id"], "--reason", "cut off at the source")
    assert ended.code == 0, ended.err
    assert "drops 5 records of aodb" in ended.out
    assert exported(filled) == before
    assert listed(filled)[0]["message"] == "cut off at the source"
    assert filled("approve", waiting["id"], "--yes").code == 2


def test_a_refused_run_is_listed(filled: Shell, old: Callable[..., Any]) -> None:
    assert old().code == 4
    assert listed(filled)[0]["state"] == "refused"
    assert filled("ingest", "aodb", "nowhere.jsonl").code == 4
    assert "no such file" in listed(filled, "refused")[0]["message"]
