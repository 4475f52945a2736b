"""Ingestion against itself: the graph says what sources say now, whatever the way there.

What the rules promise, and what these tests hold them to. After any history of runs, a run over
the newest files of all sources leaves the graph that a fresh store would have, but for UUIDs (kept
where possible), redirects of retired ids, and the dates since which sources say what they say. For
sources that make works the promise is stronger: their runs may come in any order and any split. An
enricher must run after the works that it enriches are known: what fits no work is counted, and not
kept.
"""

import datetime as dt
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.pipeline.record_writer import RecordCounts
from kensho.domain.records import (
    Claim,
    Collection,
    EpisodeFacts,
    Mapping,
    Recommendation,
    Record,
    RecordFacts,
    RecordRelations,
    Redirect,
    Tagging,
)
from kensho.domain.relations import ClaimedKind
from kensho.domain.works import ImdbRating, TagCategory, Title, WorkKind
from kensho.storage.gateway import Gateway
from tests.support.examples import examples
from tests.support.records import (
    SOURCES,
    Said,
    dead,
    emptied,
    graph_state,
    ingest,
    open_graph,
    revision,
    without_ids,
)

IDS = tuple(f"{provider}:{n}" for provider in ("mal", "anidb", "anilist") for n in range(3))
FILM_IDS = ("tmdb:movie/1", "tmdb:movie/2", "imdb:tt1", "imdb:tt2")
KINDS: tuple[ClaimedKind, ...] = ("sequel", "prequel", "parent", "summary", "other", "related")
CATEGORIES: dict[str, TagCategory | None] = {"space": "theme", "drama": "genre", "odd": None}
MAKERS = tuple(name for name, source in SOURCES.items() if source.creates)

targets = st.sampled_from((*IDS, *FILM_IDS))
links = st.builds(
    RecordRelations,
    relations=st.lists(st.builds(Claim, st.sampled_from(KINDS), targets), max_size=3).map(tuple),
    recommendations=st.lists(st.builds(Recommendation, targets, st.integers(1, 3)), max_size=1).map(
        tuple
    ),
    redirects=st.lists(
        st.builds(Redirect, st.just(13), st.just(24), targets, st.just(1), st.just(12)), max_size=1
    ).map(tuple),
    same_as=st.lists(targets, max_size=1).map(tuple),
)


def keys_of(source: str) -> tuple[str, ...]:
    if source == "films":
        return FILM_IDS
    return (*IDS, "imdb:tt1") if source == "ratings" else IDS


@st.composite
def records(draw: st.DrawFn, source: str) -> list[Record]:
    """Return all that a source says in one dump; a source that says nothing has no file."""
    keys = draw(st.lists(st.sampled_from(keys_of(source)), unique=True, max_size=3))
    return [draw(record(source, key)) for key in keys]


@st.composite
def record(draw: st.DrawFn, source: str, key: str) -> Record:
    if source == "dead":
        return dead(key)
    more = draw(st.lists(st.sampled_from(keys_of(source)), max_size=2))
    ids = tuple(dict.fromkeys((key, *more)))
    said = draw(links)
    if source == "films":
        collection = draw(st.none() | st.builds(Collection, st.just("set:1"), st.just("Tales")))
        said = RecordRelations(said.relations, said.recommendations, (), said.same_as, collection)
    kind: WorkKind = "movie" if source == "films" else "anime"
    return Record(key, ids, kind, draw(facts(source, key)), said)


@st.composite
def facts(draw: st.DrawFn, source: str, key: str) -> RecordFacts:
    """Return facts that tell who stated them, and a date that no other work has."""
    tags = draw(st.sets(st.sampled_from(tuple(CATEGORIES)), max_size=2))
    numbers = draw(st.sets(st.integers(1, 3), max_size=2))
    return RecordFacts(
        titles=(Title(f"{source} {key}", None, "main"),),
        start_date=dt.date(2000 + [*IDS, *FILM_IDS].index(key), 1 + [*SOURCES].index(source), 1),
        score=draw(st.none() | st.just(7.0)),
        imdb=ImdbRating("tt1", 8.0, 3) if source == "ratings" else None,
        tags=tuple(Tagging(tag, CATEGORIES[tag]) for tag in sorted(tags)),
        episodes=tuple(EpisodeFacts(number) for number in sorted(numbers)),
        mappings=(Mapping("imdb:tt1"),) if draw(st.booleans()) else (),
    )


@st.composite
def catalogues(draw: st.DrawFn, sources: tuple[str, ...] = tuple(SOURCES)) -> Said:
    """Return what all sources say, in one order or another."""
    some = draw(st.lists(st.sampled_from(sources), unique=True, min_size=1, max_size=4))
    said = {source: draw(records(source)) for source in some}
    return {source: dump for source, dump in said.items() if dump}


histories = st.lists(catalogues(), max_size=2)


@pytest.fixture(scope="module")
async def store() -> AsyncIterator[Gateway]:
    async with open_graph() as gateway:
        yield gateway


async def fresh(store: Gateway, said: Said) -> object:
    await ingest(await emptied(store), said)
    return without_ids(await graph_state(store))


def and_nothing_else(said: Said) -> Said:
    """Return a catalogue in which the sources that are silent are forgotten."""
    return {source: said.get(source, []) for source in SOURCES}


@settings(max_examples=examples(12), deadline=None)
@given(history=histories, said=catalogues())
async def test_after_any_history_the_graph_says_what_the_sources_say_now(
    store: Gateway, history: list[Said], said: Said
) -> None:
    expected = await fresh(store, said)
    await emptied(store)
    for earlier in history:
        await ingest(store, earlier)
    await ingest(store, and_nothing_else(said))
    assert without_ids(await graph_state(store)) == expected


@settings(max_examples=examples(12), deadline=None)
@given(history=histories, said=catalogues())
async def test_a_second_run_of_the_same_files_writes_nothing(
    store: Gateway, history: list[Said], said: Said
) -> None:
    await emptied(store)
    for earlier in history:
        await ingest(store, earlier)
    await ingest(store, said)
    before, at = await graph_state(store), await revision(store)
    report = await ingest(store, said)
    for source in report.sources:
        counted = source.records
        assert counted == RecordCounts(unchanged=counted.unchanged, unmatched=counted.unmatched)
    assert (report.works.added, report.works.changed, report.works.removed) == (0, 0, 0)
    assert (report.edges.added, report.edges.changed, report.edges.removed) == (0, 0, 0)
    assert (await graph_state(store), await revision(store)) == (before, at)


@settings(max_examples=examples(12), deadline=None)
@given(said=catalogues(MAKERS), data=st.data())
async def test_makers_may_run_in_any_order_and_any_split(
    store: Gateway, said: Said, data: st.DataObject
) -> None:
    expected = await fresh(store, said)
    await emptied(store)
    for source in data.draw(st.permutations(list(said))):
        dump = list(said[source])
        part = data.draw(st.integers(0, len(dump)))
        if part:
            await ingest(store, {source: dump[:part]})
        await ingest(store, {source: dump})
    assert without_ids(await graph_state(store)) == expected


@settings(max_examples=examples(8), deadline=None)
@given(said=catalogues(), more=st.sampled_from(tuple(SOURCES)), data=st.data())
async def test_to_forget_a_source_takes_back_just_what_it_said(
    store: Gateway, said: Said, more: str, data: st.DataObject
) -> None:
    others = {source: dump for source, dump in said.items() if source != more}
    expected = await fresh(store, others)
    await emptied(store)
    await ingest(store, said)
    await ingest(store, {more: []})
    await ingest(store, others)  # what only the forgotten source's works could place goes unmatched
    assert without_ids(await graph_state(store)) == expected


@settings(max_examples=examples(8), deadline=None)
@given(history=histories)
async def test_an_id_that_was_given_is_a_work_or_leads_somewhere(
    store: Gateway, history: list[Said]
) -> None:
    await emptied(store)
    given_out: set[str] = set()
    for said in history:
        await ingest(store, and_nothing_else(said))
        state = await graph_state(store)
        works = {key.partition(":")[2] for table in ("anime", "movie") for key in state[table]}
        given_out |= works
        retired = {key.partition(":")[2] for key in state["retired_work"]}
        assert works.isdisjoint(retired)
        assert given_out == works | retired
        heirs = [row.get("successor") for row in state["retired_work"].values()]
        assert all(heir.partition(":")[2] in works | retired for heir in heirs if heir)
