"""Check franchises: each work in one at most, every reason a tie of the graph, every slug leads on.

Pure rules over one reading, 40 MB for 23,000 members. All of them are errors: franchises are
computed, so that no source can be to blame.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final
from uuid import UUID

import msgspec

from kensho.storage import tables
from kensho.storage.gateway import Gateway
from kensho.storage.rows import (
    GuestRow,
    MembershipReasonRow,
    MembershipRow,
    RetiredSlugRow,
    StoredFranchise,
)

Pair = tuple[UUID, UUID]


class CheckedFranchises(msgspec.Struct, frozen=True):
    """Franchises with their edges, the slugs that stand no more, and pairs that any edge ties."""

    franchises: Sequence[StoredFranchise] = ()
    members: Sequence[MembershipRow] = ()
    guests: Sequence[GuestRow] = ()
    retired: Sequence[RetiredSlugRow] = ()


EdgeEnds = Mapping[str, frozenset[Pair]]
"""The ends of the edges of each table, as their ids name them."""


def in_two_franchises(hubs: CheckedFranchises, _ties: EdgeEnds) -> Iterator[str]:
    """Yield the works that are at home in more than one franchise."""
    home: dict[UUID, str] = {}
    for member in hubs.members:
        first = home.setdefault(member.work, member.slug)
        if first != member.slug:
            yield f"{member.work}: at home in {first} and in {member.slug}"


def reasons_without_relation(hubs: CheckedFranchises, ties: EdgeEnds) -> Iterator[str]:
    """Yield the members and guests that name a tie which the graph does not have."""
    everybody: list[MembershipRow | GuestRow] = [*hubs.members, *hubs.guests]
    for one in everybody:
        for tie in one.because:
            if not _is_edge(tie, ties):
                said = f"no {tie.kind} tie joins {tie.source} and {tie.target}"
                yield f"{one.work} in {one.slug}: {said}"


def _is_edge(tie: MembershipReasonRow, ties: EdgeEnds) -> bool:
    forth, back = (tie.source, tie.target), (tie.target, tie.source)
    if tie.kind == "joined":  # a curator's decision, or a collection
        return True
    if tie.kind == "same_work" and tie.method == "inferred":  # told from titles, form and year
        return True
    if tie.kind == "same_work":
        return forth in ties["is_same_as"] or back in ties["is_same_as"]
    return back in ties["is_sequel_of"] if tie.kind == "sequel" else forth in ties["is_related_to"]


def missing_members(hubs: CheckedFranchises, _ties: EdgeEnds) -> Iterator[str]:
    """Yield the roots, and records of members, that are not at home where they say."""
    home = {member.work: member.slug for member in hubs.members}
    for franchise in hubs.franchises:
        if home.get(franchise.root) != franchise.slug:
            yield f"{franchise.slug}: its root {franchise.root} is not at home in it"
    for member in hubs.members:
        if member.record_of is not None and home.get(member.record_of) != member.slug:
            yield f"{member.work} in {member.slug}: a record of {member.record_of}, which is not"
    for guest in hubs.guests:
        if home.get(guest.work) == guest.slug:
            yield f"{guest.work}: at home in {guest.slug} and its guest"


def lost_slugs(hubs: CheckedFranchises, _ties: EdgeEnds) -> Iterator[str]:
    """Yield the slugs that stand and are retired, and those that lead to what does not stand."""
    standing = {franchise.slug for franchise in hubs.franchises}
    for one in hubs.retired:
        if one.slug in standing:
            yield f"{one.slug}: stands and is retired"
        if one.successor is not None and one.successor not in standing:
            yield f"{one.slug}: leads to {one.successor}, which does not stand"


RULES: Final[dict[str, Callable[[CheckedFranchises, EdgeEnds], Iterable[str]]]] = {
    "two homes": in_two_franchises,
    "reason without a tie": reasons_without_relation,
    "not a member": missing_members,
    "slug leads nowhere": lost_slugs,
}


async def read_franchises(gateway: Gateway) -> CheckedFranchises:
    """Read what the rules need."""
    return CheckedFranchises(
        await tables.franchises(gateway),
        [row async for page in tables.memberships(gateway) for row in page],
        [row async for page in tables.visits(gateway) for row in page],
        await tables.retired_slugs(gateway),
    )
