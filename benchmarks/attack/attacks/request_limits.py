"""Requests that fill caches and logs, and a client that never stops."""

import asyncio
import contextlib
import itertools
import random
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks.attack.attack import ATTACKER, CLOSED, Tally, Target, ask, attack, together
from tests.support.respelling import respelled

_CONNECTIONS = 8
_BAD_HOSTS = (
    "",
    "Host:\r\n",
    "Host: a b\r\n",
    "Host: a:b:c\r\n",
    "Host: [zz\r\n",
    "Host: a\r\nHost: b\r\n",
    "Host: <script>\r\n",
    f"Host: {'x' * 5_000}\r\n",
)


@attack("small answers under long targets", seconds=15)
async def small_answers(target: Target, tally: Tally) -> None:
    """Fill the cache with answers whose keys are longer than they are."""
    chance = random.Random(1)
    texts = (f"{chance.getrandbits(64):x}" * 6 for _ in itertools.count())
    await kept_open(target, tally, (f"/api/suggest?limit=1&q={text}" for text in texts))


@attack("one page in other spellings, with unknown parameters")
async def spellings(target: Target, tally: Tally) -> None:
    """Ask for one map page in ways that must not make it anew."""
    path = f"/anime/{target.works[0]}/map"
    spelled = (
        "?".join(respelled(path, {"depth": "3", "z": str(n), "utm_source": "x"}, random.Random(n)))
        for n in itertools.count()
    )
    await kept_open(target, tally, itertools.islice(spelled, 20_000))


@attack("bad hosts and chunks")
async def bad_hosts(target: Target, tally: Tally) -> None:
    """Send requests that once were 3.4 KB of log each."""
    before = _log_bytes(target)
    requests: list[str] = []
    for path, host in itertools.product(("/oembed?url=/hub/x", "/", "/browse", "/x"), _BAD_HOSTS):
        requests += [f"GET {path} HTTP/1.1\r\n{host}Connection: close\r\n\r\n"] * 20
    post = "POST /api/anime/batch HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    chunked = f"{post}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    requests += [f"{chunked}{body}" for body in ("zz\r\n", '5\r\n{"ids\r\nZZ\r\n')] * 200
    gate = asyncio.Semaphore(_CONNECTIONS)
    await together([_sent(target, tally, one, gate) for one in requests])
    tally.notes.append(f"{_log_bytes(target) - before} bytes of log")


@attack("one client over its rate: maps, 50 a second", is_limited=True)
async def over_its_rate(target: Target, tally: Tally) -> None:
    """Ask for costly pages without a pause; most must be refused, and cheaply."""
    works = itertools.islice(itertools.cycle(target.works), 550)
    paths = (f"/anime/{work}/map?depth={2 + n % 2}" for n, work in enumerate(works))
    await together([ask(target, path, tally) for path in paths], per_second=50)


@attack("one client over its rate: everything it can send", is_limited=True)
async def all_it_can(target: Target, tally: Tally) -> None:
    """Send reads over open connections as fast as they are answered."""
    texts = ("".join(one) for one in itertools.product("aeiourstnk", repeat=5))
    await kept_open(target, tally, (f"/api/search?q={text}&explain=true" for text in texts))


async def kept_open(target: Target, tally: Tally, paths: Iterable[str]) -> None:
    """Ask for the paths over a few connections that are kept open."""
    shared = iter(paths)
    async with asyncio.TaskGroup() as group:
        for _ in range(_CONNECTIONS):
            group.create_task(_ask_all(target, tally, shared))


async def _ask_all(target: Target, tally: Tally, paths: Iterator[str]) -> None:
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", target.port, local_addr=(ATTACKER, 0)
    )
    try:
        for path in paths:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            tally.count(head.split(b" ", 2)[1].decode())
            await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split()[0]))
    except (OSError, asyncio.IncompleteReadError):
        tally.count(CLOSED)
    finally:
        writer.transport.abort()


async def _sent(target: Target, tally: Tally, raw: str, gate: asyncio.Semaphore) -> None:
    async with gate:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", target.port, local_addr=(ATTACKER, 0)
        )
        with contextlib.suppress(OSError):
            writer.write(raw.encode())
            line = await reader.readline()
            tally.count(line.split()[1].decode() if line else CLOSED)
        writer.transport.abort()


def _log_bytes(target: Target) -> int:
    """Return how long the server's log is: its standard error."""
    return Path(f"/proc/{target.pid}/fd/2").stat().st_size
