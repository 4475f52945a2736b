"""How often somebody may fail to sign in: by name and by address, in a window that slides.

Guarantees: exact in one process, since whoever verifies a password asks here first and tells of a
failure before the next one may ask. A success costs nothing, and wrong names count as wrong
passwords do. What is counted is a digest: no name that somebody typed is held.
"""

import hashlib
from collections import OrderedDict, deque
from collections.abc import Callable
from math import ceil
from time import monotonic
from typing import Final

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


class SlidingCount:
    """Counts events by key: at most `most` in any window of `window_s`."""

    def __init__(self, most: int, window_s: float, clock_s: Callable[[], float]) -> None:
        self._most = most
        self._window_s = window_s
        self._clock_s = clock_s
        self._times: OrderedDict[bytes, deque[float]] = OrderedDict()

    def wait_s(self, key: str) -> int:
        """Return in how many seconds another event of a key may come; 0 if now."""
        times = self._times.get(_digest(key))
        if times is None:
            return 0
        now_s = self._clock_s()
        while times and now_s - times[0] >= self._window_s:
            times.popleft()
        if len(times) < self._most:
            return 0
        return max(1, ceil(times[0] + self._window_s - now_s))

    def note(self, key: str) -> None:
        """Count an event of a key now."""
        digest = _digest(key)
        times = self._times.setdefault(digest, deque(maxlen=self._most))
        times.append(self._clock_s())
        self._times.move_to_end(digest)
        if len(self._times) > _MOST_KEYS:
            self._times.popitem(last=False)


class SignInThrottle:
    """Refuses to verify for a name or an address that has failed too often."""

    def __init__(self, clock_s: Callable[[], float] = monotonic) -> None:
        self._names = SlidingCount(FAILURES_OF_NAME, WINDOW_S, clock_s)
        self._addresses = SlidingCount(FAILURES_OF_ADDRESS, WINDOW_S, clock_s)
        self._accounts = SlidingCount(ACCOUNTS_OF_ADDRESS, WINDOW_S, clock_s)

    def check(self, name: str, address: str) -> None:
        """Let an attempt pass.

        Raises:
            RateLimitedError: too many failed; `scope` says whether of the name or the address.
        """
        for scope, wait_s in (
            ("sign_in_name", self._names.wait_s(name)),
            ("sign_in_address", self._addresses.wait_s(address)),
        ):
            if wait_s:
                raise _too_often(wait_s, scope)

    def failed(self, name: str, address: str) -> None:
        """Count an attempt that failed."""
        self._names.note(name)
        self._addresses.note(address)

    def register(self, address: str) -> None:
        """Count an account that somebody makes.

        Raises:
            RateLimitedError: too many were made from this address.
        """
        wait_s = self._accounts.wait_s(address)
        if wait_s:
            raise _too_often(wait_s, "register_address")
        self._accounts.note(address)


def _too_often(wait_s: int, scope: str) -> RateLimitedError:
    return RateLimitedError("too many attempts; try again later", retry_after_s=wait_s, scope=scope)


def _digest(key: str) -> bytes:
    return hashlib.blake2b(key.encode(), digest_size=16).digest()
