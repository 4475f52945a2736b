"""The part of the graph that a small change can change: the components of what it touches.

Kinds and franchises depend on a component, an edge on the records of its ends. So where no work
came, went or changed its facts, and every id is of the work that it was of, whatever has no end in
the components of the touched works stands as it is; and those that new claims connect are among
them. All that has an end in the region is derived anew, of the records that speak of it.
"""

import itertools
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from typing import Final, NamedTuple

from ingest.pipeline.claims import ClaimCollector, StoredEdges
from ingest.pipeline.franchises.components import Component
from ingest.pipeline.franchises.inputs import WorkCollection
from ingest.pipeline.franchises.near import NearResult
from ingest.pipeline.franchises.relation_table import ListedRelation, RelationTable
from ingest.pipeline.identity import Identities
from ingest.pipeline.projection import NodeHead
from ingest.pipeline.record_store import RecordStore
from ingest.pipeline.same_works import SameWorkDecision
from ingest.pipeline.standing import EdgeState, Pair, pair_of
from kensho.domain.franchise.work_groups import GroupKeys
from kensho.domain.records import RecordRelations
from kensho.domain.same_works.groups import SameWork

MOST_TOUCHED: Final = 2_000
"""Works above which all is read: to read records of single works takes twice as long a record."""
MOST_WORKS: Final = 12_000
"""Of a region, above which all is read; the largest component has some 6,000."""


class Region(NamedTuple):
    """Whole components of the graph, and all works of which a record may speak of them.

    `start` are the touched works and those that their records connect them with now;
    `is_decided` tells whether curators decide otherwise of any.
    """

    works: frozenset[uuid.UUID]
    speakers: frozenset[uuid.UUID]
    start: frozenset[uuid.UUID] = frozenset()
    is_decided: bool = False


class Computed(NamedTuple):
    """What came of a derivation: components and digests of their works, relations between them.

    `kin`, `rare`, `decided` and `groups` are as `EdgeState` has them.
    """

    components: Iterable[Component]
    digests: Mapping[uuid.UUID, bytes]
    relations: Iterable[ListedRelation]
    kin: dict[uuid.UUID, uuid.UUID]
    rare: Mapping[str, float]
    decided: Mapping[uuid.UUID, bytes]
    groups: Mapping[uuid.UUID, GroupKeys]


async def region_of(
    touched: Set[uuid.UUID],
    record_store: RecordStore,
    identities: Identities,
    heads: Mapping[uuid.UUID, NodeHead],
    before: tuple[EdgeState, Mapping[uuid.UUID, bytes]],
) -> Region | None:
    """Return the region of what records of `touched` works say now and said before.

    And of the works of which curators decide otherwise: `before` is what was kept, with what is
    decided now. `None` where the region is so large that all can be read as well.
    """
    state, decided = before
    if len(touched) > MOST_TOUCHED:
        return None
    named = decided.keys() | state.decided.keys()
    otherwise = {work for work in named if decided.get(work) != state.decided.get(work)}
    touched = touched | otherwise
    start = {work for work in touched if work in heads}
    async for row, links in record_store.claims_about(sorted(start)):
        if row.id[0] in heads:
            start |= {w for w in _linked(links, identities, state) if w in heads}
    members: dict[uuid.UUID, list[uuid.UUID]] = {}
    for work, key in state.home.items():
        members.setdefault(key, []).append(work)
    works = set(start)
    for key in {state.home[work] for work in start if work in state.home}:
        works.update(members[key])
    if len(works) > MOST_WORKS:
        return None
    crossing = (pair for pair in state.crossing if not works.isdisjoint(pair))
    return Region(
        frozenset(works),
        frozenset(works.union(*crossing)),
        frozenset(start),
        is_decided=bool(otherwise),
    )


def _linked(
    links: RecordRelations, identities: Identities, state: EdgeState
) -> Iterator[uuid.UUID]:
    """Yield the works that a record connects its own with."""
    for source_id in (*(claim.target for claim in links.relations), *links.same_as):
        if (owner := identities.owner(source_id)) is not None:
            yield owner
    name = links.collection.id if links.collection is not None else None
    if name in state.collections:
        yield from state.collections[name].works


def partners_of(
    works: Set[uuid.UUID], state: EdgeState, table: RelationTable, stored: StoredEdges
) -> set[uuid.UUID]:
    """Return these works and all of which a record may have said something of any of them.

    `table` are the relations of `state`, `stored` the edges that have an end in `works`.
    """
    found = set(works) | table.near(works)
    pairs = itertools.chain(state.crossing, state.apart, state.one_work)
    found.update(itertools.chain.from_iterable(p for p in pairs if not works.isdisjoint(p)))
    for one, other, _ in _stated(state):
        if one in works or other in works:
            found |= {one, other}
    for edge_id in itertools.chain.from_iterable(stored.values()):
        found.update(uuid.UUID(str(end)) for end in edge_id[:2])
    return found


def collects_as(claims: ClaimCollector, works: Set[uuid.UUID], state: EdgeState) -> bool:
    """Tell whether `works` are in the collections that they were in, of the same titles."""

    def memberships(collections: Iterable[tuple[str, str, Iterable[uuid.UUID]]]) -> set[object]:
        return {(name, title, w) for name, title, some in collections for w in works & {*some}}

    now = ((name, one.title, one.works) for name, one in claims.collections.items())
    return memberships(now) == memberships(
        (name, one.title, one.works) for name, one in state.collections.items()
    )


def completed(
    decision: SameWorkDecision, state: EdgeState, works: Set[uuid.UUID]
) -> SameWorkDecision:
    """Return what is stated of all pairs, given what is of those with an end in `works`."""

    def stands(pair: Collection[uuid.UUID]) -> bool:
        return works.isdisjoint(pair)

    said = _stated(state)
    stated = {(one, other): source for one, other, source in said if stands((one, other))}
    apart = frozenset(frozenset(pair) for pair in state.apart if stands(pair))
    decided = frozenset(frozenset(pair) for pair in state.one_work if stands(pair))
    return decision.with_more(stated, apart, decided)


def decides_as(decision: SameWorkDecision, state: EdgeState) -> bool:
    """Tell whether of the same works a decision is the same as that of `state`."""
    return (
        {(one, other) for one, other, _ in _stated(state)} == set(decision.sources)
        and state.one_work == _pairs(decision.decided)
        and _of_kin(state.apart, state.kin) == _of_kin(_pairs(decision.apart), state.kin)
    )


def state_after(
    claims: ClaimCollector,
    decision: SameWorkDecision,
    computed: Computed,
    before: tuple[EdgeState, Region] | None,
) -> EdgeState:
    """Return what to keep of a derivation: of the whole graph, or of a region and what stood."""
    home = {work: one.key for one in computed.components for work in one.works}
    collections = {
        name: WorkCollection(one.title, tuple(sorted(one.works)))
        for name, one in claims.collections.items()
    }
    crossing = set(claims.spoken_of)
    votes: dict[uuid.UUID, int] = dict(claims.votes())
    digests = dict(computed.digests)
    if before is None:
        table = RelationTable.of(computed.relations)
    else:
        state, region = before
        stand = {work: key for work, key in state.home.items() if work not in region.works}
        home |= stand
        known = state.collections.items()
        collections |= {n: one for n, one in known if region.works.isdisjoint(one.works)}
        crossing |= {pair for pair in state.crossing if region.works.isdisjoint(pair)}
        votes = {w: n for w, n in votes.items() if w in region.works}
        votes |= {w: n for w, n in state.votes.items() if w not in region.works}
        digests |= {work: own for work, own in state.digests.items() if work in stand}
        table = RelationTable(state.relations).changed(region.works, computed.relations)
    return EdgeState(
        home=home,
        crossing={(a, b) for a, b in crossing if home.get(a, a) != home.get(b, b)},
        collections=collections,
        stated=_by_work(decision),
        apart=_pairs(decision.apart),
        one_work=_pairs(decision.decided),
        kin=computed.kin,
        rare=dict(computed.rare),
        decided=dict(computed.decided),
        relations=table.columns,
        digests=digests,
        votes=votes,
        groups={work: keys for work, keys in computed.groups.items() if work in home},
    )


def state_near(
    claims: ClaimCollector,
    decision: SameWorkDecision,
    state: EdgeState,
    works: Set[uuid.UUID],
    near: tuple[NearResult, RelationTable],
) -> EdgeState:
    """Return what to keep after a change of few relations: of `works`, what `claims` say now."""
    found, table = near
    home, digests = {**state.home, **found.home}, {**state.digests, **found.digests}
    crossing = claims.spoken_of | {pair for pair in state.crossing if works.isdisjoint(pair)}
    return EdgeState(
        home=home,
        crossing={(a, b) for a, b in crossing if home.get(a, a) != home.get(b, b)},
        collections=state.collections,
        stated=_by_work(decision),
        apart=_pairs(decision.apart),
        one_work=_pairs(decision.decided),
        kin=state.kin,
        rare=state.rare,
        decided=state.decided,
        relations=table.columns,
        digests=digests,
        votes=state.votes,
        groups={**state.groups, **found.groups},
    )


def _by_work(decision: SameWorkDecision) -> dict[uuid.UUID, dict[uuid.UUID, str]]:
    stated: dict[uuid.UUID, dict[uuid.UUID, str]] = {}
    for (work, other), source in decision.sources.items():
        stated.setdefault(work, {})[other] = source
    return stated


def at(works: Set[uuid.UUID], same: Iterable[SameWork]) -> list[SameWork]:
    """Return what was decided of the records of some works."""
    return [one for one in same if one.record in works or one.work in works]


def _stated(state: EdgeState) -> Iterator[tuple[uuid.UUID, uuid.UUID, str]]:
    for work, others in state.stated.items():
        for other, source in others.items():
            yield work, other, source


def _pairs(pairs: Iterable[Collection[uuid.UUID]]) -> set[Pair]:
    return {pair_of(*pair) for pair in pairs}


def _of_kin(pairs: Iterable[Pair], kin: Mapping[uuid.UUID, uuid.UUID]) -> set[Pair]:
    return {(a, b) for a, b in pairs if (mark := kin.get(a)) is not None and mark == kin.get(b)}
