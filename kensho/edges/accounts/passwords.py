"""Passwords: hashed with argon2id, one at a time, beside the event loop.

The costs are the second of OWASP's choices (19 MiB, two passes, one lane): 45 ms of one core. One
thread makes all of a process, since eight at once held the loop for 93 ms and one for 23.

Guarantees: to look for an account that is not there takes as long as a wrong password does. A hash
holds its own costs, so that one of earlier costs is still right, and told to be made anew.

Source: https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
"""

import asyncio
import contextlib
import functools
import secrets
import unicodedata
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from kensho.errors import OverloadedError

MIN_CHARS: Final = 8
MAX_CHARS: Final = 128
_MEMORY_KIB: Final = 19_456
_PASSES: Final = 2
_MOST_WAITING: Final = 250
"""At 45 ms each the last waits eleven seconds, and nobody waits longer for a page."""
_BUSY_S: Final = 10


class Verdict(NamedTuple):
    """Whether a password is right, and its hash where that is to be kept anew."""

    is_right: bool
    renewed: str | None = None


class Passwords:
    """Hashes and verifies; whoever does so holds the `turn` meanwhile."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(
            time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=1, type=Type.ID
        )
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="passwords")
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._dummy: str | None = None

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncGenerator[None]:
        """Wait until nobody else hashes, and let nobody while the block runs.

        Raises:
            OverloadedError: too many wait already.
        """
        if self._waiting >= _MOST_WAITING:
            raise OverloadedError("too many people sign in at once", retry_after_s=_BUSY_S)
        self._waiting += 1
        try:
            async with self._turn:
                yield
        finally:
            self._waiting -= 1

    async def hashed(self, password: str) -> str:
        """Return the hash of a password, made on the thread."""
        loop = asyncio.get_running_loop()
        work = functools.partial(self._hasher.hash, _same(password))
        return await loop.run_in_executor(self._thread, work)

    async def verdict(self, kept: str | None, password: str) -> Verdict:
        """Return whether a password is the one that was hashed; `None` where there is no hash."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._verified, kept, _same(password))

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _verified(self, kept: str | None, password: str) -> Verdict:
        try:
            self._hasher.verify(kept or self._made_up(), password)
        except (VerificationError, InvalidHashError):
            return Verdict(is_right=False)
        if kept is None:
            return Verdict(is_right=False)
        is_old = self._hasher.check_needs_rehash(kept)
        return Verdict(is_right=True, renewed=self._hasher.hash(password) if is_old else None)

    def _made_up(self) -> str:
        """Return the hash of a password that nobody has, by which unknown names are verified."""
        if self._dummy is None:
            self._dummy = self._hasher.hash(secrets.token_urlsafe())
        return self._dummy

    async def prepare(self) -> None:
        """Make what the first unknown name would otherwise wait for."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._made_up)


def _same(password: str) -> str:
    """Return the one spelling of a password that several keyboards write differently.

    NIST SP 800-63B §5.1.1.2 asks for NFKC or NFKD.
    """
    return unicodedata.normalize("NFKC", password)
