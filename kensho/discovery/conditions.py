"""What around the service is not as it should be: its folder, its disk, its clock, its workers.

Guarantees: `problems` never waits and touches no disk. `look` does, so it runs in a thread beside
requests; where it does not come back, the disk hangs, and `problems` tells that too.
"""

import os
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import structlog

from kensho.errors import NotReadyError
from kensho.platform.clock import JUMP_S, ClockWatch
from kensho.platform.worker_board import WorkerBoard, Workers
from kensho.read_model import last_ingest
from kensho.read_model.holder import SnapshotHolder
from kensho.read_model.last_ingest import LastIngest

_HANGS_AFTER_S: Final = 30.0
"""A look takes milliseconds; one that takes so long waits for a disk or a network share."""
_LEAST_FREE_BYTES: Final = 33_554_432
"""What must be free where no snapshot tells how large the next will be."""
_MEGABYTE: Final = 1_000_000


class Conditions:
    """Looks at what the service depends on, and remembers what was wrong.

    The folder need be writable, and its disk have room, only where snapshots are published there:
    where `publishes` tells that there is a store.
    """

    def __init__(
        self,
        folder: Path,
        snapshots: SnapshotHolder,
        publishes: Callable[[], bool],
        board: WorkerBoard | None = None,
        clock: ClockWatch | None = None,
    ) -> None:
        self._folder = folder
        self._snapshots = snapshots
        self._publishes = publishes
        self._board = board
        self._clock = clock or ClockWatch()
        self._seen: dict[str, str] = {}
        self._told: dict[str, str] = {}
        self._looking_since_s: float | None = None
        self.last_ingest: LastIngest | None = None
        """How the last ingest into the folder ended, as it was seen last."""
        self._log = structlog.get_logger("kensho.conditions")

    def look(self) -> None:
        """Look at the folder, its disk and the clock, and log what changed; may block."""
        self._looking_since_s = self._clock.steady_s()
        self._clock.look()
        try:
            self._seen = self._of_folder() if self._publishes() else {}
            self.last_ingest = last_ingest.read(self._folder)
        except OSError as error:
            self._seen = {"folder": f"{self._folder} can't be looked at: {error.strerror}"}
        self._looking_since_s = None
        self._log_changes()

    def problems(self) -> Mapping[str, str]:
        """Return why something is not as it should be, by its name; nothing where all is."""
        found = dict(self._seen)
        since_s = self._looking_since_s
        if since_s is not None and self._clock.steady_s() - since_s > _HANGS_AFTER_S:
            found["folder"] = f"{self._folder} does not answer"
        others = {"clock": self._of_clock(), "workers": self._of_workers()}
        return found | {name: problem for name, problem in others.items() if problem is not None}

    def workers(self) -> Workers | None:
        """Return how the workers are, where a supervisor runs them."""
        return self._board.workers(time.monotonic()) if self._board is not None else None

    def _of_folder(self) -> dict[str, str]:
        """Return what keeps a newer snapshot from being published."""
        if not self._folder.exists():
            return {}
        found: dict[str, str] = {}
        if not os.access(self._folder, os.W_OK):
            found["folder"] = f"{self._folder} is read-only: no newer snapshot can be published"
        free = shutil.disk_usage(self._folder).free
        needed = self._needed_bytes()
        if free < needed:
            found["disk"] = (
                f"{free // _MEGABYTE} MB are free for {self._folder}:"
                f" a snapshot takes {-(-needed // _MEGABYTE)} MB"
            )
        return found

    def _needed_bytes(self) -> int:
        """Return how large the next snapshot will be, to judge by the one that is served."""
        try:
            served = self._folder / self._snapshots.held.identity
            return sum(file.stat().st_size for file in served.iterdir())
        except (NotReadyError, OSError):
            return _LEAST_FREE_BYTES

    def _of_clock(self) -> str | None:
        try:
            built_at_s = self._snapshots.current.built_at_s
        except NotReadyError:
            return self._clock.problem()
        early_s = built_at_s - self._clock.wall_s()
        if early_s > JUMP_S:
            return f"the clock is at least {early_s:.0f} s behind: the snapshot is of later"
        return self._clock.problem()

    def _of_workers(self) -> str | None:
        workers = self.workers()
        if workers is None:
            return None
        if workers.is_crash_loop:
            return f"workers end again and again; {workers.restarts} were replaced"
        if workers.serving < workers.wanted:
            return f"{workers.serving} of {workers.wanted} workers serve"
        return None

    def _log_changes(self) -> None:
        found = dict(self.problems())
        for name in found.keys() - self._told.keys():
            self._log.warning("not_well", what=name, reason=found[name])
        for name in self._told.keys() - found.keys():
            self._log.info("well_again", what=name)
        self._told = found
