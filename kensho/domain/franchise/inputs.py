"""What franchises and watch orders are computed from: works, and the relations between them.

Guarantees: plain values without I/O. A relation reads as every edge of the graph does, "`target` is
the `kind` of `source`". Two kinds are added to those of the graph: `same_work` joins two records of
one work, `joined` is a curator's word or a collection that a source states.
"""

from typing import Final
from uuid import UUID

import msgspec

from kensho.domain.relations import METHOD_RANK, Method, RelationKind
from kensho.domain.release_dates import UNKNOWN
from kensho.domain.works import AnimeType, WorkKind

_SHORT_S: Final = 15 * 60
"""Less than half of a television slot."""
_BRIEF_S: Final = 45 * 60
"""Shorter than any feature film: the least that the Academy counts as one is 40 minutes."""


class FranchiseWork(msgspec.Struct, frozen=True, gc=False):
    """A work as franchises see it.

    `titles` begin with the main one; `date` is as much of YYYY-MM-DD as is known, or empty;
    `popularity` runs 0..1; `is_music` says that it shows a song, `is_recap` that it is made of the
    scenes of others; `sources` are ids such as `"mal:20"`.
    """

    id: UUID
    titles: tuple[str, ...]
    type: AnimeType
    date: str = ""
    episodes: int | None = None
    duration_s: int | None = None
    popularity: float = 0.0
    sources: tuple[str, ...] = ()
    kind: WorkKind = "anime"
    is_music: bool = False
    is_recap: bool = False

    @property
    def title(self) -> str:
        """The main title."""
        return self.titles[0]

    @property
    def date_key(self) -> str:
        """The date, where the unknown sorts last."""
        return self.date or UNKNOWN

    @property
    def is_short(self) -> bool:
        """Whether an episode is known to be shorter than half a television slot."""
        return self.duration_s is not None and self.duration_s < _SHORT_S

    @property
    def is_minor(self) -> bool:
        """Whether this goes with another work: a song, an advertisement, a brief special."""
        if self.is_music:
            return True
        if self.type in ("tv", "movie") and not self.is_short:
            return False
        if self.duration_s is None:
            return self.type in ("special", "unknown")
        return self.duration_s * (self.episodes or 1) < _BRIEF_S


class Relation(msgspec.Struct, frozen=True, gc=False):
    """`target` is the `kind` of `source`: who says so, and how surely (0..1).

    The one relation between works of the domain. Where works are numbered, a `NodeRelation` says
    which nodes one joins, and a `KindEdge` is what popularity needs of it.
    """

    source: UUID
    target: UUID
    kind: RelationKind
    method: Method = "stated"
    confidence: float = 1.0


class Timeline(msgspec.Struct, frozen=True):
    """Works of a franchise in the order in which their story runs, as curators say, and why."""

    works: tuple[UUID, ...]
    reason: str


def relation_key(relation: Relation) -> tuple[UUID, UUID, str, int, float]:
    """Return what relations are sorted by, so that the order they come in does not matter."""
    return (
        relation.source,
        relation.target,
        relation.kind,
        -METHOD_RANK[relation.method],
        -relation.confidence,
    )
