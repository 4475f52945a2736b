"""The door to Redis, against a real one that is killed, hung and started again."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from kensho.errors import RedisDownError
from kensho.platform.machine_metrics import MachineMetrics
from kensho.platform.redis import PREFIX, RedisDoor, RedisScript
from kensho.platform.secret_values import Secret
from kensho.platform.settings import RedisSettings
from tests.support.redis_servers import RedisServer, running_redis
from tests.support.servers import free_port

PATIENCE_S: Final = 30.0
RAISE: Final = RedisScript("raise", "return redis.call('INCRBY', KEYS[1], ARGV[1])")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with running_redis(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture
async def door(server: RedisServer) -> AsyncIterator[RedisDoor]:
    server.restart()
    async with RedisDoor(RedisSettings(url=server.url, pool_size=4)) as opened:
        yield opened


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not await holds():  # noqa: ASYNC110 -- Redis tells nobody that it is back
            await asyncio.sleep(0.02)


async def works(door: RedisDoor) -> bool:
    try:
        return await door.command("PING", "") is not None
    except RedisDownError:
        return False


async def test_values_are_bytes_under_the_prefix_and_pass(
    door: RedisDoor, server: RedisServer
) -> None:
    assert await door.put("one", b"\x80\x00", ttl_s=60)
    assert not await door.put("one", b"other", ttl_s=60, only_if_absent=True)
    assert await door.get("one") == b"\x80\x00"
    assert await door.get("two") is None
    assert server.ask("GET", PREFIX + "one") == b"$2\r\n\x80\x00\r\n"
    assert await door.put("two", b"x", ttl_s=0.001)
    await until(lambda: is_absent(door, "two"))


async def is_absent(door: RedisDoor, key: str) -> bool:
    return await door.get(key) is None


async def test_commands_run_as_one_step_and_scripts_on_what_has_forgotten_them(
    door: RedisDoor, server: RedisServer
) -> None:
    assert await door.commands(("SET", "n", 5), ("INCRBY", "n", 2), ("GET", "n")) == [
        True,
        7,
        b"7",
    ]
    assert await door.run(RAISE, ["n"], [3]) == 10
    server.ask("SCRIPT", "FLUSH")
    assert await door.run(RAISE, ["n"], [3]) == 13


async def test_a_command_that_is_refused_does_not_close_the_door(door: RedisDoor) -> None:
    await door.put("text", b"x", ttl_s=60)
    with pytest.raises(RedisDownError, match="refused"):
        await door.command("INCR", "text")
    assert door.is_up
    assert await door.get("text") == b"x"


async def test_a_redis_that_is_killed_is_left_alone_and_found_again(
    door: RedisDoor, server: RedisServer
) -> None:
    await door.put("one", b"1", ttl_s=60)
    server.stop()
    for _ in range(3):
        with pytest.raises(RedisDownError):
            await door.get("one")
    assert not door.is_up
    server.start()
    await until(lambda: works(door))
    assert await door.get("one") is None  # it kept nothing


async def test_one_that_hangs_is_waited_for_once(server: RedisServer) -> None:
    registry = CollectorRegistry()
    settings = RedisSettings(url=server.url, pool_size=4, deadline_s=0.2)
    async with RedisDoor(settings, metrics=MachineMetrics(registry)) as door:
        await door.put("one", b"1", ttl_s=60)
        with server.hung():
            ends = await asyncio.gather(
                *(door.get("one") for _ in range(20)), return_exceptions=True
            )
            assert all(isinstance(one, RedisDownError) for one in ends)
            began_s = time.monotonic()
            for _ in range(200):
                with pytest.raises(RedisDownError):
                    await door.get("one")
            assert time.monotonic() - began_s < 200 * settings.deadline_s / 2  # hence not waited
        await until(lambda: works(door))
        assert await door.get("one") == b"1"
    told = generate_latest(registry).decode()
    assert 'kensho_breaker_opened_total{upstream="redis"}' in told
    assert 'kensho_breaker_state{upstream="redis"} 0.0' in told
    assert 'kensho_upstream_requests_total{outcome="refused",upstream="redis"}' in told


async def test_one_that_was_never_there_does_not_stop_the_start() -> None:
    settings = RedisSettings(url=f"redis://127.0.0.1:{free_port()}/0")
    async with RedisDoor(settings) as door:
        assert not door.is_up
        with pytest.raises(RedisDownError):
            await door.get("one")


async def test_calls_that_are_cancelled_leave_nothing_behind(server: RedisServer) -> None:
    async with RedisDoor(RedisSettings(url=server.url, pool_size=4, deadline_s=10)) as door:
        with server.hung():
            tasks = [asyncio.create_task(door.get("one")) for _ in range(100)]
            await asyncio.sleep(0.05)  # four wait for Redis, the others for them
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
            assert all(isinstance(one, asyncio.CancelledError) for one in ends)
            assert door.is_up
        values = await asyncio.gather(*(door.put(str(n), b"v", ttl_s=60) for n in range(50)))
        assert all(values)


async def test_a_sign_in_is_kept_out_of_the_url(tmp_path: Path) -> None:
    with running_redis(tmp_path, "--requirepass", "right") as locked:
        wrong = RedisSettings(url=locked.url, password=Secret("wrong"))
        async with RedisDoor(wrong) as door:
            assert not door.is_up
        right = RedisSettings(url=locked.url, password=Secret("right"))
        async with RedisDoor(right) as door:
            assert await door.put("one", b"1", ttl_s=60)
