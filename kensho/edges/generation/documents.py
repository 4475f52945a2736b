"""What the API of videos takes and answers, in the members of the published contract.

`status` of a job is one of the contract's four, where a cancelled job is a failed one, so that
clients which know only those stop waiting; `state` tells them apart.
"""

import datetime as dt
import unicodedata
from typing import Annotated, Any, Final, Literal, TypeAlias
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from kensho.edges.generation.job_store import Video, VideoStatus
from kensho.edges.generation.jobs import (
    MOST_PROMPT_CHARS,
    WORDS,
    JobStatus,
    Orientation,
    Phase,
    VideoJob,
)
from kensho.errors import InvalidInputError

WireStatus: TypeAlias = Literal["pending", "processing", "completed", "failed"]
_BLANKS: Final = "\t\n\r"
_SENT_CHARS: Final = 4_000
"""What is read of a prompt: it may have blanks around it, which do not count."""


class CreateVideoBody(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to see, and which way up."""

    prompt: Annotated[
        str, Meta(max_length=_SENT_CHARS, description="1 to 1,000 characters, blanks around aside.")
    ]
    orientation: Orientation = "portrait"


class VideoJobView(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A job that makes a video: how far it is, and how it ended."""

    id: UUID
    user_id: UUID
    prompt: str
    orientation: Orientation
    status: WireStatus
    state: JobStatus
    phase: Phase
    progress: int
    model_used: str | None
    error_message: str | None
    error_code: str | None
    video_id: UUID | None
    retry_of: UUID | None
    created_at: dt.datetime
    started_at: dt.datetime | None
    completed_at: dt.datetime | None


class StartedJob(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A job that was begun, and where its progress is told."""

    job: VideoJobView
    stream_url: str


class VideoView(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A video of somebody's list. One that failed has no address, and tells why."""

    id: UUID
    user_id: UUID
    prompt: str
    orientation: Orientation
    model_used: str
    video_url: str | UnsetType = UNSET
    thumbnail_url: str | None = None
    duration: int | None = None
    status: VideoStatus
    metadata: dict[str, Any] | None = None
    created_at: dt.datetime
    error_message: str | None = None
    error_code: str | None = None


class PaginationView(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Where a page stands in a list, from 1."""

    page: int
    limit: int
    total: int
    total_pages: int


class VideoList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of somebody's videos, the latest first."""

    videos: list[VideoView]
    pagination: PaginationView


class UnfinishedJobs(msgspec.Struct, frozen=True, kw_only=True):
    """Jobs of somebody that go on, the latest first."""

    jobs: list[VideoJobView]


class ProgressEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What a stream tells while a job goes on."""

    progress: int
    status: WireStatus
    phase: Phase


class CompleteEvent(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What a stream tells at last of a job that has its video."""

    video_id: UUID
    video_url: str


class FailureEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What a stream tells at last of a job that has none."""

    error: str
    code: str


def prompt_of(body: CreateVideoBody) -> str:
    """Return the prompt without blanks around it.

    Raises:
        InvalidInputError: nothing is left of it, too much is, or it holds control characters.
    """
    text = body.prompt.strip()
    if not 1 <= len(text) <= MOST_PROMPT_CHARS:
        raise InvalidInputError.of(
            "prompt", f"has {len(text)} characters; expected 1 to {MOST_PROMPT_CHARS}"
        )
    if any(unicodedata.category(char) == "Cc" and char not in _BLANKS for char in text):
        raise InvalidInputError.of("prompt", f"{text[:80]!r}: expected no control characters")
    return text


def wire_status(job: VideoJob) -> WireStatus:
    """Return the status of a job by the contract's words."""
    return "failed" if job.status == "cancelled" else job.status


def job_view(job: VideoJob) -> VideoJobView:
    """Return a job as its owner sees it."""
    return VideoJobView(
        id=job.id,
        user_id=job.subject,
        prompt=job.prompt,
        orientation=job.orientation,
        status=wire_status(job),
        state=job.status,
        phase=job.phase,
        progress=job.progress,
        model_used=job.model,
        error_message=job.told,
        error_code=job.problem,
        video_id=job.id if job.status == "completed" else None,
        retry_of=job.retry_of,
        created_at=job.created_at,
        started_at=job.started_at,
        completed_at=job.ended_at,
    )


def video_view(video: Video, base_url: str) -> VideoView:
    """Return a video as its owner sees it; `base_url` goes before addresses of ours."""
    return VideoView(
        id=video.id,
        user_id=video.subject,
        prompt=video.prompt,
        orientation=video.orientation,
        model_used=video.model or "",
        video_url=file_url(video, base_url) or UNSET,
        thumbnail_url=None if video.thumbnail is None else thumbnail_url(video.id, base_url),
        duration=None if video.duration_s is None else round(video.duration_s),
        status=video.status,
        metadata=_metadata(video),
        created_at=video.created_at,
        error_message=None if video.error is None else WORDS[video.error],
        error_code=video.error,
    )


def file_url(video: Video, base_url: str) -> str | None:
    """Return where a video is: the copy that is kept, else where the generator put it."""
    return video.link if video.stored is None else f"{base_url}/api/videos/{video.id}/file"


def thumbnail_url(video: UUID, base_url: str) -> str:
    """Return where the picture of a video is."""
    return f"{base_url}/api/videos/{video}/thumbnail"


def stream_path(job: UUID) -> str:
    """Return where the progress of a job is told."""
    return f"/api/videos/jobs/{job}/stream"


def _metadata(video: Video) -> dict[str, Any] | None:
    if video.status != "completed":
        return None
    return {
        "mediaType": video.media_type,
        "bytes": video.bytes,
        "isStored": video.stored is not None,
        "sourceUrl": video.link,
    }
