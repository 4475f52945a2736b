"""Bring the edges between works in line with the kept records: derive all, write what differs.

Edges depend on the records of both their ends and on who owns each id, so they are derived from all
records at once: 85,000 edges from 60,000 records in a few seconds, less than it takes to find out
which few changed.
"""

import itertools
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from ingest.pipeline import same_works
from ingest.pipeline.background_writer import BackgroundWriter
from ingest.pipeline.claims import ClaimCollector, EdgeId, EdgeTable, Fields
from ingest.pipeline.franchises.inputs import FranchiseInputs, WorkCollection
from ingest.pipeline.franchises.projection import FranchiseProjection
from ingest.pipeline.franchises.title_words import CatalogueTitleWords
from ingest.pipeline.identity import Identities
from ingest.pipeline.listings import pages_of
from ingest.pipeline.projection import NodeHead
from ingest.pipeline.record_store import DEADLINE_S, RecordStore, as_json
from ingest.pipeline.relations import RelationEdge
from ingest.pipeline.same_works import SameWorkDecision
from ingest.progress import Progress
from ingest.source import Source
from kensho.domain.franchise.inputs import Relation
from kensho.domain.franchise.policy import Policy
from kensho.domain.same_works.groups import SameWork
from kensho.platform.memory import without_cycle_collection
from kensho.storage.gateway import Gateway
from kensho.storage.paging import pages

EDGES_A_BATCH: Final = 1000
"""A relation takes some 370 bytes of JSON: under 0.5 MB a transaction."""
_PUT: Final[dict[EdgeTable, str]] = {
    "is_sequel_of": "ingest.put_sequels",
    "is_related_to": "ingest.put_relations",
    "is_same_as": "ingest.put_same_as",
    "is_recommended_with": "ingest.put_recommendations",
    "redirects_episodes_to": "ingest.put_redirects",
    "is_not_related_to": "ingest.put_denials",
}
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


async def project_edges(
    gateway: Gateway,
    identities: Identities,
    heads: Mapping[uuid.UUID, NodeHead],
    sources: Mapping[str, Source],
    franchises: FranchiseProjection,
    progress: Progress,
) -> tuple[EdgeCounts, set[uuid.UUID]]:
    """Derive every edge and franchise from the kept records, and write the differences.

    Returns what happened to the edges, and the works that have a relation now.
    """
    with progress.stage("claims"):
        ranks = {name: source.rank for name, source in sources.items()}
        listing = {name for name, source in sources.items() if source.groups}
        claims = ClaimCollector(identities, heads, ranks, listing)
        async for row, links in RecordStore(gateway).claims():
            claims.add(row, links)
    with progress.stage("kinds and franchises"), without_cycle_collection():
        policy, relations = franchises.rules.policy, claims.resolved_relations()
        kept_apart = same_works.apart(relations, policy, identities, heads) | claims.different
        one_work = frozenset(claims.curated_same - claims.different)
        decision = SameWorkDecision(
            claims.edges["is_same_as"], kept_apart - one_work, heads, one_work
        )
        same = await franchises.same_works(decision)
        claims.settle_same(decision.edges(same))
        joined = list(_joined(policy, identities, heads, franchises.words))
        inputs = _inputs(claims, identities, heads, InputPairs(relations, same, joined))
        inputs = inputs._replace(decided=franchises.rules.decisions(identities.owner))
        claims.add_relations(await franchises.compute(inputs))
    counts = EdgeCounts(
        unresolved=len(claims.unresolved),
        by_kind=dict(claims.by_kind),
        inferred=dict(claims.inferred),
        undecided=tuple(_unknown(policy.sources, identities, heads)),
    )
    related = set(_related(claims))
    with progress.stage("edges"):
        for table, desired in claims.edges.items():
            await _write(gateway, table, desired, counts)
            desired.clear()
    with progress.stage("franchises"):
        await franchises.write()
    return counts, related


def _related(claims: ClaimCollector) -> Iterator[uuid.UUID]:
    tables: tuple[EdgeTable, ...] = ("is_sequel_of", "is_related_to")
    for edge_id in itertools.chain.from_iterable(claims.edges[table] for table in tables):
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
        same=[
            Relation(one.record, one.work, "same_work", one.method, one.confidence)
            for one in pairs.same
        ],
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
    gateway: Gateway, table: EdgeTable, desired: dict[EdgeId, Fields], counts: EdgeCounts
) -> None:
    drop, changed = await _compare(gateway, table, desired)
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
            params = {"edges": as_json(rows)}
            await writer.checkpoint(gateway)
            await writer.write(gateway.execute(_PUT[table], params, deadline_s=DEADLINE_S))


async def _compare(
    gateway: Gateway, table: EdgeTable, desired: dict[EdgeId, Fields]
) -> tuple[list[EdgeId], int]:
    """Take out of `desired` what is stored; return the ids to drop, and how many rows differ."""
    drop: list[EdgeId] = []
    changed = 0
    async for page in pages(gateway, "ingest.edge_heads", list[Fields], table=table):
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
