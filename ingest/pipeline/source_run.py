"""Run one source: read its files, stop what its guards don't let through, write its records."""

import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from ingest.pipeline.guards import refusal, with_lifted
from ingest.pipeline.held import HeldRelease, HeldReleases
from ingest.pipeline.identity import Identities
from ingest.pipeline.jobs import IngestJob, RunOptions, SourceReport, run_start, said_of
from ingest.pipeline.record_store import RecordStore
from ingest.pipeline.record_writer import RecordWriter
from ingest.pipeline.release_guard import ReleaseGuard
from ingest.pipeline.scan import SourceScan
from ingest.pipeline.source_dates import (
    UNKNOWN,
    ReleaseDate,
    age_breaches,
    date_notices,
    release_date,
)
from ingest.progress import Progress
from ingest.reading.files import SourceFile
from ingest.reading.record_keys import KeyCounts, RecordKeys, key_changes
from ingest.reading.rejects import RejectLog
from ingest.source import Source
from kensho.domain.records import Record
from kensho.errors import IngestRefusedError, KenshoError, SourceFileError, StorageError
from kensho.storage import tables
from kensho.storage.gateway import Gateway

AfterWriting: TypeAlias = Callable[[IngestJob], Awaitable[None]]


class SourceRun:
    """The run of one job.

    `touched` are the works of whose records it wrote any, also where it failed; `has_written` tells
    whether all of them are written.
    """

    def __init__(
        self,
        gateway: Gateway,
        identities: Identities,
        guard: ReleaseGuard,
        options: RunOptions,
        progress: Progress,
    ) -> None:
        self._gateway = gateway
        self._record_store = RecordStore(gateway)
        self._identities = identities
        self._guard = guard
        self._options = options
        self._progress = progress
        self.touched: set[uuid.UUID] = set()
        self.has_written = False

    async def run(self, job: IngestJob, attach: AfterWriting) -> SourceReport:
        """Run a job; a source that is refused, or a store that fails, is reported.

        `attach` is called when its records are written, before the run counts as written.
        """
        started = time.monotonic()
        report = SourceReport(job.source.name, "running")
        try:
            if job.problem is not None:
                raise SourceFileError(job.problem)
            await self._ingest(job, report, attach)
        except (KenshoError, OSError) as error:
            report.state, report.message = "failed", said_of(error, self._options)
            self._progress.say(f"{job.source.name}: {report.message}")
            if report.run is None and not isinstance(error, StorageError):
                await self._refuse(job, report)
        report.seconds = time.monotonic() - started
        return report

    async def _refuse(self, job: IngestJob, report: SourceReport) -> None:
        """Record a run that wrote nothing; one that waited goes on waiting."""
        message = report.message or ""
        if job.held is not None:
            report.run = job.held.id
            guards = report.guards or list(job.held.guards)
            held = HeldReleases(self._gateway)
            await held.set_state(report.run, "waiting", guards, message)
            return
        report.run = uuid.uuid4()
        await self._record_store.refuse_run(run_start(job, report, None), report.guards, message)

    async def _ingest(self, job: IngestJob, report: SourceReport, attach: AfterWriting) -> None:
        """Scan a job's files, stop what its guards don't let through, and write what differs."""
        with SourceScan(job.source, self._identities, is_partial=job.partial) as scan:
            keys = self._scan(job, scan, report)
            if job.paths:
                try:
                    await self._require_sound(job, scan, report, keys)
                except IngestRefusedError as error:
                    if not self._options.hold or job.held is not None:
                        raise
                    await self._hold(job, report, scan.records, keys, error.message)
                    return
            await self._write(job, scan, report, keys)
        await attach(job)
        self.has_written = True

    async def _hold(
        self,
        job: IngestJob,
        report: SourceReport,
        records: int,
        keys: KeyCounts | None,
        message: str,
    ) -> None:
        """Keep what was read of a release that guards stopped, until a curator decides."""
        report.run = uuid.uuid4()
        report.state, report.message = "waiting", message
        start, revision = run_start(job, report, keys), (await tables.state(self._gateway)).revision
        dated_by = report.dated_by or "unknown"
        release = HeldRelease(records, report.rejects, dated_by, revision, job.partial, keys)
        said = (record for path in job.paths for record in self._read_again(job.source, path))
        held = HeldReleases(self._gateway)
        await held.hold(start, said, release, (report.guards, message))
        self._progress.say(f"{job.source.name}: waits: {message}")

    def _read_again(self, source: Source, path: Path) -> Iterator[Record]:
        with RejectLog(source.name, None) as rejects:
            yield from source.read(SourceFile(path, self._options.limits), rejects)

    def _scan(self, job: IngestJob, scan: SourceScan, report: SourceReport) -> KeyCounts | None:
        """Read the files of a job whole; return which keys their records have."""
        name = job.source.name
        limits, keys = self._options.limits, RecordKeys()
        files = [SourceFile(path, limits, keys) for path in job.paths]
        reject_path = self._options.rejects_dir / f"{name}.jsonl"
        log = RejectLog(name, reject_path if job.held is None else None, limits.max_rejects)
        with log as rejects, self._progress.stage(f"{name}: reading") as advance:
            for file in files:
                scan.read(file, rejects, advance)
        if job.held is not None:
            report.rejects, report.snapshot = job.held.held.rejects, job.held.snapshot or None
            report.dated_by = job.held.held.dated_by
            return job.held.held.keys
        report.rejects = rejects.count
        report.rejects_file = str(reject_path) if rejects.count else None
        stated = self._options.snapshot or job.snapshot
        dated = release_date(job.source, files, stated, self._options.day())
        report.snapshot, report.dated_by = dated.date or None, dated.basis
        report.notices = list(dated.notices)
        return keys.counts()

    async def _require_sound(
        self, job: IngestJob, scan: SourceScan, report: SourceReport, keys: KeyCounts | None
    ) -> None:
        """Look at the release before its first write.

        Raises:
            IngestRefusedError: it breaks a guard that the curator does not lift.
        """
        name, today = job.source.name, self._options.day()
        is_kept = bool(self._identities.records.get(name))
        last = await self._record_store.last_snapshot(name) if is_kept else None
        dated = ReleaseDate(report.snapshot or UNKNOWN, report.dated_by or "unknown")
        freshness = self._guard.policy(name).freshness
        report.notices += date_notices(dated, last, freshness, today)
        before = await self._record_store.last_keys(name)
        if before is not None and keys is not None:
            report.keys = key_changes(before, keys)
            report.notices += [change.sentence for change in report.keys]
        lifted = self._options.lifted
        if job.held is not None:
            lifted |= job.held.lifted
            report.notices += job.held.moved((await tables.state(self._gateway)).revision)
        for notice in report.notices:
            self._progress.say(f"{name}: {notice}")
        found = list(age_breaches(dated, last, today))
        found += await self._guard.breaches(scan, report.rejects)
        report.guards = with_lifted(found, lifted)
        if not all(breach.lifted for breach in report.guards):
            raise IngestRefusedError(refusal(report.guards, report.keys))

    async def _write(
        self, job: IngestJob, scan: SourceScan, report: SourceReport, keys: KeyCounts | None
    ) -> None:
        if job.held is None:
            report.run = uuid.uuid4()
            await self._record_store.start_run(run_start(job, report, keys))
        else:
            report.run, message = job.held.id, "approved"
            held = HeldReleases(self._gateway)
            await held.set_state(report.run, "running", job.held.guards, message)
        writer = RecordWriter(
            self._record_store, self._identities, scan, report.snapshot or UNKNOWN, report.run
        )
        try:
            report.records = await writer.write(self._progress)
        except KenshoError as error:
            await self._record_store.finish_run(report.run, "failed", {}, error.message, [])
            raise
        finally:
            self.touched |= writer.touched
