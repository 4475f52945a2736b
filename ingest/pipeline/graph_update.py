"""Bring the graph in line with its kept records: works, then edges and kinds, then franchises."""

import asyncio
import uuid
from collections.abc import Mapping
from typing import NamedTuple

from ingest.curation import Curation
from ingest.pipeline import census
from ingest.pipeline.background_writer import cancelled
from ingest.pipeline.census import Census
from ingest.pipeline.compose import Composer
from ingest.pipeline.edge_derivation import EdgeOutcome
from ingest.pipeline.edge_store import EdgeCounts
from ingest.pipeline.edges import EdgeProjection
from ingest.pipeline.franchises import groups_near
from ingest.pipeline.franchises.projection import FranchiseCounts, FranchiseProjection
from ingest.pipeline.franchises.rules import FranchiseRules
from ingest.pipeline.franchises.unwritten import UnwrittenWorks
from ingest.pipeline.identity import Identities
from ingest.pipeline.projection import NodeHead, WorkCounts, WorkProjection
from ingest.pipeline.record_store import RecordStore
from ingest.pipeline.region import region_of
from ingest.pipeline.rows import SourceRank
from ingest.pipeline.standing import EdgeState
from ingest.progress import Progress
from ingest.source import Source
from kensho.storage.gateway import Gateway


class GraphCounts(NamedTuple):
    """What an update did to the graph."""

    works: WorkCounts
    edges: EdgeCounts
    franchises: FranchiseCounts


class GraphRules(NamedTuple):
    """What the graph is composed by, besides the records."""

    sources: Mapping[str, Source]
    curation: Curation
    franchises: FranchiseRules


class Derived(NamedTuple):
    """Heads of works, and what edges were derived from: of a composed graph.

    `rules` is the digest of those of franchises, without decisions that name works.
    """

    rules: str
    heads: dict[uuid.UUID, NodeHead]
    edges: EdgeState


class GraphUpdate:
    """Brings a graph in line; it is `trusted` if the run before came to its end.

    `before` is what that run left, if it is at hand: then only the region of what differs is
    derived anew, where that does.
    """

    def __init__(
        self,
        gateway: Gateway,
        identities: Identities,
        rules: GraphRules,
        progress: Progress,
        *,
        trusted: bool,
        before: Derived | None = None,
    ) -> None:
        self._gateway = gateway
        self._identities = identities
        self._rules = rules
        self._progress = progress
        self._trusted = trusted
        self._before = before
        ranks = {name: SourceRank(s.rank, s.creates) for name, s in rules.sources.items()}
        composer = Composer(ranks, rules.curation.composition)
        self._unwritten = UnwrittenWorks()
        self._works = WorkProjection(gateway, composer, identities, self._unwritten.add)
        groups = before.edges.groups if before is not None else {}
        self._franchises = FranchiseProjection(
            gateway, rules.franchises, self._unwritten, groups, trusted=trusted
        )

    async def update(self, works: set[uuid.UUID] | None) -> tuple[GraphCounts, Derived]:
        """Compose `works` (`None`: all), then edges and franchises, and write what differs."""
        before, projection = self._before, self._works
        await projection.load(before.heads if before is not None else None)
        await self._franchises.load()
        stood = set(projection.heads)
        known = {work: projection.heads.get(work) for work in works or ()}
        last = await census.last_census(self._gateway)
        tagless = await census.tagless_works(self._gateway, last, stood)
        writing = asyncio.create_task(self._project(works))
        try:
            await self._composed(writing)
            is_same = all(projection.heads.get(work) == head for work, head in known.items())
            outcome, related = await self._derive(works, last, writing, near=is_same)
        finally:
            await cancelled(writing)
        stands = projection.heads.keys()
        run = census.RunOutcome(
            stood=stood if self._trusted else set(),  # a run that was cut may have added works
            stands=stands,
            related=related,
            composed=projection.has_tags,
            coverage=census.coverage_of(self._identities, stands),
        )
        await census.keep_census(self._gateway, census.taken(last, tagless, run))
        rules, same = self._rules.franchises, self._franchises.same_works_digest
        await self._gateway.execute(
            "ingest.set_composed", {"rules": rules.digest, "same_works": same}
        )
        counts = GraphCounts(projection.counts, outcome.counts, self._franchises.counts)
        return counts, Derived(rules.common_digest, projection.heads, outcome.state)

    async def _project(self, works: set[uuid.UUID] | None) -> None:
        total = self._identities.works_total() if works is None else len(works)
        with self._progress.stage("works", total) as advance:
            await self._works.project(works, advance)

    async def _composed(self, writing: asyncio.Task[None]) -> None:
        """Wait until all works are composed, while they go on being written."""
        composed = asyncio.create_task(self._works.composed.wait())
        try:
            await asyncio.wait((writing, composed), return_when=asyncio.FIRST_COMPLETED)
        finally:
            await cancelled(composed)
        if writing.done():
            writing.result()  # raises what it failed of

    async def _written(self, writing: asyncio.Task[None]) -> None:
        """Wait until the store has all works as they were composed."""
        await writing
        self._unwritten.clear()

    async def _derive(
        self,
        works: set[uuid.UUID] | None,
        last: Census | None,
        writing: asyncio.Task[None],
        *,
        near: bool,
    ) -> tuple[EdgeOutcome, set[uuid.UUID]]:
        """Derive edges and franchises; return what came of it, and all works with a relation.

        `near` tells whether the works are as they were, but for what is said of others. A region is
        derived of what is written, everything while that goes on.
        """
        before, heads = self._before, self._works.heads
        edges = EdgeProjection(
            self._gateway,
            self._identities,
            heads,
            self._rules.sources,
            self._franchises,
            self._progress,
        )
        is_same = before is not None and not self._works.changed_facts
        if before is not None and works is not None and is_same and self._is_regional(before):
            await self._written(writing)
            known = before.edges, edges.decided
            store = RecordStore(self._gateway)
            region = await region_of(works, store, self._identities, heads, known)
            if region is not None and last is not None:
                outcome = None
                if near and not region.is_decided and len(region.works) >= groups_near.LARGE:
                    outcome = await edges.near(region, before.edges, works)
                outcome = outcome or await edges.around(region, before.edges, works)
                if outcome is not None:
                    stood = heads.keys() - set(last.unrelated) - outcome.looked_at
                    return outcome, stood | outcome.related
        outcome = await edges.whole(
            before.edges.kin if before is not None and is_same else None,
            lambda: self._written(writing),
        )
        return outcome, outcome.related

    def _is_regional(self, before: Derived) -> bool:
        """Tell whether ids, rules and the run before let what was touched be derived alone."""
        rules = self._rules.franchises
        return (
            self._trusted
            and self._identities.is_as_taken_up
            and before.rules == rules.common_digest
        )
