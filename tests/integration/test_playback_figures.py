"""How many watch now: told by players, in one process, and in several that share a Redis."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kensho.edges.playback import figures
from kensho.edges.playback.figures import SEEN_S, Viewers
from kensho.platform.redis import RedisDoor
from kensho.platform.settings import RedisSettings
from tests.support.redis_servers import running_redis


class Clock:
    """A clock that is told."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.integers(0, 20)), max_size=40))
async def test_those_count_who_told_lately_and_not_of_their_end(
    told: list[tuple[int, bool, int]],
) -> None:
    clock = Clock()
    viewers = Viewers("films", None, clock)
    last: dict[int, tuple[float, bool]] = {}
    for who, is_over, pause_s in told:
        await viewers.note(str(who), is_over=is_over)
        last[who] = (clock(), is_over)
        clock.now_s += pause_s
        there = [at for at, over in last.values() if not over and clock() - at <= SEEN_S]
        assert viewers.count() == len(there)


async def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "_MOST_VIEWERS", 3)
    viewers = Viewers("films", None, Clock())
    for who in range(10):
        await viewers.note(str(who), is_over=False)
    assert viewers.count() == 3


async def test_processes_that_share_a_redis_count_each_viewer_once(tmp_path: Path) -> None:
    clock, random = Clock(), Random(16)
    with running_redis(tmp_path) as redis:
        async with RedisDoor(RedisSettings(url=redis.url, deadline_s=2.0)) as door:
            many = [Viewers("films", door, clock, clock) for _ in range(3)]
            for who in range(40):
                for _ in range(3):
                    await random.choice(many).note(str(who), is_over=False)
            for viewers in many:
                await viewers.note("0", is_over=False)
            assert [one.count() for one in many] == [40, 40, 40]
            await many[0].note("1", is_over=True)
            assert many[0].count() == 39
            clock.now_s += SEEN_S / 2
            await many[1].note("0", is_over=False)
            clock.now_s += SEEN_S / 2 + 1
            await many[1].note("0", is_over=False)
            assert many[1].count() == 1
            assert many[0].count() == 0, "it has heard of nobody for long"
            redis.stop()
            await many[0].note("2", is_over=False)
            assert many[0].count() == 1, "its own"
