"""Releases that wait: what a run has read that guards stopped, kept until a curator decides.

All records that the files held are kept, not only those that differ, so that to approve a run is to
take the release in as if its files were read then: what differs is found anew, and the guards are
asked anew.

Guarantees: nothing of the graph changes while a release waits. One of each source does; a later one
takes its place. A kill leaves it waiting, or leaves nothing.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec
import zstandard

from ingest.pipeline.guards import Breach
from ingest.pipeline.record_store import DEADLINE_S, RunStart
from ingest.pipeline.source_dates import Basis
from ingest.reading.files import SourceFile
from ingest.reading.record_keys import KeyCounts
from ingest.reading.rejects import Rejects
from ingest.source_policies import GuardName
from kensho.domain.records import Record
from kensho.errors import InvalidInputError, NotFoundError
from kensho.storage.gateway import Gateway

_RECORDS_A_PAGE: Final = 500
_LEVEL: Final = 6
_FILE: Final = "held.jsonl.zst"


class HeldRelease(msgspec.Struct, frozen=True):
    """What was known of a release when it was read; `revision` is that of the graph then."""

    records: int
    rejects: int
    dated_by: Basis
    revision: int
    partial: bool
    keys: KeyCounts | None = None


class WaitingRun(msgspec.Struct, frozen=True):
    """A run that waits, or that was approved and is not finished; `snapshot` is empty if unknown.

    `path` names the files that were read.
    """

    id: UUID
    source: str
    path: str
    snapshot: str
    state: str
    guards: tuple[Breach, ...]
    held: HeldRelease

    @property
    def lifted(self) -> frozenset[GuardName]:
        """The guards that the release breaks, which approval lifts."""
        return frozenset(one.guard for one in self.guards)

    def moved(self, revision: int) -> list[str]:
        """Say that the graph is another one than that which the release was compared with."""
        if revision == self.held.revision:
            return []
        was = self.held.revision
        moved = f"the graph went from revision {was:,} to {revision:,} since it was read"
        return [f"{moved}: its guards are asked anew"]


class _StoredRun(msgspec.Struct, frozen=True):
    id: UUID
    source: str
    path: str
    snapshot: str
    state: str
    guards: str | None = None
    held: str | None = None


class HeldReleases:
    """The releases that wait in one open store."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def hold(
        self,
        start: RunStart,
        records: Iterable[Record],
        held: HeldRelease,
        stopped: tuple[Sequence[Breach], str],
    ) -> None:
        """Keep a release that guards stopped: what they found, and how that is said."""
        remaining = iter(records)
        for page in itertools.count():
            lines = [
                msgspec.json.encode(one) for one in itertools.islice(remaining, _RECORDS_A_PAGE)
            ]
            if not lines:
                break
            packed = zstandard.ZstdCompressor(level=_LEVEL).compress(b"\n".join([*lines, b""]))
            params = {"run": start.id, "page": page, "records": packed}
            await self._gateway.execute("ingest.hold_records", params, deadline_s=DEADLINE_S)
        breaches, message = stopped
        params = {name: getattr(start, name) for name in ("id", "source", "path", "sha256")}
        params |= {"snapshot": start.snapshot, "message": message}
        params |= {"guards": _as_text(breaches), "held": _as_text(held)}
        await self._gateway.execute("ingest.hold_run", params)

    async def run(self, run: UUID) -> WaitingRun:
        """Return a run that waits, or was approved and is not finished.

        Raises:
            NotFoundError: there is no such run.
            InvalidInputError: it does not wait; says what became of it.
        """
        found = await self._gateway.fetch("ingest.held_run", {"run": run}, into=list[_StoredRun])
        if not found:
            raise NotFoundError(f"there is no run {run}")
        one = found[0]
        if one.held is None or one.state not in ("waiting", "running"):
            raise InvalidInputError.of("RUN", f"run {run} does not wait: it is {one.state}")
        return WaitingRun(
            one.id,
            one.source,
            one.path,
            one.snapshot,
            one.state,
            msgspec.json.decode(one.guards or "[]", type=tuple[Breach, ...]),
            msgspec.json.decode(one.held, type=HeldRelease),
        )

    async def set_state(self, run: UUID, state: str, breaches: Sequence[Breach], why: str) -> None:
        """Let a run that waits be `running`, `waiting` or `rejected`."""
        params = {"id": run, "state": state, "message": why, "guards": _as_text(breaches)}
        await self._gateway.execute("ingest.set_waiting", params, deadline_s=DEADLINE_S)

    async def written(self, run: UUID, folder: Path) -> Path:
        """Write what a run has read into a file that `read_held` reads, and return that."""
        path = folder / _FILE
        with path.open("wb") as file:
            for page in itertools.count():
                params = {"run": run, "page": page}
                packed = await self._gateway.fetch_bytes(
                    "ingest.held_page", params, deadline_s=DEADLINE_S
                )
                if not packed:
                    return path
                file.write(packed)
        return path


def read_held(file: SourceFile, _rejects: Rejects) -> Iterator[Record]:
    """Yield the records of a release that waited."""
    decoder = msgspec.json.Decoder(Record)
    for _, line in file.lines():
        yield decoder.decode(line)


def _as_text(value: object) -> str:
    return msgspec.json.encode(value).decode()
