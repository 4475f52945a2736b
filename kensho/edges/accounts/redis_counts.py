"""Failures to sign in, counted in Redis by all processes; by each alone while it is away.

The times of the last events of a key are a sorted set under `f:{name}:{digest}`, by Redis's own
clock: that of one machine is another than that of the next.
"""

from collections.abc import Callable
from math import ceil
from typing import Any, Final

from typing_extensions import override

from kensho.edges.accounts.throttling import EventCounts, OwnCounts, digest_of
from kensho.errors import RedisDownError
from kensho.platform.redis import RedisDoor, RedisScript

_MS: Final = 1_000
_NOW: Final = """
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local window, most = tonumber(ARGV[1]), tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, now - window)
"""
_WAIT: Final = RedisScript(
    "failures_wait",
    _NOW
    + """
if redis.call('ZCARD', KEYS[1]) < most then return 0 end
local first = redis.call('ZRANGE', KEYS[1], -most, -most, 'WITHSCORES')
return math.max(1, tonumber(first[2]) + window - now)
""",
)
_NOTE: Final = RedisScript(
    "failures_note",
    _NOW
    + """
redis.call('ZADD', KEYS[1], now, time[1] .. time[2] .. redis.call('ZCARD', KEYS[1]))
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -most - 1)
redis.call('PEXPIRE', KEYS[1], window)
return 0
""",
)


class RedisCounts(EventCounts):
    """Counts of all processes, and of this one besides, for when Redis is away."""

    def __init__(
        self,
        door: RedisDoor,
        name: str,
        most: int,
        window_s: float,
        clock_s: Callable[[], float],
    ) -> None:
        self._door = door
        self._name = name
        self._bounds = (round(window_s * _MS), most)
        self._own = OwnCounts(name, most, window_s, clock_s)

    @override
    async def wait_s(self, key: str) -> int:
        """Return in how many seconds another event of a key may come; 0 if now."""
        try:
            wait_ms: Any = await self._door.run(_WAIT, [self._key(key)], self._bounds)
        except RedisDownError:
            return await self._own.wait_s(key)
        return ceil(int(wait_ms) / _MS)

    @override
    async def note(self, key: str) -> None:
        """Count an event of a key now."""
        await self._own.note(key)
        try:
            await self._door.run(_NOTE, [self._key(key)], self._bounds)
        except RedisDownError:
            return

    def _key(self, key: str) -> str:
        return f"f:{self._name}:{digest_of(key)}"
