"""Batches that are written side by side, each in a lane of the store."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from ingest.pipeline.background_writer import BackgroundWriter
from ingest.pipeline.work_rows import WorkRows
from kensho.storage import tables
from kensho.storage.gateway import WRITE_LANES, Gateway
from tests.support.records import open_graph


@pytest.fixture
async def graph() -> AsyncIterator[Gateway]:
    async with open_graph() as gateway:
        yield gateway


async def put_nothing(graph: Gateway, lane: int) -> None:
    await graph.execute("ingest.put_works", WorkRows().params() | {"lane": lane})


async def test_a_write_in_any_lane_moves_revision_and_lineage(graph: Gateway) -> None:
    states = [await tables.state(graph)]
    for lane in (0, 1, 0, 0, 1):
        await put_nothing(graph, lane)
        states.append(await tables.state(graph))
    assert [one.revision - states[0].revision for one in states] == [0, 1, 2, 3, 4, 5]
    assert len({one.lineage for one in states}) == len(states)
    assert {one.identity for one in states} == {states[0].identity}


async def test_lanes_and_other_writes_do_not_hinder_one_another(graph: Gateway) -> None:
    before = await tables.state(graph)
    writes = [put_nothing(graph, number % WRITE_LANES) for number in range(24)]
    writes += [graph.execute("ingest.put_tags", {"tags": "[]"}) for _ in range(8)]
    await asyncio.gather(*writes)
    assert (await tables.state(graph)).revision == before.revision + 32


async def test_held_writes_are_held_in_every_lane(graph: Gateway) -> None:
    before = await tables.state(graph)
    async with graph.writes_held():
        writes = [asyncio.create_task(put_nothing(graph, lane)) for lane in range(WRITE_LANES)]
        await asyncio.sleep(0.05)
        assert await tables.state(graph) == before
    await asyncio.gather(*writes)
    assert (await tables.state(graph)).revision == before.revision + WRITE_LANES


async def test_each_lane_has_one_write_at_a_time_and_others_wait_for_all() -> None:
    under_way: set[int] = set()
    most = 0

    async def beside(lane: int) -> None:
        nonlocal most
        assert lane not in under_way
        under_way.add(lane)
        most = max(most, len(under_way))
        await asyncio.sleep(0.002 * (lane + 1))
        under_way.remove(lane)

    async def alone() -> None:
        assert not under_way
        await asyncio.sleep(0.002)

    async with BackgroundWriter() as writer:
        for number in range(20):
            if number % 7 == 3:
                await writer.write(alone())
                await writer.drain()
            await writer.write_beside(beside)
    assert most == WRITE_LANES
    assert not under_way


async def test_a_write_that_fails_is_told_once_and_the_others_end() -> None:
    ended: list[int] = []

    async def one(lane: int) -> None:
        await asyncio.sleep(0.002)
        if lane == 0:
            raise LookupError("lost")
        ended.append(lane)

    writer = BackgroundWriter()
    for _ in range(WRITE_LANES):
        await writer.write_beside(one)
    with pytest.raises(LookupError, match="lost"):
        await writer.drain()
    assert ended == [*range(1, WRITE_LANES)]
    await writer.drain()
