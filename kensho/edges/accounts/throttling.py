"""How often somebody may fail to sign in: by name and by address, in a window that slides.

Guarantees: in one process exactly so many are verified, since whoever verifies a password asks here
first and tells of a failure before the next one may ask. Over several processes, which share a
Redis, as many more as there are further processes. While Redis is away each counts by itself. A
success costs nothing, and wrong names count as wrong passwords do. What is counted is a digest: no
name that somebody typed is held.
"""

import hashlib
from collections import OrderedDict, deque
from collections.abc import Callable
from math import ceil
from time import monotonic
from typing import Final, Protocol, TypeAlias

from typing_extensions import override

from kensho.errors import RateLimitedError

WINDOW_S: Final = 300.0
FAILURES_OF_NAME: Final = 5
FAILURES_OF_ADDRESS: Final = 20
"""Who has forgotten which password it is tries a few; an office behind one address has several
such people."""
ACCOUNTS_OF_ADDRESS: Final = 20
"""Accounts that are made from one address in a window."""
_MOST_KEYS: Final = 32_768
"""Some 10 MB; beyond that the longest untouched is forgotten."""


class EventCounts(Protocol):
    """Counts events by key: at most so many in any window."""

    async def wait_s(self, key: str) -> int:
        """Return in how many seconds another event of a key may come; 0 if now."""
        ...

    async def note(self, key: str) -> None:
        """Count an event of a key now."""
        ...


MakeCounts: TypeAlias = Callable[[str, int, float, Callable[[], float]], EventCounts]
"""Makes counts: their name, the most in a window, its length in seconds, and a steady clock."""


class OwnCounts(EventCounts):
    """Counts in this process."""

    def __init__(
        self, _name: str, most: int, window_s: float, clock_s: Callable[[], float]
    ) -> None:
        self._most = most
        self._window_s = window_s
        self._clock_s = clock_s
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    @override
    async def wait_s(self, key: str) -> int:
        """Return in how many seconds another event of a key may come; 0 if now."""
        times = self._times.get(digest_of(key))
        if times is None:
            return 0
        now_s = self._clock_s()
        while times and now_s - times[0] >= self._window_s:
            times.popleft()
        if len(times) < self._most:
            return 0
        return max(1, ceil(times[0] + self._window_s - now_s))

    @override
    async def note(self, key: str) -> None:
        """Count an event of a key now."""
        digest = digest_of(key)
        times = self._times.setdefault(digest, deque(maxlen=self._most))
        times.append(self._clock_s())
        self._times.move_to_end(digest)
        if len(self._times) > _MOST_KEYS:
            self._times.popitem(last=False)


class SignInThrottle:
    """Refuses to verify for a name or an address that has failed too often."""

    def __init__(
        self, counts: MakeCounts = OwnCounts, clock_s: Callable[[], float] = monotonic
    ) -> None:
        self._names = counts("name", FAILURES_OF_NAME, WINDOW_S, clock_s)
        self._addresses = counts("address", FAILURES_OF_ADDRESS, WINDOW_S, clock_s)
        self._accounts = counts("register", ACCOUNTS_OF_ADDRESS, WINDOW_S, clock_s)

    async def check(self, name: str, address: str) -> None:
        """Let an attempt pass.

        Raises:
            RateLimitedError: too many failed; `scope` says whether of the name or the address.
        """
        wait_s = await self._names.wait_s(name)
        if wait_s:
            raise _too_often(wait_s, "sign_in_name")
        wait_s = await self._addresses.wait_s(address)
        if wait_s:
            raise _too_often(wait_s, "sign_in_address")

    async def failed(self, name: str, address: str) -> None:
        """Count an attempt that failed."""
        await self._names.note(name)
        await self._addresses.note(address)

    async def register(self, address: str) -> None:
        """Count an account that somebody makes.

        Raises:
            RateLimitedError: too many were made from this address.
        """
        wait_s = await self._accounts.wait_s(address)
        if wait_s:
            raise _too_often(wait_s, "register_address")
        await self._accounts.note(address)


def digest_of(key: str) -> str:
    """Return under what a key is counted."""
    return hashlib.blake2b(key.encode(), digest_size=16).hexdigest()


def _too_often(wait_s: int, scope: str) -> RateLimitedError:
    return RateLimitedError("too many attempts; try again later", retry_after_s=wait_s, scope=scope)
