"""A small change derives its region anew; the slow answer derives the whole graph.

Works keep their facts here, and records say other things of relations, tags and scores from step to
step. After them the graph, and all that is kept to go on from, must be as a run over everything
makes them.
"""

import datetime as dt
from collections.abc import AsyncIterator, Generator, Sequence, Set
from contextlib import contextmanager
from unittest import mock
from uuid import UUID

import msgspec
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.pipeline import standing
from ingest.pipeline.edge_derivation import EdgeOutcome
from ingest.pipeline.edges import EdgeProjection
from ingest.pipeline.franchises import groups_near
from ingest.pipeline.region import Region
from ingest.pipeline.standing import EdgeState, Standing
from ingest.sources.curator import record_of
from kensho.domain.curator_acts import (
    CuratorAct,
    FranchiseJoin,
    FranchiseRename,
    FranchiseSplit,
    StoryOrder,
)
from kensho.domain.records import (
    Claim,
    Collection,
    Recommendation,
    Record,
    RecordFacts,
    RecordRelations,
    Redirect,
    Tagging,
)
from kensho.domain.relations import ClaimedKind
from kensho.domain.works import Title
from kensho.storage.gateway import Gateway
from tests.support.examples import examples
from tests.support.records import Said, curated, emptied, graph_state, ingest, open_graph, run

WORKS = 12
IDS = tuple(f"mal:{number}" for number in range(WORKS))
NAMES = ("Space Opera", "Sea of Stars", "Quiet Days")
KINDS: tuple[ClaimedKind, ...] = (
    "sequel", "prequel", "parent", "side_story", "alternative_version", "other", "related",
)  # fmt: skip
ENRICHERS = ("curator", "ids", "episodes")

targets = st.sampled_from((*IDS, "mal:99"))
rarely = st.sampled_from((False, False, False, True)).flatmap(
    lambda some: st.tuples(targets) if some else st.just(())
)
"""Of a record, works that are the same as its own or another: these let all be decided anew."""
links = st.builds(
    RecordRelations,
    relations=st.lists(
        st.builds(
            Claim, st.sampled_from(KINDS), targets, denied=st.sampled_from((False, False, True))
        ),
        max_size=2,
    ).map(tuple),
    recommendations=st.lists(st.builds(Recommendation, targets, st.integers(1, 3)), max_size=1).map(
        tuple
    ),
    redirects=st.lists(
        st.builds(Redirect, st.just(13), st.just(24), targets, st.just(1), st.just(12)), max_size=1
    ).map(tuple),
    same_as=rarely,
    collection=st.none() | st.builds(Collection, st.sampled_from(("set:1", "set:2")), st.just("A")),
    different_from=rarely,
)


@pytest.fixture(scope="module")
async def store() -> AsyncIterator[Gateway]:
    async with open_graph() as gateway:
        yield gateway


def maker(number: int, said: RecordRelations, tags: Set[str], score: float | None) -> Record:
    """Return the record of a work, whose titles and date are those of its number."""
    name = f"{NAMES[number % len(NAMES)]} {number // 4 or ''}".strip()
    stated = RecordFacts(
        titles=(Title(name, None, "main"), Title(f"Work {number}", None, "synonym")),
        start_date=dt.date(2000 + number // 2, 1, 1 + number),
        anime_type="tv" if number % 2 else "special",
        episode_count=1 + number % 3,
        score=score,
        tags=tuple(Tagging(tag) for tag in sorted(tags)),
    )
    return Record(IDS[number], (IDS[number],), "anime", stated, said)


def split(works: tuple[str, ...]) -> FranchiseSplit:
    return FranchiseSplit(works=works[:1], others=works[1:])


some_works = st.lists(st.sampled_from(IDS), min_size=2, max_size=3, unique=True).map(tuple)
decisions = st.one_of(
    st.builds(FranchiseJoin, works=some_works),
    some_works.map(split),
    st.builds(FranchiseRename, work=st.sampled_from(IDS), title=st.sampled_from(("One", "Other"))),
    st.builds(StoryOrder, works=some_works),
)


@st.composite
def acts(draw: st.DrawFn) -> Said:
    """Return what a curator decides of franchises."""
    act_id = f"{draw(st.integers(1, 9)):016x}"
    act = CuratorAct(act_id, "2026-11-29", "alice", "because", draw(decisions))
    return {"curator": [record_of(act)]}


@st.composite
def changes(draw: st.DrawFn, *, all_works: bool = False) -> Said:
    """Return what the maker says of some works now, or an enricher."""
    if not all_works and draw(st.integers(0, 3)) == 0:
        return draw(acts())
    if not all_works and draw(st.booleans()):
        source = draw(st.sampled_from(ENRICHERS))
        number = draw(st.integers(0, WORKS - 1))
        said = Record(IDS[number], (IDS[number],), "anime", RecordFacts(), draw(links))
        return {source: [curated(said) if source == "curator" else said]}
    few = st.sets(st.integers(0, WORKS - 1), min_size=1, max_size=2)
    some = range(WORKS) if all_works else draw(few)
    return {
        "grouper": [
            maker(
                number,
                draw(links),
                draw(st.sets(st.sampled_from(("space", "music", "recap")), max_size=1)),
                draw(st.sampled_from((None, 5.0, 5.1, 9.0))),
            )
            for number in sorted(some)
        ]
    }


@contextmanager
def counted(way: str) -> Generator[list[bool]]:
    """Note of each update that is tried in a way whether it was made so, while the block runs."""
    found: list[bool] = []
    original = getattr(EdgeProjection, way)

    async def spy(
        self: EdgeProjection, region: Region, state: EdgeState, touched: Set[UUID]
    ) -> EdgeOutcome | None:
        outcome: EdgeOutcome | None = await original(self, region, state, touched)
        found.append(outcome is not None)
        return outcome

    with mock.patch.object(EdgeProjection, way, spy):
        yield found


def kept(gateway: Gateway) -> Standing:
    body = zstandard.ZstdDecompressor().decompress(standing.in_memory[gateway])
    return msgspec.msgpack.decode(body, type=Standing)


def comparable(found: Standing) -> tuple[object, ...]:
    return (found.rules, found.identities, found.heads, found.edges)


large_from = pytest.mark.parametrize(
    ("way", "large"), [("around", groups_near.LARGE), ("near", 0)], ids=["whole", "near"]
)


@large_from
@settings(max_examples=examples(25), deadline=None)
@given(first=changes(all_works=True), steps=st.lists(changes(), min_size=1, max_size=4))
async def test_a_region_is_derived_as_the_whole_graph_is(
    store: Gateway, way: str, large: int, first: Said, steps: list[Said]
) -> None:
    await derived_so(store, way, large, (first, *steps))


@large_from
async def test_a_new_relation_is_derived_in_each_way(store: Gateway, way: str, large: int) -> None:
    alone = RecordRelations()
    first: Said = {"grouper": [maker(number, alone, frozenset(), None) for number in range(WORKS)]}
    told = RecordRelations(relations=(Claim("sequel", IDS[1]),))
    then: Said = {"grouper": [maker(0, told, frozenset(), None)]}
    assert any(await derived_so(store, way, large, (first, then)))


async def derived_so(store: Gateway, way: str, large: int, said: Sequence[Said]) -> list[bool]:
    """Ingest in steps and then anew, compare, and return which updates were made in a way."""
    await emptied(store)
    with mock.patch.object(groups_near, "LARGE", large):
        await ingest(store, said[0])
        with counted(way) as found:
            for one in said[1:]:
                report = await run(store, one, partial=True)
                assert {source.state for source in report.sources} == {"finished"}
        stepwise, standing_then = await graph_state(store), kept(store)
        await store.run_script("UPDATE meta:graph SET composed = false RETURN NONE;")
        await ingest(store, {})
    assert await graph_state(store) == stepwise
    assert comparable(kept(store)) == comparable(standing_then)
    return found
