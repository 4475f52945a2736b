"""The documents of a franchise: its summary, its works with their roles, and its watch orders.

As in `views`, a member that is always there has no default, and one that is there only when known
is left out of the JSON. The read model keeps these documents of every franchise ready as bytes.
Relations read "`to` is the `kind` of `from`".
"""

from collections.abc import Iterable
from typing import Final, Literal, TypeAlias
from uuid import UUID

import msgspec

from kensho.domain.franchise.lines import LineKind
from kensho.domain.relations import Method, RelationKind
from kensho.domain.watch_order.order import Order, Rule
from kensho.domain.watch_order.rules import SetAsideCause
from kensho.domain.works import Role
from kensho.read_model.views import FranchiseRef, RelationEnds, Summary

ROLES: Final[tuple[Role, ...]] = (
    "main", "film", "spin_off", "alternative", "side", "summary", "crossover", "music", "promotion"
)  # fmt: skip
"""In the order in which a franchise lists them: stories of their own, then what goes with them."""
FOLDED_ROLES: Final[frozenset[Role]] = frozenset(("music", "promotion"))
"""The roles of works that pages show only when asked."""
ORDERS: Final[tuple[Order, ...]] = ("release", "story", "essential")
_HOUR_S: Final = 3600
SectionState: TypeAlias = Literal["ready", "planned"]


class FranchiseEdge(RelationEnds, frozen=True):
    """A relation within a franchise: by which method it was stated, how surely (0..1).

    `joined` is a collection's or a curator's word, `same_work` joins two records of one work.
    """

    kind: RelationKind
    method: Method
    confidence: float


class MemberWork(Summary, frozen=True, kw_only=True, omit_defaults=True):
    """A work of a franchise; `date` is as much of YYYY-MM-DD as is known."""

    year: int | None
    date: str | None = None
    duration_s: int | None = None


class FranchiseLine(msgspec.Struct, frozen=True):
    """A line of a franchise: works that continue one another, and what accompanies them.

    Lines stand in the sequence in which one is told to watch them and are numbered from 0. `kind`
    is what a line is to the franchise: the `story` of its root, a `retelling` of that, a story of
    its `own`, or a `spin_off`. `works` stand in the order of the document. `essential_total` counts
    those that are not optional, and `hours` tells how long these are; a line with none is to skip.
    """

    number: int
    title: str
    kind: LineKind
    works: tuple[UUID, ...]
    essential_total: int
    hours: int


class MemberReason(msgspec.Struct, frozen=True):
    """Why a work is a member, in one line, and the relation to a fellow member that says so."""

    text: str
    relation: FranchiseEdge


class FranchiseMember(msgspec.Struct, frozen=True, omit_defaults=True):
    """A member of a franchise: its role and line there, and the relations from the root to it.

    `also` are further records of the same work. The `reason` is the strongest relation to a fellow
    member; the root has none.
    """

    work: MemberWork
    role: Role
    because: tuple[FranchiseEdge, ...]
    line: int
    also: tuple[UUID, ...] = ()
    reason: MemberReason | None = None


class FranchiseGuest(msgspec.Struct, frozen=True, omit_defaults=True):
    """A work of another franchise (`home`) or of none, and the relations that lead to it."""

    work: MemberWork
    because: tuple[FranchiseEdge, ...]
    home: FranchiseRef | None = None


class SharedTag(msgspec.Struct, frozen=True):
    """A tag that members have in common: the share of them (0..1) that have it."""

    id: UUID
    name: str
    share: float


class Years(msgspec.Struct, frozen=True):
    """The years of the first and the latest member."""

    first: int
    last: int


class RoleCount(msgspec.Struct, frozen=True):
    """How many members have a role."""

    role: Role
    works: int


class Sections(msgspec.Struct, frozen=True):
    """What a franchise has ready, and what is planned."""

    anime: SectionState = "ready"
    manga: SectionState = "planned"
    community: SectionState = "planned"
    store: SectionState = "planned"


class FranchiseSummary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A franchise in a list; `poster_url` is that of its root."""

    slug: str
    title: str
    root: UUID
    works_total: int
    years: Years | None = None
    poster_url: str | None = None


class FranchiseDetail(FranchiseSummary, frozen=True, kw_only=True, omit_defaults=True):
    """A franchise: the root first, then members by date; roles in the order of `ROLES`.

    `namesakes` are franchises that bear the same name.
    """

    episodes_total: int
    roles: tuple[RoleCount, ...]
    lines: tuple[FranchiseLine, ...]
    tags: tuple[SharedTag, ...]
    members: tuple[FranchiseMember, ...]
    guests: tuple[FranchiseGuest, ...]
    namesakes: tuple[FranchiseRef, ...] = ()
    sections: Sections = msgspec.field(default_factory=Sections)


class StepReason(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a step stands where it does: the rule, what it went by, and both in words.

    That is an edge, a date or a curated chronology. `text` tells nothing of the story; `spoiler`
    does, and is to be hidden until somebody asks: why curators put the step there.
    """

    rule: Rule
    text: str
    edge: FranchiseEdge | None = None
    date: str | None = None
    spoiler: str | None = None


class WatchOrderStep(msgspec.Struct, frozen=True):
    """A work in an order; positions count from 1, and `line` is the number of its line."""

    work: MemberWork
    position: int
    role: Role
    optional: bool
    line: int
    because: tuple[StepReason, ...]


class SetAsideEdge(msgspec.Struct, frozen=True, omit_defaults=True):
    """An edge that the order contradicts, and why it had to; `spoiler` tells of the story.

    `cause` is what `why` says in words.
    """

    edge: FranchiseEdge
    why: str
    cause: SetAsideCause
    spoiler: str | None = None


class WatchOrderDocument(msgspec.Struct, frozen=True):
    """A watch order of a franchise: its steps, and the same works line by line."""

    slug: str
    title: str
    order: Order
    lines: tuple[FranchiseLine, ...]
    steps: tuple[WatchOrderStep, ...]
    set_aside: tuple[SetAsideEdge, ...]


def hours(works: Iterable[MemberWork]) -> int:
    """Return how long works last together, in hours; those of unknown length count nothing."""
    return round(sum((work.episodes or 1) * (work.duration_s or 0) for work in works) / _HOUR_S)
