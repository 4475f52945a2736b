"""What has to be written so that the stored franchises are those that were computed.

Pure. A franchise is unchanged where its digest is and its edges are all there. Slugs are permanent:
who keeps which is decided by the members of before and now (`kensho.domain.slugs`).
"""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeAlias
from uuid import UUID

import msgspec

from ingest.pipeline.franchises.rows import FranchiseContent, GuestContent, MemberContent
from kensho.domain.franchise.inputs import Timeline
from kensho.domain.slugs import PastSlug, Slugged, SlugMemory, Slugs, Unslugged, assigned
from kensho.domain.works import NAMESPACE, WorkKind

EdgeEnd: TypeAlias = tuple[UUID, WorkKind]
"""A work as the end of an edge: its id, and the table that its row is in."""


class FranchiseHead(msgspec.Struct):
    """What is known of a stored franchise: its node, and the works at the ends of its edges."""

    id: UUID
    slug: str
    root: UUID | None
    digest: str
    members: set[EdgeEnd] = msgspec.field(default_factory=set[EdgeEnd])
    guests: set[EdgeEnd] = msgspec.field(default_factory=set[EdgeEnd])

    @property
    def works(self) -> frozenset[UUID]:
        """The works that it is known by; the root, though a cut run took its edge."""
        members = frozenset(work for work, _ in self.members)
        return members if self.root is None else members | {self.root}


class PlannedFranchise(msgspec.Struct, frozen=True):
    """A franchise with everything that is written of it in one transaction."""

    id: UUID
    slug: str
    title: str
    root: UUID
    root_table: WorkKind
    digest: str
    members: tuple[MemberContent, ...]
    guests: tuple[GuestContent, ...]
    timelines: tuple[Timeline, ...] = ()


class FranchisePlan(msgspec.Struct, frozen=True):
    """Franchises to write, those of them that are new, ids to drop, and slugs to redirect.

    `moved` are stored franchises that were not computed and get another slug, `members` those of
    the slugs that retire, `returned` slugs that are in use again, and `past` is to be remembered.
    """

    put: Sequence[PlannedFranchise]
    added: int
    drop: Sequence[UUID]
    redirects: Mapping[str, str | None]
    moved: Mapping[str, UUID] = {}
    members: Mapping[str, Sequence[UUID]] = {}
    returned: Sequence[str] = ()
    past: Sequence[PastSlug] = ()


def franchise_uuid(slug: str) -> UUID:
    """Return the id of the franchise of a slug."""
    return uuid.uuid5(NAMESPACE, f"franchise:{slug}")


def plan(
    stored: Collection[FranchiseHead],
    redirects: Mapping[str, str | None],
    computed: Collection[FranchiseContent],
    unchanged: Collection[FranchiseHead],
    memory: SlugMemory | None = None,
    bearers: Mapping[str, frozenset[UUID]] | None = None,
) -> FranchisePlan:
    """Compare what is stored with what was computed anew and what is known to be `unchanged`.

    `bearers` are the works of each stored slug before some of them went in this run.
    """
    bearers = bearers or {}
    slugged = [Slugged(one.slug, bearers.get(one.slug, one.works)) for one in stored]
    given = _slugs(slugged, redirects, computed, unchanged, memory)
    before = {one.slug: one for one in stored}
    rows = [_row(one, given.slugs[one.root]) for one in computed]
    kept = set(given.slugs.values())
    differing = {
        slug: target
        for slug, target in sorted(given.redirects.items())
        if slug not in redirects or redirects[slug] != target
    }
    return FranchisePlan(
        put=[row for row in rows if not _is_unchanged(before.get(row.slug), row)],
        added=len(kept - before.keys()),
        drop=[one.id for slug, one in sorted(before.items()) if slug not in kept],
        redirects=differing,
        moved={
            given.slugs[one.root]: one.id
            for one in unchanged
            if one.root is not None and given.slugs[one.root] != one.slug
        },
        members={slug: sorted(before[slug].works) for slug in differing if slug in before},
        returned=tuple(sorted(kept & redirects.keys())),
        past=tuple(given.past),
    )


def _slugs(
    before: Collection[Slugged],
    redirects: Mapping[str, str | None],
    computed: Iterable[FranchiseContent],
    unchanged: Iterable[FranchiseHead],
    memory: SlugMemory | None,
) -> Slugs:
    now = [
        Unslugged(one.root, one.names, frozenset(row.work for row in one.members), one.year)
        for one in computed
    ]
    now += [
        Unslugged(one.root, (one.slug,), one.works) for one in unchanged if one.root is not None
    ]
    return assigned(before, redirects, now, memory)


def _row(content: FranchiseContent, slug: str) -> PlannedFranchise:
    return PlannedFranchise(
        franchise_uuid(slug),
        slug,
        content.title,
        content.root,
        content.root_table,
        content.digest,
        content.members,
        content.guests,
        content.timelines,
    )


def _is_unchanged(known: FranchiseHead | None, row: PlannedFranchise) -> bool:
    return (
        known is not None
        and known.digest == row.digest
        and known.members == {(one.work, one.table) for one in row.members}
        and known.guests == {(one.work, one.table) for one in row.guests}
    )
