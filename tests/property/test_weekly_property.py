"""A release after another: what stands is not written again, and what is claimed on keeps its date.

The slow answers: the rows of two states of the graph compared one by one, and the date of each
claim followed through all releases.
"""

import datetime as dt
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from ingest.pipeline.claim_dates import dates_of, kept_dates
from kensho.domain.records import Claim, Record, RecordRelations
from kensho.storage import migrations
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings
from tests.property.test_ingest_property import KINDS, MAKERS, and_nothing_else, catalogues
from tests.support.examples import examples
from tests.support.records import DUMPS, Said, State, emptied, graph_state, ingest, rows
from tests.support.stores import own_migrations, own_queries

FIRST = dt.date(2026, 1, 5)

Key = tuple[str, tuple[object, ...]]
"""A row of the graph: its table, and the parts of its id."""


class RecordingGateway(Gateway):
    """Notes which rows of works, tags, episodes and edges are written, and those of records."""

    written: set[Key]

    @override
    async def execute(
        self, name: str, params: Mapping[str, object] | None = None, **more: float | None
    ) -> None:
        self.written |= set(_written(name, params or {}))
        await super().execute(name, params, **more)


_EDGES = {
    "ingest.put_sequels": "is_sequel_of",
    "ingest.put_relations": "is_related_to",
    "ingest.put_same_as": "is_same_as",
    "ingest.put_recommendations": "is_recommended_with",
    "ingest.put_redirects": "redirects_episodes_to",
}


def _written(name: str, params: Mapping[str, object]) -> Iterator[Key]:
    """Yield the rows that a query writes or drops, as its parameters name them."""
    if name in _EDGES:
        rows = msgspec.json.decode(str(params["edges"]), type=list[dict[str, Any]])
        yield from ((_EDGES[name], tuple(row["id"])) for row in rows)
    elif name == "ingest.drop_edges":
        yield from ((str(params["table"]), tuple(row)) for row in _listed(params, "ids"))
    elif name == "ingest.retire_works":
        yield from ((row[0], (row[1],)) for row in _listed(params, "works"))
    elif name == "ingest.put_works":
        for param in ("added", "changed"):
            yield from ((row[0], (row[1],)) for row in _listed(params, param))
        for param in ("rated", "rerated"):
            yield from (("rating", (row[0],)) for row in _listed(params, param))
        yield from (("has_tag", (row[1], row[2])) for row in _listed(params, "tags"))
        yield from (("episode", (row[2]["id"],)) for row in _listed(params, "episodes"))
        for table, parts in _listed(params, "gone"):
            yield table, tuple(cast("list[str]", parts)) if isinstance(parts, list) else (parts,)


def _listed(params: Mapping[str, object], param: str) -> list[list[Any]]:
    return msgspec.json.decode(str(params[param]), type=list[list[Any]])


def keyed(state: State) -> dict[Key, object]:
    """Return the rows of works, tags, episodes and edges by table and id."""
    tables = ("anime", "movie", "rating", "episode", "has_tag", *_EDGES.values())
    return {
        (table, _parts(key)): {
            name: value
            for name, value in row.items()
            if table == "rating" or name not in ("score", "score_source", "imdb")
        }
        for table in tables
        for key, row in state[table].items()
    }


def _parts(key: str) -> tuple[object, ...]:
    text = key.partition(":")[2].strip("⟨⟩`")
    inner = text.strip("[]").replace("u'", "'").replace("'", '"')
    return tuple(
        part.strip().strip('"') if not part.strip().isdigit() else int(part)
        for part in inner.split(",")
    )


@pytest.fixture(scope="module")
async def store() -> AsyncIterator[RecordingGateway]:
    queries = {**own_queries(), **DUMPS}
    async with RecordingGateway.open(StoreSettings("mem://"), queries) as gateway:
        gateway.written = set()
        await migrations.migrate(gateway, own_migrations())
        yield gateway


def on(week: int) -> str:
    return (FIRST + dt.timedelta(weeks=week)).isoformat()


@st.composite
def releases(draw: st.DrawFn) -> list[Said]:
    """Return releases in a row: some are the one before with a few records of another."""
    found = [draw(catalogues())]
    for _ in range(draw(st.integers(1, 3))):
        other = draw(catalogues())
        mixed: dict[str, Sequence[Record]] = {}
        for source in {*found[-1], *other}:
            before = {one.key: one for one in found[-1].get(source, ())}
            anew = {one.key: one for one in other.get(source, ()) if draw(st.booleans())}
            mixed[source] = list((before | anew).values())
        found.append(mixed if draw(st.booleans()) else other)
    return found


@settings(max_examples=examples(12), deadline=None)
@given(history=releases())
async def test_a_run_writes_rows_that_differ_and_no_other(
    store: RecordingGateway, history: list[Said]
) -> None:
    await emptied(store)
    before = keyed(await graph_state(store))
    for week, said in enumerate(history):
        store.written = set()
        await ingest(store, and_nothing_else(said), snapshot=on(week))
        after = keyed(await graph_state(store))
        differing = {
            key for key in before.keys() | after.keys() if before.get(key) != after.get(key)
        }
        assert store.written - differing == set()
        put = {key for key in differing if key in after}
        assert put - store.written == set()
        before = after


@settings(max_examples=examples(8), deadline=None)
@given(history=releases())
async def test_the_graph_is_a_function_of_what_is_kept_dates_included(
    store: RecordingGateway, history: list[Said]
) -> None:
    await emptied(store)
    for week, said in enumerate(history):
        await ingest(store, and_nothing_else(said), snapshot=on(week))
    stepwise = await graph_state(store)
    await store.run_script("UPDATE meta:graph SET composed = false RETURN NONE;")
    await ingest(store, {}, snapshot=on(len(history)))
    assert await graph_state(store) == stepwise
    await emptied(store)
    for week, said in enumerate(history):
        await ingest(store, and_nothing_else(said), snapshot=on(week))
    assert await graph_state(store) == stepwise


@settings(max_examples=examples(12), deadline=None)
@given(history=st.lists(catalogues(MAKERS), min_size=2, max_size=4))
async def test_a_claim_is_as_old_as_the_first_release_of_those_that_made_it_without_a_break(
    store: RecordingGateway, history: list[Said]
) -> None:
    await emptied(store)
    since: dict[tuple[str, str], dict[Claim, str]] = {}
    for week, said in enumerate(history):
        await ingest(store, and_nothing_else(said), snapshot=on(week))
        since = {
            (source, one.key): {
                claim: since.get((source, one.key), {}).get(claim, on(week))
                for claim in one.links.relations
            }
            for source, dump in said.items()
            for one in dump
        }
    found = {
        (source, key): dict(zip(links.relations, dates, strict=True))
        for row_id, row in (await rows(store, "source_record")).items()
        for _, source, key in [_parts(row_id)]
        for links in [msgspec.json.decode(row.get("links", "{}"), type=RecordRelations)]
        for dates in [dates_of(links.relations, row["snapshot"], row.get("since"))]
    }
    assert found == since


claims = st.lists(
    st.builds(Claim, st.sampled_from(KINDS), st.sampled_from(("mal:1", "mal:2", "mal:3"))),
    max_size=6,
)


@given(made=claims, known=st.dictionaries(st.sampled_from(KINDS), st.integers(0, 3)))
def test_dates_are_read_as_they_were_kept(made: list[Claim], known: dict[str, int]) -> None:
    dated = {claim: on(known[claim.kind]) for claim in made if claim.kind in known}
    kept = kept_dates(made, on(2), dated)
    expected = [min(on(2), dated.get(claim, on(2))) for claim in made]
    assert list(dates_of(made, on(2), kept)) == expected
    assert (kept is None) == all(date == on(2) for date in expected)
