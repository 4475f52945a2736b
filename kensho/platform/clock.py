"""Whether the wall clock can be believed: it is compared with one that nobody can set."""

import time
from collections.abc import Callable
from typing import Final, TypeAlias

Clock: TypeAlias = Callable[[], float]
"""Seconds since some point in time."""
JUMP_S: Final = 5.0
"""A clock that is disciplined drifts 0.5 ms in a second at most, so 1.8 s between two looks that
are an hour apart."""
_TOLD_FOR_S: Final = 3_600.0
"""How long a jump is told: ages and seasons that were computed before it are gone by then."""


def steady_s() -> float:
    """Return seconds that go on while the machine sleeps, where the system counts such."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(clock)


class ClockWatch:
    """Notices that the wall clock was set; `look` at it now and then, at least once an hour."""

    def __init__(self, wall_s: Clock = time.time, steady_s: Clock = steady_s) -> None:
        self.wall_s = wall_s
        self.steady_s = steady_s
        self._offset_s = wall_s() - steady_s()
        self._jump_s = 0.0
        self._jumped_at_s = float("-inf")

    def look(self) -> None:
        """Compare the clocks."""
        now_s = self.steady_s()
        offset_s = self.wall_s() - now_s
        jump_s = offset_s - self._offset_s
        self._offset_s = offset_s
        if abs(jump_s) > JUMP_S:
            self._jump_s, self._jumped_at_s = jump_s, now_s

    def problem(self) -> str | None:
        """Return how the clock jumped within the last hour, if it did."""
        if self.steady_s() - self._jumped_at_s > _TOLD_FOR_S:
            return None
        way = "forward" if self._jump_s > 0 else "back"
        return f"the clock was set {way} by {abs(self._jump_s):.0f} s"
