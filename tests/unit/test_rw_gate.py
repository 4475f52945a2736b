"""A turnstile that closes waits for those inside, and keeps the others out meanwhile."""

import asyncio

import pytest

from kensho.storage.rw_gate import ReadWriteGate


async def test_it_closes_when_the_last_call_has_left() -> None:
    turnstile, order = ReadWriteGate(), list[str]()
    inside, leave = asyncio.Event(), asyncio.Event()

    async def call() -> None:
        async with turnstile.passing():
            inside.set()
            await leave.wait()
            order.append("left")

    async def close() -> None:
        async with turnstile.closed():
            order.append("closed")

    async with asyncio.TaskGroup() as group:
        group.create_task(call())
        await inside.wait()
        group.create_task(close())
        await asyncio.sleep(0)
        leave.set()

    assert order == ["left", "closed"]


async def test_a_call_that_comes_while_it_is_closed_waits() -> None:
    turnstile, order = ReadWriteGate(), list[str]()

    async def call() -> None:
        async with turnstile.passing():
            order.append("passed")

    async with asyncio.TaskGroup() as group, turnstile.closed():
        group.create_task(call())
        await asyncio.sleep(0)
        order.append("opened")

    assert order == ["opened", "passed"]


async def test_it_opens_again_after_a_failure() -> None:
    turnstile = ReadWriteGate()
    with pytest.raises(ZeroDivisionError):
        async with turnstile.closed():
            _ = 1 / 0
    async with turnstile.passing():
        pass
