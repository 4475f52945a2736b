"""Dumps against the graph that they are of: loaded into an empty store, it is the same again."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.dumping.dump import DumpOptions
from kensho.storage.gateway import Gateway
from tests.property.test_ingest_property import catalogues, histories
from tests.support.dumping import dumped, loaded
from tests.support.examples import examples
from tests.support.records import (
    SOURCES,
    Said,
    emptied,
    graph_state,
    ingest,
    open_graph,
    without_ids,
)


@pytest.fixture(scope="module")
async def stores() -> AsyncIterator[tuple[Gateway, Gateway]]:
    async with open_graph() as one, open_graph() as other:
        yield one, other


@settings(max_examples=examples(12), deadline=None)
@given(history=histories, said=catalogues())
async def test_a_dump_that_is_loaded_gives_the_same_graph_and_records(
    stores: tuple[Gateway, Gateway], history: list[Said], said: Said
) -> None:
    store, other = stores
    await emptied(store)
    for some in (*history, said):
        await ingest(store, some)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "dump"
        manifest = await dumped(store, folder)
        report = await loaded(await emptied(other), folder)
        again = await dumped(other, Path(name) / "again")
    assert report.differing == []
    assert await graph_state(other) == await graph_state(store)
    assert again.tables == manifest.tables
    assert again.records == manifest.records


@settings(max_examples=examples(8), deadline=None)
@given(said=catalogues(), data=st.data())
async def test_a_dump_holds_what_the_sources_that_may_be_passed_on_come_to(
    stores: tuple[Gateway, Gateway], said: Said, data: st.DataObject
) -> None:
    store, other = stores
    kept_back = data.draw(st.sets(st.sampled_from([*said] or ["site"]), max_size=2))
    terms = {
        name: msgspec.structs.replace(one, licence="none stated") if name in kept_back else one
        for name, one in SOURCES.items()
    }
    await ingest(await emptied(store), said)
    before = await graph_state(store)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "dump"
        manifest = await dumped(store, folder, DumpOptions(), terms)
        report = await loaded(await emptied(other), folder, terms)
    assert report.differing == []
    assert await graph_state(store) == before, "the graph that is dumped stays as it is"
    assert kept_back.isdisjoint(one.name for one in manifest.sources)
    assert {one.name for one in manifest.withheld} <= kept_back
    reached = without_ids(await graph_state(other))
    # An enricher's record of a work that only a withheld source knew waits for it in the dump.
    wanted = {source: some for source, some in said.items() if source not in kept_back}
    await ingest(await emptied(other), wanted)
    assert _graph_of(reached) == _graph_of(without_ids(await graph_state(other)))


def _graph_of(state: object) -> object:
    assert isinstance(state, dict)
    return {name: rows for name, rows in state.items() if name != "source_record"}
