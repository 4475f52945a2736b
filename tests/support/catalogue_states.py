"""Small catalogues as plain data, as snapshots on disk, and what differs between two: slowly.

A state is what readers see: works with their facts, relations, franchises with roles. `written`
makes it a snapshot in the documents' real form; `differing` compares two states fact by fact,
without documents, arrays or snapshots.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec
from hypothesis import strategies as st

from kensho.domain.deltas import Delta, EdgeKey, FactChanges, Value, WorkCard
from kensho.domain.relations import Kind
from kensho.domain.works import AnimeType, Role, WorkKind, tag_uuid
from kensho.read_model.building import writer
from kensho.read_model.building.writer import SnapshotInputs
from kensho.read_model.franchise_views import FranchiseDetail, FranchiseMember, MemberWork
from kensho.read_model.franchises import DOCUMENT_NAMES
from kensho.read_model.identity import GraphPoint
from kensho.read_model.inputs import EdgeInput, FranchiseInput, RetiredInput, WorkInput
from kensho.read_model.views import (
    FranchiseRef,
    FurtherFacts,
    ImdbView,
    SeasonView,
    SourceView,
    StoredDetail,
    TagView,
)

# Ids that sort next to one another, that end in zero bytes, and that lie at both ends of the range.
WORKS: Final = [UUID(int=n) for n in (1, 255, 256, 1 << 64, 3 << 120, 129 << 120, (1 << 128) - 1)]
SLUGS: Final = ("gundam", "macross", "mushi", "mushi-2")
KINDS: Final[tuple[Kind, ...]] = ("sequel", "side_story", "related")
ROLES: Final[tuple[Role, ...]] = ("main", "side", "film")


class StateWork(msgspec.Struct, frozen=True):
    """A work of a state."""

    title: str = "Mushishi"
    kind: WorkKind = "anime"
    anime_type: AnimeType = "tv"
    year: int | None = None
    episodes: int | None = None
    score: float | None = None
    votes: int | None = None
    synopsis: str | None = None
    adult: bool = False
    start_date: str | None = None
    synonyms: tuple[str, ...] = ()
    studios: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    tags: tuple[tuple[str, float], ...] = ()


class StateFranchise(msgspec.Struct, frozen=True):
    """A franchise of a state: the root is the first member."""

    title: str
    roles: tuple[tuple[UUID, Role], ...]


class State(msgspec.Struct, frozen=True):
    """A catalogue; a work is a member of one franchise at most."""

    works: Mapping[UUID, StateWork] = {}
    edges: frozenset[EdgeKey] = frozenset()
    franchises: Mapping[str, StateFranchise] = {}
    retired: Mapping[UUID, UUID | None] = {}

    def slug_of(self, work: UUID) -> str | None:
        """Return the franchise of a work."""
        return next(
            (slug for slug, one in self.franchises.items() if work in dict(one.roles)), None
        )


_texts = st.sampled_from(("a", "b", "ß c", "進撃"))
_works = st.builds(
    StateWork,
    title=_texts,
    kind=st.sampled_from(("anime", "movie")),
    anime_type=st.sampled_from(("tv", "movie")),
    year=st.sampled_from((None, 1998, 2005)),
    episodes=st.sampled_from((None, 12, 13)),
    score=st.sampled_from((None, 7.0, 7.25)),
    votes=st.sampled_from((None, 10, 11)),
    synopsis=st.sampled_from((None, "s", "long " * 50, "long " * 51)),
    adult=st.booleans(),
    start_date=st.sampled_from((None, "1998-04", "1998-04-03")),
    synonyms=st.lists(_texts, unique=True, max_size=2).map(tuple),
    studios=st.lists(_texts, unique=True, max_size=2).map(tuple),
    sources=st.lists(st.sampled_from(("mal:1", "tmdb:movie/1")), unique=True).map(tuple),
    tags=st.dictionaries(_texts, st.sampled_from((0.5, 1.0)), max_size=2).map(
        lambda tags: tuple(tags.items())
    ),
)


@st.composite
def states(draw: st.DrawFn) -> State:
    """Draw a state of up to seven works."""
    chosen = draw(st.lists(st.sampled_from(WORKS), unique=True))
    works = {work: draw(_works) for work in chosen}
    ends = st.sampled_from(chosen or WORKS)
    edges = st.builds(EdgeKey, ends, ends, st.sampled_from(KINDS))
    membership = {work: draw(st.sampled_from((None, *SLUGS))) for work in chosen}
    franchises = {
        slug: StateFranchise(
            draw(_texts),
            tuple(
                (work, draw(st.sampled_from(ROLES))) for work in chosen if membership[work] == slug
            ),
        )
        for slug in SLUGS
        if slug in membership.values()
    }
    absent = [work for work in WORKS if work not in works]
    retired = draw(
        st.dictionaries(st.sampled_from(absent), st.none() | st.sampled_from(WORKS))
        if absent
        else st.just({})
    )
    loops = draw(st.frozensets(edges, max_size=8)) if chosen else frozenset[EdgeKey]()
    return State(works, frozenset(e for e in loops if e.source != e.target), franchises, retired)


def written(root: Path, state: State, revision: int) -> Path:
    """Write the state as a snapshot into `root`; return its folder."""
    return writer.write(root, GraphPoint(revision), inputs_of(state))


def inputs_of(state: State) -> SnapshotInputs:
    """Return the state as the writer of a snapshot takes it."""
    return SnapshotInputs(
        works=[_work(state, work, facts) for work, facts in state.works.items()],
        edges=[EdgeInput(*edge, b"[]") for edge in state.edges],
        retired=[RetiredInput(work, into) for work, into in state.retired.items()],
        franchises=[_franchise(state, slug, one) for slug, one in state.franchises.items()],
    )


def _work(state: State, work: UUID, facts: StateWork) -> WorkInput:
    slug = state.slug_of(work)
    detail = StoredDetail(
        id=work,
        title=facts.title,
        poster_url=None,
        episodes=facts.episodes,
        status="finished",
        anime_type=facts.anime_type,
        synonyms=facts.synonyms,
        synopsis=facts.synopsis,
        anime_season=SeasonView(None, facts.year),
        imdb=None if facts.votes is None else ImdbView("tt1", 8.0, facts.votes),
        score=facts.score,
        studios=facts.studios,
        producers=(),
        tags=tuple(TagView(tag_uuid(name), name, "theme", weight) for name, weight in facts.tags),
        sources=tuple(_source(one) for one in facts.sources),
        franchise=None if slug is None else FranchiseRef(slug, state.franchises[slug].title),
        adult=facts.adult,
    )
    return WorkInput(
        id=work,
        kind=facts.kind,
        anime_type=facts.anime_type,
        status="finished",
        year=facts.year,
        season=None,
        imdb_rating=None,
        imdb_votes=None,
        score=facts.score,
        adult=facts.adult,
        source_ids=(),
        summary=b"{}",
        detail=msgspec.json.encode(detail),
        further=msgspec.json.encode(FurtherFacts(start_date=facts.start_date)),
    )


def _source(text: str) -> SourceView:
    provider, _, local = text.partition(":")
    return SourceView(provider, local, f"https://catalogue.example/{local}")


def _franchise(state: State, slug: str, one: StateFranchise) -> FranchiseInput:
    members = tuple(work for work, _ in one.roles)
    detail = FranchiseDetail(
        slug=slug,
        title=one.title,
        root=members[0],
        works_total=len(members),
        episodes_total=0,
        roles=(),
        lines=(),
        tags=(),
        members=tuple(
            FranchiseMember(_member(state, work), role, (), 0) for work, role in one.roles
        ),
        guests=(),
    )
    documents: dict[str, bytes] = dict.fromkeys(DOCUMENT_NAMES, b"{}")
    documents["detail"] = msgspec.json.encode(detail)
    adult = all(state.works[work].adult for work in members)
    return FranchiseInput(slug, members, (), (), 0.0, documents, adult)


def _member(state: State, work: UUID) -> MemberWork:
    facts = state.works[work]
    return MemberWork(
        id=work,
        title=facts.title,
        poster_url=None,
        episodes=None,
        status="finished",
        anime_type=facts.anime_type,
        year=facts.year,
    )


def facts_of(state: State, work: UUID) -> dict[str, Value]:
    """Return the facts of a work under the names that deltas use; those that lack are left out."""
    one = state.works[work]
    facts: dict[str, Any] = {
        "title": one.title,
        "kind": one.kind,
        "anime_type": one.anime_type,
        "status": "finished",
        "year": one.year,
        "episodes": one.episodes,
        "score": one.score,
        "imdb.votes": one.votes,
        "imdb.rating": None if one.votes is None else 8.0,
        "imdb.id": None if one.votes is None else "tt1",
        "synopsis": one.synopsis,
        "adult": one.adult,
        "start_date": one.start_date,
        "franchise": state.slug_of(work),
    }
    facts |= {f"synonyms:{name}": True for name in one.synonyms}
    facts |= {f"studios:{name}": True for name in one.studios}
    facts |= {f"sources:{name}": True for name in one.sources}
    facts |= {f"tags:{name}": weight for name, weight in one.tags}
    return {name: value for name, value in facts.items() if value is not None}


def card_of(state: State, work: UUID) -> WorkCard:
    """Return the card of a work."""
    one = state.works[work]
    return WorkCard(one.title, one.kind, one.anime_type, one.year, one.adult, state.slug_of(work))


def franchise_facts(state: State, slug: str) -> dict[str, Value]:
    """Return the facts of a franchise under the names that deltas use."""
    one = state.franchises.get(slug)
    if one is None:
        return {}
    roles: dict[str, Value] = {f"member:{work}": role for work, role in one.roles}
    return {"title": one.title, "root": str(one.roles[0][0])} | roles


def differing(before: Mapping[str, Value], after: Mapping[str, Value]) -> FactChanges:
    """Return the facts that differ; an absent one is `None`."""
    found: FactChanges = {}
    for name in {**before, **after}:
        pair = (before.get(name), after.get(name))
        if pair[0] != pair[1]:
            found[name] = pair
    return found


def led_to(state: State, work: UUID) -> UUID | None:
    """Return the work of the state that the id of one that is not there leads to."""
    for _ in WORKS:
        following = state.retired.get(work)
        if following is None or following in state.works:
            return following
        work = following
    return None


def expected_delta(before: State, after: State) -> Delta:
    """Return what differs between two states, without cards and titles."""
    both = before.works.keys() & after.works.keys()
    return Delta(
        came=frozenset(after.works.keys() - before.works.keys()),
        went={work: led_to(after, work) for work in before.works if work not in after.works},
        changed={
            work: changes
            for work in both
            if (changes := differing(facts_of(before, work), facts_of(after, work)))
        },
        edges_came=after.edges - before.edges,
        edges_went=before.edges - after.edges,
        franchises={
            slug: changes
            for slug in SLUGS
            if (changes := differing(franchise_facts(before, slug), franchise_facts(after, slug)))
        },
    )
