"""Run sources into the graph: scan and write their records, then bring the graph in line.

Sources run in their order (`Source.order`), then the works whose records differ are composed once,
then edges and franchises. After a run that was cut, `meta.composed` is false and the next one
brings the whole graph in line; what was being taken back, or was approved, it first goes on with.
"""

import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from ingest import curation, source_policies
from ingest.pipeline import standing
from ingest.pipeline.acts import ACT_SOURCES, acts_in, decided_rules
from ingest.pipeline.edge_store import EdgeCounts
from ingest.pipeline.franchises import rules
from ingest.pipeline.franchises.projection import FranchiseCounts
from ingest.pipeline.graph_update import Derived, GraphCounts, GraphRules, GraphUpdate
from ingest.pipeline.guards import refusal, with_lifted
from ingest.pipeline.held import HeldRelease, HeldReleases, WaitingRun, read_held
from ingest.pipeline.identity import Identities, SourceRole, parted_ids
from ingest.pipeline.jobs import (
    IngestJob,
    JobPlan,
    RunOptions,
    RunReport,
    SourceReport,
    run_start,
    said_of,
)
from ingest.pipeline.journal import Journal
from ingest.pipeline.leads import Leads
from ingest.pipeline.projection import WorkCounts
from ingest.pipeline.record_store import RecordStore
from ingest.pipeline.record_writer import RecordWriter, reattach_records
from ingest.pipeline.release_guard import ReleaseGuard
from ingest.pipeline.rollback import RollbackWriter
from ingest.pipeline.rollback_plan import RollbackPlan, RollbackReading, require_undoable
from ingest.pipeline.scan import SourceScan
from ingest.pipeline.source_dates import (
    UNKNOWN,
    ReleaseDate,
    age_breaches,
    date_notices,
    release_date,
)
from ingest.pipeline.standing import Standing
from ingest.progress import Progress
from ingest.reading.files import SourceFile
from ingest.reading.record_keys import KeyCounts, RecordKeys, key_changes
from ingest.reading.rejects import RejectLog
from ingest.source import Source
from kensho.domain.curator_acts import CuratorAct
from kensho.domain.records import Record
from kensho.errors import IngestRefusedError, KenshoError, SourceFileError, StorageError
from kensho.storage import tables
from kensho.storage.gateway import Gateway
from kensho.storage.runs import RunRecord, run_named


class Pipeline:
    """Runs jobs over one open store.

    `decisions` are those of the curators' files, by default the ones that come with Kenshō; what
    curators' acts in the store decide is put upon them.
    """

    def __init__(
        self,
        gateway: Gateway,
        sources: Mapping[str, Source],
        options: RunOptions,
        progress: Progress,
        decisions: curation.Curation | None = None,
    ) -> None:
        self._gateway = gateway
        self._record_store = RecordStore(gateway)
        self._sources = sources
        self._options = options
        self._progress = progress
        self._curation = decisions or curation.load()
        self._rules = rules.load(self._curation.policy)
        self._acts: list[CuratorAct] = []
        self._identities = Identities({}, {})
        self._policies = source_policies.load()
        self._guard = ReleaseGuard(self._record_store, self._identities, sources, self._policies)
        self._touched: set[uuid.UUID] = set()
        self._journal = Journal(gateway)
        self._written: list[SourceReport] = []
        self._before: Derived | None = None
        """What the last run left, if that is at hand."""

    async def run(self, jobs: Sequence[IngestJob] | JobPlan) -> RunReport:
        """Run all jobs, or those that a plan makes, and bring the graph in line.

        A refused source is reported and does not stop the others.
        """
        return await self._run(jobs, ())

    async def roll_back(self, runs: Sequence[str], jobs: Sequence[IngestJob] = ()) -> RunReport:
        """Take runs back, one after another, each named by its id or how that begins.

        Then `jobs` are run, but for those of sources of which a run is taken back.

        Raises:
            NotFoundError, InvalidInputError: one can't be taken back; nothing was written.
        """
        taken_back = [await run_named(self._gateway, name) for name in runs]
        for run in taken_back:
            require_undoable(run)
        sources = {run.source for run in taken_back}
        return await self._run([job for job in jobs if job.source.name not in sources], taken_back)

    async def rollback_plan(self, run: RunRecord) -> RollbackPlan:
        """Return what taking a run back does; nothing is written.

        Raises:
            NotFoundError, InvalidInputError: it can't be taken back.
        """
        require_undoable(run)
        await self._read()
        self._identities.reassign()
        reading = RollbackReading(self._gateway, self._identities, self._sources, run)
        await reading.load()
        return await reading.plan()

    async def approve(
        self, run: WaitingRun, folder: Path, jobs: Sequence[IngestJob] = ()
    ) -> RunReport:
        """Carry out a run that waits, what it read being written into `folder`; then run `jobs`."""
        return await self._run([await self._held_job(run, folder), *jobs], ())

    async def _run(
        self, jobs: Sequence[IngestJob] | JobPlan, taken_back: Sequence[RunRecord]
    ) -> RunReport:
        started = time.monotonic()
        await self._read()
        await self._reattach()
        await self._record_store.close_interrupted()
        meta = await self._meta()
        with tempfile.TemporaryDirectory(prefix="kensho-") as folder:
            reports = await self._go_on(Path(folder), () if callable(jobs) else jobs)
        reports += [await self._roll_back(run) for run in taken_back]
        if callable(jobs):
            jobs = await jobs(self._identities, self._acts)
        reports += [await self._run_job(job) for job in sorted(jobs, key=lambda j: j.source.place)]
        if self._touched:
            await self._reattach()
        counts, derived = GraphCounts(WorkCounts(), EdgeCounts(), FranchiseCounts()), None
        self._rules = decided_rules(self._curation.policy, self._acts, self._identities)
        if await self._lags(meta):
            # What a forgotten source alone knew of tags is found out from all else.
            is_whole = (
                not meta.composed
                or any(report.undoes is not None for report in reports)
                or any(not job.paths and job.problem is None for job in jobs)
            )
            before, self._before = self._before, None
            update = GraphUpdate(
                self._gateway,
                self._identities,
                GraphRules(self._sources, self._curation, self._rules),
                self._progress,
                trusted=meta.composed,
                before=before,
            )
            counts, derived = await update.update(None if is_whole else self._touched)
        for report in self._written:
            await self._finish(report)
        await self._journal.prune(self._options.limits.journal_bytes)
        if derived is not None:
            await self._keep_standing(derived)
        revision = (await self._meta()).revision
        return RunReport(reports, *counts, revision, time.monotonic() - started)

    async def _finish(self, report: SourceReport) -> None:
        """Record how a run ended whose records the graph says now."""
        report.state = "finished"
        counts = msgspec.structs.asdict(report.records) | {"rejected": report.rejects}
        if report.run is None:
            return
        if report.undoes is None:
            await self._record_store.finish_run(
                report.run, report.state, counts, report.message, report.guards
            )
        else:
            await self._record_store.finish_rollback(
                report.run, report.undoes, counts, report.message
            )

    async def _read(self) -> None:
        """Read which records are kept, and whom they are about."""
        with self._progress.stage("kept records"):
            roles = {
                name: SourceRole(s.creates, s.groups, s.order) for name, s in self._sources.items()
            }
            kept = await standing.taken_up(self._gateway, self._made_by)
            if kept is not None:
                self._identities = Identities.taken_up(kept.identities, roles)
                self._before = Derived(kept.rules, kept.heads, kept.edges)
            else:
                self._identities = Identities(
                    await self._record_store.record_heads(),
                    roles,
                    Leads(await self._record_store.past_leads()),
                    await self._record_store.retired(),
                )
            self._guard = ReleaseGuard(
                self._record_store, self._identities, self._sources, self._policies
            )
            self._identities.part(await self._read_acts())

    @property
    def _made_by(self) -> str:
        """A digest of all that the graph is derived by, but for the rules of franchises."""
        asked = [
            (s.name, s.rank, s.creates, s.groups, s.order) for _, s in sorted(self._sources.items())
        ]
        return standing.made_by(asked, self._curation.composition)

    async def _keep_standing(self, derived: Derived) -> None:
        """Keep what the graph was derived from, for the next run."""
        if not self._identities.settled:
            return
        state = await tables.state(self._gateway)
        kept = Standing(
            self._made_by,
            derived.rules,
            state,
            self._identities.state(),
            derived.heads,
            derived.edges,
        )
        standing.keep(self._gateway, kept)

    async def _read_acts(self) -> dict[str, frozenset[str]]:
        """Read the acts of curators; return which ids they keep apart from which others."""
        self._acts = await acts_in(self._record_store, self._identities)
        return parted_ids(self._acts)

    async def _go_on(self, folder: Path, jobs: Sequence[IngestJob]) -> list[SourceReport]:
        """Go on with what was being taken back, or was approved, when a process was killed."""
        reports: list[SourceReport] = []
        asked = {job.held.id for job in jobs if job.held is not None}
        for run in await self._record_store.unfinished():
            if run.undoes is not None:
                undone = await run_named(self._gateway, str(run.undoes))
                reports.append(await self._roll_back(undone, run.id))
            elif run.id not in asked:
                waiting = await HeldReleases(self._gateway).run(run.id)
                reports.append(await self._run_job(await self._held_job(waiting, folder)))
        return reports

    async def _held_job(self, run: WaitingRun, folder: Path) -> IngestJob:
        source = msgspec.structs.replace(self._sources[run.source], read=read_held)
        path = await HeldReleases(self._gateway).written(run.id, folder)
        return IngestJob(source, (path,), partial=run.held.partial, held=run)

    async def _roll_back(self, undone: RunRecord, run: uuid.UUID | None = None) -> SourceReport:
        """Take a run back, as a run of its own; as `run`, which was cut, to its end."""
        started = time.monotonic()
        reading = RollbackReading(self._gateway, self._identities, self._sources, undone)
        await reading.load()
        plan = await reading.plan()
        report = SourceReport(undone.source, "running", undoes=undone.id, kept=list(plan.kept))
        report.message = "; ".join(one.sentence for one in plan.kept) or None
        if plan.is_empty and run is None:
            report.state, report.undoes = "finished", None
            return report
        report.run = run or uuid.uuid4()
        if run is None:
            await self._record_store.start_rollback(report.run, undone)
        creates = undone.source in self._sources and self._sources[undone.source].creates
        writer = RollbackWriter(
            self._record_store, self._identities, reading, report.run, creates=creates
        )
        try:
            report.records = await writer.write(self._progress)
        finally:
            self._touched |= writer.touched
        if undone.source in ACT_SOURCES:
            self._identities.part(await self._read_acts())
        await self._reattach()
        report.seconds = time.monotonic() - started
        self._written.append(report)
        return report

    async def _reattach(self) -> None:
        """Attach all records where they belong, whatever a killed run or a new rule left behind."""
        _, touched = await reattach_records(self._record_store, self._identities)
        self._touched |= touched

    async def _lags(self, meta: "_Meta") -> bool:
        """Tell whether records or rules of franchises differ from those the graph was made of."""
        if self._touched or not meta.composed:
            return True
        made_by = await self._gateway.fetch("ingest.franchise_rules", into=list[str])
        return made_by != [self._rules.digest]

    async def _meta(self) -> "_Meta":
        return await self._gateway.fetch("meta.revision", into=_Meta)

    async def _run_job(self, job: IngestJob) -> SourceReport:
        started = time.monotonic()
        report = SourceReport(job.source.name, "running")
        try:
            if job.problem is not None:
                raise SourceFileError(job.problem)
            await self._ingest(job, report)
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

    async def _ingest(self, job: IngestJob, report: SourceReport) -> None:
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
        start, revision = run_start(job, report, keys), (await self._meta()).revision
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
            report.notices += job.held.moved((await self._meta()).revision)
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
            self._touched |= writer.touched
        if job.source.name in ACT_SOURCES and self._identities.part(await self._read_acts()):
            await self._reattach()
        self._written.append(report)


class _Meta(msgspec.Struct, frozen=True):
    revision: int
    composed: bool
