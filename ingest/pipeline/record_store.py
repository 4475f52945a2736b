"""Read and write the kept records and the runs.

Every method is one query of `queries/ingest/`; rows travel as JSON text, which the engine decodes
three times faster than the driver encodes objects. Pages are bounded, so memory does not grow with
the graph.
"""

import itertools
import uuid
from collections.abc import AsyncIterator, Sequence
from typing import Final, NamedTuple

import msgspec

from ingest.pipeline.claim_dates import dates_of
from ingest.pipeline.identity import RecordHead
from ingest.pipeline.leads import PastLead
from ingest.pipeline.rows import KeptRecord
from ingest.reading.record_keys import KeyCounts
from ingest.source_policies import LossKind
from kensho.domain.records import Claim, Record, RecordFacts, RecordRelations
from kensho.domain.relations import Method
from kensho.domain.works import WorkKind
from kensho.storage.gateway import Gateway
from kensho.storage.paging import pages
from kensho.storage.runs import RunRecord

_LEADS_A_BATCH: Final = 5000
"""Some 100 bytes each: 0.5 MB a transaction."""
_RECORDS_A_PAGE: Final = 1000
"""About 1.5 MB of JSON; all records of one work are in one page."""
_WORKS_A_PAGE: Final = 1000
"""As many works' records are as large as `_RECORDS_A_PAGE` records, about."""
DEADLINE_S: Final = 120.0
"""A batch takes well under a second; a busy disk may take long, and a lost batch costs a whole
run."""
RecordId = tuple[uuid.UUID, str, str]
MoveRow = tuple[uuid.UUID, str, str, list[uuid.UUID]]
"""The id of a record's row, and the works that its copies are attached to instead."""


class RecordRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """The row of a kept record; `facts` and `links` are JSON text, `since` as in `claim_dates`."""

    id: RecordId
    work_kind: WorkKind
    ids: tuple[str, ...]
    covers: tuple[str, ...]
    digest: str
    facts: str
    snapshot: str
    method: Method
    run: uuid.UUID
    dead: bool  # without a default, so that it is always written: an update would null it
    links: str | None = None
    since: str | None = None

    @property
    def kept_claims(self) -> "KeptClaims":
        """What the record claims, and since when."""
        links = msgspec.json.decode(self.links or "{}", type=RecordRelations)
        dates = dates_of(links.relations, self.snapshot, self.since)
        return KeptClaims(self.method, dict(zip(links.relations, dates, strict=True)))


class ClaimRow(msgspec.Struct, frozen=True):
    """What one kept record claims of relations, recommendations and the like (JSON text)."""

    id: RecordId
    snapshot: str
    method: Method
    links: str | None = None
    since: str | None = None


class KeptClaims(NamedTuple):
    """How a kept record knows what it claims, and since when it makes each claim."""

    method: Method
    dates: dict[Claim, str]


class _StoredRecord(msgspec.Struct, frozen=True):
    id: RecordId
    work_kind: WorkKind
    ids: tuple[str, ...]
    facts: str
    dead: bool

    def kept(self) -> KeptRecord:
        work, source, key = self.id
        facts = msgspec.json.decode(self.facts, type=RecordFacts)
        return KeptRecord(work, source, key, self.work_kind, self.ids, facts, self.dead)


class RunStart(NamedTuple):
    """A run that begins: its source, its files, and the release that they are.

    `snapshot` is empty where its date is not known.
    """

    id: uuid.UUID
    source: str
    path: str
    sha256: str
    snapshot: str
    dated_by: str
    keys: KeyCounts | None


class _StoredStatements(msgspec.Struct, frozen=True):
    id: RecordId
    facts: str
    links: str | None = None


class Statements(NamedTuple):
    """What one kept record says: its facts and its claims."""

    id: RecordId
    facts: RecordFacts
    links: RecordRelations


def record_rows(
    source: str, record: Record, head: RecordHead, snapshot: str, run: uuid.UUID
) -> list[RecordRow]:
    """Return the rows of a record, one for each work that it is attached to."""
    facts = msgspec.json.encode(record.facts).decode()
    links = (
        msgspec.json.encode(record.links).decode() if record.links != RecordRelations() else None
    )
    return [
        RecordRow(
            id=(work, source, record.key),
            work_kind=record.work_kind,
            ids=head.ids,
            covers=head.covers,
            digest=head.digest,
            facts=facts,
            links=links,
            snapshot=snapshot,
            method=record.method,
            run=run,
            dead=record.dead,
        )
        for work in head.works
    ]


class RecordBatch(NamedTuple):
    """Rows of records to be written in one transaction: new, changed and dropped ones."""

    added: Sequence[RecordRow]
    changed: Sequence[RecordRow]
    drop: Sequence[RecordId]


class JournalPage(NamedTuple):
    """What stood before a batch of `run`, as `ingest.pipeline.journal` packs it."""

    run: uuid.UUID
    page: int
    keys: str
    images: bytes


class RecordStore:
    """The kept records and runs of one open store."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway

    async def record_heads(self) -> dict[str, dict[str, RecordHead]]:
        """Return the heads of all kept records: source → key → head."""
        found: dict[str, dict[str, RecordHead]] = {}
        shape = list[tuple[RecordId, str, tuple[str, ...], tuple[str, ...], bool]]
        async for rows in pages(self.gateway, "ingest.record_heads", shape):
            for (work, source, key), digest, ids, covers, dead in rows:
                records = found.setdefault(source, {})
                works = (*records[key].works, work) if key in records else (work,)
                records[key] = RecordHead(digest, ids, works, covers, dead)
        return found

    async def retired(self) -> dict[uuid.UUID, tuple[str, ...]]:
        """Return the retired works, with the source ids that each had."""
        shape = list[tuple[uuid.UUID, tuple[str, ...]]]
        found = pages(self.gateway, "ingest.retired_works", shape)
        return {work: ids async for page in found for work, ids in page}

    async def past_leads(self) -> list[PastLead]:
        """Return which records led which works, and lead them no more."""
        return await self.gateway.fetch(
            "ingest.past_leads", into=list[PastLead], deadline_s=DEADLINE_S
        )

    async def keep_leads(self, leads: Sequence[PastLead]) -> None:
        """Write leads of the past."""
        for start in range(0, len(leads), _LEADS_A_BATCH):
            rows = as_json(leads[start : start + _LEADS_A_BATCH])
            await self.gateway.execute("ingest.keep_leads", {"leads": rows}, deadline_s=DEADLINE_S)

    async def by_work(self) -> AsyncIterator[list[KeptRecord]]:
        """Yield the kept records of one work after another, in order of work id."""
        async for rows in pages(
            self.gateway, "ingest.records", list[_StoredRecord], _RECORDS_A_PAGE
        ):
            for _, of_work in itertools.groupby(rows, key=lambda row: row.id[0]):
                yield [row.kept() for row in of_work]

    async def of_works(self, works: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[KeptRecord]]:
        """Return the kept records of these works."""
        rows = await self.gateway.fetch(
            "ingest.records_of",
            {"works": list(works)},
            into=list[_StoredRecord],
            deadline_s=DEADLINE_S,
        )
        found: dict[uuid.UUID, list[KeptRecord]] = {work: [] for work in works}
        for row in rows:
            found[row.id[0]].append(row.kept())
        return found

    async def claims(self) -> AsyncIterator[tuple[ClaimRow, RecordRelations]]:
        """Yield the claims of every record that makes any, in order of work id."""
        async for rows in pages(self.gateway, "ingest.record_claims", list[ClaimRow]):
            for row in rows:
                if row.links is not None:
                    yield row, msgspec.json.decode(row.links, type=RecordRelations)

    async def claims_about(
        self, works: Sequence[uuid.UUID]
    ) -> AsyncIterator[tuple[ClaimRow, RecordRelations]]:
        """Yield the claims of the records of these works."""
        for start in range(0, len(works), _WORKS_A_PAGE):
            params = {"works": list(works[start : start + _WORKS_A_PAGE])}
            for row in await self.gateway.fetch(
                "ingest.record_claims_of", params, into=list[ClaimRow], deadline_s=DEADLINE_S
            ):
                yield row, msgspec.json.decode(row.links or "{}", type=RecordRelations)

    async def statements_by_id(self, ids: Sequence[RecordId]) -> list[Statements]:
        """Return what the kept records of these ids say."""
        if not ids:
            return []
        return await self._statements("ingest.statements_by_id", {"ids": as_json(ids)})

    async def statements_of(self, works: Sequence[uuid.UUID]) -> list[Statements]:
        """Return what the kept records of these works say."""
        if not works:
            return []
        return await self._statements("ingest.statements_of", {"works": list(works)})

    async def claims_of(self, works: Sequence[uuid.UUID]) -> list[Statements]:
        """Return what the kept records of these works claim, without their facts."""
        if not works:
            return []
        return await self._statements("ingest.claims_of", {"works": list(works)})

    async def graph_totals(self) -> dict[LossKind, int]:
        """Return how many works, relations and taggings the graph holds."""
        return await self.gateway.fetch(
            "ingest.graph_totals", into=dict[LossKind, int], deadline_s=DEADLINE_S
        )

    async def _statements(self, query: str, params: dict[str, object]) -> list[Statements]:
        rows = await self.gateway.fetch(
            query, params, into=list[_StoredStatements], deadline_s=DEADLINE_S
        )
        return [
            Statements(
                row.id,
                msgspec.json.decode(row.facts, type=RecordFacts),
                msgspec.json.decode(row.links or "{}", type=RecordRelations),
            )
            for row in rows
        ]

    async def rows(self, records: Sequence[RecordId]) -> dict[RecordId, RecordRow]:
        """Return the rows of these records as they are kept."""
        if not records:
            return {}
        rows = await self.gateway.fetch(
            "ingest.record_rows",
            {"records": as_json(records)},
            into=list[RecordRow],
            deadline_s=DEADLINE_S,
        )
        return {row.id: row for row in rows}

    async def keep(self, batch: RecordBatch, page: JournalPage) -> None:
        """Write a batch of records and the page of the journal, in one transaction."""
        params: dict[str, object] = {
            "added": as_json(batch.added),
            "changed": as_json(batch.changed),
            "drop": as_json(batch.drop),
            "composed": False,
            **page._asdict(),
        }
        await self.gateway.execute("ingest.keep_records", params, deadline_s=DEADLINE_S)

    async def move(self, moves: Sequence[MoveRow]) -> None:
        """Attach records to other works."""
        await self.gateway.execute(
            "ingest.move_records", {"moves": as_json(moves)}, deadline_s=DEADLINE_S
        )

    async def start_run(self, start: RunStart) -> None:
        """Record that a run has begun."""
        keys = "" if start.keys is None else as_json(start.keys)
        await self.gateway.execute("ingest.start_run", {**start._asdict(), "keys": keys})

    async def close_interrupted(self) -> None:
        """Close as failed the runs that a killed process left open."""
        await self.gateway.execute("ingest.close_interrupted")

    async def last_snapshot(self, source: str) -> str | None:
        """Return the date of the snapshot of `source` that was last taken in whole, if known.

        Older versions of Kenshō took for the date when a file was written here, and did not say so:
        their runs don't count.
        """
        params = {"source": source}
        dates = await self.gateway.fetch("ingest.last_snapshot", params, into=list[str])
        return dates[0] if dates else None

    async def last_keys(self, source: str) -> KeyCounts | None:
        """Return which keys the records of the release of `source` had that was last taken in."""
        found = await self.gateway.fetch("ingest.last_keys", {"source": source}, into=list[str])
        return msgspec.json.decode(found[0], type=KeyCounts) if found else None

    async def finish_run(
        self,
        run: uuid.UUID,
        state: str,
        counts: dict[str, int],
        message: str | None,
        guards: Sequence[object],
    ) -> None:
        """Record how a run ended, and which guards its release broke."""
        params: dict[str, object] = {
            "id": run,
            "state": state,
            "counts": counts,
            "message": message,
            "guards": as_json(guards) if guards else None,
        }
        await self.gateway.execute("ingest.finish_run", params, deadline_s=DEADLINE_S)

    async def refuse_run(self, start: RunStart, guards: Sequence[object], message: str) -> None:
        """Record a run that was stopped before its first write."""
        fields = ("id", "source", "path", "sha256", "snapshot")
        params = {name: getattr(start, name) for name in fields}
        params |= {"message": message, "guards": as_json(guards) if guards else None}
        await self.gateway.execute("ingest.refuse_run", params)

    async def unfinished(self) -> list[RunRecord]:
        """Return the runs that a killed process left, and that the next one goes on with."""
        return await self.gateway.fetch("ingest.unfinished", into=list[RunRecord])

    async def start_rollback(self, run: uuid.UUID, undone: RunRecord) -> None:
        """Record that a run has begun that takes another one back."""
        asked = {"source": undone.source, "run": undone.undoes or undone.id}
        if undone.undoes is None:
            dates = await self.gateway.fetch("ingest.date_before", asked, into=list[str])
        else:
            dates = await self.gateway.fetch(
                "ingest.date_of", {"run": undone.undoes}, into=list[str]
            )
        params = {"id": run, "source": undone.source, "undoes": undone.id}
        params |= {"snapshot": dates[0] if dates else ""}
        await self.gateway.execute("ingest.start_rollback", params)

    async def finish_rollback(
        self, run: uuid.UUID, undone: uuid.UUID, counts: dict[str, int], message: str | None
    ) -> None:
        """Record that a run took another one back; what that one had taken back stands again."""
        params = {"id": run, "undone": undone, "counts": counts, "message": message}
        await self.gateway.execute("ingest.finish_rollback", params)


def as_json(value: object) -> str:
    """Return JSON text, the form in which rows travel."""
    return msgspec.json.encode(value).decode()
