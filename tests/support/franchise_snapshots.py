"""Read models with franchises, made from rows without a store, and what their rows must come to."""

import contextlib
import datetime as dt
from collections.abc import Iterator, Sequence
from uuid import UUID

import msgspec

from kensho.domain.relations import Assertion, Kind, Method
from kensho.domain.works import Title, tag_uuid
from kensho.read_model.building.builder import SnapshotBuilder
from kensho.read_model.building.writer import SnapshotWriter
from kensho.read_model.holder import Snapshot
from kensho.read_model.identity import GraphPoint
from kensho.storage.rows import (
    EpisodeRow,
    GuestRow,
    MembershipReasonRow,
    MembershipRow,
    RelationId,
    RelationRow,
    RetiredSlugRow,
    StoredFranchise,
    TaggingId,
    TaggingRow,
    TagRow,
    WorkRow,
)
from tests.support.read_models import scratch_folder


class Rows(msgspec.Struct, frozen=True):
    """What is stored; `edges` are (of, work, kind, method): `work` is the `kind` of `of`."""

    works: Sequence[WorkRow]
    franchises: Sequence[StoredFranchise] = ()
    memberships: Sequence[MembershipRow] = ()
    visits: Sequence[GuestRow] = ()
    retired: Sequence[RetiredSlugRow] = ()
    edges: Sequence[tuple[UUID, UUID, Kind, Method]] = ()
    tags: Sequence[tuple[UUID, str]] = ()
    genres: Sequence[str] = ()
    """The names of tags that are genres."""
    episodes: Sequence[EpisodeRow] = ()
    """All of one work."""


def work(number: int, title: str, **facts: object) -> WorkRow:
    """Return a series of this title."""
    known = {"kind": "anime", "status": "finished", "sources": (), "anime_type": "tv", **facts}
    names = (Title(title, kind="main"),)
    return msgspec.convert(
        {"id": UUID(int=number), "title": title, "titles": names, **known}, _Named
    ).row()


class _Named(msgspec.Struct, kw_only=True):
    """A work by the names of its columns."""

    id: UUID
    title: str
    titles: tuple[Title, ...]
    kind: str
    status: str
    sources: tuple[str, ...]
    anime_type: str
    episodes: int | None = None
    season: str | None = None
    year: int | None = None
    start_date: str | None = None
    end_date: str | None = None
    duration_s: int | None = None
    score: float | None = None
    studios: tuple[str, ...] = ()

    def row(self) -> WorkRow:
        return WorkRow(**msgspec.structs.asdict(self))


def member(work: int, slug: str, *because: MembershipReasonRow, **facts: object) -> MembershipRow:
    """Return a work at home in the franchise of this slug."""
    return MembershipRow(UUID(int=work), slug, slug.title(), because=because, **facts)  # type: ignore[arg-type]


def relation(one: int, other: int, kind: Kind = "sequel") -> MembershipReasonRow:
    """Return the tie that says: the other work is the `kind` of the one."""
    return MembershipReasonRow(UUID(int=one), UUID(int=other), kind, "stated", 1.0)


def assertions(kind: Kind, method: str) -> bytes:
    """Return what stands on an edge of this kind."""
    said = {"source": "jikan", "snapshot": "2026-01", "kind": kind, "method": method}
    return msgspec.json.encode([msgspec.convert({**said, "confidence": 0.8}, Assertion)])


@contextlib.contextmanager
def opened(rows: Rows, *, revision: int = 1) -> Iterator[Snapshot]:
    """Build and open the revision that these rows make."""
    with scratch_folder() as root, SnapshotWriter(root, GraphPoint(revision)) as model:
        intake = SnapshotBuilder(model, dt.datetime(2026, 11, 29, tzinfo=dt.UTC))
        intake.add_franchises(rows.franchises)
        intake.add_memberships(rows.memberships)
        intake.add_visits(rows.visits)
        intake.add_retired_slugs(rows.retired)
        names = sorted({name for _, name in rows.tags})
        intake.add_tags(
            [
                TagRow(tag_uuid(name), name, "genre" if name in rows.genres else None)
                for name in names
            ]
        )
        taggings = sorted(rows.tags, key=lambda tagging: tagging[0])
        intake.add_taggings(
            [TaggingRow(TaggingId(work, tag_uuid(name)), 0.5) for work, name in taggings]
        )
        intake.add_works(rows.works)
        intake.add_relations(
            [
                RelationRow(RelationId(of, work, kind), msgspec.Raw(assertions(kind, method)))
                for of, work, kind, method in rows.edges
            ]
        )
        if rows.episodes:
            intake.add_episodes(rows.episodes)
        intake.finish()
        yield Snapshot.open(model.commit(built_at_s=int(intake.built_at.timestamp())))
