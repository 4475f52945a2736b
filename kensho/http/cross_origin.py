"""CORS: which origins' scripts may read the API (https://fetch.spec.whatwg.org/#http-cors-protocol).

Guarantees: credentials are never allowed across origins. Every answer of the API bears its headers,
also errors, 304 and those sent from the cache. Where any origin may read, answers don't depend on
the origin, and otherwise they say so in `Vary`.
"""

from collections.abc import Sequence
from typing import Final

from litestar.types import HTTPScope

Headers = list[tuple[bytes, bytes]]

PATHS: Final = ("/api/", "/oembed")
"""What programs of other sites read; pages and their assets are for this site alone."""
_EXPOSED: Final = (
    b"access-control-expose-headers",
    b"ETag, Link, RateLimit, RateLimit-Policy, Retry-After, X-Request-ID, traceparent",
)
PREFLIGHT: Final[Headers] = [
    (b"access-control-allow-methods", b"GET, HEAD, POST"),
    (
        b"access-control-allow-headers",
        b"Accept, Content-Type, If-None-Match, X-Request-ID, traceparent, tracestate",
    ),
    (b"access-control-max-age", b"7200"),
    (b"cache-control", b"no-store"),
]
"""The headers of the answer to a preflight request; a browser reads from a missing
`Access-Control-Allow-Origin` that the origin may not read. It keeps the answer for two hours, the
most that Chromium allows."""
_NONE: Final[Headers] = []


class CrossOriginRules:
    """The headers that open the API to scripts of some `origins`; `*` means any origin."""

    def __init__(self, origins: Sequence[str]) -> None:
        self._by_origin: dict[bytes, Headers] = {
            origin.lower().encode(): [
                (b"access-control-allow-origin", origin.lower().encode()),
                _EXPOSED,
                (b"vary", b"Origin"),
            ]
            for origin in origins
        }
        self._other: Headers = [(b"vary", b"Origin")]
        if "*" in origins:
            self._by_origin = {}
            self._other = [(b"access-control-allow-origin", b"*"), _EXPOSED]

    def headers(self, path: str, origin: bytes | None) -> Headers:
        """Return the headers of every answer at `path` to a request from `origin`."""
        if not path.startswith(PATHS):
            return _NONE
        return self._other if origin is None else self._by_origin.get(origin, self._other)


def is_preflight(scope: HTTPScope, origin: bytes | None) -> bool:
    """Tell whether an OPTIONS request is a browser's that asks before it sends another."""
    if origin is None or not scope["path"].startswith(PATHS):
        return False
    return any(name == b"access-control-request-method" for name, _ in scope["headers"])
