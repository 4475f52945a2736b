"""Bring the edges between works in line with the kept records: derive all, write what differs.

Edges depend on the records of both their ends and on who owns each id. They are derived from all
records at once, 105,000 edges from 60,000 records in some seconds, or from those of a region
(`ingest.pipeline.region`) by the same code.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence, Set
from typing import NamedTuple

from ingest.pipeline.claims import ClaimCollector
from ingest.pipeline.edge_derivation import (
    EdgeDerivation,
    EdgeOutcome,
    owners_of,
    recommends_elsewhere,
    same_relations,
)
from ingest.pipeline.edge_store import EdgeCounts
from ingest.pipeline.edges_near import NearEdges
from ingest.pipeline.franchises.inputs import FranchiseInputs, WorkCollection
from ingest.pipeline.franchises.relation_table import ListedRelation
from ingest.pipeline.franchises.title_words import CatalogueTitleWords
from ingest.pipeline.identity import Identities
from ingest.pipeline.listings import pages_of
from ingest.pipeline.projection import NodeHead
from ingest.pipeline.region import Computed, Region, at, completed, decides_as, state_after
from ingest.pipeline.relations import RelationEdge
from ingest.pipeline.same_works import SameWorkDecision
from ingest.pipeline.standing import EdgeState
from kensho.domain.franchise.policy import Policy
from kensho.domain.same_works.groups import SameWork
from kensho.platform import memory
from kensho.platform.memory import without_cycle_collection


class InputPairs(NamedTuple):
    """Works in pairs and groups: relations, records of one work, what curators join."""

    relations: Sequence[RelationEdge]
    same: Sequence[SameWork]
    joined: Sequence[Sequence[uuid.UUID]]


class EdgeProjection(EdgeDerivation):
    """Derives edges and franchises from the kept records, and writes the differences."""

    async def whole(
        self,
        kin: dict[uuid.UUID, uuid.UUID] | None,
        written: Callable[[], Awaitable[None]],
    ) -> EdgeOutcome:
        """Derive every edge and franchise; `kin` are the records' kin, if that is known.

        Works may be written meanwhile, until `written` has returned. What takes long is computed in
        threads, lest the next works wait for it.
        """
        claims = await self.claims(None)
        with self.progress.stage("kinds and franchises"), without_cycle_collection():
            # What was read stays in the engine's cache, some 200 MB, until it is opened anew.
            resolved = asyncio.to_thread(self._resolved, claims)
            (relations, decision), _ = await asyncio.gather(resolved, self.checkpoint())
            same, kin = await self.franchises.same_works(decision, kin)
            memory.release()
            await self._compute(claims, relations, decision, same, None)
            memory.release()
        state = await asyncio.to_thread(self._state, claims, (decision, relations), kin, None)
        counts = EdgeCounts(
            unresolved=len(claims.unresolved),
            by_kind=dict(claims.by_kind),
            inferred=dict(claims.inferred),
        )
        await written()
        # The engine merges its files when it flushes, in memory: better now than beside all edges.
        await self.checkpoint()
        return await self.write(claims, counts, state, None)

    def _resolved(self, claims: ClaimCollector) -> tuple[list[RelationEdge], SameWorkDecision]:
        relations = claims.resolved_relations()
        return relations, self.decision(claims, relations)

    async def around(
        self, region: Region, state: EdgeState, touched: Set[uuid.UUID]
    ) -> EdgeOutcome | None:
        """Derive what has an end in a region, of a graph of which `state` was true before.

        Records of `touched` works differ, so the edges of those may, and others by what is
        inferred. Returns `None`, and writes nothing, where other records may be one work, or works
        elsewhere are recommended otherwise.
        """
        differing = {work for work in touched if work in self.heads}
        claims = await self.claims(region.speakers)
        with self.progress.stage("kinds and franchises"), without_cycle_collection():
            relations = [
                edge
                for edge in claims.resolved_relations()
                if edge.source in region.works or edge.target in region.works
            ]
            claims.keep_only(region.works)
            decision = completed(self.decision(claims, relations), state, region.works)
            if not decides_as(decision, state):
                return None
            stored = await self.stored_edges(differing)
            if recommends_elsewhere(claims, stored, region.works, differing):
                return None
            await self.franchises.stay_within(region.works, self.heads, state.rare)
            same = at(region.works, await self.franchises.known_same_works(decision))
            await self._compute(claims, relations, decision, same, region)
        after = self._state(claims, (decision, relations), state.kin, (state, region))
        retold = self.franchises.retold - differing
        for table, edges in (await self.stored_edges(retold)).items():
            stored[table] |= edges
        claims.keep_edges_of(differing | retold)
        outcome = await self.write(claims, EdgeCounts(), after, stored)
        return outcome._replace(looked_at=region.works)

    async def near(
        self, region: Region, state: EdgeState, touched: Set[uuid.UUID]
    ) -> EdgeOutcome | None:
        """Derive what the records of a few works change in components that are large.

        The works have the same facts, tags and score as before. Returns `None`, and writes nothing,
        where more may change than relations of these works and what follows near them.
        """
        return await NearEdges(self).derive(region, state, touched)

    async def _compute(
        self,
        claims: ClaimCollector,
        relations: Sequence[RelationEdge],
        decision: SameWorkDecision,
        same: Sequence[SameWork],
        region: Region | None,
    ) -> None:
        claims.settle_same(decision.edges(same))
        rules = self.franchises.rules
        joined: list[list[uuid.UUID]] = [
            works
            for works in _joined(rules.policy, self.identities, self.heads, self.franchises.words)
            if region is None or not region.works.isdisjoint(works)
        ]
        inputs = _inputs(claims, self.identities, self.heads, InputPairs(relations, same, joined))
        inputs = inputs._replace(decided=self.decided)
        claims.add_relations(await self.franchises.compute(inputs))

    def _state(
        self,
        claims: ClaimCollector,
        resolved: tuple[SameWorkDecision, Sequence[RelationEdge]],
        kin: dict[uuid.UUID, uuid.UUID],
        before: tuple[EdgeState, Region] | None,
    ) -> EdgeState:
        made, (decision, relations) = self.franchises, resolved
        listed = (ListedRelation.of(edge, claims.listings) for edge in relations)
        computed = Computed(
            made.components, made.digests, listed, kin, made.rare, self.decided, made.groups
        )
        return state_after(claims, decision, computed, before)


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
        same=same_relations(pairs.same),
        collections=[
            WorkCollection(stated.title, tuple(sorted(stated.works)))
            for stated in claims.collections.values()
        ],
        joined=pairs.joined,
        listings=claims.listings,
        pages=pages_of((one.works, one.ids) for one in listing),
        votes=claims.votes(),
    )


def _joined(
    policy: Policy,
    identities: Identities,
    heads: Mapping[uuid.UUID, NodeHead],
    words: CatalogueTitleWords,
) -> Iterator[list[uuid.UUID]]:
    """Yield the works that each decision of the policy joins."""
    for project in policy.anthology:
        yield sorted(
            {*words.anthology[project.title], *owners_of(project.works, identities, heads)}
        )
    for join in policy.join:
        yield sorted(owners_of(join.works, identities, heads))
