"""What handlers return: a document to tag and keep, one to stream, or one that is never kept.

Guarantees: an answer is kept for everybody only if its route is declared public
(`kensho.http.privacy`), it answers GET and it sets no cookie.
"""

import asyncio
from collections.abc import Iterator
from typing import Any, Final, Generic, cast

from litestar.types import Receive, Scope, Send
from typing_extensions import TypeVar

from kensho.http import compression
from kensho.http.privacy import is_public
from kensho.http.request_state import state_of
from kensho.http.response_cache import JSON, PLAIN, CachedResponse, Headers, ResponseMeta, matches
from kensho.read_model.encoded import Encoded

__all__ = [
    "HTML",
    "JSON",
    "PreparedResponse",
    "ResponseMeta",
    "StreamedResponse",
    "UncachedResponse",
]

HTML: Final = b"text/html; charset=utf-8"
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

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Make the answer ready and send it; keep it if it is the same for everybody."""
        state = state_of(scope)
        public = is_public(scope)
        key = state.key if public else state.private_key
        response = await state.cache.prepare(self._body, self._identity, key, self._meta)
        response.route = cast("dict[str, Any]", scope)["path_template"]
        if public and self._keep and cast("dict[str, Any]", scope)["method"] == "GET":
            state.cache.put(key, response)
        await response.send(state.if_none_match, send)


class StreamedResponse:
    """A document sent while it is made, piece by piece: compressed, and never held.

    It is tagged if it is public. A private one is not: its bytes are not known before they are
    sent.
    """

    __slots__ = ("_identity", "_meta", "_pieces")

    def __init__(self, pieces: Iterator[bytes], identity: str, meta: ResponseMeta) -> None:
        self._pieces = pieces
        self._meta = meta
        self._identity = identity

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Send the pieces, each made on a thread, or 304 to a client that has them all."""
        state = state_of(scope)
        public = is_public(scope)
        key = state.key if public else state.private_key
        etag, headers = state.cache.headers_of(key, self._identity, self._meta)
        if not public:
            headers = [pair for pair in headers if pair[0] != b"etag"]
        elif state.if_none_match is not None and matches(state.if_none_match, etag):
            await CachedResponse(b"", headers, etag=etag, identity=self._identity).send(etag, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        pieces = compression.compress_pieces(self._pieces, key[2])
        while piece := await asyncio.to_thread(next, pieces, b""):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


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
