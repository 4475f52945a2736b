"""Why a work belongs to a franchise, and the works of one in groups: made of the hub for pages.

Guarantees: pure; a reason is the path of ties from the work back to where the franchise begins, as
`sentences` tells it, without the work itself, whose title stands above.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from kensho.domain.franchise.inputs import RelationKind
from kensho.domain.franchise.roles import Role
from kensho.read_model.franchise_views import (
    ROLES,
    FranchiseDetail,
    FranchiseEdge,
    FranchiseGuest,
    FranchiseMember,
    MemberWork,
)
from kensho.read_model.sentences import cited, inverse, sentence
from kensho.web import formatting
from kensho.web.messages import Messages


class ShownMember(NamedTuple):
    """A work, and in words why it is here; `note` says how sure that is, where it is a guess."""

    work: MemberWork
    facts: str
    why: str
    note: str
    guest: FranchiseGuest | None = None


class RoleGroup(NamedTuple):
    """The works of one role."""

    role: Role
    works: list[ShownMember]


class MembershipReasons:
    """Tells why works belong to a franchise."""

    def __init__(self, hub: FranchiseDetail, wording: Messages) -> None:
        self.wording: Final = wording
        self._work_of = _records(hub)
        self._titles = {work.id: work.title for work in works_of(hub)}

    def of(self, work: UUID, because: Sequence[FranchiseEdge]) -> str:
        """Return the path from a work to the root, as what the work is."""
        told = self._told(work, because)
        if told is None:
            key = "hub.why_root" if not because else "hub.why_tied"
            return self.wording.say(key)
        titles, kinds = told
        words = sentence(titles, kinds).removeprefix(f"{cited(titles[0])} is ")
        return words[:1].upper() + words[1:]

    def note(self, because: Iterable[FranchiseEdge]) -> str:
        """Return how sure a reason is, where a part of it is only inferred."""
        sure = [edge.confidence for edge in because if edge.method == "inferred"]
        if not sure:
            return ""
        return self.wording.say("hub.why_inferred", sure=formatting.percent(min(sure)))

    def _told(
        self, work: UUID, because: Sequence[FranchiseEdge]
    ) -> tuple[list[str], list[RelationKind]] | None:
        """Return titles and kinds along the path, the work first; `None` for a broken one."""
        path, kinds = [work], list[RelationKind]()
        for edge in reversed(because):
            source, target = self._work_of.get(edge.source), self._work_of.get(edge.target)
            if source is None or target is None or path[-1] not in (source, target):
                return None
            goes_on = source == path[-1]
            kinds.append(edge.kind if goes_on else inverse(edge.kind))
            path.append(target if goes_on else source)
        return ([self._titles[one] for one in path], kinds) if kinds else None


def works_of(hub: FranchiseDetail) -> Iterator[MemberWork]:
    """Yield every work that a hub shows."""
    yield from (member.work for member in hub.members)
    yield from (guest.work for guest in hub.guests)


def _records(hub: FranchiseDetail) -> Mapping[UUID, UUID]:
    found = {guest.work.id: guest.work.id for guest in hub.guests}
    for member in hub.members:
        found |= dict.fromkeys((member.work.id, *member.also), member.work.id)
    return found


def groups(hub: FranchiseDetail, reasons: MembershipReasons) -> list[RoleGroup]:
    """Return the members by role, each role's by date."""
    by_role: dict[Role, list[ShownMember]] = {role: [] for role in ROLES}
    for member in hub.members:
        by_role[member.role].append(_shown(member, reasons))
    return [RoleGroup(role, works) for role, works in by_role.items() if works]


def guests(hub: FranchiseDetail, reasons: MembershipReasons) -> list[ShownMember]:
    """Return the works that are at home elsewhere."""
    return [_shown(one, reasons)._replace(guest=one) for one in hub.guests]


def _shown(one: FranchiseMember | FranchiseGuest, reasons: MembershipReasons) -> ShownMember:
    work, because = one.work, one.because
    return ShownMember(
        work, facts(work, reasons.wording), reasons.of(work.id, because), reasons.note(because)
    )


def facts(work: MemberWork, wording: Messages) -> str:
    """Return what a list says of a work in one line."""
    parts = [wording.name("type", work.anime_type)]
    if work.year:
        parts.append(str(work.year))
    if work.episodes and work.episodes > 1:
        parts.append(wording.count("episodes", work.episodes))
    if work.status in ("ongoing", "upcoming"):
        parts.append(wording.name("status", work.status))
    return " · ".join(parts)
