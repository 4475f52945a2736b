"""Limit what a client may ask for by what it costs: units, of which each client has a bucket.

A unit is about a millisecond of one processor. A bucket holds the units of one window and is
refilled evenly, so that a client may spend a window's units at once, and then as fast as they come
back. It is full for a client that was not seen for a window, which is why forgetting one is safe.

Guarantees: a request that is refused costs nothing. Clients of IPv6 are counted by their /64
network, the least that one subscriber has (RFC 6177), and an IPv4 address that is written as IPv6
is the same as the plain one. Memory is bounded: beyond `_MAX_CLIENTS` the longest unseen is
forgotten.

Headers follow the IETF draft "RateLimit header fields for HTTP"
(draft-ietf-httpapi-ratelimit-headers-10). Which address is the client's is decided before: a
forwarded one counts only from a trusted proxy (`kensho.http.forwarding`). The library `limits` is
not used: `docs/decisions/0018` tells why.

Performance: 2 µs for a request, its headers included.
"""

from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from typing import Final, NamedTuple

_MAX_CLIENTS: Final = 32_768
"""They take about 10 MB."""
_SUBNET_BITS: Final = 64
_ADDRESSES_REMEMBERED: Final = 4_096
_LONGEST_ADDRESS: Final = 64


class RateLimitDecision(NamedTuple):
    """Whether a request may pass, and the headers that say how much is left.

    Of one that is refused, `retry_after_s` is when it would pass; of others 0.
    """

    allowed: bool
    headers: list[tuple[bytes, bytes]]
    retry_after_s: int = 0


class RateLimiter:
    """Counts the units of clients: `units` in every `window_s`, whole networks may be `exempt`."""

    def __init__(self, units: int, window_s: int, exempt: Sequence[str] = ()) -> None:
        self._units = units
        self._per_second = units / window_s
        self._exempt = [ip_network(network) for network in exempt]
        self._buckets: OrderedDict[str, list[float]] = OrderedDict()
        self._policy = (b"ratelimit-policy", b'"default";q=%d;w=%d' % (units, window_s))
        self._remembered = lru_cache(_ADDRESSES_REMEMBERED)(self._named)

    def name_of(self, address: str) -> str | None:
        """Return what the client at an address is counted under; `None` if it is exempt."""
        return self._remembered(address[:_LONGEST_ADDRESS])

    def judge(self, name: str, cost: float, now: float) -> RateLimitDecision:
        """Decide on a request of a client that costs so much, at a time of a steady clock."""
        bucket = self._buckets.get(name)
        if bucket is None:
            bucket = self._buckets[name] = [float(self._units), now]
            if len(self._buckets) > _MAX_CLIENTS:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(name)
            refilled = bucket[0] + (now - bucket[1]) * self._per_second
            bucket[0], bucket[1] = min(float(self._units), refilled), now
        needed = min(cost, self._units)  # a single request is never too much
        allowed = bucket[0] >= needed
        if allowed:
            bucket[0] -= cost
        return self._decision(bucket[0], needed, allowed=allowed)

    def _decision(self, left: float, needed: float, *, allowed: bool) -> RateLimitDecision:
        """Tell what is left, when all of it is back and, of who is refused, when `needed` is."""
        full_s = ceil((self._units - left) / self._per_second)
        state = b'"default";r=%d;t=%d' % (max(0, int(left)), full_s)
        if allowed or not needed:
            return RateLimitDecision(allowed, [self._policy, (b"ratelimit", state)])
        retry_s = max(1, ceil((needed - left) / self._per_second))
        headers = [self._policy, (b"ratelimit", state), (b"retry-after", b"%d" % retry_s)]
        return RateLimitDecision(allowed, headers, retry_s)

    def _named(self, client: str) -> str | None:
        try:
            address = ip_address(client.partition("%")[0])
        except ValueError:
            return client
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        if any(address in network for network in self._exempt):
            return None
        if isinstance(address, IPv6Address):
            return format(int(address) >> (128 - _SUBNET_BITS), "x") + "::/64"
        return str(address)
