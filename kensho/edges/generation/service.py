"""What somebody may do with their videos: ask for one, follow it, take it back, look, delete.

Guarantees: nobody sees or moves what is another's. Asking twice under one idempotency key makes one
job, as does retrying a job twice. What was deleted can be put back for `UNDO`.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from kensho.edges.accounts.sessions import Now
from kensho.edges.generation.generation_metrics import GenerationMetrics
from kensho.edges.generation.job_board import JobBoard
from kensho.edges.generation.job_store import JobStore, Video, VideoLimits, VideoStatus
from kensho.edges.generation.jobs import Orientation, VideoJob
from kensho.edges.store import new_id
from kensho.errors import ConflictError, ForbiddenError, NotFoundError

UNDO: Final = dt.timedelta(days=1)
_KEYED: Final = "idempotency-key:"
_RETRY: Final = "retry"
_MOST_UNFINISHED: Final = 100


class VideoPage(NamedTuple):
    """Videos of a page, and how many the list has."""

    videos: Sequence[Video]
    total: int


class VideoParts(msgspec.Struct, frozen=True):
    """What the service works with; `submitted` wakes the worker of this process."""

    store: JobStore
    board: JobBoard
    limits: VideoLimits
    metrics: GenerationMetrics
    now: Now
    submitted: Callable[[], None]


class VideoService:
    """Serves people, each of whom is the subject of their session."""

    def __init__(self, parts: VideoParts) -> None:
        self._parts = parts

    async def submit(
        self, subject: UUID, prompt: str, orientation: Orientation, key: str | None = None
    ) -> VideoJob:
        """Begin a job; with a key, the one that was begun under it.

        Raises:
            RateLimitedError: as `JobStore.add`.
            ConflictError: the key was used for something else (`idempotency_key_reused`).
        """
        now = self._parts.now()
        job = VideoJob(
            id=new_id(now) if key is None else uuid.uuid5(subject, _KEYED + key),
            subject=subject,
            prompt=prompt,
            orientation=orientation,
            created_at=now,
        )
        return await self._added(job)

    async def retry(self, subject: UUID, job: UUID) -> VideoJob:
        """Begin a job anew that failed or was cancelled; once, however often it is asked for.

        Raises:
            ConflictError: it goes on, or has its video (`not_failed`).
            RateLimitedError: as `JobStore.add`.
        """
        held = await self.job(subject, job)
        if held.status not in ("failed", "cancelled"):
            raise ConflictError("only a job that failed can be tried again", code="not_failed")
        again = VideoJob(
            id=uuid.uuid5(job, _RETRY),
            subject=subject,
            prompt=held.prompt,
            orientation=held.orientation,
            retry_of=job,
            created_at=self._parts.now(),
        )
        return await self._added(again)

    async def _added(self, job: VideoJob) -> VideoJob:
        made = await self._parts.store.add(job, self._parts.limits)
        if (made.prompt, made.orientation) != (job.prompt, job.orientation):
            raise ConflictError(
                "this Idempotency-Key was sent with another prompt or orientation",
                code="idempotency_key_reused",
            )
        if made.created_at == job.created_at:
            self._parts.metrics.count_move("submit" if job.retry_of is None else "retry")
        self._parts.submitted()
        return made

    async def job(self, subject: UUID, job: UUID) -> VideoJob:
        """Return a job of somebody.

        Raises:
            NotFoundError: there is none of this id (`job_not_found`).
            ForbiddenError: it is another's (`not_yours`).
        """
        found = await self._parts.store.get(job)
        if found is None:
            raise NotFoundError(f"there is no job '{job}'", code="job_not_found")
        _check_owner(found.subject, subject)
        return found

    async def unfinished(self, subject: UUID) -> Sequence[VideoJob]:
        """Return the jobs of somebody that go on, the latest first."""
        return await self._parts.store.unfinished_of(subject, _MOST_UNFINISHED)

    async def cancel(self, subject: UUID, job: UUID) -> VideoJob:
        """Cancel a job that goes on; one that was cancelled stays so.

        Raises:
            ConflictError: it has ended otherwise (`job_has_ended`).
        """
        held = await self.job(subject, job)
        if not held.has_ended:
            await self._parts.store.cancel(job, self._parts.now(), subject)
            held = await self.job(subject, job)
            if held.status == "cancelled":
                self._parts.metrics.count_move("cancel")
            self._parts.board.tell(job)
        if held.status != "cancelled":
            raise ConflictError(f"the job is {held.status} already", code="job_has_ended")
        return held

    async def page(
        self, subject: UUID, status: VideoStatus | None, page: int, limit: int
    ) -> VideoPage:
        """Return a page of somebody's list, from 1, the latest first."""
        store = self._parts.store
        tally = await store.tally(subject)
        counts = {"completed": tally.completed, "failed": tally.failed}
        total = sum(counts.values()) if status is None else counts[status]
        start = (page - 1) * limit
        videos = await store.page(subject, status, start, limit) if start < total else []
        return VideoPage(videos, total)

    async def video(self, subject: UUID, video: UUID) -> Video:
        """Return a video of somebody's list.

        Raises:
            NotFoundError: there is none of this id, or it was deleted (`video_not_found`).
            ForbiddenError: it is another's (`not_yours`).
        """
        found = await self._held(subject, video)
        if found.deleted_at is not None:
            raise _no_such_video(video)
        return found

    async def delete(self, subject: UUID, video: UUID) -> None:
        """Take a video out of somebody's list; one that was is so. Raises as `video`."""
        held = await self._held(subject, video)
        if held.deleted_at is None:
            await self._parts.store.set_deleted(video, self._parts.now(), subject)
            self._parts.metrics.count_move("delete")

    async def restore(self, subject: UUID, video: UUID) -> Video:
        """Put a video back that was deleted; one that was not stays. Raises as `video`."""
        held = await self._held(subject, video)
        if held.deleted_at is not None:
            await self._parts.store.set_deleted(video, None, subject)
            self._parts.metrics.count_move("restore")
        return msgspec.structs.replace(held, deleted_at=None)

    async def _held(self, subject: UUID, video: UUID) -> Video:
        found = await self._parts.store.video(video)
        if found is None:
            raise _no_such_video(video)
        _check_owner(found.subject, subject)
        return found


def _check_owner(owner: UUID, subject: UUID) -> None:
    if owner != subject:
        raise ForbiddenError("this is another account's", code="not_yours")


def _no_such_video(video: UUID) -> NotFoundError:
    return NotFoundError(f"there is no video '{video}'", code="video_not_found")
