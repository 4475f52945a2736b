"""Which hosts a request may name, and how the service calls itself in absolute addresses.

Guarantees: a request that names no sound host, or several, is refused (RFC 9112 §3.2). A `Host`
that is not explicitly allowed never stands in an answer. Without a public URL and without allowed
hosts, addresses stay relative.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import ip_address
from typing import Final

from litestar.types import HTTPScope, Scope

_HOST: Final = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?")
SEVERAL: Final = b","
"""Stands for several `Host` headers; no host is called so."""
_MAX_HOST_BYTES: Final = 262
"""The longest name that DNS has, with a port of five digits after it."""
_MAX_PORT: Final = 65_535
_OLD: Final = ("1.0", "1")
"""HTTP/1.0, as ASGI spells it and as granian does."""


class Hosts:
    """The names of the service: `patterns` as in `KENSHO_ALLOWED_HOSTS`; none allow any."""

    def __init__(self, patterns: Sequence[str], public_url: str | None) -> None:
        self._public_url = public_url
        self._allows_any = not patterns or "*" in patterns
        given = [pattern.lower() for pattern in patterns if pattern != "*"]
        if public_url is not None:
            given.append(public_url.partition("://")[2].lower())
        self._exact = frozenset(given)
        self._suffixes = tuple(pattern[1:] for pattern in given if pattern.startswith("*."))

    @property
    def allows_any(self) -> bool:
        """Tell whether requests may name any host."""
        return self._allows_any

    def lists(self, host: str) -> bool:
        """Tell whether a `Host` header names a listed host; a pattern without a port takes any."""
        match = _HOST.fullmatch(host)
        if match is None:
            return False
        name = match[1].lower().rstrip(".")
        port = match[2] or ""
        return any(
            known in self._exact or known.endswith(self._suffixes) for known in (name, name + port)
        )

    def origin_of(self, scope: Scope) -> str:
        """Return scheme and host for absolute addresses in an answer; nothing if none is known."""
        if self._public_url is not None:
            return self._public_url
        host = host_of(scope)
        return f"{scope['scheme']}://{host}" if self.lists(host) else ""


def names_a_host(scope: HTTPScope, host: bytes) -> bool:
    """Tell whether a request names one sound host, as it must; in HTTP/1.0 it may name none.

    `host` is its `Host` header, nothing if it has none, and `SEVERAL` if it has several.
    """
    if len(host) <= _MAX_HOST_BYTES and _is_sound(host):
        return True
    return not host and scope["http_version"] in _OLD


def are_several(scope: HTTPScope) -> bool:
    """Tell whether a request has several `Host` headers."""
    return sum(1 for name, _ in scope["headers"] if name == b"host") > 1


@lru_cache(maxsize=256)
def _is_sound(host: bytes) -> bool:
    """Tell whether a host is a name or an address, with a port or without."""
    match = _HOST.fullmatch(host.decode("latin-1"))
    if match is None or int((match[2] or ":0")[1:]) > _MAX_PORT:
        return False
    if match[1].startswith("["):
        try:
            ip_address(match[1][1:-1])
        except ValueError:
            return False
    return True


def host_of(scope: Scope | HTTPScope) -> str:
    """Return the one `Host` that a request names; nothing if it names none or several."""
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    return hosts[0].decode("latin-1") if len(hosts) == 1 else ""
