"""The second store: accounts, and all else that the edges hold and nothing could make again.

It is opened beside the serving and, while that fails, tried again: discovery needs none of it. Its
schema (`graph_schema/edges/`) is brought up to this version's when it is opened. Who asks meanwhile
is told that it can't be reached.
"""

import asyncio
import contextlib
import datetime as dt
import secrets
from collections.abc import AsyncGenerator
from typing import Final
from uuid import UUID

import structlog

from kensho.errors import StorageError, StoreUnavailableError
from kensho.platform.installation import data_root
from kensho.platform.settings import Settings
from kensho.storage import migrations, queries
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings

_FIRST_WAIT_S: Final = 3.0
_CLOSE_S: Final = 1.0
_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 10.0
"""Between attempts: a store that is back serves within this time."""
_log = structlog.get_logger("kensho.edges")


def edge_store_settings(settings: Settings) -> StoreSettings:
    """Return how the store of the edges is reached."""
    return StoreSettings.of(settings, settings.edge_store)


@contextlib.asynccontextmanager
async def opened_edge_store(settings: StoreSettings) -> AsyncGenerator[Gateway]:
    """Open the store of the edges, its schema brought up to this version's.

    Raises:
        StorageError: it can't be opened, or is of a newer version.
    """
    known = queries.load(data_root("queries"))
    steps = migrations.load(data_root("graph_schema") / "edges")
    async with Gateway.open(settings, known) as gateway:
        await migrations.migrate(gateway, steps)
        yield gateway


def new_id(now: dt.datetime) -> UUID:
    """Return a UUID of version 7 (RFC 9562 §5.7): in order of time, and not to be guessed."""
    ms = int(now.timestamp() * 1000)
    random = secrets.randbits(74)
    high = (ms << 16) | (0x7 << 12) | (random >> 62)
    return UUID(int=(high << 64) | (0b10 << 62) | (random & ((1 << 62) - 1)))


class EdgeStore:
    """The store of the edges, open while `open` runs, as far as it can be opened."""

    def __init__(self, settings: StoreSettings) -> None:
        self._settings = settings
        self._gateway: Gateway | None = None
        self._closing = asyncio.Event()

    @property
    def is_open(self) -> bool:
        """Tell whether the store can be asked now."""
        return self._gateway is not None

    def gateway(self) -> Gateway:
        """Return the open store.

        Raises:
            StoreUnavailableError: it is not open now.
        """
        if self._gateway is None:
            raise StoreUnavailableError("the store of the edges is not open")
        return self._gateway

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        """Hold the store open while the block runs; the first attempt is waited for, for a while.

        A store that does not answer holds up neither the start nor the end.
        """
        tried = asyncio.Event()
        holding = asyncio.create_task(self._hold(tried))
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_FIRST_WAIT_S):
                    await tried.wait()
            yield
        finally:
            self._closing.set()
            _, late = await asyncio.wait((holding,), timeout=_CLOSE_S)
            if late:
                holding.cancel()
                await asyncio.wait((holding,))

    async def _hold(self, tried: asyncio.Event) -> None:
        pause_s = _FIRST_PAUSE_S
        while not self._closing.is_set():
            try:
                async with opened_edge_store(self._settings) as gateway:
                    self._gateway = gateway
                    tried.set()
                    await self._closing.wait()
            except StorageError as error:
                _log.warning("edge_store_not_open", reason=error.message)
            finally:
                self._gateway = None
                tried.set()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._closing.wait()
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
