"""A job that makes a video, and how it may go on; pure.

    pending -> processing -> completed | failed
    processing -> pending               its worker was lost, or handed it back
    pending | processing -> cancelled   its owner takes it back

Guarantees: what has ended stays as it is. A job is worked on by one claim at a time, and only that
claim moves it; progress of a claim never falls. After `MOST_ATTEMPTS` workers that were lost a job
has failed. The schema of the store (`graph_schema/edges/0003_generation.surql`) refuses whatever is
not allowed here, and a property test compares both.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias
from uuid import UUID

import msgspec

from kensho.errors import ConflictError

JobStatus: TypeAlias = Literal["pending", "processing", "completed", "failed", "cancelled"]
Phase: TypeAlias = Literal["waiting", "asking", "generating", "saving", "ended"]
"""What is done for a job: it waits for a worker, the generator is asked, it tells of progress, the
video is copied, or nothing any more."""
Orientation: TypeAlias = Literal["portrait", "landscape"]
JobError: TypeAlias = Literal[
    "generator_unavailable",
    "generator_misconfigured",
    "generator_failed",
    "prompt_refused",
    "no_video",
    "cut_off",
    "timed_out",
    "worker_lost",
    "internal",
]
MOST_ATTEMPTS: Final = 3
MOST_PROMPT_CHARS: Final = 1_000
MOST_PROGRESS: Final = 99
"""What a job that goes on has at most: 100 is for one that has its video."""
ALLOWED: Final[Mapping[JobStatus, frozenset[JobStatus]]] = {
    "pending": frozenset(("processing", "failed", "cancelled")),
    "processing": frozenset(("processing", "pending", "completed", "failed", "cancelled")),
    "completed": frozenset(),
    "failed": frozenset(),
    "cancelled": frozenset(),
}
"""The statuses that a job may have next, by the one that it has."""
ENDED: Final = frozenset(status for status, after in ALLOWED.items() if not after)
JobProblem: TypeAlias = JobError | Literal["cancelled"]
"""Why a job has no video: it failed, or its owner took it back."""
WORDS: Final[Mapping[JobError, str]] = {
    "generator_unavailable": "The video generator can't be reached now. Try again later.",
    "generator_misconfigured": "The video generator refuses this service. Its operator was told.",
    "generator_failed": "The video generator failed. Try again, or change the prompt.",
    "prompt_refused": "The video generator does not make videos of this prompt.",
    "no_video": "The video generator answered without a video. Try again, or change the prompt.",
    "cut_off": "The video generator broke off in the middle. Try again.",
    "timed_out": "The video generator took too long. Try again.",
    "worker_lost": "The work on this video was interrupted too often. Try again.",
    "internal": "Something went wrong on our side. Try again.",
}
"""What somebody is told of a job that failed."""
CANCELLED_WORDS: Final = "You cancelled this video."


class VideoJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job. `revision` rises with all that is told of it; the claim and lease are its worker's.

    `link` is where the generator put the video, as soon as that is known: a worker who takes the
    job over then need not ask for it again.
    """

    id: UUID
    subject: UUID
    prompt: str
    orientation: Orientation
    retry_of: UUID | None = None
    status: JobStatus = "pending"
    phase: Phase = "waiting"
    progress: int = 0
    attempt: int = 0
    claim: UUID | None = None
    lease_until: dt.datetime | None = None
    model: str | None = None
    link: str | None = None
    error: JobError | None = None
    revision: int = 1
    created_at: dt.datetime
    started_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None

    @property
    def has_ended(self) -> bool:
        """Tell whether nothing happens with it any more."""
        return self.status in ENDED

    @property
    def problem(self) -> JobProblem | None:
        """Return why it has no video, where it ended without one."""
        return "cancelled" if self.status == "cancelled" else self.error

    @property
    def told(self) -> str | None:
        """Return what its owner is told of how it ended, where it has no video."""
        if self.status == "cancelled":
            return CANCELLED_WORDS
        return None if self.error is None else WORDS[self.error]


class JobNews(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker tells of a job that it has; what is `None` stays as it was."""

    phase: Phase
    progress: int = 0
    model: str | None = None
    link: str | None = None


class ClaimLostError(ConflictError):
    """A job is no longer the one of this claim: it was cancelled, or given to another worker."""

    def __init__(self) -> None:
        super().__init__("the job is another worker's, or has ended", code="claim_lost")


def claimed(job: VideoJob, claim: UUID, now: dt.datetime, lease: dt.timedelta) -> VideoJob:
    """Return a job that waits as it is once a worker has it; raises `ClaimLostError` otherwise."""
    _check(job, "processing", from_="pending")
    return _moved(
        job,
        status="processing",
        phase="asking",
        claim=claim,
        lease_until=now + lease,
        attempt=job.attempt + 1,
        started_at=job.started_at or now,
    )


def touched(job: VideoJob, claim: UUID, until: dt.datetime, news: JobNews) -> VideoJob:
    """Return a job whose lease was renewed, with what is new; raises `ClaimLostError`."""
    _check_claim(job, claim)
    further = max(job.progress, min(news.progress, MOST_PROGRESS))
    is_told = (
        further != job.progress or news.phase != job.phase or news.link not in (None, job.link)
    )
    return msgspec.structs.replace(
        job,
        lease_until=until,
        phase=news.phase,
        progress=further,
        model=news.model or job.model,
        link=news.link or job.link,
        revision=job.revision + is_told,
    )


def completed(job: VideoJob, claim: UUID, now: dt.datetime) -> VideoJob:
    """Return a job that has its video; raises `ClaimLostError`, `ConflictError` without a link."""
    _check_claim(job, claim)
    if job.link is None:
        raise ConflictError("a job without a video is not complete", code="no_video")
    return _moved(job, status="completed", progress=100, **_end(now))


def failed(job: VideoJob, claim: UUID, error: JobError, now: dt.datetime) -> VideoJob:
    """Return a job that failed; raises `ClaimLostError`."""
    _check_claim(job, claim)
    return _moved(job, status="failed", error=error, **_end(now))


def handed_back(job: VideoJob, claim: UUID) -> VideoJob:
    """Return a job whose worker stops: it waits again; raises `ClaimLostError`."""
    _check_claim(job, claim)
    return _moved(job, attempt=job.attempt - 1, **_WAITING)


def lease_lost(job: VideoJob, now: dt.datetime) -> VideoJob:
    """Return a job after its lease: it waits again, or has failed; before, it is as it was."""
    if job.status != "processing" or job.lease_until is None or job.lease_until >= now:
        return job
    if job.attempt < MOST_ATTEMPTS:
        return _moved(job, **_WAITING)
    return _moved(job, status="failed", error="worker_lost", **_end(now))


def cancelled(job: VideoJob, now: dt.datetime) -> VideoJob:
    """Return a job that its owner took back; one that has ended is as it was."""
    return job if job.has_ended else _moved(job, status="cancelled", **_end(now))


_WAITING: Final = {
    "status": "pending",
    "phase": "waiting",
    "progress": 0,
    "claim": None,
    "lease_until": None,
}


def _end(now: dt.datetime) -> Mapping[str, object]:
    return {"phase": "ended", "claim": None, "lease_until": None, "ended_at": now}


def _moved(job: VideoJob, **changes: object) -> VideoJob:
    after = msgspec.structs.replace(job, revision=job.revision + 1, **changes)
    if after.status not in ALLOWED[job.status]:  # pragma: no cover -- what is above never does so
        raise ConflictError(f"a job that is {job.status} can't be {after.status}")
    return after


def _check(job: VideoJob, to: JobStatus, from_: JobStatus) -> None:
    if job.status != from_ or to not in ALLOWED[job.status]:
        raise ClaimLostError


def _check_claim(job: VideoJob, claim: UUID) -> None:
    if job.status != "processing" or job.claim != claim:
        raise ClaimLostError
