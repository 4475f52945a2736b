"""Franchises, orders and slugs on random graphs: laws that hold whatever the data is."""

import random
from collections.abc import Iterable
from itertools import pairwise, permutations
from uuid import UUID

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from kensho.domain.franchise.franchises import Franchise
from kensho.domain.franchise.inputs import FranchiseWork, Relation, Timeline
from kensho.domain.franchise.policy import Join
from kensho.domain.franchise.reasons import membership_relations
from kensho.domain.franchise.titles import spelt
from kensho.domain.graphs import DisjointSets
from kensho.domain.relations import KIND_FACTS, KINDS
from kensho.domain.slugs import Slugged, Unslugged, assigned
from kensho.domain.watch_order.order import CuratedPlacement, Order, watch_order
from tests.support.small_franchises import curated, grown, number
from tests.support.small_franchises import work as gundam

NAMES = ("gundam", "naruto", "bleach", "zero", "the")
POLICY = curated()
WORKS = 12

keys = st.integers(0, WORKS - 1).map(number)
works = st.lists(
    st.builds(
        FranchiseWork,
        id=keys,
        titles=st.lists(
            st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map(" ".join),
            min_size=1,
            max_size=2,
        ).map(tuple),
        type=st.sampled_from(("tv", "movie", "ova", "special")),
        date=st.sampled_from(("", "2001", "2001-04", "2001-04-07", "2009-01-01")),
        episodes=st.sampled_from((None, 1, 12)),
        duration_s=st.sampled_from((None, 90, 1440)),
        popularity=st.sampled_from((0.1, 0.5, 0.9)),
        kind=st.sampled_from(("anime", "movie")),
        is_music=st.booleans(),
    ),
    unique_by=lambda work: work.id,
    max_size=WORKS,
)
relations = st.lists(
    st.builds(
        Relation,
        keys,
        keys,
        st.sampled_from((*KINDS, "same_work", "joined")),
        st.sampled_from(("stated", "inferred", "curated")),
        st.sampled_from((0.5, 0.9, 1.0)),
    ),
    max_size=30,
)
orders = st.sampled_from(("release", "story", "essential"))
timelines = st.permutations(range(WORKS)).flatmap(
    lambda row: st.lists(
        st.sets(st.sampled_from(range(WORKS)), min_size=2).map(
            lambda places: Timeline(tuple(number(row[p]) for p in sorted(places)), "told")
        ),
        max_size=3,
    )
)
"""What curators may say: parts of one row of all works, so that no two contradict one another."""
groupings = st.lists(st.integers(0, 4), min_size=10, max_size=10)
"""Which of five franchises each of ten works is in; those of franchise 0 are alone."""


def records(found: Franchise) -> list[UUID]:
    return [id_ for member in found.members for id_ in (member.work, *member.also)]


def inside(found: Franchise, said: Iterable[Relation]) -> list[Relation]:
    own = set(records(found))
    return [relation for relation in said if relation.source in own and relation.target in own]


def reached(start: UUID, said: Iterable[Relation]) -> set[UUID]:
    near: dict[UUID, set[UUID]] = {}
    for relation in said:
        near.setdefault(relation.source, set()).add(relation.target)
        near.setdefault(relation.target, set()).add(relation.source)
    seen, waiting = {start}, [start]
    while waiting:
        new = near.get(waiting.pop(), set()) - seen
        seen |= new
        waiting.extend(new)
    return seen


@given(works, relations, st.randoms(use_true_random=False))
def test_the_order_of_works_and_ties_does_not_matter(
    some: list[FranchiseWork], said: list[Relation], chance: random.Random
) -> None:
    expected = grown(some, said, POLICY)
    chance.shuffle(some)
    chance.shuffle(said)
    assert grown(some, said, POLICY) == expected


def bears(work: FranchiseWork, name: str) -> bool:
    return any(f" {spelt(name)} " in f" {spelt(title)} " for title in work.titles)


def best_known(records: Iterable[FranchiseWork]) -> float:
    return max(record.popularity for record in records)


@given(works, relations)
def test_a_name_is_borne_by_a_member_that_is_nearly_the_best_known(
    some: list[FranchiseWork], said: list[Relation]
) -> None:
    known = {one.id: one for one in some}
    for found in grown(some, said, POLICY):
        # A work is as well known as its best-known record, and bears the titles of all of them.
        members = [[known[id_] for id_ in (one.work, *one.also)] for one in found.members]
        large = [one for one in members if not all(record.is_minor for record in one)] or members
        bearers = [one for one in members if any(bears(record, found.title) for record in one)]
        assert max(map(best_known, bearers)) >= 0.95 * max(map(best_known, large))


branches = st.lists(
    st.builds(
        Relation,
        st.integers(0, 5).map(number),
        st.integers(0, 5).map(number),
        st.sampled_from(("sequel", "alternative_version", "spin_off")),
        st.just("curated"),
    ),
    min_size=3,
    max_size=9,
)
"""Relations between the first six works, of the kinds that carry a story on or branch from it."""


@given(st.lists(st.sampled_from(("2001", "2005", "2009")), min_size=6, max_size=6), branches)
def test_what_goes_on_from_a_branch_is_of_that_branch(
    dates: list[str], said: list[Relation]
) -> None:
    some = [gundam(n, f"Gundam {n}", date) for n, date in enumerate(dates)]
    known = {one.id: one for one in some}
    for found in grown(some, said, POLICY):
        role_of = {one.work: one.role for one in found.members}
        work_of = {id_: one.work for one in found.members for id_ in (one.work, *one.also)}
        story = [
            Relation(work_of[one.source], work_of[one.target], one.kind)
            for one in inside(found, said)
            if one.kind in ("sequel", "prequel") and work_of[one.source] != work_of[one.target]
        ]
        for id_, role in role_of.items():
            parts = reached(id_, story)
            first = min(parts, key=lambda part: (known[part].date_key, part))
            if found.root not in parts and role_of[first] in ("spin_off", "alternative"):
                assert role not in ("main", "film")


@given(works, relations)
def test_a_reason_is_a_relation_to_a_fellow_and_untold_only_where_nothing_is_told(
    some: list[FranchiseWork], said: list[Relation]
) -> None:
    known = {one.id: one for one in some}
    for found in grown(some, said, POLICY):
        reasons = membership_relations(found.members, known, said)
        assert found.root not in reasons
        role_of = {one.work: one.role for one in found.members}
        work_of = {id_: one.work for one in found.members for id_ in (one.work, *one.also)}
        for work, reason in reasons.items():
            ends = {work_of[reason.relation.source], work_of[reason.relation.target]}
            assert ends == {work, reason.fellow}
            told = [
                fellow
                for one in inside(found, said)
                if not KIND_FACTS[one.kind].vague and KIND_FACTS[one.kind].family != "group"
                for at, fellow in permutations((work_of[one.source], work_of[one.target]))
                if at == work != fellow and role_of[fellow] in ("main", "film", "side")
            ]
            assert not (told and KIND_FACTS[reason.kind].vague)


@given(works, relations)
def test_every_work_is_at_home_at_most_once(
    some: list[FranchiseWork], said: list[Relation]
) -> None:
    at_home = [id_ for one in grown(some, said, POLICY) for id_ in records(one)]
    assert len(at_home) == len(set(at_home))
    assert set(at_home) <= {work.id for work in some}


@given(works, relations)
def test_a_reason_is_a_path_of_real_ties_from_the_root(
    some: list[FranchiseWork], said: list[Relation]
) -> None:
    for one in grown(some, said, POLICY):
        record = {id_: member.work for member in one.members for id_ in (member.work, *member.also)}
        for member in one.members:
            at = one.root
            for relation in member.because:
                assert relation in said
                source, target = record[relation.source], record[relation.target]
                assert at in (source, target)
                at = target if at == source else source
            assert at == member.work


@given(works, relations)
def test_cutting_the_bridges_separates_franchises(
    some: list[FranchiseWork], said: list[Relation]
) -> None:
    for one in grown(some, said, POLICY):
        own = set(records(one))
        cut = [bridge.relation for bridge in one.bridges]
        assert all((relation.source in own) != (relation.target in own) for relation in cut)
        assert all(bridge.beyond not in own for bridge in one.bridges)
        known = {work.id for work in some}
        left = [
            t
            for t in said
            if t not in cut
            and {t.source, t.target} <= known
            # That two records are one work is not believed where neither year nor name agree.
            and (t.kind != "same_work" or (t.source in own) == (t.target in own))
        ]
        assert reached(one.root, left) == own


@given(works, relations)
def test_a_guest_is_at_home_elsewhere_and_its_ties_are_bridges(
    some: list[FranchiseWork], said: list[Relation]
) -> None:
    for one in grown(some, said, POLICY):
        bridges = [bridge.relation for bridge in one.bridges]
        for guest in one.guests:
            assert guest.work not in records(one)
            assert guest.because
            assert all(relation in bridges for relation in guest.because)


@given(works, relations)
def test_a_franchise_is_the_same_when_computed_with_its_component_alone(
    some: list[FranchiseWork], said: list[Relation]
) -> None:
    known = {work.id for work in some}
    real = [relation for relation in said if {relation.source, relation.target} <= known]
    for one in grown(some, said, POLICY):
        component = reached(one.root, real)
        alone = grown([work for work in some if work.id in component], said, POLICY)
        assert one in alone


@given(works, relations, timelines, orders)
def test_an_order_is_a_permutation(
    some: list[FranchiseWork], said: list[Relation], told: list[Timeline], order: Order
) -> None:
    by_id = {work.id: work for work in some}
    for one in grown(some, said, POLICY):
        found = watch_order(one.members, by_id, said, order, told)
        steps = [step.work for step in found.steps]
        assert len(steps) == len(set(steps))
        assert [step.position for step in found.steps] == list(range(1, len(steps) + 1))
        wanted = {member.work for member in one.members}
        if order == "essential":
            assert one.root in steps
            assert set(steps) <= wanted
            assert not any(step.optional for step in found.steps)
        else:
            assert set(steps) == wanted


@given(works, relations)
def test_the_essential_is_the_release_order_without_what_is_optional(
    some: list[FranchiseWork], said: list[Relation]
) -> None:
    by_id = {work.id: work for work in some}
    for one in grown(some, said, POLICY):
        whole = watch_order(one.members, by_id, said, "release").steps
        essential = watch_order(one.members, by_id, said, "essential").steps
        assert [step.work for step in essential] == [s.work for s in whole if not s.optional]


@given(works, relations, timelines, orders)
def test_every_step_has_a_reason_and_every_tie_of_it_exists(
    some: list[FranchiseWork], said: list[Relation], told: list[Timeline], order: Order
) -> None:
    by_id = {work.id: work for work in some}
    for one in grown(some, said, POLICY):
        found = watch_order(one.members, by_id, said, order, told)
        for step in found.steps:
            assert step.because
            assert all(
                because.relation is None or because.relation in said for because in step.because
            )
        own = inside(one, said)
        assert all(aside.relation in own for aside in found.set_aside)


@given(works, relations, timelines)
def test_a_story_keeps_every_tie_that_it_gives_as_a_reason(
    some: list[FranchiseWork], said: list[Relation], told: list[Timeline]
) -> None:
    by_id = {work.id: work for work in some}
    for one in grown(some, said, POLICY):
        record = {id_: member.work for member in one.members for id_ in (member.work, *member.also)}
        steps = watch_order(one.members, by_id, said, "story", told).steps
        position = {step.work: step.position for step in steps}
        for step in steps:
            for because in step.because:
                if because.relation is not None:
                    ends = {record[because.relation.source], record[because.relation.target]}
                    (other,) = ends - {step.work}
                    is_after = position[other] < step.position
                    assert is_after == (because.rule == "after")


@given(works, relations, timelines)
def test_what_curators_say_always_holds_in_the_story(
    some: list[FranchiseWork], said: list[Relation], told: list[Timeline]
) -> None:
    by_id = {work.id: work for work in some}
    for one in grown(some, said, POLICY):
        if any(member.also for member in one.members):
            continue  # Records that a curator took for two may be one work.
        steps = watch_order(one.members, by_id, said, "story", told).steps
        position = {step.work: step.position for step in steps}
        because = {(step.work, reason.decided) for step in steps for reason in step.because}
        for row in told:
            known = [work for work in row.works if work in position]
            assert [position[work] for work in known] == sorted(position[w] for w in known)
            assert all((b, CuratedPlacement(a, row.reason)) in because for a, b in pairwise(known))


@given(works, relations, timelines, orders, st.randoms(use_true_random=False))
def test_an_order_does_not_depend_on_the_order_of_ties(
    some: list[FranchiseWork],
    said: list[Relation],
    told: list[Timeline],
    order: Order,
    chance: random.Random,
) -> None:
    by_id = {work.id: work for work in some}
    shuffled = list(said)
    chance.shuffle(shuffled)
    for one in grown(some, said, POLICY):
        expected = watch_order(one.members, by_id, said, order, told)
        found = watch_order(one.members, by_id, shuffled, order, told)
        assert found.steps == expected.steps


def regrouped(grouping: list[int]) -> list[Unslugged]:
    groups: dict[int, set[UUID]] = {}
    for work, group in enumerate(grouping):
        if group:
            groups.setdefault(group, set()).add(number(work))
    return [Unslugged(min(some), ("Fate",), frozenset(some), "2006") for some in groups.values()]


@given(groupings, groupings, st.randoms(use_true_random=False))
def test_slugs_do_not_depend_on_the_order_of_franchises(
    old: list[int], new: list[int], chance: random.Random
) -> None:
    given_ = assigned([], {}, regrouped(old))
    standing = [Slugged(given_.slugs[one.root], one.members) for one in regrouped(old)]
    now = regrouped(new)
    expected = assigned(standing, {}, now)
    chance.shuffle(standing)
    chance.shuffle(now)
    assert assigned(standing, {}, now) == expected


joins = st.lists(
    st.lists(st.integers(0, WORKS - 1).map("mal:{}".format), min_size=2, max_size=3, unique=True),
    min_size=1,
    max_size=3,
)


@given(works, relations, joins)
def test_a_join_unites_all_works_of_the_franchises_that_it_names_works_of(
    some: list[FranchiseWork], said: list[Relation], named: list[list[str]]
) -> None:
    some = [msgspec.structs.replace(one, sources=(f"mal:{one.id.int}",)) for one in some]
    decided = [Join(tuple(ids), "a test of joins") for ids in named]
    policy = msgspec.structs.replace(POLICY, join=(*POLICY.join, *decided))
    sets = DisjointSets[UUID]()
    known = {one.id for one in some}
    for one in grown(some, said, POLICY):
        for record in records(one):
            sets.join(one.root, record)
    for ids in named:
        there = [one for one in (UUID(int=int(id_[4:])) for id_ in ids) if one in known]
        for first, other in pairwise(there):
            sets.join(first, other)
    united: dict[UUID, set[UUID]] = {}
    for id_ in known:
        united.setdefault(sets.root(id_), set()).add(id_)
    made = [
        [{member.work, *member.also} for member in one.members] for one in grown(some, said, policy)
    ]
    minor = {one.id for one in some if one.is_minor}
    for members in united.values():
        home = next((works for works in made if set().union(*works) >= members), [members])
        assert members <= set().union(*home)
        strangers = set().union(*(work for work in home if work.isdisjoint(members)))
        assert len(members) == 1 or strangers <= minor
