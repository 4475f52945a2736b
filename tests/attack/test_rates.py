"""A client is limited by what its requests cost; people who browse never notice."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final, cast

import pytest
from httpx import ASGITransport, AsyncClient

from kensho.platform.environment import load, with_changes
from tests.integration.conftest import running, settings_for, until_ready
from tests.support import franchise_rows, graphs

SHELL: Final = franchise_rows.GITS
_ADDRESS: Final = re.compile(r'(?:href|src)="(/[^"#]+)"')


@pytest.fixture(scope="module")
async def app(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Any]:
    """Return a service that gives as many units as by default, but none back within a test."""
    folder: Path = tmp_path_factory.mktemp("rates")
    settings = settings_for(await franchise_rows.franchise_store(folder), folder)
    async with running(with_changes(settings, rate_limit_window_s=3_600)) as client:
        await until_ready(client)
        yield cast("Any", client)._transport.app


def from_address(app: Any, address: str) -> AsyncClient:
    """Return a client that asks from an address."""
    return AsyncClient(transport=ASGITransport(app, client=(address, 1)), base_url="http://test")


async def test_a_household_that_browses_is_not_limited(app: Any) -> None:
    """Five people load four pages each within no time, with all that stands on them."""
    pages = ("/", f"/hub/{SHELL}", f"/hub/{SHELL}/map", f"/anime/{graphs.BEBOP}")
    async with from_address(app, "192.0.2.7") as client:
        for person in range(5):
            for path in pages:
                page = await client.get(path)
                statuses = {page.status_code}
                for other in dict.fromkeys(_ADDRESS.findall(page.text)):
                    if other.startswith("/assets/") or other.endswith(".svg"):
                        statuses.add((await client.get(other)).status_code)
                for letters in range(3, 8):
                    typed = "ghost in"[:letters]
                    answer = await client.get("/api/suggest", params={"q": f"{typed}{person}"})
                    statuses.add(answer.status_code)
                assert statuses == {200}, path


@pytest.mark.parametrize(
    ("target", "least"),
    [
        (f"/path?from={graphs.BEBOP}&to={{}}", 200),
        ("/api/search?explain=true&q=ghost{}", 166),
        (f"/api/paths?from={graphs.BEBOP}&to={graphs.NARUTO}&k={{}}", 250),
        ("/api/tags?cursor={}", 1_000),
        ("/nowhere/{}", 1_000),
    ],
)
async def test_one_that_never_stops_is_told_to_come_back(app: Any, target: str, least: int) -> None:
    address = f"192.0.2.{100 + len(target)}"
    statuses: list[int] = []
    async with (
        from_address(app, address) as attacker,
        from_address(app, f"2001:db8:{len(target):x}::1") as victim,
    ):
        while 429 not in statuses and len(statuses) < 2 * least:
            answer = await attacker.get(target.format(len(statuses)))
            statuses.append(answer.status_code)
        answer = await attacker.get(target.format(len(statuses)))
        assert (statuses[-1], answer.status_code) == (429, 429)
        assert len(statuses) >= least
        assert 1 <= int(answer.headers["retry-after"]) <= 100
        assert answer.headers["content-type"] == "application/problem+json"
        assert (await victim.get(target.format(0))).status_code != 429
        assert (await attacker.get("/health/ready")).status_code == 200
    async with from_address(app, address) as again:
        assert (await again.get(f"/anime/{graphs.BEBOP}")).status_code in (200, 429)


async def test_costly_requests_use_a_client_up_sooner(app: Any) -> None:
    async def left_after(address: str, path: str) -> int:
        async with from_address(app, address) as client:
            return int((await client.get(path)).headers["ratelimit"].split(";")[1][2:])

    id_ = graphs.BEBOP
    read = await left_after("198.51.100.1", f"/api/anime/{id_}?fields=id")
    page = await left_after("198.51.100.2", f"/anime/{id_}?episodes=7")
    deep = await left_after("198.51.100.3", f"/anime/{id_}/map?depth=3")
    shallow = await left_after("198.51.100.4", f"/anime/{id_}/map")
    picture = await left_after("198.51.100.5", f"/hub/{SHELL}/map.png")
    assert read > page > shallow > deep > picture


async def test_a_network_of_ipv6_has_one_budget(app: Any) -> None:
    lefts: list[int] = []
    for number in range(3):
        async with from_address(app, f"2001:db8:5::{number:x}") as client:
            answer = await client.get(f"/api/search?q=ghost{number}")
            lefts.append(int(answer.headers["ratelimit"].split(";")[1][2:]))
    assert lefts[0] > lefts[1] > lefts[2]


def test_the_default_is_a_limit() -> None:
    assert load({}).limits.units > 0
