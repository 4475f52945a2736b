"""The client's address and scheme behind proxies: believed from trusted peers only.

A proxy appends the address it was called from, so the chain is read from its right end: each
address that a trusted proxy appended is known, and the first that is not a trusted proxy's own is
the client. What stands further left was sent by that client and may say anything.

Guarantees: from an untrusted peer the headers change nothing. A malformed part ends the walk at the
last address that is known. Where `Forwarded` (RFC 7239) and `X-Forwarded-For` name different
clients the peer's address stands, since proxies pass on untouched the one of the two that they
don't write.

Performance: a resolved chain is remembered if it is short, in at most 4 MB; a parse takes about
10 µs.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final, NamedTuple, TypeAlias

from litestar.types import HTTPScope

Address: TypeAlias = IPv4Address | IPv6Address

_PAIR: Final = r'[!#$%&\'*+.^_`|~0-9A-Za-z-]+=(?:[!#$%&\'*+.^_`|~0-9A-Za-z:-]+|"[^"\\,;]*")'
_ELEMENT: Final = re.compile(rf"\s*({_PAIR}(?:\s*;\s*{_PAIR})*)\s*")
"""An element of `Forwarded`. Quoted commas, semicolons and escapes are not taken: no address has
any, and splitting at them would let a client hide what a proxy appended."""
_WITH_PORT: Final = re.compile(
    r"(?:\[([0-9A-Fa-f:.]+)\]|(\d+\.\d+\.\d+\.\d+))(?::\d{1,5})?", re.ASCII
)
_MAX_HOPS: Final = 16
"""More proxies than stand before any installation; bounds the work of a hostile header."""
_REMEMBERED: Final = 4_096
_LONGEST_REMEMBERED: Final = 256
"""Characters of all chains. A client may send kilobytes, which a proxy only appends to."""
_HEADERS: Final = (b"forwarded", b"x-forwarded-for", b"x-forwarded-proto")


class ForwardedRequest(NamedTuple):
    """Who a request is from, and by which scheme it was made, as far as proxies tell."""

    client: str
    scheme: str | None


class TrustedProxies:
    """Tells the client behind the proxies of some networks."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks = [ip_network(network) for network in networks]
        self._remembered = lru_cache(_REMEMBERED)(self._resolved)

    def apply(self, scope: HTTPScope) -> None:
        """Put the client's address and scheme into a request that a trusted proxy passed on."""
        peer = scope["client"][0] if scope["client"] else ""
        if not self._networks or not peer:
            return
        lines = [_joined(scope, name) for name in _HEADERS]
        is_short = sum(map(len, lines)) <= _LONGEST_REMEMBERED
        found = (self._remembered if is_short else self._resolved)(peer, *lines)
        if found.client != peer:
            scope["client"] = (found.client, 0)
        if found.scheme is not None:
            scope["scheme"] = found.scheme

    def _resolved(
        self, peer: str, forwarded: str, forwarded_for: str, forwarded_proto: str
    ) -> ForwardedRequest:
        address = parsed_address(peer)
        if address is None or not self.trusts(address):
            return ForwardedRequest(peer, None)
        chains: list[Iterable[Address | None]] = []
        if forwarded:
            chains.append(map(_forwarded_for, _from_the_right(forwarded)))
        if forwarded_for:
            chains.append(map(parsed_address, _from_the_right(forwarded_for)))
        clients = {self._client(address, chain) for chain in chains}
        client = clients.pop() if len(clients) == 1 else address
        return ForwardedRequest(
            peer if client == address else str(client), _scheme(forwarded, forwarded_proto)
        )

    def trusts(self, address: Address) -> bool:
        """Tell whether an address is that of a trusted proxy."""
        return any(address in network for network in self._networks)

    def _client(self, peer: Address, chain: Iterable[Address | None]) -> Address:
        """Return the first address from the right that is not a trusted proxy's."""
        known = peer
        for address in chain:
            if address is None:
                break
            known = address
            if not self.trusts(address):
                break
        return known


def parsed_address(text: str) -> Address | None:
    """Return an address, with or without a port or brackets; `None` if it is none.

    IPv4 addresses that are written as IPv6 ones (`::ffff:192.0.2.1`) are the same as plain ones.
    """
    bare = text.strip()
    match = _WITH_PORT.fullmatch(bare)
    try:
        address = ip_address(match[1] or match[2] if match else bare)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return None
        return address.ipv4_mapped or address
    return address


def _from_the_right(chain: str) -> Iterator[str]:
    return iter(chain.rsplit(",", _MAX_HOPS)[: -_MAX_HOPS - 1 : -1])


def _parameters(element: str) -> dict[str, str] | None:
    """Return the parameters of an element of `Forwarded`, or `None` if it is malformed."""
    match = _ELEMENT.fullmatch(element)
    if match is None:
        return None
    pairs = [pair.strip().partition("=") for pair in match[1].split(";")]
    found = {name.lower(): value.strip('"') for name, _, value in pairs}
    return found if len(found) == len(pairs) else None


def _forwarded_for(element: str) -> Address | None:
    parameters = _parameters(element)
    return None if parameters is None else parsed_address(parameters.get("for", ""))


def _scheme(forwarded: str, forwarded_proto: str) -> str | None:
    """Return the scheme that the nearest proxy was called by."""
    nearest = _parameters(next(_from_the_right(forwarded))) if forwarded else None
    told = (nearest or {}).get("proto") or next(_from_the_right(forwarded_proto), "").strip()
    scheme = told.lower()
    return scheme if scheme in ("http", "https") else None


def _joined(scope: HTTPScope, name: bytes) -> str:
    """Return all lines of a header as one, in their order."""
    return b",".join(value for known, value in scope["headers"] if known == name).decode("latin-1")
