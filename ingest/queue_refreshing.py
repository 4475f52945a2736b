"""Bring the queue of curators up to date after a run or an act, in a process of its own.

To look at everything takes some hundred megabytes beside the engine's, which a process that has
just written the graph no longer has to spare. The command line stands above ingestion, and is run
by its name.

Guarantees: what was run or acted stands whatever becomes of this: a failure is told, and the next
one that changes the graph makes up for it.
"""

import asyncio
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec

from ingest.progress import Progress
from kensho.domain.work_items import QueueRefreshRequest
from kensho.errors import ChildEndedError
from kensho.platform import child_process, environment, memory

_MODULE: Final = "kensho.cli.queue_refreshing"
_DEADLINE_S: Final = 3600.0
"""To look at all of 43,000 works takes 15 s of a processor; this is for ten times as many, on a
machine that is busy."""
_MOST_WORKS: Final = 500
"""Of one act or file of acts. To look around each takes 10 ms, and all of them 13 s."""


def refresh_queue(
    store: str | None, progress: Progress, works: Sequence[UUID] | None = None, wait_s: float = 0.0
) -> None:
    """Look for work items in what was published, and in the store: around `works`, or everywhere.

    The store is not open in this process. For `wait_s` seconds it is waited for where another
    process has it open.
    """
    if not environment.load().queue.refresh:
        return
    around = () if works is None or len(works) > _MOST_WORKS else tuple(works)
    request = msgspec.json.encode(QueueRefreshRequest({}, around, wait_s, store))
    memory.release()
    with progress.stage("queue of curators"):
        try:
            told = asyncio.run(child_process.call(_MODULE, request, deadline_s=_DEADLINE_S))
        except (ChildEndedError, OSError) as error:
            told = str(error).encode()
    if told:
        progress.say(f"the queue of curators is not refreshed: {told.decode(errors='replace')}")
