"""Worlds of small franchises in a row, each related to some of the next, made by a seed.

The works around a changed relation are a part of all. The slow answer computes everything anew.
"""

import random
from itertools import pairwise
from typing import Final
from uuid import UUID

from ingest.pipeline.franchises import rules
from ingest.pipeline.franchises.components import Component
from ingest.pipeline.franchises.computing import (
    ComputedBatch,
    ComputingInputs,
    FranchiseComputing,
)
from ingest.pipeline.franchises.relation_table import ListedRelation, RelationTable
from ingest.pipeline.franchises.work_facts import FranchiseWorkRow
from ingest.pipeline.listings import ListedPair
from ingest.pipeline.relations import RelationEdge
from kensho.domain.relations import Assertion, Kind
from kensho.domain.title_words import Rarity
from kensho.domain.works import AnimeType, Title

FRANCHISES: Final = 40
WORKS: Final = 4
RULES: Final = rules.load()
NAMES: Final = tuple(f"name{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(FRANCHISES))
RARE: Final = Rarity(dict.fromkeys(NAMES, 6.0) | dict.fromkeys(("crossing", "party"), 4.0))
PROVIDERS: Final = ("mal", "anilist", "anidb")
SAID: Final[tuple[Kind, ...]] = (
    "sequel", "side_story", "summary", "other", "character", "alternative_version", "crossover",
)  # fmt: skip
TYPES: Final[tuple[AnimeType, ...]] = ("tv", "tv", "movie", "ova", "special")


class World:
    """Works and relations, made by a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.rows = [self._row(number) for number in range(FRANCHISES * WORKS)]
        self.relations: dict[frozenset[UUID], ListedRelation] = {}
        for start in range(0, len(self.rows), WORKS):
            for one, other in pairwise(range(start, start + WORKS)):
                self.relate(one, other)
                if other + 1 < start + WORKS and self.random.random() < 0.4:
                    self.relate(one, other + 1)
        for _ in range(FRANCHISES * 2):
            one = self.random.randrange(len(self.rows))
            self.relate(one, (one + self.random.randrange(1, 3 * WORKS)) % len(self.rows))

    def _row(self, number: int) -> FranchiseWorkRow:
        at, place = divmod(number, WORKS)
        titles = [f"{NAMES[at]} {place + 1 if place else ''}".strip()]
        if self.random.random() < 0.2:
            titles = [f"{self.random.choice(('crossing', 'party'))} {number}"]
        if self.random.random() < 0.1:
            titles.append(f"{NAMES[at]} x {self.random.choice(NAMES)}")
        anime_type = self.random.choice(TYPES)
        minutes = 24 if anime_type == "tv" else self.random.choice((2, 25, 90))
        return FranchiseWorkRow(
            id=UUID(int=number + 1),
            kind="anime",
            titles=tuple(Title(text, None, "main") for text in titles),
            sources=tuple(f"{name}:{number}" for name in PROVIDERS),
            studios=(),
            tags=(),
            anime_type=anime_type,
            episodes=12 if anime_type == "tv" else 1,
            start_date=f"20{place:02}-0{1 + at % 9}-1{place}",
            year=2000 + place,
            duration_s=minutes * 60,
        )

    def relate(self, one: int, other: int) -> frozenset[UUID]:
        """Say something of two works, in the place of what was said."""
        a, b = (UUID(int=number + 1) for number in sorted((one, other)))
        pair = frozenset((a, b))
        if one == other:
            return frozenset()
        kind: Kind = "related" if self.random.random() < 0.7 else self.random.choice(SAID)
        edge = RelationEdge(a, b, kind, (Assertion("", "", kind, "stated", 1.0),), conflict=False)
        lists, listed = (
            frozenset(name for name in PROVIDERS if self.random.random() < 0.6) for _ in "ab"
        )
        self.relations[pair] = ListedRelation(edge, lists, listed)
        return pair

    def changed(self) -> frozenset[UUID]:
        """Change a relation, and return its works."""
        what = self.random.choice(("add", "far", "remove", "say"))
        if what in ("remove", "say"):
            pair = self.random.choice(sorted(self.relations, key=sorted))
            one, other = (work.int - 1 for work in sorted(pair))
            if what == "say":
                return self.relate(one, other)
            del self.relations[pair]
            return pair
        one = self.random.randrange(len(self.rows))
        most = len(self.rows) if what == "far" else 2 * WORKS
        return self.relate(one, (one + self.random.randrange(1, most)) % len(self.rows))


def table_of(world: World) -> RelationTable:
    return RelationTable.of(world.relations.values())


def pages_of(world: World) -> dict[UUID, frozenset[str]]:
    return {row.id: frozenset(PROVIDERS) for row in world.rows}


def computing_of(world: World) -> FranchiseComputing:
    listed = [
        ListedPair(one, other, tuple(names))
        for said in world.relations.values()
        for one, other, names in (
            (said.edge.source, said.edge.target, said.lists),
            (said.edge.target, said.edge.source, said.listed),
        )
    ]
    return FranchiseComputing.of(ComputingInputs(RULES, RARE, {}, listed, pages_of(world), {}))


def whole(world: World) -> ComputedBatch:
    edges = sorted((one.edge for one in world.relations.values()), key=lambda e: e[:2])
    works = [row.id for row in world.rows]
    return computing_of(world).batch([Component(works, edges, (), ())], world.rows, {})
