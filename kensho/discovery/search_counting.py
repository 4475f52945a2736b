"""Write down now and then what a process has counted of searches.

Guarantees: what can't be written is counted on. A worker that is killed loses what it has counted
since the last writing.
"""

import asyncio
import datetime as dt
import functools
from collections.abc import Callable
from typing import Final, Protocol
from uuid import UUID

import structlog

from kensho.discovery import queue_items
from kensho.domain.searches import SearchCount
from kensho.domain.work_items import ItemWork
from kensho.errors import KenshoError
from kensho.read_model.holder import Snapshot
from kensho.storage.queue_file import QueueFile
from kensho.storage.search_counts import add_counts

_EVERY_S: Final = 30.0
"""That much is lost where a worker is killed."""
_log = structlog.get_logger("kensho")


class Tally(Protocol):
    """What counts searches (`kensho.http.search_tally`)."""

    def drain(self) -> list[SearchCount]:
        """Return what was counted, and begin anew."""
        ...

    def give_back(self, counts: list[SearchCount]) -> None:
        """Take back what could not be written."""
        ...


class SearchCounting:
    """Writes the counts of a tally into the file of the queue, which keeps them for some days.

    Without a tally there is nothing to write.
    """

    def __init__(
        self, tally: Tally | None, file: QueueFile, days: int, now: Callable[[], dt.datetime]
    ) -> None:
        self._tally = tally
        self._file = file
        self._days = days
        self._now = now

    async def write_for_ever(self, snapshot: Callable[[], Snapshot | None]) -> None:
        """Write from time to time; `snapshot` returns that which is served, which names works."""
        while True:
            await asyncio.sleep(_EVERY_S)
            await self.write(snapshot())

    async def write(self, snapshot: Snapshot | None) -> None:
        """Write what has been counted since the last time."""
        counts = [] if self._tally is None else self._tally.drain()
        if self._tally is None or not counts:
            return
        work_of = functools.partial(_work_of, snapshot)
        try:
            await asyncio.to_thread(
                add_counts, self._file, counts, self._days, self._now(), work_of
            )
        except KenshoError as error:
            self._tally.give_back(counts)
            _log.warning("searches_not_counted", reason=error.message)


def _work_of(snapshot: Snapshot | None, work: UUID) -> tuple[ItemWork, bool] | None:
    """Return a work of a snapshot as items name it, and whether it is adult."""
    model = None if snapshot is None else snapshot.model
    node = None if model is None else model.node(work)
    if model is None or node is None:
        return None
    return queue_items.work_of(model, node), bool(model.columns.adult.item(node))
