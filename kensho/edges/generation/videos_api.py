"""`/api/videos`: ask for a video, and what somebody has of them."""

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

from kensho.api.operations import (
    Documented,
    empty_operation,
    get_operation,
    post_operation,
)
from kensho.api.parameters import DEFAULT_LIMIT, EXAMPLE_ID, MAX_PAGE, Limit
from kensho.edges.accounts.authentication import SESSION_SECURITY, GivenSession
from kensho.edges.generation.copies import VideoCopies
from kensho.edges.generation.documents import (
    CreateVideoBody,
    PaginationView,
    StartedJob,
    VideoList,
    VideoView,
    job_view,
    prompt_of,
    stream_path,
    video_view,
)
from kensho.edges.generation.job_store import VideoStatus
from kensho.edges.generation.jobs import VideoJob
from kensho.edges.generation.progress import ProgressStreams
from kensho.edges.generation.service import VideoService
from kensho.errors import InvalidInputError
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
READING: Final[Mapping[str, Any]] = {**(costing(_READ_COST) or {}), TELLS_ISSUES: True}
WRITING: Final[Mapping[str, Any]] = {**(costing(_WRITE_COST) or {}), TELLS_ISSUES: True}
_ID: Final = UUID(EXAMPLE_ID)
_USER: Final = UUID("5f8d6f0e-6f43-4c1e-9a57-0f6f1c3f9b10")
_AT: Final = dt.datetime(2026, 11, 30, 20, 15, tzinfo=dt.UTC)
EXAMPLE_JOB: Final = job_view(
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
ANOTHERS: Final = "It is another account's (`not_yours`)."
_NO_VIDEO: Final = "There is no such video, or it was deleted (`video_not_found`)."
TOO_MANY: Final = (
    "As many wait as may (`scope` `videos_waiting`), or were asked for today (`videos_daily`)."
)
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
    opt: Mapping[str, Any] | None = READING

    @post_operation(
        None,
        Documented(
            "Ask for a video",
            "The job that makes it.",
            {
                409: "The `Idempotency-Key` was sent with something else"
                " (`idempotency_key_reused`).",
                429: TOO_MANY,
            },
        ),
        StartedJob(job=EXAMPLE_JOB, stream_url=stream_path(_ID)),
        opt=WRITING,
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
        return started(job)

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
        Documented("Show a video", "The video.", {403: ANOTHERS, 404: _NO_VIDEO}),
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
        Documented("Delete a video", "It is not in your list.", {403: ANOTHERS, 404: _NO_VIDEO}),
        opt=WRITING,
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
            {403: ANOTHERS, 404: "There is no such video, or it is gone (`video_not_found`)."},
        ),
        _VIDEO,
        opt=WRITING,
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


def base_url_of(request: Request[Any, Any, Any]) -> str:
    """Return the origin that addresses in an answer begin with: ours, as far as it is known."""
    origin = state_of(request.scope).hosts.origin_of(request.scope)
    return origin or str(request.base_url).rstrip("/")


def started(job: VideoJob) -> UncachedResponse[StartedJob]:
    """Return the answer that a job was begun, and where its progress is told."""
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
