"""The rules of `graph_schema/`, each shown by a value it takes and a value it refuses.

SCHEMAFULL refuses a field that is not defined (SurrealDB 3.2: "no such field exists"); nothing is
dropped silently.
"""

import datetime as dt
import uuid
from collections.abc import AsyncIterator
from typing import Any, Final, get_args

import pytest
from surrealdb import RecordID

from kensho.domain.works import Role
from kensho.errors import RuleViolationError
from kensho.storage.gateway import Gateway
from tests.support.graph_writing import ABSENT, ASSERTION, REASON, put, tie
from tests.support.stores import open_graph

pytestmark = pytest.mark.contract

THIS_YEAR: Final = dt.datetime.now(dt.UTC).year
LONG: Final = "x" * 501
WORKS: Final = ("anime", "movie")
SEQUEL_LIKE: Final = ("is_sequel_of", "is_related_to")
FRANCHISE_EDGES: Final = ("in_franchise", "visits_franchise")

ENDS: Final = {
    "is_sequel_of": (WORKS, WORKS),
    "is_related_to": (WORKS, WORKS),
    "has_tag": (WORKS, ("tag",)),
    "has_episode": (WORKS, ("episode",)),
    "in_franchise": (WORKS, ("franchise",)),
    "visits_franchise": (WORKS, ("franchise",)),
    "is_same_as": (WORKS, WORKS),
    "is_recommended_with": (WORKS, WORKS),
    "redirects_episodes_to": (WORKS, WORKS),
}
NODES: Final = ("anime", "movie", "episode", "tag", "franchise")


def title(**changes: object) -> list[dict[str, object]]:
    return [{"text": "x", "kind": "main", **changes}]


def imdb(**changes: object) -> dict[str, object]:
    return {"id": "tt0434706", **changes}


Case = tuple[str, str, Any]


def works(field: str, *values: object) -> list[Case]:
    return [(table, field, value) for table in WORKS for value in values]


def ratings(field: str, *values: object) -> list[Case]:
    return [("rating", field, value) for value in values]


ACCEPTED: Final[list[Case]] = [
    *works("title", "x", "あ", "x" * 500, "👩" * 500),
    *works(
        "titles", [], title(), title(text="x" * 500), title(language="x-jat"), title(kind="short")
    ),
    *works("status", "finished", "ongoing", "upcoming", "unknown"),
    *works("year", ABSENT, 1900, THIS_YEAR, THIS_YEAR + 5),
    *works("start_date", ABSENT, "2005-10-23"),
    *works("duration_s", ABSENT, 0, 1500),
    *ratings("score", ABSENT, 0, 8.7, 10),
    *ratings("imdb", ABSENT, imdb(), imdb(rating=0), imdb(rating=10, votes=0)),
    *works("adult", ABSENT, True, False),
    *works("studios", [], ["Artland"]),
    *works("sources", [], ["mal:457"]),
    *works(
        "mappings",
        [{"id": "tvdb:1"}, {"id": "x", "season": 1, "first": 1, "last": 2, "offset": -3}],
    ),
    ("anime", "anime_type", "tv"),
    ("anime", "anime_type", "movie"),
    ("anime", "anime_type", "ova"),
    ("anime", "anime_type", "ona"),
    ("anime", "anime_type", "special"),
    ("anime", "anime_type", "unknown"),
    ("anime", "episodes", ABSENT),
    ("anime", "episodes", 0),
    ("anime", "episodes", 26),
    ("anime", "season", ABSENT),
    ("anime", "season", "winter"),
    ("anime", "season", "spring"),
    ("anime", "season", "summer"),
    ("anime", "season", "fall"),
    ("anime", "end_date", "2006-06-19"),
    ("episode", "work", RecordID("movie", uuid.UUID(int=7))),
    ("episode", "number", 1),
    ("episode", "titles", title(text="x" * 500)),
    ("episode", "air_date", "2005-10-23"),
    ("episode", "duration_s", 0),
    ("episode", "canon", ABSENT),
    ("episode", "canon", "canon"),
    ("episode", "canon", "mixed"),
    ("episode", "canon", "filler"),
    ("episode", "filler", True),
    ("episode", "recap", False),
    ("tag", "name", "n" * 50),
    ("tag", "category", ABSENT),
    ("tag", "category", "genre"),
    ("tag", "category", "theme"),
    ("tag", "category", "demographic"),
    ("tag", "category", "content"),
    ("franchise", "slug", "mobile-suit-0079"),
    ("franchise", "title", "x" * 500),
    ("franchise", "root", ABSENT),
    ("franchise", "digest", ABSENT),
    ("retired_slug", "successor", "gundam"),
    ("retired_slug", "members", [uuid.UUID(int=7)]),
    ("past_slug", "since", 0),
    ("past_lead", "since", 2**40),
    ("meta", "rules", "0"),
    ("source_record", "work_kind", "movie"),
    ("source_record", "links", "{}"),
    ("source_record", "method", "inferred"),
    ("source_record", "method", "curated"),
    ("source_record", "dead", True),
    ("ingest_run", "state", "finished"),
    ("ingest_run", "state", "failed"),
    ("ingest_run", "counts", {"kept": 3}),
    ("ingest_run", "finished_at", dt.datetime(2026, 1, 1, tzinfo=dt.UTC)),
    ("retired_work", "successor", RecordID("anime", uuid.UUID(int=7))),
    ("retired_work", "successor", ABSENT),
    ("retired_work", "ids", ["mal:1"]),
    ("meta", "revision", 0),
    ("meta", "revision", 2**40),
]
REFUSED: Final[list[Case]] = [
    *works("title", ABSENT, "", LONG, 5),
    *works(
        "titles",
        ABSENT,
        "x",
        title(text=""),
        title(text=LONG),
        title(kind="nickname"),
        title(language=5),
    ),
    *works("status", ABSENT, "", "airing"),
    *works("year", 1899, THIS_YEAR + 6, "2005", 2005.5),
    *works("start_date", "2005", "2005-10-23T00:00:00Z", "23.10.2005"),
    *works("duration_s", -1, "25m"),
    *ratings("score", -0.1, 10.1, "8"),
    *ratings("imdb", imdb(id="434706"), {}, imdb(rating=-0.1), imdb(rating=10.1)),
    *ratings("imdb", imdb(votes=-1), imdb(awards=1), "tt0434706"),
    *works("adult", "no"),
    *works("studios", ABSENT, "Artland", [1]),
    *works("producers", ABSENT, [None]),
    *works("sources", ABSENT, "mal:457", [457]),
    *works("mappings", ABSENT, [{"season": 1}], [{"id": "x", "season": "1"}]),
    *works("digest", ABSENT, 5),
    *works("colour", "blue"),
    ("anime", "anime_type", ABSENT),
    ("anime", "anime_type", "TV"),
    ("anime", "episodes", -1),
    ("anime", "episodes", "26"),
    ("anime", "season", "autumn"),
    ("anime", "end_date", "soon"),
    ("movie", "anime_type", "movie"),
    ("movie", "season", "fall"),
    ("movie", "episodes", 1),
    ("episode", "work", ABSENT),
    ("episode", "work", RecordID("tag", uuid.UUID(int=7))),
    ("episode", "number", ABSENT),
    ("episode", "number", 0),
    ("episode", "number", -1),
    ("episode", "number", 1.5),
    ("episode", "titles", title(text=LONG)),
    ("episode", "titles", title(kind="nickname")),
    ("episode", "air_date", "tomorrow"),
    ("episode", "duration_s", -1),
    ("episode", "canon", "half"),
    ("episode", "filler", 1),
    ("episode", "recap", "yes"),
    ("episode", "colour", "blue"),
    ("tag", "name", ABSENT),
    ("tag", "name", ""),
    ("tag", "name", "n" * 51),
    ("tag", "category", "mood"),
    ("tag", "colour", "blue"),
    ("franchise", "slug", ABSENT),
    ("franchise", "slug", ""),
    ("franchise", "slug", "Gundam"),
    ("franchise", "slug", "a--b"),
    ("franchise", "slug", "a/b"),
    ("franchise", "title", ""),
    ("franchise", "title", LONG),
    ("franchise", "source_id", "imdb:1"),
    ("franchise", "root", "anime:1"),
    ("retired_slug", "successor", 1),
    ("retired_slug", "members", ["gundam"]),
    ("past_slug", "since", -1),
    ("past_lead", "since", ABSENT),
    ("hub_part", "digest", ABSENT),
    ("hub_part", "inferred", ABSENT),
    ("franchise", "colour", "blue"),
    ("source_record", "work_kind", "episode"),
    ("source_record", "ids", ABSENT),
    ("source_record", "covers", ABSENT),
    ("source_record", "facts", {}),
    ("source_record", "method", "guessed"),
    ("source_record", "run", "00000000-0000-0000-0000-000000000001"),
    ("source_record", "colour", "blue"),
    ("ingest_run", "state", "paused"),
    ("ingest_run", "counts", {"kept": "3"}),
    ("ingest_run", "started_at", "yesterday"),
    ("ingest_run", "colour", "blue"),
    ("retired_work", "successor", RecordID("tag", uuid.UUID(int=7))),
    ("retired_work", "ids", [1]),
    ("meta", "revision", -1),
    ("meta", "revision", 1.5),
    ("meta", "composed", ABSENT),
]
EDGE_ACCEPTED: Final[list[Case]] = [
    *((table, "conflict", True) for table in SEQUEL_LIKE),
    *((table, "assertions", [ASSERTION, {**ASSERTION, "confidence": 0}]) for table in SEQUEL_LIKE),
    *((table, "assertions", [{**ASSERTION, "method": "curated"}]) for table in SEQUEL_LIKE),
    *((t, "assertions", [{**ASSERTION, "because": "both are one"}]) for t in SEQUEL_LIKE),
    ("is_related_to", "kind", "related"),
    *(("in_franchise", "role", role) for role in get_args(Role)),
    ("in_franchise", "record_of", uuid.UUID(int=3)),
    *((table, "because", []) for table in FRANCHISE_EDGES),
    ("has_tag", "relevance", 0),
    ("has_tag", "relevance", 1),
    ("is_recommended_with", "votes", 0),
    ("redirects_episodes_to", "first", 0),
    ("redirects_episodes_to", "last", ABSENT),
    ("redirects_episodes_to", "to_last", ABSENT),
    ("redirects_episodes_to", "to_last", 1),
]
EDGE_REFUSED: Final[list[Case]] = [
    *((table, "assertions", ABSENT) for table in SEQUEL_LIKE),
    *((table, "assertions", []) for table in SEQUEL_LIKE),
    *((table, "assertions", [{**ASSERTION, "method": "guessed"}]) for table in SEQUEL_LIKE),
    *((table, "assertions", [{**ASSERTION, "confidence": 1.1}]) for table in SEQUEL_LIKE),
    *((table, "assertions", [{**ASSERTION, "confidence": -0.1}]) for table in SEQUEL_LIKE),
    *((table, "assertions", [{**ASSERTION, "source": None}]) for table in SEQUEL_LIKE),
    *((table, "conflict", "no") for table in SEQUEL_LIKE),
    ("is_related_to", "kind", ABSENT),
    ("is_related_to", "kind", "sequel"),
    ("has_tag", "relevance", ABSENT),
    ("has_tag", "relevance", -0.01),
    ("has_tag", "relevance", 1.01),
    ("has_tag", "relevance", "high"),
    ("in_franchise", "role", ABSENT),
    ("in_franchise", "role", "guest"),
    ("in_franchise", "source", "imdb"),
    *((table, "because", ABSENT) for table in FRANCHISE_EDGES),
    *((table, "because", [{**REASON, "method": "guessed"}]) for table in FRANCHISE_EDGES),
    *((table, "because", [{**REASON, "confidence": 1.1}]) for table in FRANCHISE_EDGES),
    *((table, "because", [{**REASON, "source": "mal:1"}]) for table in FRANCHISE_EDGES),
    ("is_same_as", "source", ABSENT),
    ("is_recommended_with", "votes", -1),
    ("redirects_episodes_to", "first", -1),
    ("redirects_episodes_to", "last", 0),
    ("redirects_episodes_to", "to_last", 0),
    ("redirects_episodes_to", "to_first", -1),
    *((table, "colour", "blue") for table in ENDS),
]


def named(value: object) -> str:
    """Name a parameter in a test id, in few characters."""
    return "absent" if value is ABSENT else ascii(value)[:24]


@pytest.fixture(scope="module")
async def shared() -> AsyncIterator[Gateway]:
    """Open one graph for all rules; every test writes under new ids and names."""
    async with open_graph() as gateway:
        yield gateway


@pytest.mark.parametrize(("table", "field", "value"), ACCEPTED, ids=named)
async def test_a_node_takes(shared: Gateway, table: str, field: str, value: object) -> None:
    await put(shared, table, **{field: value})


@pytest.mark.parametrize(("table", "field", "value"), REFUSED, ids=named)
async def test_a_node_refuses(shared: Gateway, table: str, field: str, value: object) -> None:
    with pytest.raises(RuleViolationError, match=field):
        await put(shared, table, **{field: value})


@pytest.mark.parametrize(("table", "field", "value"), EDGE_ACCEPTED, ids=named)
async def test_an_edge_takes(shared: Gateway, table: str, field: str, value: object) -> None:
    sources, targets = ENDS[table]
    source, target = await put(shared, sources[0]), await put(shared, targets[0])
    await tie(shared, table, source, target, **{field: value})


@pytest.mark.parametrize(("table", "field", "value"), EDGE_REFUSED, ids=named)
async def test_an_edge_refuses(shared: Gateway, table: str, field: str, value: object) -> None:
    sources, targets = ENDS[table]
    source, target = await put(shared, sources[0]), await put(shared, targets[0])
    with pytest.raises(RuleViolationError, match=field):
        await tie(shared, table, source, target, **{field: value})


@pytest.mark.parametrize("table", ENDS)
async def test_an_edge_joins_every_pair_of_its_tables(shared: Gateway, table: str) -> None:
    sources, targets = ENDS[table]
    for source in sources:
        for target in targets:
            await tie(shared, table, await put(shared, source), await put(shared, target))


@pytest.mark.parametrize("table", ENDS)
async def test_an_edge_refuses_ends_of_other_tables(shared: Gateway, table: str) -> None:
    sources, targets = ENDS[table]
    source, target = await put(shared, sources[0]), await put(shared, targets[0])
    for wrong in NODES:
        if wrong not in sources:
            with pytest.raises(RuleViolationError):
                await tie(shared, table, await put(shared, wrong), target)
        if wrong not in targets:
            with pytest.raises(RuleViolationError):
                await tie(shared, table, source, await put(shared, wrong))


@pytest.mark.parametrize("table", ENDS)
async def test_an_edge_refuses_an_end_that_does_not_exist(shared: Gateway, table: str) -> None:
    sources, targets = ENDS[table]
    source, target = await put(shared, sources[0]), await put(shared, targets[0])
    with pytest.raises(RuleViolationError, match="does not exist"):
        await tie(shared, table, RecordID(sources[0], uuid.uuid4()), target)
    with pytest.raises(RuleViolationError, match="does not exist"):
        await tie(shared, table, source, RecordID(targets[0], uuid.uuid4()))


@pytest.mark.parametrize("table", ENDS)
async def test_an_edge_goes_with_either_of_its_ends(shared: Gateway, table: str) -> None:
    sources, targets = ENDS[table]
    for end in (0, 1):
        ends = await put(shared, sources[0]), await put(shared, targets[0])
        edge = await tie(shared, table, *ends)
        await shared.run_script("DELETE $node;", {"node": ends[end]})
        await shared.run_script(
            "IF record::exists($edge) { THROW 'the edge is still there' };", {"edge": edge}
        )


@pytest.mark.parametrize("table", ENDS)
async def test_the_same_edge_is_refused_twice(shared: Gateway, table: str) -> None:
    sources, targets = ENDS[table]
    source, target = await put(shared, sources[0]), await put(shared, targets[0])
    await tie(shared, table, source, target)
    with pytest.raises(RuleViolationError, match="already exists"):
        await tie(shared, table, source, target)


async def test_an_episode_number_is_unique_within_its_work(shared: Gateway) -> None:
    work, other = RecordID("anime", uuid.uuid4()), RecordID("movie", uuid.uuid4())
    await put(shared, "episode", work=work, number=1)
    await put(shared, "episode", work=work, number=2)
    await put(shared, "episode", work=other, number=1)
    with pytest.raises(RuleViolationError, match="episode_number"):
        await put(shared, "episode", work=work, number=1)


@pytest.mark.parametrize(("table", "field"), [("tag", "name"), ("franchise", "slug")])
async def test_a_name_is_unique(shared: Gateway, table: str, field: str) -> None:
    name = uuid.uuid4().hex
    await put(shared, table, **{field: name})
    with pytest.raises(RuleViolationError, match="already contains"):
        await put(shared, table, **{field: name})


@pytest.mark.parametrize(("field", "value"), [("title", ""), ("year", 1899), ("colour", "blue")])
async def test_an_update_keeps_the_rules_too(shared: Gateway, field: str, value: object) -> None:
    work = await put(shared, "anime")
    with pytest.raises(RuleViolationError, match=field):
        await shared.run_script(
            "BEGIN; UPDATE $work MERGE $changes RETURN NONE; COMMIT;",
            {"work": work, "changes": {field: value}},
        )
