"""Work items: what in the catalogue a curator should look at, and what became of it.

An item is *found* by something that looks (sources that contradict one another, a rule of the
check, a search that nothing answers) or told by a reader. Its id is a digest of what it is about,
so that it is the same whenever it is found; its `digest` is one of what was found of it. A state
that somebody gave it stays for as long as the digest does.
"""

import hashlib
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, TypeAlias, get_args
from uuid import UUID

import msgspec

from kensho.errors import InvalidInputError

ItemKind: TypeAlias = Literal[
    "conflict", "finding", "twin", "inferred", "search", "correction", "report"
]
"""Sources that contradict one another; findings of `kensho check`; records that are perhaps not one
work; kinds that were inferred with doubt; searches that nothing answers; searches that people then
corrected; what readers report."""
ItemState: TypeAlias = Literal["open", "accepted", "fixed", "wontfix"]
"""To be looked at; right, and to be done; done, or gone by itself; not to be done."""
ItemAction: TypeAlias = Literal["accept", "fix", "wontfix", "reopen", "assign"]

ITEM_KINDS: Final[tuple[ItemKind, ...]] = get_args(ItemKind)
ITEM_STATES: Final[tuple[ItemState, ...]] = get_args(ItemState)
ITEM_ACTIONS: Final[tuple[ItemAction, ...]] = get_args(ItemAction)
STATE_AFTER: Final[Mapping[ItemAction, ItemState]] = {
    "accept": "accepted",
    "fix": "fixed",
    "wontfix": "wontfix",
    "reopen": "open",
}
"""The state that each action leads to; `assign` leaves it as it is."""
UNDONE: Final[tuple[ItemState, ...]] = ("open", "accepted")
"""The states of items that there is something to do about."""
BY_ITSELF: Final = "kensho"
"""The author of changes that nobody made."""
MAX_REASON_CHARS: Final = 1_000
MAX_NAME_CHARS: Final = 64
_ID_BYTES: Final = 6
"""Of 10,000 items two have one id with a probability of 2e-7."""


class ItemWork(msgspec.Struct, frozen=True, omit_defaults=True):
    """A work that an item is about: its own page here, and its page at a provider if it has one."""

    id: UUID
    title: str
    page: str
    provider_page: str | None = None


class FoundItem(msgspec.Struct, frozen=True, kw_only=True):
    """What was found: `about` tells items of one kind apart, `facts` is what else must not change.

    `weight` runs 0..1: what more people see comes first. `text` is a search that people typed.
    """

    kind: ItemKind
    about: tuple[str, ...]
    sentence: str
    facts: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    works: tuple[ItemWork, ...] = ()
    page: str | None = None
    weight: float = 0.0
    adult: bool = False
    text: str | None = None
    settled: "Settled | None" = None

    @property
    def id(self) -> str:
        """Return the id of the item."""
        return digest_of(self.kind, *self.about)

    @property
    def digest(self) -> str:
        """Return the digest of what was found."""
        return digest_of(*self.facts)


class Settled(msgspec.Struct, frozen=True):
    """That whoever looks already knows it is not to be done: who said so, and why."""

    by: str
    reason: str


class QueueItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A work item as it stands; times are in UTC. `version` counts its changes."""

    id: str
    kind: ItemKind
    state: ItemState
    sentence: str
    evidence: tuple[str, ...]
    works: tuple[ItemWork, ...]
    page: str | None = None
    text: str | None = None
    assignee: str | None = None
    weight: float
    adult: bool = False
    found_at: str
    changed_at: str
    version: int


class ItemChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """One change of an item: when, by whom, what, why. `assignee` is who has it since, if named."""

    at: str
    author: str
    action: str
    before: ItemState
    after: ItemState
    reason: str | None = None
    assignee: str | None = None


class ItemChangeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A change that somebody asks for; `version` is that of the item they saw, if they say so."""

    action: ItemAction
    author: str
    reason: str = ""
    assignee: str | None = None
    version: int | None = None


class QueueRefreshRequest(msgspec.Struct, frozen=True):
    """What service and ingestion ask the command line: to look around works, or at everything.

    `variables` are settings that differ from those of the environment. For `wait_s` seconds whoever
    has the store open is waited for; `store` is its address, where that is another than configured.
    """

    variables: dict[str, str]
    works: tuple[UUID, ...]
    wait_s: float
    store: str | None = None


class RefreshCounts(NamedTuple):
    """What a refresh did: items that are new, that changed or came back, that went, that stand."""

    new: int
    changed: int
    gone: int
    kept: int


def told_of(counts: RefreshCounts) -> str:
    """Return what a refresh did as words for a terminal."""
    return (
        f"{counts.new:,} new, {counts.changed:,} changed or back, {counts.gone:,} gone,"
        f" {counts.kept:,} as before"
    )


def checked(request: ItemChangeRequest) -> ItemChangeRequest:
    """Return a request whose texts have no spaces around them.

    Raises:
        InvalidInputError: a reason is missing or too long, or a name is.
    """
    reason, author = request.reason.strip(), request.author.strip()
    assignee = (request.assignee or "").strip() or None
    if request.action == "wontfix" and not reason:
        raise InvalidInputError.of("reason", "say why it is not to be done")
    if len(reason) > MAX_REASON_CHARS:
        raise InvalidInputError.of(
            "reason", f"it has {len(reason):,} characters; at most {MAX_REASON_CHARS:,} are kept"
        )
    for field, name in (("author", author), ("assignee", assignee or "x")):
        if not 1 <= len(name) <= MAX_NAME_CHARS:
            raise InvalidInputError.of(field, f"{name!r}: expected 1 to {MAX_NAME_CHARS} letters")
    return msgspec.structs.replace(request, reason=reason, author=author, assignee=assignee)


def state_when_found_again(before: ItemState, *, changed: bool, was_gone: bool) -> ItemState:
    """Return the state of an item that is found again, in another form or after it was gone.

    What somebody decided stands while what it is about does; what went by itself is open again when
    it comes back.
    """
    if changed and before in ("fixed", "wontfix"):
        return "open"
    return "open" if was_gone and before == "fixed" else before


def digest_of(*parts: str) -> str:
    """Return a short digest of texts in this order."""
    digest = hashlib.blake2b(digest_size=_ID_BYTES)
    for part in parts:
        body = part.encode()
        digest.update(len(body).to_bytes(4, "big") + body)
    return digest.hexdigest()
