"""Responses as ready bytes: tagged, compressed and kept while the snapshot is served.

The strong ETag of a public answer is made of the program's version, the snapshot's identity, the
canonical target (`kensho.http.targets`) and the encoding: all that the bytes depend on. An answer
that is the same over several snapshots says so by a `tag` of its own, which stands in the
identity's place. Kept answers are found by their target before anything is routed, which serves a
hot read at one and a half times the rate of a handler.

Guarantees: a private answer is never found by its target. It is tagged by its bytes and by who
asks, so that nobody is told "not modified" of what somebody else was sent.
"""

import hashlib
import heapq
import zlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from litestar.types import Send
from typing_extensions import override

from kensho.domain.searches import SearchOutcome
from kensho.http import compression, privacy
from kensho.http.compression import Encoding

JSON: Final = b"application/json"
_PIECE_BYTES: Final = 65_536
"""Large enough that sending costs little by the byte, small enough to hold for many readers."""
_MAX_KEPT_SHARE: Final = 64
"""One answer may take at most this part of the cache."""
_ETAG_BYTES: Final = 9
MAX_KEY_BYTES: Final = 512
"""Answers of longer targets are made anew: a title of 50 letters of any script stays below, and so
do our own links."""
_ENTRY_BYTES: Final = 330
"""A key's tuple and its two byte strings, and an entry of the dictionary, besides their letters."""
_ANSWER_BYTES: Final = 210
"""The answer's object, the heads of its body and tag, and the headers that are its own."""
_HEADER_BYTES: Final = 8
"""A place in the list of headers; most headers are shared by all answers.

All three as `tracemalloc` measures them over 10,000 to 60,000 answers on CPython 3.11; a test
compares what is counted with what is measured."""
_HOT_REMEMBERED: Final = 512
"""Of how many answers it is known over several snapshots how often they were sent."""
_VARY: Final = (b"vary", b"Accept-Encoding")
_ENCODED: Final[Mapping[Encoding, tuple[bytes, bytes]]] = {
    "br": (b"content-encoding", b"br"),
    "gzip": (b"content-encoding", b"gzip"),
}
_SETTLED: Final = (b"cache-control", b"public, max-age=86400, immutable")
_OF_BODY: Final = (b"content-type", b"content-encoding")
"""The headers that 304 leaves out."""

Headers: TypeAlias = Sequence[tuple[bytes, bytes]]
Key: TypeAlias = tuple[bytes, bytes, Encoding, bytes]
"""What an answer is kept under: path, query, encoding, and who may be given it."""
EVERYBODY: Final = b""
"""Stands in the key of a public answer."""
SNAPSHOT_HEADER: Final = b"x-kensho-snapshot"
"""Names the snapshot that an answer is of: statuses of works are those of the day it was made."""


class ResponseMeta(NamedTuple):
    """What an answer is besides its bytes: its media type, further headers, and its own tag.

    `tag` are ASCII letters and digits that change when and only when the document does.
    `private_max_age_s` lets the caller's own browser keep a private answer for so long. One that
    `is_settled` never becomes another: caches need not ask again for a day, and then only because
    a new version may show the same in another form.
    `outcome` tells what a search found, where that is counted.
    """

    media_type: bytes = JSON
    headers: Headers = ()
    tag: bytes | None = None
    private_max_age_s: int | None = None
    outcome: SearchOutcome | None = None
    is_settled: bool = False


PLAIN: Final = ResponseMeta()


class CachedResponse:
    """An answer ready to send, as a whole or as 304."""

    __slots__ = ("_headers", "body", "etag", "hits", "identity", "outcome", "route")

    def __init__(self, body: bytes, headers: Headers, *, etag: bytes, identity: str) -> None:
        self.body = body
        self.etag = etag
        self.identity = identity
        self.route = ""
        self.hits = 0
        self.outcome: SearchOutcome | None = None
        self._headers = (*headers, (b"content-length", b"%d" % len(body)))

    @property
    def own_headers(self) -> Headers:
        """Return the headers that the answer was made with."""
        return self._headers[:-1]

    @property
    def sets_cookie(self) -> bool:
        """Tell whether the answer sets a cookie, which is its caller's alone."""
        return any(name == b"set-cookie" for name, _ in self._headers)

    @property
    def size_bytes(self) -> int:
        """Return the memory that the answer takes, without its key; see `kept_bytes`."""
        return len(self.body) + _ANSWER_BYTES + _HEADER_BYTES * len(self._headers)

    async def send(self, if_none_match: bytes | None, send: Send) -> None:
        """Send the answer, or 304 to a client that has it."""
        if if_none_match is not None and matches(if_none_match, self.etag):
            headers = [pair for pair in self._headers if pair[0] not in _OF_BODY]
            await send({"type": "http.response.start", "status": 304, "headers": headers})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        await send({"type": "http.response.start", "status": 200, "headers": self._headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})


def kept_bytes(key: Key, response: CachedResponse) -> int:
    """Return the memory that an answer takes once it is kept under `key`."""
    return response.size_bytes + _ENTRY_BYTES + len(key[0]) + len(key[1])


class PackedResponse(CachedResponse):
    """An answer held compressed for clients that take it plain, unpacked while it is sent.

    The pieces wait for the client, so that one that reads slowly, or not at all, costs the
    compressed bytes only.
    """

    __slots__ = ()

    @override
    async def send(self, if_none_match: bytes | None, send: Send) -> None:
        """Send the answer, or 304 to a client that has it."""
        if if_none_match is not None and matches(if_none_match, self.etag):
            await super().send(if_none_match, send)
            return
        headers = [pair for pair in self._headers if pair[0] != b"content-length"]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        unpacking = zlib.decompressobj(compression.GZIP_WBITS)
        piece = unpacking.decompress(self.body, _PIECE_BYTES)
        while piece:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            piece = unpacking.decompress(unpacking.unconsumed_tail, _PIECE_BYTES)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class ResponseCache:
    """Makes answers ready, and keeps those of the current snapshot in up to `cache_bytes`.

    An ordered dictionary and not `cachetools.LRUCache`, which takes ten times as long to find an
    answer: it is written in Python.
    """

    def __init__(self, *, version: str, max_age_s: int, cache_bytes: int) -> None:
        self._version = version.encode()
        self._cache_control = (b"cache-control", b"public, max-age=%d" % max_age_s)
        self._kept: OrderedDict[Key, CachedResponse] = OrderedDict()
        self._identity: str | None = None
        self._epoch, self._epochs = b"", dict[str, bytes]()
        self._heat_before: dict[Key, int] = {}
        self._most_bytes = cache_bytes
        self._largest = cache_bytes // _MAX_KEPT_SHARE
        self.used_bytes = 0

    def get(self, key: Key, identity: str) -> CachedResponse | None:
        """Return the kept answer under this key of this snapshot, which is served from now on."""
        if identity != self._identity:
            self.turn(identity)
        cached = self._kept.get(key)
        if cached is not None:
            self._kept.move_to_end(key)
            cached.hits += 1
        return cached

    @property
    def identity(self) -> str | None:
        """Return which snapshot is served."""
        return self._identity

    def turn(self, identity: str, most: int = 0) -> list[Key]:
        """Forget the answers of another snapshot; return the keys of those that were hot.

        These are the `most` that were sent most often, the hottest first. How often they were
        counts half from then on, so that what is hot outlasts snapshots that follow soon.
        """
        if identity == self._identity:
            return []
        asked = {key: hits for key, kept in self._kept.items() if (hits := self._heat(key, kept))}
        self._kept.clear()
        self.used_bytes, self._identity = 0, identity
        hottest = heapq.nlargest(max(most, _HOT_REMEMBERED), asked, key=asked.__getitem__)
        self._heat_before = {key: asked[key] // 2 for key in hottest}
        return hottest[:most]

    def _heat(self, key: Key, kept: CachedResponse) -> int:
        return kept.hits + self._heat_before.get(key, 0)

    def put(self, key: Key, response: CachedResponse) -> None:
        """Keep an answer, unless it is of another snapshot, sets a cookie, or is not worth it."""
        size = kept_bytes(key, response)
        if (
            response.identity != self._identity
            or size > self._largest
            or len(key[0]) + len(key[1]) > MAX_KEY_BYTES
            or response.sets_cookie
        ):
            return
        replaced = self._kept.pop(key, None)
        if replaced is not None:
            self.used_bytes -= kept_bytes(key, replaced)
        self._kept[key] = response
        self.used_bytes += size
        while self.used_bytes > self._most_bytes:
            self.used_bytes -= kept_bytes(*self._kept.popitem(last=False))

    def begin_epoch(self, of: str, epoch: bytes) -> None:
        """Forget every kept answer: something that no snapshot tells of has changed.

        `of` names it, and `epoch` stands for how it is now, in keys of answers that processes
        share.
        """
        self._kept.clear()
        self._epochs[of] = epoch
        self.used_bytes, self._epoch = (
            0,
            b"#".join(self._epochs[one] for one in sorted(self._epochs)),
        )

    def of_epoch(self, key: Key) -> Key:
        """Return a key as processes share it: another one in each epoch."""
        path, query, encoding, caller = key
        return (path + b"#" + self._epoch, query, encoding, caller) if self._epoch else key

    def prepare(
        self, body: bytes, identity: str, key: Key, meta: ResponseMeta = PLAIN
    ) -> CachedResponse:
        """Tag and compress `body`, which answers `key` from the snapshot `identity`."""
        path, query, encoding, caller = key
        if caller != EVERYBODY:
            meta = meta._replace(tag=_digest(body))
        if encoding != "identity" and len(body) >= compression.MIN_BYTES:
            body = compression.compress(body, encoding)
        else:
            encoding = "identity"
        etag, headers = self.headers_of((path, query, encoding, caller), identity, meta)
        prepared = CachedResponse(body, headers, etag=etag, identity=identity)
        prepared.outcome = meta.outcome
        return prepared

    def prepare_pieces(
        self, pieces: Iterator[bytes], identity: str, key: Key, meta: ResponseMeta
    ) -> CachedResponse:
        """Tag and compress a body that is made while it is compressed, and never held plain."""
        is_plain = key[2] == "identity"
        packed = b"".join(compression.compress_pieces(pieces, "gzip" if is_plain else key[2]))
        if key[3] != EVERYBODY:
            meta = meta._replace(tag=_digest(packed))
        etag, headers = self.headers_of(key, identity, meta)
        made = PackedResponse if is_plain else CachedResponse
        return made(packed, headers, etag=etag, identity=identity)

    def headers_of(self, key: Key, identity: str, meta: ResponseMeta) -> tuple[bytes, Headers]:
        """Return the tag and the headers of an answer to `key` from the snapshot `identity`."""
        etag = self._etag(meta.tag or identity.encode(), key)
        is_public, encoding = key[3] == EVERYBODY, key[2]
        headers = [
            _content_type(meta.media_type),
            (b"etag", etag),
            self._caching(meta) if is_public else (b"cache-control", _private(meta)),
            _VARY,
            (SNAPSHOT_HEADER, identity.encode()),
            *meta.headers,
        ]
        if encoding != "identity":
            headers.append(_ENCODED[encoding])
        return etag, headers

    def _caching(self, meta: ResponseMeta) -> tuple[bytes, bytes]:
        return _SETTLED if meta.is_settled else self._cache_control

    def _etag(self, tag: bytes, key: Key) -> bytes:
        path, query, encoding, caller = key
        parts = [self._version, path, query, encoding.encode()]
        if caller != EVERYBODY:
            parts.append(caller)
        return b'"%b-%b"' % (tag, _digest(b"\0".join(parts)))


def matches(if_none_match: bytes, etag: bytes) -> bool:
    """Compare as RFC 9110 §13.1.2 says: weakly, and `*` matches whatever there is."""
    if if_none_match in (etag, b"*"):
        return True
    return any(part.strip().removeprefix(b"W/") == etag for part in if_none_match.split(b","))


@lru_cache(maxsize=64)
def _content_type(media_type: bytes) -> tuple[bytes, bytes]:
    """Return the header of a media type: one object for all answers, of which there are many."""
    return b"content-type", media_type


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_ETAG_BYTES).hexdigest().encode()


def _private(meta: ResponseMeta) -> bytes:
    if meta.private_max_age_s is None:
        return privacy.NO_STORE
    return b"private, max-age=%d" % meta.private_max_age_s
