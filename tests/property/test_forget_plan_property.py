"""What a plan to forget says goes, against what is gone after it."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.pipeline.forget_plan import forget_plan
from kensho.storage.gateway import Gateway
from tests.property.test_ingest_property import catalogues
from tests.support.examples import examples
from tests.support.records import (
    SOURCES,
    Said,
    State,
    emptied,
    graph_state,
    ingest,
    open_graph,
    revision,
)

WORKS = ("anime", "movie")
RELATIONS = ("is_sequel_of", "is_related_to")


@pytest.fixture(scope="module")
async def store() -> AsyncIterator[Gateway]:
    async with open_graph() as gateway:
        yield gateway


def ids(state: State, *tables: str) -> set[str]:
    return {key for table in tables for key in state[table]}


@settings(max_examples=examples(15), deadline=None)
@given(said=catalogues(), data=st.data())
async def test_what_a_plan_says_goes_is_gone_after_it(
    store: Gateway, said: Said, data: st.DataObject
) -> None:
    await ingest(await emptied(store), said)
    source = data.draw(st.sampled_from(tuple(SOURCES)))
    before, at = await graph_state(store), await revision(store)
    plan = await forget_plan(store, source, SOURCES)
    assert (await graph_state(store), await revision(store)) == (before, at)
    await ingest(store, {source: []})
    after = await graph_state(store)
    assert plan.records == len({k for k in before["source_record"] if f"'{source}'" in k})
    assert plan.works.count == len(ids(before, *WORKS) - ids(after, *WORKS))
    assert plan.parted == len(ids(after, *WORKS) - ids(before, *WORKS))
