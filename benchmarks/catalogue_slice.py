"""Make the slice of the real catalogue that the tests read: the hardest franchises, facts only.

    python -m benchmarks.catalogue_slice --store surrealkv://var/kensho.db

`--store` is an ingested store of all of ../shared/data. Which franchises are hard is told by rules,
each of which ranks them; they are taken in turn until there are FRANCHISES. Every work of these
is taken with what they border on, and the best-known works of other franchises until there are
WORKS. The fields that are kept are those of the Structs here: facts, no prose and no pictures. The
kinds of relations are kept of sources that state them, under the name of the source.
"""

import argparse
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec
import zstandard

from benchmarks import franchise_data
from benchmarks.bench_franchises import ORDERS, beside, computed, home_of
from benchmarks.franchise_data import Graph, HumanOrder
from ingest.pipeline.franchises import rules
from ingest.reading.files import SourceFile
from kensho.domain.franchise.franchises import Franchise
from kensho.domain.franchise.inputs import Relation
from kensho.domain.ids import from_url

FRANCHISES: Final = 80
WORKS: Final = 4_800
LEVEL: Final = 19
"""Of zstandard: half of a level 3 file, and made once."""

Score = Callable[[Franchise], float]


class Season(msgspec.Struct, omit_defaults=True):
    season: str | None = None
    year: int | None = None


class Duration(msgspec.Struct):
    value: int
    unit: str


class Score10(msgspec.Struct, rename="camel"):
    arithmetic_geometric_mean: float


class Anime(msgspec.Struct, rename="camel", omit_defaults=True):
    """What is kept of an entry of anime-offline-database."""

    sources: list[str]
    title: str
    type: str
    episodes: int
    status: str
    anime_season: Season
    duration: Duration | None = None
    score: Score10 | None = None
    synonyms: list[str] = []
    studios: list[str] = []
    related_anime: list[str] = []
    tags: list[str] = []


class Day(msgspec.Struct, omit_defaults=True):
    year: int | None = None
    month: int | None = None
    day: int | None = None


class Period(msgspec.Struct, omit_defaults=True):
    first: Day = msgspec.field(default_factory=Day, name="from")
    to: Day = msgspec.field(default_factory=Day)


class Aired(msgspec.Struct, omit_defaults=True):
    prop: Period = msgspec.field(default_factory=Period)
    string: str | None = None


class JikanEnd(msgspec.Struct):
    mal_id: int
    type: str


class JikanRelation(msgspec.Struct):
    relation: str
    entry: list[JikanEnd]


class Jikan(msgspec.Struct):
    """What is kept of an object of Jikan: days and typed relations."""

    mal_id: int
    title: str
    type: str | None
    aired: Aired
    relations: list[JikanRelation] = []


class AnilistTitle(msgspec.Struct, omit_defaults=True):
    romaji: str | None = None
    english: str | None = None
    native: str | None = None


class AnilistEnd(msgspec.Struct, omit_defaults=True):
    id: int
    type: str | None = None


class AnilistEdge(msgspec.Struct, rename="camel"):
    relation_type: str
    node: AnilistEnd


class AnilistEdges(msgspec.Struct):
    edges: list[AnilistEdge] = []


class Anilist(msgspec.Struct, rename="camel", omit_defaults=True):
    """What is kept of a medium of AniList: days and typed relations."""

    id: int
    title: AnilistTitle
    id_mal: int | None
    start_date: Day | None = None
    end_date: Day | None = None
    relations: AnilistEdges | None = None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", required=True, help="URL of an ingested store")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--into", type=Path, default=Path("tests/data/catalogue"))
    options = parser.parse_args()
    graph = franchise_data.real(options.store)
    human = list(
        franchise_data.human_orders(
            options.data / "franchise" / "watch_orders.json", graph.by_source
        )
    )
    works = chosen_works(graph, human)
    write(works, graph, options.data, options.into)


# Which works


def chosen_works(graph: Graph, human: Sequence[HumanOrder]) -> frozenset[UUID]:
    """Return the works of the hardest franchises, what they border on, and others that fill up."""
    found, _ = computed(
        graph, graph.relations("stated", "inferred", "curated"), rules.load().policy
    )
    listed = {id_ for id_ in graph.works if graph.works[id_].kind == "anime"}
    anime = [one for one in found if {member.work for member in one.members} <= listed]
    hard = in_turn([ranked(anime, score) for score in rules_of(graph, anime, human)], FRANCHISES)
    inside = {id_ for one in hard for m in one.members for id_ in (m.work, *m.also)}
    border = {guest.work for one in hard for guest in one.guests}
    border |= {bridge.beyond for one in hard for bridge in one.bridges}
    works = (inside | border) & listed
    rest = sorted(listed - works, key=lambda id_: (-graph.works[id_].popularity, id_))
    works |= {*rest[: max(0, WORKS - len(works))]}
    print(f"{len(hard)} franchises of {len(inside)} works, {len(border)} at their borders")
    print(", ".join(f"{one.title} {len(one.members)}" for one in hard))
    return frozenset(works)


def rules_of(
    graph: Graph, found: Sequence[Franchise], human: Sequence[HumanOrder]
) -> tuple[Score, ...]:
    """Return what makes a franchise hard, as scores: the higher the harder, 0 for not at all."""
    home = home_of(found)
    untyped: Counter[UUID] = Counter()
    inside: defaultdict[UUID, list[Relation]] = defaultdict(list)
    for relation in graph.relations("stated", "inferred", "curated"):
        root = home.get(relation.source)
        if root is not None and root == home.get(relation.target):
            inside[root].append(relation)
            untyped[root] += relation.kind == "related"
    steps: Counter[UUID] = Counter(home[w] for order in human for w in order.steps if w in home)
    loss = order_losses(graph, {one.root: one for one in found}, home, inside, human)
    return (
        lambda one: steps[one.root],
        lambda one: len(one.members),
        lambda one: len(one.guests) + len(one.bridges),
        lambda one: loss.get(one.root, 0),
        lambda one: sum(len(member.also) for member in one.members),
        lambda one: untyped[one.root],
    )


def order_losses(
    graph: Graph,
    by_root: Mapping[UUID, Franchise],
    home: Mapping[UUID, UUID],
    inside: Mapping[UUID, list[Relation]],
    human: Iterable[HumanOrder],
) -> dict[UUID, float]:
    """Return how far the best of our orders is from each franchise's worst human one, 0..2."""
    losses: dict[UUID, float] = {}
    for order in human:
        roots = Counter(home[work] for work in order.steps if work in home)
        if not roots:
            continue
        root = max(roots, key=lambda one: (roots[one], one))
        compared = [
            beside(order, one, by_root[root], graph.works, inside.get(root, [])) for one in ORDERS
        ]
        taus = [one.tau for one in compared if one.tau is not None]
        losses[root] = max(losses.get(root, 0), 1 - max(taus, default=1))
    return losses


def ranked(found: Iterable[Franchise], score: Score) -> Iterator[Franchise]:
    """Yield the franchises that a rule calls hard, the hardest first."""
    yield from sorted((one for one in found if score(one)), key=lambda one: (-score(one), one.root))


def in_turn(ranks: Sequence[Iterator[Franchise]], most: int) -> list[Franchise]:
    """Return the first of each rank, then the next of each, each franchise once."""
    taken: dict[UUID, Franchise] = {}
    left = list(ranks)
    while left and len(taken) < most:
        for rank in list(left):
            fresh = next((one for one in rank if one.root not in taken), None)
            if fresh is None:
                left.remove(rank)
            elif len(taken) < most:
                taken[fresh.root] = fresh
    return list(taken.values())


# What is kept of them


def write(works: frozenset[UUID], graph: Graph, data: Path, into: Path) -> None:
    """Write what is kept of these works, in the forms that the sources' adapters read."""
    into.mkdir(parents=True, exist_ok=True)
    known = {source_id for source_id, work in graph.by_source.items() if work in works}
    needed = {*rules.load().model.vocabulary.tags, "music", "recap", "compilation"}
    head, *entries = _lines(data / "aodb" / "anime-offline-database.jsonl.zst")
    date = msgspec.json.decode(head)["lastUpdate"]
    header = {
        "license": {
            "name": "Open Database License (ODbL) 1.0",
            "url": "https://opendatacommons.org/licenses/odbl/1-0/",
        },
        "repository": "https://github.com/manami-project/anime-offline-database",
        "lastUpdate": date,
    }
    anime = [_anime(line, known, needed) for line in entries]
    jikan = [_jikan(line, known) for line in _lines(data / "jikan" / "jikan_v4_full.jsonl.zst")]
    media = [_anilist(line, known) for line in _lines(data / "anilist" / "anilist_media.jsonl.zst")]
    _write(into / "anime.jsonl.zst", chain([header], filter(None, anime)))
    _write(into / "jikan.jsonl.zst", filter(None, jikan))
    _write(into / "anilist.jsonl.zst", filter(None, media))


def _anime(line: bytes, known: set[str], needed: set[str]) -> Anime | None:
    anime = msgspec.json.decode(line, type=Anime)
    if not {from_url(url) for url in anime.sources} & known:
        return None
    anime.related_anime = [url for url in anime.related_anime if from_url(url) in known]
    anime.tags = [tag for tag in anime.tags if tag in needed]
    if anime.score is not None:
        anime.score.arithmetic_geometric_mean = round(anime.score.arithmetic_geometric_mean, 2)
    return anime


def _jikan(line: bytes, known: set[str]) -> Jikan | None:
    anime = msgspec.json.decode(line, type=Jikan)
    if f"mal:{anime.mal_id}" not in known:
        return None
    for relation in anime.relations:
        relation.entry = [
            end for end in relation.entry if end.type == "anime" and f"mal:{end.mal_id}" in known
        ]
    anime.relations = [relation for relation in anime.relations if relation.entry]
    return anime


def _anilist(line: bytes, known: set[str]) -> Anilist | None:
    media = msgspec.json.decode(line, type=Anilist)
    if f"anilist:{media.id}" not in known:
        return None
    if media.relations is not None:
        media.relations.edges = [
            edge
            for edge in media.relations.edges
            if edge.node.type == "ANIME" and f"anilist:{edge.node.id}" in known
        ]
        media.relations = media.relations if media.relations.edges else None
    media.title = AnilistTitle(media.title.romaji or media.title.english or media.title.native)
    return media


def _lines(path: Path) -> Iterator[bytes]:
    return (line for _, line in SourceFile(path).lines())


def _write(path: Path, rows: Iterable[object]) -> None:
    lines = [msgspec.json.encode(row) + b"\n" for row in rows]
    text = b"".join(lines)
    path.write_bytes(zstandard.ZstdCompressor(level=LEVEL).compress(text))
    print(f"{path}: {len(lines)} lines, {len(text)} bytes, {path.stat().st_size} compressed")


if __name__ == "__main__":
    main()
