"""`/api/videos`: ask for a video, follow the job that makes it, and what somebody has of them."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from math import ceil
from typing import Annotated, Any, Final, TypeAlias
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import Body, PathParameter, QueryParameter, SkipValidation
from litestar.types import ASGIApp

from kensho.api.operations import (
    Documented,
    empty_operation,
    get_operation,
    post_operation,
    stream_operation,
)
from kensho.api.parameters import DEFAULT_LIMIT, EXAMPLE_ID, MAX_PAGE, Limit
from kensho.edges.accounts.authentication import SESSION_SECURITY, GivenSession
from kensho.edges.accounts.sessions import Session
from kensho.edges.generation.copies import VideoCopies
from kensho.edges.generation.documents import (
    CreateVideoBody,
    PaginationView,
    ProgressEvent,
    StartedJob,
    UnfinishedJobs,
    VideoJobView,
    VideoList,
    VideoView,
    file_url,
    job_view,
    prompt_of,
    stream_path,
    video_view,
)
from kensho.edges.generation.job_store import VideoStatus
from kensho.edges.generation.jobs import VideoJob
from kensho.edges.generation.progress import JobEventsResponse, ProgressStreams
from kensho.edges.generation.service import VideoService
from kensho.errors import InvalidInputError
from kensho.http.event_stream import last_id
from kensho.http.problem_details import TELLS_ISSUES
from kensho.http.request_costs import costing
from kensho.http.request_state import state_of
from kensho.http.responses import UncachedResponse

_READ_COST: Final = 1
_WRITE_COST: Final = 8
"""A write of the store takes 3 to 5 ms, and is read again."""
_ACCEPTED: Final = 202
_NO_CONTENT: Final = 204
_KEY: Final = re.compile(r"[\x21-\x7e]{1,200}")
_REVISION: Final = re.compile(r"[1-9]\d{0,8}")
_OPT: Final[Mapping[str, Any]] = {**(costing(_READ_COST) or {}), TELLS_ISSUES: True}
_WRITING: Final[Mapping[str, Any]] = {**(costing(_WRITE_COST) or {}), TELLS_ISSUES: True}
_ID: Final = UUID(EXAMPLE_ID)
_USER: Final = UUID("5f8d6f0e-6f43-4c1e-9a57-0f6f1c3f9b10")
_AT: Final = dt.datetime(2026, 11, 30, 20, 15, tzinfo=dt.UTC)
_JOB: Final = job_view(
    VideoJob(
        id=_ID,
        subject=_USER,
        prompt="A paper boat on a canal at dawn",
        orientation="landscape",
        status="processing",
        phase="generating",
        progress=45,
        model="video-landscape",
        created_at=_AT,
        started_at=_AT,
    )
)
_VIDEO: Final = VideoView(
    id=_ID,
    user_id=_USER,
    prompt="A paper boat on a canal at dawn",
    orientation="landscape",
    model_used="video-landscape",
    video_url="https://generator.example/files/boat.mp4",
    duration=6,
    status="completed",
    created_at=_AT,
)
_ANOTHERS: Final = "It is another account's (`not_yours`)."
_NO_JOB: Final = "There is no such job (`job_not_found`)."
_NO_VIDEO: Final = "There is no such video, or it was deleted (`video_not_found`)."
_TOO_MANY: Final = (
    "As many wait as may (`scope` `videos_waiting`), or were asked for today (`videos_daily`)."
)
JobId: TypeAlias = Annotated[
    UUID, PathParameter(description="The id of a job.", examples=[Example(value=EXAMPLE_ID)])
]
VideoId: TypeAlias = Annotated[
    UUID,
    PathParameter(
        description="The id of a video, which is that of its job.",
        examples=[Example(value=EXAMPLE_ID)],
    ),
]
OfVideoStatus: TypeAlias = Annotated[
    VideoStatus | None, QueryParameter(description="Those that there are, or that failed, alone.")
]
PageNumber: TypeAlias = Annotated[
    int,
    QueryParameter(ge=1, le=MAX_PAGE, description="The page, from 1.", examples=[Example(value=1)]),
]


class VideoListQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of the list is asked for."""

    page: PageNumber = 1
    limit: Limit = DEFAULT_LIMIT
    status: OfVideoStatus = None


class VideoRooms(msgspec.Struct, frozen=True):
    """What the handlers here use."""

    service: VideoService
    streams: ProgressStreams
    copies: VideoCopies | None


GivenVideos: TypeAlias = NamedDependency[SkipValidation[VideoRooms]]
"""The annotation under which handlers ask for `videos`."""


class VideosController(Controller):
    """What somebody has, and how they ask for more."""

    path = "/api/videos"
    security = SESSION_SECURITY
    tags: Sequence[str] | None = ("videos",)
    opt: Mapping[str, Any] | None = _OPT

    @post_operation(
        None,
        Documented(
            "Ask for a video",
            "The job that makes it.",
            {
                409: "The `Idempotency-Key` was sent with something else"
                " (`idempotency_key_reused`).",
                429: _TOO_MANY,
            },
        ),
        StartedJob(job=_JOB, stream_url=stream_path(_ID)),
        opt=_WRITING,
        status=_ACCEPTED,
    )
    async def create(
        self,
        request: Request[Any, Any, Any],
        videos: GivenVideos,
        session: GivenSession,
        data: Annotated[CreateVideoBody, Body(description="What to see.")],
    ) -> UncachedResponse[StartedJob]:
        """Begin a job that makes a video of a prompt; its progress is told at `streamUrl`.

        With a header `Idempotency-Key` the same request can be sent again: it makes one job.
        """
        key = _key_of(request)
        job = await videos.service.submit(session.subject, prompt_of(data), data.orientation, key)
        return _started(job)

    @get_operation(
        None,
        Documented("List your videos", "The videos, the latest first."),
        VideoList(
            videos=[_VIDEO],
            pagination=PaginationView(page=1, limit=20, total=1, total_pages=1),
        ),
    )
    async def listed(
        self,
        request: Request[Any, Any, Any],
        videos: GivenVideos,
        session: GivenSession,
        query: VideoListQuery,
    ) -> UncachedResponse[VideoList]:
        """Return the videos of whoever is signed in, and those that failed."""
        found = await videos.service.page(session.subject, query.status, query.page, query.limit)
        base_url = base_url_of(request)
        page = VideoList(
            videos=[video_view(one, base_url) for one in found.videos],
            pagination=PaginationView(
                page=query.page,
                limit=query.limit,
                total=found.total,
                total_pages=ceil(found.total / query.limit),
            ),
        )
        return UncachedResponse(msgspec.json.encode(page))

    @get_operation(
        "/{video_id:str}",
        Documented("Show a video", "The video.", {403: _ANOTHERS, 404: _NO_VIDEO}),
        _VIDEO,
    )
    async def read(
        self,
        request: Request[Any, Any, Any],
        videos: GivenVideos,
        session: GivenSession,
        video_id: VideoId,
    ) -> UncachedResponse[VideoView]:
        """Return a video, or why there is none."""
        found = await videos.service.video(session.subject, video_id)
        return UncachedResponse(msgspec.json.encode(video_view(found, base_url_of(request))))

    @empty_operation(
        delete,
        "/{video_id:str}",
        Documented("Delete a video", "It is not in your list.", {403: _ANOTHERS, 404: _NO_VIDEO}),
        opt=_WRITING,
    )
    async def remove(
        self, videos: GivenVideos, session: GivenSession, video_id: VideoId
    ) -> Response[None]:
        """Take a video out of the list; for a day it can be put back by `restore`."""
        await videos.service.delete(session.subject, video_id)
        return Response(None, status_code=_NO_CONTENT)

    @post_operation(
        "/{video_id:str}/restore",
        Documented(
            "Put a video back",
            "The video.",
            {403: _ANOTHERS, 404: "There is no such video, or it is gone (`video_not_found`)."},
        ),
        _VIDEO,
        opt=_WRITING,
    )
    async def restore(
        self,
        request: Request[Any, Any, Any],
        videos: GivenVideos,
        session: GivenSession,
        video_id: VideoId,
    ) -> UncachedResponse[VideoView]:
        """Put a video back into the list that was deleted within a day."""
        found = await videos.service.restore(session.subject, video_id)
        return UncachedResponse(msgspec.json.encode(video_view(found, base_url_of(request))))


class JobsController(Controller):
    """Jobs, by their short path."""

    path = "/api/jobs"
    security = SESSION_SECURITY
    tags: Sequence[str] | None = ("videos",)
    opt: Mapping[str, Any] | None = _OPT

    @get_operation(
        "/{job_id:str}",
        Documented("Show a job", "The job.", {403: _ANOTHERS, 404: _NO_JOB}),
        _JOB,
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
            {403: _ANOTHERS, 404: _NO_JOB},
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

    @get_operation(
        None, Documented("List your jobs that go on", "Jobs."), UnfinishedJobs(jobs=[_JOB])
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
            {403: _ANOTHERS, 404: _NO_JOB, 409: "It has ended already (`job_has_ended`)."},
        ),
        _JOB,
        opt=_WRITING,
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
                403: _ANOTHERS,
                404: _NO_JOB,
                409: "It goes on, or has its video (`not_failed`).",
                429: _TOO_MANY,
            },
        ),
        StartedJob(job=_JOB, stream_url=stream_path(_ID)),
        opt=_WRITING,
        status=_ACCEPTED,
    )
    async def retry(
        self, videos: GivenVideos, session: GivenSession, job_id: JobId
    ) -> UncachedResponse[StartedJob]:
        """Begin a job anew that failed or was cancelled; asked again, it is the same new job."""
        return _started(await videos.service.retry(session.subject, job_id))


def base_url_of(request: Request[Any, Any, Any]) -> str:
    """Return the origin that addresses in an answer begin with: ours, as far as it is known."""
    origin = state_of(request.scope).hosts.origin_of(request.scope)
    return origin or str(request.base_url).rstrip("/")


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


def _started(job: VideoJob) -> UncachedResponse[StartedJob]:
    answer = StartedJob(job=job_view(job), stream_url=stream_path(job.id))
    return UncachedResponse(msgspec.json.encode(answer), status=_ACCEPTED)


def _key_of(request: Request[Any, Any, Any]) -> str | None:
    """Return the idempotency key of a request, if it has one.

    Raises:
        InvalidInputError: it is none.
    """
    given = request.headers.get("idempotency-key")
    if given is None:
        return None
    if _KEY.fullmatch(given.strip()) is None:
        said = f"{given[:80]!r}: expected 1 to 200 visible characters of ASCII"
        raise InvalidInputError.of("Idempotency-Key", said)
    return given.strip()


def _told_revision(request: Request[Any, Any, Any]) -> int | None:
    given = last_id(state_of(request.scope).headers) or ""
    return int(given) if _REVISION.fullmatch(given) else None
