"""A process that owns a store: `hold` it until killed, be `busy` in it and leave, or `migrate` it.

Run as `python -m tests.support.store_owner hold surrealkv://path`.
"""

import asyncio
import sys
from pathlib import Path

from kensho.storage import migrations
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings
from tests.support.stores import own_queries, read_query

_WORK = read_query(
    "work",
    "FOR $i IN 0..300 { LET $x = crypto::md5(<string>$i); }; RETURN encoding::json::encode(1);",
)


async def hold(url: str) -> None:
    """Keep the store open until the input closes."""
    async with Gateway.open(StoreSettings(url), own_queries()):
        print("open", flush=True)  # noqa: T201 - the test waits for this line
        await asyncio.to_thread(sys.stdin.read)


async def busy(url: str) -> None:
    """Keep the engine's threads at work with many reads, and leave with the last answer."""
    async with Gateway.open(StoreSettings(url), {**own_queries(), _WORK.name: _WORK}) as gateway:
        await asyncio.gather(*(gateway.fetch(_WORK.name, into=int) for _ in range(48)))


async def migrate(url: str, folder: str) -> None:
    """Apply the migrations of `folder`."""
    async with Gateway.open(StoreSettings(url), own_queries()) as gateway:
        print("open", flush=True)  # noqa: T201 - the test waits for this line
        await migrations.migrate(gateway, migrations.load(Path(folder)))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["hold", store]:
            asyncio.run(hold(store))
        case ["busy", store]:
            asyncio.run(busy(store))
        case ["migrate", store, steps]:
            asyncio.run(migrate(store, steps))
