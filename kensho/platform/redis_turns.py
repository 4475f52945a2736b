"""Turns over all processes that share a Redis: of those who do the same thing, one at a time.

Guarantees: who has a turn is the only one, as long as it ends within `longest_s`; then it lapses by
itself, as it does where its owner has died. It is given back by its owner alone. Nobody waits
longer than `longest_s`, and while Redis is away nobody waits at all: what is done in turn must be
right, if wasteful or rude, where two do it at once.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncGenerator
from typing import Final

from kensho.errors import RedisDownError
from kensho.platform.redis import RedisDoor, RedisScript

_FIRST_PAUSE_S: Final = 0.01
_LONGEST_PAUSE_S: Final = 0.1
_TOKEN_BYTES: Final = 12
_GIVE_BACK: Final = RedisScript(
    "turn_give_back",
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0",
)


class RedisTurns:
    """Turns of `longest_s` seconds at most."""

    def __init__(self, door: RedisDoor, longest_s: float) -> None:
        self._door = door
        self._longest_s = longest_s

    @contextlib.asynccontextmanager
    async def turn(self, name: str) -> AsyncGenerator[bool]:
        """Hold the turn of a name while the block runs, after those who had it before.

        Yields whether it is held: others may do the same at once if it is not.
        """
        key, token = f"lock:{name}", secrets.token_bytes(_TOKEN_BYTES)
        is_held = await self._taken(key, token)
        try:
            yield is_held
        finally:
            if is_held:
                with contextlib.suppress(RedisDownError):
                    await self._door.run(_GIVE_BACK, [key], [token])

    async def _taken(self, key: str, token: bytes) -> bool:
        loop, pause_s = asyncio.get_running_loop(), _FIRST_PAUSE_S
        until_s = loop.time() + self._longest_s
        try:
            while True:
                if await self._door.put(key, token, ttl_s=self._longest_s, only_if_absent=True):
                    return True
                if loop.time() >= until_s:
                    return False
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
        except RedisDownError:
            return False
