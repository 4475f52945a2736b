"""Random small graphs: loops, parallel kinds, series and films, absent years, awkward ids.

A graph is plain data. `inputs_of` makes it the read model's inputs, `load` writes it into a store;
neither uses the code that is under test. Walks and lists are computed from the same data by
`tests/support/read_model_oracle.py`.
"""

import json
from uuid import UUID

import msgspec
from hypothesis import strategies as st

from kensho.domain.relations import FORWARD, INVERSE, KINDS, SYMMETRIC, Kind
from kensho.domain.works import SEASONS, Season, TagCategory, WorkKind
from kensho.read_model.building.writer import SnapshotInputs
from kensho.read_model.inputs import (
    EdgeInput,
    RetiredInput,
    SourceRef,
    TaggingInput,
    TagInput,
    WorkInput,
)
from kensho.storage.gateway import Gateway

REVISION = 42
STORED_KINDS: tuple[Kind, ...] = (*sorted(FORWARD - {"sequel", "music_video"}), *SYMMETRIC)
COMMON_KINDS: tuple[Kind, ...] = ("sequel", "side_story", "summary", "other")
_ASSERTION = {"source": "s", "snapshot": "d", "kind": "other", "method": "stated", "confidence": 1}

# Ids that sort next to one another, that end in zero bytes, and that lie at both ends of the range.
WORK_IDS = [
    UUID(int=number)
    for number in (1, 2, 255, 256, 1 << 64, 3 << 120, 128 << 120, 129 << 120, (1 << 128) - 1)
]
TAG_IDS = [UUID(int=number) for number in (7, 8 << 120, 9 << 100, (1 << 128) - 7)]
RETIRED_IDS = [UUID(int=number) for number in (11, 12 << 120, 13 << 64)]
SOURCE_IDS = ["mal:1", "mal:10", "mal:2", "tvdb:7", "anime-planet:ä-ö", "tmdb:movie/129"]


class Mapped(msgspec.Struct, frozen=True):
    """A source id that covers the work with others, for some episodes where known."""

    id: str
    first: int | None
    last: int | None


class RandomWork(msgspec.Struct, frozen=True):
    """A work of a random graph."""

    id: UUID
    kind: WorkKind
    year: int | None
    season: Season | None
    rating: float | None
    score: float | None
    sources: tuple[str, ...]
    mappings: tuple[Mapped, ...]


class RandomTag(msgspec.Struct, frozen=True):
    """A tag of a random graph."""

    id: UUID
    name: str
    category: TagCategory


class RandomGraph(msgspec.Struct, frozen=True):
    """A graph: `edges` are (source, target, kind), "`target` is the `kind` of `source`"."""

    works: tuple[RandomWork, ...]
    edges: frozenset[tuple[UUID, UUID, Kind]]
    tags: tuple[RandomTag, ...]
    taggings: dict[tuple[UUID, UUID], float]
    retired: dict[UUID, UUID | None]


_numbers = st.none() | st.integers(0, 13)
_mappings = st.builds(Mapped, st.sampled_from(SOURCE_IDS), _numbers, _numbers)
_ratings = st.sampled_from((None, 0.0, 6.5, 8.1, 8.11))


def _work(work: UUID) -> st.SearchStrategy[RandomWork]:
    return st.builds(
        lambda kind, season, **facts: RandomWork(
            id=work, kind=kind, season=season if kind == "anime" else None, **facts
        ),
        kind=st.sampled_from(("anime", "anime", "movie")),
        season=st.sampled_from((None, *SEASONS)),
        year=st.sampled_from((None, 2019, 2020)),
        rating=_ratings,
        score=_ratings,
        sources=st.lists(st.sampled_from(SOURCE_IDS), unique=True, max_size=3).map(tuple),
        mappings=st.lists(_mappings, unique=True, max_size=3).map(tuple),
    )


@st.composite
def graphs(draw: st.DrawFn, *, min_works: int = 1) -> RandomGraph:
    """Draw a graph of up to nine works."""
    ids = draw(st.lists(st.sampled_from(WORK_IDS), unique=True, min_size=min_works))
    ends = st.tuples(st.sampled_from(ids), st.sampled_from(ids)).filter(lambda e: e[0] != e[1])
    # A few kinds often, the others seldom: else loops and parallel edges hardly come up.
    kinds = st.sampled_from((*COMMON_KINDS * 4, *STORED_KINDS))
    edges = st.tuples(ends, kinds).map(lambda drawn: (*drawn[0], drawn[1]))
    tags = draw(st.lists(st.sampled_from(TAG_IDS), unique=True))
    names = draw(st.permutations([f"tag {number}" for number in range(len(tags))]))
    pairs = st.tuples(st.sampled_from(ids), st.sampled_from(tags or TAG_IDS))
    categories: st.SearchStrategy[TagCategory] = st.sampled_from(("content", "genre", "theme"))
    return RandomGraph(
        works=tuple(draw(_work(work)) for work in ids),
        edges=draw(st.frozensets(edges, max_size=24)) if len(ids) > 1 else frozenset(),
        tags=tuple(
            RandomTag(tag, name, draw(categories)) for tag, name in zip(tags, names, strict=True)
        ),
        taggings=draw(st.dictionaries(pairs, st.sampled_from((0.0, 0.5, 0.51)), max_size=40))
        if tags
        else {},
        retired=draw(
            st.dictionaries(st.sampled_from(RETIRED_IDS), st.none() | st.sampled_from(ids))
        ),
    )


kind_sets = st.frozensets(
    st.sampled_from((*COMMON_KINDS, *(INVERSE[kind] for kind in COMMON_KINDS), *KINDS)), max_size=6
)


def inputs_of(graph: RandomGraph) -> SnapshotInputs:
    """Return the graph as the read model's inputs."""
    return SnapshotInputs(
        works=[_work_input(work) for work in graph.works],
        edges=[EdgeInput(a, b, kind, _assertions(a, b, kind)) for a, b, kind in graph.edges],
        tags=[TagInput(tag.id, tag.name, tag.category) for tag in graph.tags],
        taggings=[
            TaggingInput(work, tag, weight) for (work, tag), weight in graph.taggings.items()
        ],
        retired=[RetiredInput(work, successor) for work, successor in graph.retired.items()],
    )


def _work_input(work: RandomWork) -> WorkInput:
    refs = [
        *(SourceRef(s) for s in work.sources),
        *(SourceRef(m.id, m.first, m.last) for m in work.mappings),
    ]
    return WorkInput(
        id=work.id,
        kind=work.kind,
        anime_type="tv" if work.kind == "anime" else "movie",
        status="finished",
        year=work.year,
        season=work.season,
        imdb_rating=work.rating,
        imdb_votes=None if work.rating is None else 10,
        score=work.score,
        adult=False,
        source_ids=tuple(refs),
        summary=summary_of(work.id),
        detail=b'{"detail_of":"%b"}' % str(work.id).encode(),
    )


def summary_of(work: UUID) -> bytes:
    """Return the summary that `inputs_of` gives to a work."""
    return b'{"id":"%b"}' % str(work).encode()


def _assertions(source: UUID, target: UUID, kind: Kind) -> bytes:
    return b'["%b"]' % f"{source} {target} {kind}".encode()


_INSERTS = """
BEGIN;
LET $graph = encoding::json::decode($json);
INSERT INTO anime $graph.anime.map(|$r| object::extend($r, { id: <uuid>$r.id })) RETURN NONE;
INSERT INTO movie $graph.movie.map(|$r| object::extend($r, { id: <uuid>$r.id })) RETURN NONE;
INSERT INTO rating array::concat($graph.anime, $graph.movie).map(|$r| {
  id: <uuid>$r.id, score: $r.score, score_source: $r.score_source, imdb: $r.imdb
}) RETURN NONE;
INSERT INTO tag $graph.tags.map(|$r| object::extend($r, { id: <uuid>$r.id })) RETURN NONE;
INSERT RELATION INTO is_sequel_of $graph.sequels.map(|$r| {
  id: [<uuid>$r[2], <uuid>$r[0]], assertions: [$assertion],
  in: type::record($r[3], <uuid>$r[2]), out: type::record($r[1], <uuid>$r[0])
}) RETURN NONE;
INSERT RELATION INTO is_related_to $graph.relations.map(|$r| {
  id: [<uuid>$r[0], <uuid>$r[2], $r[4]], kind: $r[4], assertions: [$assertion],
  in: type::record($r[1], <uuid>$r[0]), out: type::record($r[3], <uuid>$r[2])
}) RETURN NONE;
INSERT RELATION INTO has_tag $graph.taggings.map(|$r| {
  id: [<uuid>$r[0], <uuid>$r[2]], relevance: $r[3],
  in: type::record($r[1], <uuid>$r[0]), out: type::record('tag', <uuid>$r[2])
}) RETURN NONE;
INSERT INTO retired_work $graph.retired.map(|$r| {
  id: <uuid>$r[0], successor: IF $r[1] { type::record($r[2], <uuid>$r[1]) }
}) RETURN NONE;
UPDATE meta:graph SET revision = $revision RETURN NONE;
COMMIT;
"""


async def load(gateway: Gateway, graph: RandomGraph) -> None:
    """Write the graph into an empty, migrated store, at revision `REVISION`."""
    table = {work.id: work.kind for work in graph.works}
    rows = {
        "anime": [_row(work) for work in graph.works if work.kind == "anime"],
        "movie": [_row(work) for work in graph.works if work.kind == "movie"],
        "tags": [_present(id=str(t.id), name=t.name, category=t.category) for t in graph.tags],
        "sequels": [
            (str(a), table[a], str(b), table[b]) for a, b, kind in graph.edges if kind == "sequel"
        ],
        "relations": [
            (str(a), table[a], str(b), table[b], k) for a, b, k in graph.edges if k != "sequel"
        ],
        "taggings": [
            (str(w), table[w], str(t), weight) for (w, t), weight in graph.taggings.items()
        ],
        "retired": [
            (str(w), s and str(s), table.get(s) if s else None) for w, s in graph.retired.items()
        ],
    }
    await gateway.run_script(
        _INSERTS, {"json": json.dumps(rows), "assertion": _ASSERTION, "revision": REVISION}
    )


def _row(work: RandomWork) -> dict[str, object]:
    """Return the row of a work without the fields that it lacks."""
    imdb = None if work.rating is None else {"id": "tt1", "rating": work.rating, "votes": 10}
    series = {"anime_type": "tv", "season": work.season} if work.kind == "anime" else {}
    return _present(
        id=str(work.id),
        title=f"Work {work.id}",
        titles=[{"text": f"Work {work.id}", "kind": "main"}],
        status="finished",
        year=work.year,
        imdb=imdb,
        score=work.score,
        studios=[],
        producers=[],
        sources=work.sources,
        mappings=[_present(id=m.id, first=m.first, last=m.last) for m in work.mappings],
        digest="d",
        **series,
    )


def _present(**fields: object) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}
