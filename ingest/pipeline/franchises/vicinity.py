"""Compute the kinds and franchises that a few changed relations can change, in a large component.

What is inferred of a pair depends on the works at most three relations away, and a franchise in
practice on those around it. So the franchises around the change are computed twice, of the
relations as they were and as they are. Where the first makes what is stored, and the two differ
near the change alone, what differs is what a computation of the whole component would change.

Guarantees: pure but for the reading of works. Where the two do not show that, the answer is `None`,
and the component is to be computed whole.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Final, NamedTuple
from uuid import UUID

from ingest.pipeline.franchises.computing import FranchiseComputing
from ingest.pipeline.franchises.inputs import (
    InferredKind,
    WorkCollection,
    with_inferred_kinds,
)
from ingest.pipeline.franchises.relation_table import ListedRelation, RelationTable
from ingest.pipeline.franchises.rows import FranchiseContent
from ingest.pipeline.franchises.work_facts import FranchiseWorkRow
from kensho.domain.franchise.inputs import Relation
from kensho.domain.graphs import connected, reachable
from kensho.domain.inference.retellings import AGAIN, ONWARD, Retellings

REACHES: Final = (1, 2)
"""Rings, the middle counted, in which franchises may differ: what is tried, one after the other.

Two more rings are computed, of which what is in the inner ones depends, and the next of which shows
that no more differs. Franchises are related to some ten others: with a reach of 2, of 60 random
changes of the largest component 53 were told rightly and the others not at all."""
_BEYOND: Final = 2
PAGES_AWAY: Final = 3
"""Relations from an affected work to the farthest of which it counts who has a page of it."""
_TOLD: Final = ONWARD | AGAIN


class RelationChange(NamedTuple):
    """All relations before and after a change, and the works at whose ends they differ."""

    before: RelationTable
    after: RelationTable
    ends: frozenset[UUID]


def change_of(before: RelationTable, after: RelationTable, works: Set[UUID]) -> RelationChange:
    """Return what changed, given that no relation without an end in `works` did."""
    differing = set(before.of_works(works)) ^ set(after.of_works(works))
    return RelationChange(before, after, frozenset(end for one in differing for end in one.pair))


class KindsAround(NamedTuple):
    """Relations of which another kind may be inferred now, and all that decides of it.

    `works` are their ends and what is related to these, `around` all relations of those.
    """

    pairs: Sequence[ListedRelation]
    works: frozenset[UUID]
    around: Sequence[ListedRelation]
    retold: Retellings


def affected(change: RelationChange) -> frozenset[UUID]:
    """Return the works of which the surroundings changed, by which kinds are inferred.

    Those are the ends of what changed and the works next to them; and, where a story goes on or is
    told again otherwise, all works of the story.
    """
    found = set(change.ends)
    for table in change.before, change.after:
        found |= table.near(change.ends)
        if any(one.edge.kind in _TOLD for one in table.of_works(change.ends)):
            found |= _stories(table, change.ends)
    return frozenset(found)


def kinds_around(
    table: RelationTable, works: Set[UUID], pages: Mapping[UUID, frozenset[str]]
) -> KindsAround:
    """Return the relations that end at any of `works` and of which a kind may be inferred."""
    asked = [one for one in table.of_works(works) if one.is_inferable(pages)]
    ends = frozenset(end for one in asked for end in one.pair)
    near = ends | table.near(ends)
    return KindsAround(asked, near, table.of_works(near), Retellings(table.of_kinds(_TOLD)))


def _stories(table: RelationTable, works: Iterable[UUID]) -> set[UUID]:
    """Return all that sequels connect with any of `works`."""
    onward: dict[UUID, list[UUID]] = {}
    for one, other, _ in table.of_kinds(ONWARD):
        onward.setdefault(one, []).append(other)
        onward.setdefault(other, []).append(one)
    return reachable(works, lambda work: onward.get(work, ()))


class Groups(NamedTuple):
    """What holds works together besides relations: franchises as stored, records, collections."""

    franchises: Mapping[UUID, frozenset[UUID]]
    same: Sequence[Relation]
    collections: Sequence[WorkCollection]


class Vicinity(NamedTuple):
    """The works around a change in whole franchises, and those of them that it may concern.

    `beside` are the works of the next ring; members may change among those of `core`, for then the
    guests of the next franchises may change too. `groups` are all franchises of `works`, as stored.
    """

    works: frozenset[UUID]
    inner: frozenset[UUID]
    beside: frozenset[UUID]
    core: frozenset[UUID]
    groups: frozenset[frozenset[UUID]]
    same: Sequence[Relation]
    collections: Sequence[WorkCollection]

    def is_connected(self, table: RelationTable, ends: Set[UUID]) -> bool:
        """Tell whether works are of one component, as can be told of the works around them."""
        links: list[Sequence[UUID]] = [tuple(one.pair) for one in table.of_works(ends)]
        if _connects(links, ends):
            return True
        links += [tuple(one.pair) for one in table.between(self.works)]
        links += [(one.source, one.target) for one in self.same]
        links += [works for _, works in self.collections]
        return _connects(links, ends)


def _connects(links: Iterable[Sequence[UUID]], works: Iterable[UUID]) -> bool:
    home = connected(links)
    return len({home.get(work, work) for work in works}) == 1


def vicinity_of(
    ends: Set[UUID], tables: Iterable[RelationTable], groups: Groups, reach: int
) -> Vicinity:
    """Return the franchises of some works, those related to them, and so on."""
    fellows: dict[UUID, set[UUID]] = {}
    for one in groups.same:
        fellows.setdefault(one.source, set()).add(one.target)
        fellows.setdefault(one.target, set()).add(one.source)
    for _, works in groups.collections:
        for work in works:
            fellows.setdefault(work, set()).update(works)
    known = list(tables)

    def whole(works: Iterable[UUID]) -> set[UUID]:
        return {w for work in works for w in groups.franchises.get(work, (work,))}

    rings = [whole(ends)]
    found = set(rings[0])
    for _ in range(reach - 1 + _BEYOND):
        outer: set[UUID] = set[UUID]().union(*(table.near(rings[-1]) for table in known))
        outer.update(*(fellows[work] for work in rings[-1] if work in fellows))
        rings.append(whole(outer - found) - found)
        found |= rings[-1]
    return Vicinity(
        frozenset(found),
        frozenset().union(*rings[:reach]),
        frozenset(rings[reach]),
        frozenset().union(*rings[: reach - 1]),
        frozenset(groups.franchises[work] for work in found if work in groups.franchises),
        [one for one in groups.same if one.source in found and one.target in found],
        [
            WorkCollection(title, tuple(work for work in works if work in found))
            for title, works in groups.collections
            if not found.isdisjoint(works)
        ],
    )


def franchises_around(
    vicinity: Vicinity,
    computing: FranchiseComputing,
    rows: Sequence[FranchiseWorkRow],
    relations: tuple[tuple[RelationTable, Sequence[InferredKind]], ...],
    stored: Mapping[UUID, str],
) -> list[FranchiseContent] | None:
    """Return the franchises of the inner works, given all relations before and after the change.

    With each come the inferred kinds; `stored` are the digests of franchises by root.
    """
    (table_before, kinds_before), (table_after, kinds_after) = relations
    inner = vicinity.inner

    def made(table: RelationTable, kinds: Sequence[InferredKind]) -> list[FranchiseContent]:
        edges = with_inferred_kinds((r.edge for r in table.between(vicinity.works)), kinds)
        return computing.contents(edges, vicinity.same, vicinity.collections, rows)

    def is_as_stored(some: Iterable[FranchiseContent], works: Set[UUID]) -> bool:
        found = {one.root: one.digest for one in some if one.root in works}
        return found == {root: digest for root, digest in stored.items() if root in works}

    def outside(some: Iterable[FranchiseContent]) -> set[str]:
        return {one.digest for one in some if not inner.issuperset(_works(one))}

    after = made(table_after, kinds_after)
    # Who is a guest depends on the groups around it: they must come out as they are, to the edge.
    is_still = _groups(after) == vicinity.groups
    if not (is_still and is_as_stored(after, inner | vicinity.beside)):  # else nothing changes
        before = made(table_before, kinds_before)
        if _groups(before) != vicinity.groups or not is_as_stored(before, inner | vicinity.beside):
            return None
        if outside(before) != outside(after):
            return None
        if not vicinity.core.issuperset(_moved(before, after)):
            return None
    return [one for one in after if inner.issuperset(_works(one))]


def _moved(before: Iterable[FranchiseContent], after: Iterable[FranchiseContent]) -> set[UUID]:
    """Return the works that are with others than before."""
    return {work for works in _groups(before) ^ _groups(after) for work in works}


def _groups(contents: Iterable[FranchiseContent]) -> frozenset[frozenset[UUID]]:
    return frozenset(frozenset(_works(one)) for one in contents)


def _works(content: FranchiseContent) -> set[UUID]:
    return {one.work for one in content.members}
