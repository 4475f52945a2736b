"""Workers that are killed, and connections that are opened and then hardly used."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from time import monotonic
from typing import Final

import httpx

from benchmarks.attack.attack import ATTACKER, CLOSED, HUNG, Tally, Target, attack, together

KILLS: Final = 5
_WAIT_S: Final = 60.0
_POST: Final = (
    "POST /api/anime/batch HTTP/1.1\r\nHost: localhost\r\n"
    "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
)
_GET: Final = "GET /health/live HTTP/1.1\r\nHost: localhost\r\n"


@attack("workers killed, one after another", seconds=90, workers=2)
async def kill_workers(target: Target, tally: Tally) -> None:
    recoveries = []
    for _ in range(KILLS):
        before = workers_of(target)
        os.kill(before[0], signal.SIGKILL)
        killed_at = monotonic()
        while before[0] in workers_of(target) or await serving(target) < target.workers:
            if monotonic() - killed_at > _WAIT_S:
                tally.count(HUNG)
                return
            await asyncio.sleep(0.05)
        recoveries.append(monotonic() - killed_at)
        tally.count("killed")
    tally.notes.append(f"{KILLS} kills, {max(recoveries):.1f} s until all serve again")


@attack("bodies that never end, 500", seconds=30)
async def unfinished_bodies(target: Target, tally: Tally) -> None:
    await together([held(target, tally, _POST) for _ in range(500)])


@attack("heads that never end, 1,000", seconds=30)
async def unfinished_heads(target: Target, tally: Tally) -> None:
    await together([held(target, tally, _GET, drip="X: 1\r\n") for _ in range(1_000)])


@attack("connections that say nothing, 2,000", seconds=30)
async def idle(target: Target, tally: Tally) -> None:
    await together([held(target, tally, "") for _ in range(2_000)])


@attack("heads of 1 MB, 200", seconds=20)
async def large_heads(target: Target, tally: Tally) -> None:
    head = _GET + "".join(f"X-{number}: {'a' * 1_000}\r\n" for number in range(1_000)) + "\r\n"
    await together([held(target, tally, head) for _ in range(200)])


def workers_of(target: Target) -> list[int]:
    """Return the process ids of the workers."""
    children = Path(f"/proc/{target.pid}/task/{target.pid}/children").read_text()
    return [int(pid) for pid in children.split()]


async def serving(target: Target) -> float:
    """Return how many workers serve, as metrics tell."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{target.port}") as client:
        with contextlib.suppress(httpx.TransportError):
            for line in (await client.get("/metrics")).text.splitlines():
                if line.startswith("kensho_workers_serving "):
                    return float(line.split()[1])
    return 0.0


async def held(target: Target, tally: Tally, sent: str, drip: str = "") -> None:
    """Send something, and `drip` each second; count how the server ends that."""
    try:
        async with asyncio.timeout(_WAIT_S), connected(target) as (reader, writer):
            writer.write(sent.encode())
            dripping = asyncio.create_task(_drip(writer, drip.encode()))
            try:
                line = await reader.readline()
                tally.count(line.split()[1].decode() if line else CLOSED)
            finally:
                dripping.cancel()
    except TimeoutError:
        tally.count(HUNG)
    except OSError:
        tally.count(CLOSED)


@contextlib.asynccontextmanager
async def connected(
    target: Target,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Connect from the attacker's address."""
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", target.port, local_addr=(ATTACKER, 0)
    )
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def _drip(writer: asyncio.StreamWriter, part: bytes) -> None:
    while part:
        await asyncio.sleep(1)
        writer.write(part)
