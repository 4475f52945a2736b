"""Slugs that last, against an oracle that remembers every state: they follow members, not runs."""

import random
from collections.abc import Iterable
from typing import Final, TypeAlias
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from kensho.domain.graphs import last_successor
from kensho.domain.slugs import PastSlug, Slugged, SlugMemory, Unslugged, assigned, works_digest
from tests.support.small_franchises import number

WORKS: Final = 9
Groups: TypeAlias = frozenset[frozenset[UUID]]

chances = st.integers(0, 2**40).map(random.Random)


class Store:
    """What is kept of franchises and slugs between runs."""

    def __init__(self) -> None:
        self.standing: dict[str, frozenset[UUID]] = {}
        self.redirects: dict[str, str | None] = {}
        self.members: dict[str, frozenset[UUID]] = {}
        self.past: list[PastSlug] = []
        self.ever: dict[str, set[UUID]] = {}

    def run(self, groups: Groups) -> None:
        before = [Slugged(slug, members) for slug, members in self.standing.items()]
        now = [Unslugged(min(some), ("Fate",), some, "2006") for some in groups]
        given_ = assigned(before, self.redirects, now, SlugMemory(self.past, self.members))
        self.past += given_.past
        gone = self.standing.keys() - given_.slugs.values()
        self.members |= {slug: self.standing[slug] for slug in gone}
        self.redirects = dict(given_.redirects)
        self.standing = {given_.slugs[one.root]: one.members for one in now}
        assert len(self.standing) == len(now)

    def assigned(self) -> dict[frozenset[UUID], str]:
        return {members: slug for slug, members in self.standing.items()}


def some_groups(chance: random.Random, works: Iterable[UUID]) -> Groups:
    homes: dict[int, set[UUID]] = {}
    for work in works:
        homes.setdefault(chance.randint(0, 4), set()).add(work)
    return frozenset(frozenset(some) for home, some in homes.items() if home and len(some) > 1)


def a_part(chance: random.Random, groups: Groups) -> Groups:
    """Return groups of which some, or some of their works, are missing or elsewhere."""
    kept = [work for group in groups for work in group if chance.random() < 0.7]
    if chance.random() < 0.3:
        return some_groups(chance, kept)
    parts = (frozenset(work for work in group if work in kept) for group in groups)
    return frozenset(part for part in parts if len(part) > 1)


def a_history(chance: random.Random) -> list[Groups]:
    works = [number(n) for n in range(WORKS)]
    whole = [some_groups(chance, works) for _ in range(chance.randint(1, 3))]
    chosen = [chance.choice(whole) for _ in range(chance.randint(2, 14))]
    return [a_part(chance, one) if chance.random() < 0.5 else one for one in chosen]


@given(chances)
def test_where_franchises_are_again_what_they_were_so_are_their_slugs(
    chance: random.Random,
) -> None:
    store = Store()
    seen: dict[Groups, object] = {}
    for groups in a_history(chance):
        store.run(groups)
        assert seen.setdefault(groups, store.assigned()) == store.assigned()


@given(chances)
def test_every_slug_stands_or_is_retired_and_leads_to_one_that_stands_or_nowhere(
    chance: random.Random,
) -> None:
    store = Store()
    for groups in a_history(chance):
        store.run(groups)
        assert store.standing.keys().isdisjoint(store.redirects)
        assert store.ever.keys() <= store.standing.keys() | store.redirects.keys()
        ends = [last_successor(slug, store.redirects) for slug in store.redirects]
        assert {end for end in ends if end is not None} <= store.standing.keys()
        store.ever |= {slug: set() for slug in store.standing}


@given(chances)
def test_a_slug_is_never_given_to_works_that_share_none_with_those_that_bore_it(
    chance: random.Random,
) -> None:
    store = Store()
    for groups in a_history(chance):
        store.run(groups)
        for slug, members in store.standing.items():
            known = store.ever.setdefault(slug, set(members))
            assert not known.isdisjoint(members)
            known |= members


@given(chances)
def test_a_franchise_that_goes_on_keeps_its_slug_unless_one_returns_that_bore_it(
    chance: random.Random,
) -> None:
    store = Store()
    for groups in a_history(chance):
        before, now = store.assigned(), {works_digest(members) for members in groups}
        returning = {one.slug for one in store.past if one.works in now}
        evicted = {one.works for one in store.past}
        store.run(groups)
        for members, slug in store.assigned().items():
            if members in before and works_digest(members) not in evicted:
                assert slug == before[members] or before[members] in returning
