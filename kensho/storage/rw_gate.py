"""A turnstile: calls pass at will until it closes, which waits for those inside to leave."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator


class ReadWriteGate:
    """Lets any number of calls through, or none; for one event loop."""

    def __init__(self) -> None:
        self._inside = 0
        self._open = asyncio.Event()
        self._open.set()
        self._empty = asyncio.Event()
        self._empty.set()

    @contextlib.asynccontextmanager
    async def passing(self) -> AsyncGenerator[None]:
        """Wait while it is closed, then count as inside while the block runs."""
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
        """Keep new calls waiting, and run the block once those inside have left."""
        self._open.clear()
        try:
            await self._empty.wait()
            yield
        finally:
            self._open.set()
