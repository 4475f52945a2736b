"""Pace the requests to somebody else's interface, so that it never gets more than it allows.

Guarantees: in no span of a window's length are more requests sent than the window allows, as the
server counts them: a request is noted when its answer has come, which is after the server counted
it. What a server tells of its limit (`X-RateLimit-*`) may slow the pace, and quicken it up to the
`most` that its owners document. Pure: the time is an argument.
"""

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple


class RateWindow(NamedTuple):
    """So many requests in any span of so many seconds."""

    requests: int
    seconds: float


class StatedLimit(NamedTuple):
    """What a server tells of its limit: requests a window, how many are left, when it ends."""

    limit: int | None = None
    remaining: int | None = None
    resets_in_s: float | None = None


class RequestPacer:
    """Tells how long to wait before the next request.

    The first of `windows` is the one whose limit the server tells; `most` is the most requests that
    it is believed to allow.
    """

    def __init__(self, windows: Sequence[RateWindow], *, most: int | None = None) -> None:
        self._windows = list(windows)
        self._most = windows[0].requests if most is None else most
        self._sent: deque[float] = deque(maxlen=max(self._most, *(w.requests for w in windows)))
        self._held_until = float("-inf")

    def wait_s(self, now: float) -> float:
        """Return the seconds from `now` until the next request may be sent."""
        free_at = (
            self._sent[-window.requests] + window.seconds
            for window in self._windows
            if len(self._sent) >= window.requests
        )
        return max(0.0, max(free_at, default=now) - now, self._held_until - now)

    def sent(self, now: float) -> None:
        """Note a request whose answer, or failure, has come `now`."""
        self._sent.append(now)

    def hold(self, until: float) -> None:
        """Send nothing before `until`."""
        self._held_until = max(self._held_until, until)

    def heard(self, told: StatedLimit, now: float) -> None:
        """Keep to what the server tells."""
        window = self._windows[0]
        if told.limit is not None:
            allowed = max(1, min(told.limit, self._most))
            self._windows[0] = RateWindow(allowed, window.seconds)
        if told.remaining is not None and told.remaining <= 0:
            resets = window.seconds if told.resets_in_s is None else told.resets_in_s
            self.hold(now + min(max(0.0, resets), window.seconds))
