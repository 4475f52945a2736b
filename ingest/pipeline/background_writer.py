"""Write in the background: the next batch is prepared while the engine commits those before it.

Writes of one kind commit in order, one at a time. Batches that touch no row of each other may be
written side by side, one in each lane of the store, in any order.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Self, TypeAlias

from kensho.storage.gateway import WRITE_LANES, Gateway

Write: TypeAlias = Coroutine[None, None, None]


class BackgroundWriter:
    """Runs writes beside their caller; leaving the block waits for the last.

    A write that fails raises where the next one is handed over, or at the end of the block.
    """

    def __init__(self) -> None:
        self._tasks: dict[int, asyncio.Task[None]] = {}

    async def write(self, batch: Write) -> None:
        """Wait for all writes before, start this one, and return while it runs."""
        try:
            await self.drain()
        except BaseException:
            batch.close()
            raise
        await self._start(0, batch)

    async def write_beside(self, batch: Callable[[int], Write]) -> None:
        """Start a write in a lane that is free, or wait for one, and return while it runs.

        `batch` is told the lane. It must touch no row that the writes under way do.
        """
        while len(self._tasks) == WRITE_LANES:
            await asyncio.wait(self._tasks.values(), return_when=asyncio.FIRST_COMPLETED)
            self._forget_done()
        self._forget_done()
        lane = next(lane for lane in range(WRITE_LANES) if lane not in self._tasks)
        await self._start(lane, batch(lane))

    async def checkpoint(self, gateway: Gateway, share: float = 1.0) -> None:
        """Let an embedded store flush, if it is time, with no write in flight.

        It is when the store holds this `share` of what it may hold unflushed.
        """
        if gateway.unflushed >= share:
            await self.drain()
            await gateway.checkpoint()

    async def drain(self) -> None:
        """Wait until no write is in flight; raise what the first that failed raised."""
        if self._tasks:
            await asyncio.wait(self._tasks.values())
        self._forget_done()

    async def _start(self, lane: int, batch: Write) -> None:
        self._tasks[lane] = asyncio.create_task(batch)
        await asyncio.sleep(0)  # lets it reach the engine before the caller computes on

    def _forget_done(self) -> None:
        done = [self._tasks.pop(lane) for lane, task in [*self._tasks.items()] if task.done()]
        failed = [error for task in done if (error := task.exception()) is not None]
        for error in failed:
            raise error

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.drain()


async def cancelled(task: asyncio.Task[None] | asyncio.Task[bool]) -> None:
    """End a task that nobody waits for any more; what it failed of is dropped."""
    task.cancel()
    await asyncio.wait((task,))
    if not task.cancelled():
        task.exception()  # or asyncio complains that nobody asked
