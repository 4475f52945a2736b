"""Costly answers over a real Redis: made once by all, and never missed while Redis is away."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from typing import Final

import pytest
from httpx import AsyncClient, Response
from prometheus_client import CollectorRegistry, generate_latest

from kensho.http import shared_answers
from kensho.platform.cache_tiers import Flights, FoundAnswer, SharedCache, Worth
from kensho.platform.environment import with_changes
from kensho.platform.machine_metrics import MachineMetrics
from kensho.platform.redis import PREFIX, RedisDoor
from kensho.platform.settings import RedisSettings, Settings
from tests.integration.conftest import running, settings_for, until_ready
from tests.support import franchise_rows
from tests.support.redis_servers import RedisServer, running_redis

HUB: Final = f"/hub/{franchise_rows.GITS}"
EXPORT: Final = f"/api/franchises/{franchise_rows.GITS}/graph?format=dot"
KEPT_HERE: Final = "/api/tags"
"""Is not made on a thread, hence not worth a look at Redis."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with running_redis(tmp_path_factory.mktemp("redis")) as run:
        yield run


@pytest.fixture(scope="module")
async def alone(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Return settings of a server without Redis, whose snapshot is published."""
    folder = tmp_path_factory.mktemp("shared-answers")
    alone = settings_for(await franchise_rows.franchise_store(folder), folder)
    async with running(alone) as client:
        await until_ready(client)
    return alone


@pytest.fixture
def shared(server: RedisServer, alone: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return settings of servers that share an empty Redis, to which all answers are worth it."""
    monkeypatch.setattr(shared_answers, "WORTH_S", 0.0)
    monkeypatch.setattr("kensho.platform.cache_tiers._LOOK_S", 0.0)
    server.restart()
    return with_changes(alone, redis_url=server.url)


@contextlib.asynccontextmanager
async def pair(settings: Settings) -> AsyncGenerator[tuple[AsyncClient, AsyncClient]]:
    """Run two applications that know nothing of one another but Redis."""
    async with running(settings) as one, running(settings) as other:
        await until_ready(one)
        await until_ready(other)
        yield one, other


async def looks(client: AsyncClient, layer: str, outcome: str) -> float:
    """Return how often a layer had that outcome."""
    name = f'kensho_cache_requests_total{{layer="{layer}",outcome="{outcome}"}} '
    told = (await client.get("/metrics")).text
    return sum(float(one.removeprefix(name)) for one in told.splitlines() if one.startswith(name))


def same(one: Response, other: Response) -> bool:
    """Tell whether two answers are equal, but for what is of each request."""
    of_request = {"x-request-id", "traceparent"}
    told = [
        {name: value for name, value in answer.headers.items() if name not in of_request}
        for answer in (one, other)
    ]
    return one.status_code == other.status_code == 200 and (
        (told[0], one.content) == (told[1], other.content)
    )


async def test_what_one_made_the_other_finds(shared: Settings, server: RedisServer) -> None:
    async with pair(shared) as (one, other):
        for target in (HUB, EXPORT):
            for encoding in ("br", "gzip", "identity"):
                headers = {"accept-encoding": encoding}
                made = await one.get(target, headers=headers)
                await written(server)
                found = await other.get(target, headers=headers)
                assert same(made, found)
                again = {**headers, "if-none-match": made.headers["etag"]}
                assert (await other.get(target, headers=again)).status_code == 304
        assert await looks(one, "l2", "miss") == 6
        assert await looks(one, "l3", "hit") == 6
        assert await looks(other, "l2", "hit") == 6
        assert await looks(other, "l1", "hit") == 6
        assert not await looks(other, "l3", "hit")
        await one.get(KEPT_HERE)
        assert await looks(one, "l2", "miss") == 6


async def written(server: RedisServer) -> None:
    """Wait until nobody holds a lock."""
    async with asyncio.timeout(30):
        while server.ask("KEYS", f"{PREFIX}lock:*") != b"*0\r\n":  # noqa: ASYNC110 -- in Redis
            await asyncio.sleep(0.01)


async def test_what_all_ask_for_at_once_is_made_once(shared: Settings) -> None:
    async with pair(shared) as clients:
        answers = await asyncio.gather(*(client.get(HUB) for client in clients * 5))
        assert all(same(answers[0], one) for one in answers)
        made = [await looks(client, "l2", "miss") for client in clients]
        found = [
            await looks(client, "l2", what) for client in clients for what in ("hit", "joined")
        ]
        assert sum(made) == 1
        assert sum(found) >= 1


async def test_what_depends_on_settings_is_not_mixed_up(
    shared: Settings, server: RedisServer
) -> None:
    public = with_changes(shared, public_url="https://anime.example")
    async with running(shared) as one, running(public) as other:
        await until_ready(one)
        await until_ready(other)
        assert "anime.example" not in (await one.get(HUB)).text
        await written(server)
        assert "anime.example" in (await other.get(HUB)).text
        assert not await looks(other, "l2", "hit")


async def test_what_redis_garbles_is_made_anew(shared: Settings, server: RedisServer) -> None:
    async with pair(shared) as (one, other):
        made = await one.get(HUB)
        await written(server)
        names = [
            name for name in server.ask("KEYS", "*").split(b"\r\n") if name.startswith(b"kensho:l2")
        ]
        assert len(names) == 1
        assert server.ask("PTTL", names[0].decode()) > b":3500000"  # an hour
        server.ask("SET", names[0].decode(), "nonsense")
        assert same(made, await other.get(HUB))


async def test_discovery_goes_on_while_redis_is_killed_hung_and_restarted(
    shared: Settings, alone: Settings, server: RedisServer
) -> None:
    targets = [HUB, EXPORT, f"{HUB}/map", f"{HUB}/watch-order", KEPT_HERE, "/api/search?q=ghost"]
    unkept = with_changes(shared, cache_bytes=0)
    async with running(alone) as plain, running(unkept) as client:
        await until_ready(plain)
        await until_ready(client)
        expected = [await plain.get(target) for target in targets]

        async def all_as_ever() -> None:
            answers = await asyncio.gather(*(client.get(target) for target in targets * 3))
            assert all(same(one, two) for one, two in zip(answers, expected * 3, strict=True))

        await all_as_ever()
        server.stop()
        await all_as_ever()
        await all_as_ever()
        assert await looks(client, "l2", "unreachable") > 0
        server.start()
        await found_again(client)
        with server.hung():
            await all_as_ever()
            await all_as_ever()
        await found_again(client)
        await all_as_ever()


async def found_again(client: AsyncClient) -> None:
    """Wait until an answer comes from Redis, which takes two requests: one makes it."""
    before = await looks(client, "l2", "hit")
    async with asyncio.timeout(30):
        while await looks(client, "l2", "hit") == before:
            await client.get(HUB)


@pytest.fixture
async def door(server: RedisServer) -> AsyncIterator[RedisDoor]:
    server.restart()
    async with RedisDoor(RedisSettings(url=server.url)) as opened:
        yield opened


async def test_one_of_all_is_given_the_lock_and_the_others_its_value(door: RedisDoor) -> None:
    registry = CollectorRegistry()
    metrics = MachineMetrics(registry)
    caches = [SharedCache(door, "1", metrics) for _ in range(3)]
    looking = [asyncio.create_task(one.find("7", b"key")) for one in caches for _ in range(2)]
    done, _ = await asyncio.wait(looking, return_when=asyncio.FIRST_COMPLETED)
    first = [await one for one in done]
    tokens = [one.token for one in first if one.token]
    assert len(tokens) == 1
    caches[0].put("7", b"key", b"value", 60, tokens[0])
    found = await asyncio.gather(*looking)
    assert [one.value for one in found].count(b"value") == 4
    assert await caches[1].find("7", b"key") == FoundAnswer(b"value")
    assert (await caches[1].find("8", b"key")).token  # of another revision nothing is known
    assert 'layer="l2",outcome="joined"' in generate_latest(registry).decode()
    await caches[0].close()


async def test_values_without_a_lock_are_written_together(door: RedisDoor) -> None:
    cache, other = (SharedCache(door, "1", MachineMetrics()) for _ in range(2))
    for number in range(100):
        cache.put("7", b"%d" % number, b"x%d" % number, 60, b"")
    await cache.close()
    found = [(await other.find("7", b"%d" % number)).value for number in range(100)]
    assert found == [*(b"x%d" % number for number in range(64)), *([None] * 36)]


def test_looks_stop_where_nobody_else_makes_answers_and_begin_again_where_somebody_does() -> None:
    worth = Worth()
    assert worth.pays()  # nothing is known yet

    def looks(times: int, *, found: bool) -> int:
        done = 0
        for _ in range(times):
            if worth.pays():
                done += 1
                worth.note_look(found=found)
            if not found:
                worth.note_made(0.005)
        return done

    assert looks(36, found=False) == 36  # a tenth of 5 ms is what a look takes
    assert looks(160, found=False) in (10, 11)
    assert looks(320, found=True) > 250
    cheap = Worth()
    cheap.note_made(0.0001)
    assert not cheap.pays()


async def test_what_is_no_longer_looked_for_is_written_for_others_all_the_same(
    shared: Settings, server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kensho.platform.cache_tiers._LOOK_S", 10.0)
    async with pair(shared) as (one, other):
        await one.get(HUB, headers={"accept-encoding": "br"})
        made = await one.get(HUB, headers={"accept-encoding": "gzip"})
        assert await looks(one, "l2", "miss") == 1  # of the kind nothing was known before
        async with asyncio.timeout(30):
            while server.ask("KEYS", f"{PREFIX}l2:*").count(b"l2:") < 2:  # noqa: ASYNC110 -- as above
                await asyncio.sleep(0.01)
        assert same(made, await other.get(HUB, headers={"accept-encoding": "gzip"}))
        assert await looks(other, "l2", "hit") == 1


async def test_a_lock_is_released_by_its_owner_alone(
    door: RedisDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kensho.platform.cache_tiers._PATIENCE_S", 0.05)
    cache = SharedCache(door, "1", MachineMetrics())
    mine = await cache.find("7", b"key")
    assert mine.token
    cache.release("7", b"key", b"not mine")
    await cache.close()
    assert await cache.find("7", b"key") == FoundAnswer()  # waited in vain
    cache.release("7", b"key", mine.token)
    await cache.close()
    assert (await cache.find("7", b"key")).token
    cache.put("7", b"key", b"x" * 2_000_000, 60, b"")  # too large to be kept
    await cache.close()
    assert await door.get("l2:1:7:key") is None


async def test_equal_calls_share_one_flight_that_ends_with_the_last_of_them() -> None:
    flights: Flights[int] = Flights()
    made, go_on = 0, asyncio.Event()

    async def make() -> int:
        nonlocal made
        made += 1
        await go_on.wait()
        return made

    calls = [asyncio.create_task(flights.run("a", make)) for _ in range(3)]
    await asyncio.sleep(0)
    calls[0].cancel()
    await asyncio.sleep(0)
    go_on.set()
    ends = await asyncio.gather(*calls, return_exceptions=True)
    assert isinstance(ends[0], asyncio.CancelledError)
    assert ends[1:] == [1, 1]
    go_on.clear()
    alone = asyncio.create_task(flights.run("a", make))
    await asyncio.sleep(0)
    alone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await alone
    go_on.set()
    assert await flights.run("a", make) == 3
