"""Franchises computed near a change of relations are those of a computation of all works."""

from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.pipeline.franchises.groups_near import (
    ChangedKinds,
    relations_around,
    surroundings,
    taken,
)
from ingest.pipeline.franchises.relation_changes import change_of
from ingest.pipeline.franchises.rows import FranchiseContent
from tests.support.examples import examples
from tests.support.related_worlds import RULES, World, computing_of, table_of, whole

seeds = st.integers(0, 1 << 32)
outcomes: list[str] = []


@settings(max_examples=examples(40), deadline=None)
@given(seed=seeds)
def test_franchises_near_a_change_are_those_of_all_works(seed: int) -> None:
    world = World(seed)
    made, before = whole(world), table_of(world)
    works = world.changed()
    if not works:
        return
    slow, change = whole(world), change_of(before, table_of(world), works)
    kinds = ChangedKinds(change, made.inferred, slow.inferred)
    near = surroundings(kinds, made.groups, (), RULES.policy)
    found = None
    if near is not None:
        rows = [row for row in world.rows if row.id in near.known]
        joined = {work: made.groups[work].joined for work in near.around}
        relations = relations_around(change.after, near, slow.inferred)
        all_found = computing_of(world).franchises(relations, (), (), rows, joined)
        found = taken(all_found, near, made.groups)
    outcomes.append("all" if found is None or near is None else "near")
    if found is not None and near is not None:
        stand = [one for one in made.contents if one.root not in near.inside]
        assert in_order([*stand, *found.contents]) == in_order(slow.contents)
        assert made.groups == slow.groups
        if len(near.inside) < len(world.rows) / 2:
            outcomes.append("part")


def in_order(contents: Iterable[FranchiseContent]) -> list[FranchiseContent]:
    return sorted(contents, key=lambda one: one.root)


def test_many_changes_are_computed_near_them_and_some_are_not() -> None:
    assert outcomes.count("near") > len(outcomes) / 4
    assert outcomes.count("part")
    assert outcomes.count("all")
