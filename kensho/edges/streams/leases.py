"""Streams that are resolved, each with the slot that it holds at the provider.

A lease is of one session, episode and language, and serves every quality. It is answered from
memory for `FRESH_S`, evicted at `KEPT_S`, and resolved anew when it is asked for in between.

Guarantees: every slot that the provider has told of is either that of a kept lease or on its way
back: whoever asked was cut off, the answer made no sense, the session ended meanwhile, a newer
lease took its place, or the server stops. Equal requests at once are one (single flight), and one
of them that is cut off does not end it. No lease is ever given to another session than its own.
What is older than `FRESH_S` is served, marked as stale, where the provider is away.

Everything happens on one event loop; between two awaits nothing else changes.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from time import monotonic
from typing import Any, Final, NamedTuple
from uuid import UUID

import structlog

from kensho.edges.provider.tokens import TokenHolder
from kensho.edges.streams.slots import ResolvedStream, SlotLostError, SlotSource, Taken
from kensho.errors import (
    ConflictError,
    KenshoError,
    TooManyStreamsError,
    UnauthorizedError,
    UpstreamUnavailableError,
)

FRESH_S: Final = 270.0
KEPT_S: Final = 300.0
"""The difference is the time in which a player that goes on comes back for a newer address."""
_STALE_S: Final = 60.0
"""For so long a stale lease is served before the provider is asked again."""
_IDLE_S: Final = 15.0
"""A lease that nobody has touched for so long gives way where an account has no slot left: players
tell of themselves every five to ten seconds."""
_MOST_OF_SESSION: Final = 8
"""Leases of one session; beyond that the one that was longest untouched gives way."""
_CLOSING_S: Final = 2.0
_SWEEP_EVERY_S: Final = 1.0
_PAUSES_S: Final = (0.5, 2.0, 8.0, 20.0)
"""Between attempts to give a slot back; then it lapses at the provider by itself."""
_VIEWING_BYTES: Final = 12
_UNREAD: Final = ResolvedStream(url="", lasts_s=0.0, audio="")
_log = structlog.get_logger("kensho.edges")


class LeaseKey(NamedTuple):
    """Whose stream of what."""

    sid: str
    work: UUID
    episode: int
    audio: str


class Lease:
    """A stream that is resolved; times are of the clock of `Leases`."""

    __slots__ = (
        "fresh_until",
        "holder",
        "is_stale",
        "kept_until",
        "key",
        "lapses_at",
        "slot",
        "stream",
        "touched_at",
        "version",
        "viewing",
    )

    def __init__(self, key: LeaseKey, holder: TokenHolder, version: str, slot: str) -> None:
        self.key = key
        self.holder = holder
        self.version = version
        self.slot = slot
        self.stream = _UNREAD
        self.viewing = secrets.token_urlsafe(_VIEWING_BYTES)
        self.is_stale = False
        self.touched_at = self.fresh_until = self.kept_until = self.lapses_at = 0.0


class _Flight:
    """A resolution under way; one that is not wanted any more gives its slot back."""

    __slots__ = ("is_wanted", "task")

    def __init__(self) -> None:
        self.is_wanted = True
        self.task: asyncio.Task[Lease] | None = None


class Leases:
    """Keeps leases; `goes_on` tells whether a session goes on, as far as that is known now."""

    def __init__(
        self,
        source: SlotSource,
        goes_on: Callable[[TokenHolder], Awaitable[bool]],
        clock_s: Callable[[], float] = monotonic,
    ) -> None:
        self._source = source
        self._goes_on = goes_on
        self._clock_s = clock_s
        self._kept: dict[LeaseKey, Lease] = {}
        self._viewings: dict[str, Lease] = {}
        self._flights: dict[LeaseKey, _Flight] = {}
        self._returning: set[asyncio.Task[None]] = set()
        self._is_closing = False

    def __len__(self) -> int:
        """Return how many leases are kept: so many slots are held."""
        return len(self._kept)

    def slots(self) -> frozenset[str]:
        """Return the slots of all kept leases."""
        return frozenset(lease.slot for lease in self._kept.values())

    def of_viewing(self, sid: str, viewing: str) -> Lease | None:
        """Return the lease that a session's player tells of, and note that it is used."""
        lease = self._viewings.get(viewing)
        if lease is None or lease.key.sid != sid:
            return None
        lease.touched_at = self._clock_s()
        return lease

    async def get(self, key: LeaseKey, holder: TokenHolder, version: str) -> Lease:
        """Return the lease of a key, resolved now if it is not fresh.

        Raises:
            TooManyStreamsError: the account plays as much as it may.
            UnauthorizedError, ConflictError: the session ended, or the stream was released, while
                it was resolved.
            KenshoError: whatever `SlotSource` raises.
        """
        lease = self._kept.get(key)
        now = self._clock_s()
        if lease is not None and now < lease.fresh_until:
            lease.touched_at = now
            return lease
        flight = self._flights.get(key)
        if flight is None or flight.task is None:
            if self._is_closing:
                raise ConflictError("the service stops", code="released")
            flight = self._flights[key] = _Flight()
            flight.task = asyncio.create_task(self._resolve(flight, key, holder, version))
            flight.task.add_done_callback(_looked_at)
        return await asyncio.shield(flight.task)

    def release(self, of: Callable[[LeaseKey], bool]) -> int:
        """Give back the slots of all leases of some keys, and of those on their way.

        Return how many there were; they are given back beside this.
        """
        for key, flight in self._flights.items():
            flight.is_wanted = flight.is_wanted and not of(key)
        found = [lease for key, lease in self._kept.items() if of(key)]
        for lease in found:
            self._drop(lease)
        return len(found)

    def end_session(self, sid: str) -> None:
        """Give back all slots of a session that has ended."""
        self.release(lambda key: key.sid == sid)

    def sweep(self) -> None:
        """Evict what nobody came back for."""
        now = self._clock_s()
        for lease in [one for one in self._kept.values() if now >= one.kept_until]:
            self._drop(lease)

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        """Evict while the block runs, then give all back."""
        sweeping = asyncio.create_task(self._sweep_for_ever())
        try:
            yield
        finally:
            sweeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sweeping
            await self.close()

    async def close(self, within_s: float = _CLOSING_S) -> None:
        """Give all slots back, those included that are being taken; nothing is resolved any more.

        Whatever takes longer than `within_s` is cut off.
        """
        self._is_closing = True
        self.release(lambda _: True)
        until = asyncio.get_running_loop().time() + within_s
        while pending := [*self._tasks()]:
            left_s = until - asyncio.get_running_loop().time()
            if left_s <= 0:
                break
            await asyncio.wait(pending, timeout=left_s)
            await asyncio.sleep(0)  # so that what has ended is taken off
        for _ in range(2):  # a resolution that is cut off gives its slot back by a task of its own
            cut = [*self._tasks()]
            for task in cut:
                task.cancel()
            await asyncio.gather(*cut, return_exceptions=True)

    def _tasks(self) -> Iterator[asyncio.Task[Any]]:
        yield from tuple(self._returning)
        for flight in tuple(self._flights.values()):
            if flight.task is not None:
                yield flight.task

    async def _sweep_for_ever(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_EVERY_S)
            self.sweep()

    async def _resolve(
        self, flight: _Flight, key: LeaseKey, holder: TokenHolder, version: str
    ) -> Lease:
        try:
            lease = await self._taken(key, holder, version)
        except UpstreamUnavailableError:
            stale = self._stale(key) if flight.is_wanted else None
            if stale is None:
                raise
            return stale
        else:
            await self._keep(flight, lease)
            return lease
        finally:
            if self._flights.get(key) is flight:
                del self._flights[key]

    async def _keep(self, flight: _Flight, lease: Lease) -> None:
        """Keep a new lease, unless nobody may have it any more: then its slot goes back.

        Raises:
            UnauthorizedError, ConflictError: nobody may.
        """
        key, is_living = lease.key, False
        try:
            is_living = await self._goes_on(lease.holder)
        finally:
            is_kept = is_living and flight.is_wanted and not self._is_closing
            if not is_kept:
                self._return(lease)
        if not is_living:
            raise UnauthorizedError("the session has ended", code="session_ended")
        if not is_kept:
            raise ConflictError("the stream was released meanwhile", code="released")
        former = self._kept.get(key)
        if former is not None:
            lease.viewing = former.viewing  # the player goes on under its name
            self._drop(former)
        self._bound(key.sid)
        self._kept[key] = self._viewings[lease.viewing] = lease

    async def _taken(self, key: LeaseKey, holder: TokenHolder, version: str) -> Lease:
        """Return a new lease, not kept yet."""
        try:
            taken = await self._take(holder, version)
        except TooManyStreamsError:
            if not await self._make_room(key):
                raise
            taken = await self._take(holder, version)
        lease = Lease(key, holder, version, taken.slot)
        try:
            lease.stream = await self._source.read(taken)
        except BaseException:  # a cancelled task has a slot too
            self._return(lease)
            raise
        now = self._clock_s()
        lasts_s = min(KEPT_S, max(0.0, lease.stream.lasts_s))
        lease.touched_at = now
        lease.fresh_until = now + lasts_s * FRESH_S / KEPT_S
        lease.kept_until = now + lasts_s
        lease.lapses_at = now + max(0.0, lease.stream.lasts_s)
        return lease

    async def _take(self, holder: TokenHolder, version: str) -> Taken:
        def late(slot: str) -> None:
            self._return_slot(holder, version, slot)

        try:
            return await self._source.take(holder, version, late)
        except SlotLostError as error:
            if error.slot is not None:
                self._return_slot(holder, version, error.slot)
            raise

    def _stale(self, key: LeaseKey) -> Lease | None:
        """Return the kept lease of a key to be served on while the provider is away."""
        lease, now = self._kept.get(key), self._clock_s()
        if lease is None or self._is_closing or now >= lease.lapses_at:
            return None
        lease.is_stale = True
        lease.touched_at = now
        lease.fresh_until = now + _STALE_S
        lease.kept_until = max(lease.kept_until, now + _STALE_S + KEPT_S - FRESH_S)
        return lease

    async def _make_room(self, key: LeaseKey) -> bool:
        """Give back what a session does not need for a new stream; tell whether there was any."""
        now = self._clock_s()
        own = [lease for other, lease in self._kept.items() if other.sid == key.sid]
        idle = [one for one in own if one.key == key or now - one.touched_at >= _IDLE_S]
        if not idle:
            return False
        gives_way = min(idle, key=lambda one: (one.key != key, one.touched_at))
        await asyncio.wait([self._drop(gives_way)], timeout=_CLOSING_S)
        return True

    def _bound(self, sid: str) -> None:
        own = [lease for key, lease in self._kept.items() if key.sid == sid]
        if len(own) >= _MOST_OF_SESSION:
            self._drop(min(own, key=lambda one: one.touched_at))

    def _drop(self, lease: Lease) -> asyncio.Task[None]:
        """Forget a lease and give its slot back."""
        del self._kept[lease.key]
        self._viewings.pop(lease.viewing, None)
        return self._return(lease)

    def _return(self, lease: Lease) -> asyncio.Task[None]:
        return self._return_slot(lease.holder, lease.version, lease.slot)

    def _return_slot(self, holder: TokenHolder, version: str, slot: str) -> asyncio.Task[None]:
        task = asyncio.create_task(self._given_back(holder, version, slot))
        self._returning.add(task)
        task.add_done_callback(self._returning.discard)
        return task

    async def _given_back(self, holder: TokenHolder, version: str, slot: str) -> None:
        """Give a slot back; tried again for a while, since it bars its owner."""
        for pause_s in (*_PAUSES_S, None):
            try:
                await self._source.release(holder, version, slot)
            except UpstreamUnavailableError as error:
                if pause_s is None:
                    _log.warning("stream_slot_not_released", reason=error.code)
                    return
                await asyncio.sleep(pause_s)
            except KenshoError as error:
                _log.warning("stream_slot_not_released", reason=type(error).__name__)
                return
            else:
                return


def _looked_at(task: asyncio.Task[Lease]) -> None:
    """Take the error of a resolution that nobody waits for any more."""
    if not task.cancelled():
        task.exception()
