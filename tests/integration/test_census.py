"""What runs keep of the graph for the check: what the last one took, and what sources speak of."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.checks.graph import findings
from ingest.checks.reading import read_graph
from ingest.pipeline.census import Census, SourceCoverage, last_census
from kensho.domain.records import Record, Tagging
from kensho.domain.works import work_uuid
from kensho.storage.gateway import Gateway
from tests.support.records import (
    claims,
    emptied,
    ingest,
    open_graph,
    record,
    rows,
    run,
    uuid_in,
    work,
)

W1, W2, W3 = (work_uuid(f"mal:{n}") for n in (1, 2, 3))
SPACE = (Tagging("space"),)


@pytest.fixture(scope="module")
async def store() -> AsyncIterator[Gateway]:
    async with open_graph() as gateway:
        yield gateway


@pytest.fixture
async def graph(store: Gateway) -> Gateway:
    return await emptied(store)


async def census(graph: Gateway) -> Census:
    found = await last_census(graph)
    assert found is not None
    return found


async def notices(graph: Gateway, rule: str) -> list[str]:
    return [one.sentence for one in findings(await read_graph(graph)) if one.rule == rule]


async def test_a_first_run_takes_nothing(graph: Gateway) -> None:
    await ingest(graph, {"grouper": [work(1), work(2, tags=SPACE)]})
    found = await census(graph)
    assert (found.tagless, set(found.unrelated)) == ((W1,), {W1, W2})
    assert (found.lost_tags, found.lost_relations, found.before) == ((), (), {})
    assert found.coverage == {"grouper": SourceCoverage(2, 2)}


async def test_a_work_that_lost_its_last_tag_and_relation_is_found(graph: Gateway) -> None:
    first = [work(1, tags=SPACE, links=claims(sequel="mal:2")), work(2, tags=SPACE), work(3)]
    await ingest(graph, {"grouper": first})
    await ingest(graph, {"grouper": [work(1), work(2, tags=SPACE), work(3), work(4)]})
    assert sorted(await notices(graph, "lost in the last run")) == sorted(
        [
            f"Work 1 ({W1}): lost all its tags",
            f"Work 1 ({W1}): lost all its relations",
            f"Work 2 ({W2}): lost all its relations",
        ]
    )


async def test_what_an_earlier_run_took_is_not_told_again(graph: Gateway) -> None:
    await ingest(graph, {"grouper": [work(1, tags=SPACE), work(2)]})
    await ingest(graph, {"grouper": [work(1), work(2)]})
    assert (await census(graph)).lost_tags == (W1,)
    await ingest(graph, {"grouper": [work(1), work(2)]})
    assert (await census(graph)).lost_tags == (W1,), "a run that changes nothing is none"
    await ingest(graph, {"grouper": [work(1), work(2, year=1999)]})
    assert (await census(graph)).lost_tags == ()


async def test_a_source_that_is_forgotten_covers_less(graph: Gateway) -> None:
    await ingest(graph, {"grouper": [work(1), work(2)], "site": [record("mal:1", title="One")]})
    await run(graph, {"site": []})
    assert await notices(graph, "coverage dropped") == ["site: speaks of 0 works, of 1 before"]


async def test_a_store_of_an_earlier_version_is_counted(graph: Gateway) -> None:
    await ingest(graph, {"grouper": [work(1, tags=SPACE), work(2)]})
    await graph.run_script("DELETE graph_census RETURN NONE;")
    await ingest(graph, {"grouper": [work(1), work(2)]})
    found = await census(graph)
    assert (found.lost_tags, set(found.tagless)) == ((W1,), {W1, W2})


works = st.lists(
    st.builds(
        lambda number, tagged, sequel: work(
            number,
            tags=SPACE if tagged else (),
            links=claims(sequel=f"mal:{sequel}") if sequel != number else None,
        ),
        st.integers(1, 4),
        st.booleans(),
        st.integers(1, 4),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda said: said.key,
)


async def lonely(graph: Gateway) -> tuple[set[object], set[object], set[object]]:
    """Return all works, those with a tag and those with a relation, as the tables have them."""
    everything: set[object] = {uuid_in(name) for name in await rows(graph, "anime")}
    ends: dict[str, set[object]] = {}
    for table in ("has_tag", "is_sequel_of", "is_related_to"):
        found = (await rows(graph, table)).values()
        names = [row["in"] for row in found]
        names += [] if table == "has_tag" else [row["out"] for row in found]
        ends[table] = set(map(uuid_in, names))
    return everything, ends["has_tag"], ends["is_sequel_of"] | ends["is_related_to"]


@settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(works, min_size=2, max_size=4))
async def test_the_census_agrees_with_the_tables(
    store: Gateway, history: list[list[Record]]
) -> None:
    graph = await emptied(store)
    tagged: set[object] = set()
    related: set[object] = set()
    for said in history:
        before = await last_census(graph)
        await run(graph, {"grouper": said})
        known = await census(graph)
        everything, tagged_now, related_now = await lonely(graph)
        assert set(known.tagless) == everything - tagged_now
        assert set(known.unrelated) == everything - related_now
        if known != before:
            assert set(known.lost_tags) == (tagged & everything) - tagged_now
            assert set(known.lost_relations) == (related & everything) - related_now
        tagged, related = tagged_now, related_now
