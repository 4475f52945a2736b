"""A TCP proxy on loopback that delays, cuts or swallows what goes through it."""

import asyncio
import contextlib
import threading
from typing import Final, Literal

Fault = Literal["", "cut", "hole"]
_CHUNK: Final = 1 << 16


class FaultProxy:
    """Leads to `port` of this machine. `with FaultProxy(port) as proxy:` and set what is wrong.

    `delay_s` is waited before each chunk that goes either way. `cut` ends connections, those that
    are open and those that come; `hole` takes connections, and what they say, and answers nothing.
    """

    def __init__(self, port: int) -> None:
        self.port = 0
        self.delay_s = 0.0
        self._to = port
        self._fault: Fault = ""
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> "FaultProxy":
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def fault(self) -> Fault:
        """What is wrong; nothing if it is empty."""
        return self._fault

    @fault.setter
    def fault(self, fault: Fault) -> None:
        self._fault = fault
        if fault == "cut":
            self._loop.call_soon_threadsafe(self._cut)

    async def _start(self) -> None:
        self._server = await asyncio.start_server(self._served, "127.0.0.1")
        self.port = self._server.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        self._server.close()
        self._cut()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _cut(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    async def _served(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            if self._fault != "cut":
                there, back = await asyncio.open_connection("127.0.0.1", self._to)
                self._open.add(back)
                await asyncio.gather(self._carried(reader, back), self._carried(there, writer))
                self._open.discard(back)
        writer.transport.abort()
        self._open.discard(writer)

    async def _carried(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry what one side says to the other until it has ended."""
        while data := await reader.read(_CHUNK):
            if self.delay_s:
                await asyncio.sleep(self.delay_s)
            if self._fault != "hole":
                writer.write(data)
                await writer.drain()
        writer.transport.abort()
