"""Franchises in the shape of their rows: the node, its members and guests with their reasons.

Pure. Another record of a member is a member of its own, whose reason is the member's and the
relations that make both one work; of a double (`kensho.domain.franchise.doubles`), that it is one.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from uuid import UUID

import msgspec

from kensho.domain.franchise.doubles import DOUBLE
from kensho.domain.franchise.franchises import Franchise, Guest, Member
from kensho.domain.franchise.inputs import FranchiseWork, Relation, Timeline
from kensho.domain.graphs import cheapest_paths
from kensho.domain.works import Role, WorkKind


class MemberContent(msgspec.Struct, frozen=True, omit_defaults=True):
    """An `in_franchise` edge; `record_of` is the member that this is another record of."""

    work: UUID
    table: WorkKind
    role: Role
    because: tuple[Relation, ...]
    record_of: UUID | None = None


class GuestContent(msgspec.Struct, frozen=True):
    """A `visits_franchise` edge."""

    work: UUID
    table: WorkKind
    because: tuple[Relation, ...]


class FranchiseContent(msgspec.Struct, frozen=True):
    """A franchise without its slug; `names` are titles to make one of, the best first."""

    root: UUID
    root_table: WorkKind
    title: str
    names: tuple[str, ...]
    year: str
    members: tuple[MemberContent, ...]
    guests: tuple[GuestContent, ...]
    digest: str
    timelines: tuple[Timeline, ...] = ()


def contents_of(
    franchises: Iterable[Franchise], works: Mapping[UUID, FranchiseWork], same: Iterable[Relation]
) -> Iterator[FranchiseContent]:
    """Yield franchises of these `works` as they are to be stored; `same` join records of one."""
    by_end = _by_end(same)
    for franchise in franchises:
        members = tuple(_member_rows(franchise.members, by_end, works))
        guests = tuple(_guest_rows(franchise.guests, works))
        root = works[franchise.root]
        content = (franchise.title, franchise.root, members, guests, franchise.timelines)
        yield FranchiseContent(
            root=franchise.root,
            root_table=root.kind,
            title=franchise.title,
            names=(franchise.title, *root.titles),
            year=root.date[:4],
            members=members,
            guests=guests,
            timelines=franchise.timelines,
            digest=hashlib.blake2b(msgspec.json.encode(content), digest_size=12).hexdigest(),
        )


def _member_rows(
    members: Iterable[Member],
    same: Mapping[UUID, Sequence[Relation]],
    works: Mapping[UUID, FranchiseWork],
) -> Iterator[MemberContent]:
    for one in members:
        yield MemberContent(one.work, works[one.work].kind, one.role, one.because)
        for record, path in _records(one, same):
            because = (*one.because, *path)
            yield MemberContent(record, works[record].kind, one.role, because, record_of=one.work)


def _guest_rows(
    guests: Iterable[Guest], works: Mapping[UUID, FranchiseWork]
) -> Iterator[GuestContent]:
    for one in guests:
        yield GuestContent(one.work, works[one.work].kind, one.because)


def _records(
    member: Member, same: Mapping[UUID, Sequence[Relation]]
) -> Iterator[tuple[UUID, tuple[Relation, ...]]]:
    """Yield the other records of a member, each with the relations that lead to it."""
    wanted = {member.work, *member.also}

    def steps(record: UUID) -> Iterator[tuple[float, UUID, Relation]]:
        for one in same.get(record, ()):
            other = one.target if one.source == record else one.source
            if other in wanted:
                yield 1.0, other, one

    found = cheapest_paths(member.work, steps)
    for record in member.also:
        double = Relation(record, member.work, "same_work", "inferred", DOUBLE)
        yield record, found.get(record, (double,))


def _by_end(relations: Iterable[Relation]) -> dict[UUID, list[Relation]]:
    found: dict[UUID, list[Relation]] = {}
    for one in relations:
        found.setdefault(one.source, []).append(one)
        found.setdefault(one.target, []).append(one)
    return found
