"""Small franchises for tests: works by letter, relations between them, and the curated policy."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from ingest import curation
from kensho.domain.franchise.franchises import Franchise, franchises
from kensho.domain.franchise.inputs import FranchiseWork, Relation
from kensho.domain.franchise.policy import Policy
from kensho.domain.relations import RelationKind
from kensho.domain.title_words import Rarity, words_of

TELLS = 7.0
"""How much a word tells that one work in a thousand bears."""
GRAMMAR = frozenset(("no", "the", "of"))


def number(key: str | int) -> UUID:
    """Return the id of the work of a letter or number."""
    return UUID(int=key if isinstance(key, int) else ord(key))


def work(key: str | int, title: str, date: str = "2010-04-01", **facts: Any) -> FranchiseWork:
    usual = {"type": "tv", "episodes": 12, "duration_s": 1440, "popularity": 0.5}
    known = {**usual, **facts}
    known.setdefault("own_popularity", known["popularity"])
    return FranchiseWork(id=number(key), titles=(title,), date=date, **known)


def relation(pair: str, kind: RelationKind = "related", **facts: Any) -> Relation:
    """Return the relation that says "the second work of the pair is the kind of the first"."""
    return Relation(number(pair[0]), number(pair[1]), kind, **facts)


@st.composite
def told_apart(draw: st.DrawFn, count: int) -> dict[int, set[int]]:
    """Draw of which of so many works, by node, a source says how they are related."""
    told: dict[int, set[int]] = {}
    for one, other in draw(st.lists(st.tuples(*[st.integers(0, count - 1)] * 2), max_size=2)):
        if one != other:
            told.setdefault(one, set()).add(other)
            told.setdefault(other, set()).add(one)
    return told


def rare(works: Iterable[FranchiseWork]) -> Rarity:
    """Return a rarity by which every word names but grammar: few works have no statistics."""
    words = {word for one in works for word in words_of(one.titles)}
    return Rarity({word: 1.0 if word in GRAMMAR else TELLS for word in words})


def curated() -> Policy:
    """Return the policy that comes with Kenshō."""
    return curation.load().policy


def grown(
    works: Iterable[FranchiseWork], relations: Iterable[Relation], policy: Policy | None = None
) -> list[Franchise]:
    every = list(works)
    return franchises(every, relations, policy or curated(), rare=rare(every))


def homes(found: Iterable[Franchise]) -> set[frozenset[UUID]]:
    """Return the works of each franchise, with all their records."""
    return {
        frozenset(id_ for one in franchise.members for id_ in (one.work, *one.also))
        for franchise in found
    }


def together(*keys: str) -> set[frozenset[UUID]]:
    return {frozenset(number(key) for key in group) for group in keys}
