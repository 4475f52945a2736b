"""`kensho mcp` as the SDK's own client meets it, over standard input and output and over HTTP."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import jsonschema  # type: ignore[import-untyped]  # ships no types
import pytest
from mcp import Client, MCPError

from kensho.read_model.building.publishing import publish
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings
from tests.support import franchise_rows, graphs
from tests.support.mcp_servers import (
    ADULT,
    CONTRADICTED,
    called,
    over_http,
    over_stdio,
    published_catalogue,
    refused,
    variables,
)
from tests.support.servers import KENSHO
from tests.support.stores import own_queries

TOOLS: Final = (
    *("search", "match", "work", "franchise", "watch_order", "paths", "similar", "conflicts"),
    "changes",
)
CALLS: Final[list[tuple[str, dict[str, Any]]]] = [
    ("search", {"query": "cowboy bebop"}),
    ("search", {"query": "no such title at all"}),
    ("match", {"texts": ["[Group] Cowboy Bebop - 02 (1080p).mkv", "", "qqqqqqqq"]}),
    ("work", {"work": "mal:1"}),
    ("franchise", {"franchise": franchise_rows.GITS}),
    ("watch_order", {"franchise": franchise_rows.GITS, "order": "story"}),
    ("paths", {"from_work": "mal:467", "to_work": "mal:801"}),
    ("similar", {"work": "mal:1"}),
    ("conflicts", {}),
    ("changes", {"since": "0", "kinds": ["work", "relation"]}),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mcp")
    asyncio.run(published_catalogue(folder))
    return folder


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with over_http(variables(folder)) as address:
        yield address


def servers(folder: Path, address: str) -> dict[str, Any]:
    """Return how the client reaches the tools by each transport."""
    return {"http": address, "stdio": over_stdio(variables(folder), folder / "stdio.log")}


@pytest.mark.parametrize("mode", ["auto", "legacy"])
@pytest.mark.parametrize("transport", ["stdio", "http"])
async def test_every_tool_reads_only_and_says_what_it_takes_and_answers(
    folder: Path, address: str, transport: str, mode: str
) -> None:
    async with Client(servers(folder, address)[transport], mode=mode) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert tuple(tools) == TOOLS
        for tool in tools.values():
            assert tool.annotations is not None
            assert tool.annotations.read_only_hint
            assert tool.description
            assert tool.title
            assert tool.input_schema["additionalProperties"] is False
            for schema in (tool.input_schema, tool.output_schema):
                assert schema is not None
                assert schema["type"] == "object"
                jsonschema.Draft202012Validator.check_schema(schema)
        for name, arguments in CALLS:
            jsonschema.validate(arguments, tools[name].input_schema)
            answer = await client.call_tool(name, arguments)
            assert not answer.is_error, answer.content
            jsonschema.validate(answer.structured_content, tools[name].output_schema or {})
            (content,) = answer.content
            assert json.loads(content.text) == answer.structured_content  # type: ignore[union-attr]


async def test_both_transports_give_the_same_answers(folder: Path, address: str) -> None:
    found: list[list[Any]] = []
    for server in servers(folder, address).values():
        async with Client(server) as client:
            found.append([await called(client, name, **given) for name, given in CALLS])
    assert found[0] == found[1]


async def test_a_search_finds_works_and_says_how_sure_it_is(address: str) -> None:
    async with Client(address) as client:
        found = await called(client, "search", query="cowbow bebop")
        assert found["works"][0]["id"] == str(graphs.BEBOP)
        assert 0 < found["confidence"] <= 1
        assert found["franchises"][0]["slug"] == franchise_rows.BEBOP
        none = await called(client, "search", query="trigun", types=["movie"])
        assert (none["works"], none["total"]) == ([], 0)
        assert "filters" in none["reason"]


async def test_the_parts_of_a_search_are_the_whole(address: str) -> None:
    async with Client(address) as client:
        whole = await called(client, "search", query="koukaku kidoutai", limit=25)
        parts: list[Any] = []
        offset: int | None = 0
        while offset is not None and len(parts) < 25:
            part = await called(client, "search", query="koukaku kidoutai", limit=1, offset=offset)
            parts += part["works"]
            offset = part.get("next_offset")
    assert parts == whole["works"]
    assert len(parts) == whole["total"] > 1


async def test_files_are_matched_with_a_confidence_or_a_reason(address: str) -> None:
    texts = ["[Group] Cowboy Bebop - 02 (1080p).mkv", "", "qqqqqqqq"]
    async with Client(address) as client:
        found = (await called(client, "match", texts=texts))["matches"]
        assert [one["path"] for one in found] == texts
        assert (found[0]["id"], found[0]["episode"]) == (str(graphs.BEBOP), 2)
        assert found[0]["confidence"] > 0.5
        assert all("id" not in one and one["reason"] for one in found[1:])
        sure = await called(client, "match", texts=texts[:1], least_confidence=1.0)
        assert "not sure enough" in sure["matches"][0]["reason"]


@pytest.mark.parametrize(
    "name",
    [
        str(graphs.BEBOP),
        str(graphs.MERGED),
        "mal:1",
        "https://myanimelist.net/anime/1/Cowboy_Bebop",
    ],
)
async def test_a_work_is_read_by_any_of_its_names(address: str, name: str) -> None:
    async with Client(address) as client:
        found = await called(client, "work", work=name)
    assert (found["id"], found["title"], found["year"]) == (
        str(graphs.BEBOP),
        "Cowboy Bebop",
        1998,
    )
    assert "mal:1" in found["ids"]
    assert found["related"][0]["kind"] == "side_story"
    assert found["related"][0]["work"]["id"] == str(graphs.BEBOP_FILM)
    assert found["related"][0]["sources"] == ["mal", "anilist"]


async def test_a_franchise_is_found_by_slug_and_title_and_followed(address: str) -> None:
    async with Client(address) as client:
        by = [
            await called(client, "franchise", franchise=name)
            for name in (franchise_rows.BEBOP, "bebop", "kauboi bibappu")
        ]
    assert by[0] == by[1] == by[2]
    assert by[0]["members"][0]["work"]["id"] == str(graphs.BEBOP)


async def test_an_order_is_that_of_the_franchise_in_parts(address: str) -> None:
    async with Client(address) as client:
        whole = await called(client, "watch_order", franchise=franchise_rows.NARUTO, order="story")
        steps = [step["work"]["id"] for step in whole["steps"]]
        assert steps == [str(graphs.NARUTO), str(graphs.NARUTO_2)]
        assert all(step["why"] for step in whole["steps"])
        first = await called(
            client, "watch_order", franchise=franchise_rows.NARUTO, order="story", limit=1
        )
        assert (first["steps"], first["next_offset"]) == (whole["steps"][:1], 1)


async def test_paths_are_told_in_words_and_strangers_have_none(address: str) -> None:
    async with Client(address) as client:
        found = await called(client, "paths", from_work="mal:20", to_work="mal:387")
        (path,) = found["connections"]
        assert path["sentence"].startswith("Naruto ")
        assert path["relations"][0]["from"] == str(graphs.NARUTO)
        strangers = await called(client, "paths", from_work="mal:1", to_work="mal:20")
        assert strangers == {"connections": [], "hidden_adult": 0}
        said = await refused(client, "paths", from_work="mal:1", to_work=str(graphs.BEBOP))
    assert "to_work" in said


async def test_conflicts_say_who_says_what(address: str) -> None:
    one, other = map(str, CONTRADICTED)
    async with Client(address) as client:
        everywhere = await called(client, "conflicts")
        (conflict,) = everywhere["conflicts"]
        assert (conflict["work"]["id"], conflict["other"]["id"]) == (one, other)
        said = {(said["source"], said["kind"]) for said in conflict["said"]}
        assert said == {("mal", "side_story"), ("anilist", "sequel")}
        assert await called(client, "conflicts", work=other) == everywhere
        assert await called(client, "conflicts", franchise=franchise_rows.BEBOP) == everywhere
        assert (await called(client, "conflicts", work="mal:20"))["conflicts"] == []


@pytest.mark.parametrize("transport", ["stdio", "http"])
async def test_changes_are_told_in_words_of_a_franchise_and_since_a_time(
    tmp_path: Path, transport: str
) -> None:
    url = await published_catalogue(tmp_path)
    async with Gateway.open(StoreSettings(url), own_queries()) as gateway:
        for title, work in (("Kauboi", graphs.BEBOP), ("NARUTO", graphs.NARUTO), ("A", ADULT)):
            await graphs.rename(gateway, work, title)
            await publish(gateway, tmp_path / "read_model")
    settings = variables(tmp_path)
    with over_http(settings) as http:
        server: Any = {"http": http, "stdio": over_stdio(settings, tmp_path / "log")}[transport]
        async with Client(server) as client:
            whole = await called(client, "changes")
            texts = [one["text"] for one in whole["changes"]]
            assert [text.partition(":")[0] for text in texts] == ["NARUTO", "Kauboi"]
            assert whole["changes"][1]["work"] == str(graphs.BEBOP)
            assert (whole["total"], whole["hidden_adult"]) == (2, 1)
            assert whole["known_from"]["revision"] == whole["changes"][1]["revision"]
            shown = await called(client, "changes", include_adult=True)
            assert (shown["total"], shown["hidden_adult"]) == (3, 0)
            for asked, expected in (
                ({"franchise": franchise_rows.BEBOP}, texts[1:]),
                ({"franchise": "naruto"}, texts[:1]),
                ({"franchise": "noir"}, []),
                ({"since": str(whole["changes"][1]["revision"])}, texts[:1]),
                ({"kinds": ["franchise", "relation"]}, []),
                ({"limit": 1, "offset": 1}, texts[1:]),
            ):
                found = await called(client, "changes", **asked)
                assert [one["text"] for one in found["changes"]] == expected, asked
            first = await called(client, "changes", limit=1)
            assert (first["next_offset"], len(first["changes"])) == (1, 1)


async def test_adult_works_are_hidden_and_counted_unless_asked_for(address: str) -> None:
    name, gits = "koukaku kidoutai", franchise_rows.GITS
    shown_by: dict[str, dict[str, Any]] = {
        "search": {"query": name, "limit": 25},
        "work": {"work": str(graphs.GITS_2)},
        "franchise": {"franchise": gits},
        "watch_order": {"franchise": gits},
    }
    async with Client(address) as client:
        for tool, arguments in shown_by.items():
            hidden = await called(client, tool, **arguments)
            shown = await called(client, tool, **arguments, include_adult=True)
            assert str(ADULT) not in json.dumps(hidden), tool
            assert str(ADULT) in json.dumps(shown), tool
            assert (hidden["hidden_adult"], shown["hidden_adult"]) == (1, 0), tool
        for tool, arguments in (
            ("work", {"work": str(ADULT)}),
            ("similar", {"work": str(ADULT)}),
            ("conflicts", {"work": str(ADULT)}),
            ("paths", {"from_work": "mal:467", "to_work": str(ADULT)}),
        ):
            said = await refused(client, tool, **arguments)
            assert str(ADULT) in said or "mal:1566" in said, tool
            assert "include_adult" in said, tool
            await called(client, tool, **arguments, include_adult=True)


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("search", {"query": "x", "limit": 900}, ["limit: 900", "25"]),
        ("search", {"query": "x", "lmit": 9}, ["lmit: there is no such argument", "limit"]),
        ("search", {"query": "x", "types": ["film"]}, ["types: ['film']"]),
        ("search", {"query": "bebop", "tag": "spac"}, ["tag: ", "'spac'", "space"]),
        ("search", {"query": "bebop", "year": 3000}, ["year: 3000"]),
        ("search", {"query": "  "}, ["query: "]),
        ("search", {}, ["query: it is missing"]),
        ("match", {"texts": "x"}, ["texts: 'x'"]),
        ("match", {"texts": ["x"] * 21}, ["texts: ", "20"]),
        ("work", {"work": "Cowboy Bebop"}, ["work: 'Cowboy Bebop'", "UUID"]),
        ("work", {"work": "mal:999"}, ["work: ", "'mal:999'"]),
        ("work", {"work": "tvdb:73749"}, ["work: 'tvdb:73749'", "several", str(graphs.GITS_2)]),
        ("work", {"work": str(graphs.REMOVED)}, [str(graphs.REMOVED), "removed"]),
        ("work", {"work": str(graphs.UNKNOWN)}, [str(graphs.UNKNOWN)]),
        ("franchise", {"franchise": "noir"}, ["'noir' dissolved"]),
        ("franchise", {"franchise": "qqqqqqqqqq"}, ["franchise: ", "'qqqqqqqqqq'"]),
        ("franchise", {"franchise": " "}, ["franchise: "]),
        ("watch_order", {"franchise": "x", "order": "best"}, ["order: 'best'"]),
        ("conflicts", {"work": "mal:1", "franchise": "x"}, ["work: give either", "franchise: "]),
        ("changes", {"since": "yesterday"}, ["since: 'yesterday'"]),
        ("changes", {"since": "2026-02-30"}, ["since: ", "2026-02-30"]),
        ("changes", {"kinds": ["figures"]}, ["kinds: ['figures']"]),
        ("changes", {"franchise": "qqqqqqqqqq"}, ["franchise: ", "'qqqqqqqqqq'"]),
        ("changes", {"limit": 51}, ["limit: 51", "50"]),
    ],
)
async def test_what_can_t_be_answered_is_named_with_its_value(
    address: str, tool: str, arguments: dict[str, Any], said: list[str]
) -> None:
    async with Client(address) as client:
        told = await refused(client, tool, **arguments)
    assert all(part in told for part in said), told
    assert len(told) < 1_000


async def test_a_tool_that_there_is_not_is_an_error_of_the_protocol(address: str) -> None:
    async with Client(address) as client:
        with pytest.raises(MCPError, match=r"'delete'.*search"):
            await client.call_tool("delete", {})


@pytest.mark.parametrize("transport", ["stdio", "http"])
async def test_a_newly_published_snapshot_is_followed(tmp_path: Path, transport: str) -> None:
    settings = variables(tmp_path)
    with over_http(settings) as address:
        server: Any = {"http": address, "stdio": over_stdio(settings, tmp_path / "log")}[transport]
        async with Client(server) as client:
            assert "published" in await refused(client, "work", work="mal:1")
            url = await published_catalogue(tmp_path)
            await _until_titled(client, "Cowboy Bebop")
            async with Gateway.open(StoreSettings(url), own_queries()) as gateway:
                await graphs.rename(gateway, graphs.BEBOP, "Kauboi Bibappu")
                await publish(gateway, tmp_path / "read_model")
            await _until_titled(client, "Kauboi Bibappu")
    assert not (tmp_path / "nowhere.db").exists(), "a store was opened"


async def _until_titled(client: Client, title: str) -> None:
    """Ask for a work until it has this title, at most a minute."""
    async with asyncio.timeout(60):
        while True:
            answer = await client.call_tool("work", {"work": "mal:1"})
            if not answer.is_error and answer.structured_content["title"] == title:
                return
            await asyncio.sleep(0.05)


def asked(address: str, **headers: str) -> httpx.Response:
    """Send a request as a browser would that a page of another site leads here."""
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    return httpx.post(
        address,
        json=body,
        headers={"accept": "application/json, text/event-stream", **headers},
    )


def test_only_this_machine_s_own_names_are_answered(address: str) -> None:
    assert asked(address).status_code == 200
    assert asked(address, origin="http://localhost:3000").status_code == 200
    assert asked(address, host="rebound.example").status_code == 421
    assert asked(address, origin="https://rebound.example").status_code == 403


def test_hosts_and_origins_that_are_listed_are_answered(folder: Path) -> None:
    listed = variables(
        folder,
        KENSHO_MCP_ALLOWED_HOSTS="anime.example",
        KENSHO_MCP_ALLOWED_ORIGINS="https://app.example",
    )
    with over_http(listed) as address:
        for host in ("anime.example", "anime.example:443"):
            assert asked(address, host=host, origin="https://app.example").status_code == 200
        assert asked(address, host="other.example").status_code == 421
        assert asked(address, origin="https://other.example").status_code == 403


def test_a_stream_on_which_nothing_comes_is_not_opened(address: str) -> None:
    answer = httpx.get(address, headers={"accept": "text/event-stream"})
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_a_large_body_is_refused_before_it_is_read(address: str) -> None:
    answer = httpx.post(
        address, content=b"[" * 100_000, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("more", "options", "said"),
    [
        ({"KENSHO_MCP_HOST": "0.0.0.0"}, ["--http"], ["KENSHO_MCP_HOST: '0.0.0.0'", "ALLOWED"]),
        ({"KENSHO_MCP_PORT": "http"}, [], ["KENSHO_MCP_PORT: 'http'"]),
        ({"KENSHO_MCP_ALLOWED_HOSTS": "*"}, [], ["KENSHO_MCP_ALLOWED_HOSTS: '*'"]),
        ({}, ["--port", "9000"], ["--http"]),
        ({}, ["--http", "--host", "203.0.113.1"], ["203.0.113.1", "ALLOWED_HOSTS"]),
    ],
)
def test_what_can_t_be_served_is_said_at_the_start(
    tmp_path: Path, more: dict[str, str], options: list[str], said: list[str]
) -> None:
    ended = subprocess.run(
        [*KENSHO, "mcp", *options],
        env=variables(tmp_path, **more),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert all(part in ended.stderr for part in said), ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_address_that_is_taken_is_one_line(address: str, tmp_path: Path) -> None:
    port = address.rpartition(":")[2].partition("/")[0]
    ended = subprocess.run(
        [*KENSHO, "mcp", "--http", "--port", port],
        env=variables(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert f"127.0.0.1:{port}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_without_the_extra_it_says_how_to_get_it(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['mcp'] = None; sys.argv = ['kensho', 'mcp'];"
        " from kensho.cli import main; main()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env=variables(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert "kensho[mcp]" in ended.stderr
    assert "Traceback" not in ended.stderr
