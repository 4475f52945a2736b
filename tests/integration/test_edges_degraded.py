"""Redis, the store of the edges and the provider, each down, hung and back, under one application.

Whatever is away, discovery answers as before, no edge answers 500 or signs anybody out that it
knows, and all is well again within `RECOVERY_S`. The store is a server here (`RpcBridge`).
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

import pytest
from httpx import AsyncClient, Response
from typing_extensions import override

from kensho.platform.environment import with_changes
from kensho.platform.secret_values import Secret
from tests.integration.conftest import running, settings_for, until_ready
from tests.support import graphs
from tests.support.redis_servers import RedisServer, running_redis
from tests.support.rpc_bridge import DATABASE, NAMESPACE, RpcBridge
from tests.support.rpc_bridge import PASSWORD as STORE_PASSWORD
from tests.support.rpc_bridge import USERNAME as STORE_USERNAME
from tests.support.streaming import (
    PASSWORD,
    TRIGUN,
    VIEWER,
    Provider,
    provider_running,
    signed_in,
    streaming_settings,
)

RECOVERY_S: Final = 30.0
DISCOVERY: Final = (
    f"/api/anime/{graphs.BEBOP}",
    "/api/search?q=trigun",
    "/api/movies",
    f"/anime/{TRIGUN}",
    "/",
)
ACCOUNT: Final = {"email": "ada@example.org", "password": PASSWORD}
Request: TypeAlias = tuple[str, str, dict[str, Any]]


class Away(NamedTuple):
    """What is away, and how; `at_most_s` bounds an answer meanwhile."""

    what: str
    how: str

    @override
    def __str__(self) -> str:
        return f"{self.what} {self.how}"


CASES: Final = [
    Away(what, how) for what in ("redis", "store", "provider") for how in ("hung", "down")
]


class Rooms(NamedTuple):
    """The application, what it needs, and who is signed in: with an account, with the provider."""

    client: AsyncClient
    redis: RedisServer
    bridge: RpcBridge
    provider: Provider

    @contextlib.asynccontextmanager
    async def without(self, away: Away) -> AsyncGenerator[None]:
        """Have something away until the block ends."""
        faults, bridge = self.provider.reference.faults, self.bridge
        if away.what == "provider":
            fault: Any = "hang" if away.how == "hung" else "down"
            faults.token = faults.content = faults.playback = faults.media = fault
            yield
            faults.token = faults.content = faults.playback = faults.media = ""
        elif away.what == "store" and away.how == "hung":
            bridge.stall()
            yield
            bridge.resume()
        elif away.what == "store":
            await bridge.stop()
            yield
            await bridge.start()
        elif away.how == "hung":
            with self.redis.hung():
                yield
        else:
            self.redis.stop()
            yield
            self.redis.start()


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with running_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="module")
async def rooms(
    small_store: str, tmp_path_factory: pytest.TempPathFactory, redis: RedisServer
) -> AsyncIterator[Rooms]:
    """Run one application over all three; what it kept is what each test finds."""
    folder = tmp_path_factory.mktemp("degraded")
    with provider_running() as provider:
        async with RpcBridge.running() as bridge:
            settings = with_changes(
                streaming_settings(settings_for(small_store, folder), folder, provider),
                redis_url=redis.url,
                redis_deadline_s=0.5,
                store_deadline_s=3.0,
                edges_store_url=bridge.url,
                edges_store_namespace=NAMESPACE,
                edges_store_database=DATABASE,
                edges_store_username=STORE_USERNAME,
                edges_store_password=Secret(STORE_PASSWORD),
            )
            async with running(settings) as client:
                await until_ready(client)
                made = await client.post("/api/auth/register", json=ACCOUNT)
                assert made.status_code == 201, made.text
                yield Rooms(client, redis, bridge, provider)


async def bearer(client: AsyncClient) -> dict[str, str]:
    """Sign in to the account; return the header that shows it."""
    answer = await client.post("/api/auth/login", json=ACCOUNT)
    assert answer.status_code == 200, answer.text
    return {"authorization": f"Bearer {answer.json()['token']}"}


def of_edges(account: dict[str, str], viewer: dict[str, str]) -> Sequence[Request]:
    """Return requests of every kind that the edges take."""
    work = f"/api/me/watchlist/{TRIGUN}"
    return [
        ("GET", "/api/auth/me", {"headers": account}),
        ("POST", "/api/auth/login", {"json": ACCOUNT}),
        ("POST", "/api/auth/login", {"json": {"username": VIEWER, "password": PASSWORD}}),
        ("POST", "/api/auth/refresh", {"json": {"refresh_token": "x"}}),
        ("PUT", work, {"headers": account, "json": {"state": "watching", "progress": 3}}),
        ("GET", work, {"headers": account}),
        ("GET", "/api/me/watchlist", {"headers": account}),
        ("GET", "/api/me/continue", {"headers": viewer}),
        ("GET", "/api/me/history", {"headers": viewer}),
        ("GET", f"/api/stream/{TRIGUN}/1", {"headers": viewer}),
        ("DELETE", f"/api/stream/{TRIGUN}/2", {"headers": viewer}),
        ("GET", "/login", {}),
        ("GET", "/account", {"headers": account}),
        ("GET", f"/watch/{TRIGUN}/1", {"headers": viewer}),
        ("POST", "/api/logs/error", {"json": {"message": "x"}}),
    ]


async def asked(client: AsyncClient, requests: Sequence[Request]) -> list[Response]:
    """Send requests at once."""
    return await asyncio.gather(
        *(client.request(method, path, **given) for method, path, given in requests)
    )


def told(answers: Sequence[Response]) -> list[tuple[int, bytes]]:
    return [(answer.status_code, answer.content) for answer in answers]


@pytest.mark.parametrize("away", CASES, ids=str)
async def test_what_is_away_changes_nothing_of_discovery_fails_nothing_and_comes_back(
    rooms: Rooms, away: Away
) -> None:
    client = rooms.client
    account, viewer = await bearer(client), await signed_in(client)
    reads: list[Request] = [("GET", path, {}) for path in DISCOVERY]
    before = told(await asked(client, reads))
    requests = of_edges(account, viewer)
    await asked(client, requests)  # which puts on the list what is read of it at the same time
    well = await asked(client, requests)
    assert {answer.status_code for answer in well} <= {200, 204, 303, 401}, told(well)
    async with rooms.without(away):
        for _ in range(2):
            answers, meanwhile = await asyncio.gather(
                asked(client, requests), asked(client, reads * 3)
            )
            assert told(meanwhile) == before * 3
            for one, at_first, (method, path, _given) in zip(answers, well, requests, strict=True):
                assert one.status_code in (at_first.status_code, 429, 503), (method, path, one.text)
                assert one.status_code != 503 or int(one.headers["retry-after"]) >= 1, path
    async with asyncio.timeout(RECOVERY_S):
        while not await is_well(client):  # noqa: ASYNC110 -- nothing tells of it
            await asyncio.sleep(0.1)
    if away != Away("redis", "down"):  # which forgot who is signed in
        again = await asked(client, requests)
        assert [one.status_code for one in again] == [one.status_code for one in well]
    await asked(
        client, [("POST", "/api/auth/logout", {"headers": one}) for one in (account, viewer)]
    )


async def is_well(client: AsyncClient) -> bool:
    """Tell whether one can sign in both ways, keep a list, and play."""
    with contextlib.suppress(AssertionError):
        account, viewer = await bearer(client), await signed_in(client)
        put = await client.put(f"/api/me/watchlist/{TRIGUN}", headers=account, json={})
        played = await client.get(f"/api/stream/{TRIGUN}/3", headers=viewer)
        await client.post("/api/auth/logout", headers=viewer)
        return (put.status_code, played.status_code) == (200, 200)
    return False


async def test_the_page_of_the_service_says_what_people_can_do_now(
    small_store: str, tmp_path: Path
) -> None:
    """Where nobody can sign in, reading goes on, and the page tells both, without a reason."""
    away = with_changes(
        settings_for(small_store, tmp_path),
        edges=("accounts", "portal"),
        edges_store_url="ws://127.0.0.1:9",
        portal_keys_file=tmp_path / "portal_keys.json",
    )
    async with running(away) as api:
        await until_ready(api)
        text = (await api.get("/status")).text
        rows = re.findall(r'<th scope="row">([^<]*)</th><td><span class="state state-(\w+)">', text)
        told = dict(rows)
        assert told["Reading and searching"] == "ok"
        assert (told["Signing in, and your lists"], told["Films"]) == ("down", "down")
        assert told["Snapshot"] == "ok"
        assert "Making videos" not in told
        assert "It works, with a limitation" in text
        assert "127.0.0.1" not in text
