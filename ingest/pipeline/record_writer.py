"""Write the records of a scanned source: decide each record's work, drop what the source dropped.

Each batch is one transaction. A kill between two loses nothing: the next run finds the batches that
were written unchanged, and goes on with the rest. The graph itself is brought in line afterwards
(projection, edges).
"""

import itertools
import uuid
from collections.abc import Coroutine, Sequence
from typing import Final, NamedTuple

import msgspec

from ingest.pipeline.background_writer import BackgroundWriter
from ingest.pipeline.claim_dates import kept_dates
from ingest.pipeline.grouping import Grouping
from ingest.pipeline.identity import Identities, RecordHead
from ingest.pipeline.journal import first_rows, images_of, page_of
from ingest.pipeline.record_store import (
    MoveRow,
    RecordBatch,
    RecordId,
    RecordRow,
    RecordStore,
    record_rows,
)
from ingest.pipeline.scan import SourceScan
from ingest.progress import Progress
from kensho.domain.records import Claim, Record
from kensho.platform.memory import without_cycle_collection

RECORDS_A_BATCH: Final = 500
MOVES_A_BATCH: Final = 500
"""A record takes 1.5 kB of JSON: less than 1 MB a transaction."""


class ChangedRow(NamedTuple):
    """A row of a record that is kept already under the id `known_as`; `stands` if this row is."""

    row: RecordRow
    claims: Sequence[Claim]
    known_as: RecordId
    stands: bool

    def dated(self, kept: RecordRow) -> RecordRow:
        """Return the row with the dates of its claims, given how the record is kept."""
        if not self.claims or kept.links is None or kept.method != self.row.method:
            return self.row
        since = kept_dates(self.claims, self.row.snapshot, kept.kept_claims.dates)
        return msgspec.structs.replace(self.row, since=since)


class _Batch:
    """What has gathered to be written: rows, and the works that each record had before."""

    def __init__(self) -> None:
        self.added: list[RecordRow] = []
        self.changed: list[ChangedRow] = []
        self.drop: list[RecordId] = []
        self.before: dict[str, tuple[uuid.UUID, ...] | None] = {}


class RecordCounts(msgspec.Struct):
    """What became of a source's records."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    unmatched: int = 0
    moved: int = 0


class RecordWriter:
    """Writes one source's records; afterwards `touched` holds the works whose records differ."""

    def __init__(
        self,
        record_store: RecordStore,
        identities: Identities,
        scan: SourceScan,
        snapshot: str,
        run: uuid.UUID,
    ) -> None:
        self._record_store = record_store
        self._identities = identities
        self._scan = scan
        self._source = scan.source
        self._snapshot = snapshot
        self._run = run
        self._batch = _Batch()
        self._pages = itertools.count()
        self._reattach_needed = False
        self.touched: set[uuid.UUID] = set()
        self.counts = RecordCounts()

    async def write(self, progress: Progress) -> RecordCounts:
        """Write the scanned records and drop the source's other ones."""
        name = self._source.name
        before = dict(self._identities.records.get(name, {}))
        standing = {key: False for key in before if not self._scan.drops(key)}
        grouping = (
            Grouping(self._identities, name, standing | self._scan.keys)
            if self._source.groups
            else None
        )
        with progress.stage(f"{name}: records", self._scan.changed) as advance:
            async with BackgroundWriter() as writer:
                for digest, record in self._scan.changed_records():
                    works = self._place(record, grouping, before.get(record.key))
                    if works:
                        self._keep(record, digest, works, before.get(record.key))
                    else:
                        self.counts.unmatched += 1
                    if self._gathered >= RECORDS_A_BATCH:
                        advance(self._gathered)
                        await self._keep_leads()
                        await writer.write(self._flush())
                        await writer.checkpoint(self._record_store.gateway)
                advance(self._gathered)
                await self._keep_leads()
                await writer.write(self._flush())
        await self._drop_missing(before)
        self.counts.unmatched += self._scan.unmatched
        self.counts.unchanged = sum(not changed for changed in self._scan.keys.values())
        if self._reattach_needed or self._is_contested():
            self.counts.moved, touched = await reattach_records(
                self._record_store, self._identities
            )
            self.touched |= touched
        return self.counts

    def _is_contested(self) -> bool:
        """Tell whether the next sources must not see who owns each id before it is decided.

        The first to name an id has it, and sources come in the order in which they decide: of what
        enrichers contest, the order of their own records alone is open, and the run ends with that.
        """
        identities = self._identities
        return self._source.creates and identities.contested and not identities.settled

    def _place(
        self, record: Record, grouping: Grouping | None, kept: RecordHead | None
    ) -> tuple[uuid.UUID, ...]:
        if grouping is not None:
            return (grouping.place(record),)
        works = self._identities.about(record, self._source.name)
        if works or not self._source.creates:
            return works
        if kept is not None:
            return kept.works
        return (self._identities.own_work(self._source.name, record.key, record.ids),)

    def _keep(
        self, record: Record, digest: str, works: tuple[uuid.UUID, ...], old: RecordHead | None
    ) -> None:
        name = self._source.name
        head = self._identities.keep(name, record, digest, works)
        rows = record_rows(name, record, head, self._snapshot, self._run)
        self.touched.update(works)
        self._batch.before[record.key] = None if old is None else old.works
        if old is None:
            self._batch.added += rows
            self.counts.added += 1
            return
        # Its copies at all works claim the same; the first tells since when.
        claims, known = record.links.relations, (old.works[0], name, record.key)
        for row in rows:
            self._batch.changed.append(ChangedRow(row, claims, known, row.id[0] in old.works))
        self.counts.changed += 1
        self.touched.update(old.works)
        self._batch.drop += [(w, name, record.key) for w in old.works if w not in works]
        self._reattach_needed |= (old.ids, old.works, old.covers) != (
            head.ids,
            head.works,
            head.covers,
        )

    @property
    def _gathered(self) -> int:
        return len(self._batch.added) + len(self._batch.changed)

    def _flush(self) -> Coroutine[None, None, None]:
        """Return the write of what has gathered, which begins to gather anew at once."""
        batch, self._batch = self._batch, _Batch()
        return self._put(batch, next(self._pages))

    async def _put(self, batch: _Batch, page: int) -> None:
        if not batch.before:
            return
        name = self._source.name
        kept = await self._record_store.rows(first_rows(batch.before, name))
        added, standing = batch.added, list[RecordRow]()
        for one in batch.changed:
            (standing if one.stands else added).append(one.dated(kept[one.known_as]))
        await self._record_store.keep(
            RecordBatch(added, standing, batch.drop),
            page_of(self._run, page, images_of(batch.before, name, kept)),
        )

    async def _keep_leads(self) -> None:
        """Write the leads that a batch ends, before the batch: a kill between loses none."""
        await self._record_store.keep_leads(self._identities.leads.drain())

    async def _drop_missing(self, before: dict[str, RecordHead]) -> None:
        name = self._source.name
        missing = [key for key in before if self._scan.drops(key)]
        if self._source.creates:
            works = (work for key in missing for work in before[key].works)
            self._identities.leads.drop(name, missing, works)
            await self._keep_leads()
        for start in range(0, len(missing), RECORDS_A_BATCH):
            for key in missing[start : start + RECORDS_A_BATCH]:
                self.touched.update(before[key].works)
                self._batch.before[key] = before[key].works
                self._batch.drop += [(work, name, key) for work in before[key].works]
                self._identities.drop(name, key)
            await self._flush()
        self.counts.removed = len(missing)
        self._reattach_needed |= bool(missing)


async def reattach_records(
    record_store: RecordStore, identities: Identities
) -> tuple[int, set[uuid.UUID]]:
    """Attach every kept record where it belongs; return how many moved, and the works that differ.

    Runs after each source that changed who owns an id, and once when a run begins: what a killed
    run decided and did not write is decided again, the same way. A second for 100,000 records.
    """
    if identities.settled:
        return 0, set()
    with without_cycle_collection():
        moves = identities.reassign()
    await record_store.keep_leads(identities.leads.drain())
    touched, identities.disturbed = identities.disturbed, set()
    rows: list[MoveRow] = []
    for source, key, old, new in moves:
        rows.append((old[0], source, key, list(new)))
        rows += [(work, source, key, []) for work in old[1:] if work not in new]
        touched |= {*old, *new}
    for start in range(0, len(rows), MOVES_A_BATCH):
        await record_store.move(rows[start : start + MOVES_A_BATCH])
    return len(moves), touched
