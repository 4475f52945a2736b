"""A process of its own that owns a store: `hold` it until killed, be `busy` in it and leave, or `migrate` it.

Run as `python -m tests.support.store_owner hold surrealkv://path`.
"""

import asyncio
import sys
from pathlib import Path

from kensho.storage import migrations
from kensho.storage.gateway import Gateway, StoreSettings
from tests.support.stores import own_queries

_FILL = "BEGIN; DEFINE TABLE noise SCHEMALESS; INSERT INTO noise $rows RETURN NONE; COMMIT;"
_READ = "SELECT * FROM noise;"


async def hold(url: str) -> None:
    """Keep the store open until the input closes."""
    async with Gateway.open(StoreSettings(url), own_queries()):
        print("open", flush=True)  # noqa: T201 - the test waits for this line
        await asyncio.to_thread(sys.stdin.read)


async def busy(url: str) -> None:
    """Read with much concurrency, cut some of the calls, and leave at once."""
    async with Gateway.open(StoreSettings(url), own_queries()) as gateway:
        await gateway.run_script(_FILL, {"rows": [{"id": n} for n in range(1000)]})
        reads = [asyncio.create_task(gateway.run_script(_READ)) for _ in range(4)]
        reads += [asyncio.create_task(gateway.ping()) for _ in range(200)]
        await asyncio.gather(*reads[:150])
        for read in reads:
            read.cancel()
        await asyncio.gather(*reads, return_exceptions=True)


async def migrate(url: str, folder: str) -> None:
    """Apply the migrations of `folder`."""
    async with Gateway.open(StoreSettings(url), own_queries()) as gateway:
        print("open", flush=True)  # noqa: T201 - the test waits for this line
        await migrations.migrate(gateway, migrations.load(Path(folder)))


if __name__ == "__main__":
    verb, *arguments = sys.argv[1:]
    asyncio.run({"hold": hold, "busy": busy, "migrate": migrate}[verb](*arguments))
