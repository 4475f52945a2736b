"""Limits a minute: in memory under a clock, and over a real Redis from four processes."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from math import floor
from typing import Final, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kensho.platform.rate_limits import RateLimitDecision
from kensho.platform.redis import RedisDoor
from kensho.platform.settings import RedisSettings
from kensho.platform.sliding_limits import (
    MANAGERS,
    VIEWERS,
    LimitRule,
    OwnWindows,
    SharedWindows,
    SlidingLimits,
    Windows,
)
from tests.support.redis_servers import RedisServer, running_redis

ASK: Final = """
import asyncio, sys
from kensho.platform.redis import RedisDoor
from kensho.platform.settings import RedisSettings
from kensho.platform.sliding_limits import VIEWERS, SlidingLimits

async def main():
    async with RedisDoor(RedisSettings(url=sys.argv[1], deadline_s=10)) as door:
        limits = SlidingLimits(door)
        await limits.judge(VIEWERS, "warm")
        print("ready", flush=True)
        sys.stdin.readline()
        found = await asyncio.gather(*(limits.judge(VIEWERS, "session") for _ in range(60)))
        print(sum(one.allowed for one in found))

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with running_redis(tmp_path_factory.mktemp("redis")) as run:
        yield run


@pytest.fixture(params=["memory", "redis"])
async def windows(request: pytest.FixtureRequest) -> AsyncIterator[Windows]:
    """Return each way to keep windows, empty."""
    if request.param == "memory":
        yield OwnWindows()
        return
    server = cast("RedisServer", request.getfixturevalue("server"))
    server.clear()
    async with RedisDoor(RedisSettings(url=server.url, deadline_s=10)) as door:
        yield SharedWindows(door)


async def test_exactly_as_many_pass_as_the_rule_says(windows: Windows) -> None:
    for rule in (VIEWERS, MANAGERS):
        passed = [await windows.acquire(rule, rule.scope) for _ in range(rule.requests + 5)]
        assert passed == [True] * rule.requests + [False] * 5
        window = await windows.read(rule, rule.scope)
        assert window.counted(rule) == rule.requests
        assert 0 < window.free_in_s(rule) <= 2 * rule.window_s
    assert await windows.acquire(VIEWERS, "another")
    assert (await windows.read(VIEWERS, "nobody")).counted(VIEWERS) == 0


async def test_a_window_passes_and_the_one_before_counts_ever_less(windows: Windows) -> None:
    rule = LimitRule("short", 4, window_s=1)
    assert [await windows.acquire(rule, "a") for _ in range(5)] == [True] * 4 + [False]
    waited_s = 0.0
    async with asyncio.timeout(30):
        while not await windows.acquire(rule, "a"):
            await asyncio.sleep(0.02)
            waited_s += 0.02
    assert waited_s > 0.5  # the window at least
    assert (await windows.read(rule, "a")).previous == 4


class SlowWindows:
    """Keeps every request that passed; windows are found by walking from the first of them."""

    def __init__(self) -> None:
        self.passed: list[float] = []

    def count(self, rule: LimitRule, now_s: float) -> int:
        began_s: float | None = None
        current: list[float] = []
        previous: list[float] = []
        for at in [*self.passed, now_s]:
            while began_s is not None and at >= began_s + rule.window_s:
                previous, current = current, []
                began_s += rule.window_s
                if not previous and not current:
                    began_s = None
            if began_s is None:
                began_s, current, previous = at, [], []
            current.append(at)
        current.pop()
        assert began_s is not None
        left_s = began_s + rule.window_s - now_s
        return floor(len(previous) * left_s / rule.window_s) + len(current)

    def acquire(self, rule: LimitRule, now_s: float) -> bool:
        if self.count(rule, now_s) >= rule.requests:
            return False
        self.passed.append(now_s)
        return True


@given(
    st.integers(1, 6),
    st.lists(st.sampled_from((0, 0, 0.25, 1, 2.5, 4, 7.75, 8, 15, 16, 17)), max_size=60),
)
async def test_windows_do_what_a_slow_oracle_says(requests: int, pauses: list[float]) -> None:
    now_s = 100.0
    rule, oracle = LimitRule("any", requests, window_s=8), SlowWindows()
    windows = OwnWindows(lambda: now_s)
    for pause_s in pauses:
        now_s += pause_s
        window = await windows.read(rule, "a")
        assert window.counted(rule) == oracle.count(rule, now_s)
        if window.counted(rule) >= rule.requests:
            before, free_s = now_s, floor(window.free_in_s(rule)) + 1
            now_s = before + free_s  # what Retry-After says is late enough
            assert oracle.count(rule, now_s) < rule.requests
            now_s = before + window.free_in_s(rule) - 0.01  # and not much later than needed
            assert oracle.count(rule, now_s) >= rule.requests
            now_s = before
        assert await windows.acquire(rule, "a") == oracle.acquire(rule, now_s)


async def test_the_longest_unseen_is_forgotten() -> None:
    windows = OwnWindows(most_clients=2)
    rule = LimitRule("once", 1)
    for client in "abc":
        assert await windows.acquire(rule, client)
    assert not await windows.acquire(rule, "c")
    assert await windows.acquire(rule, "a")


def test_exactly_120_pass_over_four_processes(server: RedisServer) -> None:
    server.clear()
    command = [sys.executable, "-c", ASK, server.url]
    asking = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    try:
        for one in asking:
            assert one.stdout is not None
            assert one.stdout.readline() == "ready\n"
        for one in asking:
            assert one.stdin is not None
            one.stdin.write("\n")
            one.stdin.flush()
        passed = [int(one.communicate(timeout=60)[0]) for one in asking]
    finally:
        for one in asking:
            one.kill()
            one.wait()
    assert sum(passed) == VIEWERS.requests
    assert b"session" not in server.ask("KEYS", "*")  # no session is named


async def test_without_redis_each_process_counts_by_itself(server: RedisServer) -> None:
    server.restart()
    rule = LimitRule("few", 3)
    async with RedisDoor(RedisSettings(url=server.url)) as door:
        limits = SlidingLimits(door)

        async def passed() -> int:
            return sum([(await limits.judge(rule, "a")).allowed for _ in range(5)])

        assert await passed() == 3
        with server.hung():
            assert await passed() == 3  # the same quota, of this process
        server.stop()
        assert await passed() == 0
        server.start()
        async with asyncio.timeout(30):
            while not door.is_up:  # noqa: ASYNC110 -- Redis tells nobody that it is back
                await asyncio.sleep(0.02)
        assert await passed() == 3  # counted in Redis again, which has forgotten


def test_what_is_told_of_a_limit() -> None:
    async def judged() -> list[RateLimitDecision]:
        limits = SlidingLimits(clock=lambda: 0.0)
        return [await limits.judge(MANAGERS, "m") for _ in range(21)]

    first, *_, last, refused = asyncio.run(judged())
    assert dict(first.headers) == {
        b"ratelimit-policy": b'"managers";q=20;w=60',
        b"ratelimit": b'"managers";r=19;t=120',
    }
    assert dict(last.headers)[b"ratelimit"] == b'"managers";r=0;t=120'
    assert not refused.allowed
    assert dict(refused.headers)[b"retry-after"] == b"61"
    assert refused.retry_after_s == 61
