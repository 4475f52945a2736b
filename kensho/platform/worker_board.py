"""A board in shared memory on which worker processes say that they live, for all to read.

The supervisor makes it before it starts workers. It notes who was started and who ended; each
worker notes once a second that its event loop turns. So every worker can tell of the others, in
readiness and metrics, without asking anybody.

Guarantees: reading never waits. Each number is written by one process, as eight bytes at once.
"""

import mmap
from typing import Final, NamedTuple

LOST_AFTER_S: Final = 10.0
"""A worker that has said nothing for so long does not serve: ten beats are missing."""
LOOP_DEATHS: Final = 3
LOOP_S: Final = 60.0
"""So many ends within so many seconds are a crash loop: one may be an accident, and a machine that
is short of memory kills one now and then."""
_NUMBER: Final = 8
_RESTARTS: Final = 0
_NEXT_DEATH: Final = 1
_DEATHS: Final = 2
_HEAD: Final = _DEATHS + LOOP_DEATHS
_READY, _BEAT, _SLOT = range(3)


class Workers(NamedTuple):
    """How the workers are: how many there should be, how many serve, how many were replaced."""

    wanted: int
    serving: int
    restarts: int
    is_crash_loop: bool


class WorkerBoard:
    """What is known of each worker, by its slot; times are of the monotonic clock, in seconds."""

    def __init__(self, workers: int) -> None:
        self._wanted = workers
        memory = mmap.mmap(-1, _NUMBER * (_HEAD + _SLOT * workers))  # shared with what is forked
        self._numbers = memoryview(memory).cast("d")

    def start(self, slot: int, now_s: float) -> None:
        """Note that a worker is about to be started; it has not said yet that it serves."""
        place = self._place(slot)
        self._numbers[place + _READY] = 0.0
        self._numbers[place + _BEAT] = now_s

    def beat(self, slot: int, now_s: float) -> None:
        """Note that the event loop of a worker turns."""
        self._numbers[self._place(slot) + _BEAT] = now_s

    def serve(self, slot: int) -> None:
        """Note that a worker takes requests now."""
        self._numbers[self._place(slot) + _READY] = 1.0

    def end(self, slot: int, now_s: float) -> None:
        """Note that a worker ended though nobody told it to."""
        place, turn = self._place(slot), int(self._numbers[_NEXT_DEATH])
        self._numbers[place + _READY] = 0.0
        self._numbers[_DEATHS + turn] = now_s
        self._numbers[_NEXT_DEATH] = (turn + 1) % LOOP_DEATHS
        self._numbers[_RESTARTS] += 1

    def is_serving(self, slot: int) -> bool:
        """Tell whether the worker has said that it takes requests."""
        return self._numbers[self._place(slot) + _READY] > 0

    def silence_s(self, slot: int, now_s: float) -> float:
        """Return for how long the worker has said nothing."""
        return now_s - self._numbers[self._place(slot) + _BEAT]

    def workers(self, now_s: float) -> Workers:
        """Return how the workers are now."""
        serving = sum(
            self.is_serving(slot) and self.silence_s(slot, now_s) < LOST_AFTER_S
            for slot in range(self._wanted)
        )
        deaths = self._numbers[_DEATHS:_HEAD].tolist()
        return Workers(
            wanted=self._wanted,
            serving=serving,
            restarts=int(self._numbers[_RESTARTS]),
            is_crash_loop=all(at_s > 0 and now_s - at_s < LOOP_S for at_s in deaths),
        )

    @staticmethod
    def _place(slot: int) -> int:
        return _HEAD + slot * _SLOT
