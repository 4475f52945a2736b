"""Calls to a service whose answer is a stream of server-sent events that goes on for minutes.

Guarantees: a call is repeated only before the first byte of an answer came, as what it asked for
may be done from then on. Silence is bounded, as are the bytes of an answer; the caller bounds the
whole. The connection is closed when the caller's block ends, however it does. What a stream breaks
off in the middle is not counted by the breaker, which tells whether the service answers at all.

httpx-sse reads the events, however they are split over chunks; it drops one that is not whole.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from http import HTTPStatus
from typing import Final

import httpx
import msgspec
from httpx_sse import EventSource
from typing_extensions import override

from kensho.errors import UpstreamUnavailableError
from kensho.platform import spans
from kensho.platform.machine_metrics import CallOutcome
from kensho.platform.resilience import (
    TOO_LARGE,
    FailedAttemptError,
    Upstream,
    UpstreamRequest,
    traced,
)

_EVENTS: Final = "text/event-stream"
_MARK: Final = b"\xef\xbb\xbf"
"""A byte order mark, which the first line may begin with."""


class StreamBounds(msgspec.Struct, frozen=True, kw_only=True):
    """How long an answer may be silent, and how many bytes it has at most."""

    stall_s: float
    most_bytes: int = 8 * 1_048_576


class StreamedAnswer(msgspec.Struct, frozen=True):
    """An answer that has begun: `events` are what its events hold, unless it is no stream.

    Then `body` is all of it.
    """

    status: int
    events: AsyncGenerator[str] | None = None
    body: bytes = b""


class EventUpstream(Upstream):
    """One service that answers by streams of events."""

    @contextlib.asynccontextmanager
    async def stream(
        self, request: UpstreamRequest, bounds: StreamBounds
    ) -> AsyncGenerator[StreamedAnswer]:
        """Ask, and hold the answer open while the block runs.

        To go on with `events` raises `UpstreamUnavailableError` too, where the stream is silent for
        too long (`timeout`), broken (`unreachable`) or too long (`too_large`).

        Raises:
            UpstreamUnavailableError: as `ask`, before the first byte.
        """
        began_s = self._clock()
        outcome: CallOutcome = "cancelled"
        self._metrics.hold(self.name, 1)
        try:
            async with contextlib.AsyncExitStack() as stack:
                with spans.part("upstream", self.name):
                    response = await self._begun(request, bounds, stack)
                yield await self._answer(response)
            outcome = "ok"
        except FailedAttemptError as error:
            outcome = error.outcome
            raise self._unavailable(error) from None
        except UpstreamUnavailableError as error:
            outcome = "refused" if error.code == "circuit_open" else "failed"
            raise
        except Exception:
            outcome = "ok"  # it is the caller who is not content
            raise
        finally:
            self._metrics.hold(self.name, -1)
            is_made = outcome not in ("refused", "exhausted")
            self._metrics.count_call(
                self.name, outcome, self._clock() - began_s if is_made else None
            )

    async def _begun(
        self, request: UpstreamRequest, bounds: StreamBounds, stack: contextlib.AsyncExitStack
    ) -> httpx.Response:
        """Return an answer of which the first byte is there, closed when the stack is."""
        until_s = asyncio.get_running_loop().time() + self.rules.deadline_s
        return await self._retried(
            request, until_s, lambda: self._begin(request, bounds, until_s, stack)
        )

    async def _begin(
        self,
        request: UpstreamRequest,
        bounds: StreamBounds,
        until_s: float,
        stack: contextlib.AsyncExitStack,
    ) -> httpx.Response:
        async with contextlib.AsyncExitStack() as own:
            with self._translated():
                async with asyncio.timeout_at(until_s):
                    response = await self._client.send(self._built(request, bounds), stream=True)
                    own.push_async_callback(response.aclose)
                    self._check_status(response.status_code, response.headers)
                    held = response.stream
                    assert isinstance(held, httpx.AsyncByteStream)  # noqa: S101 -- of this client
                    response.stream = await _BoundedStream.begun(held, bounds)
            await stack.enter_async_context(own.pop_all())
        return response

    def _built(self, request: UpstreamRequest, bounds: StreamBounds) -> httpx.Request:
        rules = self.rules
        return self._client.build_request(
            request.method,
            request.path,
            headers={**traced(request.headers), "accept": f"{_EVENTS}, application/json"},
            params=dict(request.query) or None,
            json=request.json,
            timeout=httpx.Timeout(bounds.stall_s, connect=rules.connect_s, pool=rules.wait_s),
        )

    async def _answer(self, response: httpx.Response) -> StreamedAnswer:
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == _EVENTS and response.status_code == HTTPStatus.OK:
            return StreamedAnswer(response.status_code, self._events(response))
        with self._translated():
            return StreamedAnswer(response.status_code, None, await response.aread())

    async def _events(self, response: httpx.Response) -> AsyncGenerator[str]:
        """Yield what events hold; what goes wrong is an error of the service."""
        try:
            with self._translated():
                async with contextlib.aclosing(EventSource(response).aiter_sse()) as events:
                    async for event in events:
                        yield event.data
        except FailedAttemptError as error:
            raise self._unavailable(error) from None


class _BoundedStream(httpx.AsyncByteStream):
    """The bytes of an answer that has begun, so many at most, never silent for too long."""

    def __init__(
        self, held: httpx.AsyncByteStream, rest: AsyncIterator[bytes], bounds: StreamBounds
    ) -> None:
        self._held = held
        self._rest = rest
        self._bounds = bounds
        self._first = b""

    @classmethod
    async def begun(cls, held: httpx.AsyncByteStream, bounds: StreamBounds) -> "_BoundedStream":
        """Wait for the first bytes."""
        stream = cls(held, aiter(held), bounds)
        stream._first = (await anext(stream._rest, b"")).removeprefix(_MARK)
        return stream

    @override
    async def __aiter__(self) -> AsyncGenerator[bytes]:
        left = self._bounds.most_bytes
        piece: bytes | None = self._first
        while piece is not None:
            left -= len(piece)
            if left < 0:
                raise FailedAttemptError(
                    f"sends more than {self._bounds.most_bytes} bytes", TOO_LARGE
                )
            yield piece
            async with asyncio.timeout(self._bounds.stall_s):
                piece = await anext(self._rest, None)

    @override
    async def aclose(self) -> None:
        await self._held.aclose()
