"""Teasers: brief works that come out shortly before the series they announce.

They are watched after it.

A special belongs to the work whose title its own begins with, of several to that with the longest;
otherwise to the work by which it is a member.

Guarantees: pure; a teaser goes by a relation that exists.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Final
from uuid import UUID

from kensho.domain.franchise.franchises import Member
from kensho.domain.franchise.inputs import FranchiseWork, Relation, relation_key
from kensho.domain.titles import folded
from kensho.domain.watch_order.optional import is_beside
from kensho.domain.watch_order.rules import BELONGS, OrderRule, Place, month_of

_MONTHS: Final = 3
"""What comes out at most so many months before its series announces it: the season before. Chosen
by hand; the orders of people do not tell (docs/decisions/0009 measures the whole)."""


def teasers(
    members: Sequence[Member],
    works: Mapping[UUID, FranchiseWork],
    relations: Iterable[Relation],
    work_of: Mapping[UUID, UUID],
    places: Mapping[UUID, Place],
) -> Iterator[OrderRule]:
    """Yield that each teaser comes after what it announced."""
    beside = {one.work: one.because[-1] for one in members if is_beside(one, works[one.work])}
    words = {member.work: folded(works[member.work].title) for member in members}
    for extra, hosts in _hosts(beside, relations, work_of).items():
        named = [
            (len(words[host]), host, relation)
            for host, relation in hosts
            if host not in beside and words[extra].startswith(f"{words[host]} ")
        ]
        joined = [(0, host, relation) for host, relation in hosts if relation == beside[extra]]
        for _, host, relation in sorted(named or joined, key=lambda one: -one[0])[:1]:
            if 0 <= month_of(places[host]) - month_of(places[extra]) <= _MONTHS:
                yield OrderRule(host, extra, BELONGS, relation)


def _hosts(
    beside: Container[UUID], relations: Iterable[Relation], work_of: Mapping[UUID, UUID]
) -> dict[UUID, list[tuple[UUID, Relation]]]:
    """Return the works that each extra is related to, by which relations, in the order of those."""
    found: dict[UUID, list[tuple[UUID, Relation]]] = {}
    for relation in sorted(relations, key=relation_key):
        one, other = work_of.get(relation.source), work_of.get(relation.target)
        if one is None or other is None or one == other:
            continue
        for extra, host in ((one, other), (other, one)):
            if extra in beside:
                found.setdefault(extra, []).append((host, relation))
    return found
