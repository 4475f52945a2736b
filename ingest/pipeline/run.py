"""Run sources into the graph: scan and write their records, then bring the graph in line.

Sources run in their order (`Source.order`), then the works whose records differ are composed once,
then edges and franchises. After a run that was cut, `meta.composed` is false and the next one
brings the whole graph in line; what was being taken back, or was approved, it first goes on with.
"""

import tempfile
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from ingest import curation, source_policies
from ingest.pipeline import standing
from ingest.pipeline.acts import ACT_SOURCES, acts_in, decided_rules
from ingest.pipeline.edge_store import EdgeCounts
from ingest.pipeline.franchises import rules
from ingest.pipeline.franchises.projection import FranchiseCounts
from ingest.pipeline.graph_update import Derived, GraphCounts, GraphRules, GraphUpdate
from ingest.pipeline.held import HeldReleases, WaitingRun, read_held
from ingest.pipeline.identity import Identities, SourceRole, parted_ids
from ingest.pipeline.jobs import (
    IngestJob,
    JobPlan,
    RunOptions,
    RunReport,
    SourceReport,
)
from ingest.pipeline.journal import Journal
from ingest.pipeline.leads import Leads
from ingest.pipeline.projection import WorkCounts
from ingest.pipeline.record_store import RecordStore
from ingest.pipeline.record_writer import reattach_records
from ingest.pipeline.release_guard import ReleaseGuard
from ingest.pipeline.rollback import RollbackWriter
from ingest.pipeline.rollback_plan import RollbackPlan, RollbackReading, require_undoable
from ingest.pipeline.source_run import SourceRun
from ingest.pipeline.standing import Standing
from ingest.progress import Progress
from ingest.source import Source
from kensho.domain.curator_acts import CuratorAct
from kensho.storage import tables
from kensho.storage.gateway import Gateway
from kensho.storage.rows import GraphState
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
        meta = await tables.state(self._gateway)
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
        revision = (await tables.state(self._gateway)).revision
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

    async def _lags(self, meta: GraphState) -> bool:
        """Tell whether records or rules of franchises differ from those the graph was made of."""
        if self._touched or not meta.composed:
            return True
        made_by = await self._gateway.fetch("ingest.franchise_rules", into=list[str])
        return made_by != [self._rules.digest]

    async def _run_job(self, job: IngestJob) -> SourceReport:
        """Run a job; what it wrote is finished once the graph says it."""
        guard = ReleaseGuard(self._record_store, self._identities, self._sources, self._policies)
        run = SourceRun(self._gateway, self._identities, guard, self._options, self._progress)
        report = await run.run(job, self._attach_anew)
        self._touched |= run.touched
        if run.has_written:
            self._written.append(report)
        return report

    async def _attach_anew(self, job: IngestJob) -> None:
        """Attach records as curators decide by the acts that a job wrote."""
        if job.source.name in ACT_SOURCES and self._identities.part(await self._read_acts()):
            await self._reattach()
