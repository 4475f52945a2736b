"""Take a run back: write the records of its source as they were before it.

A rollback is a run itself, with a journal of its own, so that it can be taken back too. Each batch
is one transaction; which records are left to be written follows from the journals, so that the next
run goes on with a rollback that was killed, to the same end.
"""

import itertools
import uuid
from typing import NamedTuple

from ingest.pipeline.identity import Identities, RecordHead
from ingest.pipeline.journal import Before, RecordImage, first_rows, images_of, page_of
from ingest.pipeline.record_store import RecordBatch, RecordId, RecordRow, RecordStore
from ingest.pipeline.record_writer import RecordCounts
from ingest.pipeline.rollback_plan import RollbackReading
from ingest.progress import Progress


class _Rows(NamedTuple):
    added: list[RecordRow]
    changed: list[RecordRow]
    drop: list[RecordId]


class RollbackWriter:
    """Takes a run back as `run`; afterwards `touched` holds the works whose records differ."""

    def __init__(
        self,
        record_store: RecordStore,
        identities: Identities,
        reading: RollbackReading,
        run: uuid.UUID,
        *,
        creates: bool,
    ) -> None:
        self._record_store = record_store
        self._identities = identities
        self._reading = reading
        self._source = reading.run.source
        self._run = run
        self._creates = creates
        self.touched: set[uuid.UUID] = set()
        self.counts = RecordCounts()

    async def write(self, progress: Progress) -> RecordCounts:
        """Write every record as it was that the run was the last to write."""
        # A rollback that was cut has pages already: the new ones come after them.
        written = await self._reading.journal.keys(self._run)
        numbers = itertools.count(max(written, default=-1) + 1)
        with progress.stage(f"{self._source}: records") as advance:
            async for before in self._reading.pages():
                await self._put(before, next(numbers))
                advance(len(before))
                if self._record_store.gateway.checkpoint_is_due:
                    await self._record_store.gateway.checkpoint()
        return self.counts

    async def _put(self, before: Before, page: int) -> None:
        kept = self._identities.records.setdefault(self._source, {})
        works = {key: kept[key].works if key in kept else None for key in before}
        rows = _Rows([], [], [])
        for key, image in before.items():
            self._gather(rows, key, image)
        stored = await self._record_store.rows(first_rows(works, self._source))
        await self._record_store.keep_leads(self._identities.leads.drain())
        await self._record_store.keep(
            RecordBatch(*rows), page_of(self._run, page, images_of(works, self._source, stored))
        )

    def _gather(self, rows: _Rows, key: str, image: RecordImage | None) -> None:
        kept, source = self._identities.records[self._source], self._source
        head = kept.get(key)
        old = () if head is None else head.works
        new = () if image is None else image.works
        if self._creates and head is not None:
            self._note_leads(key, head, image)
        for row in () if image is None else image.rows(source, key):
            (rows.changed if row.id[0] in old else rows.added).append(row)
        rows.drop.extend((work, source, key) for work in old if work not in new)
        self.touched.update(old, new)
        fate = self._reading.fate(key, image)
        if image is None:
            if head is not None:
                self._identities.drop(source, key)
            self.counts.removed += 1
            return
        self._identities.restore(source, key, image.head)
        if fate == "returns":
            self.counts.added += 1
        else:
            self.counts.changed += 1

    def _note_leads(self, key: str, head: RecordHead, image: RecordImage | None) -> None:
        """Note the leads on works that a record may lose, so that a kill forgets none."""
        leads, source = self._identities.leads, self._source
        if image is None:
            leads.drop(source, [key], head.works)
        elif (head.ids, head.works) != (image.ids, image.works):
            for work in head.works:
                if leads.current.get(work) == (source, key):
                    leads.note(work)
