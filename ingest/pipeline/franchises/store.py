"""Read and write what franchises are computed from: titles, tags, components, franchises, slugs.

Every method is one query of `queries/ingest/`, in batches where the graph decides how much there
is. A franchise is written whole, in one transaction.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final, Self
from uuid import UUID

import msgspec

from ingest.pipeline.background_writer import BackgroundWriter
from ingest.pipeline.franchises.inputs import InferredKind
from ingest.pipeline.franchises.plan import (
    EdgeEnd,
    FranchiseHead,
    FranchisePlan,
    PlannedFranchise,
    franchise_uuid,
)
from ingest.pipeline.franchises.unwritten import UnwrittenWorks
from ingest.pipeline.franchises.work_facts import SYNOPSIS_CHARS, FranchiseWorkRow
from ingest.pipeline.record_store import DEADLINE_S, as_json
from kensho.domain.same_works.records import CatalogueRecord, title_keys
from kensho.domain.slugs import PastSlug, SlugMemory
from kensho.domain.works import AnimeType, Season, WorkKind
from kensho.storage.gateway import Gateway
from kensho.storage.paging import pages

MEMBERS_A_BATCH: Final = 500
"""With their reasons about 200 kB."""
COMPONENTS_A_BATCH: Final = 1000
"""With what was inferred some 900 bytes each: 1 MB a transaction."""


class StoredComponent(msgspec.Struct, frozen=True):
    """What is kept of a component: the digest of its inputs, and the JSON of the inferred kinds."""

    id: UUID
    digest: str
    inferred: str

    @property
    def kinds(self) -> list[InferredKind]:
        """The inferred kinds."""
        return msgspec.json.decode(self.inferred, type=list[InferredKind])


class CatalogueRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What of a work is compared with all others; `titles` begin with the main one."""

    id: UUID
    kind: WorkKind
    titles: tuple[str, ...]
    sources: tuple[str, ...]
    anime_type: AnimeType = "movie"
    episodes: int | None = None
    season: Season | None = None
    year: int | None = None
    start_date: str | None = None
    duration_s: int | None = None

    @classmethod
    def of(cls, row: FranchiseWorkRow) -> Self:
        """Return the part of a whole row that is compared."""
        return cls(
            row.id,
            row.kind,
            tuple(title.text for title in row.titles),
            row.sources,
            row.anime_type,
            row.episodes,
            row.season,
            row.year,
            row.start_date,
            row.duration_s,
        )

    def record(self) -> CatalogueRecord:
        """Return the work as the search for records of one work compares it."""
        return CatalogueRecord(
            id=self.id,
            keys=title_keys(self.titles),
            sources=self.sources,
            kind=self.kind,
            type=self.anime_type,
            date=self.start_date or (str(self.year) if self.year else ""),
            season=self.season,
            episodes=self.episodes,
            duration_s=self.duration_s,
        )


class FranchiseStore:
    """The tables of franchises, and what is read to compute them.

    Works that are `unwritten` are read as they were composed.
    """

    def __init__(self, gateway: Gateway, unwritten: UnwrittenWorks | None = None) -> None:
        self._gateway = gateway
        self._unwritten = UnwrittenWorks() if unwritten is None else unwritten

    async def catalogue(self, works: int | None = None) -> AsyncIterator[list[CatalogueRow]]:
        """Yield pages of what of all works is compared: titles, dates and forms.

        Where there are so many `works`, and all are unwritten, the store is not read.
        """
        async for rows in self._unwritten.pages():
            yield list(map(CatalogueRow.of, rows))
        if works is not None and len(self._unwritten) >= works:
            return
        shape = list[CatalogueRow]
        for table in ("anime", "movie"):
            async for page in pages(self._gateway, "ingest.catalogue", shape, table=table):
                yield [row for row in page if row.id not in self._unwritten]

    async def catalogue_of(
        self, works: Sequence[tuple[WorkKind, UUID]]
    ) -> AsyncIterator[CatalogueRow]:
        """Yield what of some works is compared."""
        for start in range(0, len(works), COMPONENTS_A_BATCH):
            some = as_json(works[start : start + COMPONENTS_A_BATCH])
            for row in await self._gateway.fetch(
                "ingest.catalogue_of", {"works": some}, into=list[CatalogueRow]
            ):
                yield row

    async def same_works_digest(self) -> str | None:
        """Return the digest of what was decided last of records of one work."""
        found = await self._gateway.fetch("ingest.same_works_digest", into=list[str])
        return found[0] if found else None

    async def tag_names(self) -> Mapping[UUID, str]:
        """Return the name of each tag."""
        shape = list[tuple[UUID, str, str | None]]
        found = await self._gateway.fetch("ingest.tag_heads", into=shape)
        return {tag: name for tag, name, _ in found}

    async def components(self) -> dict[UUID, StoredComponent]:
        """Return the components as they were computed last."""
        found = pages(self._gateway, "ingest.component_heads", list[StoredComponent])
        return {one.id: one async for page in found for one in page}

    async def component(self, key: UUID) -> StoredComponent | None:
        """Return a component as it was computed last, by its smallest work."""
        params = {"first": key, "last": key}
        found = await self._gateway.fetch(
            "ingest.component_heads", params, into=list[StoredComponent]
        )
        return found[0] if found else None

    async def work_pages(self, works: Sequence[tuple[WorkKind, UUID]]) -> list[bytes]:
        """Return the rows of works (`FranchiseWorkRow`), as pages of JSON, in any order."""
        unwritten = [work for _, work in works if work in self._unwritten]
        found = [self._unwritten.page(unwritten)] if unwritten else []
        works = [one for one in works if one[1] not in self._unwritten]
        for start in range(0, len(works), COMPONENTS_A_BATCH):
            some = as_json(works[start : start + COMPONENTS_A_BATCH])
            params = {"works": some, "synopsis_chars": SYNOPSIS_CHARS}
            page = await self._gateway.fetch(
                "ingest.franchise_works", params, into=msgspec.Raw, deadline_s=DEADLINE_S
            )
            found.append(bytes(page))
        return found

    async def with_guests(self, found: dict[UUID, FranchiseHead]) -> dict[UUID, FranchiseHead]:
        """Return what is stored of each franchise, given all but its guests."""
        for franchise, end in await self._ends("visits_franchise"):
            found[franchise].guests.add(end)
        return found

    async def members(self) -> dict[UUID, FranchiseHead]:
        """Return what is stored of each franchise, but for its guests."""
        shape = list[tuple[UUID, str, UUID | None, str]]
        rows = await self._gateway.fetch("ingest.franchise_heads", into=shape)
        found = {id_: FranchiseHead(id_, slug, root, digest) for id_, slug, root, digest in rows}
        for franchise, end in await self._ends("in_franchise"):
            found[franchise].members.add(end)
        return found

    async def _ends(self, table: str) -> list[tuple[UUID, EdgeEnd]]:
        shape = list[tuple[UUID, UUID, WorkKind]]
        found = pages(self._gateway, "ingest.franchise_ends", shape, table=table)
        return [(to, (work, kind)) async for page in found for work, to, kind in page]

    async def redirects(self) -> tuple[dict[str, str | None], SlugMemory]:
        """Return the retired slugs and where they lead, and what else is remembered of slugs."""
        shape = list[tuple[str, str | None, tuple[UUID, ...]]]
        rows = await self._gateway.fetch("ingest.retired_slugs", into=shape, deadline_s=DEADLINE_S)
        past = await self._gateway.fetch(
            "ingest.past_slugs", into=list[PastSlug], deadline_s=DEADLINE_S
        )
        members = {slug: members for slug, _, members in rows if members}
        return {slug: target for slug, target, _ in rows}, SlugMemory(past, members)

    async def write(self, plan: FranchisePlan) -> None:
        """Write what a plan says: the franchises first, so that redirects lead to what exists."""
        for start in range(0, len(plan.past), COMPONENTS_A_BATCH):
            await self._put(
                "ingest.keep_past_slugs", rows=plan.past[start : start + COMPONENTS_A_BATCH]
            )
        moved = [await self._moved(slug, id_) for slug, id_ in sorted(plan.moved.items())]
        returned = frozenset(plan.returned)
        async with BackgroundWriter() as writer:
            for batch in _batches([*moved, *plan.put]):
                await writer.checkpoint(self._gateway)
                again = [row.slug for row in batch if row.slug in returned]
                await writer.write(self._put("ingest.put_franchises", rows=batch, returned=again))
        if plan.drop or plan.redirects:
            redirects = [
                (slug, target, plan.members.get(slug)) for slug, target in plan.redirects.items()
            ]
            await self._put("ingest.retire_franchises", drop=plan.drop, redirects=redirects)

    async def _moved(self, slug: str, stored: UUID) -> PlannedFranchise:
        """Return a stored franchise as it is to be written under another slug."""
        params = {"id": stored, "new_id": franchise_uuid(slug), "slug": slug}
        return await self._gateway.fetch("ingest.franchise_row", params, into=PlannedFranchise)

    async def keep_components(self, rows: Sequence[StoredComponent], drop: Sequence[UUID]) -> None:
        """Keep the digests of some components, and forget others."""
        for start in range(0, max(len(rows), len(drop)), COMPONENTS_A_BATCH):
            some = slice(start, start + COMPONENTS_A_BATCH)
            await self._put("ingest.keep_components", rows=rows[some], drop=drop[some])

    async def _put(self, query: str, **values: object) -> None:
        params = {name: as_json(value) for name, value in values.items()}
        await self._gateway.execute(query, params, deadline_s=DEADLINE_S)


def _batches(rows: Sequence[PlannedFranchise]) -> list[list[PlannedFranchise]]:
    batches: list[list[PlannedFranchise]] = []
    members = MEMBERS_A_BATCH
    for row in rows:
        if members >= MEMBERS_A_BATCH:
            batches.append([])
            members = 0
        batches[-1].append(row)
        members += len(row.members)
    return batches
