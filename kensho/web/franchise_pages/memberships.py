"""Why a work belongs to a franchise, in words.

Guarantees: pure. The reason of a member is its strongest relation to a fellow member; that of a
guest is the path of relations from the work back to where the franchise begins, without the work
itself, whose title is above it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final
from uuid import UUID

from kensho.domain.relations import RelationKind, inverse
from kensho.read_model.franchise_views import (
    FranchiseDetail,
    FranchiseEdge,
    FranchiseMember,
    MemberWork,
)
from kensho.web import relation_texts
from kensho.web.messages import Messages, percent


class MembershipReasons:
    """Says why works belong to a franchise."""

    def __init__(self, franchise: FranchiseDetail, messages: Messages) -> None:
        self.messages: Final = messages
        self._work_of_record = records_of(franchise)
        self._titles = {work.id: work.title for work in works_of(franchise)}

    def of(self, work: UUID, edges: Sequence[FranchiseEdge]) -> str:
        """Return the path from a work to the root, as what the work is."""
        path = self._path(work, edges)
        if path is None:
            key = "franchise.why_root" if not edges else "franchise.why_tied"
            return self.messages.format(key)
        titles, kinds = path
        return relation_texts.origin(titles, kinds, self.messages)

    def of_member(self, member: FranchiseMember) -> str:
        """Return in one line why a member belongs, by its strongest relation to a fellow."""
        if member.reason is None:
            return self.of(member.work.id, member.because)
        work, relation = member.work.id, member.reason.relation
        is_target = self._work_of_record.get(relation.target) == work
        kind = relation.kind if is_target else inverse(relation.kind)
        other = relation.source if is_target else relation.target
        fellow = self._titles[self._work_of_record[other]]
        return relation_texts.membership(member.role, kind, fellow, self.messages)

    def note_of_member(self, member: FranchiseMember) -> str:
        """Return how sure the reason of a member is, where it is only inferred."""
        return self.note(member.because if member.reason is None else (member.reason.relation,))

    def note(self, edges: Iterable[FranchiseEdge]) -> str:
        """Return how sure a reason is, where a part of it is only inferred."""
        confidences = [edge.confidence for edge in edges if edge.method == "inferred"]
        if not confidences:
            return ""
        return self.messages.format("franchise.why_inferred", sure=percent(min(confidences)))

    def _path(
        self, work: UUID, edges: Sequence[FranchiseEdge]
    ) -> tuple[list[str], list[RelationKind]] | None:
        """Return titles and kinds along the path, the work first; `None` for a broken one."""
        path, kinds = [work], list[RelationKind]()
        for edge in reversed(edges):
            source = self._work_of_record.get(edge.source)
            target = self._work_of_record.get(edge.target)
            if source is None or target is None or path[-1] not in (source, target):
                return None
            is_forward = source == path[-1]
            kinds.append(edge.kind if is_forward else inverse(edge.kind))
            path.append(target if is_forward else source)
        return ([self._titles[one] for one in path], kinds) if kinds else None


def works_of(franchise: FranchiseDetail) -> Iterator[MemberWork]:
    """Yield every work that the pages of a franchise show."""
    yield from (member.work for member in franchise.members)
    yield from (guest.work for guest in franchise.guests)


def records_of(franchise: FranchiseDetail) -> Mapping[UUID, UUID]:
    """Return the work that each record of a franchise is one of."""
    found = {guest.work.id: guest.work.id for guest in franchise.guests}
    for member in franchise.members:
        found |= dict.fromkeys((member.work.id, *member.also), member.work.id)
    return found
