"""Keep worker processes running: start them, replace those that end or hang, stop all in time.

The supervisor does nothing else and holds no lock, no file and no thread, so that it can fork at
any time and hardly anything can go wrong in it. A worker that should not outlive it asks for its
parent (`os.getppid`).

Guarantees: `run` ends within the deadline after SIGTERM or SIGINT, whatever workers do, and a
second SIGINT ends it at once. SIGHUP is passed on. A worker that ends otherwise is replaced,
without a pause if it lived for a while. Only if no worker ever came to serve, and one ended by
itself with an error, is that the end of all: its exit code is returned.
"""

import math
import os
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Final, NamedTuple, NoReturn, Self, TypeAlias

import structlog

from kensho.platform.worker_board import WorkerBoard

Work: TypeAlias = Callable[[int], int]
"""What a worker does, given the number of its slot; returns its exit code."""
_HEARD: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
_FROZEN_LOOKS: Final = 3.0
"""A look that is late by so many was late because everything stood still, as in a paused container:
workers could not say anything either."""
_SETTLED_S: Final = 10.0
"""A worker that lived so long is replaced at once; the pause before others grows."""
_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 5.0
"""A worker that can't live costs a start each time, some seconds of a core."""


class SupervisionRules(NamedTuple):
    """How many workers there are, and how long they may take to stop, or say nothing."""

    workers: int
    stop_deadline_s: float
    silence_s: float
    look_every_s: float = 1.0
    """How often workers that hang are looked for; signals are heard at once."""


class _Signals:
    """Hears signals while the block runs; `wait` returns those that came, in their order."""

    def __init__(self) -> None:
        self._came: list[int] = []
        self._before: dict[int, object] = {}

    def __enter__(self) -> Self:
        self._reading, self._writing = socket.socketpair()
        self._reading.setblocking(False)
        self._writing.setblocking(False)
        self._poll = select.poll()  # `select.select` refuses the file number 1,024
        self._poll.register(self._reading, select.POLLIN)
        self._fd = signal.set_wakeup_fd(self._writing.fileno(), warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, self._note) for number in _HEARD}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type] # as it was handed out
        signal.set_wakeup_fd(self._fd)
        self._reading.close()
        self._writing.close()

    def wait(self, timeout_s: float) -> list[int]:
        self._poll.poll(math.ceil(1_000 * timeout_s))
        with suppress(BlockingIOError):
            self._reading.recv(4_096)
        came, self._came = self._came, []
        return came

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._came.append(number)


class _Slot:
    """A place for one worker: its process, and when the next may be started."""

    def __init__(self) -> None:
        self.pid: int | None = None
        self.started_s = 0.0
        self.due_s = 0.0
        self.pause_s = 0.0


class Supervisor:
    """Runs `work` in worker processes until it is told to stop."""

    def __init__(
        self,
        rules: SupervisionRules,
        board: WorkerBoard,
        work: Work,
        at_stop: Callable[[], None] = lambda: None,
    ) -> None:
        """Take what to do once workers are told to stop, such as to close what they shared."""
        self._rules = rules
        self._board = board
        self._work = work
        self._at_stop = at_stop
        self._slots = [_Slot() for _ in range(rules.workers)]
        self._has_served = False
        self._exit_code = 0
        self._kill_at_s: float | None = None
        self._looked_s = time.monotonic()
        self._patient_until_s = 0.0
        self._log = structlog.get_logger("kensho.supervision")

    def run(self) -> int:
        """Run the workers until SIGTERM or SIGINT; return the exit code."""
        with _Signals() as signals:
            while self._kill_at_s is None or self._running():
                self._start_those_due()
                for number in signals.wait(self._pause_s()):
                    self._hear(number)
                self._reap()
                self._kill_those_late()
        return self._exit_code

    def _running(self) -> list[int]:
        return [slot.pid for slot in self._slots if slot.pid is not None]

    def _pause_s(self) -> float:
        due = [slot.due_s for slot in self._slots if slot.pid is None]
        until = min([*due, self._kill_at_s or float("inf")]) - time.monotonic()
        return max(0.0, min(self._rules.look_every_s, until))

    def _hear(self, number: int) -> None:
        if number == signal.SIGHUP:
            self._tell(signal.SIGHUP)
        elif number in (signal.SIGTERM, signal.SIGINT):
            if self._kill_at_s is None:
                self._stop()
            elif number == signal.SIGINT:
                self._kill_at_s = 0.0

    def _stop(self) -> None:
        self._log.info("stopping", deadline_s=self._rules.stop_deadline_s)
        self._kill_at_s = time.monotonic() + self._rules.stop_deadline_s
        self._tell(signal.SIGTERM)
        self._at_stop()

    def _tell(self, number: signal.Signals) -> None:
        for pid in self._running():
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _start_those_due(self) -> None:
        if self._kill_at_s is not None:
            return
        now_s = time.monotonic()
        for number, slot in enumerate(self._slots):
            if slot.pid is None and slot.due_s <= now_s:
                slot.pid, slot.started_s = self._started(number), now_s

    def _started(self, number: int) -> int:
        """Fork a worker; no signal is lost between the fork and the worker's own handlers."""
        self._board.start(number, time.monotonic())  # before the worker can say that it serves
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)
        try:
            pid = os.fork()
            if pid == 0:
                self._be_worker(number, before)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return pid

    def _be_worker(self, number: int, mask: Iterable[int]) -> NoReturn:
        """Do the work and end without any cleaning up, which might wait for a thread for ever."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            for heard in _HEARD:
                signal.signal(heard, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all: we are told
            signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until the worker knows what to do
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            code = self._work(number)
        except BaseException:  # noqa: BLE001 -- nothing stands above this but the end
            traceback.print_exc()
        finally:
            with suppress(Exception):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)

    def _reap(self) -> None:
        now_s = time.monotonic()
        for number, slot in enumerate(self._slots):
            if slot.pid is None:
                continue
            self._has_served = self._has_served or self._board.is_serving(number)
            pid, status = os.waitpid(slot.pid, os.WNOHANG)
            if pid:
                self._ended(number, os.waitstatus_to_exitcode(status), now_s)

    def _ended(self, number: int, code: int, now_s: float) -> None:
        slot = self._slots[number]
        pid, slot.pid = slot.pid, None
        if self._kill_at_s is not None:
            return
        if code > 0 and not self._has_served:
            self._exit_code = code
            self._stop()
            return
        self._board.end(number, now_s)
        if now_s - slot.started_s > _SETTLED_S:
            slot.pause_s = 0.0
        slot.due_s = now_s + slot.pause_s
        slot.pause_s = min(max(2 * slot.pause_s, _FIRST_PAUSE_S), _LONGEST_PAUSE_S)
        self._log.warning("worker_ended", worker=number, pid=pid, **_told(code))

    def _kill_those_late(self) -> None:
        now_s = time.monotonic()
        if self._kill_at_s is not None:
            if now_s >= self._kill_at_s and self._running():
                self._log.warning("workers_killed", pids=self._running())
                self._tell(signal.SIGKILL)
            return
        if now_s - self._looked_s > _FROZEN_LOOKS * self._rules.look_every_s:
            self._patient_until_s = now_s + self._rules.silence_s
        self._looked_s = now_s
        if now_s >= self._patient_until_s:
            self._kill_those_that_hang(now_s)

    def _kill_those_that_hang(self, now_s: float) -> None:
        for number, slot in enumerate(self._slots):
            silence_s = self._board.silence_s(number, now_s)
            if slot.pid is not None and silence_s > self._rules.silence_s:
                self._log.error("worker_hangs", worker=number, pid=slot.pid, silence_s=silence_s)
                with suppress(ProcessLookupError):
                    os.kill(slot.pid, signal.SIGKILL)


def _told(code: int) -> dict[str, object]:
    """Return an exit code as a log line tells it: of a worker that was killed, by which signal."""
    if code >= 0:
        return {"exit_code": code}
    return {"signal": signal.Signals(-code).name}
