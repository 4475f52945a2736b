"""What an attack is: a function that is given a target, and counts what it was answered.

A new attack is a function with the `attack` decorator in a module of `benchmarks.attack.attacks`:

    @attack("map pages with unknown parameters")
    async def map_pages(target: Target, tally: Tally) -> None:
        for number in range(target.most):
            tally.count(await ask(target, f"/anime/{target.works[0]}/map?depth=3&z={number}"))

It ends by itself or is cancelled after `seconds`. It comes from another loopback address than the
victims, so that the server can tell them apart.
"""

import asyncio
import contextlib
import importlib
import pkgutil
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import httpx

ATTACKER: Final = "127.0.0.2"
HUNG: Final = "hung"
"""Counted for a request that got no answer in its time."""
CLOSED: Final = "closed"
"""Counted for a request whose connection ended without an answer."""
SLUGS: Final = 300
"""Franchises that attacks choose from, the best known first."""
LEFT: Final = "left"
"""Counted for a request whose client went away on purpose before it was answered."""
DEADLINE_S: Final = 60.0


class Target(NamedTuple):
    """The server that is attacked, and what may be asked of it."""

    port: int
    pid: int
    """The process that was started; workers are its children."""
    workers: int
    works: Sequence[str]
    """Ids of works, those with the most neighbours first."""
    slugs: Sequence[str]
    """Slugs of franchises, the largest first."""


class Tally:
    """Counts the answers by status, `HUNG` or `CLOSED`."""

    def __init__(self) -> None:
        self.statuses: Counter[str] = Counter()
        self.notes: list[str] = []
        """What else an attack has to say, such as how many workers were killed."""

    def count(self, status: int | str) -> None:
        """Count an answer."""
        self.statuses[str(status)] += 1


Run: TypeAlias = Callable[[Target, Tally], Coroutine[Any, Any, None]]


class Attack(NamedTuple):
    """An attack, how long it may take, how many workers it needs, and whether rates are limited.

    Only what shows the rate limit is attacked with it: it would hide what holds without.
    """

    name: str
    run: Run
    seconds: float
    workers: int
    is_limited: bool


_ATTACKS: Final[list[Attack]] = []


def attack(
    name: str, *, seconds: float = 12.0, workers: int = 1, is_limited: bool = False
) -> Callable[[Run], Run]:
    """Register an attack; one that needs another server is given it."""

    def register(run: Run) -> Run:
        _ATTACKS.append(Attack(name, run, seconds, workers, is_limited))
        return run

    return register


def every_attack() -> list[Attack]:
    """Return all attacks, those of one module together."""
    package = importlib.import_module("benchmarks.attack.attacks")
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda one: one.name):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return list(_ATTACKS)


async def together(
    requests: Sequence[Coroutine[Any, Any, None]], *, per_second: float | None = None
) -> None:
    """Start all requests, at once or at a steady rate, and wait for their ends."""
    left = list(reversed(requests))
    try:
        async with asyncio.TaskGroup() as group:
            while left:
                group.create_task(left.pop())
                if per_second is not None:
                    await asyncio.sleep(1 / per_second)
    finally:
        for request in left:
            request.close()


async def ask(  # noqa: PLR0913 -- the parts of a request
    target: Target,
    path: str,
    tally: Tally,
    *,
    client: str = ATTACKER,
    head: str = "",
    leave_after_s: float | None = None,
    reads: bool = True,
) -> None:
    """Send a request of one connection and count its status.

    With `leave_after_s` the connection is closed so soon whatever was answered; without `reads` the
    body of the answer is never taken.
    """
    try:
        async with asyncio.timeout(DEADLINE_S):
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", target.port, local_addr=(client, 0), limit=1_024
            )
    except (OSError, TimeoutError):
        tally.count(CLOSED)
        return
    is_answered = False
    try:
        text = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{head}\r\n"
        writer.write(text.encode())
        async with asyncio.timeout(leave_after_s or DEADLINE_S):
            line = await reader.readline()
            tally.count(line.split()[1].decode() if line else CLOSED)
            is_answered = True
            if not reads:  # the buffers fill, and then the server waits
                await asyncio.sleep(leave_after_s or DEADLINE_S)
            while await reader.read(65_536):
                pass
    except TimeoutError:
        if not is_answered:
            tally.count(HUNG if leave_after_s is None else LEFT)
    except OSError:
        tally.count(CLOSED)
    finally:
        writer.transport.abort()


def targets(port: int) -> tuple[list[str], list[str]]:
    """Return ids of works and slugs of franchises, told by the API: the best known first."""
    works: dict[str, None] = {}
    slugs: list[str] = []
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        cursor = ""
        while len(slugs) < SLUGS:
            page = client.get(f"/api/franchises?limit=100{cursor}").json()
            slugs += [one["slug"] for one in page["franchises"]]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
        for slug in slugs[:40]:
            detail = client.get(f"/api/franchises/{slug}").json()
            with contextlib.suppress(KeyError):
                works |= dict.fromkeys(one["work"]["id"] for one in detail["members"])
    return list(works), slugs
