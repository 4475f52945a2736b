"""The relation that says best why a work is a member of a franchise: to which fellow, as what.

It is the strongest relation to a fellow member: one of a known kind before one of which nobody
says the kind, then one that says what the work is to the other (its sequel, a side story of it)
before one that says what the other is to it, then the surest and closest. Of equal ones the nearest
counts: the fellow whose title the work's title goes on from, then the one that was released nearest
to it.

Guarantees: pure, and independent of the order of relations. Summaries, songs, promotions,
crossovers, and what is only announced explain no other work unless nothing else does, nor is a work
called the parent of its extras.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from kensho.domain.franchise.franchises import Member
from kensho.domain.franchise.inputs import FranchiseWork, Relation, relation_key
from kensho.domain.relations import KIND_FACTS, METHOD_RANK, RelationKind, inverse
from kensho.domain.titles import folded
from kensho.domain.works import Role

_EXPLAINS_NONE: Final[frozenset[Role]] = frozenset(("summary", "music", "promotion", "crossover"))
_MONTHS_A_YEAR: Final = 12
_UNDATED: Final = 10_000
"""Further apart, in months, than any two works are."""


class MembershipRelation(NamedTuple):
    """A relation of a member to a fellow: the member is the `kind` of `fellow`."""

    fellow: UUID
    kind: RelationKind
    relation: Relation


_Key = tuple[bool, bool, bool, int, float, int, int, tuple[UUID, UUID, str, int, float]]


def membership_relations(
    members: Sequence[Member],
    works: Mapping[UUID, FranchiseWork],
    relations: Iterable[Relation],
) -> dict[UUID, MembershipRelation]:
    """Return the strongest relation of each member but the root, which is the first of them."""
    role_of = {one.work: one.role for one in members}
    work_of = {id_: one.work for one in members for id_ in (one.work, *one.also)}
    words = {work: folded(works[work].title) for work in role_of}
    best: dict[UUID, tuple[_Key, MembershipRelation]] = {}
    for relation in relations:
        source, target = work_of.get(relation.source), work_of.get(relation.target)
        if source is None or target is None or source == target:
            continue
        ends: tuple[tuple[UUID, UUID, RelationKind], ...] = (
            (target, source, relation.kind),
            (source, target, inverse(relation.kind)),
        )
        for work, fellow, kind in ends:
            explains = role_of[fellow] not in _EXPLAINS_NONE
            key = (
                not (explains and _may_explain(works[fellow], works[work], kind)),
                *_strength(kind, relation),
                -_shared_start(words[work], words[fellow]),
                _months_apart(works[work], works[fellow]),
                relation_key(relation),
            )
            if work not in best or key < best[work][0]:
                best[work] = key, MembershipRelation(fellow, kind, relation)
    root = members[0].work
    return {work: found for work, (_, found) in best.items() if work != root}


def _may_explain(fellow: FranchiseWork, work: FranchiseWork, kind: RelationKind) -> bool:
    """Tell whether a viewer who knows the one knows what the other, its `kind`, is."""
    if fellow.is_upcoming and not work.is_upcoming:
        return False
    return KIND_FACTS[kind].is_forward or work.is_minor or not fellow.is_minor


def _strength(kind: RelationKind, relation: Relation) -> tuple[bool, bool, int, float]:
    facts = KIND_FACTS[kind]
    is_of_other = facts.is_forward
    cost = facts.reason_cost + 1.0 - relation.confidence
    is_untold = facts.vague or facts.family == "group"
    return is_untold, not is_of_other, -METHOD_RANK[relation.method], cost


def _shared_start(work: str, fellow: str) -> int:
    """Return how many letters of a title are those of a fellow's whole title, which it begins with.

    A title that the fellow's begins with counts as well, for which of two is longer is chance.
    """
    short, long = sorted((work, fellow), key=len)
    return len(short) if f"{long} ".startswith(f"{short} ") else 0


def _months_apart(one: FranchiseWork, other: FranchiseWork) -> int:
    if not one.date or not other.date:
        return _UNDATED
    return abs(_month(one.date) - _month(other.date))


def _month(date: str) -> int:
    return int(date[:4]) * _MONTHS_A_YEAR + int(date[5:7] or 0)
