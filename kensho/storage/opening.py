"""Open the store that the settings name, for commands that do one thing and end."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from kensho.platform import environment
from kensho.platform.installation import data_root
from kensho.storage import queries
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings

T = TypeVar("T")


def run_on_store(store_url: str | None, run: Callable[[Gateway], Awaitable[T]]) -> T:
    """Open the store at `store_url`, or else the one that the environment names, and run `run`.

    Raises:
        SettingsError: a setting makes no sense.
        StorageError: the store can't be opened; or what `run` raises.
    """
    settings = environment.with_changes(environment.load(), store_url=store_url)

    async def opened() -> T:
        known = queries.load(data_root("queries"))
        async with Gateway.open(StoreSettings.of(settings), known) as gateway:
            return await run(gateway)

    return asyncio.run(opened())
