"""What handlers return: a document to tag and keep, one to stream, or one that is never kept.

Guarantees: an answer is kept for everybody only if its route is declared public
(`kensho.http.privacy`), it answers GET and it sets no cookie.
"""

import functools
from collections.abc import Callable, Hashable, Iterator, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeAlias, cast

from litestar.types import Receive, Scope, Send
from typing_extensions import TypeVar, override

from kensho.errors import KenshoError, OverloadedError, RateLimitedError
from kensho.http import problem_details
from kensho.http.privacy import INTERNAL, is_public
from kensho.http.request_costs import declared_cost
from kensho.http.request_state import leave_found, leave_outcome, request_id_of, state_of
from kensho.http.response_cache import (
    JSON,
    PLAIN,
    CachedResponse,
    Headers,
    Key,
    ResponseMeta,
)
from kensho.http.work_pool import ClientGoneError, checkpoint, client_of, pools_of
from kensho.read_model.encoded import Encoded

if TYPE_CHECKING:
    from kensho.http.shared_answers import Lookup, SharedAnswers  # loaded only with Redis

__all__ = [
    "HTML",
    "JSON",
    "PreparedResponse",
    "ResponseMeta",
    "SlicedResponse",
    "StreamedResponse",
    "UncachedResponse",
]

HTML: Final = b"text/html; charset=utf-8"
SHARED: Final = "shared_answers"
"""Where the state of the application has the `SharedAnswers`, if it has any."""
CLIENT_GONE: Final = 499
"""Counted for a client that left before it was answered, as nginx does."""
_UNITS_PER_S: Final = 1_000
"""A unit of cost is about a millisecond."""
_LARGE_BYTES: Final = 65_536
"""Larger bodies are compressed on a thread: it would take milliseconds of the loop."""
T = TypeVar("T", default=bytes)


class PreparedResponse(Generic[T]):
    """What a controller returns: a document, JSON if no `meta` is given.

    Its parameter is the type of the document, which OpenAPI describes; a page is plain bytes.
    `identity` is that of the snapshot that the document was read from. `keep` is false where more
    than the snapshot was read, so that nothing would tell when it has passed.
    """

    __slots__ = ("_body", "_identity", "_keep", "_meta")

    def __init__(
        self,
        document: Encoded[T] | bytes,
        identity: str,
        *,
        meta: ResponseMeta = PLAIN,
        keep: bool = True,
    ) -> None:
        self._body = document.bytes if isinstance(document, Encoded) else document
        self._meta = meta
        self._identity = identity
        self._keep = keep

    def prepare(self, scope: Scope) -> CachedResponse:
        """Return the document tagged and compressed for the request."""
        state = state_of(scope)
        return state.cache.prepare(self._body, self._identity, _key(scope), self._meta)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Make the answer ready and send it; keep it if it is the same for everybody."""
        if len(self._body) > _LARGE_BYTES and _key(scope)[2] != "identity":
            await PooledResponse(lambda: self)(scope, receive, send)
        else:
            await self.finish(scope, send, self.prepare(scope))

    async def finish(self, scope: Scope, send: Send, prepared: CachedResponse) -> None:
        """Send what was prepared, and keep it if it is the same for everybody."""
        prepared.route = cast("dict[str, Any]", scope)["path_template"]
        await _send(prepared, scope, send, keep=self.is_kept(scope))

    def is_kept(self, scope: Scope) -> bool:
        """Tell whether the answer may be kept for everybody."""
        return self._keep and _is_shared(scope)


class StreamedResponse(PreparedResponse):
    """A document that is compressed while it is made, and never held plain.

    `pieces` is called on a thread of the pool, for every request that is not answered by an equal
    one.
    """

    __slots__ = ("_pieces",)

    def __init__(
        self, pieces: Callable[[], Iterator[bytes]], identity: str, meta: ResponseMeta
    ) -> None:
        super().__init__(b"", identity, meta=meta)
        self._pieces = pieces

    @override
    def prepare(self, scope: Scope) -> CachedResponse:
        """Return the document, made and compressed; ends early when nobody waits for it."""
        cache, key = state_of(scope).cache, _key(scope)
        return cache.prepare_pieces(_while_wanted(self._pieces()), self._identity, key, self._meta)

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Make the document in the pool and send it."""
        await PooledResponse(lambda: self)(scope, receive, send)


class UncachedResponse(Generic[T]):
    """A response that is never kept or tagged: the result of a POST, or a state as of now."""

    __slots__ = ("_body", "_headers", "_status")

    def __init__(
        self,
        document: Encoded[T] | bytes,
        *,
        status: int = 200,
        media_type: bytes = JSON,
        headers: Headers = (),
    ) -> None:
        self._body = document.bytes if isinstance(document, Encoded) else document
        self._status = status
        self._headers = [(b"content-type", media_type), (b"cache-control", b"no-store"), *headers]

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send the answer."""
        headers = [*self._headers, (b"content-length", b"%d" % len(self._body))]
        await send({"type": "http.response.start", "status": self._status, "headers": headers})
        await send({"type": "http.response.body", "body": self._body, "more_body": False})


Answer: TypeAlias = PreparedResponse[Any] | UncachedResponse[Any]
"""What is made on a thread, to be sent from the event loop."""


class PooledResponse:
    """An answer that is made on a thread of a pool (`kensho.http.work_pool`).

    `make` is called there, and what it returns is compressed there. Equal requests, which have the
    same key, are answered by one computation; those that are not reads have none.
    """

    __slots__ = ("_is_picture", "_make")

    def __init__(self, make: Callable[[], Answer], *, is_picture: bool = False) -> None:
        self._make = make
        self._is_picture = is_picture

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait for the answer and send it; a client that leaves gets nothing."""
        pools = pools_of(scope)
        pool = pools.pictures if self._is_picture else pools.answers
        is_read = cast("dict[str, Any]", scope)["method"] == "GET"
        key: Hashable = _key(scope) if is_read else object()
        shared = _shared_answers(scope)
        lookup: Lookup | None = None
        if shared is not None and not pool.is_making(key):
            state = state_of(scope)
            named = state.cache.of_epoch(state.key)
            route = cast("dict[str, Any]", scope)["path_template"]
            lookup = await shared.find(state.cache.identity or "", named, route)
            if lookup.answer is not None:
                leave_found(scope)
                await _send(lookup.answer, scope, send, keep=True)
                return
        settled: _Made | None = None
        try:
            work = functools.partial(self._made, scope)
            made = settled = await pool.run(
                client_of(scope), key, work, receive, _expected_s(scope)
            )
        except (OverloadedError, RateLimitedError, ClientGoneError) as error:
            await _end_unanswered(error, scope, send)
            return
        finally:
            if shared is not None and lookup is not None:
                _settle(shared, lookup, settled, scope)
        answer, prepared, _ = made
        if isinstance(answer, PreparedResponse) and prepared is not None:
            await answer.finish(scope, send, prepared)
        else:
            await answer(scope, receive, send)

    def _made(self, scope: Scope) -> "_Made":
        """Make the answer; called on a thread."""
        checkpoint()
        began_s = perf_counter()
        answer = self._make()
        prepared = answer.prepare(scope) if isinstance(answer, PreparedResponse) else None
        return _Made(answer, prepared, perf_counter() - began_s)


class _Made(NamedTuple):
    """An answer of the pool, ready to send if it is a document, and how long it took."""

    answer: Answer
    prepared: CachedResponse | None
    took_s: float


def _settle(shared: "SharedAnswers", lookup: "Lookup", made: _Made | None, scope: Scope) -> None:
    """Give other processes what was made here, or let them make it."""
    answer = made.prepared if made is not None else None
    if made is None or answer is None:
        shared.settle(lookup, None, 0.0 if made is None else made.took_s)
        return
    answer.route = cast("dict[str, Any]", scope)["path_template"]
    is_kept = isinstance(made.answer, PreparedResponse) and made.answer.is_kept(scope)
    shared.settle(lookup, answer if is_kept else None, made.took_s)


def _shared_answers(scope: Scope) -> "SharedAnswers | None":
    """Return where an answer to a request may be found that other processes made."""
    if not _is_shared(scope) or scope["path"].startswith(INTERNAL):
        return None
    state = cast("dict[str, Any]", scope)["litestar_app"].state
    return cast("SharedAnswers | None", state.get(SHARED))


def _is_shared(scope: Scope) -> bool:
    """Tell whether the answer to a request is the same for everybody."""
    return cast("dict[str, Any]", scope)["method"] == "GET" and is_public(scope)


async def _send(prepared: CachedResponse, scope: Scope, send: Send, *, keep: bool) -> None:
    """Send an answer, kept from now on if it may be."""
    state = state_of(scope)
    leave_outcome(scope, prepared.outcome)
    if keep:
        state.cache.put(state.key, prepared)
    await prepared.send(state.if_none_match, send)


class SlicedResponse(Generic[T]):
    """An answer that is made in slices, each in a turn of its own on a thread of the pool.

    A client whose answer takes long so waits for others between the slices, and they never wait for
    more than one. `join` makes the answer of what all slices returned, in their order.
    """

    __slots__ = ("_join", "_slices")

    def __init__(
        self,
        slices: Sequence[Callable[[], Any]],
        join: Callable[[Sequence[Any]], UncachedResponse[T]],
    ) -> None:
        self._slices = slices
        self._join = join

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait for all slices and send the answer; a client that leaves gets nothing."""
        pool, client = pools_of(scope).answers, client_of(scope)
        expected_s = _expected_s(scope) / max(1, len(self._slices))
        try:
            parts = [
                await pool.run(client, object(), one, receive, expected_s) for one in self._slices
            ]
        except (OverloadedError, RateLimitedError, ClientGoneError) as error:
            await _end_unanswered(error, scope, send)
            return
        await self._join(parts)(scope, receive, send)


async def _end_unanswered(error: KenshoError, scope: Scope, send: Send) -> None:
    """Send why there is no answer, or nothing to a client that has left."""
    if isinstance(error, ClientGoneError):
        await send({"type": "http.response.start", "status": CLIENT_GONE, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    else:
        await refuse(error, scope, send)


async def refuse(error: KenshoError, scope: Scope, send: Send) -> None:
    """Send a short problem: a page and a line of the log cost as much as what is refused."""
    response = problem_details.error_response(
        error, path=scope["path"], request_id=request_id_of(scope)
    )
    body, headers = problem_details.render_error(response, None)
    headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _expected_s(scope: Scope) -> float:
    """Return how long the answer is expected to take, as its handler declares."""
    cost = declared_cost(cast("dict[str, Any]", scope)["route_handler"])
    return cost.of(state_of(scope).parameters) / _UNITS_PER_S


def _while_wanted(pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        checkpoint()
        yield piece


def _key(scope: Scope) -> Key:
    """Return what the answer of a request is kept under, if it may be."""
    state = state_of(scope)
    return state.key if is_public(scope) else state.private_key
