"""Relations of which sources name different kinds: who says what of which two works.

Guarantees: a conflict is what it is in the graph, more than one kind besides "related" asserted of
one relation; each is listed once, in its canonical direction, in the order of the edges. Conflicts
of which either work is adult are left out, and counted, where adult works are hidden.

Performance: 0.3 s for the first question about a snapshot, which looks through all its relations.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec
import numpy as np

from kensho.discovery.adult import works_shown
from kensho.discovery.snapshot_service import PerSnapshot, SnapshotService
from kensho.domain.relations import Assertion, Kind, is_contradictory
from kensho.read_model.holder import Snapshot
from kensho.read_model.model import ReadModel

_ASSERTIONS: Final = msgspec.json.Decoder(tuple[Assertion, ...])


class Conflict(NamedTuple):
    """A relation in doubt, by its works' nodes: `target` is the `kind` of `source`, it is held."""

    source: int
    target: int
    kind: Kind
    assertions: tuple[Assertion, ...]


class ConflictList(NamedTuple):
    """Part of a list of conflicts, how many there are in all, and how many are hidden as adult."""

    conflicts: list[Conflict]
    total: int
    hidden: int


class ConflictService(SnapshotService):
    """What sources contradict one another in, of one snapshot."""

    def __init__(
        self, snapshot: Snapshot, all_conflicts: PerSnapshot[Sequence[Conflict]], *, safe: bool
    ) -> None:
        super().__init__(snapshot, safe=safe)
        self._all = all_conflicts

    def conflicts(
        self, nodes: Iterable[int] | None, limit: int, *, skip: int = 0, safe: bool
    ) -> ConflictList:
        """Return conflicts that any of `nodes` is an end of, or all where that is `None`."""
        found = self._all.of(self.model)
        if nodes is not None:
            ends = frozenset(nodes)
            found = [one for one in found if one.source in ends or one.target in ends]
        shown = [one for one in found if self._is_shown(one, safe=safe)]
        return ConflictList(shown[skip : skip + limit], len(shown), len(found) - len(shown))

    def _is_shown(self, one: Conflict, *, safe: bool) -> bool:
        ends = np.array((one.source, one.target), dtype=np.int32)
        return len(works_shown(self.model, ends, safe=safe)) == len(ends)


def conflicts_in(model: ReadModel) -> Sequence[Conflict]:
    """Return every conflict of a snapshot."""
    return [
        Conflict(*model.edge(edge), read)
        for edge in range(model.relations_total)
        if (read := _contradictory(model.assertions(edge))) is not None
    ]


@lru_cache(maxsize=4096)
def _contradictory(assertions: bytes) -> tuple[Assertion, ...] | None:
    """Return what is asserted if it is contradictory; many edges bear one list."""
    read = _ASSERTIONS.decode(assertions)
    return read if is_contradictory(read) else None
