"""What curators hand in and are told: drafts of acts, what comes of them, and histories.

The service and ingestion speak of acts in these Structs; the service never imports ingestion.
"""

from typing import Any
from uuid import UUID

import msgspec

from kensho.domain.curator_acts import CuratorAct
from kensho.errors import FieldProblem


class ActDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a curator wants to state: `says` names works in any way that `naming` understands.

    `against` is the id of the last act that they know of; one that came after it and is about the
    same works refuses the draft.
    """

    says: dict[str, Any]
    author: str
    reason: str
    source: str | None = None
    against: str | None = None


class FactDifference(msgspec.Struct, frozen=True):
    """What of a work is not as it was: the field, what it was, and what it is now, in words."""

    work: str
    field: str
    before: str | None
    after: str | None


class FranchiseDifference(msgspec.Struct, frozen=True):
    """What becomes of one franchise: works by name, orders as they are before and after."""

    slug: str
    title: str
    is_new: bool = False
    is_gone: bool = False
    title_before: str | None = None
    joined: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    orders: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}


class ActOutcome(msgspec.Struct, frozen=True):
    """What came of acts, or would: which earlier ones they overrule, and what changes by name.

    `works` are those that the acts are about.
    """

    acts: tuple[CuratorAct, ...]
    overruled: tuple[CuratorAct, ...]
    facts: tuple[FactDifference, ...]
    franchises: tuple[FranchiseDifference, ...]
    revision: int
    is_trial: bool = False
    snapshot: str | None = None
    unpublished: str | None = None
    works: tuple[UUID, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing that anybody is shown changes."""
        return not self.facts and not self.franchises


class SaidFact(msgspec.Struct, frozen=True):
    """One thing that somebody says of a work: the field, the value in words, who, since when.

    `since` is the date of the source's release, or the time of the act; empty where it is not
    known. `act` is the curator's, with its reason; `counts` tells whether it is what the graph
    shows, and `against` who says what else that does. `about` is the other work of a relation.
    """

    field: str
    value: str
    source: str
    since: str
    counts: bool
    about: str = ""
    act: str | None = None
    author: str | None = None
    reason: str | None = None
    page: str | None = None
    against: str | None = None


class HistoryDocument(msgspec.Struct, frozen=True):
    """The history of a work or of a franchise: acts, the last first, and all that is said.

    `version` is the last act that there is, against which new ones can be made.
    """

    name: str
    title: str
    kind: str
    acts: tuple[CuratorAct, ...]
    said: tuple[SaidFact, ...]
    version: str | None
    works: dict[str, str] = {}


class ActLog(msgspec.Struct, frozen=True):
    """Acts, the last first: a part of the `total`; `works` are titles by the ids that acts use.

    `version` is the last act that there is.
    """

    acts: list[CuratorAct]
    total: int
    version: str | None
    works: dict[str, str] = {}


class CurationRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What the service asks of ingestion: acts, the history of `name`, or else the log.

    `store` are the settings of the store; they travel by pipe, for they may hold a password.
    """

    store: dict[str, str | int | float | None]
    folder: str
    wait_s: float
    drafts: tuple[ActDraft, ...] = ()
    is_trial: bool = False
    name: str | None = None
    limit: int = 50
    offset: int = 0


class CurationAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One of the three answers, or the class and message of an error."""

    outcome: ActOutcome | None = None
    history: HistoryDocument | None = None
    log: ActLog | None = None
    kind: str = ""
    message: str = ""
    problems: tuple[FieldProblem, ...] = ()
