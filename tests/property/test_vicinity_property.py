"""What is computed near a change of relations is what a computation of all works makes of it.

The worlds are small franchises in a row, each related to some of the next, so that the works around
a change are a part of all. The slow answer infers every kind and computes every franchise anew.
"""

import random
from collections.abc import Sequence
from itertools import pairwise
from typing import Final
from uuid import UUID

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.pipeline.franchises import rules
from ingest.pipeline.franchises.components import Component
from ingest.pipeline.franchises.computing import (
    ComputedBatch,
    ComputingInputs,
    FranchiseComputing,
)
from ingest.pipeline.franchises.relation_table import ListedRelation, RelationColumns, RelationTable
from ingest.pipeline.franchises.vicinity import (
    REACHES,
    Groups,
    affected,
    change_of,
    franchises_around,
    kinds_around,
    vicinity_of,
)
from ingest.pipeline.franchises.work_facts import FranchiseWorkRow
from ingest.pipeline.listings import ListedPair
from ingest.pipeline.relations import RelationEdge
from kensho.domain.relations import Assertion, Kind
from kensho.domain.title_words import Rarity
from kensho.domain.works import AnimeType, Title
from tests.support.examples import examples

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

seeds = st.integers(0, 1 << 32)


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


def near(world: World, before: RelationTable, made: ComputedBatch) -> ComputedBatch:
    """Return all kinds and franchises after a change, computed near it; `made` are those before."""
    after, computing = table_of(world), computing_of(world)
    everywhere = frozenset(row.id for row in world.rows)
    change = change_of(before, after, everywhere)
    rows = {row.id: row for row in world.rows}
    works = affected(change)
    asked = kinds_around(after, works, pages_of(world))
    around = [one.edge for one in asked.around]
    pairs = [one.edge for one in asked.pairs]
    inferred = computing.inferred_of(pairs, around, [rows[w] for w in asked.works], asked.retold)
    inferred += [one for one in made.inferred if works.isdisjoint((one.source, one.target))]
    inferred.sort(key=lambda one: (one.source, one.target))
    retold = {end for one in {*inferred} ^ {*made.inferred} for end in (one.source, one.target)}
    stored = [frozenset(member.work for member in one.members) for one in made.contents]
    groups = Groups({work: some for some in stored for work in some}, (), ())
    for reach in REACHES:
        vicinity = vicinity_of(change.ends | retold, (before, after), groups, reach)
        found = franchises_around(
            vicinity,
            computing,
            [rows[work] for work in sorted(vicinity.works)],
            ((before, made.inferred), (after, inferred)),
            {one.root: one.digest for one in made.contents},
        )
        if found is not None:
            stand = [one for one in made.contents if one.root not in vicinity.inner]
            return ComputedBatch(inferred, [*stand, *found])
    return ComputedBatch(inferred, [])


def digests(made: ComputedBatch) -> dict[UUID, str]:
    return {one.root: one.digest for one in made.contents}


told: list[bool] = []


@settings(max_examples=examples(40), deadline=None)
@given(seed=seeds)
@example(seed=1021)  # two franchises become one, and a third gets a guest by that
@example(seed=2036)  # a work becomes a guest, by how many groups are around its host
def test_what_is_computed_near_a_change_is_computed_rightly(seed: int) -> None:
    world = World(seed)
    made, before = whole(world), table_of(world)
    if not world.changed():
        return
    found, slow = near(world, before, made), whole(world)
    assert found.inferred == slow.inferred
    told.append(bool(found.contents))
    if found.contents:
        assert digests(found) == digests(slow)


def test_many_changes_were_told_of_what_is_near() -> None:
    assert sum(told) > len(told) / 4


@settings(max_examples=examples(40), deadline=None)
@given(seed=seeds, places=st.sets(st.integers(0, FRANCHISES * WORKS - 1), max_size=6))
def test_a_changed_table_is_as_one_that_is_made_anew(seed: int, places: set[int]) -> None:
    world, works = World(seed), {UUID(int=place + 1) for place in places}
    table = table_of(world)
    assert RelationTable(table.columns).columns == table.columns
    assert table.between({row.id for row in world.rows}) == in_order([*world.relations.values()])
    for pair in [pair for pair in world.relations if not works.isdisjoint(pair)]:
        if world.random.random() < 0.5:
            del world.relations[pair]
        else:
            world.relate(*(work.int - 1 for work in sorted(pair)))
    said = [one for one in world.relations.values() if not works.isdisjoint(one.pair)]
    assert table.changed(works, said).columns == table_of(world).columns
    assert table_of(world).of_works(works) == in_order(said)
    emptied = table.changed({row.id for row in world.rows}, ())
    assert emptied.columns == RelationColumns()


def in_order(relations: Sequence[ListedRelation]) -> list[ListedRelation]:
    return sorted(relations, key=lambda one: (one.edge.source, one.edge.target))
