"""The journal of a run: the records of its source as they were before it, so that it can be undone.

Each batch of records is written together with a page of the journal, in one transaction: what was
written can be taken back, whatever ended the run. A page holds, for each key that the batch writes
or drops, the record as it was, or nothing where there was none. The graph is a function of the
kept records (docs/decisions/0003), so nothing else of a run has to be remembered.

Guarantees: the journals that are kept are those of the latest runs without a gap, within a limit of
bytes; the last one always stays.

Performance: 0.4 kB a record that changed, 15 bytes one that is new.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Self, TypeAlias
from uuid import UUID

import msgspec
import zstandard

from ingest.pipeline.identity import RecordHead
from ingest.pipeline.record_store import DEADLINE_S, JournalPage, RecordId, RecordRow
from kensho.domain.records import RecordFacts
from kensho.domain.relations import Method
from kensho.domain.works import WorkKind
from kensho.errors import StorageError
from kensho.storage.gateway import Gateway

_LEVEL: Final = 6
"""Of zstd: a page of 500 records takes 10 ms."""
_MOST_PAGE_BYTES: Final = 1 << 30
"""The largest page that is unpacked: 500 records of the largest size that is read."""


class RecordImage(msgspec.Struct, frozen=True, array_like=True):
    """A kept record as it was, with the works that it was attached to."""

    works: tuple[UUID, ...]
    work_kind: WorkKind
    ids: tuple[str, ...]
    covers: tuple[str, ...]
    digest: str
    facts: str
    links: str | None
    snapshot: str
    method: Method
    run: UUID
    dead: bool
    since: str | None

    @classmethod
    def of(cls, row: RecordRow, works: tuple[UUID, ...]) -> Self:
        """Return the image of a record that is attached to `works`; `row` is one of its rows."""
        return cls(
            works,
            row.work_kind,
            row.ids,
            row.covers,
            row.digest,
            row.facts,
            row.links,
            row.snapshot,
            row.method,
            row.run,
            row.dead,
            row.since,
        )

    @property
    def head(self) -> RecordHead:
        """The head of the record."""
        return RecordHead(self.digest, self.ids, self.works, self.covers, self.dead)

    @property
    def title(self) -> str | None:
        """The first title that the record has, if any."""
        titles = msgspec.json.decode(self.facts, type=RecordFacts).titles
        return titles[0].text if titles else None

    def rows(self, source: str, key: str) -> list[RecordRow]:
        """Return the rows of the record, one for each of its works."""
        return [
            RecordRow(
                id=(work, source, key),
                work_kind=self.work_kind,
                ids=self.ids,
                covers=self.covers,
                digest=self.digest,
                facts=self.facts,
                links=self.links,
                snapshot=self.snapshot,
                method=self.method,
                run=self.run,
                dead=self.dead,
                since=self.since,
            )
            for work in self.works
        ]


Before: TypeAlias = dict[str, RecordImage | None]
"""What was kept under each key; `None` where nothing was."""


def page_of(run: UUID, page: int, before: Before) -> JournalPage:
    """Return the page of the journal of `run` that tells what stood before a batch."""
    keys = msgspec.json.encode(list(before)).decode()
    images = msgspec.json.encode(list(before.values()))
    return JournalPage(run, page, keys, zstandard.ZstdCompressor(level=_LEVEL).compress(images))


class JournalRun(msgspec.Struct, frozen=True):
    """A run whose journal is kept; `journal_from` orders runs by when they wrote."""

    id: UUID
    source: str
    state: str
    started_at: str
    journal_from: int
    journal_bytes: int
    undoes: UUID | None = None


class Journal:
    """Reads and drops the journals of one open store."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def runs(self) -> list[JournalRun]:
        """Return the runs whose journal is kept, the oldest first."""
        return await self._gateway.fetch("ingest.journal_runs", into=list[JournalRun])

    async def keys(self, run: UUID) -> dict[int, list[str]]:
        """Return the keys of the records that a run wrote or dropped, by page."""
        pages = await self._gateway.fetch(
            "ingest.journal_keys",
            {"run": run},
            into=list[tuple[int, str]],
            deadline_s=DEADLINE_S,
        )
        return {page: msgspec.json.decode(keys, type=list[str]) for page, keys in pages}

    async def images(self, run: UUID, page: int) -> list[RecordImage | None]:
        """Return the records of a page as they were, in the order of its keys."""
        packed = await self._gateway.fetch_bytes(
            "ingest.journal_page", {"run": run, "page": page}, deadline_s=DEADLINE_S
        )
        try:
            text = zstandard.ZstdDecompressor().decompress(packed, max_output_size=_MOST_PAGE_BYTES)
            return msgspec.json.decode(text, type=list[RecordImage | None])
        except (zstandard.ZstdError, msgspec.DecodeError) as error:
            raise StorageError(f"the journal of run {run} can't be read: {error}") from error

    async def prune(self, most_bytes: int) -> None:
        """Drop the oldest journals until the rest takes at most `most_bytes`; one always stays."""
        room = most_bytes
        for age, run in enumerate(reversed(await self.runs())):
            room -= run.journal_bytes
            if age and room < 0:
                await self._gateway.execute(
                    "ingest.drop_journal", {"run": run.id}, deadline_s=DEADLINE_S
                )


def images_of(
    works: Mapping[str, tuple[UUID, ...] | None],
    source: str,
    rows: Mapping[RecordId, RecordRow],
) -> Before:
    """Return what was kept of the records of `works`: key → works before, `None` for a new one."""
    return {
        key: None if before is None else RecordImage.of(rows[before[0], source, key], before)
        for key, before in works.items()
    }


def first_rows(works: Mapping[str, tuple[UUID, ...] | None], source: str) -> Sequence[RecordId]:
    """Return the id of one row of each record that was kept before."""
    return [(before[0], source, key) for key, before in works.items() if before is not None]


def and_later(runs: Sequence[JournalRun], first: UUID) -> list[UUID]:
    """Return the runs to take back, in order, for all that was done since `first` began.

    A rollback and what it took back go unmentioned where both came since.
    """
    place = next((n for n, run in enumerate(runs) if run.id == first), len(runs))
    since = {run.id for run in runs[place:]}
    return [
        run.id
        for run in reversed(runs[place:])
        if run.state != "rolled_back" and (run.undoes is None or run.undoes not in since)
    ]
