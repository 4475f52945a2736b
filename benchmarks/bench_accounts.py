"""What sessions and passwords cost: the check of a session, and a burst of people who sign in.

    python -m benchmarks.bench_accounts [--checks 5000] [--logins 100]

Prints, in milliseconds, what a check by an access token and by a cookie takes, with sessions in
memory and in Redis (which needs `redis-server`), and by how much the event loop was late at worst
while all sign in at once. Promises: a check within 0.5 ms at the median, and the loop never late by
more than 30 ms.
"""

import argparse
import asyncio
import contextlib
import statistics
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from time import perf_counter
from typing import Final

from kensho.edges.accounts.authentication import SessionAuthentication
from kensho.edges.accounts.memory_sessions import MemorySessions
from kensho.edges.accounts.redis_sessions import RedisSessions
from kensho.edges.accounts.session_service import Person
from kensho.edges.accounts.sessions import SessionStore
from kensho.http.manager_sessions import ManagerSessions
from kensho.platform.managers import ManagerFile
from kensho.platform.redis import RedisDoor
from kensho.platform.settings import RedisSettings
from kensho.platform.timed_seals import OperatorTokens
from tests.support.accounts import CLIENT, EMAIL, KEYS, PASSWORD, AccountRooms
from tests.support.redis_servers import running_redis
from tests.support.session_model import ToldClock
from tests.support.stores import open_edge_store

SAMPLE_S: Final = 0.001
"""How often the loop is asked how late it is."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checks", type=int, default=5_000)
    parser.add_argument("--logins", type=int, default=100)
    options = parser.parse_args()
    asyncio.run(measure(options.checks, options.logins))


async def measure(checks: int, logins: int) -> None:
    clock = ToldClock()
    await measure_checks("memory", MemorySessions(clock.now), clock, checks)
    with tempfile.TemporaryDirectory() as folder, running_redis(Path(folder)) as server:
        async with RedisDoor(RedisSettings(url=server.url, deadline_s=2)) as door:
            await measure_checks("Redis", RedisSessions(door, clock.now), clock, checks)
    await measure_burst(logins)


async def measure_checks(name: str, store: SessionStore, clock: ToldClock, checks: int) -> None:
    async with open_edge_store() as gateway:
        rooms = AccountRooms(lambda: gateway, clock, store)
        account = await rooms.service.register(EMAIL, PASSWORD, None, CLIENT)
        nobody = ManagerSessions(ManagerFile(Path("no-such-file")), KEYS, clock.now)
        operators = OperatorTokens(KEYS, clock.now)
        authentication = SessionAuthentication(rooms.sessions, rooms.tokens, nobody, operators)
        begun = await rooms.sessions.begin(
            Person(
                subject=account.session.subject,
                realm="account",
                account_id=account.session.subject,
                name="ada",
            ),
            "bench",
        )
        for way, check in (
            ("token", lambda: authentication.of_token(account.access_token)),
            ("cookie", lambda: authentication.of_session(begun.secret)),
        ):
            report(f"check by {way}, sessions in {name}", await timed(check, checks))
        rooms.passwords.close()


async def timed(check: Callable[[], Awaitable[object]], times: int) -> list[float]:
    taken: list[float] = []
    for _ in range(times):
        began = perf_counter()
        if await check() is None:
            raise RuntimeError("the session has ended")
        taken.append(perf_counter() - began)
    return taken


async def measure_burst(logins: int) -> None:
    clock = ToldClock()
    async with open_edge_store() as gateway:
        rooms = AccountRooms(lambda: gateway, clock)
        await rooms.service.register(EMAIL, PASSWORD, None, CLIENT)
        given = rooms.service.credentials(email=EMAIL, username=None, password=PASSWORD, realm=None)
        idle = await lateness_during(asyncio.sleep(2))
        report("loop late, idle", idle)
        began = perf_counter()
        burst = asyncio.gather(*(rooms.service.sign_in(given, CLIENT) for _ in range(logins)))
        late = await lateness_during(burst)
        report(f"loop late, {logins} sign in at once", late)
        print(f"{logins} signed in after {perf_counter() - began:.1f} s")
        rooms.passwords.close()


async def lateness_during(work: Awaitable[object]) -> list[float]:
    """Return by how much the loop was late, each time that it was asked, until work is done."""
    late: list[float] = []
    async with sampling(late):
        await work
    return late


@contextlib.asynccontextmanager
async def sampling(late: list[float]) -> AsyncIterator[None]:
    async def sample() -> None:
        while True:
            began = perf_counter()
            await asyncio.sleep(SAMPLE_S)
            late.append(perf_counter() - began - SAMPLE_S)

    task = asyncio.create_task(sample())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def report(name: str, seconds: list[float]) -> None:
    ordered = sorted(seconds)
    p95 = ordered[int(len(ordered) * 0.95)]
    print(
        f"{name:44} median {statistics.median(ordered) * 1e3:7.3f}   p95 {p95 * 1e3:7.3f}"
        f"   worst {ordered[-1] * 1e3:7.3f} ms"
    )


if __name__ == "__main__":
    main()
