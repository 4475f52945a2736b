"""Bring the edges between works in line with the kept records: derive all, write what differs.

Edges depend on the records of both their ends and on who owns each id. They are derived from all
records at once, 105,000 edges from 60,000 records in some seconds, or from those of a region
(`ingest.pipeline.region`) by the same code.
"""

import itertools
import uuid
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence, Set
from functools import partial
from typing import Final, NamedTuple

import msgspec

from ingest.pipeline import same_works
from ingest.pipeline.background_writer import BackgroundWriter
from ingest.pipeline.claims import ClaimCollector, EdgeId, EdgeTable, Fields, StoredEdges
from ingest.pipeline.franchises.inputs import (
    FranchiseInputs,
    WorkCollection,
    with_inferred_kinds,
)
from ingest.pipeline.franchises.near import WholeState
from ingest.pipeline.franchises.projection import FranchiseProjection
from ingest.pipeline.franchises.relation_changes import change_of
from ingest.pipeline.franchises.relation_table import ListedRelation, RelationTable
from ingest.pipeline.franchises.title_words import CatalogueTitleWords
from ingest.pipeline.identity import Identities
from ingest.pipeline.listings import Listings, pages_of
from ingest.pipeline.projection import NodeHead
from ingest.pipeline.record_store import DEADLINE_S, RecordStore, as_json
from ingest.pipeline.region import (
    Computed,
    Region,
    at,
    collects_as,
    completed,
    decides_as,
    partners_of,
    state_after,
    state_near,
)
from ingest.pipeline.relations import RelationEdge
from ingest.pipeline.same_works import SameWorkDecision
from ingest.pipeline.standing import EdgeState
from ingest.progress import Progress
from ingest.source import Source
from kensho.domain.franchise.inputs import Relation
from kensho.domain.franchise.policy import Policy
from kensho.domain.same_works.groups import SameWork
from kensho.platform import memory
from kensho.platform.memory import without_cycle_collection
from kensho.storage.gateway import Gateway
from kensho.storage.paging import pages

EDGES_A_BATCH: Final = 1000
"""A relation takes some 370 bytes of JSON: under 0.5 MB a transaction."""
WORKS_A_BATCH: Final = 250
"""Some 1,500 edges."""
_PUT: Final[dict[EdgeTable, str]] = {
    "is_sequel_of": "ingest.put_sequels",
    "is_related_to": "ingest.put_relations",
    "is_same_as": "ingest.put_same_as",
    "is_recommended_with": "ingest.put_recommendations",
    "redirects_episodes_to": "ingest.put_redirects",
    "is_not_related_to": "ingest.put_denials",
}
_RELATION_TABLES: Final[tuple[EdgeTable, ...]] = ("is_sequel_of", "is_related_to")
_IN_THE_ID: Final = frozenset(("in", "out", "kind", "first", "to_first"))
"""Fields that repeat a part of the edge's id."""


class EdgeCounts(msgspec.Struct):
    """What happened to the edges; `unresolved` counts ids that no work of the graph carries.

    `by_kind` counts all relations, `inferred` those of which nobody states the kind; `undecided`
    are ids that curators' decisions name and no work carries.
    """

    added: int = 0
    changed: int = 0
    removed: int = 0
    unresolved: int = 0
    by_kind: dict[str, int] = {}
    inferred: dict[str, int] = {}
    undecided: tuple[str, ...] = ()


class InputPairs(NamedTuple):
    """Works in pairs and groups: relations, records of one work, what curators join."""

    relations: Sequence[RelationEdge]
    same: Sequence[SameWork]
    joined: Sequence[Sequence[uuid.UUID]]


class EdgeOutcome(NamedTuple):
    """What happened to the edges, the works with a relation, and what edges were derived from.

    Where not all were derived, `related` are those of the works that were `looked_at`.
    """

    counts: EdgeCounts
    related: set[uuid.UUID]
    state: EdgeState
    looked_at: frozenset[uuid.UUID] = frozenset()


class EdgeProjection:
    """Derives edges and franchises from the kept records, and writes the differences."""

    def __init__(
        self,
        gateway: Gateway,
        identities: Identities,
        heads: Mapping[uuid.UUID, NodeHead],
        sources: Mapping[str, Source],
        franchises: FranchiseProjection,
        progress: Progress,
    ) -> None:
        self._gateway = gateway
        self._identities = identities
        self._heads = heads
        self._sources = sources
        self._franchises = franchises
        self._progress = progress
        self.decided: Final = franchises.rules.decisions(identities.owner)

    async def whole(self, kin: dict[uuid.UUID, uuid.UUID] | None = None) -> EdgeOutcome:
        """Derive every edge and franchise; `kin` are the records' kin, if that is known."""
        claims = await self._claims(None)
        # What was read stays in the engine's cache, some 200 MB, until it is opened anew.
        await self._gateway.checkpoint()
        with self._progress.stage("kinds and franchises"), without_cycle_collection():
            relations = claims.resolved_relations()
            decision = self._decision(claims, relations)
            same, kin = await self._franchises.same_works(decision, kin)
            memory.release()
            await self._compute(claims, relations, decision, same, None)
            memory.release()
        state = self._state(claims, (decision, relations), kin, None)
        counts = EdgeCounts(
            unresolved=len(claims.unresolved),
            by_kind=dict(claims.by_kind),
            inferred=dict(claims.inferred),
        )
        return await self._write(claims, counts, state, None)

    async def around(
        self, region: Region, state: EdgeState, touched: Set[uuid.UUID]
    ) -> EdgeOutcome | None:
        """Derive what has an end in a region, of a graph of which `state` was true before.

        Records of `touched` works differ, so the edges of those may, and others by what is
        inferred. Returns `None`, and writes nothing, where other records may be one work, or works
        elsewhere are recommended otherwise.
        """
        differing = {work for work in touched if work in self._heads}
        claims = await self._claims(region.speakers)
        with self._progress.stage("kinds and franchises"), without_cycle_collection():
            relations = [
                edge
                for edge in claims.resolved_relations()
                if edge.source in region.works or edge.target in region.works
            ]
            claims.keep_only(region.works)
            decision = completed(self._decision(claims, relations), state, region.works)
            if not decides_as(decision, state):
                return None
            stored = await self._edges_of(differing)
            if _recommends_elsewhere(claims, stored, region.works, differing):
                return None
            await self._franchises.stay_within(region.works, self._heads, state.rare)
            same = at(region.works, await self._franchises.known_same_works(decision))
            await self._compute(claims, relations, decision, same, region)
        after = self._state(claims, (decision, relations), state.kin, (state, region))
        retold = self._franchises.retold - differing
        for table, edges in (await self._edges_of(retold)).items():
            stored[table] |= edges
        claims.keep_edges_of(differing | retold)
        outcome = await self._write(claims, EdgeCounts(), after, stored)
        return outcome._replace(looked_at=region.works)

    async def near(
        self, region: Region, state: EdgeState, touched: Set[uuid.UUID]
    ) -> EdgeOutcome | None:
        """Derive what the records of a few works change in components that are large.

        The works have the same facts, tags and score as before. Returns `None`, and writes nothing,
        where more may change than relations of these works and what follows near them.
        """
        differing = {work for work in touched if work in self._heads}
        stored = await self._edges_of(differing)
        before = RelationTable(state.relations)
        speakers = partners_of(differing, state, before, stored) | region.start
        claims = await self._claims(speakers & self._heads.keys())
        with self._progress.stage("kinds and franchises"), without_cycle_collection():
            relations = [
                edge
                for edge in claims.resolved_relations()
                if edge.source in differing or edge.target in differing
            ]
            claims.keep_only(differing)
            decision = completed(self._decision(claims, relations), state, differing)
            is_same = decides_as(decision, state) and collects_as(claims, differing, state)
            if not is_same or _recommends_elsewhere(claims, stored, frozenset(), differing):
                return None
            same = await self._franchises.known_same_works(decision)
            claims.settle_same(decision.edges(at(differing, same)))
            fresh = [ListedRelation.of(edge, claims.listings) for edge in relations]
            change = change_of(before, before.changed(differing, fresh), differing)
            inputs = self._near_inputs(state, same)
            whole = WholeState(state.home, state.digests, state.rare, self._pages_of)
            found = await self._franchises.compute_near(change, inputs, whole, differing)
            if found is None:
                return None
        after = state_near(claims, decision, state, differing, (found, change.after))
        retold = [pair for pair in found.retold if differing.isdisjoint(pair)]
        await self._add_stored(stored, retold)
        relations += await self._relations_of(retold)
        claims.add_relations(with_inferred_kinds(relations, found.inferred))
        outcome = await self._write(claims, EdgeCounts(), after, stored)
        looked_at = change.ends | differing
        related = {work for work in looked_at if work in change.after}
        return outcome._replace(looked_at=looked_at, related=related)

    def _near_inputs(self, state: EdgeState, same: Sequence[SameWork]) -> FranchiseInputs:
        return FranchiseInputs(
            heads=self._heads,
            relations=(),
            same=_same_relations(same),
            collections=list(state.collections.values()),
            joined=(),
            listings=Listings(),
            pages={},
            votes=state.votes,
            decided=self.decided,
        )

    def _pages_of(self, works: Set[uuid.UUID]) -> Mapping[uuid.UUID, frozenset[str]]:
        listing = (name for name, source in self._sources.items() if source.groups)
        records = (self._identities.records.get(name, {}).values() for name in listing)
        found = pages_of(
            (one.works, one.ids)
            for one in itertools.chain.from_iterable(records)
            if not works.isdisjoint(one.works)
        )
        return {work: pages for work, pages in found.items() if work in works}

    async def _relations_of(self, pairs: Collection[frozenset[uuid.UUID]]) -> list[RelationEdge]:
        """Return the relations of some pairs, as their records state them."""
        claims = await self._claims(set(itertools.chain.from_iterable(pairs)))
        found = claims.resolved_relations()
        return [edge for edge in found if frozenset((edge.source, edge.target)) in pairs]

    async def _add_stored(
        self, stored: StoredEdges, pairs: Collection[frozenset[uuid.UUID]]
    ) -> None:
        """Add the stored relations of some pairs."""
        named = {frozenset(map(str, pair)) for pair in pairs}
        edges = await self._edges_of(set(itertools.chain.from_iterable(pairs)))
        for table in _RELATION_TABLES:
            stored[table] |= {
                edge_id: row
                for edge_id, row in edges[table].items()
                if frozenset(map(str, edge_id[:2])) in named
            }

    async def _claims(self, speakers: Set[uuid.UUID] | None) -> ClaimCollector:
        ranks = {name: source.rank for name, source in self._sources.items()}
        listing = {name for name, source in self._sources.items() if source.groups}
        claims = ClaimCollector(self._identities, self._heads, ranks, listing)
        store = RecordStore(self._gateway)
        rows = store.claims() if speakers is None else store.claims_about(sorted(speakers))
        with self._progress.stage("claims"):
            async for row, links in rows:
                claims.add(row, links)
        return claims

    def _decision(
        self, claims: ClaimCollector, relations: Iterable[RelationEdge]
    ) -> SameWorkDecision:
        policy = self._franchises.rules.policy
        typed = same_works.apart(relations, policy, self._identities, self._heads)
        one_work = frozenset(claims.curated_same - claims.different)
        kept_apart = (typed | claims.different) - one_work
        return SameWorkDecision(claims.edges["is_same_as"], kept_apart, self._heads, one_work)

    async def _compute(
        self,
        claims: ClaimCollector,
        relations: Sequence[RelationEdge],
        decision: SameWorkDecision,
        same: Sequence[SameWork],
        region: Region | None,
    ) -> None:
        claims.settle_same(decision.edges(same))
        rules = self._franchises.rules
        joined: list[list[uuid.UUID]] = [
            works
            for works in _joined(
                rules.policy, self._identities, self._heads, self._franchises.words
            )
            if region is None or not region.works.isdisjoint(works)
        ]
        inputs = _inputs(claims, self._identities, self._heads, InputPairs(relations, same, joined))
        inputs = inputs._replace(decided=self.decided)
        claims.add_relations(await self._franchises.compute(inputs))

    def _state(
        self,
        claims: ClaimCollector,
        resolved: tuple[SameWorkDecision, Sequence[RelationEdge]],
        kin: dict[uuid.UUID, uuid.UUID],
        before: tuple[EdgeState, Region] | None,
    ) -> EdgeState:
        made, (decision, relations) = self._franchises, resolved
        listed = (ListedRelation.of(edge, claims.listings) for edge in relations)
        computed = Computed(made.components, made.digests, listed, kin, made.rare, self.decided)
        return state_after(claims, decision, computed, before)

    async def _write(
        self,
        claims: ClaimCollector,
        counts: EdgeCounts,
        state: EdgeState,
        stored: StoredEdges | None,
    ) -> EdgeOutcome:
        """Write edges and franchises where they differ: of all, or from those that are `stored`."""
        policy = self._franchises.rules.policy
        counts.undecided = tuple(_unknown(policy.sources, self._identities, self._heads))
        related = set(_related(claims))
        with self._progress.stage("edges"):
            for table, desired in claims.edges.items():
                rows = (
                    pages(self._gateway, "ingest.edge_heads", list[Fields], table=table)
                    if stored is None
                    else _page(stored[table].values())
                )
                await _write(self._gateway, table, rows, desired, counts)
                desired.clear()
        with self._progress.stage("franchises"):
            await self._franchises.write()
        return EdgeOutcome(counts, related, state)

    async def _edges_of(self, works: Set[uuid.UUID]) -> StoredEdges:
        """Return the stored edges that have an end in these works."""
        found: StoredEdges = {table: {} for table in _PUT}
        ends = [(self._heads[work].table, work) for work in sorted(works)]
        for start in range(0, len(ends), WORKS_A_BATCH):
            some = ends[start : start + WORKS_A_BATCH]
            for row in await self._gateway.fetch(
                "ingest.edges_of",
                {"works": as_json(some)},
                into=list[Fields],
                deadline_s=DEADLINE_S,
            ):
                table = msgspec.convert(row.pop("table"), EdgeTable)
                found[table][msgspec.convert(row["id"], EdgeId)] = row
        return found


def _recommends_elsewhere(
    claims: ClaimCollector, stored: StoredEdges, region: Set[uuid.UUID], works: Set[uuid.UUID]
) -> bool:
    """Tell whether `works` are recommended otherwise with works outside of their region.

    How many viewers recommend a work counts for how well known it is, in its own component.
    """
    inside, named = ({str(work) for work in some} for some in (region, works))

    def outward(edges: Mapping[EdgeId, Fields]) -> dict[EdgeId, object]:
        return {
            edge_id: fields["votes"]
            for edge_id, fields in edges.items()
            if not named.isdisjoint(edge_id[:2]) and not inside.issuperset(edge_id[:2])
        }

    table: EdgeTable = "is_recommended_with"
    return outward(claims.edges[table]) != outward(stored[table])


def _related(claims: ClaimCollector) -> Iterator[uuid.UUID]:
    for edge_id in itertools.chain.from_iterable(claims.edges[t] for t in _RELATION_TABLES):
        yield from (uuid.UUID(str(end)) for end in edge_id[:2])


def _inputs(
    claims: ClaimCollector,
    identities: Identities,
    heads: Mapping[uuid.UUID, NodeHead],
    pairs: InputPairs,
) -> FranchiseInputs:
    """Return what kinds and franchises are computed from."""
    listing = [one for name in claims.listing for one in identities.records.get(name, {}).values()]
    return FranchiseInputs(
        heads=heads,
        relations=pairs.relations,
        same=_same_relations(pairs.same),
        collections=[
            WorkCollection(stated.title, tuple(sorted(stated.works)))
            for stated in claims.collections.values()
        ],
        joined=pairs.joined,
        listings=claims.listings,
        pages=pages_of((one.works, one.ids) for one in listing),
        votes=claims.votes(),
    )


def _same_relations(same: Iterable[SameWork]) -> list[Relation]:
    return [Relation(one.record, one.work, "same_work", one.method, one.confidence) for one in same]


def _joined(
    policy: Policy,
    identities: Identities,
    heads: Mapping[uuid.UUID, NodeHead],
    words: CatalogueTitleWords,
) -> Iterator[list[uuid.UUID]]:
    """Yield the works that each decision of the policy joins."""
    for project in policy.anthology:
        yield sorted({*words.anthology[project.title], *_owners(project.works, identities, heads)})
    for join in policy.join:
        yield sorted(_owners(join.works, identities, heads))


def _unknown(
    source_ids: Iterable[str], identities: Identities, heads: Mapping[uuid.UUID, NodeHead]
) -> Iterator[str]:
    """Yield the ids that no work of the graph has, in order."""
    for source_id in sorted(source_ids):
        if not _owners((source_id,), identities, heads):
            yield source_id


def _owners(
    source_ids: Iterable[str], identities: Identities, heads: Mapping[uuid.UUID, NodeHead]
) -> set[uuid.UUID]:
    owners = map(identities.owner, source_ids)
    return {owner for owner in owners if owner is not None and owner in heads}


async def _write(
    gateway: Gateway,
    table: EdgeTable,
    stored: AsyncIterator[list[Fields]],
    desired: dict[EdgeId, Fields],
    counts: EdgeCounts,
) -> None:
    drop, changed = await _compare(stored, desired)
    counts.removed += len(drop)
    counts.changed += changed
    counts.added += len(desired) - changed
    ids = sorted(desired, key=_text)
    async with BackgroundWriter() as writer:
        for start in range(0, len(drop), EDGES_A_BATCH):
            params = {"table": table, "ids": as_json(drop[start : start + EDGES_A_BATCH])}
            await writer.write(gateway.execute("ingest.drop_edges", params, deadline_s=DEADLINE_S))
        for start in range(0, len(ids), EDGES_A_BATCH):
            rows = [
                {"id": edge_id, **desired[edge_id]}
                for edge_id in ids[start : start + EDGES_A_BATCH]
            ]
            await writer.checkpoint(gateway)
            await writer.write_beside(partial(_put, gateway, table, as_json(rows)))


async def _put(gateway: Gateway, table: EdgeTable, edges: str, lane: int) -> None:
    params = {"edges": edges, "lane": lane}
    await gateway.execute(_PUT[table], params, deadline_s=DEADLINE_S)


async def _page(rows: Iterable[Fields]) -> AsyncIterator[list[Fields]]:
    yield list(rows)


async def _compare(
    stored: AsyncIterator[list[Fields]], desired: dict[EdgeId, Fields]
) -> tuple[list[EdgeId], int]:
    """Take out of `desired` what is stored; return the ids to drop, and how many rows differ."""
    drop: list[EdgeId] = []
    changed = 0
    async for page in stored:
        for row in page:
            edge_id = msgspec.convert(row["id"], EdgeId)
            wanted = desired.get(edge_id)
            if wanted is None:
                drop.append(edge_id)
            elif _same(row, wanted):
                del desired[edge_id]
            else:
                changed += 1
    return drop, changed


def _same(row: Fields, wanted: Fields) -> bool:
    """Tell whether a stored row says what is wanted; compared as the JSON that it came as."""
    fields = (wanted.keys() | row.keys()) - _IN_THE_ID - {"id"}
    decoded = msgspec.json.decode(msgspec.json.encode(wanted), type=Fields)
    return all(decoded.get(name) == row.get(name) for name in fields)


def _text(edge_id: EdgeId) -> tuple[str, ...]:
    return tuple(str(part) for part in edge_id)
