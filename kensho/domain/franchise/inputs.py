"""The input of franchises and watch orders: works, and the relations between them.

Guarantees: plain values without I/O. A relation reads like every edge of the graph: "`target` is
the `kind` of `source`". Two kinds are added to those of the graph: `same_work` joins two records of
one work, `joined` is a curator's decision or a collection that a source states.
"""

from typing import Final
from uuid import UUID

import msgspec

from kensho.domain.relations import METHOD_RANK, Method, RelationKind
from kensho.domain.release_dates import UNKNOWN
from kensho.domain.works import AnimeType, WorkKind

_YEAR_CHARS: Final = 4
_SHORT_S: Final = 15 * 60
"""Half a television slot."""
_BRIEF_S: Final = 45 * 60
"""Shorter than any feature film: the least that the Academy counts as one is 40 minutes."""


class FranchiseWork(msgspec.Struct, frozen=True, gc=False):
    """The facts of a work that franchises and watch orders use.

    `titles` begin with the main one; `date` is as much of YYYY-MM-DD as is known, or empty;
    `popularity` runs 0..1, and so does `own_popularity`, which leaves out the place of the work in
    its series; `is_music` marks music videos, `is_recap` works made of the scenes of
    others, `is_promotion` advertisements, `is_parody` works that mock, `is_upcoming` works that are
    not released yet; `sources` are ids such as `"mal:20"`.
    """

    id: UUID
    titles: tuple[str, ...]
    type: AnimeType
    date: str = ""
    episodes: int | None = None
    duration_s: int | None = None
    popularity: float = 0.0
    own_popularity: float = 0.0
    sources: tuple[str, ...] = ()
    kind: WorkKind = "anime"
    is_music: bool = False
    is_recap: bool = False
    is_promotion: bool = False
    is_parody: bool = False
    is_upcoming: bool = False

    @property
    def title(self) -> str:
        """The main title."""
        return self.titles[0]

    @property
    def date_key(self) -> str:
        """The date, or a key that sorts last if it is unknown."""
        return self.date or UNKNOWN

    @property
    def year(self) -> int | None:
        """The year in which it began, if that is known."""
        return int(self.date[:_YEAR_CHARS]) if self.date else None

    @property
    def is_short(self) -> bool:
        """Whether an episode is known to be shorter than half a television slot."""
        return self.duration_s is not None and self.duration_s < _SHORT_S

    @property
    def is_brief(self) -> bool:
        """Whether the whole work is known to be shorter than any feature film."""
        return self.duration_s is not None and self.duration_s * (self.episodes or 1) < _BRIEF_S

    @property
    def is_minor(self) -> bool:
        """Whether this accompanies another work: a song, an advertisement, a brief special."""
        if self.is_music:
            return True
        if self.type in ("tv", "movie") and not self.is_short:
            return False
        if self.duration_s is None:
            return self.type in ("special", "unknown")
        return self.is_brief


class Relation(msgspec.Struct, frozen=True, gc=False):
    """A relation between two works: `target` is the `kind` of `source`.

    `method` says how it is known and `confidence` how surely (0..1). Where works are numbered, a
    `NodeRelation` adds the numbers of the two works; popularity uses the shorter `KindEdge`.
    """

    source: UUID
    target: UUID
    kind: RelationKind
    method: Method = "stated"
    confidence: float = 1.0


class Timeline(msgspec.Struct, frozen=True):
    """Works of a franchise in the order of their story, as curators decided, with their reason."""

    works: tuple[UUID, ...]
    reason: str


def relation_key(relation: Relation) -> tuple[UUID, UUID, str, int, float]:
    """Return the sort key of a relation, which makes results independent of input order."""
    return (
        relation.source,
        relation.target,
        relation.kind,
        -METHOD_RANK[relation.method],
        -relation.confidence,
    )
