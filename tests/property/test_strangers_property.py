"""What leaves a franchise, against what may be said of it without knowing how it was found."""

from collections.abc import Collection, Iterable
from itertools import combinations
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from kensho.domain.franchise.franchises import Franchise
from kensho.domain.franchise.inputs import FranchiseWork, Relation
from kensho.domain.relations import RelationKind
from tests.support.small_franchises import curated, grown, number, work

TITLES = ("Rayearth", "Gantz", "Rayearth x Gantz", "Kremlin", "Cobra vs Rayearth", "Cobra")
KINDS: tuple[RelationKind, ...] = ("related", "related", "character", "side_story", "sequel")
POLICY = curated()
STORY = frozenset(("side_story", "sequel"))


@st.composite
def catalogues(draw: st.DrawFn) -> tuple[list[FranchiseWork], list[Relation]]:
    count = draw(st.integers(2, 7))
    works = []
    for node in range(count):
        form = draw(st.sampled_from(("tv", "special", "special")))
        works.append(
            work(
                node,
                draw(st.sampled_from(TITLES)),
                draw(st.sampled_from(("2001-04", "2002", "2010-01-01", ""))),
                type=form,
                episodes=12 if form == "tv" else 1,
                duration_s=draw(st.sampled_from((60, 1440))),
                sources=tuple(f"p{n}:{node}" for n in range(draw(st.sampled_from((1, 5))))),
            )
        )
    pairs = list(combinations(range(count), 2))
    said = draw(st.lists(st.tuples(st.sampled_from(pairs), st.sampled_from(KINDS)), max_size=10))
    return works, [Relation(number(a), number(b), kind) for (a, b), kind in said]


def home(found: Iterable[Franchise]) -> dict[UUID, UUID]:
    return {
        id_: one.root
        for one in found
        for member in one.members
        for id_ in (member.work, *member.also)
    }


def is_connected(works: Collection[UUID], relations: Iterable[Relation]) -> bool:
    reached = {min(works)}
    said = list(relations)
    for _ in works:
        for relation in said:
            ends = {relation.source, relation.target}
            if ends <= set(works) and ends & reached:
                reached |= ends
    return reached == set(works)


@given(catalogues())
def test_what_is_left_is_connected_and_the_order_of_works_does_not_matter(
    drawn: tuple[list[FranchiseWork], list[Relation]],
) -> None:
    works, relations = drawn
    found = grown(works, relations, POLICY)
    assert found == grown(works[::-1], relations[::-1], POLICY)
    for one in found:
        inside = [id_ for member in one.members for id_ in (member.work, *member.also)]
        assert is_connected(inside, relations)


@given(catalogues())
def test_no_relation_of_a_story_parts_a_single_special_from_what_it_belongs_to(
    drawn: tuple[list[FranchiseWork], list[Relation]],
) -> None:
    """A work of which anybody says what it is to one other work stays with that one."""
    works, relations = drawn
    where = home(grown(works, relations, POLICY))
    for one in works:
        own = [r for r in relations if one.id in (r.source, r.target)]
        fellows = {r.source for r in own} | {r.target for r in own}
        if len(fellows) == 2 and own and all(r.kind in STORY for r in own):
            (other,) = fellows - {one.id}
            assert one.id in where
            assert where[one.id] == where.get(other)
