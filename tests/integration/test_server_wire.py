"""The real server on loopback: hostile bytes, starting and stopping, the command line."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support import graphs
from tests.support.servers import environment, free_port, serving, written_store


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the small graph for this module."""
    with serving(tmp_path_factory.mktemp("wire")) as url:
        yield url


def sent(base: str, raw: bytes) -> bytes:
    """Send raw bytes and return all that comes back."""
    parts = urlsplit(base)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5) as wire:
        wire.sendall(raw)
        received = b""
        while chunk := wire.recv(65_536):
            received += chunk
        return received


def request(target: bytes, *headers: bytes, method: bytes = b"GET", body: bytes = b"") -> bytes:
    lines = [method + b" " + target + b" HTTP/1.1", b"Host: test", b"Connection: close", *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def kensho(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line to its end."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("KENSHO_")}
    return subprocess.run(
        [sys.executable, "-m", "kensho.cli", *arguments],
        env=env or bare,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (b"/api/anime/%ff", 400),
        (b"/api/anime/%00", 400),
        (b"/api/tags?limit=%ff", 400),
        (b"/api/tags?limit=1&limit=2", 400),
        (b"/api/tags?a=\xc3\x28", 400),
        (b"/api//tags", 404),
        (b"/api/tags/", 404),
        (b"//evil.example/api/tags", 404),
        (b"/api/tags/../tags", 404),
        (b"*", 404),
        (b"/" + b"a" * 3000, 414),
        (b"/api/tags?" + b"a" * 9000, 414),
        (b"/api/tags/caf\xc3\xa9/anime", 404),
    ],
)
def test_a_hostile_target_is_refused_on_the_wire(base: str, target: bytes, status: int) -> None:
    answer = sent(base, request(target))
    assert answer.startswith(b"HTTP/1.1 %d " % status), answer[:200]


def test_an_answer_from_the_cache_is_open_to_other_origins_on_the_wire(base: str) -> None:
    origin = b"Origin: https://app.example"
    preflight = request(
        b"/api/tags", origin, b"Access-Control-Request-Method: GET", method=b"OPTIONS"
    )
    assert sent(base, preflight).startswith(b"HTTP/1.1 204 ")
    for _ in range(2):  # the second is kept
        answer = sent(base, request(b"/api/tags", origin, b"Authorization: Bearer x"))
        head = answer.partition(b"\r\n\r\n")[0].lower()
        assert b"\r\naccess-control-allow-origin: *" in head
        assert b"\r\ncache-control: public, max-age=" in head
        assert b"\r\nvary: accept-encoding" in head
        etag = head.partition(b"\r\netag: ")[2].partition(b"\r\n")[0]
        known = sent(base, request(b"/api/tags", b"If-None-Match: " + etag))
        assert known.startswith(b"HTTP/1.1 304 ")
        assert b"access-control-allow-origin: *" in known


def test_a_method_that_does_not_exist_is_refused(base: str) -> None:
    answer = sent(base, request(b"/api/tags", method=b"BREW"))
    assert answer.startswith(b"HTTP/1.1 405 ")
    assert b"allow: " in answer.lower()


def test_a_header_can_t_split_an_answer(base: str) -> None:
    answer = sent(base, request(b"/api/tags", b"X-Request-ID: a\x0bSet-Cookie: b"))
    assert b"set-cookie" not in answer.lower().partition(b"\r\n\r\n")[0]


def test_a_body_in_parts_is_read_no_further_than_the_limit(base: str) -> None:
    chunks = b"".join(b"1000\r\n" + b" " * 4096 + b"\r\n" for _ in range(20)) + b"0\r\n\r\n"
    headers = (b"Content-Type: application/json", b"Transfer-Encoding: chunked")
    answer = sent(base, request(b"/api/anime/batch", *headers, method=b"POST", body=chunks))
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_many_clients_at_once_are_all_answered(base: str) -> None:
    async def ask() -> set[int]:
        async with httpx.AsyncClient(base_url=base) as client:
            paths = [
                f"/api/anime/{graphs.BEBOP}",
                "/api/tags",
                "/nowhere",
                f"/api/anime/{graphs.BEBOP}/episodes",
            ] * 50
            return {answer.status_code for answer in await asyncio.gather(*map(client.get, paths))}

    assert asyncio.run(ask()) == {200, 404}


def test_a_port_that_is_taken_is_refused_in_one_line(base: str, tmp_path: Path) -> None:
    env = environment(
        asyncio.run(written_store(tmp_path / "kensho.db")), tmp_path, urlsplit(base).port or 0
    )
    refused = kensho("serve", env=env)
    assert refused.returncode == 2
    assert f"can't listen on {base}" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("name", "value"), [("KENSHO_PORT", "http"), ("KENSHO_WORKERS", "0"), ("KENSHO_NONSENSE", "1")]
)
def test_a_setting_that_makes_no_sense_is_refused_in_one_line(
    tmp_path: Path, name: str, value: str
) -> None:
    refused = kensho("serve", env=environment("mem://", tmp_path, 8700) | {name: value})
    assert refused.returncode == 2
    assert refused.stderr.startswith(f"kensho: {name}: ")
    assert refused.stderr.count("\n") == 1


def test_logs_are_one_json_object_a_line(tmp_path: Path) -> None:
    env = environment(asyncio.run(written_store(tmp_path / "kensho.db")), tmp_path, free_port())
    assert kensho("snapshot", "publish", env=env).returncode == 0
    running = subprocess.Popen(
        [sys.executable, "-m", "kensho.cli", "serve"],
        env=env | {"KENSHO_LOG_FORMAT": "json"},
        stderr=subprocess.PIPE,
    )
    assert running.stderr is not None
    first = [json.loads(running.stderr.readline()) for _ in range(3)]
    running.send_signal(signal.SIGINT)
    rest = running.communicate(timeout=20)[1]
    assert [line["event"] for line in first] == [
        "search_kernel",
        "snapshot_opened",
        "serving",
    ]
    assert {line["level"] for line in first} == {"info"}
    assert all(json.loads(line) for line in rest.splitlines())
    assert running.returncode == 0


def test_the_version_is_told_for_people_and_for_programs() -> None:
    assert kensho("version").stdout.startswith("kensho ")
    assert json.loads(kensho("version", "--json").stdout).keys() == {"version"}


def test_a_command_that_does_not_exist_is_a_usage_error() -> None:
    assert kensho("nonsense").returncode == 2


def test_help_lists_the_commands() -> None:
    told = kensho("--help").stdout
    assert "serve" in told
    assert "version" in told
