"""The pool of threads: what is bounded, who goes first, and what is given up."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import pytest

from kensho.errors import OverloadedError, RateLimitedError
from kensho.http.work_pool import ClientGoneError, WorkPool, checkpoint

SOON_S: Final = 0.01
LONG_S: Final = 60.0


class Reader:
    """A client's connection, as the pool sees it: open until it is left."""

    def __init__(self) -> None:
        self._left = asyncio.Event()

    def leave(self) -> None:
        self._left.set()

    async def receive(self) -> Any:
        await self._left.wait()
        return {"type": "http.disconnect"}


class Gate:
    """Work that runs until it is let go, and notes what was done, in its order."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self.done: list[str] = []
        self.began = threading.Event()

    def open(self) -> None:
        self._open.set()

    def work(self, name: str) -> Callable[[], str]:
        def done() -> str:
            self.began.set()
            self._open.wait(LONG_S)
            self.done.append(name)
            return name

        return done


@pytest.fixture
async def gate() -> AsyncIterator[Gate]:
    gate = Gate()
    yield gate
    gate.open()


def start(
    pool: WorkPool, gate: Gate, name: str, client: str = "one", reader: Reader | None = None
) -> "asyncio.Task[str]":
    """Ask the pool for the work of this name, which is its key too."""
    receive = (reader or Reader()).receive
    return asyncio.create_task(pool.run(client, name, gate.work(name), receive))


async def begun(gate: Gate) -> None:
    """Wait until the first work runs, and those who wait are in their queues."""
    await asyncio.to_thread(gate.began.wait, LONG_S)
    await asyncio.sleep(SOON_S)


async def test_waiting_work_of_a_client_that_left_never_runs(gate: Gate) -> None:
    pool = WorkPool(threads=1, queue=10, per_client=10, deadline_s=LONG_S)
    leaving = Reader()
    first = start(pool, gate, "first")
    left = [start(pool, gate, f"left {n}", reader=leaving) for n in range(3)]
    last = start(pool, gate, "last")
    await begun(gate)
    leaving.leave()
    for task in left:
        with pytest.raises(ClientGoneError):
            await task
    gate.open()
    assert [await first, await last] == ["first", "last"]
    assert gate.done == ["first", "last"]


async def test_one_computation_serves_equal_requests(gate: Gate) -> None:
    pool = WorkPool(threads=1, queue=1, per_client=50, deadline_s=LONG_S)
    running = [start(pool, gate, "same") for _ in range(20)]
    await begun(gate)
    waiting = [start(pool, gate, "other", f"client {n}") for n in range(20)]
    await asyncio.sleep(SOON_S)
    gate.open()
    assert set(await asyncio.gather(*running, *waiting)) == {"same", "other"}
    assert gate.done == ["same", "other"]


async def test_one_that_leaves_takes_the_answer_from_nobody_else(gate: Gate) -> None:
    pool = WorkPool(threads=1, queue=1, per_client=50, deadline_s=LONG_S)
    leaving = Reader()
    first = start(pool, gate, "same", reader=leaving)
    await begun(gate)
    second = start(pool, gate, "same")
    await asyncio.sleep(SOON_S)
    leaving.leave()
    with pytest.raises(ClientGoneError):
        await first
    gate.open()
    assert await second == "same"
    assert gate.done == ["same"]


async def test_what_finds_the_queue_full_is_refused_at_once(gate: Gate) -> None:
    pool = WorkPool(threads=1, queue=2, per_client=50, deadline_s=LONG_S)
    served = [start(pool, gate, f"{n}", f"client {n}") for n in range(3)]
    await begun(gate)
    with pytest.raises(OverloadedError) as refused:
        await start(pool, gate, "more", "client 3")
    assert refused.value.retry_after_s > 0
    gate.open()
    assert await asyncio.gather(*served) == ["0", "1", "2"]
    assert await start(pool, gate, "more", "client 3") == "more"


async def test_one_client_can_not_fill_the_queue(gate: Gate) -> None:
    pool = WorkPool(threads=1, queue=8, per_client=4, deadline_s=LONG_S)
    served = [start(pool, gate, f"greedy {n}", "greedy") for n in range(4)]
    await begun(gate)
    for n in range(20):
        with pytest.raises(RateLimitedError):
            await start(pool, gate, f"more {n}", "greedy")
    other = start(pool, gate, "other", "modest")
    gate.open()
    assert await other == "other"
    await asyncio.gather(*served)


async def test_clients_take_turns(gate: Gate) -> None:
    pool = WorkPool(threads=1, queue=50, per_client=50, deadline_s=LONG_S)
    asked = [start(pool, gate, f"greedy {n}", "greedy") for n in range(5)]
    await begun(gate)
    asked += [start(pool, gate, f"modest {n}", "modest") for n in range(2)]
    await asyncio.sleep(SOON_S)
    gate.open()
    await asyncio.gather(*asked)
    # The first, which took long, counts against its client.
    in_turn = ["greedy 0", "modest 0", "modest 1", "greedy 1", "greedy 2", "greedy 3", "greedy 4"]
    assert gate.done == in_turn


async def test_who_wants_what_another_waits_for_gets_it_in_its_own_turn(gate: Gate) -> None:
    pool = WorkPool(threads=1, queue=50, per_client=50, deadline_s=LONG_S)
    asked = [start(pool, gate, f"{n}", "greedy") for n in range(6)]
    await begun(gate)
    asked.append(start(pool, gate, "5", "modest"))
    await asyncio.sleep(SOON_S)
    gate.open()
    await asyncio.gather(*asked)
    assert gate.done.index("5") <= 2
    assert sorted(gate.done) == [f"{n}" for n in range(6)]


async def test_in_a_full_queue_who_has_most_gives_way(gate: Gate) -> None:
    pool = WorkPool(threads=1, queue=4, per_client=50, deadline_s=LONG_S)
    greedy = [start(pool, gate, f"greedy {n}", "greedy") for n in range(5)]
    await begun(gate)
    modest = start(pool, gate, "modest", "modest")
    with pytest.raises(OverloadedError):
        await greedy[-1]
    gate.open()
    assert await modest == "modest"
    assert await asyncio.gather(*greedy[:-1]) == [f"greedy {n}" for n in range(4)]


async def test_waiting_counts_towards_the_deadline(gate: Gate) -> None:
    pool = WorkPool(threads=1, queue=10, per_client=10, deadline_s=0.1)
    running, waiting = start(pool, gate, "running"), start(pool, gate, "waiting")
    for task in (running, waiting):
        with pytest.raises(OverloadedError):
            await task
    gate.open()
    await asyncio.sleep(SOON_S)
    assert await start(pool, gate, "later") == "later"
    assert "waiting" not in gate.done


async def test_running_work_ends_at_its_next_checkpoint() -> None:
    pool = WorkPool(threads=1, queue=1, per_client=10, deadline_s=LONG_S)
    reader, goes_on, began = Reader(), threading.Event(), threading.Event()
    reached: list[str] = []

    def work() -> None:
        began.set()
        goes_on.wait(LONG_S)
        checkpoint()
        reached.append("the end")

    task = asyncio.create_task(pool.run("one", "key", work, reader.receive))
    await asyncio.to_thread(began.wait, LONG_S)
    reader.leave()
    with pytest.raises(ClientGoneError):
        await task
    goes_on.set()
    assert await pool.run("one", "next", lambda: "next", Reader().receive) == "next"
    assert reached == []


async def test_a_failure_reaches_all_who_wait_and_frees_the_place(gate: Gate) -> None:
    pool = WorkPool(threads=1, queue=1, per_client=10, deadline_s=LONG_S)

    def fails() -> None:
        raise ValueError("as it happens")

    tasks = [pool.run("one", "key", fails, Reader().receive) for _ in range(3)]
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [str(one) for one in results] == ["as it happens"] * 3
    gate.open()
    assert await start(pool, gate, "next") == "next"


@pytest.mark.parametrize(("clients", "most"), [(1, 1), (2, 2), (5, 2)])
async def test_never_more_run_than_there_are_threads(clients: int, most: int) -> None:
    """One of the threads is kept for another client than the first."""
    pool = WorkPool(threads=2, queue=50, per_client=50, deadline_s=LONG_S)
    lock, counts = threading.Lock(), [0, 0]

    def work() -> None:
        with lock:
            counts[0] += 1
            counts[1] = max(counts)
        threading.Event().wait(0.002)
        with lock:
            counts[0] -= 1

    asked = (pool.run(f"{n % clients}", n, work, Reader().receive) for n in range(20))
    await asyncio.gather(*asked)
    assert counts == [0, most]


async def test_what_is_given_up_as_its_turn_comes_takes_no_place(gate: Gate) -> None:
    pool = WorkPool(threads=1, queue=10, per_client=10, deadline_s=LONG_S)
    first = start(pool, gate, "first")
    await begun(gate)
    second = start(pool, gate, "second")
    await asyncio.sleep(SOON_S)
    gate.open()
    await first
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    assert await asyncio.gather(*(start(pool, gate, f"{n}") for n in range(4))) == list("0123")


async def test_closing_ends_what_runs_and_lets_work_begin_anew() -> None:
    pool = WorkPool(threads=1, queue=1, per_client=10, deadline_s=LONG_S)
    closed, began = threading.Event(), threading.Event()
    reached: list[str] = []

    def work() -> None:
        began.set()
        closed.wait(LONG_S)
        checkpoint()
        reached.append("the end")

    task = asyncio.create_task(pool.run("one", "key", work, Reader().receive))
    await asyncio.to_thread(began.wait, LONG_S)
    pool.close()
    closed.set()
    with pytest.raises(OverloadedError, match="the service stops"):
        await task
    assert reached == []
    assert await pool.run("one", "next", lambda: "next", Reader().receive) == "next"
