"""What a few changed relations change of the franchises of a large component.

Works cluster group by group, the pair first that agrees most of all; what two groups agree in
depends on them alone. So groups between which nothing was joined come out alone as they do among
all others, in the same order of steps, and a change within one can change no other unless it is
joined with one. A franchise depends further on the groups next to its own, on what visits it from
these, and on how many groups are next to a visitor. So of the groups that the change touches
(`start`), franchises are computed anew of these and of those next to them (`inside`), among the
groups at most two further (`around`). The result is taken where every work among them came into the
groups that it was in; else all is computed.

Small works are attached by all groups that they are linked with. What was attached stays so where
no work is grouped otherwise, and where a relation that comes or goes is within one group, or
between two that are no mere accompaniment of others.

Guarantees: pure; what is taken is equal to a computation of the whole component
(`tests/property/test_groups_near_property.py`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from ingest.pipeline.franchises.computing import ComputedFranchises
from ingest.pipeline.franchises.inputs import InferredKind, with_inferred_kinds
from ingest.pipeline.franchises.relation_changes import RelationChange
from ingest.pipeline.franchises.relation_table import RelationTable
from ingest.pipeline.relations import RelationEdge
from kensho.domain.franchise.policy import Policy
from kensho.domain.franchise.work_groups import GroupKeys
from kensho.domain.graphs import reachable
from kensho.domain.inference.retellings import ONWARD

LARGE: Final = 300
"""Works from which on only what is near a change is computed, and groups are kept for it: to
compute all of it takes less than a second below, .2 s of that its franchises."""
_GROUPS_AROUND: Final = 2


class ChangedKinds(NamedTuple):
    """A change of relations, with what is inferred of the components before and after it."""

    change: RelationChange
    before: Sequence[InferredKind]
    after: Sequence[InferredKind]

    @property
    def ends(self) -> frozenset[UUID]:
        """The works at the ends of all relations that differ."""
        retold = set(self.before) ^ set(self.after)
        return self.change.ends.union(*((one.source, one.target) for one in retold))

    def stories(self, works: Iterable[UUID]) -> set[UUID]:
        """Return what sequels connect with any of `works`, before or after the change."""
        near: dict[UUID, list[UUID]] = {}
        for one, other in self._onward():
            near.setdefault(one, []).append(other)
            near.setdefault(other, []).append(one)
        return reachable(works, lambda work: near.get(work, ()))

    def _onward(self) -> Iterator[tuple[UUID, UUID]]:
        for table in self.change.before, self.change.after:
            yield from ((one, other) for one, other, _ in table.of_kinds(ONWARD))
        for kinds in self.before, self.after:
            yield from ((k.source, k.target) for k in kinds if k.assertion.kind in ONWARD)

    def linking(self, policy: Policy) -> set[frozenset[UUID]]:
        """Return the pairs that come or go among those that may join works."""
        before, after = (
            {
                frozenset((edge.source, edge.target))
                for edge in with_inferred_kinds(
                    (one.edge for one in table.of_works(self.change.ends)), inferred
                )
                if policy.action(edge.kind) != "exclude"
            }
            for table, inferred in (
                (self.change.before, self.before),
                (self.change.after, self.after),
            )
        )
        return before ^ after


class Surroundings(NamedTuple):
    """The works of the groups that may change, of those that decide of it, and all to be read.

    `known` are those too whose facts count for how well known the works `around` are.
    """

    inside: frozenset[UUID]
    around: frozenset[UUID]
    known: frozenset[UUID]


def surroundings(
    kinds: ChangedKinds,
    groups: Mapping[UUID, GroupKeys],
    links: Iterable[Sequence[UUID]],
    policy: Policy,
) -> Surroundings | None:
    """Return what to compute anew after a change, given the groups before it.

    `links` are what connects works beside relations. `None` where works may be grouped otherwise.
    """
    start = kinds.stories(kinds.ends)
    if not start <= groups.keys() or not _stays_attached(kinds.linking(policy), groups):
        return None
    table = kinds.change.after
    grouped = _Grouped(groups, table, links)
    inside = around = grouped.wider(grouped.whole(start))
    for _ in range(_GROUPS_AROUND):
        around = grouped.wider(around)
    return Surroundings(inside, around, around | table.near(around) | kinds.stories(around))


class _Grouped:
    """Works in groups, and what connects them."""

    def __init__(
        self,
        groups: Mapping[UUID, GroupKeys],
        table: RelationTable,
        links: Iterable[Sequence[UUID]],
    ) -> None:
        self._groups = groups
        self._table = table
        self._members: dict[UUID, list[UUID]] = {}
        for work, keys in groups.items():
            self._members.setdefault(keys.joined, []).append(work)
        self._linked: dict[UUID, set[UUID]] = {}
        for works in links:
            for work in works:
                self._linked.setdefault(work, set()).update(works)

    def whole(self, works: Iterable[UUID]) -> frozenset[UUID]:
        """Return all works of the groups of some."""
        names = {self._groups[work].joined for work in works if work in self._groups}
        return frozenset(work for name in names for work in self._members[name])

    def wider(self, works: frozenset[UUID]) -> frozenset[UUID]:
        """Return all works of these whole groups and of those next to them."""
        linked = (self._linked.get(work, ()) for work in works)
        return self.whole(works.union(self._table.near(works), *linked))


def _stays_attached(pairs: Iterable[frozenset[UUID]], groups: Mapping[UUID, GroupKeys]) -> bool:
    """Tell whether pairs that come or go between groups leave it as it is what is attached."""
    for pair in pairs:
        if not pair <= groups.keys():
            return False
        grown = {groups[work].grown for work in pair}
        if len(grown) > 1 and any(
            all(keys.is_minor for keys in groups.values() if keys.grown == group) for group in grown
        ):
            return False
    return True


def relations_around(
    table: RelationTable, near: Surroundings, inferred: Sequence[InferredKind]
) -> list[RelationEdge]:
    """Return the relations among the works to be read, with inferred kinds."""
    return with_inferred_kinds((one.edge for one in table.between(near.known)), inferred)


def taken(
    found: ComputedFranchises, near: Surroundings, groups: Mapping[UUID, GroupKeys]
) -> ComputedFranchises | None:
    """Return the franchises `inside`, where all works `around` are grouped as they were."""
    if any(found.groups[work] != groups[work] for work in near.around):
        return None
    contents = [one for one in found.contents if one.root in near.inside]
    return ComputedFranchises(contents, {})
