"""`kensho queue` and `kensho check --queue`, over a small graph with a contradiction."""

import asyncio
import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from kensho.cli import commands
from tests.support.servers import written_store

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return what runs a command over a store of the small graph."""
    folder = tmp_path_factory.mktemp("cli_queue")
    url = asyncio.run(written_store(folder / "kensho.db"))
    runner = CliRunner(
        env={
            "KENSHO_STORE_URL": url,
            "KENSHO_READ_MODEL_DIR": str(folder / "read_model"),
            "KENSHO_SECRET_FILE": str(folder / "secret"),
            "KENSHO_QUEUE_FILE": str(folder / "queue.db"),
            "KENSHO_CURATION_DIR": str(folder / "curation"),
            "COLUMNS": "200",
        }
    )

    def called(*arguments: str) -> Result:
        return runner.invoke(commands, list(arguments))

    return called


def listed(run: Run, *arguments: str) -> list[dict[str, str]]:
    shown = run("queue", "list", "--json", "--limit", "1000", "--no-safe", *arguments)
    found: list[dict[str, str]] = json.loads(shown.stdout)["items"]
    return found


def test_findings_become_items_and_decisions_stand_in_both_places(run: Run) -> None:
    refreshed = run("queue", "refresh")
    assert refreshed.exit_code == 0, refreshed.output
    assert "queue: " in refreshed.stderr
    found = json.loads(run("check", "--json").stdout)["findings"]
    items = [one for one in listed(run) if one["kind"] == "finding"]
    assert {one["sentence"] for one in items} == {
        one["sentence"] for one in found if one["rule"] != "sources contradict"
    }
    assert items
    denied = items[0]["id"]
    assert run("queue", "wontfix", denied).exit_code != 0
    done = run("queue", "wontfix", denied, "--reason", "as it is", "--by", "ada")
    assert done.exit_code == 0, done.output
    assert run("queue", "refresh").exit_code == 0
    accepted = [
        one for one in json.loads(run("check", "--json").stdout)["findings"] if "accepted" in one
    ]
    assert [(one["accepted"]["by"], one["accepted"]["reason"]) for one in accepted] == [
        ("ada", "as it is")
    ]
    assert [one["id"] for one in listed(run, "--state", "wontfix")] == [denied]
    others = [one for one in found if one["id"] != accepted[0]["id"]]
    if others:
        run("check", "--accept", others[0]["id"], "--reason", "known", "--by", "bob")
        run("queue", "refresh")
        assert len(listed(run, "--state", "wontfix")) == 2


def test_an_item_is_shown_taken_and_reopened(run: Run) -> None:
    run("queue", "refresh")
    item = listed(run, "--state", "wontfix")[0]["id"]
    assert run("queue", "assign", item, "bob", "--by", "ada").exit_code == 0
    assert run("queue", "reopen", item, "--by", "ada", "--reason", "look again").exit_code == 0
    shown = run("queue", "show", item).stdout
    assert "assignee: bob" in shown
    assert "ada reopen -> open: look again" in shown
    again = run("queue", "reopen", item)
    assert again.exit_code != 0
    assert "open already" in str(again.exception)
    table = run("queue", "list", "--assignee", "bob", "--no-safe").stdout
    assert item in table
