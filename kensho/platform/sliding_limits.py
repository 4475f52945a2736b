"""Limits on requests a minute that several processes share: those of the edges' routes.

A limit counts in sliding windows: the requests of the current window, and of the one before it the
share that the last 60 seconds still overlap. A client that was not seen for two windows has its
whole quota again. Windows begin with a client's first request.

Guarantees: over one Redis, exactly as many requests pass within a window as its rule says, whatever
the number of processes. Without Redis, or while it is away, each process counts by itself, with the
same quota: a limit never fails and never lets everything pass. A request that is refused costs
nothing. Memory is bounded: beyond `_MAX_CLIENTS` the longest unseen is forgotten.

Over Redis the library `limits` counts, in one script a request. Its counts in memory are not used:
they are neither bounded nor given a clock, and every request walks through all clients
(`docs/decisions/0036`). What clients spend of discovery is limited by cost and by process
(`kensho.platform.rate_limits`).
"""

import hashlib
import time
from collections import OrderedDict
from math import ceil, floor
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from limits.aio.storage import RedisStorage
from typing_extensions import override

from kensho.errors import RedisDownError
from kensho.platform.clock import Clock
from kensho.platform.rate_limits import RateLimitDecision

if TYPE_CHECKING:
    from kensho.platform.redis import RedisDoor

_MAX_CLIENTS: Final = 32_768
"""They take about 10 MB."""
_DIGEST_BYTES: Final = 12


class LimitRule(NamedTuple):
    """How many requests a client may make in a window; `scope` names the limit to clients."""

    scope: str
    requests: int
    window_s: int = 60


VIEWERS: Final = LimitRule("viewers", 120)
"""Routes of the edges: a player asks twice a minute, a page about ten times when it is opened."""
MANAGERS: Final = LimitRule("managers", 20)
"""What managers change: an act in three seconds."""


class Window(NamedTuple):
    """What is counted of a client.

    `previous` requests of the window before count for as long as `previous_ttl_s`, ever less.
    `current` requests become those in `current_ttl_s` minus a window.
    """

    previous: int
    previous_ttl_s: float
    current: int
    current_ttl_s: float

    def counted(self, rule: LimitRule) -> int:
        """Return how many requests count now."""
        return floor(self.previous * self.previous_ttl_s / rule.window_s) + self.current

    def free_in_s(self, rule: LimitRule) -> float:
        """Return when one more request passes, if there is none before; 0 if it does now."""
        if self.counted(rule) < rule.requests:
            return 0.0
        left = rule.requests - self.current
        if left > 0:
            return self.previous_ttl_s - left * rule.window_s / self.previous
        shift_s = max(0.0, self.current_ttl_s - rule.window_s)
        return shift_s + rule.window_s * (1 - rule.requests / self.current)


class Windows(Protocol):
    """Keeps the windows of clients; `acquire` and `read` each are one step."""

    async def acquire(self, rule: LimitRule, key: str) -> bool:
        """Count a request, if the rule allows one more."""
        ...

    async def read(self, rule: LimitRule, key: str) -> Window:
        """Return what is counted."""
        ...


class OwnWindows(Windows):
    """Windows of this process."""

    def __init__(self, clock: Clock = time.monotonic, most_clients: int = _MAX_CLIENTS) -> None:
        self._clock = clock
        self._most_clients = most_clients
        self._kept: OrderedDict[str, tuple[float, int, int]] = OrderedDict()
        """When the current window began, its requests, and those of the one before."""

    @override
    async def acquire(self, rule: LimitRule, key: str) -> bool:
        """Count a request, if the rule allows one more."""
        began_s, current, previous = self._now(rule, key)
        window = self._window(rule, began_s, current, previous)
        if window.counted(rule) >= rule.requests:
            return False
        self._kept[key] = (began_s, current + 1, previous)
        self._kept.move_to_end(key)
        if len(self._kept) > self._most_clients:
            self._kept.popitem(last=False)
        return True

    @override
    async def read(self, rule: LimitRule, key: str) -> Window:
        """Return what is counted."""
        return self._window(rule, *self._now(rule, key))

    def _now(self, rule: LimitRule, key: str) -> tuple[float, int, int]:
        now_s = self._clock()
        began_s, current, previous = self._kept.get(key, (now_s, 0, 0))
        passed = (now_s - began_s) // rule.window_s
        if passed == 1:
            return began_s + rule.window_s, 0, current
        return (now_s, 0, 0) if passed else (began_s, current, previous)

    def _window(self, rule: LimitRule, began_s: float, current: int, previous: int) -> Window:
        left_s = rule.window_s - (self._clock() - began_s)
        return Window(previous, left_s if previous else 0.0, current, left_s + rule.window_s)


class SharedWindows(Windows):
    """Windows in Redis, which all processes share.

    Both calls raise `RedisDownError` where it is away.
    """

    def __init__(self, door: "RedisDoor") -> None:
        self._door = door
        self._storage = RedisStorage(
            "redis://",  # not connected to: the pool is the door's
            implementation="redispy",
            key_prefix="kensho:rl",
            connection_pool=door.pool,  # type: ignore[arg-type]
        )

    @override
    async def acquire(self, rule: LimitRule, key: str) -> bool:
        """Count a request, if the rule allows one more."""
        return await self._door.guard(
            lambda: self._storage.acquire_sliding_window_entry(key, rule.requests, rule.window_s),
            "limit_acquire",
        )

    @override
    async def read(self, rule: LimitRule, key: str) -> Window:
        """Return what is counted."""
        found = await self._door.guard(
            lambda: self._storage.get_sliding_window(key, rule.window_s), "limit_read"
        )
        return Window(*found)


class SlidingLimits:
    """Judges requests: over Redis where there is one, else by what this process has seen."""

    def __init__(self, door: "RedisDoor | None" = None, clock: Clock = time.monotonic) -> None:
        self._shared = None if door is None else SharedWindows(door)
        self._own = OwnWindows(clock)

    async def judge(self, rule: LimitRule, client: str) -> RateLimitDecision:
        """Decide on a request of a client, which is a session, an account or an address."""
        digest = hashlib.blake2b(client.encode(), digest_size=_DIGEST_BYTES).hexdigest()
        key = f"{rule.scope}:{digest}"
        if self._shared is not None:
            try:
                return await _judged(self._shared, rule, key)
            except RedisDownError:
                pass
        return await _judged(self._own, rule, key)


async def _judged(windows: Windows, rule: LimitRule, key: str) -> RateLimitDecision:
    allowed = await windows.acquire(rule, key)
    window = await windows.read(rule, key)
    left = max(0, rule.requests - window.counted(rule))
    name = rule.scope.encode()
    headers = [
        (b"ratelimit-policy", b'"%b";q=%d;w=%d' % (name, rule.requests, rule.window_s)),
        (b"ratelimit", b'"%b";r=%d;t=%d' % (name, left, ceil(window.current_ttl_s))),
    ]
    if allowed:
        return RateLimitDecision(allowed, headers)
    retry_s = floor(window.free_in_s(rule)) + 1  # a whole second at least, and never too early
    return RateLimitDecision(allowed, [*headers, (b"retry-after", b"%d" % retry_s)], retry_s)
