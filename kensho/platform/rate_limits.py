"""Limit the requests of a client per minute; off by default.

A proxy in front limits for several machines at once. A fixed window per client address, counted per
process. Headers follow the IETF draft "RateLimit header fields for HTTP"
(draft-ietf-httpapi-ratelimit-headers-10). Which address is the client's is decided
before: a forwarded one counts only from a trusted proxy (`kensho.http.forwarding`).
"""

from typing import Final, NamedTuple

from cachetools import LRUCache

WINDOW_S: Final = 60
_MAX_CLIENTS: Final = 100_000
"""Beyond so many clients the longest unseen is forgotten: memory stays bounded, about 20 MB."""


class RateLimitWindow(NamedTuple):
    """A client's minute: requests so far, and when it ends, in seconds on the limiter's clock."""

    used: int
    ends_at: float


class RateLimitDecision(NamedTuple):
    """Whether a request may pass, and the headers that say how much is left."""

    allowed: bool
    headers: list[tuple[bytes, bytes]]


class RateLimiter:
    """Counts requests of clients; `judge` is called once per request."""

    def __init__(self, per_minute: int) -> None:
        self._quota = per_minute
        self._windows: LRUCache[str, RateLimitWindow] = LRUCache(_MAX_CLIENTS)
        self._policy = (b"ratelimit-policy", b'"default";q=%d;w=%d' % (per_minute, WINDOW_S))

    def judge(self, client: str, now: float) -> RateLimitDecision:
        """Count a request of `client` at `now`, in seconds on a steady clock."""
        window = self._windows.get(client)
        if window is None or now >= window.ends_at:
            window = RateLimitWindow(0, now + WINDOW_S)
        window = RateLimitWindow(window.used + 1, window.ends_at)
        self._windows[client] = window
        left_s = max(1, round(window.ends_at - now))
        remaining = max(0, self._quota - window.used)
        headers = [self._policy, (b"ratelimit", b'"default";r=%d;t=%d' % (remaining, left_s))]
        if window.used > self._quota:
            return RateLimitDecision(
                allowed=False, headers=[*headers, (b"retry-after", b"%d" % left_s)]
            )
        return RateLimitDecision(allowed=True, headers=headers)
