"""Chains of works that continue one another, none of which holds two tellings of one story.

Guarantees: pure, and independent of the order of relations; every member is in exactly one chain.
Works of a curated order are in one chain whatever relations say.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, pairwise
from typing import Final, NamedTuple
from uuid import UUID

from kensho.domain.franchise.inputs import FranchiseWork, Relation, relation_key
from kensho.domain.graphs import DisjointSets
from kensho.domain.relations import KIND_FACTS, METHOD_RANK
from kensho.domain.works import AnimeType, Role

_LARGE: Final[frozenset[AnimeType]] = frozenset(("tv", "ona", "movie"))
_SERIES: Final[frozenset[AnimeType]] = frozenset(("tv", "ona"))
_ACCOMPANIES: Final[frozenset[Role]] = frozenset(("summary", "music", "promotion", "crossover"))
"""Roles of works that join no others."""
_YEAR: Final = re.compile(r" (?:19|20)[0-9]{2}$| tv$")


class KnownMember(NamedTuple):
    """A member with what lines go by: its role and reason, its folded title and parts of that."""

    work: FranchiseWork
    role: Role
    because: tuple[Relation, ...]
    words: str
    stem: str
    core: str

    @property
    def is_large(self) -> bool:
        """Whether this is a series or a film of full length."""
        work = self.work
        return work.type in _LARGE and not work.is_minor and not work.is_short

    @property
    def is_series(self) -> bool:
        """Whether this is a series of full-length episodes."""
        return self.is_large and self.work.type in _SERIES

    @property
    def words_without_year(self) -> str:
        """The title without the year that tells a remake from what it tells anew."""
        return _YEAR.sub("", self.words)


class MemberRelation(NamedTuple):
    """A relation between two members."""

    source: UUID
    target: UUID
    relation: Relation


class _Step(NamedTuple):
    """`then` continues `first`, and the relation that says so."""

    first: UUID
    then: UUID
    relation: Relation


class Chains:
    """The chain of each member."""

    def __init__(self, known: Mapping[UUID, KnownMember], chains: Iterable[Iterable[UUID]]) -> None:
        self._known: Final = known
        self._chains: Final = [sorted(chain, key=self._by_date) for chain in chains]
        self._of: Final = {work: chain for chain in self._chains for work in chain}

    def of(self, work: UUID) -> Sequence[UUID]:
        """Return the chain of a work, by date."""
        return self._of[work]

    def by_date(self) -> list[Sequence[UUID]]:
        """Return all chains by the date of their first work."""
        return sorted(self._chains, key=lambda chain: self._by_date(chain[0]))

    def _by_date(self, work: UUID) -> tuple[str, UUID]:
        return self._known[work].work.date_key, work


def chains_of(
    known: Mapping[UUID, KnownMember],
    relations: Iterable[MemberRelation],
    curated: Iterable[Sequence[UUID]],
) -> Chains:
    """Return the chains of members, by all relations between them and the curated orders."""
    inside = list(relations)
    tellings = {
        frozenset((source, target))
        for source, target, relation in inside
        if KIND_FACTS[relation.kind].family == "retelling" and source != target
    }
    growing = _Growing(known, tellings)
    for works in curated:
        for one, other in pairwise(works):
            growing.join(one, other)
    steps = _steps(known, inside)
    late = set(_late_prequels(known, steps, tellings))
    for step in sorted(steps, key=lambda step: _surest_first(known, step)):
        if (step.first, step.then) not in late and not growing.tells_twice(step.first, step.then):
            growing.join(step.first, step.then)
    return Chains(known, growing.groups())


def _steps(known: Mapping[UUID, KnownMember], relations: Iterable[MemberRelation]) -> list[_Step]:
    found: list[_Step] = []
    for source, target, relation in relations:
        facts = KIND_FACTS[relation.kind]
        if facts.family == "story" and source != target:
            first, then = (source, target) if facts.is_forward else (target, source)
            if _ACCOMPANIES.isdisjoint((known[first].role, known[then].role)):
                found.append(_Step(first, then, relation))
    return found


def _surest_first(
    known: Mapping[UUID, KnownMember], step: _Step
) -> tuple[int, float, bool, tuple[UUID, UUID, str, int, float]]:
    relation = step.relation
    contradicts_dates = known[step.first].work.date_key > known[step.then].work.date_key
    return (
        -METHOD_RANK[relation.method],
        -relation.confidence,
        contradicts_dates,
        relation_key(relation),
    )


def _late_prequels(
    known: Mapping[UUID, KnownMember],
    steps: Iterable[_Step],
    tellings: set[frozenset[UUID]],
) -> Iterator[tuple[UUID, UUID]]:
    """Yield the steps from a prequel that leads to several tellings and is no part of the first."""
    onward: dict[UUID, set[UUID]] = {}
    for step in steps:
        onward.setdefault(step.first, set()).add(step.then)
    for first, thens in onward.items():
        for one, other in combinations(sorted(thens), 2):
            earlier = min(known[one].work.date_key, known[other].work.date_key)
            if frozenset((one, other)) in tellings and known[first].work.date_key > earlier:
                yield first, one
                yield first, other


class _Growing:
    """Groups of works that are joined one by one."""

    def __init__(
        self, known: Mapping[UUID, KnownMember], tellings: Iterable[frozenset[UUID]]
    ) -> None:
        self._groups: Final[DisjointSets[UUID]] = DisjointSets()
        self._members: Final = {work: {work} for work in known}
        self._rivals: Final[dict[UUID, set[UUID]]] = {work: set() for work in known}
        for one, other in map(sorted, tellings):
            self._rivals[one].add(other)
            self._rivals[other].add(one)

    def tells_twice(self, one: UUID, other: UUID) -> bool:
        """Tell whether two groups together would hold two tellings of one story."""
        ours, theirs = self._root(one), self._root(other)
        return ours != theirs and not self._rivals[ours].isdisjoint(self._members[theirs])

    def join(self, one: UUID, other: UUID) -> None:
        """Join the groups of two works."""
        ours, theirs = self._root(one), self._root(other)
        if self._groups.join(ours, theirs):
            self._members[ours] |= self._members.pop(theirs)
            self._rivals[ours] |= self._rivals.pop(theirs)

    def groups(self) -> list[set[UUID]]:
        """Return all groups."""
        return list(self._members.values())

    def _root(self, work: UUID) -> UUID:
        return self._groups.root(work)
