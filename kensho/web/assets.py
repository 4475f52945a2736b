"""The style sheets, scripts and icon of the pages: read once, compressed once, cached for ever.

Guarantees: an address contains a digest of all files together, so that a file under it never
changes and modules import each other by relative paths. An address with another digest (from a page
that an older version sent) gets the present file, to be cached for a minute only.
"""

import hashlib
import zlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

import brotli
from litestar import get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.types import Receive, Scope, Send

from kensho.http.compression import MIN_BYTES, Encoding
from kensho.http.request_costs import public_costing
from kensho.http.request_state import state_of
from kensho.http.response_cache import CachedResponse

ROOT: Final = "/assets"
_TYPES: Final = {
    ".css": b"text/css; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".svg": b"image/svg+xml",
}
_FOR_EVER: Final = b"public, max-age=31536000, immutable"
_BRIEFLY: Final = b"public, max-age=60"
_DIGEST_CHARS: Final = 12
"""48 bits: two versions of the files never share an address."""
_GZIP_WBITS: Final = 31
"""zlib's window bits for a gzip frame (15 + 16)."""
_ENCODINGS: Final[tuple[Encoding, ...]] = ("br", "gzip", "identity")


class _File(NamedTuple):
    """A file in each encoding: with headers to cache it for ever, and for a minute."""

    stable: Mapping[Encoding, CachedResponse]
    brief: Mapping[Encoding, CachedResponse]


class Assets:
    """The files of some folders, and those that the program makes, by name."""

    def __init__(self, *folders: Path, made: Mapping[str, bytes] | None = None) -> None:
        contents = {
            path.name: path.read_bytes()
            for folder in folders
            for path in sorted(folder.iterdir())
            if path.suffix in _TYPES
        } | dict(made or {})
        seed = b"\0".join(name.encode() + b"\0" + body for name, body in contents.items())
        self.digest: Final = hashlib.sha256(seed).hexdigest()[:_DIGEST_CHARS]
        self._files = {name: _file(name, body) for name, body in contents.items()}

    def url(self, name: str) -> str:
        """Return the address of a file; raises `KeyError` where there is none of that name."""
        if name not in self._files:
            raise KeyError(name)
        return f"{ROOT}/{self.digest}/{name}"

    def find(self, digest: str, name: str) -> Mapping[Encoding, CachedResponse] | None:
        """Return a file in its encodings."""
        file = self._files.get(name)
        if file is None:
            return None
        return file.stable if digest == self.digest else file.brief


class _AssetResponse:
    """A file as a response, in the encoding that the request asks for."""

    def __init__(self, variants: Mapping[Encoding, CachedResponse]) -> None:
        self._variants = variants

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Send the file, or 304."""
        state = state_of(scope)
        await self._variants[state.key[2]].send(state.if_none_match, send)


def handler(assets: Assets) -> HTTPRouteHandler:
    """Return the route of the files."""

    @get(
        f"{ROOT}/{{digest:str}}/{{name:str}}",
        opt=public_costing(0.2),
        include_in_schema=False,
    )
    async def asset(digest: FromPath[str], name: FromPath[str]) -> _AssetResponse:
        """Return one of our own files."""
        variants = assets.find(digest, name)
        if variants is None:
            raise NotFoundException
        return _AssetResponse(variants)

    return asset


def _file(name: str, body: bytes) -> _File:
    return _File(
        stable={e: _ready(name, body, e, _FOR_EVER) for e in _ENCODINGS},
        brief={e: _ready(name, body, e, _BRIEFLY) for e in _ENCODINGS},
    )


def _ready(name: str, body: bytes, encoding: Encoding, caching: bytes) -> CachedResponse:
    if len(body) < MIN_BYTES:
        encoding = "identity"
    made = _compressed(body, encoding)
    etag = b'"%b"' % hashlib.sha256(made).hexdigest()[:_DIGEST_CHARS].encode()
    headers = [
        (b"content-type", _TYPES[Path(name).suffix]),
        (b"etag", etag),
        (b"cache-control", caching),
        (b"vary", b"Accept-Encoding"),
    ]
    if encoding != "identity":
        headers.append((b"content-encoding", encoding.encode()))
    return CachedResponse(made, headers, etag=etag, identity="")


@lru_cache(maxsize=256)  # each file in three encodings
def _compressed(body: bytes, encoding: Encoding) -> bytes:
    """Return a file in an encoding at its best quality, which is slow but done only once."""
    if encoding == "br":
        return cast("bytes", cast("Any", brotli).compress(body))
    return zlib.compress(body, 9, _GZIP_WBITS) if encoding == "gzip" else body
