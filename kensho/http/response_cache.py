"""Answers as ready bytes: encoded once, tagged, compressed, kept while the graph stands still.

A strong ETag is made of the program's version, the snapshot's identity, the query in canonical
order and the encoding: all that the bytes depend on. An answer that is the same over several
snapshots says so by a `tag` of its own, which stands in the identity's place. Kept answers are
found by their target before anything is routed, which serves a hot read at one and a half times the
rate of a handler.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Generic, NamedTuple, TypeAlias, cast

from cachetools import LRUCache
from litestar.types import Receive, Scope, Send
from typing_extensions import TypeVar

from kensho.http import compression
from kensho.http.compression import Encoding
from kensho.read_model.encoded import Encoded

JSON: Final = b"application/json"
HTML: Final = b"text/html; charset=utf-8"
_LARGE_BYTES: Final = 65_536
"""Larger bodies are compressed on a thread: it would take milliseconds of the loop."""
_MAX_KEPT_SHARE: Final = 64
"""One answer may take at most this part of the cache."""
_ETAG_BYTES: Final = 9

Key: TypeAlias = tuple[bytes, bytes, Encoding]
Headers: TypeAlias = Sequence[tuple[bytes, bytes]]
T = TypeVar("T", default=bytes)


class ResponseMeta(NamedTuple):
    """What an answer is besides its bytes: its media type, further headers, and its own tag.

    `tag` are ASCII letters and digits that change when and only when the document does.
    """

    media_type: bytes = JSON
    headers: Headers = ()
    tag: bytes | None = None


PLAIN: Final = ResponseMeta()


class CachedResponse:
    """An answer ready to send, as a whole or as 304."""

    __slots__ = ("_fresh", "_whole", "body", "etag", "identity", "route")

    def __init__(self, body: bytes, headers: Headers, *, etag: bytes, identity: str) -> None:
        self.body = body
        self.etag = etag
        self.identity = identity
        self.route = ""
        self._whole = [*headers, (b"content-length", b"%d" % len(body))]
        self._fresh = [
            pair for pair in headers if pair[0] not in (b"content-type", b"content-encoding")
        ]

    async def send(self, if_none_match: bytes | None, send: Send) -> None:
        """Send the answer, or 304 to a client that has it."""
        if if_none_match is not None and _matches(if_none_match, self.etag):
            await send({"type": "http.response.start", "status": 304, "headers": self._fresh})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        await send({"type": "http.response.start", "status": 200, "headers": self._whole})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})


class ResponseCache:
    """Makes answers ready, and keeps those of the current snapshot up to `cache_bytes`."""

    def __init__(self, *, version: str, max_age_s: int, cache_bytes: int) -> None:
        self._version = version.encode()
        self._cache_control = b"public, max-age=%d" % max_age_s
        self._kept: LRUCache[Key, CachedResponse] = LRUCache(
            cache_bytes, getsizeof=lambda ready: len(ready.body)
        )
        self._largest = cache_bytes // _MAX_KEPT_SHARE

    def kept(self, key: Key, identity: str) -> CachedResponse | None:
        """Return the kept answer of this target of this snapshot."""
        ready = self._kept.get(key)
        return ready if ready is not None and ready.identity == identity else None

    def keep(self, key: Key, ready: CachedResponse) -> None:
        """Keep an answer, unless it is too large to be worth it."""
        if len(ready.body) <= self._largest:
            self._kept[key] = ready

    async def make(
        self, body: bytes, identity: str, key: Key, form: ResponseMeta = PLAIN
    ) -> CachedResponse:
        """Tag and compress `body`, which answers the target `key` from the snapshot `identity`."""
        path, query, encoding = key
        if encoding != "identity" and len(body) >= compression.MIN_BYTES:
            if len(body) > _LARGE_BYTES:
                body = await asyncio.to_thread(compression.compressed, body, encoding)
            else:
                body = compression.compressed(body, encoding)
        else:
            encoding = "identity"
        etag, headers = self.head((path, query, encoding), identity, form)
        return CachedResponse(body, headers, etag=etag, identity=identity)

    def head(self, key: Key, identity: str, form: ResponseMeta) -> tuple[bytes, Headers]:
        """Return the tag and the headers of an answer to `key` from the snapshot `identity`."""
        path, query, encoding = key
        etag = self._etag(form.tag or identity.encode(), path, query, encoding)
        headers = [
            (b"content-type", form.media_type),
            (b"etag", etag),
            (b"cache-control", self._cache_control),
            (b"vary", b"Accept-Encoding"),
            *form.headers,
        ]
        if encoding != "identity":
            headers.append((b"content-encoding", encoding.encode()))
        return etag, headers

    def _etag(self, tag: bytes, path: bytes, query: bytes, encoding: Encoding) -> bytes:
        canonical = b"&".join(sorted(query.split(b"&"))) if b"&" in query else query
        seed = b"\0".join((self._version, path, canonical, encoding.encode()))
        return b'"%b-%b"' % (
            tag,
            hashlib.blake2b(seed, digest_size=_ETAG_BYTES).hexdigest().encode(),
        )


class PreparedResponse(Generic[T]):
    """What a controller returns: a document, JSON if no `form` is given.

    Its parameter is the type of the document, which OpenAPI describes; a page is plain bytes.
    `identity` is that of the snapshot that the document was read from. `keep` is false where
    more than the snapshot was read, so that nothing would tell when it
    has passed.
    """

    __slots__ = ("_body", "_form", "_identity", "_keep")

    def __init__(
        self,
        document: Encoded[T] | bytes,
        identity: str,
        *,
        form: ResponseMeta = PLAIN,
        keep: bool = True,
    ) -> None:
        self._body = document.bytes if isinstance(document, Encoded) else document
        self._form = form
        self._identity = identity
        self._keep = keep

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Make the answer ready and send it."""
        known = cast("dict[str, Any]", scope)
        state, answers, key = known["state"], known["state"]["answers"], known["state"]["key"]
        ready = await answers.make(self._body, self._identity, key, self._form)
        ready.route = known["path_template"]
        if self._keep:
            answers.keep(key, ready)
        await ready.send(state["if_none_match"], send)


class StreamedResponse:
    """A document sent while it is made, piece by piece: tagged and compressed, and never held."""

    __slots__ = ("_form", "_identity", "_pieces")

    def __init__(self, pieces: Iterator[bytes], identity: str, form: ResponseMeta) -> None:
        self._pieces = pieces
        self._form = form
        self._identity = identity

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Send the pieces, each made on a thread, or 304 to a client that has them all."""
        state = cast("dict[str, Any]", scope)["state"]
        etag, headers = state["answers"].head(state["key"], self._identity, self._form)
        if state["if_none_match"] is not None and _matches(state["if_none_match"], etag):
            await CachedResponse(b"", headers, etag=etag, identity=self._identity).send(etag, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        pieces = compression.compressing(self._pieces, state["key"][2])
        while piece := await asyncio.to_thread(next, pieces, b""):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class UncachedResponse(Generic[T]):
    """An answer never kept or tagged: what a POST asked for, or how the service is now."""

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


def _matches(if_none_match: bytes, etag: bytes) -> bool:
    """Compare as RFC 9110 §13.1.2 says: weakly, and `*` matches whatever there is."""
    if if_none_match in (etag, b"*"):
        return True
    return any(part.strip().removeprefix(b"W/") == etag for part in if_none_match.split(b","))


IdentityOf = Callable[[], str | None]
"""Tells the identity of the snapshot that is served now; `None` while there is no read model."""
