"""The store of the edges: what its schema refuses, how it is waited for; and counts of failures."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from kensho.edges.accounts.redis_counts import RedisCounts
from kensho.edges.accounts.throttling import MakeCounts, OwnCounts
from kensho.edges.store import EdgeStore, opened_edge_store
from kensho.errors import RuleViolationError, StorageError, StoreUnavailableError
from kensho.platform.redis import RedisDoor
from kensho.platform.settings import RedisSettings
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings
from tests.support.redis_servers import running_redis

pytestmark = pytest.mark.contract

ACCOUNT: dict[str, Any] = {
    "email": "ada@example.org",
    "password": "$argon2id$v=19$",
    "username": None,
    "role": "viewer",
}


async def add(store: Gateway, **changes: Any) -> None:
    await store.execute("edges.add_account", {"id": uuid.uuid4(), **ACCOUNT, **changes})


@pytest.mark.parametrize(
    "change",
    [
        {"email": "Ada@example.org"},
        {"email": "x" * 255},
        {"password": "correct horse"},
        {"password": "$2b$12$bcrypt"},
        {"role": "admin"},
        {"username": "x" * 51},
    ],
)
async def test_the_schema_refuses_what_makes_no_account(
    edge_store: Gateway, change: dict[str, Any]
) -> None:
    with pytest.raises(RuleViolationError):
        await add(edge_store, **change)
    await add(edge_store)
    with pytest.raises(RuleViolationError, match="already contains"):
        await add(edge_store)


async def test_an_accounts_beginning_and_fields_of_no_schema_are_refused(
    edge_store: Gateway,
) -> None:
    await add(edge_store)
    for change in ("created_at = time::now()", "shoe_size = 7"):
        with pytest.raises(StorageError):
            await edge_store.run_script(f"BEGIN; UPDATE account SET {change}; COMMIT;")


async def test_a_store_that_is_not_there_is_waited_for(tmp_path: Path) -> None:
    """Somebody else has it; it is opened once they are gone, and its schema is brought up."""
    settings = StoreSettings(f"surrealkv://{tmp_path / 'edges.db'}", database="kensho_edges")
    store = EdgeStore(settings)
    with pytest.raises(StoreUnavailableError):
        store.gateway()
    async with contextlib.AsyncExitStack() as stack:
        async with opened_edge_store(settings) as owner:
            await add(owner)
            await stack.enter_async_context(store.open())
            with pytest.raises(StoreUnavailableError):
                store.gateway()
        async with asyncio.timeout(30):
            while not store.is_open:  # noqa: ASYNC110 -- what opens it tells nobody
                await asyncio.sleep(0.05)
        found = await store.gateway().fetch(
            "edges.accounts", {"after": "", "limit": 9}, into=list[dict[str, Any]]
        )
        assert [one["email"] for one in found] == ["ada@example.org"]
    assert not store.is_open


async def test_a_server_that_does_not_answer_holds_up_nothing() -> None:
    """A port that takes connections and says nothing: starting and ending go on all the same."""

    async def silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    store = EdgeStore(StoreSettings(f"ws://127.0.0.1:{port}", connect_deadline_s=60))
    async with asyncio.timeout(20):
        async with store.open():
            assert not store.is_open
    server.close()


@pytest.fixture(params=["own", "redis"])
async def make(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[MakeCounts]:
    """Return a way to make counts of events."""
    if request.param == "own":
        yield OwnCounts
        return
    with running_redis(tmp_path) as server:
        async with RedisDoor(RedisSettings(url=server.url, deadline_s=2)) as door:
            yield lambda *given: RedisCounts(door, *given)


async def test_so_many_events_are_let_pass_in_a_window(make: MakeCounts) -> None:
    clock = asyncio.get_running_loop().time
    counts = make("name", 3, 1.0, clock)
    other = make("address", 3, 1.0, clock)
    for _ in range(3):
        assert await counts.wait_s("ada") == 0
        await counts.note("ada")
    assert await counts.wait_s("ada") == 1
    assert await counts.wait_s("grace") == 0
    assert await other.wait_s("ada") == 0
    async with asyncio.timeout(20):
        while await counts.wait_s("ada"):  # noqa: ASYNC110 -- time has no event
            await asyncio.sleep(0.05)


async def test_processes_count_together_and_alone_while_redis_is_away(tmp_path: Path) -> None:
    clock = asyncio.get_running_loop().time
    with running_redis(tmp_path) as server:
        settings = RedisSettings(url=server.url, deadline_s=0.2)
        async with RedisDoor(settings) as one_door, RedisDoor(settings) as other_door:
            one = RedisCounts(one_door, "name", 2, 600.0, clock)
            other = RedisCounts(other_door, "name", 2, 600.0, clock)
            await one.note("ada")
            await other.note("ada")
            assert await one.wait_s("ada") > 590
            assert await other.wait_s("ada") > 590
            server.stop()
            assert await one.wait_s("ada") == 0
            await one.note("ada")
            assert await one.wait_s("ada") > 590
