"""What one worker of `kensho serve` does: it serves the application from the shared socket.

Guarantees: after SIGTERM, or when its supervisor is gone, it says that it drains, still accepts for
`KENSHO_DRAIN_S`, then accepts no more, ends streams, lets requests end, and has ended itself within
the deadline, whatever clients, threads or dependencies do: the kernel's alarm ends it otherwise.
"""

import asyncio
import contextlib
import os
import signal
import socket
import time
from collections.abc import AsyncGenerator, Generator
from typing import Any, Final, NamedTuple

import structlog

from kensho.app import create_app
from kensho.errors import KenshoError
from kensho.platform.metrics_board import MetricsBoard, WorkerSeat
from kensho.platform.settings import Settings
from kensho.platform.socket_server import SharedSocketServer
from kensho.platform.worker_board import WorkerBoard

_BEAT_S: Final = 1.0
_DRAIN_SHARE: Final = 0.5
_REQUESTS_SHARE: Final = 0.9
"""The part of the deadline that requests may use, those accepted while draining included; the rest
is for closing."""
_log = structlog.get_logger("kensho")


class Installation(NamedTuple):
    """What all workers have in common."""

    settings: Settings
    listening: socket.socket
    board: WorkerBoard
    metrics: MetricsBoard
    supervisor: int
    """The supervisor's process id."""


class Worker:
    """One worker process."""

    def __init__(self, installation: Installation, slot: int) -> None:
        self._settings = installation.settings
        self._listening = installation.listening
        self._board = installation.board
        self._metrics = installation.metrics
        self._supervisor = installation.supervisor
        self._slot = slot
        self._stopping = asyncio.Event()

    def run(self) -> int:
        """Serve until told to stop; return the exit code.

        The event loop is not closed: that would wait for every thread.

        Raises:
            KenshoError: the application can't be started.
        """
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        loop.run_until_complete(self._serve())
        return 0

    async def _serve(self) -> None:
        port: int = self._listening.getsockname()[1]
        seat = WorkerSeat(self._slot, self._board, self._metrics, port)
        app = create_app(self._settings, seat)
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._stop)
        loop.add_signal_handler(signal.SIGHUP, app.state.look_for_snapshot)
        server = SharedSocketServer(app, self._listening, self._settings.connections)
        with single_error():
            async with self._beating(), app.lifespan():
                serving = asyncio.create_task(server.serve())
                self._say_serving()
                await self._until_stopped(serving)
                app.state.drain()
                await asyncio.sleep(self._drain_s)
                app.state.close_streams()
                await self._drained(server, serving)

    @property
    def _drain_s(self) -> float:
        server = self._settings.server
        return min(server.drain_s, server.stop_deadline_s * _DRAIN_SHARE)

    def _say_serving(self) -> None:
        self._board.serve(self._slot)
        address = f"http://{self._settings.server.host}:{self._settings.server.port}"
        folder = str(self._settings.snapshot.read_model_dir)
        _log.info("serving", url=address, snapshots=folder, worker=self._slot)

    async def _until_stopped(self, serving: asyncio.Task[None]) -> None:
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if serving.done():
            serving.result()  # granian could not start
            raise RuntimeError("the server has ended by itself")

    async def _drained(self, server: Any, serving: asyncio.Task[None]) -> None:
        server.stop()
        self._listening.close()  # clients are refused then, and do not wait for nobody
        left_s = self._settings.server.stop_deadline_s * _REQUESTS_SHARE - self._drain_s
        done, _ = await asyncio.wait((serving,), timeout=left_s)
        if not done:
            _log.warning("requests_cut", worker=self._slot, after_s=left_s)

    def _stop(self) -> None:
        """Begin to stop; the alarm's default action ends the process, even one that is stuck."""
        if not self._stopping.is_set():
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, self._settings.server.stop_deadline_s)
            self._stopping.set()

    @contextlib.asynccontextmanager
    async def _beating(self) -> AsyncGenerator[None]:
        beating = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            beating.cancel()

    async def _beat(self) -> None:
        """Say that the event loop turns, and stop when the supervisor is gone."""
        while True:
            self._board.beat(self._slot, time.monotonic())
            if os.getppid() != self._supervisor:
                self._stop()
            await asyncio.sleep(_BEAT_S)


@contextlib.contextmanager
def single_error() -> Generator[None]:
    """Raise an error of ours by itself: Litestar's lifespan wraps it in a group."""
    try:
        yield
    except BaseExceptionGroup as group:
        ours = _leaf(group.subgroup(KenshoError))
        if ours is None:
            raise
        raise ours from group


def _leaf(error: KenshoError | BaseExceptionGroup[Any] | None) -> KenshoError | None:
    return _leaf(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error
