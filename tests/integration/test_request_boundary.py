"""Who may ask, from which origin and under which name: CORS, hosts and trusted proxies."""

import contextlib
import itertools
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
from httpx import ASGITransport, AsyncClient, Response

from kensho.platform.environment import with_changes
from tests.integration.conftest import running, settings_for, until_ready
from tests.support import franchise_rows, graphs
from tests.support.servers import written_store

APP = "https://app.example"
FROM_APP = {"origin": APP}
READ = f"/api/anime/{graphs.BEBOP}"
PREFLIGHT = {
    "origin": APP,
    "access-control-request-method": "GET",
    "access-control-request-headers": "if-none-match",
}


@contextlib.asynccontextmanager
async def ready(
    folder: Path, *, with_franchises: bool = False, **changes: object
) -> AsyncGenerator[AsyncClient]:
    """Run an application over a store of its own, with changed settings."""
    if with_franchises:
        url = await franchise_rows.franchise_store(folder)
    else:
        url = await written_store(folder / "kensho.db")
    settings = settings_for(url, folder)
    async with running(with_changes(settings, **changes)) as client:
        await until_ready(client)
        yield client


@pytest.fixture(scope="module")
async def named(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[AsyncClient]:
    """Return a client of a service that knows its names."""
    async with ready(
        tmp_path_factory.mktemp("named"),
        allowed_hosts=("kensho.example", "*.wild.example"),
        public_url="https://public.example",
    ) as client:
        yield client


async def every_kind_of_answer(client: AsyncClient, headers: dict[str, str]) -> list[Response]:
    """Ask for answers that are made in different places: cache, handlers, router, pipeline."""
    whole = await client.get(READ, headers=headers)
    known = {**headers, "if-none-match": whole.headers["etag"]}
    return [
        whole,
        await client.get(READ, headers=headers),  # kept
        await client.head(READ, headers=headers),
        await client.get(READ, headers=known),  # 304, kept
        await client.get("/api/tags?limit=3", headers=headers),
        await client.get("/api/health", headers=headers),
        await client.post("/api/anime/batch", headers=headers, json={"ids": []}),
        await client.get(f"/api/anime/{graphs.UNKNOWN}", headers=headers),  # 404 of a handler
        await client.get("/api/nowhere", headers=headers),  # 404 of the router
        await client.delete("/api/tags", headers=headers),  # 405
        await client.get("/api/tags?limit=0", headers=headers),  # 400
        await client.get(f"/api/tags?cursor={'x' * 9_000}", headers=headers),  # 414
        await client.get("/oembed?url=http://test/hub/x", headers=headers),
        await client.options("/api/tags", headers={**headers, **PREFLIGHT, **headers}),
    ]


def varies_by(answer: Response) -> set[str]:
    return {part.strip().lower() for part in answer.headers.get("vary", "").split(",") if part}


async def test_any_origin_may_read_every_answer_of_the_api(client: AsyncClient) -> None:
    for headers in ({}, FROM_APP, {**FROM_APP, "cookie": "__Host-kensho=x"}):
        for answer in await every_kind_of_answer(client, headers):
            assert answer.headers["access-control-allow-origin"] == "*"
            assert "access-control-allow-credentials" not in answer.headers
            assert "etag" in answer.headers["access-control-expose-headers"].lower()
            assert "origin" not in varies_by(answer)


async def test_pages_are_not_open_to_scripts_of_other_sites(client: AsyncClient) -> None:
    for path in ("/", f"/anime/{graphs.BEBOP}", "/nowhere"):
        answer = await client.get(path, headers=FROM_APP)
        assert "access-control-allow-origin" not in answer.headers


async def test_a_preflight_is_answered_before_routing(client: AsyncClient) -> None:
    answer = await client.options("/api/anime/batch", headers=PREFLIGHT)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "if-none-match" in answer.headers["access-control-allow-headers"].lower()
    assert "content-type" in answer.headers["access-control-allow-headers"].lower()
    assert answer.headers["x-request-id"]


async def test_options_without_a_method_to_ask_for_is_no_preflight(client: AsyncClient) -> None:
    answer = await client.options("/api/tags", headers=FROM_APP)
    assert "GET" in answer.headers["allow"]


async def test_only_listed_origins_may_read_where_some_are_listed(tmp_path: Path) -> None:
    async with ready(tmp_path, cors_origins=(APP,)) as client:
        strangers: tuple[dict[str, str], ...] = ({"origin": "https://app.example.evil"}, {})
        for headers in (*strangers, FROM_APP, *strangers):  # also from the cache, either way
            for answer in await every_kind_of_answer(client, headers):
                allowed = answer.headers.get("access-control-allow-origin")
                is_allowed = answer.request.headers.get("origin") == APP
                assert allowed == (APP if is_allowed else None)
                assert "origin" in varies_by(answer)
                if "etag" in answer.headers:
                    assert "accept-encoding" in varies_by(answer)


EVIL = {"host": "evil.example"}


async def test_any_host_may_be_named_unless_some_are_listed(client: AsyncClient) -> None:
    assert (await client.get(READ, headers=EVIL)).status_code == 200


async def test_a_host_that_is_not_listed_is_refused_everywhere(named: AsyncClient) -> None:
    good = {"host": "kensho.example"}
    await every_kind_of_answer(named, good)  # fills the cache
    for answer in await every_kind_of_answer_refused(named, EVIL):
        assert answer.status_code == 400
        if answer.request.method != "HEAD":
            assert answer.json()["error"] == "foreign_host"
        assert "evil" not in answer.text + str(answer.headers)
    assert (await named.get("/", headers=EVIL)).status_code == 400
    for path in ("/health/live", "/health/ready", "/metrics"):
        assert (await named.get(path, headers=EVIL)).status_code == 200


async def every_kind_of_answer_refused(
    client: AsyncClient, headers: dict[str, str]
) -> list[Response]:
    return [
        await client.get(READ, headers=headers),
        await client.head(READ, headers=headers),
        await client.get(READ, headers={**headers, "if-none-match": "*"}),
        await client.get("/api/nowhere", headers=headers),
        await client.options("/api/tags", headers={**headers, **PREFLIGHT}),
        await client.post("/api/anime/batch", headers=headers, json={"ids": []}),
    ]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("kensho.example", 200),
        ("KENSHO.example", 200),
        ("kensho.example.", 200),
        ("kensho.example:8700", 200),
        ("a.wild.example", 200),
        ("a.b.wild.example:443", 200),
        ("wild.example", 400),
        ("public.example", 200),
        ("evilkensho.example", 400),
        ("kensho.example.evil", 400),
        ("kensho.example@evil.example", 400),
        ("kensho.example:evil", 400),
        ("", 400),
    ],
)
async def test_hosts_are_compared_by_name(named: AsyncClient, host: str, status: int) -> None:
    assert (await named.get(READ, headers={"host": host})).status_code == status


async def test_a_host_that_nobody_allowed_stands_in_no_answer(tmp_path: Path) -> None:
    hub = f"/hub/{franchise_rows.GITS}"
    paths = (
        "/",
        hub,
        f"{hub}/map",
        f"/embed{hub}",
        f"/anime/{graphs.BEBOP}",
        f"/oembed?url=http://evil.example{hub}",
        f"/oembed?url={hub}",
        "/browse",
        "/hub/bebop",
        "/api/franchises/bebop",
        "/nowhere",
        "/api/nowhere",
        "/api/openapi.json",
    )
    hostile = {**EVIL, "x-forwarded-host": "evil.example", "forwarded": "host=evil.example"}
    async with ready(tmp_path, with_franchises=True) as client:
        for path in paths:
            answer = await client.get(path, headers=hostile)
            assert answer.status_code < 500
            assert "evil.example" not in answer.text, path
            assert "evil.example" not in str(answer.headers), path


async def test_an_allowed_host_stands_in_absolute_addresses(tmp_path: Path) -> None:
    async with ready(
        tmp_path,
        with_franchises=True,
        allowed_hosts=("kensho.example",),
        trusted_proxies=("127.0.0.1/32",),
    ) as client:
        headers = {"host": "kensho.example", "x-forwarded-proto": "https"}
        page = f"https://kensho.example/hub/{franchise_rows.GITS}"
        answer = await client.get("/oembed", params={"url": page}, headers=headers)
        assert answer.json()["provider_url"] == "https://kensho.example/"


async def test_clients_behind_a_trusted_proxy_are_counted_apart(tmp_path: Path) -> None:
    numbers = itertools.count(1)  # no answer is kept
    async with ready(
        tmp_path,
        rate_limit_units=2,
        rate_limit_window_s=3_600,
        trusted_proxies=("10.0.0.0/8",),
    ) as client:
        app = cast("Any", client)._transport.app

        async def statuses(peer: str, forwarded_for: str) -> list[int]:
            transport = ASGITransport(app, client=(peer, 1))
            async with AsyncClient(transport=transport, base_url="http://test") as one:
                answers = [
                    await one.get(
                        f"/api/tags?limit={next(numbers)}",
                        headers={"x-forwarded-for": forwarded_for},
                    )
                    for _ in range(3)
                ]
                return [answer.status_code for answer in answers]

        assert await statuses("10.0.0.1", "192.0.2.1") == [200, 200, 429]
        assert await statuses("10.0.0.1", "1.2.3.4, 192.0.2.1") == [429, 429, 429]
        assert await statuses("10.0.0.1", "192.0.2.2") == [200, 200, 429]
        assert await statuses("192.0.2.9", "192.0.2.3") == [200, 200, 429]
        assert await statuses("192.0.2.9", "192.0.2.4") == [429, 429, 429]
