"""Figures of all workers in shared memory, so that whichever of them is scraped tells of each.

The supervisor makes the board before it starts workers. Each worker writes its figures, as bytes,
every `WRITE_EVERY_S`; the one that is scraped reads those of the others. Files would do the same,
but need a folder that can be written, are left behind, and are shared by two servers of one folder.

Guarantees: reading never waits, and what is read is whole: each worker has two places and fills the
one that is not read. Figures of a worker that ended are told for `LOST_AFTER_S` at most; its
successor begins from nothing in the same slot, which Prometheus takes for the reset that it is.
"""

import mmap
import struct
import zlib
from collections.abc import Callable
from time import monotonic
from typing import Final, NamedTuple

from kensho.platform.worker_board import LOST_AFTER_S, WorkerBoard

WRITE_EVERY_S: Final = 2.0
MOST_BYTES: Final = 524_288
"""All routes with all their statuses take 60 KB."""
_PLACE: Final = struct.Struct("<Qd")
"""The length and checksum of what a place holds in one number, and when it was written."""
_TURN: Final = struct.Struct("<Q")
_SLOT_BYTES: Final = _TURN.size + 2 * (_PLACE.size + MOST_BYTES)
_TRIES: Final = 3


class MetricsBoard:
    """What each worker told last; memory is taken as it is written."""

    def __init__(self, workers: int, clock_s: Callable[[], float] = monotonic) -> None:
        self.workers: Final = workers
        self._memory = mmap.mmap(-1, _SLOT_BYTES * workers)
        self._clock_s = clock_s

    def write(self, slot: int, figures: bytes) -> bool:
        """Replace the figures of a worker; tell whether there was room for them."""
        if len(figures) > MOST_BYTES:
            return False
        start = slot * _SLOT_BYTES
        (turn,) = _TURN.unpack_from(self._memory, start)
        place = self._place(slot, turn + 1)
        self._memory[place + _PLACE.size : place + _PLACE.size + len(figures)] = figures
        sealed = len(figures) << 32 | zlib.crc32(figures)
        _PLACE.pack_into(self._memory, place, sealed, self._clock_s())
        _TURN.pack_into(self._memory, start, turn + 1)
        return True

    def read(self, slot: int) -> bytes | None:
        """Return the figures of a worker; `None` where it told none lately."""
        for _ in range(_TRIES):
            (turn,) = _TURN.unpack_from(self._memory, slot * _SLOT_BYTES)
            place = self._place(slot, turn)
            sealed, written_s = _PLACE.unpack_from(self._memory, place)
            if not sealed or self._clock_s() - written_s > LOST_AFTER_S:
                return None
            start = place + _PLACE.size
            figures = self._memory[start : start + min(sealed >> 32, MOST_BYTES)]
            if zlib.crc32(figures) == sealed & 0xFFFF_FFFF:
                return figures
        return None

    @staticmethod
    def _place(slot: int, turn: int) -> int:
        """Return where the place of a turn begins: the two of a slot take turns."""
        return slot * _SLOT_BYTES + _TURN.size + turn % 2 * (_PLACE.size + MOST_BYTES)


class WorkerSeat(NamedTuple):
    """A worker among those of its supervisor: its slot, and the boards that all of them share."""

    slot: int
    board: WorkerBoard
    metrics: MetricsBoard
    port: int
    """Of the socket that they accept from."""
