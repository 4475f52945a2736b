"""Bring the graph in line with its kept records: works, then edges and kinds, then franchises."""

import uuid
from collections.abc import Mapping
from typing import NamedTuple

from ingest.curation import Curation
from ingest.pipeline import census
from ingest.pipeline.compose import Composer
from ingest.pipeline.edges import EdgeCounts, project_edges
from ingest.pipeline.franchises.projection import FranchiseCounts, FranchiseProjection
from ingest.pipeline.franchises.rules import FranchiseRules
from ingest.pipeline.identity import Identities
from ingest.pipeline.projection import WorkCounts, WorkProjection
from ingest.pipeline.rows import SourceRank
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


async def update_graph(
    gateway: Gateway,
    identities: Identities,
    rules: GraphRules,
    works: set[uuid.UUID] | None,
    progress: Progress,
    *,
    trusted: bool,
) -> GraphCounts:
    """Compose `works` (`None`: all), then all edges and franchises, and write what differs.

    The graph is `trusted` if the run before came to its end.
    """
    ranks = {name: SourceRank(s.rank, s.creates) for name, s in rules.sources.items()}
    composer = Composer(ranks, rules.curation.composition)
    projection = WorkProjection(gateway, composer, identities)
    await projection.load()
    franchises = FranchiseProjection(gateway, rules.franchises, trusted=trusted)
    await franchises.load()
    stood = set(projection.heads)
    before = await census.last_census(gateway)
    tagless = await census.tagless_works(gateway, before, stood)
    total = identities.works_total() if works is None else len(works)
    done = 0
    with progress.stage("works", total) as advance:
        async for so_far in projection.project(works):
            advance(so_far - done)
            done = so_far
    # The engine merges its files when it flushes, in memory: better now than beside all the
    # edges.
    await gateway.checkpoint()
    edges, related = await project_edges(
        gateway, identities, projection.heads, rules.sources, franchises, progress
    )
    stands = projection.heads.keys()
    outcome = census.RunOutcome(
        stood=stood if trusted else set(),  # a run that was cut may have added works
        stands=stands,
        related=related,
        composed=projection.has_tags,
        coverage=census.coverage_of(identities, stands),
    )
    await census.keep_census(gateway, census.taken(before, tagless, outcome))
    digests = {"rules": rules.franchises.digest, "same_works": franchises.same_works_digest}
    await gateway.execute("ingest.set_composed", digests)
    return GraphCounts(projection.counts, edges, franchises.counts)
