"""Who may be given an answer: everybody if its route says so, and otherwise its caller alone.

A route is private unless it, its controller or its router carries `opt = PUBLIC`. That declares
that its answers are the same for every caller, whatever credentials come with the request.

Guarantees: only answers of public routes are kept in the shared response cache, tagged by their
target, and sent to caches between here and the client as `public`.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from litestar.types import Scope

_OPT: Final = "kensho_public"
PUBLIC: Final[Mapping[str, Any] | None] = {_OPT: True}
"""Declares that the answers of a route are public and independent of the caller."""
PRIVATE: Final[Mapping[str, Any] | None] = {_OPT: False}
"""Takes one route of a public controller out of its declaration."""

INTERNAL: Final = ("/health/", "/metrics", "/internal/")
"""How paths of probes, scrapes and the edge begin: they come from inside, and ask for the state as
of now."""
SESSION_COOKIE: Final = b"__Host-kensho"
NO_STORE: Final = b"private, no-store"
"""What private answers say of caching unless their handler says otherwise."""
VARY: Final = b"Authorization, Cookie"
"""The request headers that private answers depend on."""
_ANONYMOUS: Final = b"anonymous"
_DIGEST_BYTES: Final = 16


def is_public(scope: Scope) -> bool:
    """Tell whether the route of a request is declared public; a request without a route is not."""
    handler = cast("dict[str, Any]", scope).get("route_handler")
    return handler is not None and handler.opt.get(_OPT) is True


def is_private(scope: Scope) -> bool:
    """Tell whether a request has found a route that is not declared public."""
    handler = cast("dict[str, Any]", scope).get("route_handler")
    return handler is not None and handler.opt.get(_OPT) is not True


def made_private(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return the headers of an answer of a private route such that no other caller is given it.

    What its handler said of caching stands if it keeps the answer private.
    """
    lines = list(headers)
    said = b",".join(value for name, value in lines if name.lower() == b"cache-control")
    directives = {part.strip().lower() for part in said.split(b",")}
    if b"private" not in directives or b"public" in directives:
        lines = [line for line in lines if line[0].lower() != b"cache-control"]
        lines.append((b"cache-control", NO_STORE))
    return [*lines, (b"vary", VARY)]


def caller_of(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return the name under which answers for this caller are kept: a digest of its credentials.

    Anonymous callers share one name, which no caller with credentials has and no public answer is
    kept under.
    """
    parts: list[bytes] = []
    for name, value in headers:
        if name == b"authorization":
            parts.append(b"token " + value)
        elif name == b"cookie":
            parts += (b"session " + session for session in _sessions(value))
    if not parts:
        return _ANONYMOUS
    return hashlib.blake2b(b"\0".join(parts), digest_size=_DIGEST_BYTES).hexdigest().encode()


def _sessions(cookie: bytes) -> list[bytes]:
    """Return the values of the session cookie: of several all, since any of them may count."""
    pairs = (part.strip().partition(b"=") for part in cookie.split(b";"))
    return [value for name, _, value in pairs if name == SESSION_COOKIE]
