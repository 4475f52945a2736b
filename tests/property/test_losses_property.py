"""What is foreseen of a release, against what becomes of the graph when it is applied."""

import tempfile
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.pipeline.guards import ALL_GUARDS
from ingest.pipeline.identity import Identities, SourceRole
from ingest.pipeline.losses import Foreseen, LossForecast
from ingest.pipeline.record_store import RecordStore
from ingest.pipeline.scan import SourceScan
from ingest.reading.files import SourceFile
from ingest.reading.rejects import RejectLog
from kensho.domain.records import Claim, Record, RecordRelations, Tagging
from kensho.domain.relations import ClaimedKind
from kensho.storage.gateway import Gateway
from tests.support.examples import examples
from tests.support.records import (
    SOURCES,
    Said,
    emptied,
    ingest,
    open_graph,
    rows,
    run,
    uuid_in,
    work,
    works_by_id,
    written,
)

WORKS = range(1, 6)
KINDS: tuple[ClaimedKind, ...] = ("sequel", "prequel", "side_story", "related")


@pytest.fixture(scope="module")
async def store() -> AsyncIterator[Gateway]:
    async with open_graph() as gateway:
        yield gateway


@st.composite
def releases(draw: st.DrawFn) -> list[Record]:
    """Return what a source says of some works, each known by one id."""
    return [draw(records(n)) for n in draw(st.lists(st.sampled_from(WORKS), unique=True))]


def records(number: int) -> st.SearchStrategy[Record]:
    claims = st.lists(
        st.builds(Claim, st.sampled_from(KINDS), st.sampled_from([f"mal:{n}" for n in WORKS])),
        max_size=3,
    )
    return st.builds(
        lambda relations, tags, title: work(
            number,
            title=title,
            links=RecordRelations(relations=tuple(relations)),
            tags=tuple(Tagging(tag) for tag in tags),
        ),
        claims,
        st.sets(st.sampled_from(["space", "drama", "music"])),
        st.sampled_from([f"Work {number}", f"Opus {number}"]),
    )


async def foreseen(gateway: Gateway, said: list[Record], folder: Path) -> Foreseen:
    store, name = RecordStore(gateway), "grouper"
    roles = {n: SourceRole(s.creates, s.groups, s.order) for n, s in SOURCES.items()}
    identities = Identities(await store.record_heads(), roles)
    identities.reassign()
    makers = [n for n, s in SOURCES.items() if s.creates]
    with SourceScan(SOURCES[name], identities) as scan, RejectLog(name, None) as rejects:
        scan.read(SourceFile(written(folder, name, said)), rejects, lambda _: None)
        return await LossForecast(store, identities, scan, makers).foresee()


class Held:
    """What a graph holds, as plain sets."""

    def __init__(self) -> None:
        self.works: set[uuid.UUID] = set()
        self.pairs: set[tuple[uuid.UUID, uuid.UUID]] = set()
        self.tags: set[tuple[str, str]] = set()
        self.titles: set[tuple[uuid.UUID, str]] = set()
        self.ids: set[str] = set()


async def held(gateway: Gateway) -> Held:
    found = Held()
    for source_id, row in (await works_by_id(gateway)).items():
        found.ids.add(source_id)
        found.works.add(row["uuid"])
        found.titles.update((row["uuid"], title["text"]) for title in row["titles"])
    for table in ("is_sequel_of", "is_related_to"):
        for row in (await rows(gateway, table)).values():
            low, high = sorted((uuid_in(row["in"]), uuid_in(row["out"])))
            found.pairs.add((low, high))
    for row in (await rows(gateway, "has_tag")).values():
        found.tags.add((str(row["in"]), str(row["out"])))
    return found


@settings(max_examples=examples(25), deadline=None)
@given(before=releases(), others=releases(), now=releases().filter(bool))
async def test_what_is_foreseen_is_what_goes(
    store: Gateway, before: list[Record], others: list[Record], now: list[Record]
) -> None:
    graph = await emptied(store)
    first: Said = {"grouper": before, "site": others}
    await ingest(graph, {name: said for name, said in first.items() if said})
    was = await held(graph)
    with tempfile.TemporaryDirectory() as folder:
        told = await foreseen(graph, now, Path(folder))
    assert (await held(graph)).__dict__ == was.__dict__, "nothing is written"
    assert not (await run(graph, {"grouper": now}, lifted=ALL_GUARDS)).failed
    then = await held(graph)
    alone = {loss.kind: loss.alone for loss in told.losses}
    assert told.gone_works == was.works - then.works
    assert alone.get("tags", 0) == len(was.tags - then.tags)
    assert alone.get("titles", 0) == len(was.titles - then.titles)
    assert alone.get("ids", 0) == len(was.ids - then.ids)
    gone = {pair for pair in was.pairs - then.pairs if then.works.issuperset(pair)}
    assert {pair for pair in told.unrelated if then.works.issuperset(pair)} == gone
    assert told.unrelated <= was.pairs - then.pairs
