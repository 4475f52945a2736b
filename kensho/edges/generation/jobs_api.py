"""`/api/videos/jobs` and `/api/jobs`: how far jobs of videos are, and what is done to them."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, TypeAlias
from uuid import UUID

import msgspec
from litestar import Controller, Request
from litestar.openapi.spec import Example
from litestar.params import PathParameter
from litestar.types import ASGIApp

from kensho.api.operations import (
    OTHER_PATH,
    Documented,
    get_operation,
    post_operation,
    stream_operation,
)
from kensho.api.parameters import EXAMPLE_ID
from kensho.edges.accounts.authentication import SESSION_SECURITY, GivenSession
from kensho.edges.accounts.sessions import Session
from kensho.edges.generation.documents import (
    ProgressEvent,
    StartedJob,
    UnfinishedJobs,
    VideoJobView,
    file_url,
    job_view,
    stream_path,
)
from kensho.edges.generation.progress import JobEventsResponse
from kensho.edges.generation.videos_api import (
    ANOTHERS,
    EXAMPLE_JOB,
    READING,
    TOO_MANY,
    WRITING,
    GivenVideos,
    VideoRooms,
    base_url_of,
    started,
)
from kensho.http.event_stream import last_id
from kensho.http.request_costs import costing
from kensho.http.request_state import state_of
from kensho.http.responses import UncachedResponse

_ACCEPTED: Final = 202
_NO_CONTENT: Final = 204
_REVISION: Final = re.compile(r"[1-9]\d{0,8}")
_NO_JOB: Final = "There is no such job (`job_not_found`)."
JobId: TypeAlias = Annotated[
    UUID, PathParameter(description="The id of a job.", examples=[Example(value=EXAMPLE_ID)])
]


class JobsController(Controller):
    """Jobs, by their short path."""

    path = "/api/jobs"
    security = SESSION_SECURITY
    tags: Sequence[str] | None = ("videos",)
    opt: Mapping[str, Any] | None = {**READING, OTHER_PATH: "by its short path"}

    @get_operation(
        "/{job_id:str}",
        Documented("Show a job", "The job.", {403: ANOTHERS, 404: _NO_JOB}),
        EXAMPLE_JOB,
    )
    async def read(
        self, videos: GivenVideos, session: GivenSession, job_id: JobId
    ) -> UncachedResponse[VideoJobView]:
        """Return how far a job is: what its stream tells, for whoever asks now and then."""
        job = await videos.service.job(session.subject, job_id)
        return UncachedResponse(msgspec.json.encode(job_view(job)))

    @stream_operation(
        "/{job_id:str}/stream",
        Documented(
            "Follow a job",
            "Events until the job has ended.",
            {403: ANOTHERS, 404: _NO_JOB},
        ),
        ProgressEvent(progress=45, status="processing", phase="generating"),
        opt=costing(3),
    )
    async def follow(
        self,
        request: Request[Any, Any, Any],
        videos: GivenVideos,
        session: GivenSession,
        job_id: JobId,
    ) -> ASGIApp:
        """Tell how far a job is, as server-sent events, its state now at first.

        Events are `progress`, and at last `complete` (`videoId`, `videoUrl`) or `error` (`error`,
        `code`), upon which the stream ends. With `Last-Event-ID` a state that was told is not told
        again, and there is nothing more to say (204) after the last one.
        """
        job = await videos.service.job(session.subject, job_id)
        told = _told_revision(request)
        if job.has_ended and told == job.revision:
            return _Nothing()
        return JobEventsResponse(
            videos.streams, job, told, _urls(request, videos, session), session.id
        )


class VideoJobsController(JobsController):
    """Jobs, by the path of the contract; and what their owners may do with them."""

    path = "/api/videos/jobs"
    opt: Mapping[str, Any] | None = READING

    @get_operation(
        None, Documented("List your jobs that go on", "Jobs."), UnfinishedJobs(jobs=[EXAMPLE_JOB])
    )
    async def unfinished(
        self, videos: GivenVideos, session: GivenSession
    ) -> UncachedResponse[UnfinishedJobs]:
        """Return the jobs of whoever is signed in that have not ended, the latest first."""
        found = await videos.service.unfinished(session.subject)
        return UncachedResponse(
            msgspec.json.encode(UnfinishedJobs(jobs=[job_view(one) for one in found]))
        )

    @post_operation(
        "/{job_id:str}/cancel",
        Documented(
            "Cancel a job",
            "The job, which is cancelled.",
            {403: ANOTHERS, 404: _NO_JOB, 409: "It has ended already (`job_has_ended`)."},
        ),
        EXAMPLE_JOB,
        opt=WRITING,
    )
    async def cancel(
        self, videos: GivenVideos, session: GivenSession, job_id: JobId
    ) -> UncachedResponse[VideoJobView]:
        """Take a job back that goes on; one that was cancelled stays so."""
        job = await videos.service.cancel(session.subject, job_id)
        return UncachedResponse(msgspec.json.encode(job_view(job)))

    @post_operation(
        "/{job_id:str}/retry",
        Documented(
            "Try a job again",
            "The new job.",
            {
                403: ANOTHERS,
                404: _NO_JOB,
                409: "It goes on, or has its video (`not_failed`).",
                429: TOO_MANY,
            },
        ),
        StartedJob(job=EXAMPLE_JOB, stream_url=stream_path(EXAMPLE_JOB.id)),
        opt=WRITING,
        status=_ACCEPTED,
    )
    async def retry(
        self, videos: GivenVideos, session: GivenSession, job_id: JobId
    ) -> UncachedResponse[StartedJob]:
        """Begin a job anew that failed or was cancelled; asked again, it is the same new job."""
        return started(await videos.service.retry(session.subject, job_id))


class _Nothing:
    """An answer that there is nothing more to tell, upon which an `EventSource` stays away."""

    async def __call__(self, _scope: Any, _receive: Any, send: Any) -> None:
        headers = [(b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": _NO_CONTENT, "headers": headers})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _urls(request: Request[Any, Any, Any], videos: VideoRooms, session: Session) -> Any:
    base_url = base_url_of(request)

    async def url_of(video: UUID) -> str:
        found = await videos.service.video(session.subject, video)
        return file_url(found, base_url) or ""

    return url_of


def _told_revision(request: Request[Any, Any, Any]) -> int | None:
    given = last_id(state_of(request.scope).headers) or ""
    return int(given) if _REVISION.fullmatch(given) else None
