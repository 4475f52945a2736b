"""What became of franchises: which came, were split, merged and renamed, told from who moved where.

A slug is kept by the larger part of what splits and lost by the smaller of what merges. So a slug
that came and holds mostly works of other franchises was split off; one that went was taken up by
the franchise that most of its works are in now; and where these two are each other's, it is the
same franchise under another slug.

Guarantees: every slug that came or went is told of. A work that joined or left a franchise which is
there before and after is named in exactly one change of that franchise.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from kensho.domain.deltas import MEMBER, ROOT, TITLE, Delta, FactChanges
from kensho.read_model.change_views import ChangeKind

_MOST: Final = 0.5
"""A franchise that came was split off if more than half of its works belonged to others."""


class MovedMember(NamedTuple):
    """A work that joined a franchise, left it, or has another role there; `None` is no role."""

    work: UUID
    old: str | None
    new: str | None


class FranchiseEvent(msgspec.Struct, frozen=True):
    """What became of a franchise, as `Change` tells it; others by their slugs."""

    kind: ChangeKind
    slug: str
    others: tuple[str, ...] = ()
    members: tuple[MovedMember, ...] = ()
    facts: FactChanges = {}


class _Moves:
    """Who was a member of what before and after, as far as it differs."""

    def __init__(self, delta: Delta) -> None:
        self.members: dict[str, dict[UUID, MovedMember]] = {
            slug: {one.work: one for one in _moved(changes)}
            for slug, changes in delta.franchises.items()
        }
        self.left: dict[UUID, str] = {}
        self.joined: dict[UUID, str] = {}
        for slug, moved in self.members.items():
            self.left |= {one.work: slug for one in moved.values() if one.new is None}
            self.joined |= {one.work: slug for one in moved.values() if one.old is None}

    def to(self, slug: str) -> Counter[str]:
        """Count the works that left a franchise by where they are now."""
        return Counter(
            self.joined[one.work]
            for one in self.members[slug].values()
            if one.new is None and one.work in self.joined
        )

    def of(self, slug: str) -> Counter[str]:
        """Count the works that joined a franchise by where they were before."""
        return Counter(
            self.left[one.work]
            for one in self.members[slug].values()
            if one.old is None and one.work in self.left
        )

    def joined_total(self, slug: str) -> int:
        return sum(one.old is None for one in self.members[slug].values())


def _moved(changes: FactChanges) -> Iterable[MovedMember]:
    for name, (old, new) in changes.items():
        if name.startswith(MEMBER):
            yield MovedMember(
                UUID(name.removeprefix(MEMBER)),
                None if old is None else str(old),
                None if new is None else str(new),
            )


def franchise_events(delta: Delta) -> list[FranchiseEvent]:
    """Return what became of each franchise, in the order of slugs."""
    moves = _Moves(delta)
    came = {slug for slug, one in delta.franchises.items() if one.get(TITLE, ("", ""))[0] is None}
    gone = {slug for slug, one in delta.franchises.items() if one.get(TITLE, ("", ""))[1] is None}
    renamed = _renamed(moves, came, gone)
    merged = {
        slug: _first(moves.to(slug)) for slug in sorted(gone - renamed.keys()) if moves.to(slug)
    }
    split = {
        slug: _first(moves.of(slug))
        for slug in sorted(came - set(renamed.values()))
        if moves.of(slug).total() > _MOST * moves.joined_total(slug)
    }
    return sorted(
        _Telling(delta, moves, renamed).events(came, gone, merged, split),
        key=lambda one: (one.slug, one.kind),
    )


def _first(counted: Counter[str]) -> str:
    """Return what was counted most often; of equal ones the first in the order of slugs."""
    return min(counted, key=lambda slug: (-counted[slug], slug))


def _renamed(moves: _Moves, came: set[str], gone: set[str]) -> dict[str, str]:
    """Return the slugs that went with those that took their place: each the other's larger part."""
    renamed: dict[str, str] = {}
    for slug in sorted(gone):
        to = moves.to(slug)
        if to and (now := _first(to)) in came and _first(moves.of(now)) == slug:
            renamed[slug] = now
    return renamed


class _Telling:
    """Makes the events of franchises, each member's move in one of them."""

    def __init__(self, delta: Delta, moves: _Moves, renamed: Mapping[str, str]) -> None:
        self._delta = delta
        self._moves = moves
        self._renamed = renamed
        self._untold = {slug: dict(moved) for slug, moved in moves.members.items()}

    def events(
        self, came: set[str], gone: set[str], merged: Mapping[str, str], split: Mapping[str, str]
    ) -> Iterable[FranchiseEvent]:
        for into in sorted(set(merged.values())):
            others = sorted(slug for slug, to in merged.items() if to == into)
            yield FranchiseEvent("franchise_merged", into, tuple(others), self._from(into, others))
        for origin in sorted(set(split.values())):
            parts = sorted(slug for slug, of in split.items() if of == origin)
            yield FranchiseEvent("franchise_split", origin, tuple(parts), self._to(origin, parts))
        for former, now in self._renamed.items():
            members = self._under_two_names(former, now)
            facts = self._facts(now, former)
            yield FranchiseEvent("franchise_renamed", now, (former,), members, facts)
        told = merged.keys() | split.keys() | self._renamed.keys() | set(self._renamed.values())
        for slug in sorted(came - told):
            yield FranchiseEvent("franchise_came", slug, (), self._rest(slug))
        for slug in sorted(gone - told):
            yield FranchiseEvent("franchise_went", slug, (), self._rest(slug))
        for slug in sorted(self._delta.franchises.keys() - came - gone):
            yield from self._changed(slug)

    def _changed(self, slug: str) -> Iterable[FranchiseEvent]:
        facts = self._facts(slug)
        if TITLE in facts:
            yield FranchiseEvent("franchise_renamed", slug, facts={TITLE: facts.pop(TITLE)})
        members = self._rest(slug)
        if facts or members:
            yield FranchiseEvent("franchise_changed", slug, (), members, facts)

    def _facts(self, slug: str, former: str | None = None) -> FactChanges:
        """Return the changes of title and root; of a renamed franchise, from what they were."""
        now = self._delta.franchises[slug]
        was = now if former is None else self._delta.franchises[former]
        facts: FactChanges = {}
        for name in (TITLE, ROOT):
            if name in was or name in now:
                pair = (was.get(name, now.get(name, (None, None)))[0], now[name][1])
                facts |= {name: pair} if pair[0] != pair[1] else {}
        return facts

    def _from(self, into: str, others: list[str]) -> tuple[MovedMember, ...]:
        """Take the members that a franchise has of others out of what is untold."""
        untold = self._untold[into]
        works = [work for work in untold if self._moves.left.get(work) in others]
        for other in others:
            self._untold.pop(other, None)
        return tuple(untold.pop(work) for work in works)

    def _to(self, origin: str, parts: list[str]) -> tuple[MovedMember, ...]:
        """Take the members that a franchise lost to its parts out of what is untold."""
        lost = [
            one
            for one in self._moves.members[origin].values()
            if one.new is None and self._moves.joined.get(one.work) in parts
        ]
        for one in lost:
            self._untold.get(origin, {}).pop(one.work, None)
        return tuple(lost)

    def _under_two_names(self, former: str, now: str) -> tuple[MovedMember, ...]:
        """Take the members of both slugs of a franchise; return those that are not as they were."""
        was, now_is = self._untold.pop(former, {}), self._untold.pop(now, {})
        roles = {
            work: (
                was[work].old if work in was else None,
                now_is[work].new if work in now_is else None,
            )
            for work in {**was, **now_is}
        }
        return tuple(MovedMember(work, *pair) for work, pair in roles.items() if pair[0] != pair[1])

    def _rest(self, slug: str) -> tuple[MovedMember, ...]:
        return tuple(self._untold.pop(slug, {}).values())
