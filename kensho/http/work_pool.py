"""A pool of threads for answers that take milliseconds, so that the event loop serves all others.

Guarantees: work is bounded in what runs, in what waits, and in how long it may take, waiting
included; what is refused is refused at once, and told when to come again. Clients take turns
(`kensho.http.turns`). Equal requests that wait or run at the same time are computed once. Work that
nobody waits for any more is not started; running work ends at its next `checkpoint`.

Performance: a turn through the pool costs 0.1 ms. The threads share Python's lock with the event
loop, which gets it back within `SWITCH_INTERVAL_S` for each of them.
"""

import asyncio
import contextlib
import sys
from collections import Counter
from collections.abc import Callable, Generator, Hashable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from ipaddress import IPv6Address, ip_address
from typing import Any, Final, Generic, NamedTuple, TypeVar, cast

from litestar.types import Receive, Scope

from kensho.errors import KenshoError, RateLimitedError
from kensho.http.turns import RETRY_AFTER_S, Ticket, Turns, overloaded
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

    def __init__(self, key: Hashable, work: Callable[[], T], deadline_s: float) -> None:
        self.key = key
        self.work = work
        self.deadline_s = deadline_s
        """On the clock of the event loop."""
        self.waiting: set[asyncio.Future[T]] = set()
        self.is_given_up = False
        """Set when nobody waits any more; read by the thread at its checkpoints."""

    def computed(self) -> T:
        """Return what the work returns; called on a thread."""
        _RUNNING.set(self)
        checkpoint()
        return self.work()

    def fail(self, error: BaseException) -> None:
        """Give all who wait the error."""
        for one in self.waiting:
            _fail(one, error)

    def land(self, computed: asyncio.Future[T]) -> None:
        """Give all who wait what was computed."""
        error = _GivenUpError("") if computed.cancelled() else computed.exception()
        if isinstance(error, _GivenUpError):
            error = overloaded("the service stops")
        if error is not None:
            self.fail(error)
            return
        for one in self.waiting:
            if not one.done():
                one.set_result(computed.result())


_RUNNING: Final[ContextVar["_Flight[Any] | None"]] = ContextVar("kensho_flight", default=None)
"""What a thread of a pool works on."""


class _GivenUpError(KenshoError):
    """Ends work that nobody waits for."""


class WorkPool:
    """Runs work of requests on at most `threads` threads.

    `anyio.to_thread` would do for threads and cancellation; it takes three times as long for a turn
    as an executor of the standard library, and bounds neither what waits nor the share of a client.
    """

    def __init__(self, threads: int, queue: int, per_client: int, deadline_s: float) -> None:
        self._threads = threads
        self._turns = Turns(threads, queue)
        self._per_client = per_client
        self._deadline_s = deadline_s
        self._present: Counter[str] = Counter()
        self._flights: dict[Hashable, tuple[_Flight[Any], Ticket]] = {}
        """Those that further requests may join."""
        self._running: set[_Flight[Any]] = set()
        self._executor: ThreadPoolExecutor | None = None

    async def run(
        self,
        client: str,
        key: Hashable,
        work: Callable[[], T],
        receive: Receive,
        expected_s: float = 0.0,
    ) -> T:
        """Return what `work` returns, called on a thread, or by an equal request before this one.

        How long it is expected to take decides whose turn is next.

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
            return await self._joined(*self._flight(client, key, work, expected_s), receive)
        finally:
            self._present[client] -= 1
            if not self._present[client]:
                del self._present[client]

    def is_making(self, key: Hashable) -> bool:
        """Tell whether an equal request waits or runs, which a further one would join."""
        return key in self._flights

    def close(self) -> None:
        """Give up all that runs, and let the threads end; they start anew where work comes."""
        for flight in self._running:
            flight.is_given_up = True
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
            self._executor = None

    def _flight(
        self, client: str, key: Hashable, work: Callable[[], T], expected_s: float
    ) -> tuple[_Flight[T], Ticket]:
        """Return the computation of an equal request, or a new one, and its ticket."""
        found = cast("tuple[_Flight[T], Ticket] | None", self._flights.get(key))
        if found is not None:
            if not found[1].done():
                self._turns.share(found[1], client)
            return found
        ticket = self._turns.take(client, expected_s)
        deadline_s = asyncio.get_running_loop().time() + self._deadline_s
        flight = _Flight(key, work, deadline_s)
        self._flights[key] = flight, ticket
        if ticket.done():
            self._start(flight, ticket)
        else:
            ticket.add_done_callback(lambda _: self._start(flight, ticket))
        return flight, ticket

    async def _joined(self, flight: _Flight[T], ticket: Ticket, receive: Receive) -> T:
        """Wait for a computation, which is given up when the last who waits for it leaves."""
        loop = asyncio.get_running_loop()
        own: asyncio.Future[T] = loop.create_future()
        flight.waiting.add(own)
        late = loop.call_at(flight.deadline_s, _fail, own, overloaded("it took too long"))
        watch = loop.create_task(_until_gone(receive))
        watch.add_done_callback(lambda _: _fail(own, ClientGoneError("the client has left")))
        try:
            return await own
        finally:
            late.cancel()
            watch.cancel()
            flight.waiting.discard(own)
            if not flight.waiting:
                self._give_up(flight, ticket)

    def _start(self, flight: _Flight[Any], ticket: Ticket) -> None:
        """Begin what has its turn, on a thread."""
        if ticket.cancelled() or flight.is_given_up:
            return
        error = ticket.exception()
        if error is not None:
            flight.fail(error)
            return
        if self._executor is None:
            self._executor = ThreadPoolExecutor(self._threads, "kensho-work")
        self._running.add(flight)
        computing = asyncio.get_running_loop().run_in_executor(
            self._executor, copy_context().run, flight.computed
        )
        computing.add_done_callback(lambda done: self._end(flight, ticket, done))

    def _end(self, flight: _Flight[Any], ticket: Ticket, computed: asyncio.Future[Any]) -> None:
        self._running.discard(flight)
        self._forget(flight)
        self._turns.drop(ticket)
        flight.land(computed)

    def _give_up(self, flight: _Flight[Any], ticket: Ticket) -> None:
        """Let work that nobody waits for not begin, or end early; its place is held until then."""
        flight.is_given_up = True
        self._forget(flight)
        if flight not in self._running:
            self._turns.drop(ticket)

    def _forget(self, flight: _Flight[Any]) -> None:
        """Let no further request join a flight."""
        found = self._flights.get(flight.key)
        if found is not None and found[0] is flight:
            del self._flights[flight.key]


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

    @contextlib.contextmanager
    def serving(self) -> Generator[None]:
        """Let threads pass on Python's lock sooner while the block runs; end their work then."""
        before = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        try:
            yield
        finally:
            sys.setswitchinterval(before)
            self.answers.close()
            self.pictures.close()

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
    flight = _RUNNING.get()
    if flight is not None and flight.is_given_up:
        raise _GivenUpError("nobody waits for it")


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


def _fail(waiting: asyncio.Future[Any], error: BaseException) -> None:
    if not waiting.done():
        waiting.set_exception(error)


async def _until_gone(receive: Receive) -> None:
    """Return when the client has left; what it still sends is dropped."""
    with contextlib.suppress(OSError):  # some servers raise it of a connection that broke
        while (await receive())["type"] != "http.disconnect":
            pass
