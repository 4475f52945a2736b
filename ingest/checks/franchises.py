"""Check franchises: each work in one at most, every reason an edge, every retired slug leads on.

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
    """Franchises with their edges, and the retired slugs."""

    franchises: Sequence[StoredFranchise] = ()
    members: Sequence[MembershipRow] = ()
    guests: Sequence[GuestRow] = ()
    retired: Sequence[RetiredSlugRow] = ()


EdgeEnds = Mapping[str, frozenset[Pair]]
"""The ends of the edges of each table, as their ids name them."""


def in_two_franchises(checked: CheckedFranchises, _ends: EdgeEnds) -> Iterator[str]:
    """Yield the works that are at home in more than one franchise."""
    home: dict[UUID, str] = {}
    for member in checked.members:
        first = home.setdefault(member.work, member.slug)
        if first != member.slug:
            yield f"{member.work}: at home in {first} and in {member.slug}"


def reasons_without_relation(checked: CheckedFranchises, ends: EdgeEnds) -> Iterator[str]:
    """Yield the members and guests that name a relation which the graph does not have."""
    everybody: list[MembershipRow | GuestRow] = [*checked.members, *checked.guests]
    for one in everybody:
        for reason in one.because:
            if not _is_edge(reason, ends):
                missing = f"no {reason.kind} relation joins {reason.source} and {reason.target}"
                yield f"{one.work} in {one.slug}: {missing}"


def _is_edge(reason: MembershipReasonRow, ends: EdgeEnds) -> bool:
    forth, back = (reason.source, reason.target), (reason.target, reason.source)
    if reason.kind == "joined":  # a curator's decision, or a collection
        return True
    if reason.kind == "same_work" and reason.method == "inferred":  # by titles, form and year
        return True
    if reason.kind == "same_work":
        return forth in ends["is_same_as"] or back in ends["is_same_as"]
    return (
        back in ends["is_sequel_of"] if reason.kind == "sequel" else forth in ends["is_related_to"]
    )


def missing_members(checked: CheckedFranchises, _ends: EdgeEnds) -> Iterator[str]:
    """Yield the roots, and records of members, that are not at home where they say."""
    home = {member.work: member.slug for member in checked.members}
    for franchise in checked.franchises:
        if home.get(franchise.root) != franchise.slug:
            yield f"{franchise.slug}: its root {franchise.root} is not at home in it"
    for member in checked.members:
        if member.record_of is not None and home.get(member.record_of) != member.slug:
            yield f"{member.work} in {member.slug}: a record of {member.record_of}, which is not"
    for guest in checked.guests:
        if home.get(guest.work) == guest.slug:
            yield f"{guest.work}: at home in {guest.slug} and its guest"


def lost_slugs(checked: CheckedFranchises, _ends: EdgeEnds) -> Iterator[str]:
    """Yield slugs that are both in use and retired, and those that lead to no franchise."""
    slugs = {franchise.slug for franchise in checked.franchises}
    for one in checked.retired:
        if one.slug in slugs:
            yield f"{one.slug}: is in use and retired"
        if one.successor is not None and one.successor not in slugs:
            yield f"{one.slug}: leads to {one.successor}, which is no franchise"


RULES: Final[dict[str, Callable[[CheckedFranchises, EdgeEnds], Iterable[str]]]] = {
    "in two franchises": in_two_franchises,
    "reason without a relation": reasons_without_relation,
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
