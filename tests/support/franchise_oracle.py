"""What franchises must be: computed from the stored graph in one piece, and read back as stored.

Slow and obvious beside `ingest.pipeline.franchises`: no components, no batches, nothing kept from
before. Kinds are inferred over all relations at once, franchises computed of all works.
"""

from collections import Counter
from typing import NamedTuple
from uuid import UUID

import msgspec

from ingest.pipeline.franchises import rules
from ingest.pipeline.franchises.store import FranchiseStore
from ingest.pipeline.franchises.work_facts import FranchiseWorkRow, pair_facts, works_of
from ingest.pipeline.record_store import as_json
from kensho.domain.franchise.franchises import franchises
from kensho.domain.franchise.inputs import FranchiseWork, Timeline
from kensho.domain.franchise.inputs import Relation as PairRelation
from kensho.domain.inference.features import Reader
from kensho.domain.inference.model import infer
from kensho.domain.inference.neighbourhood import RelatedPairs
from kensho.domain.records import RecordRelations
from kensho.domain.relations import INVERSE, Assertion, Kind
from kensho.storage import tables
from kensho.storage.gateway import Gateway
from tests.support.records import SOURCES, rows, uuid_in


class Relation(NamedTuple):
    """`target` is the `kind` of `source`, and who says so."""

    source: UUID
    target: UUID
    kind: Kind
    assertions: tuple[Assertion, ...]


class Home(NamedTuple):
    """A work in a franchise, by the franchise's root: a member's role and reason."""

    root: UUID
    work: UUID
    role: str
    because: tuple[PairRelation, ...]
    record_of: UUID | None


class FranchiseResult(NamedTuple):
    """What is inferred of pairs (source, target, kind, confidence, why), and all franchises."""

    inferred: set[tuple[UUID, UUID, Kind, float, str | None]]
    titles: dict[UUID, str]
    homes: set[Home]
    guests: set[tuple[UUID, UUID, tuple[PairRelation, ...]]]
    timelines: dict[UUID, tuple[Timeline, ...]]


async def stored(gateway: Gateway) -> FranchiseResult:
    """Return the franchises that the graph holds."""
    said = {
        (edge.source, edge.target, one.kind, one.confidence, one.because)
        for edge in await relations(gateway)
        for one in edge.assertions
        if one.method == "inferred"
    }
    root_of = {row.slug: row.root for row in await tables.franchises(gateway)}
    homes = {
        Home(
            root_of[row.slug],
            row.work,
            row.role,
            tuple(PairRelation(*msgspec.structs.astuple(relation)) for relation in row.because),
            row.record_of,
        )
        async for page in tables.memberships(gateway)
        for row in page
    }
    guests = {
        (
            root_of[row.slug],
            row.work,
            tuple(PairRelation(*msgspec.structs.astuple(t)) for t in row.because),
        )
        async for page in tables.visits(gateway)
        for row in page
    }
    franchises = await tables.franchises(gateway)
    timelines = {
        row.root: tuple(Timeline(inferred.works, inferred.reason) for inferred in row.timelines)
        for row in franchises
    }
    return FranchiseResult(
        said, {row.root: row.title for row in franchises}, homes, guests, timelines
    )


async def computed(gateway: Gateway) -> FranchiseResult:
    """Return what the graph's works and records make of franchises."""
    model = rules.load().model
    found, names = await franchise_rows(gateway), await FranchiseStore(gateway).tag_names()
    edges = [without_inferred(edge) for edge in await relations(gateway)]
    lists, pages = await listings(gateway)
    around = RelatedPairs(
        (Reader(model.vocabulary).profile(pair_facts(row, names)) for row in found),
        [(str(e.source), str(e.target)) for e in edges],
        [(str(e.source), str(e.target), e.kind) for e in edges if e.kind != "related"],
        lists,
        pages,
    )
    inferred: dict[tuple[UUID, UUID], PairRelation] = {}
    said: set[tuple[UUID, UUID, Kind, float, str | None]] = set()
    for pair in around.untold():
        inference = infer(model, pair)
        if inference is not None:
            a, b = (UUID(side.profile.facts.key) for side in (pair.a, pair.b))
            sure, kind = round(inference.confidence, 4), inference.kind
            turned = kind in _BACKWARD
            one, other, kind = (b, a, INVERSE[kind]) if turned else (a, b, kind)
            inferred[a, b] = PairRelation(one, other, kind, "inferred", sure)
            said.add((one, other, kind, sure, inference.because))
    judged = [inferred.get((e.source, e.target)) or stated(e) for e in edges]
    return await clustered(gateway, found, judged, said)


_BACKWARD = frozenset(
    ("prequel", "parent_story", "full_story", "spun_off_from", "source", "contains", "promotes")
)


async def clustered(
    gateway: Gateway,
    found: list[FranchiseWorkRow],
    relations: list[PairRelation],
    said: set[tuple[UUID, UUID, Kind, float, str | None]],
) -> FranchiseResult:
    """Return the franchises of all works at once."""
    works = await known_works(gateway, found, [(t.source, t.target, t.kind) for t in relations])  # type: ignore[misc]
    same = [
        PairRelation(row.record, row.work, "same_work", row.method, row.confidence)
        async for page in tables.same_as(gateway)
        for row in page
    ]
    titles, joined = await collected(gateway, works)
    made = franchises(
        works.values(), [*relations, *same, *joined], rules.load().policy, collections=titles
    )
    homes = {
        Home(one.root, member.work, member.role, member.because, None)
        for one in made
        for member in one.members
    }
    for one in made:
        for member in one.members:
            for record in member.also:
                because = (*member.because, *_led(member.work, record, same))
                homes.add(Home(one.root, record, member.role, because, member.work))
    guests = {(one.root, guest.work, guest.because) for one in made for guest in one.guests}
    timelines = {one.root: one.timelines for one in made}
    return FranchiseResult(said, {one.root: one.title for one in made}, homes, guests, timelines)


async def known_works(
    gateway: Gateway, found: list[FranchiseWorkRow], kinds: list[tuple[UUID, UUID, Kind]]
) -> dict[UUID, FranchiseWork]:
    """Return all works as an ingest sees them, given all relations at once."""
    votes: Counter[UUID] = Counter()
    async for page in tables.recommendations(gateway):
        for vote in page:
            votes.update({vote.work: vote.votes, vote.other: vote.votes})
    return works_of(found, kinds, votes, await FranchiseStore(gateway).tag_names())


async def popularity(gateway: Gateway) -> dict[UUID, float]:
    """Return how well known an ingest takes each work to be, in the order of ids."""
    kinds = [(edge.source, edge.target, edge.kind) for edge in await relations(gateway)]
    works = await known_works(gateway, await franchise_rows(gateway), kinds)
    return {work: works[work].popularity for work in sorted(works)}


def _led(start: UUID, end: UUID, same: list[PairRelation]) -> tuple[PairRelation, ...]:
    """Return the relations by which one record is known for another, the fewest there are."""
    paths: list[tuple[UUID, tuple[PairRelation, ...]]] = [(start, ())]
    for at, path in paths:  # It grows while it is walked.
        if at == end:
            return path
        paths += [
            (relation.target if relation.source == at else relation.source, (*path, relation))
            for relation in same
            if at in (relation.source, relation.target) and relation not in path
        ]
    raise AssertionError(f"nothing joins {start} and {end}")


def without_inferred(edge: Relation) -> Relation:
    """Return an edge as it was before anything was inferred of it, from its earlier end."""
    stated_ones = tuple(one for one in edge.assertions if one.method != "inferred")
    if len(stated_ones) == len(edge.assertions):
        return edge
    return Relation(edge.source, edge.target, "related", stated_ones)


def stated(edge: Relation) -> PairRelation:
    """Return an edge as a franchise reads it."""
    ranks = {"curated": 2, "stated": 1, "inferred": 0}
    said = [one for one in edge.assertions if one.kind == edge.kind]
    best = max(said, key=lambda one: (ranks[one.method], one.confidence))
    return PairRelation(edge.source, edge.target, edge.kind, best.method, best.confidence)


async def relations(gateway: Gateway) -> list[Relation]:
    """Return all relations of the graph."""
    decode = msgspec.json.Decoder(tuple[Assertion, ...]).decode
    found = [
        Relation(row.id.of, row.id.work, "sequel", decode(row.assertions))
        async for page in tables.sequels(gateway)
        for row in page
    ]
    async for page in tables.relations(gateway):
        found += [
            Relation(row.id.of, row.id.work, row.id.kind, decode(row.assertions)) for row in page
        ]
    return found


async def franchise_rows(gateway: Gateway) -> list[FranchiseWorkRow]:
    """Return all works."""
    works = [(t, uuid_in(key)) for t in ("anime", "movie") for key in await rows(gateway, t)]
    params = {"works": as_json(works), "synopsis_chars": 10_000}
    return await gateway.fetch("ingest.franchise_works", params, into=list[FranchiseWorkRow])


async def listings(
    gateway: Gateway,
) -> tuple[dict[tuple[str, str], frozenset[str]], dict[str, frozenset[str]]]:
    """Return who lists what, as the records of sources that group say."""
    owner = {
        source_id: str(uuid_in(key))
        for table in ("anime", "movie")
        for key, row in (await rows(gateway, table)).items()
        for source_id in row["sources"]
    }
    lists: dict[tuple[str, str], frozenset[str]] = {}
    pages: dict[str, frozenset[str]] = {}
    for key, row in (await rows(gateway, "source_record")).items():
        work = str(uuid_in(key))
        if not any(f"'{name}'" in key for name, source in SOURCES.items() if source.groups):
            continue
        pages[work] = pages.get(work, frozenset()) | {i.partition(":")[0] for i in row["ids"]}
        links = msgspec.json.decode(row.get("links") or "{}", type=RecordRelations)
        for claim in links.relations:
            if there := owner.get(claim.target):
                provider = claim.target.partition(":")[0]
                lists[work, there] = lists.get((work, there), frozenset()) | {provider}
    return lists, pages


async def collected(
    gateway: Gateway, works: dict[UUID, FranchiseWork]
) -> tuple[dict[UUID, str], list[PairRelation]]:
    """Return the titles of the works' collections, and relations from the first work of each."""
    found: dict[str, dict[UUID, str]] = {}
    for key, row in (await rows(gateway, "source_record")).items():
        links = msgspec.json.decode(row.get("links") or "{}", type=RecordRelations)
        if links.collection is not None and uuid_in(key) in works:
            found.setdefault(links.collection.id, {})[uuid_in(key)] = links.collection.title
    titles: dict[UUID, str] = {}
    relations: list[PairRelation] = []
    for members in found.values():
        title = min(members.values())
        first, *others = sorted(members, key=lambda work: (works[work].date_key, work))
        relations += [PairRelation(first, other, "joined") for other in others]
        titles.update({work: min(title, titles.get(work, title)) for work in members})
    return titles, relations
