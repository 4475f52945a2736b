"""Jobs, videos and what somebody has of them, in the store of the edges.

Guarantees: each method is one transaction. A job is claimed by one worker, is moved by its claim
alone, and has one video at most: the ids of both are equal. What a worker writes may be written
twice, as it is after a call of which nobody knows how it ended. The limits of somebody hold however
many requests come at once. Every transition has its row in the audit log.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias
from uuid import UUID

import msgspec

from kensho.edges.generation.jobs import (
    MOST_ATTEMPTS,
    MOST_PROGRESS,
    ClaimLostError,
    JobError,
    JobNews,
    JobStatus,
    Orientation,
    VideoJob,
)
from kensho.errors import RateLimitedError, StorageError
from kensho.platform.logs import REQUEST
from kensho.storage.gateway import Gateway

VideoStatus: TypeAlias = Literal["completed", "failed"]
_QUOTA_USED: Final = "quota_used"
_WAITING: Final = "too_many_waiting"
_CLAIM_LOST: Final = "claim_lost"
_WAIT_S: Final = 60
_DAY_S: Final = 86_400


class StoredFile(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a video's file, and under which names a copy and a picture are stored."""

    media_type: str | None = None
    bytes: int | None = None
    duration_s: float | None = None
    stored: str | None = None
    thumbnail: str | None = None


NO_FILE: Final = StoredFile()


class Video(StoredFile, frozen=True, kw_only=True):
    """A video of somebody's list, or a job that failed there; its id is that of its job."""

    id: UUID
    subject: UUID
    prompt: str
    orientation: Orientation
    status: VideoStatus
    model: str | None = None
    link: str | None = None
    error: JobError | None = None
    created_at: dt.datetime
    deleted_at: dt.datetime | None = None


class VideoTally(msgspec.Struct, frozen=True, kw_only=True):
    """How much somebody has: jobs, videos in their list, and what they asked for on a day."""

    pending: int = 0
    processing: int = 0
    completed: int = 0
    failed: int = 0
    day: str = ""
    asked: int = 0


class VideoLimits(msgspec.Struct, frozen=True):
    """How many jobs somebody may ask for on a day, and have waiting."""

    quota: int
    waiting: int


class WorkerClaim(NamedTuple):
    """A claim of a worker: its id, who the worker is, and how long it holds without renewal."""

    id: UUID
    worker: str
    lease_s: int


class _QueueCount(msgspec.Struct, frozen=True):
    status: JobStatus
    jobs: int


class JobStore:
    """Reads and writes jobs and videos; every method raises `StorageError`."""

    def __init__(self, gateway: Callable[[], Gateway]) -> None:
        """Take what returns the open store, or raises `StoreUnavailableError`."""
        self._gateway = gateway

    async def add(self, job: VideoJob, limits: VideoLimits) -> VideoJob:
        """Add a job, unless there is one of its id; return the one that there is then.

        Raises:
            RateLimitedError: its owner has as many as they may (`scope` `videos_waiting`), or asked
                for as many as they may on this day (`videos_daily`).
        """
        given: dict[str, object] = {
            "id": job.id,
            "subject": job.subject,
            "prompt": job.prompt,
            "orientation": job.orientation,
            "retry_of": job.retry_of,
            "at": job.created_at.isoformat(),
            "day": job.created_at.date().isoformat(),
            "quota": limits.quota,
            "waiting": limits.waiting,
            "move": "submit" if job.retry_of is None else "retry",
            "mover": str(job.subject),
            "request_id": _request_id(),
        }
        try:
            await self._gateway().execute("edges.add_video_job", given)
        except StorageError as error:
            raise _limited(error, job.created_at, limits) from error
        return await self.get(job.id) or job

    async def get(self, job: UUID) -> VideoJob | None:
        """Return a job, if there is one of this id."""
        found = await self._gateway().fetch("edges.video_job", {"id": job}, into=list[VideoJob])
        return found[0] if found else None

    async def seen(self, jobs: Sequence[UUID]) -> list[VideoJob]:
        """Return the jobs of some ids, as far as there are."""
        return await self._gateway().fetch(
            "edges.video_jobs_seen", {"ids": list(jobs)}, into=list[VideoJob]
        )

    async def unfinished_of(self, subject: UUID, limit: int) -> list[VideoJob]:
        """Return the jobs of somebody that have not ended, the latest first."""
        given: dict[str, object] = {"subject": subject, "limit": limit}
        return await self._gateway().fetch("edges.video_jobs_of", given, into=list[VideoJob])

    async def queue(self) -> Mapping[JobStatus, int]:
        """Return how many jobs wait, and how many are worked on."""
        found = await self._gateway().fetch("edges.video_queue", {}, into=list[_QueueCount])
        return {one.status: one.jobs for one in found}

    async def is_waiting(self) -> bool:
        """Tell whether any job waits."""
        return bool(await self._gateway().fetch("edges.video_job_waiting", {}, into=list[UUID]))

    async def claim(self, claim: WorkerClaim, per_account: int) -> VideoJob | None:
        """Give the job that waits longest to a claim, if any may be worked on now.

        A claim that has a job already is given that one.
        """
        given: dict[str, object] = {
            "claim": claim.id,
            "lease_s": claim.lease_s,
            "per_account": per_account,
            "mover": claim.worker,
        }
        await self._gateway().execute("edges.claim_video_job", given)
        found = await self._gateway().fetch(
            "edges.claimed_video_job", {"claim": claim.id}, into=list[VideoJob]
        )
        return found[0] if found else None

    async def touch(self, job: UUID, claim: WorkerClaim, news: JobNews) -> None:
        """Renew the lease of a job, and tell what is new of it; raises `ClaimLostError`."""
        given: dict[str, object] = {
            "id": job,
            "claim": claim.id,
            "lease_s": claim.lease_s,
            "phase": news.phase,
            "progress": min(news.progress, MOST_PROGRESS),
            "model": news.model,
            "link": news.link,
        }
        await self._as_claim("edges.touch_video_job", given)

    async def complete(
        self, job: UUID, claim: WorkerClaim, at: dt.datetime, file: StoredFile = NO_FILE
    ) -> None:
        """End a job with its video, whose link was told before; raises `ClaimLostError`."""
        await self._end(job, claim, None, at, file)

    async def fail(self, job: UUID, claim: WorkerClaim, at: dt.datetime, error: JobError) -> None:
        """End a job without a video; raises `ClaimLostError`."""
        await self._end(job, claim, error, at, NO_FILE)

    async def _end(
        self,
        job: UUID,
        claim: WorkerClaim,
        error: JobError | None,
        at: dt.datetime,
        file: StoredFile,
    ) -> None:
        given: dict[str, object] = {
            "id": job,
            "claim": claim.id,
            "status": "completed" if error is None else "failed",
            "error": error,
            "at": at.isoformat(),
            "mover": claim.worker,
            "file": msgspec.structs.asdict(file),
        }
        await self._as_claim("edges.end_video_job", given)

    async def hand_back(self, job: UUID, claim: WorkerClaim) -> None:
        """Let a job wait again, for whoever claims it next; nothing if the claim is lost."""
        given: dict[str, object] = {"id": job, "claim": claim.id, "mover": claim.worker}
        await self._gateway().execute("edges.release_video_job", given)

    async def requeue_lost(self, worker: str) -> int:
        """Let jobs wait again, or fail, whose workers did not renew their leases.

        Returns:
            How many there were; of two processes that look at once both may count one.
        """
        lost = await self._gateway().fetch("edges.video_jobs_lost", {}, into=list[UUID])
        if lost:
            given: dict[str, object] = {"attempts": MOST_ATTEMPTS, "mover": worker}
            await self._gateway().execute("edges.requeue_video_jobs", given)
        return len(lost)

    async def cancel(self, job: UUID, at: dt.datetime, by: UUID) -> None:
        """Cancel a job that goes on; one that has ended stays as it is."""
        given: dict[str, object] = {
            "id": job,
            "at": at.isoformat(),
            "mover": str(by),
            "request_id": _request_id(),
        }
        await self._gateway().execute("edges.cancel_video_job", given)

    async def video(self, video: UUID) -> Video | None:
        """Return a video, a deleted one too, if there is one of this id."""
        found = await self._gateway().fetch("edges.video", {"id": video}, into=list[Video])
        return found[0] if found else None

    async def page(
        self, subject: UUID, status: VideoStatus | None, start: int, limit: int
    ) -> list[Video]:
        """Return videos of somebody's list, the latest first."""
        given: dict[str, object] = {"subject": subject, "start": start, "limit": limit}
        name = "edges.videos_page"
        if status is not None:
            given["status"] = status
            name = "edges.videos_page_of_status"
        return await self._gateway().fetch(name, given, into=list[Video])

    async def tally(self, subject: UUID) -> VideoTally:
        """Return how much somebody has."""
        given: dict[str, object] = {"subject": subject}
        found = await self._gateway().fetch("edges.video_tally", given, into=list[VideoTally])
        return found[0] if found else VideoTally()

    async def set_deleted(self, video: UUID, at: dt.datetime | None, by: UUID) -> None:
        """Take a video out of its owner's list, or with no time put it back."""
        given: dict[str, object] = {
            "id": video,
            "at": None if at is None else at.isoformat(),
            "mover": str(by),
            "request_id": _request_id(),
        }
        await self._gateway().execute("edges.set_video_deleted", given)

    async def deleted(self, before: dt.datetime, limit: int) -> list[Video]:
        """Return videos that were deleted before a time, the longest ago first."""
        given: dict[str, object] = {"before": before.isoformat(), "limit": limit}
        return await self._gateway().fetch("edges.videos_deleted", given, into=list[Video])

    async def drop(self, video: UUID) -> None:
        """Forget a video that was deleted."""
        await self._gateway().execute("edges.drop_video", {"id": video})

    async def _as_claim(self, query: str, given: Mapping[str, object]) -> None:
        try:
            await self._gateway().execute(query, given)
        except StorageError as error:
            if _CLAIM_LOST in error.message:
                raise ClaimLostError from error
            raise


def _limited(error: StorageError, now: dt.datetime, limits: VideoLimits) -> Exception:
    """Return what a refusal of the store means."""
    if _QUOTA_USED in error.message:
        passed_s = now.hour * 3_600 + now.minute * 60 + now.second
        return RateLimitedError(
            f"at most {limits.quota} videos are made for an account on one day (UTC)",
            retry_after_s=max(1, _DAY_S - passed_s),
            scope="videos_daily",
        )
    if _WAITING in error.message:
        return RateLimitedError(
            f"at most {limits.waiting} videos of an account wait at once",
            retry_after_s=_WAIT_S,
            scope="videos_waiting",
        )
    return error


def _request_id() -> str:
    request = REQUEST.get()
    return "" if request is None else request.request_id
