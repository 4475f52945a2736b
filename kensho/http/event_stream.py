"""Server-sent events: answers that go on, told anew whenever another snapshot is served.

Guarantees: so many are open at once, in all and for one client; one ends when its client leaves or
takes nothing any more, when the server stops, and after a longest time, upon which a client asks
again with `Last-Event-ID`. What a client has not taken waits in no memory of ours: the next events
are made when it has.

Litestar's own `ServerSentEvent` leaves its generator running where a reader is slow when it leaves
(litestar #3772), and takes a thread for each event; its encoding of a message is used.
"""

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Coroutine, Generator, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol, TypeVar, cast

from litestar.response.sse import ServerSentEventMessage
from litestar.types import Receive, Scope, Send
from typing_extensions import override

from kensho.errors import KenshoError, OverloadedError, RateLimitedError
from kensho.http.request_state import state_of
from kensho.http.responses import refuse
from kensho.http.work_pool import client_of
from kensho.platform.settings import StreamSettings

T = TypeVar("T")
_STATE: Final = "event_streams"
_OPT: Final = "kensho_stream"
STREAM: Final[Mapping[str, Any]] = {_OPT: True}
"""Declares in a handler's `opt` that its answers go on: how long they take says nothing."""
LAST_EVENT_ID: Final = b"last-event-id"
_MOST_ID_CHARS: Final = 100
_HEADERS: Final = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
)
_RETRY_MS: Final = 5_000
"""How long a client waits before it asks again, once it was cut off."""
_GREETING: Final = ServerSentEventMessage(data=None, retry=_RETRY_MS, sep="\n").encode()
_PING: Final = ServerSentEventMessage(data=None, comment="ping", sep="\n").encode()
_BUSY_S: Final = 30
_LAST_WORD_S: Final = 0.5
"""How long the end of an answer may take to be taken by a client."""


class Message(NamedTuple):
    """An event as it is sent."""

    event: str
    id: str
    data: bytes


class Part(NamedTuple):
    """Some events, the id to go on after, and whether there is more to tell now."""

    messages: list[Message]
    last: str | None
    more: bool


class EventSource(Protocol):
    """What tells events, called on a thread."""

    def part(self, last: str | None) -> Part:
        """Return what comes after the event of this id; `None` at the beginning."""
        ...

    def knows(self, last: str) -> bool:
        """Tell whether the snapshot that is served knows an id."""
        ...


class LiveEvents(Protocol):
    """What tells events as they come, until it has no more to tell."""

    async def next(self, within_s: float) -> Sequence[Message] | None:
        """Return the next events, none if nothing came in this time, `None` at the end."""
        ...


class EventStreams:
    """The streams of an application: how many are open, and what wakes and ends them."""

    def __init__(self, settings: StreamSettings, look: Callable[[], Any]) -> None:
        """Take what looks for a newer snapshot now, which is awaited."""
        self.settings: Final = settings
        self._look = look
        self._open: Counter[str] = Counter()
        self._closing = asyncio.Event()
        self._changed = asyncio.Event()
        self._making = asyncio.Semaphore(1)

    @property
    def state(self) -> Mapping[str, "EventStreams"]:
        """Return what the application's state must hold, for `streams_of`."""
        return {_STATE: self}

    @property
    def total(self) -> int:
        """Return how many streams are open."""
        return self._open.total()

    def wake(self) -> None:
        """Let all streams tell what is new."""
        self._changed.set()
        self._changed = asyncio.Event()

    def close(self) -> None:
        """End all streams, and open none any more."""
        self._closing.set()

    @contextlib.contextmanager
    def place(self, client: str) -> Generator[None]:
        """Hold a place for a stream of a client while the block runs.

        Raises:
            RateLimitedError: the client has as many open as it may.
            OverloadedError: so have all together, or the server stops.
        """
        if self._closing.is_set() or self.total >= self.settings.listeners:
            raise OverloadedError("no more streams are opened now", retry_after_s=_BUSY_S)
        if self._open[client] >= self.settings.per_client:
            raise RateLimitedError(
                f"at most {self.settings.per_client} streams of a client are open at once",
                retry_after_s=_BUSY_S,
                scope="concurrency",
            )
        self._open[client] += 1
        try:
            yield
        finally:
            self._open[client] -= 1
            if not self._open[client]:
                del self._open[client]

    async def told(self, source: EventSource, last: str | None, send: Send) -> None:
        """Send events for as long as this runs."""
        await _send(send, _GREETING)
        if last is not None and not await self._made(source.knows, last):
            await self._look()  # the client was told by a server that is ahead of this one
        while True:
            changed = self._changed
            part = await self._made(source.part, last)
            last = part.last
            if part.messages:
                await _send(send, b"".join(map(_encoded, part.messages)))
            if not part.more:
                await self._pinging_until(changed, send)

    async def told_live(self, events: LiveEvents, send: Send) -> None:
        """Send events as they come, for as long as there are any."""
        await _send(send, _GREETING)
        while (messages := await events.next(self.settings.ping_s)) is not None:
            await _send(send, b"".join(map(_encoded, messages)) or _PING)

    async def _pinging_until(self, changed: asyncio.Event, send: Send) -> None:
        while True:
            try:
                async with asyncio.timeout(self.settings.ping_s):
                    await changed.wait()
            except TimeoutError:
                await _send(send, _PING)
            else:
                return

    async def _made(self, make: Callable[[str], T] | Callable[[str | None], T], last: Any) -> T:
        """Return what is made on a thread, one after another."""
        async with self._making:
            return await asyncio.to_thread(make, last)

    async def until_ended(self, telling: asyncio.Task[None], receive: Receive) -> None:
        """Wait until a stream is to end: its client left, the server stops, its time is over."""
        leaving = asyncio.create_task(_gone(receive))
        closing = asyncio.create_task(self._closing.wait())
        try:
            await asyncio.wait(
                (telling, leaving, closing),
                timeout=self.settings.longest_s,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            for task in (telling, leaving, closing):
                task.cancel()
            await asyncio.wait((telling, leaving, closing))


class _StreamResponse(ABC):
    """An answer that tells events for as long as somebody listens."""

    __slots__ = ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell events until the stream ends."""
        streams = self._streams(scope)
        try:
            with streams.place(self._client(scope)):
                await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
                if not state_of(scope).is_head:
                    await self._tell(streams, scope, receive, send)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LAST_WORD_S):
                        await send({"type": "http.response.body", "body": b"", "more_body": False})
        except (OverloadedError, RateLimitedError) as error:
            await refuse(error, scope, send)

    async def _tell(
        self, streams: EventStreams, scope: Scope, receive: Receive, send: Send
    ) -> None:
        telling = asyncio.ensure_future(self._told(streams, scope, send))
        await streams.until_ended(telling, receive)
        error = None if telling.cancelled() else telling.exception()
        if error is not None and not isinstance(error, KenshoError | OSError):
            raise error

    @abstractmethod
    def _streams(self, scope: Scope) -> EventStreams:
        """Return the streams that this one is of."""

    @abstractmethod
    def _client(self, scope: Scope) -> str:
        """Return whose streams are counted together."""

    @abstractmethod
    def _told(self, streams: EventStreams, scope: Scope, send: Send) -> Coroutine[Any, Any, None]:
        """Return what sends the events."""


class EventStreamResponse(_StreamResponse):
    """An answer that tells the events of a source, after `Last-Event-ID` where that is sent."""

    __slots__ = ("_source",)

    def __init__(self, source: EventSource) -> None:
        self._source = source

    @override
    def _streams(self, scope: Scope) -> EventStreams:
        return streams_of(scope)

    @override
    def _client(self, scope: Scope) -> str:
        return client_of(scope)

    @override
    def _told(self, streams: EventStreams, scope: Scope, send: Send) -> Coroutine[Any, Any, None]:
        return streams.told(self._source, last_id(state_of(scope).headers), send)


class LiveStreamResponse(_StreamResponse):
    """An answer that tells events as they come, one of the streams of `client`.

    Whoever extends it says in `_told` what sends the events.
    """

    __slots__ = ("_among", "_whose")

    def __init__(self, streams: EventStreams, client: str) -> None:
        self._among = streams
        self._whose = client

    @override
    def _streams(self, scope: Scope) -> EventStreams:
        return self._among

    @override
    def _client(self, scope: Scope) -> str:
        return self._whose


def streams_of(scope: Scope) -> EventStreams:
    """Return the streams of the application that serves a request."""
    return cast("EventStreams", cast("dict[str, Any]", scope)["litestar_app"].state[_STATE])


def is_stream(scope: Scope) -> bool:
    """Tell whether the route of a request is declared as one whose answers go on."""
    handler = cast("dict[str, Any]", scope).get("route_handler")
    return handler is not None and handler.opt.get(_OPT) is True


def last_id(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """Return the last event that a client says it was told, if it says."""
    given = next((value for name, value in headers if name == LAST_EVENT_ID), b"")
    text = given.decode("latin-1").strip()
    return text[:_MOST_ID_CHARS] or None


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


def _encoded(message: Message) -> bytes:
    return ServerSentEventMessage(
        data=message.data, event=message.event, id=message.id, sep="\n"
    ).encode()
