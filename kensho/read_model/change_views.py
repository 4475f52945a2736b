"""The documents of changes: what came, went and became another between two publications.

As in `views`, a member that is there only when known is left out of the JSON. A value that is left
out was not there: `new` alone came, `old` alone went. Relations read "`to` is the `kind` of
`from`".
"""

from typing import Final, Literal, TypeAlias, get_args
from uuid import UUID

import msgspec

from kensho.domain.deltas import Value
from kensho.domain.relations import Kind
from kensho.domain.works import WorkKind
from kensho.read_model.views import FranchiseRef

ChangeKind: TypeAlias = Literal[
    "franchise_came",
    "franchise_merged",
    "franchise_split",
    "franchise_renamed",
    "franchise_changed",
    "franchise_went",
    "work_came",
    "work_went",
    "work_changed",
    "relation_came",
    "relation_changed",
    "relation_went",
    "figures_moved",
]
CHANGE_KINDS: Final[tuple[ChangeKind, ...]] = get_args(ChangeKind)
"""In the order in which the changes of one publication are listed; a kind's place is its code."""


class ChangedWork(msgspec.Struct, frozen=True, omit_defaults=True):
    """A work that a change tells of: as it is after it, or was before it went."""

    id: UUID
    title: str
    kind: WorkKind
    anime_type: str
    year: int | None = None
    adult: bool = False


class ChangedFact(msgspec.Struct, frozen=True, omit_defaults=True):
    """A fact of a work, before and after; of facts that a work has several of, what came and went.

    A long text is told by how it begins, its length and a digest.
    """

    field: str
    old: Value = None
    new: Value = None
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


class ChangedMember(msgspec.Struct, frozen=True, omit_defaults=True):
    """A member of a franchise that came (it has `new`), went (`old`) or has another role."""

    work: ChangedWork
    old: str | None = None
    new: str | None = None


class ChangedRelation(msgspec.Struct, frozen=True, rename={"source": "from", "target": "to"}):
    """A relation between two works."""

    source: ChangedWork
    target: ChangedWork
    kind: Kind


class Change(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that changed.

    A work has the franchise that it belongs to now, or last belonged to. A work that went has the
    work that its id leads to in `became`. `others` are the franchises that a franchise took up, was
    split into, or was called before, or the one that a work belonged to before; `was` is what a
    relation was before.
    """

    id: UUID
    kind: ChangeKind
    work: ChangedWork | None = None
    franchise: FranchiseRef | None = None
    fields: tuple[ChangedFact, ...] = ()
    became: ChangedWork | None = None
    others: tuple[FranchiseRef, ...] = ()
    members: tuple[ChangedMember, ...] = ()
    relation: ChangedRelation | None = None
    was: ChangedRelation | None = None
