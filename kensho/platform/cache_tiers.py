"""The second layer of caches: what was costly to make, in Redis, for all processes.

The first layer is what a process keeps itself (`kensho.http.response_cache`); the third is the
snapshot, from which everything can be made again. A look at Redis takes 0.3 ms, so that only what
takes `WORTH_S` to make comes into it. What all answers of a kind cost and how often they are found
decides whether a look pays (`Worth`): of a process that is alone nothing but an answer now and then
is looked for, while what it makes is written, several at once, for those that come after it.

Keys bear the program's version and the revision that a value was made from, so that nothing is
invalidated by hand: `kensho:l2:{version}:{revision}:{digest}`. Who makes a value holds a lock for
`LOCK_S`, and others wait for the value for up to `_PATIENCE_S`: what everybody asks for at once is
made once by all processes.

Guarantees: Redis is never needed. While it is away, values are made as if it were not there. Values
are bytes; what is found is checked by whoever reads it. A lock is released by its owner alone, and
ends by itself if its owner has died.
"""

import asyncio
import contextlib
import hashlib
import secrets
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any, Final, Generic, NamedTuple, TypeVar

from kensho.errors import RedisDownError
from kensho.platform import spans
from kensho.platform.machine_metrics import CacheOutcome, MachineMetrics
from kensho.platform.redis import Command, RedisDoor, RedisScript

WORTH_S: Final = 0.002
"""What takes less is made again sooner than it is fetched, with what that costs the event loop."""
LOCK_S: Final = 5.0
_PATIENCE_S: Final = 1.0
"""Most answers are made within 0.2 s; who waits longer makes it himself."""
_FIRST_PAUSE_S: Final = 0.005
_LONGEST_PAUSE_S: Final = 0.04
_DIGEST_BYTES: Final = 18
_MOST_BYTES: Final = 1_048_576
"""The largest value that is kept: a larger one keeps Redis, which does one thing at a time, busy
for milliseconds."""
_LOOK_S: Final = 0.0005
"""What a look that finds nothing takes of a processor, with the write of that one answer
afterwards: 0.49 ms, measured on pages of franchises, which take 5 ms to make."""
_TRIED: Final = 16
"""Of looks that don't pay, every so manieth is done: then others' answers are noticed."""
_WEIGHT: Final = 1 / 16
"""That of the latest of all observations: the last two dozen make up three quarters."""
_GATHER_S: Final = 0.05
"""How long answers wait for one another before they are written: nobody waits for these."""
_MOST_GATHERED: Final = 64
"""More than a process makes in that time of what is worth it; what is beyond is not kept."""
_T = TypeVar("_T")

_FIND: Final = RedisScript(
    "find",
    """
    local value = redis.call('GET', KEYS[1])
    if value then return value end
    if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
    return 0
    """,
)
"""Returns the value, or 1 to who shall make it, or 0 while another does."""
_KEEP: Final = RedisScript(
    "keep",
    """
    if ARGV[2] ~= '' then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
    if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
    """,
)
"""Keeps a value, unless there is none, and releases the lock of who made it."""


class Flights(Generic[_T]):
    """Makes what several ask for at the same time once, within this process."""

    def __init__(self) -> None:
        self._flying: dict[Hashable, tuple[asyncio.Task[_T], set[object]]] = {}

    async def run(self, key: Hashable, make: Callable[[], Awaitable[_T]]) -> _T:
        """Return what `make` returns, called now or by an equal call that still runs.

        It is cancelled when the last who waits for it is.
        """
        found = self._flying.get(key)
        if found is None:
            found = self._flying[key] = asyncio.ensure_future(make()), set()
        flight, waiting = found
        own = object()
        waiting.add(own)
        try:
            return await asyncio.shield(flight)
        finally:
            waiting.discard(own)
            if not waiting:
                if self._flying.get(key) is found:
                    del self._flying[key]
                flight.cancel()


class Worth:
    """Tells, of one kind of answers, whether it pays to look for one before it is made.

    A look pays if what it takes is less than what an answer takes to make times the share of looks
    that find one. Kinds that nothing is known of yet are looked for. Where nobody else makes equal
    answers, looks stop to pay: then nobody waits for the lock either.
    """

    def __init__(self) -> None:
        self._found_share = 1.0
        self._made_s: float | None = None
        self._passed = 0

    def pays(self) -> bool:
        """Tell whether the next answer shall be looked for."""
        if self._made_s is None or self._found_share * self._made_s >= _LOOK_S:
            return True
        self._passed = (self._passed + 1) % _TRIED
        return not self._passed

    def note_look(self, *, found: bool) -> None:
        """Take over whether a look found an answer."""
        self._found_share += _WEIGHT * (found - self._found_share)

    def note_made(self, seconds: float) -> None:
        """Take over how long an answer took to make."""
        before = seconds if self._made_s is None else self._made_s
        self._made_s = before + _WEIGHT * (seconds - before)


class FoundAnswer(NamedTuple):
    """What Redis has: the value; or none, and the `token` of who has the lock and shall make it.

    `is_known` is false while Redis is away: then nobody knows whether it has one.
    """

    value: bytes | None = None
    token: bytes = b""
    is_known: bool = True


class SharedCache:
    """Keeps values of one version of the program, in Redis.

    `version` bears all that values depend on besides their revision and key: other programs and
    other settings have keys of their own.
    """

    def __init__(self, door: RedisDoor, version: str, metrics: MachineMetrics) -> None:
        self._door = door
        self._version = version
        self._metrics = metrics
        self._looking: Flights[list[Any]] = Flights()
        self._gathered: list[Command] = []
        self._gathering: asyncio.TimerHandle | None = None
        self._writing: set[asyncio.Task[Any]] = set()

    async def find(self, revision: str, key: bytes) -> FoundAnswer:
        """Return the value, which may be made by another process just now.

        Who is given a token should call `put` or `release` with it; else others wait in vain.
        """
        name = self._name(revision, key)
        looked = await self._looking.run(name, lambda: self._look(name))
        value, token, is_known = looked
        looked[1] = b""  # of several who asked at once, one has the lock
        return FoundAnswer(value, token, is_known)

    def put(self, revision: str, key: bytes, value: bytes, ttl_s: float, token: bytes) -> None:
        """Keep a value for all, beside what else is done, and release the lock if it is held.

        For a value with a lock others may wait; one without is written soon, with others.
        """
        kept = value if len(value) <= _MOST_BYTES else b""
        name = self._name(revision, key)
        if token:
            self._begin(self._write(name, kept, ttl_s, token))
        elif kept and self._door.is_up and len(self._gathered) < _MOST_GATHERED:
            self._gathered.append(("SET", name, kept, "PX", _ms(ttl_s)))
            if self._gathering is None:
                loop = asyncio.get_running_loop()
                self._gathering = loop.call_later(_GATHER_S, self._send_gathered)

    def release(self, revision: str, key: bytes, token: bytes) -> None:
        """Let another make the value, beside what else is done."""
        if token:
            self._begin(self._write(self._name(revision, key), b"", 1.0, token))

    async def close(self) -> None:
        """Write what is gathered, and wait for what is still written."""
        self._send_gathered()
        if self._writing:
            await asyncio.wait(self._writing)

    def _name(self, revision: str, key: bytes) -> str:
        digest = hashlib.blake2b(key, digest_size=_DIGEST_BYTES).hexdigest()
        return f"l2:{self._version}:{revision}:{digest}"

    async def _look(self, name: str) -> list[Any]:
        """Return value and token, and count and trace how it went."""
        with spans.part("cache", "l2") as span:
            outcome, value, token = await self._looked(name)
            self._metrics.count_cache("l2", outcome)
            if span is not None:
                span.note("cache.outcome", outcome)
            return [value, token, outcome != "unreachable"]

    async def _looked(self, name: str) -> tuple[CacheOutcome, bytes | None, bytes]:
        loop = asyncio.get_running_loop()
        until_s, pause_s = loop.time() + _PATIENCE_S, _FIRST_PAUSE_S
        token = secrets.token_bytes(12)
        has_waited = False
        try:
            while True:
                keys, arguments = (name, _lock(name)), (token, round(LOCK_S * 1000))
                reply = await self._door.run(_FIND, keys, arguments)
                if isinstance(reply, bytes):
                    return "joined" if has_waited else "hit", reply, b""
                if reply or loop.time() >= until_s:
                    return "miss", None, token if reply else b""
                has_waited = True
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
        except RedisDownError:
            return "unreachable", None, b""

    async def _write(self, name: str, value: bytes, ttl_s: float, token: bytes) -> None:
        with contextlib.suppress(RedisDownError):
            arguments = token, value, _ms(ttl_s)
            await self._door.run(_KEEP, (name, _lock(name)), arguments)

    def _send_gathered(self) -> None:
        if self._gathering is not None:
            self._gathering.cancel()
            self._gathering = None
        gathered, self._gathered = self._gathered, []
        if gathered:
            self._begin(self._write_all(gathered))

    async def _write_all(self, commands: Sequence[Command]) -> None:
        with contextlib.suppress(RedisDownError):
            await self._door.commands(*commands)

    def _begin(self, writing: Awaitable[None]) -> None:
        task = asyncio.ensure_future(writing)
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)


def _ms(seconds: float) -> int:
    return max(1, round(seconds * 1000))


def _lock(name: str) -> str:
    return f"lock:{name}"
