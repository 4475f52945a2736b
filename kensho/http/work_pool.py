"""A pool of threads for answers that take milliseconds, so that the event loop serves all others.

Guarantees: work is bounded in what runs, in what waits, and in how long it may take, waiting
included; what is refused is refused at once, and told when to come again. Clients take turns
(`kensho.http.turns`). Equal requests that wait or run at the same time are computed once. Work that
nobody waits for any more is not started; running work ends at its next `checkpoint`.

Performance: a turn through the pool costs 0.2 ms. The threads share Python's lock with the event
loop, which gets it back within `SWITCH_INTERVAL_S` for each of them.
"""

import asyncio
import contextlib
import sys
from collections import Counter
from collections.abc import Callable, Generator, Hashable
from ipaddress import IPv6Address, ip_address
from typing import Any, Final, Generic, NamedTuple, TypeVar, cast

import anyio
import anyio.from_thread
import anyio.to_thread
from litestar.types import Receive, Scope

from kensho.errors import KenshoError, RateLimitedError
from kensho.http.turns import RETRY_AFTER_S, Turns, overloaded
from kensho.platform.settings import WorkSettings

T = TypeVar("T")
SWITCH_INTERVAL_S: Final = 0.0005
"""How long a thread may keep Python's lock while another one wants it; by default 5 ms. A request
of the event loop takes the lock some ten times."""
_PICTURE_QUEUE: Final = 16
"""Pictures take up to 3 s each: of more than these none would be in time."""
_PICTURE_DEADLINE_S: Final = 20.0
_STATE: Final = "work_pools"
_SUBNET_BITS: Final = 64
"""The network that one subscriber of IPv6 has at least (RFC 6177)."""


class ClientGoneError(KenshoError):
    """The client left before it was answered."""


class _Flight(Generic[T]):
    """One computation, and all who wait for it."""

    def __init__(self, deadline: float) -> None:
        self.waiting: set[asyncio.Future[T]] = set()
        self.scope = anyio.CancelScope(deadline=deadline)
        self.ticket: asyncio.Future[None] | None = None

    def settle(self, result: T) -> None:
        """Give all who wait the result."""
        for one in self.waiting:
            if not one.done():
                one.set_result(result)

    def fail(self, error: Exception) -> None:
        """Give all who wait the error."""
        for one in self.waiting:
            if not one.done():
                one.set_exception(error)


class WorkPool:
    """Runs work of requests on at most `threads` threads."""

    def __init__(self, threads: int, queue: int, per_client: int, deadline_s: float) -> None:
        self._turns = Turns(threads, queue)
        self._per_client = per_client
        self._deadline_s = deadline_s
        self._present: Counter[str] = Counter()
        self._flights: dict[Hashable, _Flight[Any]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, client: str, key: Hashable, work: Callable[[], T], receive: Receive) -> T:
        """Return what `work` returns, called on a thread, or by an equal request before this one.

        Raises:
            RateLimitedError: the client has too many requests here already.
            OverloadedError: too many wait, or the work was not done within the deadline.
            ClientGoneError: `receive` told so.
        """
        if self._present[client] >= self._per_client:
            raise RateLimitedError(
                f"at most {self._per_client} costly requests of a client are served at once",
                retry_after_s=RETRY_AFTER_S,
                scope="concurrency",
            )
        self._present[client] += 1
        try:
            return await self._joined(self._flight(client, key, work), key, receive)
        finally:
            self._present[client] -= 1
            if not self._present[client]:
                del self._present[client]

    def _flight(self, client: str, key: Hashable, work: Callable[[], T]) -> _Flight[T]:
        """Return the computation of an equal request, or a new one."""
        flight = cast("_Flight[T] | None", self._flights.get(key))
        if flight is not None:
            if flight.ticket is not None and not flight.ticket.done():
                self._turns.share(flight.ticket, client)
            return flight
        flight = _Flight(asyncio.get_running_loop().time() + self._deadline_s)
        flight.ticket = self._turns.take(client)
        self._flights[key] = flight
        task = asyncio.create_task(self._carry_out(flight, key, flight.ticket, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return flight

    async def _joined(self, flight: _Flight[T], key: Hashable, receive: Receive) -> T:
        """Wait for a computation, which is given up when the last who waits for it leaves."""
        loop = asyncio.get_running_loop()
        own: asyncio.Future[T] = loop.create_future()
        flight.waiting.add(own)
        late = loop.call_at(flight.scope.deadline, _fail, own, overloaded("it took too long"))
        watch = asyncio.create_task(_until_gone(receive))
        watch.add_done_callback(lambda _: _fail(own, ClientGoneError("the client has left")))
        try:
            return await own
        finally:
            late.cancel()
            watch.cancel()
            flight.waiting.discard(own)
            if not flight.waiting:
                self._forget(flight, key)
                flight.scope.cancel()

    async def _carry_out(
        self,
        flight: _Flight[T],
        key: Hashable,
        ticket: asyncio.Future[None],
        work: Callable[[], T],
    ) -> None:
        """Do the work of a flight in its turn, unless it is given up before."""
        try:
            with flight.scope:
                await ticket
                flight.settle(await anyio.to_thread.run_sync(work))
        except Exception as error:  # noqa: BLE001 -- raised where the work is waited for
            flight.fail(error)
        finally:
            self._forget(flight, key)
            self._turns.drop(ticket)

    def _forget(self, flight: _Flight[Any], key: Hashable) -> None:
        """Let no further request join a flight."""
        if self._flights.get(key) is flight:
            del self._flights[key]


class WorkPools(NamedTuple):
    """The pool for answers in general, and that for pictures, each of which starts a process."""

    answers: WorkPool
    pictures: WorkPool

    @classmethod
    def of(cls, settings: WorkSettings) -> "WorkPools":
        """Return the pools that the settings make."""
        return cls(
            WorkPool(settings.threads, settings.queue, settings.per_client, settings.deadline_s),
            WorkPool(1, _PICTURE_QUEUE, _PICTURE_QUEUE // 2, _PICTURE_DEADLINE_S),
        )

    @property
    def state(self) -> dict[str, Any]:
        """Return the application's state in which requests find the pools."""
        return {_STATE: self}


def pools_of(scope: Scope) -> WorkPools:
    """Return the pools of the application that serves a request."""
    return cast("WorkPools", cast("dict[str, Any]", scope)["litestar_app"].state[_STATE])


def client_of(scope: Scope) -> str:
    """Return who asks: an address, or the network of an IPv6 one."""
    client = scope["client"]
    return "" if client is None else _subscriber(client[0])


def checkpoint() -> None:
    """End work on a thread of a pool here if nobody waits for it any more."""
    with contextlib.suppress(anyio.NoEventLoopError):  # which says that this is no such thread
        anyio.from_thread.check_cancelled()


@contextlib.contextmanager
def switching_often() -> Generator[None]:
    """Let threads pass Python's lock on sooner while the block runs."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def _subscriber(address: str) -> str:
    if ":" not in address:
        return address
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    return str(parsed.ipv4_mapped or int(parsed) >> _SUBNET_BITS)


def _fail(waiting: asyncio.Future[Any], error: Exception) -> None:
    if not waiting.done():
        waiting.set_exception(error)


async def _until_gone(receive: Receive) -> None:
    """Return when the client has left; what it still sends is dropped."""
    with contextlib.suppress(OSError):  # some servers raise it of a connection that broke
        while (await receive())["type"] != "http.disconnect":
            pass
