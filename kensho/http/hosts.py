"""Which hosts a request may name, and how the service calls itself in absolute addresses.

Guarantees: a `Host` that is not explicitly allowed never stands in an answer. Without a public URL
and without allowed hosts, addresses stay relative.
"""

import re
from collections.abc import Sequence
from typing import Final

from litestar.types import HTTPScope, Scope

_HOST: Final = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?")


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


def host_of(scope: Scope | HTTPScope) -> str:
    """Return the one `Host` that a request names; nothing if it names none or several."""
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    return hosts[0].decode("latin-1") if len(hosts) == 1 else ""
