"""Runs that are taken back, and releases that wait: what is kept, restored, refused and said."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from ingest.pipeline.held import HeldReleases
from ingest.pipeline.jobs import RunOptions, RunReport
from ingest.pipeline.journal import Journal, and_later
from ingest.pipeline.rollback_plan import RollbackPlan
from ingest.pipeline.run import Pipeline
from kensho.domain.records import Record
from kensho.errors import InvalidInputError, NotFoundError
from kensho.platform.settings import IngestSettings
from kensho.storage.gateway import Gateway
from kensho.storage.runs import RunRecord, recorded_runs, run_named
from tests.support.records import (
    EDGES,
    NODES,
    SOURCES,
    Said,
    claims,
    curated,
    emptied,
    graph_state,
    ingest,
    open_graph,
    record,
    revision,
    rows,
    run,
    silent,
    work,
    works_by_id,
)

OLD: Final = "2025-01-01"
"""Before the usual snapshot: a release of this date breaks the guard of age."""


@pytest.fixture(scope="module")
async def store() -> AsyncIterator[Gateway]:
    async with open_graph() as gateway:
        yield gateway


@pytest.fixture
async def graph(store: Gateway) -> Gateway:
    return await emptied(store)


def pipeline(graph: Gateway, limits: IngestSettings | None = None) -> Pipeline:
    options = RunOptions(Path(tempfile.gettempdir()), limits=limits or IngestSettings())
    return Pipeline(graph, SOURCES, options, silent())


async def roll_back(graph: Gateway, *runs: RunRecord) -> RunReport:
    return await pipeline(graph).roll_back([str(one.id) for one in runs])


async def plan(graph: Gateway, one: RunRecord) -> RollbackPlan:
    return await pipeline(graph).rollback_plan(one)


async def approve(graph: Gateway, waiting: RunRecord) -> RunReport:
    with tempfile.TemporaryDirectory() as folder:
        found = await HeldReleases(graph).run(waiting.id)
        return await pipeline(graph).approve(found, Path(folder))


async def exported(graph: Gateway) -> object:
    """Return nodes, edges and records: what an export is a function of."""
    state = await graph_state(graph)
    return {table: state[table] for table in (*NODES, *EDGES, "source_record")}


async def latest(graph: Gateway, state: str | None = None) -> RunRecord:
    return next(one for one in await recorded_runs(graph) if state in (None, one.state))


SAGA: Final[list[Record]] = [
    work(1, title="Tale of the Sea", links=claims(sequel="mal:2")),
    work(2, title="Tale of the Sea 2", links=claims(sequel="mal:3")),
    work(3, title="Tale of the Sea 3"),
]


async def test_a_run_is_taken_back_and_the_graph_is_as_before(graph: Gateway) -> None:
    await ingest(graph, {"grouper": SAGA, "site": [work(2, synopsis="Two.")]})
    before = await exported(graph)
    await ingest(graph, {"grouper": [work(1, score=3), work(3, "mal:2"), work(7)]})
    made = await latest(graph)
    assert await exported(graph) != before
    report = await roll_back(graph, made)
    (source,) = report.sources
    assert (source.source, source.state, source.undoes) == ("grouper", "finished", made.id)
    counted = source.records
    assert (counted.added, counted.changed, counted.removed) == (1, 2, 1)
    assert await exported(graph) == before
    assert (await run_named(graph, str(made.id))).state == "rolled_back"


async def test_a_rollback_is_a_run_and_taken_back_as_one(graph: Gateway) -> None:
    await ingest(graph, {"grouper": SAGA})
    await ingest(graph, {"grouper": SAGA[:1]})
    made, after = await latest(graph), await exported(graph)
    await roll_back(graph, made)
    await roll_back(graph, await latest(graph))
    assert await exported(graph) == after
    states = [one.state for one in await recorded_runs(graph)]
    assert states == ["finished", "rolled_back", "finished", "finished"]
    with pytest.raises(InvalidInputError, match="taken back already"):
        await roll_back(graph, (await recorded_runs(graph))[1])


async def test_to_forget_a_source_can_be_taken_back(graph: Gateway) -> None:
    await ingest(graph, {"grouper": SAGA, "site": [work(2, synopsis="Two."), work(9)]})
    before = await exported(graph)
    await ingest(graph, {"grouper": []})
    await roll_back(graph, await latest(graph))
    assert await exported(graph) == before


async def test_what_a_later_run_wrote_stays_and_is_named(graph: Gateway) -> None:
    await ingest(graph, {"grouper": SAGA})
    await ingest(graph, {"grouper": [*SAGA[:2], work(3, title="A new tale"), work(4)]})
    first = await latest(graph)
    later = [*SAGA[:2], work(3, title="Another tale"), work(4), work(5)]
    await ingest(graph, {"grouper": later})
    since = await latest(graph)
    found = await plan(graph, first)
    assert (found.goes.names, found.as_before.count) == (("Work 4 (1994)",), 0)
    (kept,) = found.kept
    assert (kept.run, kept.source, kept.records.names) == (
        since.id,
        "grouper",
        ("Another tale (1993)",),
    )
    assert f"run {str(since.id)[:8]}" in kept.why
    report = await roll_back(graph, first)
    assert "Another tale" in str(report.sources[0].message)
    assert set(await works_by_id(graph)) == {"mal:1", "mal:2", "mal:3", "mal:5"}


async def test_a_run_that_was_taken_back_keeps_nothing(graph: Gateway) -> None:
    await ingest(graph, {"grouper": SAGA})
    before = await exported(graph)
    await ingest(graph, {"grouper": [*SAGA[:2], work(3, title="A new tale")]})
    first = await latest(graph)
    await ingest(graph, {"grouper": [*SAGA[:2], work(3, title="Another tale")]})
    await roll_back(graph, await latest(graph))
    assert (await plan(graph, first)).kept == ()
    await roll_back(graph, first)
    assert await exported(graph) == before


async def test_a_work_of_which_a_curator_has_spoken_since_stays(graph: Gateway) -> None:
    await ingest(graph, {"grouper": [work(1)]})
    await ingest(graph, {"grouper": [work(1), work(2), work(3), work(4)]})
    made = await latest(graph)
    said = curated(record("mal:2", links=claims(sequel="mal:3")))
    await ingest(graph, {"curator": [said]})
    stated = await latest(graph)
    found = await plan(graph, made)
    assert found.goes.names == ("Work 4 (1994)",)
    (kept,) = found.kept
    assert (kept.source, kept.run, kept.records.count) == ("curator", stated.id, 2)
    await roll_back(graph, made)
    assert set(await works_by_id(graph)) == {"mal:1", "mal:2", "mal:3"}


async def test_all_since_a_run_is_taken_back_to_the_graph_before_it(graph: Gateway) -> None:
    await ingest(graph, {"grouper": SAGA[:1]})
    before = await exported(graph)
    await ingest(graph, {"grouper": SAGA, "ids": [record("mal:2", "anidb:2")]})
    first = (await recorded_runs(graph))[1]
    await ingest(graph, {"curator": [curated(record("mal:2", links=claims(sequel="mal:1")))]})
    await ingest(graph, {"site": [work(9)]})
    await roll_back(graph, await latest(graph))
    order = and_later(await Journal(graph).runs(), first.id)
    assert len(order) == 3
    await pipeline(graph).roll_back([str(one) for one in order])
    assert await exported(graph) == before


async def test_the_release_before_counts_again_where_a_run_was_taken_back(graph: Gateway) -> None:
    await ingest(graph, {"grouper": SAGA}, snapshot="2026-01-01")
    await ingest(graph, {"grouper": SAGA[:2]}, snapshot="2026-03-01")
    await roll_back(graph, await latest(graph))
    assert (await latest(graph)).snapshot == "2026-01-01"
    report = await run(graph, {"grouper": [*SAGA, work(5)]}, snapshot="2026-02-01")
    assert (report.sources[0].state, report.sources[0].guards) == ("finished", [])


async def test_what_wrote_nothing_cannot_be_taken_back(graph: Gateway) -> None:
    await ingest(graph, {"grouper": SAGA})
    await ingest(graph, {"grouper": SAGA})
    with pytest.raises(InvalidInputError, match="it changed nothing"):
        await roll_back(graph, await latest(graph))
    with pytest.raises(NotFoundError):
        await pipeline(graph).roll_back(["abcd"])


async def test_journals_are_dropped_from_the_oldest_within_their_limit(graph: Gateway) -> None:
    for number in range(4):
        await ingest(graph, {"grouper": [work(1, title=f"Tale {number}")]})
    await pipeline(graph, IngestSettings(journal_bytes=0)).run([])
    kept = await Journal(graph).runs()
    assert [one.id for one in kept] == [(await latest(graph)).id]
    assert len(await rows(graph, "run_journal")) == 1
    oldest = (await recorded_runs(graph))[-1]
    with pytest.raises(InvalidInputError, match="what it replaced is not kept"):
        await roll_back(graph, oldest)


async def test_a_refused_run_is_recorded_with_its_guards(graph: Gateway) -> None:
    await ingest(graph, {"grouper": SAGA})
    report = await run(graph, {"grouper": SAGA[:2]}, snapshot=OLD)
    assert report.failed
    refused = await latest(graph)
    assert (refused.id, refused.state) == (report.sources[0].run, "refused")
    assert [one.guard for one in refused.breaches] == ["age"]
    assert "--force age" in str(refused.message)


async def held(graph: Gateway, said: Said, snapshot: str = OLD) -> RunRecord:
    """Let a release be held that guards stop."""
    at, before = await revision(graph), await graph_state(graph)
    report = await run(graph, said, snapshot=snapshot, hold=True)
    assert (report.waits, report.failed) == (True, False)
    assert (await revision(graph), await graph_state(graph)) == (at, before)
    waiting = await latest(graph)
    assert (waiting.state, waiting.id) == ("waiting", report.sources[0].run)
    return waiting


async def test_a_release_that_waits_is_taken_in_when_it_is_approved(graph: Gateway) -> None:
    later = [work(1, title="Tale of the Sea!"), SAGA[1], work(8)]
    await ingest(graph, {"grouper": SAGA})
    await run(graph, {"grouper": later}, snapshot=OLD, lifted=frozenset(("age",)))
    expected = await exported(graph)
    await emptied(graph)
    await ingest(graph, {"grouper": SAGA})
    waiting = await held(graph, {"grouper": later})
    report = await approve(graph, waiting)
    assert (report.sources[0].state, report.sources[0].notices) == ("finished", [])
    assert await exported(graph) == expected
    assert (await latest(graph)).state == "finished"
    assert await rows(graph, "held_records") == {}
    await roll_back(graph, await latest(graph))
    assert set(await works_by_id(graph)) == {"mal:1", "mal:2", "mal:3"}


async def test_a_release_that_waits_is_dropped_when_it_is_rejected(graph: Gateway) -> None:
    await ingest(graph, {"grouper": SAGA})
    waiting = await held(graph, {"grouper": [work(8)]})
    before = await graph_state(graph)
    await HeldReleases(graph).set_state(waiting.id, "rejected", (), "a broken file")
    assert await graph_state(graph) == before
    assert ((await latest(graph)).state, (await latest(graph)).message) == (
        "rejected",
        "a broken file",
    )
    assert await rows(graph, "held_records") == {}
    with pytest.raises(InvalidInputError, match="it is rejected"):
        await HeldReleases(graph).run(waiting.id)


async def test_guards_are_asked_anew_where_the_graph_went_on(graph: Gateway) -> None:
    many = [work(number) for number in range(1, 200)]
    await ingest(graph, {"grouper": many[:20]})
    waiting = await held(graph, {"grouper": many[:19]})
    await ingest(graph, {"grouper": many})
    report = await approve(graph, waiting)
    (source,) = report.sources
    assert source.state == "failed"
    assert any("revision" in notice for notice in source.notices)
    assert {one.guard: one.lifted for one in source.guards}["age"]
    assert not {one.guard: one.lifted for one in source.guards}["records"]
    again = await run_named(graph, str(waiting.id))
    assert again.state == "waiting"
    assert {"age", "records"} <= {one.guard for one in again.breaches}
    assert len(await works_by_id(graph)) == 199
    report = await approve(graph, again)
    assert (report.sources[0].state, len(await works_by_id(graph))) == ("finished", 19)


async def test_a_later_release_waits_in_the_place_of_an_earlier_one(graph: Gateway) -> None:
    await ingest(graph, {"grouper": SAGA})
    first = await held(graph, {"grouper": [work(8)]})
    await held(graph, {"grouper": [work(9)]})
    assert (await run_named(graph, str(first.id))).state == "rejected"
    await pipeline(graph).run([])
    assert len(await rows(graph, "held_records")) == 1
