"""A request that names no sound host is refused in few words, in its answer and in the log."""

import socket
from collections.abc import AsyncIterator, Iterator
from typing import Final
from urllib.parse import urlsplit

import httpx
import pytest
from httpx import AsyncClient
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.integration.conftest import running, settings_for, until_ready
from tests.support import graphs
from tests.support.examples import examples
from tests.support.servers import serving, written_store

PATHS: Final = (
    "/oembed?url=/hub/x",
    "/",
    "/browse",
    f"/api/anime/{graphs.BEBOP}",
    "/nowhere",
    "/health/live",
)
BAD: Final[list[list[bytes]]] = [
    [],
    [b""],
    [b"a", b"b"],
    [b"a", b"a"],
    [b"a b"],
    [b"a:b:c"],
    [b"a:99999"],
    [b"a:-1"],
    [b"[zz"],
    [b"[::1"],
    [b"[:::::1]"],
    [b"u:p@a"],
    [b"a/b"],
    [b"<script>"],
    [b"\xff\xfe"],
    [b"x" * 300],
]
GOOD: Final = (b"a", b"A.example:8700", b"127.0.0.1:1", b"[::1]:80", b"[2001:DB8::1]", b"a_b.c.")


@pytest.fixture(scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[AsyncClient]:
    """Return a client of the application over the small graph."""
    folder = tmp_path_factory.mktemp("hosts")
    settings = settings_for(await written_store(folder / "kensho.db"), folder)
    async with running(settings) as client:
        await until_ready(client)
        yield client


async def asked(client: AsyncClient, path: str, hosts: list[bytes]) -> httpx.Response:
    """Ask for a path with these lines of `Host` and no other."""
    request = client.build_request("GET", path)
    request.headers = httpx.Headers([(b"host", host) for host in hosts])
    return await client.send(request)


@pytest.mark.parametrize("hosts", BAD)
async def test_a_bad_host_is_400_in_few_words(
    client: AsyncClient, hosts: list[bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    for path in PATHS:
        answer = await asked(client, path, hosts)
        assert answer.status_code == 400, path
        assert answer.json()["error"] == "bad_host"
        assert len(answer.content) < 600
    told = capsys.readouterr()
    assert told.out + told.err == ""


@pytest.mark.parametrize("host", GOOD)
async def test_names_and_addresses_are_hosts(client: AsyncClient, host: bytes) -> None:
    assert (await asked(client, f"/api/anime/{graphs.BEBOP}", [host])).status_code == 200


@hypothesis_settings(
    max_examples=examples(100),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(host=st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=20))
async def test_no_host_makes_it_stumble(client: AsyncClient, host: str) -> None:
    for path in ("/oembed?url=/hub/x", "/browse"):
        answer = await asked(client, path, [host.encode("latin-1")])
        assert answer.status_code < 500


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the small graph by the real server."""
    with serving(tmp_path_factory.mktemp("hosts")) as url:
        yield url


def status_of(base: str, raw: bytes) -> bytes:
    """Send bytes and return the status that comes back."""
    address = urlsplit(base)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=5) as wire:
        wire.sendall(raw)
        return wire.recv(65_536).split(b" ")[1]


@pytest.mark.parametrize("lines", [b"", b"Host:\r\n", b"Host: a\r\nHost: b\r\n", b"Host: [z\r\n"])
def test_a_bad_host_is_refused_on_the_wire(base: str, lines: bytes) -> None:
    raw = b"GET /browse HTTP/1.1\r\n" + lines + b"Connection: close\r\n\r\n"
    assert status_of(base, raw) == b"400"


def test_an_old_client_names_no_host(base: str) -> None:
    assert status_of(base, b"GET /health/live HTTP/1.0\r\n\r\n") == b"200"


@pytest.mark.parametrize(
    "body",
    [b"zz\r\n{}\r\n0\r\n\r\n", b'5\r\n{"ids\r\nZZZ\r\n', b"-1\r\n", b"ffffffffffffffffff\r\n"],
)
def test_malformed_chunks_are_400(base: str, body: bytes) -> None:
    raw = (
        b"POST /api/anime/batch HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )
    assert status_of(base, raw + body) == b"400"
