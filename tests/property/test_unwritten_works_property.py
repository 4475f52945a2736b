"""A work that is not written yet is read as the store will have it."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import curation
from ingest.pipeline.compose import Composer
from ingest.pipeline.franchises.store import CatalogueRow, FranchiseStore
from ingest.pipeline.franchises.unwritten import UnwrittenWorks
from ingest.pipeline.franchises.work_facts import SYNOPSIS_CHARS, FranchiseWorkRow
from ingest.pipeline.record_store import RecordStore
from ingest.pipeline.rows import SourceRank
from kensho.domain.records import Mapping, Record
from kensho.domain.works import Title, WorkKind, tag_uuid
from kensho.storage.gateway import Gateway
from tests.property.test_ingest_property import catalogues
from tests.support.examples import examples
from tests.support.records import SOURCES, Said, emptied, ingest, open_graph, work

TEXT = st.text("aé愛😀 ", min_size=1, max_size=SYNOPSIS_CHARS + 3).map(lambda text: f"A{text}z")
MORE = st.fixed_dictionaries(
    {
        "titles": st.tuples(
            st.builds(Title, TEXT.map(lambda text: text[:40]), st.just("en"), st.just("main"))
        ),
        "synopsis": st.none() | TEXT,
        "studios": st.sampled_from(((), ("One",), ("Two", "One"))),
        "anime_type": st.sampled_from((None, "tv", "unknown", "special")),
        "episode_count": st.none() | st.integers(1, 2000),
        "duration_s": st.none() | st.integers(1, 9000),
        "mappings": st.sampled_from(((), (Mapping("tvdb:1", season=2), Mapping("imdb:tt1")))),
    }
)
"""Facts that kinds and franchises read, beside those of `catalogues`."""


@pytest.fixture(scope="module")
async def store() -> AsyncIterator[Gateway]:
    async with open_graph() as gateway:
        yield gateway


def told_more(said: Said, more: list[dict[str, object]]) -> Said:
    """Return a catalogue of which records state further facts."""
    facts = iter(more)

    def one(record: Record) -> Record:
        stated = next(facts, None)
        if stated is None or record.dead:
            return record
        return msgspec.structs.replace(
            record, facts=msgspec.structs.replace(record.facts, **stated)
        )

    return {source: [one(record) for record in records] for source, records in said.items()}


@settings(max_examples=examples(25), deadline=None)
@given(said=catalogues(), more=st.lists(MORE, max_size=6))
async def test_a_work_is_read_as_it_will_be_written(
    store: Gateway, said: Said, more: list[dict[str, object]]
) -> None:
    await ingest(await emptied(store), told_more(said, more))
    ranks = {name: SourceRank(source.rank, source.creates) for name, source in SOURCES.items()}
    composer = Composer(ranks, curation.load().composition)
    unwritten = UnwrittenWorks()
    works: list[tuple[WorkKind, UUID]] = []
    async for records in RecordStore(store).by_work():
        composed = composer.compose(records)
        if composed is not None:
            unwritten.add(composed, {name: tag_uuid(name) for name in composed.tags})
            works.append((composed.kind, composed.node.id))
    found = await rows_of(FranchiseStore(store, unwritten), works)
    expected = await rows_of(FranchiseStore(store), works)
    # Ids that belong to another work are left out of a work's own; who has them is asked elsewhere.
    assert [row.id for row in found] == [row.id for row in expected]
    for one, other in zip(found, expected, strict=True):
        assert set(one.sources) >= set(other.sources)
        assert tags_sorted(one, other.sources) == tags_sorted(other, other.sources)


async def rows_of(
    store: FranchiseStore, works: Sequence[tuple[WorkKind, UUID]]
) -> list[FranchiseWorkRow]:
    """Return the rows of works, in the order of their ids."""
    pages = await store.work_pages(works)
    rows = [row for page in pages for row in msgspec.json.decode(page, type=list[FranchiseWorkRow])]
    return sorted(rows, key=lambda row: row.id)


def tags_sorted(row: FranchiseWorkRow, sources: tuple[str, ...]) -> FranchiseWorkRow:
    return msgspec.structs.replace(row, tags=tuple(sorted(row.tags)), sources=sources)


async def test_works_of_the_store_and_unwritten_ones_are_read_together(store: Gateway) -> None:
    said = {"site": [work(number) for number in range(3)]}
    await ingest(await emptied(store), said)
    kept = [rows async for rows in FranchiseStore(store).catalogue()]
    everything = {row.id: row for page in kept for row in page}
    assert len(everything) == len(said["site"])
    unwritten = UnwrittenWorks()
    composer = Composer({"site": SourceRank(1, creates=True)}, curation.load().composition)
    async for records in RecordStore(store).by_work():
        facts = msgspec.structs.replace(records[0].facts, titles=(Title("New", None, "main"),))
        composed = composer.compose([msgspec.structs.replace(records[0], facts=facts)])
        assert composed is not None
        unwritten.add(composed, {})
        break
    read = [rows async for rows in FranchiseStore(store, unwritten).catalogue()]
    rows = [row for page in read for row in page]
    assert len(rows) == len(everything)
    assert {row.titles for row in rows if everything[row.id] != row} == {("New",)}
    assert isinstance(rows[0], CatalogueRow)
