"""Run sources into the graph: scan and write their records, project works, edges and franchises.

Sources run in their order (`Source.order`), then the works whose records differ are composed once,
then edges and franchises. After a run that was cut, `meta.composed` is false and the next one
brings the whole graph in line.
"""

import datetime as dt
import errno
import hashlib
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from ingest import curation, source_policies
from ingest.curation_layers import Slip
from ingest.pipeline import census
from ingest.pipeline.compose import Composer
from ingest.pipeline.edges import EdgeCounts, project_edges
from ingest.pipeline.franchises import rules
from ingest.pipeline.franchises.projection import FranchiseCounts, FranchiseProjection
from ingest.pipeline.guards import NO_GUARDS, Breach, refusal, with_lifted
from ingest.pipeline.identity import Identities, SourceRole, parted_ids
from ingest.pipeline.leads import Leads
from ingest.pipeline.projection import WorkCounts, WorkProjection
from ingest.pipeline.record_store import RecordStore, RunStart
from ingest.pipeline.record_writer import RecordCounts, RecordWriter, reattach_records
from ingest.pipeline.release_guard import ReleaseGuard
from ingest.pipeline.rows import SourceRank
from ingest.pipeline.scan import SourceScan
from ingest.pipeline.source_dates import (
    UNKNOWN,
    Basis,
    ReleaseDate,
    age_breaches,
    date_notices,
    release_date,
)
from ingest.progress import Progress
from ingest.reading.files import SourceFile
from ingest.reading.record_keys import KeyChange, KeyCounts, RecordKeys, key_changes
from ingest.reading.rejects import RejectLog
from ingest.source import Source
from ingest.source_policies import GuardName
from ingest.sources import curator
from kensho.domain.curator_acts import CuratorAct
from kensho.domain.franchise.decided import decided_policy
from kensho.domain.standing_acts import settled
from kensho.errors import IngestRefusedError, KenshoError, SourceFileError
from kensho.platform.settings import IngestSettings
from kensho.storage.gateway import Gateway

_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)


class IngestJob(msgspec.Struct, frozen=True):
    """One source and its files; no files takes back all that the source said.

    `snapshot` is the date (ISO 8601) that the files stand for, where they bear none. A job with a
    `problem` has files that can't be had: it fails, and says why. A `partial` one only adds: what
    its files do not hold is kept.
    """

    source: Source
    paths: tuple[Path, ...]
    snapshot: str | None = None
    problem: str | None = None
    partial: bool = False


class RunOptions(msgspec.Struct, frozen=True):
    """The guards that the curator lifts, where rejects go, and how much of a source is read.

    `today` is the day by which dates are believed; by default the clock's.
    """

    rejects_dir: Path
    snapshot: str | None = None
    lifted: frozenset[GuardName] = NO_GUARDS
    dry_run: bool = False
    limits: IngestSettings = IngestSettings()
    today: dt.date | None = None

    def day(self) -> dt.date:
        """Return the day by which dates are believed."""
        return self.today or dt.datetime.now(dt.UTC).date()


class SourceReport(msgspec.Struct):
    """How one source's run ended.

    `guards` are those that the release breaks, lifted ones too; `notices` what a curator should
    know and need not act on, `keys` what became of the keys of its records since the last release.
    """

    source: str
    state: str
    snapshot: str | None = None
    records: RecordCounts = msgspec.field(default_factory=RecordCounts)
    rejects: int = 0
    rejects_file: str | None = None
    seconds: float = 0.0
    message: str | None = None
    dated_by: Basis | None = None
    guards: list[Breach] = []
    notices: list[str] = []
    keys: list[KeyChange] = []


class RunReport(msgspec.Struct):
    """How a whole run ended; the JSON member `hubs` keeps the name it was published by.

    `snapshot` is what is served from now on; `unpublished` says why it could not be published.
    `slips` are files of curators that are wrong, and for which an earlier version was used.
    """

    sources: list[SourceReport]
    works: WorkCounts
    edges: EdgeCounts
    franchises: FranchiseCounts = msgspec.field(name="hubs")
    revision: int
    seconds: float
    snapshot: str | None = None
    unpublished: str | None = None
    slips: list[Slip] = []

    @property
    def failed(self) -> bool:
        """Tell whether any source was refused."""
        return any(s.state == "failed" for s in self.sources)

    @property
    def rejects(self) -> int:
        """Return how many values or records were rejected."""
        return sum(s.rejects for s in self.sources)


JobPlan: TypeAlias = Callable[[Identities, Sequence[CuratorAct]], Awaitable[Sequence[IngestJob]]]
"""Makes the jobs of a run once it is known who owns each id, and what curators have said."""
_ACTS: Final = (curator.SOURCE.name, curator.WORKS.name)


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
        self._runs: list[tuple[uuid.UUID, SourceReport]] = []

    async def run(self, jobs: Sequence[IngestJob] | JobPlan) -> RunReport:
        """Run all jobs, or those that a plan makes, and bring the graph in line.

        A refused source is reported and does not stop the others.
        """
        started = time.monotonic()
        await self._load()
        meta = await self._meta()
        if callable(jobs):
            jobs = await jobs(self._identities, self._acts)
        reports = [await self._run_job(job) for job in sorted(jobs, key=lambda j: j.source.place)]
        if self._touched:
            await self._reattach()
        works, edges, franchises = WorkCounts(), EdgeCounts(), FranchiseCounts()
        acts = settled(self._acts, lambda one: self._identities.owner(one) or one)
        policy = decided_policy(
            self._curation.policy, acts, lambda one: self._identities.owner(one) or one
        )
        self._rules = rules.load(policy)
        if not self._options.dry_run and await self._lags(meta):
            # What a forgotten source alone knew of tags is found out from all else.
            is_whole = not meta.composed or any(
                not job.paths and job.problem is None for job in jobs
            )
            works, edges, franchises = await self._project(
                None if is_whole else self._touched, trusted=meta.composed
            )
        for run, report in self._runs:
            report.state = "finished"
            counts = msgspec.structs.asdict(report.records) | {"rejected": report.rejects}
            await self._record_store.finish_run(run, report.state, counts, None)
        revision = (await self._meta()).revision
        return RunReport(reports, works, edges, franchises, revision, time.monotonic() - started)

    async def _load(self) -> None:
        with self._progress.stage("kept records"):
            roles = {
                name: SourceRole(s.creates, s.groups, s.order) for name, s in self._sources.items()
            }
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
            if self._options.dry_run:
                self._identities.reassign()
            else:
                await self._reattach()
                await self._record_store.close_interrupted()

    async def _read_acts(self) -> dict[str, frozenset[str]]:
        """Read the acts of curators; return which ids they keep apart from which others."""
        ids = [
            (head.works[0], source, key)
            for source in _ACTS
            for key, head in self._identities.records.get(source, {}).items()
        ]
        said = await self._record_store.statements_by_id(ids)
        self._acts = [one.facts.act for one in said if one.facts.act is not None]
        return parted_ids(self._acts)

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
            report.state, report.message = "failed", _said(error, self._options)
            self._progress.say(f"{job.source.name}: {report.message}")
        report.seconds = time.monotonic() - started
        return report

    async def _ingest(self, job: IngestJob, report: SourceReport) -> None:
        """Scan a job's files, stop what its guards don't let through, and write what differs."""
        kept = self._identities.records.get(job.source.name, {})
        with SourceScan(job.source, self._identities, is_partial=job.partial) as scan:
            keys = self._scan(job, scan, report)
            if job.paths:
                await self._require_sound(job, scan, report, keys)
            if self._options.dry_run:
                report.records, report.state = _foreseen(scan, kept), "planned"
            else:
                await self._write(job, scan, report, keys)

    def _scan(self, job: IngestJob, scan: SourceScan, report: SourceReport) -> KeyCounts | None:
        """Read the files of a job whole; return which keys their records have."""
        name = job.source.name
        limits, keys = self._options.limits, RecordKeys()
        files = [SourceFile(path, limits, keys) for path in job.paths]
        reject_path = self._options.rejects_dir / f"{name}.jsonl"
        with (
            RejectLog(name, reject_path, limits.max_rejects) as rejects,
            self._progress.stage(f"{name}: reading") as advance,
        ):
            for file in files:
                scan.read(file, rejects, advance)
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
        for notice in report.notices:
            self._progress.say(f"{name}: {notice}")
        found = list(age_breaches(dated, last, today))
        found += await self._guard.breaches(scan, report.rejects)
        report.guards = with_lifted(found, self._options.lifted)
        if not all(breach.lifted for breach in report.guards):
            raise IngestRefusedError(refusal(report.guards, report.keys))

    async def _write(
        self, job: IngestJob, scan: SourceScan, report: SourceReport, keys: KeyCounts | None
    ) -> None:
        run, snapshot = uuid.uuid4(), report.snapshot or UNKNOWN
        path = ", ".join(str(p) for p in job.paths)
        basis = report.dated_by or "unknown"
        await self._record_store.start_run(
            RunStart(run, job.source.name, path, _sha256(job.paths), snapshot, basis, keys)
        )
        writer = RecordWriter(self._record_store, self._identities, scan, snapshot, run)
        try:
            report.records = await writer.write(self._progress)
        except KenshoError as error:
            await self._record_store.finish_run(run, "failed", {}, error.message)
            raise
        finally:
            self._touched |= writer.touched
        if job.source.name in _ACTS and self._identities.part(await self._read_acts()):
            await self._reattach()
        self._runs.append((run, report))

    async def _project(
        self, works: set[uuid.UUID] | None, *, trusted: bool
    ) -> tuple[WorkCounts, EdgeCounts, FranchiseCounts]:
        ranks = {name: SourceRank(s.rank, s.creates) for name, s in self._sources.items()}
        composer = Composer(ranks, self._curation.composition)
        projection = WorkProjection(self._gateway, composer, self._identities)
        await projection.load()
        franchises = FranchiseProjection(self._gateway, self._rules, trusted=trusted)
        await franchises.load()
        stood = set(projection.heads)
        before = await census.last_census(self._gateway)
        tagless = await census.tagless_works(self._gateway, before, stood)
        total = self._identities.works_total() if works is None else len(works)
        done = 0
        with self._progress.stage("works", total) as advance:
            async for so_far in projection.project(works):
                advance(so_far - done)
                done = so_far
        # The engine merges its files when it flushes, in memory: better now than beside all the
        # edges.
        await self._gateway.checkpoint()
        edges, related = await project_edges(
            self._gateway,
            self._identities,
            projection.heads,
            self._sources,
            franchises,
            self._progress,
        )
        stands = projection.heads.keys()
        outcome = census.RunOutcome(
            stood=stood if trusted else set(),  # a run that was cut may have added works
            stands=stands,
            related=related,
            composed=projection.has_tags,
            coverage=census.coverage_of(self._identities, stands),
        )
        await census.keep_census(self._gateway, census.taken(before, tagless, outcome))
        digests = {"rules": self._rules.digest, "same_works": franchises.same_works_digest}
        await self._gateway.execute("ingest.set_composed", digests)
        return projection.counts, edges, franchises.counts


class _Meta(msgspec.Struct, frozen=True):
    revision: int
    composed: bool


def _said(error: KenshoError | OSError, options: RunOptions) -> str:
    """Say why a source failed; what the system refuses concerns what is kept aside."""
    if isinstance(error, KenshoError):
        return error.message
    if error.errno in _NO_ROOM:
        return (
            f"the disk is full: what differs is kept in {tempfile.gettempdir()} (TMPDIR),"
            f" rejects in {options.rejects_dir}"
        )
    return f"{error.filename or options.rejects_dir}: {error.strerror}"


def _foreseen(scan: SourceScan, kept: Mapping[str, object]) -> RecordCounts:
    changed = sum(flag and key in kept for key, flag in scan.keys.items())
    return RecordCounts(
        added=sum(key not in kept for key in scan.keys),
        changed=changed,
        removed=0 if scan.is_partial else sum(key not in scan.keys for key in kept),
        unchanged=sum(not flag for flag in scan.keys.values()),
        unmatched=scan.unmatched,
    )


def _sha256(paths: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while chunk := file.read(1024 * 1024):
                digest.update(chunk)
    return digest.hexdigest()
