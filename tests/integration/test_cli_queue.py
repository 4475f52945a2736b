"""`kensho queue` and `kensho check --queue`, over a small graph with a contradiction."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
import structlog
from click.testing import CliRunner, Result

from kensho.cli import commands
from kensho.discovery.queue_following import QueueFollowing
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


_HEAD = '{"license": {}, "repository": "here", "lastUpdate": "2026-11-20"}'
_ANNOUNCED = (
    '{"sources": ["https://myanimelist.net/anime/%d"], "title": "Tale of the Sea %d", "type": "TV",'
    ' "status": "UPCOMING", "animeSeason": {"season": "SPRING", "year": 2001}, "tags": [],'
    ' "relatedAnime": []}'
)


def variables(folder: Path) -> dict[str, str]:
    return {
        "KENSHO_STORE_URL": f"surrealkv://{folder / 'kensho.db'}",
        "KENSHO_READ_MODEL_DIR": str(folder / "read_model"),
        "KENSHO_SECRET_FILE": str(folder / "secret"),
        "KENSHO_QUEUE_FILE": str(folder / "queue.db"),
        "KENSHO_CURATION_DIR": str(folder / "curation"),
        "KENSHO_QUEUE_REFRESH": "true",
    }


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("own_queue")


@pytest.fixture(scope="module")
def own(place: Path) -> Run:
    """Return what runs a command over a store of two works with a finding each, and a queue."""
    lines = (_HEAD, *(_ANNOUNCED % (number, number) for number in (1, 2)))
    (place / "aodb.jsonl").write_text("".join(f"{one}\n" for one in lines), "utf-8")
    runner = CliRunner(env=variables(place))

    def called(*arguments: str, **changed: str) -> Result:
        with contextlib.chdir(place):
            return runner.invoke(commands, list(arguments), env=changed)

    return called


def test_a_run_and_an_act_bring_the_queue_up_to_date(own: Run) -> None:
    ingested = own("ingest", "aodb", "aodb.jsonl", "--no-curation")
    assert ingested.exit_code == 0, ingested.output
    items = {one["sentence"]: one["id"] for one in listed(own)}
    assert len(items) == 2
    first, other = (items[key] for key in sorted(items))
    said = ("--reason", "it was on air", "--author", "ada")
    acted = own("curate", "fact", "mal:1", "status", "finished", *said)
    assert acted.exit_code == 0, acted.output
    assert [one["id"] for one in listed(own, "--state", "fixed")] == [first]
    assert [one["id"] for one in listed(own)] == [other]
    assert own("curate", "undo", json.loads(acts(own))["id"], *said).exit_code == 0
    assert {one["id"] for one in listed(own)} == {first, other}


def test_the_service_looks_around_what_its_acts_are_about(own: Run, place: Path) -> None:
    said = ("--reason", "it was on air", "--author", "ada", "--json")
    acted = own("curate", "fact", "mal:2", "status", "finished", *said, KENSHO_QUEUE_REFRESH="0")
    works = [UUID(one) for one in json.loads(acted.stdout)["works"]]
    assert len(listed(own)) == 2
    following = QueueFollowing({**variables(place), "KENSHO_QUEUE_REFRESH": "1"})
    asyncio.run(following.refresh())
    assert len(listed(own)) == 2, "nothing was noted"
    following.note(works)
    asyncio.run(following.refresh())
    (left,) = listed(own)
    assert "Sea 1" in left["sentence"]
    assert own("curate", "undo", json.loads(acts(own).splitlines()[-1])["id"], *said).exit_code == 0
    following = QueueFollowing({**variables(place), "KENSHO_STORE_URL": "mem://x y"})
    following.note(works)
    with structlog.testing.capture_logs() as logged:
        asyncio.run(following.refresh())
    assert [one["event"] for one in logged] == ["queue_not_refreshed"]


def acts(run: Run) -> str:
    """Return the acts that there are, a line of JSON each."""
    return run("curate", "log", "--jsonl").stdout


def test_around_a_work_the_check_finds_what_it_finds_of_it_in_all(own: Run) -> None:
    everything = json.loads(own("check", "--json").stdout)["findings"]
    around = json.loads(own("check", "--json", "--work", "mal:2").stdout)["findings"]
    assert around == [one for one in everything if "Sea 2" in one["sentence"]]
    assert len(around) == 1
    refused = own("check", "--work", "mal:1", "--accepted")
    assert "--accepted" in str(refused.exception)
    assert "mal:99" in str(own("check", "--work", "mal:99").exception)


def test_a_run_stands_where_the_queue_cannot_be_refreshed(own: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    blocked = own("forget", "aodb", "--yes", KENSHO_QUEUE_FILE=str(tmp_path / "file" / "queue.db"))
    assert blocked.exit_code == 0, blocked.output
    assert "the queue of curators is not refreshed" in blocked.stderr
    assert len(listed(own)) == 2, "it is as before"
