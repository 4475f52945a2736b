"""Kinds and franchises are computed while works are still being written."""

import asyncio
import io
from collections.abc import Mapping

import pytest
from rich.console import Console
from typing_extensions import override

from ingest.pipeline.franchises.projection import FranchiseProjection
from ingest.progress import Progress
from kensho.errors import RuleViolationError
from kensho.storage.gateway import Gateway
from kensho.storage.migrations import migrate
from kensho.storage.store_settings import StoreSettings
from tests.support.records import (
    DUMPS,
    Said,
    claims,
    graph_state,
    ingest,
    open_graph,
    rows,
    run,
    work,
)
from tests.support.stores import own_migrations, own_queries

WORKS = 8
SAID: Said = {
    "grouper": [
        work(number, links=claims(prequel=f"mal:{number - 1}") if number > 1 else None)
        for number in range(1, WORKS + 1)
    ]
}


class _HoldingGateway(Gateway):
    """Writes no work until franchises are computed, and fails of them where it is told to."""

    computed = asyncio.Event()
    fails = False

    @override
    async def execute(
        self,
        name: str,
        params: Mapping[str, object] | None = None,
        *,
        deadline_s: float | None = None,
    ) -> None:
        if name == "ingest.put_works":
            await asyncio.wait_for(self.computed.wait(), 60)
            if self.fails:
                raise RuleViolationError("a work must conform to a rule")
        await super().execute(name, params, deadline_s=deadline_s)


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Return what is set once franchises are computed."""
    done, compute = asyncio.Event(), FranchiseProjection.compute

    async def spied(self: FranchiseProjection, *given: object) -> object:
        found = await compute(self, *given)  # type: ignore[arg-type]
        done.set()
        return found

    monkeypatch.setattr(FranchiseProjection, "compute", spied)
    monkeypatch.setattr(_HoldingGateway, "computed", done)
    return done


async def test_a_graph_derived_before_its_works_are_written_is_the_same(
    computed: asyncio.Event,
) -> None:
    async with open_graph() as gateway:
        await ingest(gateway, SAID)
        expected = await graph_state(gateway)
    computed.clear()
    queries = {**own_queries(), **DUMPS}
    async with _HoldingGateway.open(StoreSettings("mem://"), queries) as gateway:
        await migrate(gateway, own_migrations())
        await ingest(gateway, SAID)
        assert await graph_state(gateway) == expected
    assert len(expected["in_franchise"]) == WORKS


async def test_works_that_can_not_be_written_leave_no_edges(
    computed: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_HoldingGateway, "fails", True)
    queries = {**own_queries(), **DUMPS}
    async with _HoldingGateway.open(StoreSettings("mem://"), queries) as gateway:
        await migrate(gateway, own_migrations())
        with pytest.raises(RuleViolationError):
            await run(gateway, SAID)
        assert computed.is_set()
        cut = await graph_state(gateway)
        assert not any(cut[table] for table in ("anime", "is_sequel_of", "franchise"))
        monkeypatch.setattr(_HoldingGateway, "fails", False)
        await ingest(gateway, SAID)
        completed = await graph_state(gateway)
    async with open_graph() as gateway:
        await ingest(gateway, SAID)
        assert await graph_state(gateway) == completed


def test_stages_side_by_side_share_the_bars_of_a_terminal() -> None:
    text = io.StringIO()
    progress = Progress(Console(file=text, force_terminal=True, width=100, _environ={}))
    with progress.stage("works", 2) as works:
        works(1)
        with progress.stage("claims"):
            works(1)
    with progress.stage("edges", 1) as edges:
        edges(1)
    assert all(name in text.getvalue() for name in ("works", "claims", "edges"))


async def test_works_that_stand_as_they_are_composed_are_not_written() -> None:
    async with open_graph() as gateway:
        await ingest(gateway, SAID)
        lanes = await rows(gateway, "write_lane")
        assert sum(row["batches"] for row in lanes.values()) > 0
        await gateway.run_script("UPDATE meta:graph SET composed = false RETURN NONE;")
        await ingest(gateway, {})  # composes all works
        assert await rows(gateway, "write_lane") == lanes
