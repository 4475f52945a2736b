"""Write in the background: the next batch is prepared while the engine commits the last.

Never more than one write is in flight, so batches commit in order and memory holds two at most.
"""

import asyncio
from collections.abc import Coroutine
from typing import Self

from kensho.storage.gateway import Gateway


class BackgroundWriter:
    """Runs writes one after another beside their caller; leaving the block waits for the last.

    A write that fails raises where the next one is handed over, or at the end of the block.
    """

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    async def write(self, batch: Coroutine[None, None, None]) -> None:
        """Wait for the write before, start this one, and return while it runs."""
        try:
            await self.drain()
        except BaseException:
            batch.close()
            raise
        self._task = asyncio.create_task(batch)
        await asyncio.sleep(0)  # lets it reach the engine before the caller computes on

    async def checkpoint(self, gateway: Gateway) -> None:
        """Let an embedded store flush, if it is time, with no write in flight."""
        if gateway.checkpoint_is_due:
            await self.drain()
            await gateway.checkpoint()

    async def drain(self) -> None:
        """Wait until no write is in flight."""
        task, self._task = self._task, None
        if task is not None:
            await task

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.drain()
