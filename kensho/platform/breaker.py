"""A circuit breaker: a service that fails again and again is left alone for a while.

Closed, calls pass, and `failures` of them in a row open it. Open, calls are refused at once for
`open_s`. Then it is half open: exactly one call passes, whose end closes or opens it again.

Guarantees: a call that was cancelled counts neither way, and gives its place back. A call that
began before the breaker last changed its state does not count any more: neither does a slow
success close it nor a late failure keep it open. It knows no loop and no thread: its calls begin
and end on one.

The libraries for this were tried (`docs/decisions/0036`): half open they let all waiting callers
through, or count cancelled calls as failures.
"""

import contextlib
import time
from collections.abc import Callable, Generator
from enum import IntEnum
from math import ceil
from typing import Final

from kensho.errors import UpstreamUnavailableError
from kensho.platform.clock import Clock
from kensho.platform.machine_metrics import MachineMetrics

CIRCUIT_OPEN: Final = "circuit_open"
"""The `code` of the error of a call that was refused."""


class BreakerState(IntEnum):
    """What a breaker does with the next call: the figure of `kensho_breaker_state`."""

    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2


def every_error(_error: Exception) -> bool | None:
    """Take every error for a failure of the service."""
    return True


class Breaker:
    """The breaker of one service, `name`; `failures` in a row open it for `open_s` seconds."""

    def __init__(
        self,
        name: str,
        *,
        failures: int,
        open_s: float,
        clock: Clock = time.monotonic,
        metrics: MachineMetrics | None = None,
    ) -> None:
        self.name = name
        self._most_failures = failures
        self._open_s = open_s
        self._clock = clock
        self._metrics = metrics or MachineMetrics()
        self._failures = 0
        self._opened_at_s: float | None = None
        self._is_tried = False
        self._period = 0
        """Raised whenever the state changes, so that calls of before are told from those of now."""
        self._metrics.note_breaker(name, BreakerState.CLOSED, opened=False)

    @property
    def state(self) -> BreakerState:
        """Return what would happen with a call now."""
        if self._opened_at_s is None:
            return BreakerState.CLOSED
        is_over = self._clock() - self._opened_at_s >= self._open_s
        return BreakerState.HALF_OPEN if is_over else BreakerState.OPEN

    @contextlib.contextmanager
    def attempt(
        self, is_failure: Callable[[Exception], bool | None] = every_error
    ) -> Generator[None]:
        """Run one call within; `is_failure` tells whether an error of it is one of the service.

        `False` is for errors that show that the service is well, `None` for those that show
        nothing.

        Raises:
            UpstreamUnavailableError: the call may not be made now, with the code `circuit_open`.
        """
        period = self._begin()
        try:
            yield
        except Exception as error:
            self._end(period, failed=is_failure(error))
            raise
        except BaseException:  # cancelled: nobody knows how it would have ended
            self._end(period, failed=None)
            raise
        self._end(period, failed=False)

    def _begin(self) -> int:
        """Let a call pass; return the period that it belongs to."""
        state = self.state
        if state is BreakerState.OPEN or (state is BreakerState.HALF_OPEN and self._is_tried):
            opened_at_s = self._opened_at_s or 0.0
            left_s = max(0.0, opened_at_s + self._open_s - self._clock())
            raise UpstreamUnavailableError(
                f"{self.name}: not asked, since it failed again and again just now",
                code=CIRCUIT_OPEN,
                retry_after_s=max(1, ceil(left_s)),
            )
        if state is BreakerState.HALF_OPEN:
            self._is_tried = True
            self._metrics.note_breaker(self.name, state, opened=False)
        return self._period

    def _end(self, period: int, *, failed: bool | None) -> None:
        if period != self._period:
            return
        if failed is None:
            self._is_tried = False
            return
        self._failures = self._failures + 1 if failed else 0
        if self._opened_at_s is not None:  # half open, and this was the one call
            self._turn(is_open=failed)
        elif self._failures >= self._most_failures:
            self._turn(is_open=True)

    def _turn(self, *, is_open: bool) -> None:
        self._opened_at_s = self._clock() if is_open else None
        self._failures, self._is_tried = 0, False
        self._period += 1
        state = BreakerState.OPEN if is_open else BreakerState.CLOSED
        self._metrics.note_breaker(self.name, state, opened=is_open)
