"""Teasers: brief works released shortly before the series they announce, and watched after it.

A special belongs to the related work whose title is the beginning of its own (to the one with the
longest title if there are several), otherwise to the work through which it is a member.

Guarantees: pure; every teaser has a relation to the work it announces.
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
"""A brief work announces a series if it is released at most this many months before it: one season.
Chosen by hand; published watch orders do not show it (docs/decisions/0009 measures the whole)."""


def teasers(
    members: Sequence[Member],
    works: Mapping[UUID, FranchiseWork],
    relations: Iterable[Relation],
    work_of: Mapping[UUID, UUID],
    places: Mapping[UUID, Place],
) -> Iterator[OrderRule]:
    """Yield a rule for each teaser that it comes after the work it announces."""
    beside = {
        member.work: member.because[-1]
        for member in members
        if is_beside(member, works[member.work])
    }
    words = {member.work: folded(works[member.work].title) for member in members}
    for extra, hosts in _hosts(beside, relations, work_of).items():
        by_title = [
            (len(words[host]), host, relation)
            for host, relation in hosts
            if host not in beside and words[extra].startswith(f"{words[host]} ")
        ]
        by_membership = [
            (0, host, relation) for host, relation in hosts if relation == beside[extra]
        ]
        for _, host, relation in sorted(by_title or by_membership, key=lambda host: -host[0])[:1]:
            if 0 <= month_of(places[host]) - month_of(places[extra]) <= _MONTHS:
                yield OrderRule(host, extra, BELONGS, relation)


def _hosts(
    beside: Container[UUID], relations: Iterable[Relation], work_of: Mapping[UUID, UUID]
) -> dict[UUID, list[tuple[UUID, Relation]]]:
    """Return the works that each extra is related to, with the relations, sorted by relation."""
    found: dict[UUID, list[tuple[UUID, Relation]]] = {}
    for relation in sorted(relations, key=relation_key):
        one, other = work_of.get(relation.source), work_of.get(relation.target)
        if one is None or other is None or one == other:
            continue
        for extra, host in ((one, other), (other, one)):
            if extra in beside:
                found.setdefault(extra, []).append((host, relation))
    return found
