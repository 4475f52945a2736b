"""Derive what the records of a few works change in components that are large.

Edges, kinds and franchises near the change alone are derived anew
(`ingest.pipeline.franchises.near`), by what the run before kept of all else.
"""

import itertools
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence, Set

from ingest.pipeline.claims import StoredEdges
from ingest.pipeline.edge_derivation import (
    RELATION_TABLES,
    EdgeDerivation,
    EdgeOutcome,
    owners_of,
    recommends_elsewhere,
    same_relations,
)
from ingest.pipeline.edge_store import EdgeCounts
from ingest.pipeline.franchises.inputs import FranchiseInputs, with_inferred_kinds
from ingest.pipeline.franchises.near import WholeState
from ingest.pipeline.franchises.relation_changes import change_of
from ingest.pipeline.franchises.relation_table import ListedRelation, RelationTable
from ingest.pipeline.listings import Listings, pages_of
from ingest.pipeline.region import (
    Region,
    at,
    collects_as,
    completed,
    decides_as,
    partners_of,
    state_near,
)
from ingest.pipeline.relations import RelationEdge
from ingest.pipeline.standing import EdgeState
from kensho.domain.same_works.groups import SameWork
from kensho.platform.memory import without_cycle_collection


class NearEdges:
    """Derives edges and franchises near a change of few relations, and writes the differences."""

    def __init__(self, edges: EdgeDerivation) -> None:
        self._edges = edges

    async def derive(
        self, region: Region, state: EdgeState, touched: Set[uuid.UUID]
    ) -> EdgeOutcome | None:
        """Derive what the records of a few works change in components that are large.

        The works have the same facts, tags and score as before. Returns `None`, and writes nothing,
        where more may change than relations of these works and what follows near them.
        """
        differing = {work for work in touched if work in self._edges.heads}
        stored = await self._edges.stored_edges(differing)
        before = RelationTable(state.relations)
        speakers = partners_of(differing, state, before, stored) | region.start
        claims = await self._edges.claims(speakers & self._edges.heads.keys())
        with self._edges.progress.stage("kinds and franchises"), without_cycle_collection():
            relations = [
                edge
                for edge in claims.resolved_relations()
                if edge.source in differing or edge.target in differing
            ]
            claims.keep_only(differing)
            decision = completed(self._edges.decision(claims, relations), state, differing)
            is_same = decides_as(decision, state) and collects_as(claims, differing, state)
            if not is_same or recommends_elsewhere(claims, stored, frozenset(), differing):
                return None
            same = await self._edges.franchises.known_same_works(decision)
            claims.settle_same(decision.edges(at(differing, same)))
            fresh = [ListedRelation.of(edge, claims.listings) for edge in relations]
            change = change_of(before, before.changed(differing, fresh), differing)
            inputs = self._near_inputs(state, same)
            whole = WholeState(state.home, state.digests, state.groups, state.rare, self._pages_of)
            found = await self._edges.franchises.compute_near(change, inputs, whole, differing)
            if found is None:
                return None
        after = state_near(claims, decision, state, differing, (found, change.after))
        retold = [pair for pair in found.retold if differing.isdisjoint(pair)]
        await self._add_stored(stored, retold)
        relations += await self._relations_of(retold)
        claims.add_relations(with_inferred_kinds(relations, found.inferred))
        outcome = await self._edges.write(claims, EdgeCounts(), after, stored)
        looked_at = change.ends | differing
        related = {work for work in looked_at if work in change.after}
        return outcome._replace(looked_at=looked_at, related=related)

    def _near_inputs(self, state: EdgeState, same: Sequence[SameWork]) -> FranchiseInputs:
        return FranchiseInputs(
            heads=self._edges.heads,
            relations=(),
            same=same_relations(same),
            collections=list(state.collections.values()),
            joined=list(self._joined()),
            listings=Listings(),
            pages={},
            votes=state.votes,
            decided=self._edges.decided,
        )

    def _joined(self) -> Iterator[list[uuid.UUID]]:
        """Yield works of which decisions say together what they are to one another."""
        policy = self._edges.franchises.rules.policy
        named = [one.works for one in policy.join]
        named += [one.works for one in policy.anthology]
        named += [(*one.works, *one.others) for one in policy.cut]
        for sources in named:
            yield sorted(owners_of(sources, self._edges.identities, self._edges.heads))

    def _pages_of(self, works: Set[uuid.UUID]) -> Mapping[uuid.UUID, frozenset[str]]:
        listing = (name for name, source in self._edges.sources.items() if source.groups)
        records = (self._edges.identities.records.get(name, {}).values() for name in listing)
        found = pages_of(
            (one.works, one.ids)
            for one in itertools.chain.from_iterable(records)
            if not works.isdisjoint(one.works)
        )
        return {work: pages for work, pages in found.items() if work in works}

    async def _relations_of(self, pairs: Collection[frozenset[uuid.UUID]]) -> list[RelationEdge]:
        """Return the relations of some pairs, as their records state them."""
        claims = await self._edges.claims(set(itertools.chain.from_iterable(pairs)))
        found = claims.resolved_relations()
        return [edge for edge in found if frozenset((edge.source, edge.target)) in pairs]

    async def _add_stored(
        self, stored: StoredEdges, pairs: Collection[frozenset[uuid.UUID]]
    ) -> None:
        """Add the stored relations of some pairs."""
        named = {frozenset(map(str, pair)) for pair in pairs}
        edges = await self._edges.stored_edges(set(itertools.chain.from_iterable(pairs)))
        for table in RELATION_TABLES:
            stored[table] |= {
                edge_id: row
                for edge_id, row in edges[table].items()
                if frozenset(map(str, edge_id[:2])) in named
            }
