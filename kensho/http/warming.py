"""Makes the answers that are asked for most ready, when another snapshot is taken into use.

Kept answers are of one snapshot, so that a new one begins with none. Those that were sent most
often are made, one after another. After a start nothing is known of that: then those of what is
best known are made. Requests go first: an answer is made when for a moment none has come, or, while
they come without a pause, in a twentieth of the time.
"""

import asyncio
import contextlib
from asyncio import sleep
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any, Final, cast

import structlog
from litestar import Litestar
from litestar.types import HTTPScope, Message

from kensho.errors import KenshoError, NotReadyError
from kensho.http.pipeline import RequestPipeline
from kensho.http.response_cache import Key

HOTTEST: Final = 200
"""Made in one to four seconds where nobody asks; of a catalogue's works these get half of all
requests."""
_PAUSE_S: Final = 0.002
"""Between two answers; where many ask, a request comes within it."""
_GIVEN_WAY: Final = 19
"""How many times as long as an answer took requests go before the next one."""
_START_S: Final = 1.0
"""After a start the first requests have been waiting, and other workers still start."""
_log = structlog.get_logger("kensho.warming")


class Warmer:
    """Warms one application after each change of snapshots.

    `best_known` returns what is made where nothing was asked for before, the best first.
    """

    def __init__(
        self, app: Litestar, pipeline: RequestPipeline, best_known: Callable[[], Sequence[Key]]
    ) -> None:
        self._app = app
        self._pipeline = pipeline
        self._best_known = best_known
        self._warming: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Begin to warm, since another snapshot is served; what was not yet warm stays cold."""
        keys = self._pipeline.turn(HOTTEST)
        if self._warming is not None:
            self._warming.cancel()
        warming = self._warm(keys) if keys else self._warm_at_start()
        self._warming = asyncio.get_running_loop().create_task(warming)

    async def stop(self) -> None:
        """Give up what is not warm yet."""
        warming, self._warming = self._warming, None
        if warming is not None:
            warming.cancel()
            await asyncio.wait((warming,))

    async def _warm_at_start(self) -> None:
        await sleep(_START_S)
        with contextlib.suppress(NotReadyError):
            await self._warm(self._best_known())

    async def _warm(self, keys: Sequence[Key]) -> None:
        began_s = perf_counter()
        for key in keys:
            making_s = perf_counter()
            with contextlib.suppress(KenshoError):
                await self._pipeline.make_ready(_scope(self._app, key), key, _never, _nowhere)
            await self._give_way(perf_counter() - making_s)
        if keys:
            took_s = round(perf_counter() - began_s, 2)
            _log.info("answers_warmed", answers=len(keys), seconds=took_s)

    async def _give_way(self, took_s: float) -> None:
        """Let requests go until none comes for a moment, and at most as long as is their share."""
        until_s = perf_counter() + _GIVEN_WAY * took_s
        while True:
            begun = self._pipeline.requests_begun
            await sleep(_PAUSE_S)
            if begun == self._pipeline.requests_begun or perf_counter() >= until_s:
                return


def _scope(app: Litestar, key: Key) -> HTTPScope:
    """Return a request for a target that comes from nobody."""
    path, query, encoding, _ = key
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "",
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": [(b"accept-encoding", encoding.encode())],
        "client": None,
        "server": None,
        "extensions": None,
        "state": {},
        "app": app,
        "litestar_app": app,
    }
    return cast("HTTPScope", scope)


async def _never() -> Any:
    """Receive nothing: nobody waits, and nobody leaves."""
    await asyncio.Event().wait()


async def _nowhere(_message: Message) -> None:
    """Send nothing."""
