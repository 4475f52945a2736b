"""What only a server can do to a gateway: go away, come back, fall silent, forget who we are."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping

import pytest

from kensho.errors import DeadlineExceededError, StorageError, StoreUnavailableError
from kensho.platform.secret_values import Secret
from kensho.storage import migrations
from kensho.storage.gateway import Gateway
from kensho.storage.queries import NamedQuery
from kensho.storage.store_settings import StoreSettings
from tests.support.rpc_bridge import RpcBridge
from tests.support.stores import NOTEBOOK, bridge_settings, own_migrations

pytestmark = pytest.mark.contract

WATCHDOG_S = 5.0
"""A call with a deadline far below this must end by itself; only a hang reaches it."""


@pytest.fixture
async def store(bridge: RpcBridge, notebook: Mapping[str, NamedQuery]) -> AsyncIterator[Gateway]:
    async with Gateway.open(bridge_settings(bridge), notebook) as gateway:
        await gateway.run_script(NOTEBOOK)
        bridge.requests.clear()
        yield gateway


async def count(store: Gateway) -> int:
    return await store.fetch("notes.count", into=int)


async def test_every_connection_signs_in_and_chooses_its_database(
    bridge: RpcBridge, notebook: Mapping[str, NamedQuery]
) -> None:
    async with Gateway.open(bridge_settings(bridge, pool_size=3), notebook) as gateway:
        await asyncio.gather(*(gateway.ping() for _ in range(9)))
    assert bridge.requests.count("signin") == 3
    assert bridge.requests.count("use") == 3


async def test_a_pool_never_opens_more_connections_than_its_size(
    bridge: RpcBridge, notebook: Mapping[str, NamedQuery]
) -> None:
    bridge.delay_s = 0.01
    async with Gateway.open(bridge_settings(bridge, pool_size=2), notebook) as gateway:
        await asyncio.gather(*(gateway.ping() for _ in range(20)))
        assert bridge.open_connections == 2


async def test_sign_in_and_use_are_replayed_after_idle_connections_were_lost(
    bridge: RpcBridge, store: Gateway
) -> None:
    await bridge.drop_all()
    await asyncio.sleep(0.05)  # long enough for the client to notice, as an idle service does
    assert await asyncio.gather(*(count(store) for _ in range(4))) == [0] * 4
    assert bridge.requests.count("signin") == bridge.requests.count("use") == 2


async def test_a_read_survives_losses_it_has_not_noticed_yet(
    bridge: RpcBridge, store: Gateway
) -> None:
    for _ in range(10):
        await bridge.drop_all()
        assert await count(store) == 0


async def test_a_read_whose_connection_is_lost_under_way_is_asked_again(
    bridge: RpcBridge, store: Gateway
) -> None:
    await count(store)
    bridge.delay_s = 0.1
    reading = asyncio.create_task(count(store))
    await asyncio.sleep(0.03)
    await bridge.drop_all()
    assert await reading == 0


async def test_a_write_goes_on_after_a_loss(bridge: RpcBridge, store: Gateway) -> None:
    await store.execute("notes.increment")
    await bridge.drop_all()
    await store.execute("notes.increment")
    assert await count(store) == 2


async def test_losses_during_much_traffic_cost_no_read(bridge: RpcBridge, store: Gateway) -> None:
    async def lose_often() -> None:
        for _ in range(5):
            await asyncio.sleep(0.02)
            await bridge.drop_all()

    bridge.delay_s = 0.002
    losing = asyncio.create_task(lose_often())
    outcomes = await asyncio.gather(*(count(store) for _ in range(200)), return_exceptions=True)
    await losing
    # A read is tried anew once; a second loss in one read is reported, never as another error.
    assert {type(o) for o in outcomes} <= {int, StoreUnavailableError}
    assert await count(store) == 0


async def test_a_silent_server_is_an_exceeded_deadline_and_no_hang(
    bridge: RpcBridge, store: Gateway
) -> None:
    bridge.stall()
    async with asyncio.timeout(WATCHDOG_S):
        with pytest.raises(DeadlineExceededError):
            await store.fetch("notes.count", into=int, deadline_s=0.1)


async def test_every_caller_of_a_silent_server_gets_its_deadline(
    bridge: RpcBridge, store: Gateway
) -> None:
    bridge.stall()
    calls = (store.fetch("notes.count", into=int, deadline_s=0.1) for _ in range(12))
    async with asyncio.timeout(WATCHDOG_S):
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {DeadlineExceededError}


async def test_a_silent_server_that_speaks_again_is_used_again(
    bridge: RpcBridge, store: Gateway
) -> None:
    bridge.stall()
    for _ in range(4):
        with pytest.raises(DeadlineExceededError):
            await store.fetch("notes.count", into=int, deadline_s=0.05)
    bridge.resume()
    assert await count(store) == 0


async def test_a_late_answer_never_reaches_the_next_caller(
    bridge: RpcBridge, store: Gateway
) -> None:
    bridge.delay_s = 0.1
    for number in range(4):
        with pytest.raises(DeadlineExceededError):
            await store.fetch("notes.echo", {"value": number}, into=int, deadline_s=0.03)
    bridge.delay_s = 0.0
    echoes = (store.fetch("notes.echo", {"value": n}, into=int) for n in range(100, 120))
    assert await asyncio.gather(*echoes) == list(range(100, 120))


async def test_leaving_a_silent_server_does_not_hang(
    bridge: RpcBridge, notebook: Mapping[str, NamedQuery]
) -> None:
    async with asyncio.timeout(WATCHDOG_S):
        async with Gateway.open(bridge_settings(bridge), notebook) as gateway:
            await asyncio.gather(*(gateway.ping() for _ in range(4)))
            bridge.stall()


async def test_a_server_that_accepts_and_never_speaks_is_unavailable_at_start(
    bridge: RpcBridge, notebook: Mapping[str, NamedQuery]
) -> None:
    bridge.stall()
    settings = bridge_settings(bridge, connect_deadline_s=0.1)
    async with asyncio.timeout(WATCHDOG_S):
        with pytest.raises(StoreUnavailableError, match=f"{bridge.url} within 0.1 s"):
            async with Gateway.open(settings, notebook):
                pass


async def test_a_server_that_is_down_at_start_is_named(notebook: Mapping[str, NamedQuery]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        url = f"ws://127.0.0.1:{reserved.getsockname()[1]}"
    with pytest.raises(StoreUnavailableError, match=url):
        async with Gateway.open(StoreSettings(url), notebook):
            pass


async def test_a_server_that_goes_down_is_named_by_every_call(
    bridge: RpcBridge, store: Gateway
) -> None:
    await bridge.stop()
    for _ in range(5):
        with pytest.raises(StoreUnavailableError, match=bridge.url):
            await count(store)
    with pytest.raises(StoreUnavailableError, match=bridge.url):
        await store.execute("notes.increment")


async def test_a_gateway_recovers_by_itself_when_its_server_returns(
    bridge: RpcBridge, store: Gateway
) -> None:
    await bridge.stop()
    downs = (count(store) for _ in range(8))
    outcomes = await asyncio.gather(*downs, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {StoreUnavailableError}
    await bridge.start()
    assert await asyncio.gather(*(count(store) for _ in range(8))) == [0] * 8


async def test_a_wrong_password_is_refused_at_start(
    bridge: RpcBridge, notebook: Mapping[str, NamedQuery]
) -> None:
    settings = bridge_settings(bridge, password=Secret("guess"))
    with pytest.raises(StoreUnavailableError, match="authentication"):
        async with Gateway.open(settings, notebook):
            pass
    async with asyncio.timeout(WATCHDOG_S):
        await bridge.wait_unused()


async def test_a_missing_sign_in_is_refused_at_start(
    bridge: RpcBridge, notebook: Mapping[str, NamedQuery]
) -> None:
    with pytest.raises(StorageError, match="IAM"):
        async with Gateway.open(bridge_settings(bridge, username=None), notebook):
            pass


async def test_cancelled_calls_do_not_poison_the_pool(bridge: RpcBridge, store: Gateway) -> None:
    bridge.delay_s = 0.05
    calls = [
        asyncio.create_task(store.fetch("notes.echo", {"value": n}, into=int)) for n in range(6)
    ]
    await asyncio.sleep(0.03)
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    bridge.delay_s = 0.0
    echoes = (store.fetch("notes.echo", {"value": n}, into=int) for n in range(50, 60))
    assert await asyncio.gather(*echoes) == list(range(50, 60))


async def test_a_cancelled_write_frees_the_writer(bridge: RpcBridge, store: Gateway) -> None:
    bridge.delay_s = 0.2
    writing = asyncio.create_task(store.execute("notes.increment"))
    await asyncio.sleep(0.02)
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    bridge.delay_s = 0.0
    before = await count(store)
    await store.execute("notes.increment")
    assert await count(store) == before + 1


async def test_writers_that_collide_are_retried_and_lose_nothing(
    bridge: RpcBridge, store: Gateway, notebook: Mapping[str, NamedQuery]
) -> None:
    settings = bridge_settings(bridge, pool_size=1)
    async with (
        Gateway.open(settings, notebook) as left,
        Gateway.open(settings, notebook) as right,
    ):
        bridge.requests.clear()
        for _ in range(5):
            await asyncio.gather(
                left.execute("notes.increment_slowly"), right.execute("notes.increment_slowly")
            )
    assert await count(store) == 10
    assert bridge.requests.count("query") > 10 + 1, "no two writers collided"


async def test_a_collision_without_end_is_reported(
    bridge: RpcBridge, store: Gateway, notebook: Mapping[str, NamedQuery]
) -> None:
    done = asyncio.Event()

    async def write_until_done(rival: Gateway) -> None:
        while not done.is_set():
            await rival.execute("notes.increment")

    async with Gateway.open(bridge_settings(bridge), notebook) as rival:
        rivalry = asyncio.create_task(write_until_done(rival))
        try:
            with pytest.raises(StorageError, match="can be retried"):
                await store.execute("notes.increment_slowly")
        finally:
            done.set()
            await rivalry


async def test_two_services_that_start_on_an_empty_database_agree_on_its_migrations(
    bridge: RpcBridge, notebook: Mapping[str, NamedQuery]
) -> None:
    settings = bridge_settings(bridge)
    async with (
        Gateway.open(settings, notebook) as left,
        Gateway.open(settings, notebook) as right,
    ):
        first, second = await asyncio.gather(migrations.applied(left), migrations.applied(right))
        assert first == second == []
        await migrations.migrate(left, own_migrations())
        await migrations.require_current(right, own_migrations())
