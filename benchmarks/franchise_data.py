"""What franchises are computed from and measured against: an ingested store, groups made by hand.

Kinds are read from the assertions of the store's edges, so that those a source states can be
withheld. Of `shikimori` only the works are known that do not count for an achievement.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec
from defusedxml import ElementTree

from kensho.discovery import fame
from kensho.domain import slots
from kensho.domain.hub_inputs import METHOD_RANK, HubWork, Tie
from kensho.domain.records import Method
from kensho.domain.relations import Assertion, Kind
from kensho.domain.titles import folded
from kensho.storage import snapshot
from kensho.storage.gateway import Gateway
from kensho.storage.opening import run_on_store
from kensho.storage.rows import Recommendation, Work

SONG_S: Final = 600
"""A song is a brief single work of the tag "music"."""
MONTHS: Final = {"winter": "-01", "spring": "-04", "summer": "-07", "fall": "-10"}
NEKO: Final = re.compile(r"\s+franchise: (?P<slug>\S+)|\s+(?P<list>[a-z_]+):|\s+- (?P<id>\d+)")

Groups = Mapping[str, frozenset[UUID]]


class Edge(msgspec.Struct, frozen=True):
    """A relation of the store with everything that is asserted of it."""

    of: UUID
    work: UUID
    assertions: tuple[Assertion, ...]

    def tie(self, methods: frozenset[Method]) -> Tie:
        """Return what stands when only typed assertions by these methods count."""
        typed = [a for a in self.assertions if a.kind != "related" and a.method in methods]
        if not typed:
            return Tie(self.of, self.work, "related")
        best = max(typed, key=lambda a: (METHOD_RANK[a.method], a.confidence, a.source, a.kind))
        return Tie(self.of, self.work, best.kind, best.method, best.confidence)


class Graph(msgspec.Struct):
    """What franchises are computed from, and the ids by which others name works."""

    works: dict[UUID, HubWork]
    edges: list[Edge]
    fixed: list[Tie]
    collections: dict[UUID, str]
    by_source: dict[str, UUID]

    def ties(self, *methods: Method) -> list[Tie]:
        """Return every tie, of relations what these methods say."""
        counted = frozenset(methods)
        return [*(edge.tie(counted) for edge in self.edges), *self.fixed]


class HumanOrder(msgspec.Struct, frozen=True):
    """An order that somebody recommends: works, and those of them not to be left out."""

    franchise: str
    name: str
    steps: tuple[UUID, ...]
    needed: tuple[UUID, ...]


def real(store_url: str) -> Graph:
    """Return the graph of an ingested store."""
    return run_on_store(store_url, _read)


async def _read(gateway: Gateway) -> Graph:
    rows = [row async for page in snapshot.anime(gateway) for row in page]
    rows += [row async for page in snapshot.movies(gateway) for row in page]
    decode = msgspec.json.Decoder(tuple[Assertion, ...]).decode
    edges = [
        Edge(row.id.of, row.id.work, decode(row.assertions))
        async for page in snapshot.sequels(gateway)
        for row in page
    ]
    edges += [
        Edge(row.id.of, row.id.work, decode(row.assertions))
        async for page in snapshot.relations(gateway)
        for row in page
    ]
    votes = [row async for page in snapshot.recommendations(gateway) for row in page]
    songs = await song_works(gateway)
    works = hub_works(rows, edges, votes, songs)
    same = [
        Tie(row.work, row.other, "same_work")
        async for page in snapshot.same_as(gateway)
        for row in page
    ]
    members = [row async for page in snapshot.memberships(gateway) for row in page]
    gathered: dict[str, list[UUID]] = defaultdict(list)
    for member in members:
        gathered[member.slug].append(member.work)
    collections = {member.work: member.title for member in members}
    by_source = {id_: row.id for row in reversed(rows) for id_ in row.sources}
    return Graph(works, edges, [*same, *joined(gathered, works)], collections, by_source)


async def song_works(gateway: Gateway) -> frozenset[UUID]:
    """Return the works with the tag "music"."""
    tags = [tag async for page in snapshot.tags(gateway) for tag in page]
    music = {tag.id for tag in tags if tag.name == "music"}
    return frozenset(
        [
            row.id.work
            async for page in snapshot.taggings(gateway)
            for row in page
            if row.id.tag in music
        ]
    )


def joined(gathered: Mapping[str, Sequence[UUID]], works: Mapping[UUID, HubWork]) -> Iterator[Tie]:
    for members in gathered.values():
        first, *others = sorted(members, key=lambda work: (works[work].shown, work))
        yield from (Tie(first, other, "joined") for other in others)


def hub_works(
    rows: Sequence[Work],
    edges: Iterable[Edge],
    votes: Iterable[Recommendation],
    songs: frozenset[UUID],
) -> dict[UUID, HubWork]:
    place = {row.id: number for number, row in enumerate(rows)}
    counted: Counter[UUID] = Counter()
    for vote in votes:
        counted[vote.work] += vote.votes
        counted[vote.other] += vote.votes
    kinds: list[tuple[int, int, Kind]] = [
        (place[e.of], place[e.work], e.tie(frozenset(METHOD_RANK)).kind)  # type: ignore[misc]
        for e in edges
    ]
    known = fame.known([standing(row, counted[row.id]) for row in rows], kinds)
    return {
        row.id: hub_work(row, known[number], is_tagged_music=row.id in songs)
        for row, number in zip(rows, range(len(rows)), strict=True)
    }


def standing(row: Work, votes: int) -> fame.Standing:
    main = slots.parsed(folded(row.title))
    return fame.Standing(
        type=row.anime_type,
        date=fame.date_of(row.start_date, row.year, row.season),
        titles=len(row.titles),
        sources=len(row.sources),
        score=row.score,
        names=frozenset(slots.parsed(folded(title.text)).core for title in row.titles),
        marked=main.stem != main.words,
        is_part=(main.slots.part or 1) > 1,
        votes=votes,
    )


def hub_work(row: Work, known: float, *, is_tagged_music: bool) -> HubWork:
    """Return a row as franchises see it; a song is a brief single of the tag "music"."""
    month = MONTHS[row.season] if row.season else ""
    brief = (row.episodes or 1) == 1 and (row.duration_s or 0) <= SONG_S
    return HubWork(
        id=row.id,
        titles=tuple(dict.fromkeys((row.title, *(title.text for title in row.titles)))),
        type=row.anime_type,
        date=row.start_date or (f"{row.year}{month}" if row.year else ""),
        episodes=row.episodes,
        duration_s=row.duration_s,
        fame=known,
        sources=row.sources,
        kind=row.kind,
        is_music=is_tagged_music and brief and row.anime_type not in ("tv", "movie"),
    )


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
