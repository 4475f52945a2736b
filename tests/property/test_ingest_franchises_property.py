"""Franchises against an oracle: after any history, what is stored is what one computation gives.

An ingest computes only the components of the graph whose inputs differ. Whatever runs came before,
the inferred kinds, franchises, members, reasons and guests are those that the stored graph,
computed in one piece, has; and every slug that was ever given is in use or leads on.
"""

from collections.abc import AsyncIterator
from typing import Final

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ingest.checks.graph import findings
from ingest.checks.reading import read_graph
from kensho.domain.records import Claim, Collection, Record, RecordRelations
from kensho.domain.relations import ClaimedKind
from kensho.domain.works import Title
from kensho.read_model.building.builder import build
from kensho.read_model.holder import Snapshot
from kensho.storage import tables
from kensho.storage.gateway import Gateway
from tests.support import franchise_oracle
from tests.support.examples import examples
from tests.support.read_models import scratch_folder
from tests.support.records import (
    Said,
    emptied,
    graph_state,
    ingest,
    open_graph,
    record,
    revision,
    works_by_id,
)

NAMES: Final = ("Gurren Saga", "Kirameki Tales", "Omatsuri")
MORE: Final = ("", " 2nd Season", " Movie", " Recap")
KINDS: Final[tuple[ClaimedKind, ...]] = (
    "related", "related", "related", "sequel", "side_story", "crossover", "alternative_version",
)  # fmt: skip
WORKS: Final = 8
LETTERS: Final = "bcdfghjklmnpqrstvwxz"
FILLER: Final = [
    record(f"kitsu:{n}", title=f"{LETTERS[n % 20]}a{LETTERS[n // 20]}ofu") for n in range(160)
]
"""Works that nothing relates: among so many a shared name tells something."""

numbers = st.integers(0, WORKS - 1)
claims = st.lists(st.tuples(st.sampled_from(KINDS), numbers), max_size=3)


@st.composite
def series(draw: st.DrawFn, number: int) -> Record:
    title = draw(st.sampled_from(NAMES)) + draw(st.sampled_from(MORE))
    relations = tuple(Claim(kind, f"mal:{other}") for kind, other in draw(claims))
    return record(
        f"mal:{number}",
        links=RecordRelations(relations=relations),
        titles=(Title(title, None, "main"),),
        anime_type=draw(st.sampled_from(("tv", "movie", "special"))),
        year=2000 + draw(st.integers(0, 3)),
        episode_count=draw(st.sampled_from((1, 12))),
        duration_s=draw(st.sampled_from((240, 1440, 5400))),
    )


@st.composite
def film(draw: st.DrawFn, number: int) -> Record:
    same = draw(st.lists(numbers.map("mal:{}".format), max_size=1))
    collection = draw(st.none() | st.builds(Collection, st.just("set:1"), st.just("Agent")))
    links = RecordRelations(same_as=tuple(same), collection=collection)
    title = draw(st.sampled_from(NAMES))
    return record(f"tmdb:movie/{number}", title=title, kind="movie", year=2001, links=links)


@st.composite
def double(draw: st.DrawFn, one: Record) -> Record:
    """Return a second entry of a work, of another catalogue, that nobody joins to the first."""
    relations = tuple(Claim("related", f"mal:{other}") for other in draw(st.sets(numbers)))
    id_ = one.key.replace("mal", "anidb")
    return msgspec.structs.replace(
        one, key=id_, ids=(id_,), links=RecordRelations(relations=relations)
    )


@st.composite
def catalogues(draw: st.DrawFn) -> Said:
    """Return what three sources say; what one does not say it takes back."""
    some = [draw(series(number)) for number in sorted(draw(st.sets(numbers)))]
    doubles = [draw(double(one)) for one in some if draw(st.integers(0, 3)) == 0]
    films = draw(st.sets(st.integers(0, 2)))
    curated = draw(st.lists(st.tuples(numbers, numbers), max_size=1))
    return {
        "grouper": [*some, *doubles],
        "films": [draw(film(number)) for number in sorted(films)],
        "curator": [
            record(
                f"mal:{one}",
                links=RecordRelations(relations=(Claim("side_story", f"mal:{other}"),)),
            )
            for one, other in curated
        ],
    }


@pytest.fixture(scope="module")
async def store() -> AsyncIterator[Gateway]:
    async with open_graph() as gateway:
        yield gateway


@settings(max_examples=examples(12), deadline=None)
@given(history=st.lists(catalogues(), min_size=1, max_size=3))
async def test_after_any_history_hubs_are_what_the_whole_graph_gives(
    store: Gateway, history: list[Said]
) -> None:
    await ingest(await emptied(store), {"site": FILLER})
    for said in history:
        await ingest(store, said)
        assert await franchise_oracle.stored(store) == await franchise_oracle.computed(store)
        errors = [one for one in findings(await read_graph(store)) if one.severity == "error"]
        assert errors == []


@settings(max_examples=examples(8), deadline=None)
@given(history=st.lists(catalogues(), min_size=1, max_size=2))
async def test_a_second_run_of_the_same_files_computes_and_writes_nothing(
    store: Gateway, history: list[Said]
) -> None:
    await ingest(await emptied(store), {"site": FILLER})
    for said in history:
        await ingest(store, said)
    before, at = await graph_state(store), await revision(store)
    report = await ingest(store, history[-1])
    assert report.franchises.computed == 0
    assert (await graph_state(store), await revision(store)) == (before, at)


@settings(max_examples=examples(8), deadline=None)
@given(history=st.lists(catalogues(), min_size=2, max_size=4))
async def test_a_slug_that_was_given_stands_or_leads_on(
    store: Gateway, history: list[Said]
) -> None:
    await ingest(await emptied(store), {"site": FILLER})
    given_out: set[str] = set()
    for said in history:
        await ingest(store, said)
        stored = {row.slug for row in await tables.franchises(store)}
        redirects = {row.slug: row.successor for row in await tables.retired_slugs(store)}
        given_out |= stored
        assert stored.isdisjoint(redirects)
        assert given_out == stored | redirects.keys()
        assert {slug for slug in redirects.values() if slug is not None} <= stored


async def ids_and_slugs(store: Gateway) -> object:
    """Return the UUID of each work by its ids, the works of each slug, and where slugs lead."""
    works = {source_id: row["uuid"] for source_id, row in (await works_by_id(store)).items()}
    members: dict[str, set[object]] = {}
    async for page in tables.memberships(store):
        for row in page:
            members.setdefault(row.slug, set()).add(row.work)
    return works, members


@settings(max_examples=examples(12), deadline=None)
@given(history=st.lists(catalogues(), max_size=1), said=catalogues(), data=st.data())
async def test_to_forget_and_take_in_again_changes_no_id_and_no_slug(
    store: Gateway, history: list[Said], said: Said, data: st.DataObject
) -> None:
    await ingest(await emptied(store), {"site": FILLER})
    for earlier in history:
        await ingest(store, earlier)
    await ingest(store, said)
    expected = await ids_and_slugs(store)
    retired = {row.slug: row.successor for row in await tables.retired_slugs(store)}
    for _ in range(data.draw(st.integers(1, 3))):
        source = data.draw(st.sampled_from(tuple(said)))
        part = data.draw(st.lists(st.sampled_from(said[source]))) if said[source] else []
        some = {one.key: one for one in part}
        await ingest(store, {source: list(some.values())})
    for source in data.draw(st.permutations(tuple(said))):
        await ingest(store, {source: said[source]})
    await ingest(store, said)
    assert await ids_and_slugs(store) == expected
    leads = {row.slug: row.successor for row in await tables.retired_slugs(store)}
    assert {slug: leads[slug] for slug, successor in retired.items() if successor} == {
        slug: successor for slug, successor in retired.items() if successor
    }


@settings(max_examples=examples(8), deadline=None)
@given(said=catalogues(), data=st.data())
async def test_the_order_of_sources_does_not_matter_to_hubs(
    store: Gateway, said: Said, data: st.DataObject
) -> None:
    await ingest(await emptied(store), {"site": FILLER, **said})
    expected = await franchise_oracle.stored(store)
    await ingest(await emptied(store), {"site": FILLER})
    for source in data.draw(st.permutations(list(said))):
        await ingest(store, {source: said[source]})
    await ingest(store, said)
    assert await franchise_oracle.stored(store) == expected


@settings(max_examples=examples(8), deadline=None)
@given(said=catalogues())
async def test_an_ingest_and_its_snapshot_agree_on_how_well_known_works_are(
    store: Gateway, said: Said
) -> None:
    await ingest(await emptied(store), said)
    # What several records of a work know is one in a snapshot, and not in an ingest.
    assume(not [row async for page in tables.same_as(store) for row in page])
    with scratch_folder() as root:
        snapshot = Snapshot.open(await build(store, root))
        known = snapshot.titles.index._popularity[: snapshot.model.works_total].tolist()
    assert known == pytest.approx(list((await franchise_oracle.popularity(store)).values()))
