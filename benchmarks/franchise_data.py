"""What franchises are computed from and measured against: an ingested store, groups made by hand.

Kinds are read from the assertions of the store's edges, so that those a source states can be
withheld. Of `shikimori` only the works are known that do not count for an achievement.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, cast
from uuid import UUID

import msgspec
from defusedxml import ElementTree

from ingest.pipeline.claims import StatedCollection
from ingest.pipeline.franchises.film_collections import collection_relations
from ingest.pipeline.franchises.inputs import WorkCollection
from ingest.pipeline.franchises.store import FranchiseStore
from ingest.pipeline.franchises.work_facts import FranchiseWorkRow, works_of
from ingest.pipeline.record_store import RecordStore
from kensho.domain.franchise.inputs import FranchiseWork, Relation
from kensho.domain.relations import METHOD_RANK, Assertion, Kind, Method
from kensho.storage import tables
from kensho.storage.gateway import Gateway
from kensho.storage.opening import run_on_store
from kensho.storage.rows import WorkRow

NEKO: Final = re.compile(r"\s+franchise: (?P<slug>\S+)|\s+(?P<list>[a-z_]+):|\s+- (?P<id>\d+)")

Groups = Mapping[str, frozenset[UUID]]

CONTRARY: Final[Mapping[tuple[str, str], str]] = {
    ("Slayers", "Side Story"): "a film of 2001 before the series of 1996 that it presumes",
    ("Night Raid", "Main Story"): "the extras of the discs before the series that they came with",
    ("Danganronpa", "Main Story"): "the first series after the one that concludes it",
    ("Kino's Journey", "Main Story"): "two films before their series, the later one first",
    ("Gundam", "AU Series route (second most recommended)"): "three unrelated stories, by taste",
}
"""Human orders that go against dates, ties and story alike, so that no rule that is true of other
franchises gives them. They are counted like the others; the report says what they cost."""


class Edge(msgspec.Struct, frozen=True):
    """A relation of the store with everything that is asserted of it."""

    of: UUID
    work: UUID
    assertions: tuple[Assertion, ...]

    def relation(self, methods: frozenset[Method]) -> Relation:
        """Return what stands when only typed assertions by these methods count."""
        typed = [a for a in self.assertions if a.kind != "related" and a.method in methods]
        if not typed:
            return Relation(self.of, self.work, "related")
        best = max(typed, key=lambda a: (METHOD_RANK[a.method], a.confidence, a.source, a.kind))
        return Relation(self.of, self.work, best.kind, best.method, best.confidence)


class Graph(msgspec.Struct):
    """What franchises are computed from, and the ids by which others name works."""

    works: dict[UUID, FranchiseWork]
    edges: list[Edge]
    fixed: list[Relation]
    collections: dict[UUID, str]
    by_source: dict[str, UUID]

    def relations(self, *methods: Method) -> list[Relation]:
        """Return every tie, of relations what these methods say."""
        counted = frozenset(methods)
        return [*(edge.relation(counted) for edge in self.edges), *self.fixed]


class HumanOrder(msgspec.Struct, frozen=True):
    """An order that somebody recommends: works, and those of them not to be left out."""

    franchise: str
    name: str
    steps: tuple[UUID, ...]
    needed: tuple[UUID, ...]


def real(store_url: str) -> Graph:
    """Return the graph of an ingested store."""
    return run_on_store(store_url, read)


async def read(gateway: Gateway) -> Graph:
    rows = [row async for page in tables.anime(gateway) for row in page]
    rows += [row async for page in tables.movies(gateway) for row in page]
    decode = msgspec.json.Decoder(tuple[Assertion, ...]).decode
    edges = [
        Edge(row.id.of, row.id.work, decode(row.assertions))
        async for page in tables.sequels(gateway)
        for row in page
    ]
    edges += [
        Edge(row.id.of, row.id.work, decode(row.assertions))
        async for page in tables.relations(gateway)
        for row in page
    ]
    votes: Counter[UUID] = Counter()
    async for page in tables.recommendations(gateway):
        for vote in page:
            votes.update({vote.work: vote.votes, vote.other: vote.votes})
    tags = await work_tags(gateway)
    names = await FranchiseStore(gateway).tag_names()
    works = franchise_works(
        [franchise_work_row(row, tags.get(row.id, ())) for row in rows], edges, votes, names
    )
    same = [
        Relation(row.record, row.work, "same_work")
        async for page in tables.same_as(gateway)
        for row in page
    ]
    works = {
        row.id: msgspec.structs.replace(works[row.id], is_upcoming=row.status == "upcoming")
        for row in rows
    }
    tied = {end for edge in edges for end in (edge.of, edge.work)}
    tied |= {end for one in same for end in (one.source, one.target)}
    titles, joined = collection_relations(await collections_of(gateway), works, tied)
    by_source = {id_: row.id for row in reversed(rows) for id_ in row.sources}
    return Graph(works, edges, [*same, *joined], titles, by_source)


async def collections_of(gateway: Gateway) -> list[WorkCollection]:
    """Return what sources collect works in, as an ingest finds it."""
    found: dict[str, StatedCollection] = {}
    async for row, links in RecordStore(gateway).claims():
        if links.collection is not None:
            known = found.setdefault(links.collection.id, StatedCollection(links.collection.title))
            known.add(row.id[0], links.collection.title)
    return [WorkCollection(one.title, tuple(sorted(one.works))) for one in found.values()]


async def work_tags(gateway: Gateway) -> dict[UUID, tuple[UUID, ...]]:
    """Return the tags of each work."""
    found: defaultdict[UUID, list[UUID]] = defaultdict(list)
    async for page in tables.taggings(gateway):
        for row in page:
            found[row.id.work].append(row.id.tag)
    return {work: tuple(tags) for work, tags in found.items()}


def franchise_work_row(row: WorkRow, tags: Sequence[UUID]) -> FranchiseWorkRow:
    """Return a row of the read model as an ingest reads it."""
    return FranchiseWorkRow(
        id=row.id,
        kind=row.kind,
        titles=row.titles,
        sources=row.sources,
        studios=row.studios,
        tags=tuple(tags),
        anime_type=row.anime_type,
        episodes=row.episodes,
        season=row.season,
        year=row.year,
        start_date=row.start_date,
        duration_s=row.duration_s,
        synopsis=row.synopsis,
        score=row.score,
        end_date=row.end_date,
        seasons=tuple((m.id, m.season) for m in row.mappings if m.season is not None),
    )


def franchise_works(
    rows: Sequence[FranchiseWorkRow],
    edges: Iterable[Edge],
    votes: Mapping[UUID, int],
    tag_names: Mapping[UUID, str],
) -> dict[UUID, FranchiseWork]:
    known = ((e.of, e.work, e.relation(frozenset(METHOD_RANK)).kind) for e in edges)
    kinds = [(of, work, cast("Kind", kind)) for of, work, kind in known]
    return works_of(rows, kinds, votes, tag_names)


def human_orders(path: Path, by_source: Mapping[str, UUID]) -> Iterator[HumanOrder]:
    for franchise in json.loads(path.read_text("utf-8")):
        for order in franchise["watch_orders"]:
            found = [
                (work, step["optional"])
                for step in order["steps"]
                if (work := source_work(step, by_source)) is not None
            ]
            steps = tuple(dict.fromkeys(work for work, _ in found))
            needed = tuple(dict.fromkeys(work for work, optional in found if not optional))
            yield HumanOrder(franchise["title"], order["name"], steps, needed or steps)


def source_work(step: Mapping[str, object], by_source: Mapping[str, UUID]) -> UUID | None:
    mal, anilist = (f"{name}:{step[f'{name}_id']}" for name in ("mal", "anilist"))
    return by_source.get(mal) or by_source.get(anilist)


def grouped(orders: Iterable[HumanOrder]) -> Groups:
    found: dict[str, set[UUID]] = defaultdict(set)
    for order in orders:
        found[order.franchise].update(order.steps)
    return {title: frozenset(works) for title, works in found.items()}


def neko_groups(path: Path, by_source: Mapping[str, UUID]) -> Groups:
    """Return the works that do not count for each franchise; the file is read line by line."""
    found: dict[str, set[UUID]] = defaultdict(set)
    slug, reading = "", False
    for line in path.read_text("utf-8").splitlines():
        match = NEKO.match(line)
        if match is None:
            continue
        if match["slug"]:
            slug = match["slug"]
        elif match["list"]:
            reading = match["list"] == "not_anime_ids"
        elif reading and (work := by_source.get(f"mal:{match['id']}")):
            found[slug].add(work)
    return {slug: frozenset(works) for slug, works in found.items()}


def movie_sets(path: Path, by_source: Mapping[str, UUID]) -> Groups:
    found: dict[str, frozenset[UUID]] = {}
    for one in ElementTree.parse(path).iter("set"):
        ids = [anime.get("anidbid") for anime in one.iter("anime")]
        works = (by_source.get(f"anidb:{number}") for number in ids)
        found[one.findtext("titles/title") or ""] = frozenset(work for work in works if work)
    return found
