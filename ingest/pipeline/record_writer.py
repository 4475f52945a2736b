"""Take a surveyed source in: decide each record's work.

Write the records in batches, drop what the source dropped.

Each batch is one transaction. A kill between two loses nothing: the next run finds the batches that
were written unchanged, and goes on with the rest. The graph itself is brought in line afterwards
(projection, edges).
"""

import uuid
from collections.abc import Coroutine
from typing import Final

import msgspec

from ingest.pipeline.identity import Grouping, HeldRecord, Identities
from ingest.pipeline.in_flight import InFlight
from ingest.pipeline.merge import settle
from ingest.pipeline.record_store import RecordId, RecordRow, RecordStore, record_row
from ingest.pipeline.scan import SourceScan
from ingest.progress import Progress
from kensho.domain.records import Record

RECORDS_A_BATCH: Final = 500


class RecordCounts(msgspec.Struct):
    """What became of a source's records."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    unmatched: int = 0
    moved: int = 0


class RecordWriter:
    """Takes in one source; afterwards `touched` holds the works whose records differ."""

    def __init__(
        self,
        ledger: RecordStore,
        identities: Identities,
        survey: SourceScan,
        snapshot: str,
        run: uuid.UUID,
    ) -> None:
        self._ledger = ledger
        self._identities = identities
        self._survey = survey
        self._source = survey.source
        self._snapshot = snapshot
        self._run = run
        self._rows: list[RecordRow] = []
        self._drop: list[RecordId] = []
        self._structural = False
        self.touched: set[uuid.UUID] = set()
        self.counts = RecordCounts()

    async def take(self, progress: Progress) -> RecordCounts:
        """Write the survey's records and drop the source's other ones."""
        name = self._source.name
        before = dict(self._identities.held.get(name, {}))
        grouping = (
            Grouping(self._identities, name, self._survey.keys) if self._source.groups else None
        )
        with progress.stage(f"{name}: records", self._survey.changed) as advance:
            async with InFlight() as in_flight:
                for digest, record in self._survey.spooled():
                    works = self._place(record, grouping, before.get(record.key))
                    if works:
                        self._keep(record, digest, works, before.get(record.key))
                    else:
                        self.counts.unmatched += 1
                    if len(self._rows) >= RECORDS_A_BATCH:
                        advance(len(self._rows))
                        await in_flight.write(self._flush())
                        await in_flight.checkpoint(self._ledger.gateway)
                advance(len(self._rows))
                await in_flight.write(self._flush())
        await self._drop_missing(before)
        self.counts.unmatched += self._survey.unmatched
        self.counts.unchanged = sum(not changed for changed in self._survey.keys.values())
        if self._structural or self._identities.contested:
            self.counts.moved, touched = await settle(self._ledger, self._identities)
            self.touched |= touched
        return self.counts

    def _place(
        self, record: Record, grouping: Grouping | None, held: HeldRecord | None
    ) -> tuple[uuid.UUID, ...]:
        if grouping is not None:
            return (grouping.place(record),)
        works = self._identities.about(record, self._source.name)
        if works or not self._source.creates:
            return works
        return held.works if held is not None else (self._identities.mint(record.ids),)

    def _keep(
        self, record: Record, digest: str, works: tuple[uuid.UUID, ...], old: HeldRecord | None
    ) -> None:
        name = self._source.name
        held = self._identities.keep(name, record, digest, works)
        self._rows += record_row(name, record, held, self._snapshot, self._run)
        self.touched.update(works)
        if old is None:
            self.counts.added += 1
            return
        self.counts.changed += 1
        self.touched.update(old.works)
        self._drop += [(work, name, record.key) for work in old.works if work not in works]
        self._structural |= (old.ids, old.works, old.covers) != (held.ids, held.works, held.covers)

    def _flush(self) -> Coroutine[None, None, None]:
        """Return the write of what has gathered, which begins to gather anew at once."""
        rows, self._rows = self._rows, []
        drop, self._drop = self._drop, []
        return self._ledger.keep(rows, drop)

    async def _drop_missing(self, before: dict[str, HeldRecord]) -> None:
        name = self._source.name
        missing = [key for key in before if key not in self._survey.keys]
        for start in range(0, len(missing), RECORDS_A_BATCH):
            for key in missing[start : start + RECORDS_A_BATCH]:
                self.touched.update(before[key].works)
                self._drop += [(work, name, key) for work in before[key].works]
                del self._identities.held[name][key]
            await self._flush()
        self.counts.removed = len(missing)
        self._structural |= bool(missing)
