"""Brings the queue of curators up to date after acts of managers, around what they are about.

The server opens no graph store: a process of its own does, once the acts are published.

Guarantees: an act stands whatever becomes of this; a failure is logged, and the next run that
changes the graph makes up for it.
"""

from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

import msgspec
import structlog

from kensho.domain.work_items import QueueRefreshRequest
from kensho.errors import ChildEndedError
from kensho.platform import child_process

MODULE: Final = "kensho.cli.queue_refreshing"
"""What looks; the command line stands above the service, and is run by its name."""
_WAIT_S: Final = 10.0
"""For whoever has the store open: an act takes seconds, and an ingest looks for itself."""
_DEADLINE_S: Final = 60.0
_MOST_WORKS: Final = 500
"""An act on more waits for the next run: to look around each work takes 10 ms."""
_log = structlog.get_logger("kensho.discovery")


class QueueFollowing:
    """Notes the works of acts until they are looked around.

    `variables` are the settings by which the process finds store, queue and snapshots, where they
    may be other than those of the environment; `None` looks for nothing.
    """

    def __init__(self, variables: Mapping[str, str] | None) -> None:
        self._variables = variables
        self._works: set[UUID] = set()

    def note(self, works: Iterable[UUID]) -> None:
        """Note works of which something was said."""
        if self._variables is not None:
            self._works.update(works)

    async def refresh(self) -> None:
        """Look around the works that were noted since the last time."""
        if self._variables is None or not self._works:
            return
        works, self._works = sorted(self._works)[:_MOST_WORKS], set()
        request = QueueRefreshRequest(dict(self._variables), tuple(works), _WAIT_S)
        try:
            told = await child_process.call(
                MODULE, msgspec.json.encode(request), deadline_s=_DEADLINE_S
            )
        except ChildEndedError as error:
            told = str(error).encode()
        if told:
            _log.warning("queue_not_refreshed", reason=told.decode(errors="replace"))
