"""A changed relation of a large component is derived near it, as the whole graph derives it."""

import datetime as dt
from collections.abc import AsyncIterator, Sequence

import pytest

from ingest.pipeline.edges import EdgeProjection
from ingest.pipeline.franchises import groups_near
from kensho.domain.records import Claim, Record, RecordFacts, RecordRelations
from kensho.domain.works import Title
from kensho.storage.gateway import Gateway
from tests.support.records import graph_state, ingest, open_graph, run

WORKS = 12


@pytest.fixture
async def store() -> AsyncIterator[Gateway]:
    async with open_graph() as gateway:
        yield gateway


def work(number: int, *claims: tuple[str, int]) -> Record:
    """Return a work that continues the one before, with further claims: kind and number."""
    chain = [("prequel", number - 1)] if number else []
    said = [Claim(kind, f"mal:{other + 1}") for kind, other in (*chain, *claims)]  # type: ignore[arg-type]
    facts = RecordFacts(
        titles=(Title(f"A story {number + 1}", None, "main"),),
        start_date=dt.date(2000 + number, 1, 1),
        anime_type="tv",
        episode_count=12,
    )
    name = f"mal:{number + 1}"
    return Record(name, (name,), "anime", facts, RecordRelations(relations=tuple(said)))


async def told(store: Gateway, records: Sequence[Record], *, partial: bool = True) -> None:
    report = await run(store, {"grouper": list(records)}, partial=partial)
    assert {one.state for one in report.sources} == {"finished"}


async def test_relations_that_come_change_and_go_are_derived_near_them(
    store: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups_near, "LARGE", 0)
    near, made = EdgeProjection.near, []

    async def spied(self: EdgeProjection, *given: object) -> object:
        made.append(await near(self, *given))  # type: ignore[arg-type]
        return made[-1]

    monkeypatch.setattr(EdgeProjection, "near", spied)
    await ingest(store, {"grouper": [work(number) for number in range(WORKS)]})
    for changed in (
        [work(3, ("other", 9))],  # comes
        [work(3, ("side_story", 9)), work(5, ("related", 1))],  # is another, and one to infer
        [work(3)],  # goes
    ):
        await told(store, changed)
    assert [one is not None for one in made] == [True, True, True]
    stepwise = await graph_state(store)
    await store.run_script("UPDATE meta:graph SET composed = false RETURN NONE;")
    await ingest(store, {})
    assert await graph_state(store) == stepwise


async def test_what_parts_a_component_is_derived_as_before(
    store: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups_near, "LARGE", 0)
    await ingest(store, {"grouper": [work(number) for number in range(WORKS)]})
    alone = work(6)
    await told(store, [Record(alone.key, alone.ids, "anime", alone.facts, RecordRelations())])
    stepwise = await graph_state(store)
    await store.run_script("UPDATE meta:graph SET composed = false RETURN NONE;")
    await ingest(store, {})
    assert await graph_state(store) == stepwise
