"""What a run over sources is asked to do, and how it ended."""

import datetime as dt
import errno
import hashlib
import tempfile
import uuid
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final, TypeAlias
from uuid import UUID

import msgspec

from ingest.curation_layers import Slip
from ingest.pipeline.edge_store import EdgeCounts
from ingest.pipeline.franchises.projection import FranchiseCounts
from ingest.pipeline.guards import NO_GUARDS, Breach
from ingest.pipeline.held import WaitingRun
from ingest.pipeline.identity import Identities
from ingest.pipeline.projection import WorkCounts
from ingest.pipeline.record_store import RunStart
from ingest.pipeline.record_writer import RecordCounts
from ingest.pipeline.rollback_plan import KeptRecords
from ingest.pipeline.source_dates import UNKNOWN, Basis
from ingest.reading.record_keys import KeyChange, KeyCounts
from ingest.source import Source
from ingest.source_policies import GuardName
from kensho.domain.curator_acts import CuratorAct
from kensho.errors import KenshoError
from kensho.platform.settings import IngestSettings

_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)


class IngestJob(msgspec.Struct, frozen=True):
    """One source and its files; no files takes back all that the source said.

    `snapshot` is the date (ISO 8601) that the files stand for, where they bear none. A job with a
    `problem` has files that can't be had: it fails, and says why. A `partial` one only adds: what
    its files do not hold is kept. One that was `held` has what a run read that waited.
    """

    source: Source
    paths: tuple[Path, ...]
    snapshot: str | None = None
    problem: str | None = None
    partial: bool = False
    held: WaitingRun | None = None


class RunOptions(msgspec.Struct, frozen=True):
    """The guards that the curator lifts, where rejects go, and how much of a source is read.

    What guards stop is refused, or waits for approval where it is to be put on `hold`. `today` is
    the day by which dates are believed; by default the clock's.
    """

    rejects_dir: Path
    snapshot: str | None = None
    lifted: frozenset[GuardName] = NO_GUARDS
    hold: bool = False
    limits: IngestSettings = IngestSettings()
    today: dt.date | None = None

    def day(self) -> dt.date:
        """Return the day by which dates are believed."""
        return self.today or dt.datetime.now(dt.UTC).date()


class SourceReport(msgspec.Struct):
    """How one source's run ended.

    `guards` are those that the release breaks, lifted ones too; `notices` what a curator should
    know and need not act on, `keys` what became of the keys of its records since the last release.
    `run` is the id under which it is recorded, `undoes` that of the run which it takes back, and
    `kept` what that left as it is.
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
    run: UUID | None = None
    undoes: UUID | None = None
    kept: list[KeptRecords] = []


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
    def waits(self) -> bool:
        """Tell whether any source waits for approval."""
        return any(s.state == "waiting" for s in self.sources)

    @property
    def rejects(self) -> int:
        """Return how many values or records were rejected."""
        return sum(s.rejects for s in self.sources)


JobPlan: TypeAlias = Callable[[Identities, Sequence[CuratorAct]], Awaitable[Sequence[IngestJob]]]
"""Makes the jobs of a run once it is known who owns each id, and what curators have said."""


def run_start(job: IngestJob, report: SourceReport, keys: KeyCounts | None) -> RunStart:
    """Return how a run begins, or began; of files that can't be read the checksum is empty."""
    try:
        digest = _sha256(job.paths)
    except OSError:
        digest = ""
    path = ", ".join(str(p) for p in job.paths)
    basis, snapshot = report.dated_by or "unknown", report.snapshot or UNKNOWN
    run = report.run or uuid.uuid4()
    return RunStart(run, job.source.name, path, digest, snapshot, basis, keys)


def _sha256(paths: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while chunk := file.read(1024 * 1024):
                digest.update(chunk)
    return digest.hexdigest()


def said_of(error: KenshoError | OSError, options: RunOptions) -> str:
    """Say why a source failed; what the system refuses concerns what is kept aside."""
    if isinstance(error, KenshoError):
        return error.message
    if error.errno in _NO_ROOM:
        return (
            f"the disk is full: what differs is kept in {tempfile.gettempdir()} (TMPDIR),"
            f" rejects in {options.rejects_dir}"
        )
    return f"{error.filename or options.rejects_dir}: {error.strerror}"
