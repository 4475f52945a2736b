"""Costly routes of the real application: which they are, and what they do under attack."""

import asyncio
import re
import socket
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import pytest
from litestar.routes import HTTPRoute

from kensho.app import create_app
from kensho.http import compression
from kensho.http.pooled import is_pooled
from kensho.http.response_cache import EVERYBODY, Key, PackedResponse, ResponseCache, ResponseMeta
from kensho.platform.settings import Settings, SigningSettings
from tests.support import franchise_rows, graphs
from tests.support.servers import environment, free_port, served

COSTS: Final = Path(__file__).parents[2] / "docs" / "costs.md"
PIECE: Final = 65_536


def test_the_documentation_lists_what_every_route_costs(tmp_path: Path) -> None:
    """A new route is measured by `benchmarks.bench_routes` and declared by what it costs."""
    app = create_app(Settings(signing=SigningSettings(secret_file=tmp_path / "secret")))
    declared = {
        route.path: is_pooled(handler.fn)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if "OPTIONS" not in handler.http_methods
    }
    rows = re.findall(
        r"^\| `([^`?]+)[^`]*` \|.*\| (yes)? ?\|$", COSTS.read_text("utf-8"), re.MULTILINE
    )
    assert {path: said == "yes" for path, said in rows} == declared


def test_what_costs_more_than_5_ms_as_documented_is_pooled() -> None:
    rows = re.findall(
        r"^\| `([^`]+)` \| ([\d.]+) \| ([\d.]+) \| [\d.]+ \| [\d,]+ \| (yes)? ?\|$",
        COSTS.read_text("utf-8"),
        re.MULTILINE,
    )
    assert len(rows) > 50
    assert [path for path, _, p95, said in rows if float(p95) > 5 and not said] == []


async def test_an_export_that_nobody_reads_is_held_compressed_and_made_up_no_further() -> None:
    whole = b"<node id='%d'/>\n" * 500_000
    cache = ResponseCache(version="1", max_age_s=60, cache_bytes=2**20)
    pieces = (whole[at : at + PIECE] for at in range(0, len(whole), PIECE))
    key: Key = (b"/", b"", "identity", EVERYBODY)
    response = cache.prepare_pieces(pieces, "1-a", key, ResponseMeta())
    assert isinstance(response, PackedResponse)
    assert len(response.body) < len(whole) / 50
    sent: list[int] = []

    async def unread(message: Any) -> None:
        sent.append(len(message.get("body", b"")))
        if len(sent) > 3:
            await asyncio.Event().wait()

    sending = asyncio.create_task(response.send(None, unread))
    await asyncio.sleep(0.01)
    sending.cancel()
    assert sent == [0, PIECE, PIECE, PIECE]


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
async def test_what_is_held_compressed_is_sent_as_it_was(
    size: int, encoding: compression.Encoding
) -> None:
    whole = Random(size).randbytes(size // 2).hex().encode()
    cache = ResponseCache(version="1", max_age_s=60, cache_bytes=2**20)
    key: Key = (b"/", b"", encoding, EVERYBODY)
    response = cache.prepare_pieces(iter([whole]), "1-a", key, ResponseMeta())
    received: list[Any] = []

    async def read(message: Any) -> None:
        received.append(message)

    await response.send(None, read)
    body = b"".join(message.get("body", b"") for message in received)
    assert (body if encoding == "identity" else zlib.decompress(body, 31)) == whole
    names = {name for name, _ in received[0]["headers"]}
    assert (b"content-length" in names) == (encoding != "identity")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the small graph with little room for costly answers."""
    folder = tmp_path_factory.mktemp("costly")
    url = asyncio.run(franchise_rows.franchise_store(folder))
    settings = environment(url, folder, free_port()) | {
        "KENSHO_WORK_THREADS": "1",
        "KENSHO_WORK_QUEUE": "4",
        "KENSHO_WORK_PER_CLIENT": "3",
        "KENSHO_CACHE_BYTES": "0",
        "KENSHO_TRUSTED_PROXIES": "127.0.0.0/8",
    }
    with served(settings) as url:
        yield url


async def test_what_is_too_much_is_refused_and_told_when_to_come_again(base: str) -> None:
    paths = [f"/anime/{row['id']}/map?depth={depth}" for row in graphs.ANIME for depth in (1, 2, 3)]
    async with httpx.AsyncClient(base_url=base, timeout=30) as client:
        one = await until_refused(client, paths, lambda _: "192.0.2.1")
        many = await until_refused(client, paths, lambda number: f"198.51.100.{number}")
        assert (await client.get("/health/ready")).status_code == 200
    assert {answer.status_code for answer in one} == {200, 429}
    assert {answer.status_code for answer in many} == {200, 503}
    for answer in (*one, *many):
        if not answer.is_success:
            assert int(answer.headers["retry-after"]) > 0
            assert answer.headers["cache-control"] == "no-store"


async def test_programs_are_told_by_a_problem(base: str) -> None:
    paths = [f"/api/anime/{row['id']}/relations?depth=3" for row in graphs.ANIME]
    async with httpx.AsyncClient(base_url=base, timeout=30) as client:
        answers = await until_refused(client, paths * 4, lambda _: "192.0.2.1")
    problem = next(answer for answer in answers if not answer.is_success)
    assert problem.headers["content-type"].startswith("application/problem+json")
    assert problem.json()["type"].endswith("too_many_requests")
    assert problem.json()["scope"] == "concurrency"


async def until_refused(
    client: httpx.AsyncClient, paths: list[str], address: Callable[[int], str]
) -> list[httpx.Response]:
    """Ask for all at once, from these addresses, until one is refused."""
    answers: list[httpx.Response] = []
    async with asyncio.timeout(30):
        while all(answer.is_success for answer in answers):
            answers = await asyncio.gather(
                *(
                    client.get(path, headers={"x-forwarded-for": address(number)})
                    for number, path in enumerate(paths)
                )
            )
    return answers


def test_pictures_that_nobody_waits_for_are_not_drawn(base: str) -> None:
    parts = urlsplit(base)
    slugs = (franchise_rows.BEBOP, franchise_rows.GITS, franchise_rows.NARUTO)
    wires: list[socket.socket] = []
    for slug in slugs:
        wire = socket.create_connection((parts.hostname or "", parts.port or 0))
        wire.sendall(f"GET /hub/{slug}/map.png HTTP/1.1\r\nHost: test\r\n\r\n".encode())
        wires.append(wire)
    for wire in wires:
        wire.close()
    counted = re.compile(
        r'kensho_http_requests_total\{method="GET",route="/hub/\{slug\}/map.png",'
        r'status="(\d+)"\} (\d+)'
    )
    found: dict[str, int] = {}
    limit = monotonic() + 60
    with httpx.Client(base_url=base, timeout=30) as client:
        # Not all need be counted: the server drops one whose end it sees before it is read.
        while not found and monotonic() < limit:
            text = client.get("/metrics").text
            found = {status: int(number) for status, number in counted.findall(text)}
        assert set(found) == {"499"}
        assert client.get(f"/hub/{slugs[0]}/card.png").is_success
