"""What a few changed relations change of the kinds that are inferred, in a large component.

What is inferred of a pair depends on the works at most three relations away, and on the story that
its works are of. So kinds are inferred anew around the change alone; all others stay.

Guarantees: pure; with what stays, the kinds are those of a computation of the whole component.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Final, NamedTuple
from uuid import UUID

from ingest.pipeline.franchises.relation_table import ListedRelation, RelationTable
from kensho.domain.graphs import connected, reachable
from kensho.domain.inference.retellings import AGAIN, ONWARD, Retellings

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


def is_connected(
    works: Iterable[UUID], pairs: Iterable[Sequence[UUID]], links: Iterable[Sequence[UUID]]
) -> bool:
    """Tell whether works are of one component: connected by relations, or by what else links."""
    home = connected([*pairs, *links])
    return len({home.get(work, work) for work in works}) == 1
