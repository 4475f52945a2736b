"""What dumping asks of a store beside its tables: whole records, and a history to go on from."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

import msgspec

from ingest.dumping.lines import (
    FranchiseRow,
    PastLeadLine,
    PastSlugLine,
    RetiredSlugLine,
    RetiredWorkLine,
)
from ingest.dumping.manifest import DumpedSource
from ingest.pipeline.background_writer import BackgroundWriter
from ingest.pipeline.franchises.plan import franchise_uuid
from ingest.pipeline.record_store import DEADLINE_S, RecordRow, as_json
from kensho.domain.works import WorkKind
from kensho.storage.gateway import Gateway
from kensho.storage.paging import pages

_RECORDS_A_PAGE: Final = 1_000
RECORDS_A_BATCH: Final = 500
"""Of rows of 1.5 kB: less than 1 MB a transaction."""
_HISTORY_A_BATCH: Final = 2_000


class GraphHistory(msgspec.Struct, frozen=True):
    """What a graph has that its records do not tell: slugs that were given, and what is retired.

    Of a franchise the root is enough: the one that is composed around it gets its slug. `kinds`
    are the tables of the works that are named.
    """

    franchises: Sequence[FranchiseRow]
    works: Sequence[RetiredWorkLine] = ()
    slugs: Sequence[RetiredSlugLine] = ()
    leads: Sequence[PastLeadLine] = ()
    past_slugs: Sequence[PastSlugLine] = ()
    kinds: Mapping[UUID, WorkKind] = {}


async def is_empty(gateway: Gateway) -> bool:
    """Tell whether nothing was ever written into a migrated store."""
    return await gateway.fetch("dumping.is_empty", into=bool)


async def record_counts(gateway: Gateway) -> Counter[str]:
    """Return how many records of each source are kept."""
    found: Counter[str] = Counter()
    async for page in pages(gateway, "dumping.record_sources", list[str]):
        found.update(page)
    return found


async def records(gateway: Gateway) -> AsyncIterator[list[RecordRow]]:
    """Yield the kept records page by page, in order of work, source and key."""
    async for page in pages(gateway, "dumping.records", list[RecordRow], _RECORDS_A_PAGE):
        yield page


class RecordLoader:
    """Writes records into an empty store, a batch in the background; use it as a context."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._writer = BackgroundWriter()
        self._rows: list[RecordRow] = []

    async def __aenter__(self) -> "RecordLoader":
        return self

    async def __aexit__(self, kind: object, *_: object) -> None:
        if kind is None:
            await self._flush()
        await self._writer.drain()

    async def add(self, row: RecordRow) -> None:
        """Add a record that the store does not have."""
        self._rows.append(row)
        if len(self._rows) >= RECORDS_A_BATCH:
            await self._flush()
            await self._writer.checkpoint(self._gateway)

    async def _flush(self) -> None:
        rows, self._rows = self._rows, []
        if rows:
            await self._writer.write(self._put(rows))

    async def _put(self, rows: Sequence[RecordRow]) -> None:
        params = {"rows": as_json(rows)}
        await self._gateway.execute("dumping.put_records", params, deadline_s=DEADLINE_S)


async def put_history(gateway: Gateway, history: GraphHistory) -> None:
    """Write what the records do not tell into a store whose graph is not composed yet.

    What names a work that is not known is passed over.
    """
    kinds = history.kinds
    franchises = [
        (franchise_uuid(one.slug), one.slug, one.title, kinds[one.root], one.root)
        for one in history.franchises
        if one.root in kinds
    ]
    works = [
        (one.id, kinds[one.successor], one.successor, one.ids)
        if one.successor is not None and one.successor in kinds
        else (one.id, None, None, one.ids)
        for one in history.works
    ]
    rows: dict[str, Sequence[object]] = {
        "franchises": franchises,
        "works": works,
        "slugs": [(one.slug, one.successor, one.members) for one in history.slugs],
        "leads": [(one.source, one.key, one.work, one.since) for one in history.leads],
        "past_slugs": [(one.works, one.slug, one.since) for one in history.past_slugs],
    }
    for start in range(0, max(map(len, rows.values())), _HISTORY_A_BATCH):
        part = slice(start, start + _HISTORY_A_BATCH)
        params = {name: as_json(some[part]) for name, some in rows.items()}
        await gateway.execute("dumping.put_history", params, deadline_s=DEADLINE_S)


async def last_snapshots(gateway: Gateway) -> dict[str, str]:
    """Return the date that the data of each source stands for, where a run is known."""
    return dict(await gateway.fetch("dumping.snapshots", into=list[tuple[str, str]]))


async def put_runs(
    gateway: Gateway, runs: Mapping[str, UUID], sources: Iterable[DumpedSource], sha256: str
) -> None:
    """Write the runs that bring the records of each source, as ended."""
    rows = [(runs[one.name], one.name, sha256, one.snapshot, one.records) for one in sources]
    await gateway.execute("dumping.put_runs", {"runs": as_json(rows)})
