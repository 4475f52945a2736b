"""Releases on which ingestion once went wrong, and franchises that a release would tear."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from ingest import registry
from ingest.pipeline.guards import Breach
from ingest.pipeline.identity import Identities, SourceRole
from ingest.pipeline.jobs import IngestJob, RunOptions, SourceReport
from ingest.pipeline.record_store import RecordStore
from ingest.pipeline.release_guard import ReleaseGuard
from ingest.pipeline.run import Pipeline
from ingest.pipeline.scan import SourceScan
from ingest.reading.files import SourceFile
from ingest.reading.rejects import RejectLog
from ingest.source_policies import Limit, LossKind, SourcePolicy
from kensho.domain.records import Claim, Record, RecordRelations
from kensho.storage.gateway import Gateway
from tests.support.records import (
    SOURCES,
    emptied,
    graph_state,
    ingest,
    open_graph,
    revision,
    rows,
    silent,
    work,
    written,
)

CASES: Final = Path(__file__).parents[3] / "shared" / "data" / "curation_cases"
with_cases = pytest.mark.skipif(not CASES.is_dir(), reason=f"no data by other people in {CASES}")
NOTHING: Final = Limit(reason="for a test: none may go", share=0)


@pytest.fixture(scope="module")
async def store() -> AsyncIterator[Gateway]:
    async with open_graph() as gateway:
        yield gateway


@pytest.fixture
async def graph(store: Gateway) -> Gateway:
    return await emptied(store)


def chained(*numbers: int, apart: tuple[int, int] = (0, 0)) -> list[Record]:
    """Return works each of which is the sequel of the one before; not of those `apart`."""
    return [
        work(
            number,
            title=f"Tale of the Sea {number}",
            links=RecordRelations(relations=(Claim("sequel", f"mal:{after}"),))
            if after and (number, after) != apart
            else None,
        )
        for number, after in zip(numbers, (*numbers[1:], 0), strict=True)
    ]


async def breaches(gateway: Gateway, said: list[Record], *kinds: LossKind) -> list[Breach]:
    """Return the guards that a release breaks where nothing of some kinds may go."""
    policy = SourcePolicy(rejects=NOTHING, lost=dict.fromkeys(kinds, NOTHING))
    record_store = RecordStore(gateway)
    roles = {n: SourceRole(s.creates, s.groups, s.order) for n, s in SOURCES.items()}
    identities = Identities(await record_store.record_heads(), roles)
    identities.reassign()
    guard = ReleaseGuard(record_store, identities, SOURCES, {"": policy})
    with (
        tempfile.TemporaryDirectory() as folder,
        SourceScan(SOURCES["grouper"], identities) as scan,
        RejectLog("grouper", None) as rejects,
    ):
        file = SourceFile(written(Path(folder), "grouper", said))
        scan.read(file, rejects, lambda _: None)
        return await guard.breaches(scan, rejects.count)


async def test_a_franchise_that_would_fall_in_two_is_named(graph: Gateway) -> None:
    await ingest(graph, {"grouper": chained(1, 2, 3, 4)})
    assert len(await rows(graph, "franchise")) == 1
    (breach,) = await breaches(graph, chained(1, 2, 3, 4, apart=(2, 3)), "franchises")
    assert (breach.guard, breach.lost, breach.before) == ("franchises", 1, 1)
    assert "tale-of-the-sea" in breach.sentence


async def test_a_franchise_that_another_source_holds_together_is_none(graph: Gateway) -> None:
    site = [work(3, links=RecordRelations(relations=(Claim("prequel", "mal:2"),)))]
    await ingest(graph, {"grouper": chained(1, 2, 3, 4), "site": site})
    assert await breaches(graph, chained(1, 2, 3, 4, apart=(2, 3)), "franchises") == []


async def test_a_franchise_that_loses_a_work_at_its_end_stands(graph: Gateway) -> None:
    await ingest(graph, {"grouper": chained(1, 2, 3)})
    assert await breaches(graph, chained(1, 2, 3, apart=(2, 3)), "franchises") == []
    assert await breaches(graph, chained(1, 2), "franchises") == []


async def test_a_franchise_of_two_that_are_parted_dissolves(graph: Gateway) -> None:
    await ingest(graph, {"grouper": chained(1, 2)})
    (breach,) = await breaches(graph, chained(1, 2, apart=(1, 2)), "franchises")
    assert breach.lost == 1


async def test_a_record_whose_key_is_another_one_loses_nothing(graph: Gateway) -> None:
    await ingest(graph, {"grouper": [work(1, "anidb:1"), work(2)]})
    renamed = [Record("anidb:1", ("anidb:1", "mal:1"), "anime", work(1).facts), work(2)]
    kinds: tuple[LossKind, ...] = ("records", "works", "ids", "titles", "facts", "tags")
    assert await breaches(graph, renamed, *kinds) == []


async def read(gateway: Gateway, *paths: Path) -> SourceReport:
    with tempfile.TemporaryDirectory() as folder:
        options = RunOptions(Path(folder))
        pipeline = Pipeline(gateway, registry.SOURCES, options, silent())
        report = await pipeline.run([IngestJob(registry.SOURCES["aodb"], paths)])
    return report.sources[0]


@with_cases
async def test_a_renamed_key_is_stopped_before_the_first_write(graph: Gateway) -> None:
    assert (await read(graph, CASES / "drift" / "1.jsonl")).state == "finished"
    before, at = await graph_state(graph), await revision(graph)
    report = await read(graph, CASES / "drift" / "2_key_renamed.jsonl")
    assert report.state == "failed"
    assert [(guard.guard, guard.lost) for guard in report.guards] == [
        ("relations", 549),
        ("tags", 171),
    ]
    assert [(change.key, change.renamed_to) for change in report.keys] == [
        ("relatedAnime", "related_anime")
    ]
    assert (await graph_state(graph), await revision(graph)) == (before, at)


@with_cases
async def test_relations_of_a_release_of_2023_are_read(graph: Gateway) -> None:
    report = await read(graph, CASES / "aodb-2023-form.json")
    assert (report.state, report.snapshot, report.rejects) == ("finished", "2023-06-28", 0)
    assert await rows(graph, "is_related_to")


@with_cases
@pytest.mark.parametrize("name", ["lastUpdate_yesterday", "lastUpdate_2031-01-01"])
async def test_a_date_that_cannot_be_right_is_no_snapshot(graph: Gateway, name: str) -> None:
    report = await read(graph, CASES / f"{name}.jsonl")
    assert (report.state, report.snapshot, report.dated_by) == ("finished", None, "unknown")
    assert name.partition("_")[2] in report.notices[0]
    assert {row["snapshot"] for row in (await rows(graph, "source_record")).values()} == {""}
