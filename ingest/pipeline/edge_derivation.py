"""What all ways to derive edges share.

To read claims, to tell which records may be one work, and to write what came of it.
"""

import asyncio
import itertools
import uuid
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Final, NamedTuple

from ingest.pipeline import same_works
from ingest.pipeline.background_writer import cancelled
from ingest.pipeline.claims import ClaimCollector, EdgeId, EdgeTable, Fields, StoredEdges
from ingest.pipeline.edge_store import EdgeCounts, WorkEdgeStore
from ingest.pipeline.franchises.projection import FranchiseProjection
from ingest.pipeline.identity import Identities
from ingest.pipeline.projection import NodeHead
from ingest.pipeline.record_store import RecordStore
from ingest.pipeline.relations import RelationEdge
from ingest.pipeline.same_works import SameWorkDecision
from ingest.pipeline.standing import EdgeState
from ingest.progress import Progress
from ingest.source import Source
from kensho.domain.franchise.inputs import Relation
from kensho.domain.same_works.groups import SameWork
from kensho.storage.gateway import Gateway

RELATION_TABLES: Final[tuple[EdgeTable, ...]] = ("is_sequel_of", "is_related_to")


class EdgeOutcome(NamedTuple):
    """What happened to the edges, the works with a relation, and what edges were derived from.

    Where not all were derived, `related` are those of the works that were `looked_at`.
    """

    counts: EdgeCounts
    related: set[uuid.UUID]
    state: EdgeState
    looked_at: frozenset[uuid.UUID] = frozenset()


class EdgeDerivation:
    """Reads what edges are derived from, and writes them and franchises where they differ."""

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
        self.identities: Final = identities
        self.heads: Final = heads
        self.sources: Final = sources
        self.franchises: Final = franchises
        self.progress: Final = progress
        self._store = WorkEdgeStore(gateway)
        self.decided: Final = franchises.rules.decisions(identities.owner)

    async def claims(self, speakers: Set[uuid.UUID] | None) -> ClaimCollector:
        """Return what the records of works claim, by default of all."""
        ranks = {name: source.rank for name, source in self.sources.items()}
        listing = {name for name, source in self.sources.items() if source.groups}
        claims = ClaimCollector(self.identities, self.heads, ranks, listing)
        store = RecordStore(self._gateway)
        rows = store.claims() if speakers is None else store.claims_about(sorted(speakers))
        with self.progress.stage("claims"):
            async for row, links in rows:
                claims.add(row, links)
        return claims

    def decision(
        self, claims: ClaimCollector, relations: Iterable[RelationEdge]
    ) -> SameWorkDecision:
        """Return by what it is decided which records are one work."""
        policy = self.franchises.rules.policy
        typed = same_works.apart(relations, policy, self.identities, self.heads)
        one_work = frozenset(claims.curated_same - claims.different)
        kept_apart = (typed | claims.different) - one_work
        return SameWorkDecision(claims.edges["is_same_as"], kept_apart, self.heads, one_work)

    async def write(
        self,
        claims: ClaimCollector,
        counts: EdgeCounts,
        state: EdgeState,
        stored: StoredEdges | None,
    ) -> EdgeOutcome:
        """Write edges and franchises where they differ: of all, or from those that are `stored`."""
        policy = self.franchises.rules.policy
        counts.undecided = tuple(_unknown(policy.sources, self.identities, self.heads))
        related = set(_related(claims))
        beside = asyncio.create_task(self._write_franchises())
        try:
            with self.progress.stage("edges"):
                await self._store.write(claims.edges, counts, stored)
            await beside
        finally:
            await cancelled(beside)
        return EdgeOutcome(counts, related, state)

    async def _write_franchises(self) -> None:
        """Write franchises; they touch no row of an edge between works."""
        with self.progress.stage("franchises"):
            await self.franchises.write()

    async def checkpoint(self) -> None:
        """Let an embedded store flush."""
        await self._gateway.checkpoint()

    async def stored_edges(self, works: Set[uuid.UUID]) -> StoredEdges:
        """Return the stored edges that have an end in these works."""
        return await self._store.edges_of(
            [(self.heads[work].table, work) for work in sorted(works)]
        )


def recommends_elsewhere(
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
    for edge_id in itertools.chain.from_iterable(claims.edges[t] for t in RELATION_TABLES):
        yield from (uuid.UUID(str(end)) for end in edge_id[:2])


def same_relations(same: Iterable[SameWork]) -> list[Relation]:
    """Return what was decided of records of one work as relations."""
    return [Relation(one.record, one.work, "same_work", one.method, one.confidence) for one in same]


def _unknown(
    source_ids: Iterable[str], identities: Identities, heads: Mapping[uuid.UUID, NodeHead]
) -> Iterator[str]:
    """Yield the ids that no work of the graph has, in order."""
    for source_id in sorted(source_ids):
        if not owners_of((source_id,), identities, heads):
            yield source_id


def owners_of(
    source_ids: Iterable[str], identities: Identities, heads: Mapping[uuid.UUID, NodeHead]
) -> set[uuid.UUID]:
    """Return the works of the graph that these ids name."""
    owners = map(identities.owner, source_ids)
    return {owner for owner in owners if owner is not None and owner in heads}
