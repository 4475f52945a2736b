"""`kensho harvest` as it is typed: wishes, refusals, exit codes, and what ingest makes of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ingest.folder import jobs_in
from ingest.harvest_cli import harvest
from ingest.registry import SOURCES
from kensho.errors import InvalidInputError, KenshoError
from tests.support.api_servers import AniList, Jikan, api_server, full, medium, status


def typed(*arguments: object) -> Result:
    return CliRunner().invoke(harvest, [str(argument) for argument in arguments])


def said(result: Result) -> Any:
    assert result.stdout.count("\n") == 1, "one JSON object, on one line"
    return json.loads(result.stdout)


def test_what_is_harvested_is_found_by_ingest(tmp_path: Path) -> None:
    out = tmp_path / "anilist" / "anilist_media.jsonl"
    with api_server(AniList([medium(1), medium(2)])) as server:
        ended = typed("anilist", "--out", out, "--endpoint", server.endpoint + "/")
    assert ended.exit_code == 0, ended.output
    assert f"{out}: 2 records of anilist" in ended.output
    assert [job.source.name for job in jobs_in(tmp_path, SOURCES)] == ["anilist"]


def test_a_machine_gets_one_object(tmp_path: Path) -> None:
    out = tmp_path / "x.jsonl"
    with api_server(Jikan([full(1), full(5)]), path="/v4") as server:
        ids = tmp_path / "ids.txt"
        ids.write_text("mal:5\n")
        ended = typed("jikan", "--out", out, "--endpoint", server.endpoint, "--ids", ids, "--json")
    assert ended.exit_code == 0
    assert said(ended) == {
        "source": "jikan",
        "file": str(out),
        "records": 1,
        "resumed": False,
        "left_out": 0,
        "gone": 0,
        "rejects": 0,
        "rejects_file": None,
    }


def test_rejects_have_an_exit_code_and_a_file(tmp_path: Path) -> None:
    out, rejects = tmp_path / "x.jsonl", tmp_path / "refused"
    with api_server(AniList([medium(1, episodes="many")])) as server:
        given = ("--endpoint", server.endpoint, "--rejects", rejects)
        ended = typed("anilist", "--out", out, *given)
    assert ended.exit_code == 6
    assert "1 values will be rejected by ingest" in ended.output
    (reject,) = (rejects / "anilist-harvest.jsonl").read_bytes().splitlines()
    assert json.loads(reject)["field"] == "episodes"


def test_an_interface_that_refuses_is_one_line_and_an_exit_code(tmp_path: Path) -> None:
    with api_server(AniList([medium(1)])) as server:
        server.faults = {1: status(403)}
        refused = typed("anilist", "--out", tmp_path / "x", "--endpoint", server.endpoint).exception
    assert isinstance(refused, KenshoError)
    assert refused.exit_code == 7
    assert f"{server.endpoint}: refuses the query: status 403" in refused.message


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["imdb", "--out", "x"], ["SOURCE", "'imdb'", "anilist, jikan, kitsu"]),
        (["anilist"], ["--out"]),
        (["anilist", "--out", "x", "--since", "May"], ["--since", "'May'", "YYYY-MM-DD"]),
        (["anilist", "--out", "x", "--endpoint", "http://example.org"], ["'http://example.org'"]),
        (["jikan", "--out", "x", "--ids", "nowhere.txt"], ["--ids", "nowhere.txt"]),
        (["jikan", "--out", "x", "--ids", "/dev/null"], ["--ids", "names no id"]),
    ],
)
def test_wrong_use_names_field_and_value(arguments: list[str], parts: list[str]) -> None:
    refused = typed(*arguments).exception
    assert isinstance(refused, InvalidInputError)
    assert all(part in refused.message for part in parts)
