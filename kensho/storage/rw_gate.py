"""A gate that many calls may pass at the same time, and that can be closed.

Closing it keeps new calls waiting and waits for those under way to end.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator


class ReadWriteGate:
    """Let any number of calls through, or none while it is closed; for one event loop."""

    def __init__(self) -> None:
        self._inside = 0
        self._open = asyncio.Event()
        self._open.set()
        self._empty = asyncio.Event()
        self._empty.set()

    @contextlib.asynccontextmanager
    async def passing(self) -> AsyncGenerator[None]:
        """Wait while the gate is closed, then run the block as a call that `closed` waits for."""
        await self._open.wait()
        self._inside += 1
        self._empty.clear()
        try:
            yield
        finally:
            self._inside -= 1
            if not self._inside:
                self._empty.set()

    @contextlib.asynccontextmanager
    async def closed(self) -> AsyncGenerator[None]:
        """Keep new calls waiting, and run the block once the calls under way have ended."""
        self._open.clear()
        try:
            await self._empty.wait()
            yield
        finally:
            self._open.set()
