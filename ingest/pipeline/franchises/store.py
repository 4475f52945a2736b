"""What hubs read from the store and write to it: words, tags, parts, franchises and their slugs.

Every method is one query of `queries/ingest/`, in batches where the graph decides how much there
is. A franchise is written whole, in one transaction.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final
from uuid import UUID

import msgspec

from ingest.pipeline.franchises.plan import End, FranchisePlan, PlannedFranchise, StoredFranchises
from ingest.pipeline.in_flight import InFlight
from ingest.pipeline.record_store import DEADLINE_S, as_json
from kensho.domain.works import WorkKind
from kensho.storage.gateway import Gateway
from kensho.storage.paging import pages

MEMBERS_A_BATCH: Final = 500
"""With their reasons about 200 kB."""
PARTS_A_BATCH: Final = 1000


class StoredComponent(msgspec.Struct, frozen=True):
    """What is kept of a part: the digest of its inputs, and the JSON of what was inferred."""

    id: UUID
    digest: str
    inferred: str


class FranchiseStore:
    """The tables that only hubs write."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def titles(self) -> AsyncIterator[tuple[UUID, tuple[str, ...]]]:
        """Yield the titles of all works."""
        shape = list[tuple[UUID, tuple[str, ...]]]
        for table in ("anime", "movie"):
            async for page in pages(self._gateway, "ingest.titles", shape, table=table):
                for row in page:
                    yield row

    async def tag_names(self) -> Mapping[UUID, str]:
        """Return the name of each tag."""
        shape = list[tuple[UUID, str, str | None]]
        found = await self._gateway.fetch("ingest.tag_heads", into=shape)
        return {tag: name for tag, name, _ in found}

    async def parts(self) -> dict[UUID, StoredComponent]:
        """Return the parts as they were computed last."""
        found = pages(self._gateway, "ingest.part_heads", list[StoredComponent])
        return {part.id: part async for page in found for part in page}

    async def franchises(self) -> dict[UUID, StoredFranchises]:
        """Return the franchises as they stand."""
        shape = list[tuple[UUID, str, UUID | None, str]]
        rows = await self._gateway.fetch("ingest.franchise_heads", into=shape)
        found = {id_: StoredFranchises(id_, slug, root, digest) for id_, slug, root, digest in rows}
        for franchise, end in await self._ends("in_franchise"):
            found[franchise].members.add(end)
        for franchise, end in await self._ends("visits_franchise"):
            found[franchise].guests.add(end)
        return found

    async def _ends(self, table: str) -> list[tuple[UUID, End]]:
        shape = list[tuple[UUID, UUID, WorkKind]]
        found = pages(self._gateway, "ingest.franchise_ends", shape, table=table)
        return [(to, (work, kind)) async for page in found for work, to, kind in page]

    async def redirects(self) -> dict[str, str | None]:
        """Return the slugs that stand no more, and where they lead."""
        rows = await self._gateway.fetch("ingest.retired_slugs", into=list[tuple[str, str | None]])
        return dict(rows)

    async def write(self, plan: FranchisePlan) -> None:
        """Write what a plan says: the franchises first, so that redirects lead to what stands."""
        async with InFlight() as in_flight:
            for batch in _batches(plan.put):
                await in_flight.checkpoint(self._gateway)
                await in_flight.write(self._put("ingest.put_franchises", rows=batch))
        if plan.drop or plan.redirects:
            redirects = list(plan.redirects.items())
            await self._put("ingest.retire_franchises", drop=plan.drop, redirects=redirects)

    async def keep_parts(self, rows: Sequence[StoredComponent], drop: Sequence[UUID]) -> None:
        """Keep what was made of some parts, and forget others."""
        for start in range(0, max(len(rows), len(drop)), PARTS_A_BATCH):
            some = slice(start, start + PARTS_A_BATCH)
            await self._put("ingest.keep_parts", rows=rows[some], drop=drop[some])

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
