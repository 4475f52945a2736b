"""The kinds that are inferred near a change of relations are those of a computation of all works.

The slow answer infers every kind anew.
"""

from collections.abc import Sequence
from uuid import UUID

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.pipeline.franchises.inputs import InferredKind
from ingest.pipeline.franchises.relation_changes import affected, change_of, kinds_around
from ingest.pipeline.franchises.relation_table import ListedRelation, RelationColumns, RelationTable
from tests.support.examples import examples
from tests.support.related_worlds import (
    FRANCHISES,
    WORKS,
    World,
    computing_of,
    pages_of,
    table_of,
    whole,
)

seeds = st.integers(0, 1 << 32)


def near(
    world: World, before: RelationTable, inferred: Sequence[InferredKind]
) -> list[InferredKind]:
    """Return all kinds after a change, inferred anew near it; `inferred` are those before."""
    after, computing = table_of(world), computing_of(world)
    change = change_of(before, after, frozenset(row.id for row in world.rows))
    rows = {row.id: row for row in world.rows}
    works = affected(change)
    asked = kinds_around(after, works, pages_of(world))
    found = computing.inferred_of(
        [one.edge for one in asked.pairs],
        [one.edge for one in asked.around],
        [rows[work] for work in asked.works],
        asked.retold,
    )
    found += [one for one in inferred if works.isdisjoint((one.source, one.target))]
    return sorted(found, key=lambda one: (one.source, one.target))


fewer: list[bool] = []


@settings(max_examples=examples(40), deadline=None)
@given(seed=seeds)
@example(seed=1021)  # two franchises become one
@example(seed=2036)  # a work becomes a guest
def test_kinds_near_a_change_are_inferred_rightly(seed: int) -> None:
    world = World(seed)
    made, before = whole(world), table_of(world)
    works = world.changed()
    if not works:
        return
    slow = whole(world)
    assert near(world, before, made.inferred) == slow.inferred
    around = affected(change_of(before, table_of(world), works))
    fewer.append(len(around) < len(world.rows) / 2)


def test_most_changes_concern_less_than_half_of_the_works() -> None:
    assert sum(fewer) > len(fewer) / 2


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
