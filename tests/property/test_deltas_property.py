"""What differs between snapshots, against a comparison fact by fact; and differences in a row."""

import contextlib
from collections.abc import Iterator
from uuid import UUID

import msgspec
from hypothesis import given, settings

from kensho.domain import deltas
from kensho.domain.deltas import CARD_FACTS, Delta, compose
from kensho.read_model.change_lists import changes_of
from kensho.read_model.change_views import CHANGE_KINDS
from kensho.read_model.comparison import delta_between
from kensho.read_model.franchise_changes import franchise_events
from kensho.read_model.history import packed, unpacked
from kensho.read_model.snapshot_folder import OpenFolder
from tests.support.catalogue_states import State, card_of, expected_delta, states, written
from tests.support.examples import examples
from tests.support.read_models import scratch_folder

steady = settings(
    deadline=None, max_examples=examples(25)
)  # an example writes a hundred files: its time is the machine's


@contextlib.contextmanager
def snapshots(*given_states: State) -> Iterator[list[OpenFolder]]:
    """Write states as snapshots and open them."""
    with scratch_folder() as root:
        yield [
            OpenFolder.open(written(root, state, revision))
            for revision, state in enumerate(given_states, start=1)
        ]


def bare(delta: Delta) -> Delta:
    """Return a delta without the names of what it mentions."""
    shortened = {  # a long synopsis is told by an excerpt: whether it differs is what counts
        work: {
            name: (True, False) if name == "synopsis" else values
            for name, values in changes.items()
        }
        for work, changes in delta.changed.items()
    }
    return msgspec.structs.replace(delta, cards={}, titles={}, changed=shortened)


@steady
@given(states(), states())
def test_a_delta_is_what_differs_fact_by_fact(before: State, after: State) -> None:
    with snapshots(before, after) as (old, new):
        delta = delta_between(old, new)
    assert bare(delta) == bare(expected_delta(before, after))
    assert unpacked(packed(delta)) == delta
    assert packed(unpacked(packed(delta))) == packed(delta)
    mentioned = deltas.mentioned_works(delta)
    assert delta.cards == {
        work: card_of(after if work in after.works else before, work)
        for work in mentioned
        if work in after.works or work in before.works
    }
    assert delta.is_empty == (not mentioned and not delta.franchises)


@steady
@given(states())
def test_a_snapshot_does_not_differ_from_one_of_the_same_works(state: State) -> None:
    with snapshots(state, state) as (old, new):
        assert delta_between(old, new) == Delta()


def known_of(delta: Delta, absent: set[UUID]) -> Delta:
    """Return a delta as far as a composition can tell it, where these works were absent between."""
    changed = {
        work: {name: pair for name, pair in changes.items() if name in CARD_FACTS}
        if work in absent
        else changes
        for work, changes in delta.changed.items()
    }
    changed = {work: changes for work, changes in changed.items() if changes}
    went = dict.fromkeys(delta.went)
    return deltas.trimmed(msgspec.structs.replace(delta, changed=changed, went=went))


@steady
@given(states(), states(), states())
def test_two_deltas_in_a_row_are_the_delta_of_the_ends(
    first: State, second: State, third: State
) -> None:
    with snapshots(first, second, third) as (one, two, three):
        composed = compose([delta_between(one, two), delta_between(two, three)])
        direct = delta_between(one, three)
    absent = set(first.works) - set(second.works)
    assert known_of(composed, absent) == known_of(direct, absent)


@steady
@given(states(), states())
def test_a_delta_and_its_opposite_are_nothing(before: State, after: State) -> None:
    with snapshots(before, after) as (old, new):
        there, back = delta_between(old, new), delta_between(new, old)
    assert compose([there, back]).is_empty
    assert compose([there, Delta()]) == compose([Delta(), there]) == compose([there]) == there
    assert compose([]) == Delta()


@steady
@given(states(), states())
def test_changes_tell_all_that_differs_once(before: State, after: State) -> None:
    with snapshots(before, after) as (old, new):
        delta = delta_between(old, new)
    listed = changes_of(delta, "1..2")
    assert listed == changes_of(unpacked(packed(delta)), "1..2")
    codes = [CHANGE_KINDS.index(one.change.kind) for one in listed]
    assert codes == sorted(codes)
    assert len({one.change.id for one in listed}) == len(listed)
    works = [one.change.work.id for one in listed if one.change.work is not None]
    assert sorted(works) == sorted({*delta.came, *delta.went, *delta.changed})
    edges = [
        (relation.source.id, relation.target.id, relation.kind)
        for one in listed
        for relation in (one.change.relation, one.change.was)
        if relation is not None
    ]
    assert sorted(edges) == sorted([*delta.edges_came, *delta.edges_went])


@steady
@given(states(), states())
def test_what_became_of_franchises_accounts_for_every_slug_and_member(
    before: State, after: State
) -> None:
    with snapshots(before, after) as (old, new):
        delta = delta_between(old, new)
    events = franchise_events(delta)
    told = {slug for event in events for slug in (event.slug, *event.others)}
    assert told == delta.franchises.keys()
    for slug in before.franchises.keys() & after.franchises.keys():
        was, now = dict(before.franchises[slug].roles), dict(after.franchises[slug].roles)
        moved = {work for work in {**was, **now} if was.get(work) != now.get(work)}
        named = [member.work for event in events if event.slug == slug for member in event.members]
        assert sorted(named) == sorted(moved)
