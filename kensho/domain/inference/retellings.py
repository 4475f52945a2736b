"""What begins a story anew continues no work of the story that it tells again.

Titles, dates and listings of a remake look like those of a sequel. Where a source or a curator says
that a work tells another one again, nothing of the story of the one is inferred to go on with
something of the story of the other.

Guarantees: pure; the order of relations does not matter.

Performance: 2 µs a relation.
"""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from kensho.domain.graphs import DisjointSets
from kensho.domain.relations import Kind

ONWARD: Final[frozenset[Kind]] = frozenset(("sequel", "prequel"))
"""The kinds that lead on within one story."""
AGAIN: Final[frozenset[Kind]] = frozenset(("alternative_version",))


class Retellings:
    """Which stories tell which others again, by stated relations: a work, another, and the kind.

    A story is what sequels connect.
    """

    def __init__(self, stated: Iterable[tuple[UUID, UUID, Kind]]) -> None:
        self._stories: DisjointSets[UUID] = DisjointSets()
        again: list[tuple[UUID, UUID]] = []
        for one, other, kind in stated:
            if kind in ONWARD:
                self._stories.join(one, other)
            elif kind in AGAIN:
                again.append((one, other))
        self._again = {self._pair(one, other) for one, other in again}

    def tell_apart(self, one: UUID, other: UUID) -> bool:
        """Tell whether the story of one work is told again by that of the other.

        Not where sequels lead from one to the other: then it is one story, whatever else is said.
        """
        pair = self._pair(one, other)
        return len(pair) > 1 and pair in self._again

    def _pair(self, one: UUID, other: UUID) -> frozenset[UUID]:
        return frozenset((self._stories.root(one), self._stories.root(other)))
