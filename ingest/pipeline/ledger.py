"""What ingestion reads from and writes to the store: the kept records, and the runs.

Every method is one query of `queries/ingest/`; rows travel as JSON text, which the engine decodes
three times faster than the driver encodes objects. Pages are bounded, so memory does not grow with
the graph.
"""

import uuid
from collections.abc import AsyncIterator, Sequence
from typing import Final

import msgspec

from ingest.pipeline.identity import Held
from ingest.pipeline.rows import KeptRecord
from kensho.domain.records import Facts, Links, Method, Record
from kensho.domain.works import WorkKind
from kensho.storage.gateway import Gateway

PAGE: Final = 4000
"""Rows a page of a bulk read: about 6 MB of JSON."""
DEADLINE_S: Final = 120.0
"""A batch takes well under a second; a busy disk may take long, and a lost batch costs a whole
run."""
RecordId = tuple[uuid.UUID, str, str]
_NIL: Final[RecordId] = (uuid.UUID(int=0), "", "")


class RecordRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """The row of a kept record; `facts` and `links` are JSON text."""

    id: RecordId
    work_kind: WorkKind
    ids: tuple[str, ...]
    covers: tuple[str, ...]
    digest: str
    facts: str
    snapshot: str
    method: Method
    run: uuid.UUID
    links: str | None = None
    dead: bool = msgspec.field(default=False)


class LinkRow(msgspec.Struct, frozen=True):
    """The ties that one kept record states."""

    id: RecordId
    snapshot: str
    method: Method
    links: str | None = None


class _StoredRecord(msgspec.Struct, frozen=True):
    id: RecordId
    work_kind: WorkKind
    ids: tuple[str, ...]
    facts: str
    dead: bool

    def kept(self) -> KeptRecord:
        work, source, key = self.id
        facts = msgspec.json.decode(self.facts, type=Facts)
        return KeptRecord(work, source, key, self.work_kind, self.ids, facts, self.dead)


def record_row(
    source: str, record: Record, held: Held, snapshot: str, run: uuid.UUID
) -> list[RecordRow]:
    """Return the rows of a record, one for each work that it is attached to."""
    facts = msgspec.json.encode(record.facts).decode()
    links = msgspec.json.encode(record.links).decode() if record.links != Links() else None
    return [
        RecordRow(
            id=(work, source, record.key),
            work_kind=record.work_kind,
            ids=held.ids,
            covers=held.covers,
            digest=held.digest,
            facts=facts,
            links=links,
            snapshot=snapshot,
            method=record.method,
            run=run,
            dead=record.dead,
        )
        for work in held.works
    ]


class Ledger:
    """The kept records and runs of one open store."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def held(self) -> dict[str, dict[str, Held]]:
        """Return all that is held, source → key → record."""
        found: dict[str, dict[str, Held]] = {}
        after = _NIL
        row_type = list[tuple[RecordId, str, tuple[str, ...], tuple[str, ...], bool]]
        while rows := await self._gateway.fetch(
            "ingest.heads", _after(after), into=row_type, deadline_s=DEADLINE_S
        ):
            for (work, source, key), digest, ids, covers, dead in rows:
                records = found.setdefault(source, {})
                works = (*records[key].works, work) if key in records else (work,)
                records[key] = Held(digest, ids, works, covers, dead)
            after = rows[-1][0]
        return found

    async def retired(self) -> set[uuid.UUID]:
        """Return the ids of works that are no more."""
        return await self._gateway.fetch("ingest.retired", into=set[uuid.UUID])

    async def by_work(self) -> AsyncIterator[list[KeptRecord]]:
        """Yield the kept records of one work after another, in order of work id."""
        after, pending = _NIL, list[KeptRecord]()
        while rows := await self._gateway.fetch(
            "ingest.records",
            _after(after, PAGE // 2),
            into=list[_StoredRecord],
            deadline_s=DEADLINE_S,
        ):
            for row in rows:
                if pending and pending[0].work != row.id[0]:
                    yield pending
                    pending = []
                pending.append(row.kept())
            after = rows[-1].id
        if pending:
            yield pending

    async def of_works(self, works: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[KeptRecord]]:
        """Return the kept records of these works."""
        rows = await self._gateway.fetch(
            "ingest.records_of",
            {"works": list(works)},
            into=list[_StoredRecord],
            deadline_s=DEADLINE_S,
        )
        found: dict[uuid.UUID, list[KeptRecord]] = {work: [] for work in works}
        for row in rows:
            found[row.id[0]].append(row.kept())
        return found

    async def links(self) -> AsyncIterator[tuple[LinkRow, Links]]:
        """Yield the ties of every record that states any, in order of work id."""
        after = _NIL
        while rows := await self._gateway.fetch(
            "ingest.links", _after(after), into=list[LinkRow], deadline_s=DEADLINE_S
        ):
            for row in rows:
                if row.links is not None:
                    yield row, msgspec.json.decode(row.links, type=Links)
            after = rows[-1].id

    async def keep(self, rows: Sequence[RecordRow], drop: Sequence[RecordId]) -> None:
        """Write one batch of records, and drop others, in one transaction.

        Nothing is written for nothing.
        """
        if not rows and not drop:
            return
        params = {"rows": as_json(rows), "drop": as_json(drop), "composed": False}
        await self._gateway.execute("ingest.keep", params, deadline_s=DEADLINE_S)

    async def move(self, moves: Sequence[tuple[uuid.UUID, str, str, Sequence[uuid.UUID]]]) -> None:
        """Attach records to other works."""
        await self._gateway.execute("ingest.move", {"moves": as_json(moves)}, deadline_s=DEADLINE_S)

    async def start_run(
        self, run: uuid.UUID, source: str, path: str, sha256: str, snapshot: str
    ) -> None:
        """Record that a run has begun."""
        params = {"id": run, "source": source, "path": path, "sha256": sha256, "snapshot": snapshot}
        await self._gateway.execute("ingest.start_run", params)

    async def close_interrupted(self) -> None:
        """Close as failed the runs that a killed process left open."""
        await self._gateway.execute("ingest.close_interrupted")

    async def last_snapshot(self, source: str) -> str | None:
        """Return the date of the newest snapshot of `source` that was taken in whole."""
        params = {"source": source}
        dates = await self._gateway.fetch("ingest.last_snapshot", params, into=list[str])
        return dates[0] if dates else None

    async def finish_run(
        self, run: uuid.UUID, state: str, counts: dict[str, int], message: str | None
    ) -> None:
        """Record how a run ended."""
        params: dict[str, object] = {
            "id": run,
            "state": state,
            "counts": counts,
            "message": message,
        }
        await self._gateway.execute("ingest.finish_run", params)


def as_json(value: object) -> str:
    """Return JSON text, the form in which rows travel."""
    return msgspec.json.encode(value).decode()


def _after(record: RecordId, limit: int = PAGE) -> dict[str, object]:
    work, source, key = record
    return {"work": work, "source": source, "key": key, "limit": limit}
