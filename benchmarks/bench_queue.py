"""What the queue of curators costs with 5,000 items: its page, its API, an item and a change.

    python -m benchmarks.bench_queue [ITEMS]

Prints the median and the 95th percentile of requests to a running application, in milliseconds,
while another process writes to the queue. The target is a page under 50 ms at the 95th.
"""

import asyncio
import datetime as dt
import multiprocessing
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import perf_counter, sleep
from typing import Any, cast
from uuid import UUID

from httpx import ASGITransport, AsyncClient, Response

from kensho.app import create_app
from kensho.domain.work_items import ITEM_KINDS, FoundItem, ItemWork
from kensho.platform.environment import with_changes
from kensho.platform.managers import ManagerFile
from kensho.platform.settings import Settings
from kensho.storage.work_items import WorkItemStore

ROUNDS = 200
NOW = dt.datetime(2026, 11, 29, tzinfo=dt.UTC)


def items(total: int) -> list[FoundItem]:
    """Return items as large as real ones, of all kinds."""
    return [
        FoundItem(
            kind=ITEM_KINDS[number % len(ITEM_KINDS)],
            about=(str(number),),
            sentence=f"Is the work number {number} a side story of or a sequel of another one?",
            evidence=tuple(f"source {n}: number {number} is a sequel of another" for n in range(4)),
            works=tuple(
                ItemWork(UUID(int=number + n), f"Number {number}", f"/anime/{UUID(int=number + n)}")
                for n in range(2)
            ),
            weight=(number * 7_919 % total) / total,
            adult=number % 20 == 0,
        )
        for number in range(total)
    ]


def write_on(path: Path) -> None:
    """Add an item ten times a second, as a busy server's readers might."""
    store = WorkItemStore(path)
    number = 0
    while True:
        store.add(FoundItem(kind="report", about=(f"r{number}",), sentence="reported"), NOW)
        number += 1
        sleep(0.1)


async def measure(ask: Callable[[int], Awaitable[Response]], rounds: int = ROUNDS) -> list[float]:
    """Return how long requests take, sorted, in milliseconds."""
    took: list[float] = []
    for number in range(rounds):
        began = perf_counter()
        answer = await ask(number)
        took.append((perf_counter() - began) * 1_000)
        assert answer.status_code in (200, 303), answer.text
    return sorted(took)


async def main(total: int) -> None:
    """Fill a queue, ask for it, and print the figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = with_changes(
            Settings(),
            store_url=f"surrealkv://{folder}/none.db",
            read_model_dir=folder / "read_model",
            secret_file=folder / "secret",
            managers_file=folder / "managers.json",
            queue_file=folder / "queue.db",
        )
        store = WorkItemStore(settings.queue.file)
        made = items(total)
        began = perf_counter()
        for kind in ITEM_KINDS:
            store.refresh((kind,), [one for one in made if one.kind == kind], NOW)
        print(f"fill with {total:,} items: {(perf_counter() - began) * 1_000:.0f} ms")
        began = perf_counter()
        for kind in ITEM_KINDS:
            store.refresh((kind,), [one for one in made if one.kind == kind], NOW)
        print(f"refresh, nothing changed: {(perf_counter() - began) * 1_000:.0f} ms")
        token = ManagerFile(settings.managers.file).add("ada", NOW.date())
        headers = {"authorization": f"Bearer {token}"}
        app = create_app(settings)
        writer = multiprocessing.get_context("spawn").Process(
            target=write_on, args=(store.file.path,), daemon=True
        )
        writer.start()
        transport = ASGITransport(cast("Any", app))
        async with (
            app.lifespan(),
            AsyncClient(transport=transport, base_url="http://test", headers=headers) as client,
        ):
            middle = sorted(made, key=lambda one: -one.weight)[total // 2].id
            asked: dict[str, Callable[[int], Awaitable[Response]]] = {
                "/queue": lambda _: client.get("/queue"),
                "/queue, from the middle on": lambda _: client.get(f"/queue?after={middle}"),
                "/queue?kind=conflict": lambda _: client.get("/queue?kind=conflict&state=open"),
                "/queue/{item_id}": lambda n: client.get(f"/queue/{made[n].id}"),
                "/api/queue": lambda _: client.get("/api/queue?limit=100"),
                "POST /api/queue/{item_id}": lambda n: client.post(
                    f"/api/queue/{made[n].id}", json={"action": "accept"}
                ),
            }
            for what, ask in asked.items():
                await measure(ask, 1) if not what.startswith("POST") else None
                took = await measure(lambda n, ask=ask: ask(n + 2))  # type: ignore[misc]
                middle_ms, late_ms = took[len(took) // 2], took[int(len(took) * 0.95)]
                print(f"{what:<28} median {middle_ms:6.1f} ms   p95 {late_ms:6.1f} ms")
        writer.terminate()
        writer.join(10)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5_000))
