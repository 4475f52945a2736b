"""The one door to Redis: tuned so that a dead or hung one costs a request 100 ms once, at most.

Redis holds what several processes share and may lose: sessions, counts of limits, locks, kept
answers. Whoever calls has another way where it is away, and takes it on `RedisDownError`.

Guarantees: no call takes longer than `deadline_s`, the wait for a connection included. After one
that failed so, all are refused at once, until a probe in the background finds Redis well again: it
asks at once, then ever more rarely, every `_SLOWEST_PROBE_S` at last. No request waits for it.
Every key begins with `kensho:`. Values are bytes; nothing is ever pickled.

The library's own defaults hold a call 9.5 s when Redis is dead, and for ever when it hangs
(`docs/decisions/0036`). This module is imported only where `KENSHO_REDIS_URL` is set.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeAlias, TypeVar

import structlog
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from kensho.errors import RedisDownError, UpstreamUnavailableError
from kensho.platform import spans
from kensho.platform.breaker import Breaker, BreakerState
from kensho.platform.clock import Clock
from kensho.platform.machine_metrics import CallOutcome, MachineMetrics
from kensho.platform.settings import RedisSettings

PREFIX: Final = "kensho:"
_NAME: Final = "redis"
_FIRST_PROBE_S: Final = 0.05
_SLOWEST_PROBE_S: Final = 1.0
"""A Redis that restarts is used again a second after it answers, at the latest."""
_UNREACHABLE: Final = (RedisConnectionError, RedisTimeoutError, OSError, TimeoutError)
_log = structlog.get_logger("kensho.redis")

Argument: TypeAlias = bytes | str | int | float
Command: TypeAlias = tuple[str, str, *tuple[Argument, ...]]
"""A name, a key without the prefix, and arguments."""
_T = TypeVar("_T")


class RedisScript:
    """A script of Lua that Redis runs as one step; it sees keys with their prefix."""

    def __init__(self, name: str, lua: str) -> None:
        self.name = name
        self.lua = lua


class RedisDoor:
    """Passes commands on to Redis, within bounds; an async context manager that closes it."""

    def __init__(
        self,
        settings: RedisSettings,
        *,
        metrics: MachineMetrics | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        if settings.url is None:
            raise ValueError("no Redis is set")
        self._deadline_s = settings.deadline_s
        self._metrics = metrics or MachineMetrics()
        self._clock = clock
        # One place more than calls take: for the probe.
        made: Any = ConnectionPool  # whose types, like the client's, are known in part only
        self.pool: ConnectionPool = made.from_url(
            settings.url,
            max_connections=settings.pool_size + 1,
            username=settings.username,
            password=None if settings.password is None else settings.password.reveal(),
            socket_timeout=settings.deadline_s,
            socket_connect_timeout=settings.deadline_s,
            retry=Retry(NoBackoff(), 0),
            driver_info=None,  # two more commands for every connection
        )
        self._client: Any = Redis(connection_pool=self.pool)
        self._places = asyncio.Semaphore(settings.pool_size)
        self._breaker = Breaker(_NAME, failures=1, open_s=0.0, clock=clock, metrics=self._metrics)
        self._probe: asyncio.Task[None] | None = None
        self._scripts: dict[str, Any] = {}

    async def __aenter__(self) -> "RedisDoor":
        """Ask Redis once, so that its absence is noticed before the first request."""
        with contextlib.suppress(RedisDownError):
            await self.guard(self._ping, "PING")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close it."""
        await self.close()

    @property
    def is_up(self) -> bool:
        """Tell whether Redis answered last time."""
        return self._breaker.state is BreakerState.CLOSED

    async def close(self) -> None:
        """Give up the probe and the connections."""
        probe, self._probe = self._probe, None
        if probe is not None:
            probe.cancel()
            await asyncio.wait((probe,))
        await self._client.aclose()
        await self.pool.aclose()

    async def command(self, name: str, key: str, *arguments: Argument) -> Any:
        """Run a command on one key, such as `command("HGETALL", "s:1")`; return its reply.

        Raises:
            RedisDownError: Redis is away or too slow, or refuses the command.
        """
        return await self.guard(
            lambda: self._client.execute_command(name, PREFIX + key, *arguments), name
        )

    async def commands(self, *several: Command) -> list[Any]:
        """Run commands, each a name, a key and arguments, as one step; return their replies.

        Raises:
            RedisDownError: as of `command`.
        """

        async def run() -> list[Any]:
            async with self._client.pipeline(transaction=True) as pipeline:
                for name, key, *arguments in several:
                    pipeline.execute_command(name, PREFIX + key, *arguments)
                replies: list[Any] = await pipeline.execute()
                return replies

        return await self.guard(run, "MULTI")

    async def run(
        self, script: RedisScript, keys: Sequence[str], arguments: Sequence[Argument] = ()
    ) -> Any:
        """Run a script; return its reply.

        Raises:
            RedisDownError: as of `command`.
        """
        registered = self._scripts.get(script.name)
        if registered is None:
            registered = self._scripts[script.name] = self._client.register_script(script.lua)
        names = [PREFIX + key for key in keys]
        return await self.guard(lambda: registered(keys=names, args=list(arguments)), script.name)

    async def get(self, key: str) -> bytes | None:
        """Return a value.

        Raises:
            RedisDownError: as of `command`.
        """
        value: bytes | None = await self.command("GET", key)
        return value

    async def put(
        self, key: str, value: bytes, *, ttl_s: float, only_if_absent: bool = False
    ) -> bool:
        """Keep a value for a while; tell whether it was kept, which it is not if one is there.

        Raises:
            RedisDownError: as of `command`.
        """
        absent = ("NX",) if only_if_absent else ()
        reply = await self.command("SET", key, value, "PX", max(1, round(ttl_s * 1000)), *absent)
        return reply is not None

    async def guard(self, call: Callable[[], Awaitable[_T]], name: str) -> _T:
        """Make a call to Redis by the library's own client or by what is built on `pool`.

        `name` is what traces call it: a command or a script, and no key.

        Raises:
            RedisDownError: Redis is away or too slow, or refuses the command.
        """
        with spans.part("redis", name):
            return await self._guarded(call)

    async def _guarded(self, call: Callable[[], Awaitable[_T]]) -> _T:
        began_s = self._clock()
        until_s = asyncio.get_running_loop().time() + self._deadline_s
        if self._breaker.state is not BreakerState.CLOSED:
            self._metrics.count_call(_NAME, "refused")
            raise RedisDownError("Redis does not answer")
        try:
            async with asyncio.timeout_at(until_s):
                await self._places.acquire()
        except TimeoutError:
            self._metrics.count_call(_NAME, "exhausted")
            raise RedisDownError("Redis does not answer so many at once") from None
        self._metrics.hold(_NAME, 1)
        try:
            result = await self._called(call, began_s, until_s)
        finally:
            self._places.release()
            self._metrics.hold(_NAME, -1)
        self._count("ok", began_s)
        return result

    async def _called(
        self, call: Callable[[], Awaitable[_T]], began_s: float, until_s: float
    ) -> _T:
        try:
            with self._breaker.attempt(_is_unreachable):
                async with asyncio.timeout_at(until_s):
                    return await call()
        except UpstreamUnavailableError:  # the breaker opened while this waited for its place
            self._metrics.count_call(_NAME, "refused")
            raise RedisDownError("Redis does not answer") from None
        except _UNREACHABLE as error:
            is_late = isinstance(error, TimeoutError | RedisTimeoutError)
            self._count("timeout" if is_late else "failed", began_s)
            self._fell(error)
            raise RedisDownError("Redis does not answer") from error
        except RedisError as error:  # out of memory, a read-only replica, a fault of ours
            self._count("failed", began_s)
            _log.warning("redis_refused", error=type(error).__name__, told=str(error)[:200])
            raise RedisDownError("Redis refused a command") from error
        except asyncio.CancelledError:
            self._count("cancelled", began_s)
            raise

    def _count(self, outcome: CallOutcome, began_s: float) -> None:
        self._metrics.count_call(_NAME, outcome, self._clock() - began_s)

    def _fell(self, error: BaseException) -> None:
        """See to it that Redis is looked for, from the first call that found it away."""
        if self._probe is None or self._probe.done():
            _log.warning("redis_down", error=type(error).__name__)
            self._probe = asyncio.create_task(self._look(), name="redis probe")

    async def _look(self) -> None:
        pause_s, began_s = 0.0, self._clock()
        while self._breaker.state is not BreakerState.CLOSED:
            await asyncio.sleep(pause_s)
            pause_s = min(max(_FIRST_PROBE_S, 2 * pause_s), _SLOWEST_PROBE_S)
            try:
                with self._breaker.attempt():
                    async with asyncio.timeout(self._deadline_s):
                        await self._ping()
            except (RedisError, OSError, TimeoutError, UpstreamUnavailableError):
                continue
        _log.info("redis_up", away_s=round(self._clock() - began_s, 3))

    async def _ping(self) -> object:
        reply: object = await self._client.execute_command("PING")
        return reply


def _is_unreachable(error: Exception) -> bool:
    """Tell whether Redis is away, and not only unwilling."""
    return isinstance(error, _UNREACHABLE)
