"""Bring the graph in line with its kept records: works, then edges and kinds, then franchises."""

import uuid
from collections.abc import Mapping
from typing import NamedTuple

from ingest.curation import Curation
from ingest.pipeline import census
from ingest.pipeline.compose import Composer
from ingest.pipeline.edges import EdgeCounts, EdgeProjection
from ingest.pipeline.franchises.projection import FranchiseCounts, FranchiseProjection
from ingest.pipeline.franchises.rules import FranchiseRules
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
    """Heads of works, and what edges were derived from: of a composed graph."""

    heads: dict[uuid.UUID, NodeHead]
    edges: EdgeState


async def update_graph(
    gateway: Gateway,
    identities: Identities,
    rules: GraphRules,
    works: set[uuid.UUID] | None,
    progress: Progress,
    *,
    trusted: bool,
    before: Derived | None = None,
) -> tuple[GraphCounts, Derived]:
    """Compose `works` (`None`: all), then edges and franchises, and write what differs.

    The graph is `trusted` if the run before came to its end. `before` is what it left, if that is
    at hand: then only the region of `works` is derived anew, where that does.
    """
    ranks = {name: SourceRank(s.rank, s.creates) for name, s in rules.sources.items()}
    composer = Composer(ranks, rules.curation.composition)
    projection = WorkProjection(gateway, composer, identities)
    await projection.load(before.heads if before is not None else None)
    franchises = FranchiseProjection(gateway, rules.franchises, trusted=trusted)
    await franchises.load()
    stood = set(projection.heads)
    last = await census.last_census(gateway)
    tagless = await census.tagless_works(gateway, last, stood)
    total = identities.works_total() if works is None else len(works)
    done = 0
    with progress.stage("works", total) as advance:
        async for so_far in projection.project(works):
            advance(so_far - done)
            done = so_far
    edges = EdgeProjection(
        gateway, identities, projection.heads, rules.sources, franchises, progress
    )
    region = None
    if before is not None and works is not None and last is not None and trusted:
        if identities.is_as_taken_up and not projection.changed_facts:
            store, heads = RecordStore(gateway), projection.heads
            region = await region_of(works, store, identities, heads, before.edges)
    outcome = None
    if region is not None and before is not None and works is not None:
        outcome = await edges.around(region, before.edges, works)
    stands, related = projection.heads.keys(), set[uuid.UUID]()
    if outcome is not None and region is not None and last is not None:
        related = stands - set(last.unrelated) - region.works
    else:
        # The engine merges its files when it flushes, in memory: better now than beside all edges.
        await gateway.checkpoint()
        kin = before.edges.kin if before is not None and not projection.changed_facts else None
        outcome = await edges.whole(kin)
    run = census.RunOutcome(
        stood=stood if trusted else set(),  # a run that was cut may have added works
        stands=stands,
        related=related | outcome.related,
        composed=projection.has_tags,
        coverage=census.coverage_of(identities, stands),
    )
    await census.keep_census(gateway, census.taken(last, tagless, run))
    digests = {"rules": rules.franchises.digest, "same_works": franchises.same_works_digest}
    await gateway.execute("ingest.set_composed", digests)
    counts = GraphCounts(projection.counts, outcome.counts, franchises.counts)
    return counts, Derived(projection.heads, outcome.state)
