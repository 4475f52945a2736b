"""Readers who do nothing wrong: a process that asks for usual things at a steady rate.

    python -m benchmarks.attack.victims PORT < targets > answers

Reads targets until the standard input ends, then asks for them in turn, twenty a second, until it
is terminated. Writes one JSON line for each answer: when it was asked (seconds of the system's
steady clock), how long it took, its status (0: none within the deadline), its target.
"""

import asyncio
import contextlib
import itertools
import json
import signal
import sys
from time import monotonic
from typing import Any, Final, NamedTuple

import httpx

PER_SECOND: Final = 20
ADDRESSES: Final = tuple(f"127.0.2.{number}" for number in range(1, 11))
"""They are ten people."""
DEADLINE_S: Final = 30.0
"""A reader who waits longer is counted as hung."""


class Answer(NamedTuple):
    """How a victim was answered."""

    asked_at: float
    took_s: float
    status: int
    target: str


def main() -> None:
    """Ask until terminated."""
    port = int(sys.argv[1])
    asyncio.run(ask_all(port, [line.strip() for line in sys.stdin]))


async def ask_all(port: int, targets: list[str]) -> None:
    """Ask at a steady rate, whether or not earlier ones are answered."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
    timeout = httpx.Timeout(DEADLINE_S)
    pending: set[asyncio.Task[None]] = set()
    async with contextlib.AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(
                httpx.AsyncClient(
                    base_url=f"http://127.0.0.1:{port}",
                    transport=httpx.AsyncHTTPTransport(local_address=address, limits=limits),
                    timeout=timeout,
                )
            )
            for address in ADDRESSES
        ]
        try:
            for client, target in zip(
                itertools.cycle(clients), itertools.cycle(targets), strict=False
            ):
                pending.add(asyncio.create_task(ask(client, target)))
                pending = {one for one in pending if not one.done()}
                await asyncio.sleep(1 / PER_SECOND)
        except asyncio.CancelledError:
            await asyncio.gather(*pending)


async def ask(client: httpx.AsyncClient, target: str) -> None:
    """Ask, and tell; a connection that is lost is replaced once, as browsers and proxies do."""
    began = monotonic()
    try:
        status = (await client.get(target)).status_code
    except (httpx.ReadError, httpx.RemoteProtocolError):
        try:
            status = (await client.get(target)).status_code
        except httpx.HTTPError:
            status = 0
    except httpx.HTTPError:
        status = 0
    print(json.dumps(Answer(began, monotonic() - began, status, target)), flush=True)


def read(lines: Any) -> list[Answer]:
    """Return the answers that a process of victims wrote."""
    return [Answer(*json.loads(line)) for line in lines]


if __name__ == "__main__":
    main()
