"""`/api/videos/{id}/file` and `/thumbnail`: the copy of a video, in parts, and its picture.

A browser asks for parts of a video as it plays it (RFC 9110 §14); one part at a time is answered.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, TypeAlias

import msgspec
from litestar import Controller, Request, get
from litestar.openapi import ResponseSpec
from litestar.params import QueryParameter
from litestar.types import ASGIApp, Receive, Scope, Send

from kensho.edges.accounts.authentication import SESSION_SECURITY, GivenSession
from kensho.edges.generation.copies import JPEG, FilePart, VideoCopies
from kensho.edges.generation.job_store import Video
from kensho.edges.generation.videos_api import GivenVideos, VideoId
from kensho.errors import InvalidInputError, NotFoundError
from kensho.http.edge_limits import LIMITS_ITSELF
from kensho.http.event_stream import STREAM
from kensho.http.request_costs import costing
from kensho.http.responses import UncachedResponse

_PART: Final = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
_PARTIAL: Final = 206
_UNSATISFIABLE: Final = 416
_OK: Final = 200
_OPT: Final[Mapping[str, Any]] = {**(costing(4) or {}), **STREAM, LIMITS_ITSELF: True}
"""What they cost limits them: a page of a gallery shows twenty pictures, and a player asks for many
parts of a video."""
AsDownload: TypeAlias = Annotated[
    bool, QueryParameter(description="Whether browsers keep it as a file instead of playing it.")
]


class FilesController(Controller):
    """The files of videos that are kept here."""

    path = "/api/videos/{video_id:str}"
    security = SESSION_SECURITY
    tags: Sequence[str] | None = ("videos",)
    opt: Mapping[str, Any] | None = _OPT

    @get(
        "/file",
        summary="Play a video",
        responses={
            200: ResponseSpec(
                bytes, generate_examples=False, description="The video.", media_type="video/mp4"
            )
        },
    )
    async def file(
        self,
        request: Request[Any, Any, Any],
        videos: GivenVideos,
        session: GivenSession,
        video_id: VideoId,
        download: AsDownload = False,
    ) -> ASGIApp:
        """Return the copy of a video that is kept, or the part of it in `Range`."""
        video = await videos.service.video(session.subject, video_id)
        copies, name = _kept(videos.copies, video.stored)
        start, end = _range_of(request.headers.get("range", ""))
        try:
            part = await copies.open(name, start, end)
        except InvalidInputError:
            size = b"bytes */%d" % (video.bytes or 0)
            return UncachedResponse(b"", status=_UNSATISFIABLE, headers=[(b"content-range", size)])
        is_part = start is not None or end is not None
        return _FileResponse(part, _headers(video, part, is_part=is_part, download=download))

    @get(
        "/thumbnail",
        summary="Show a picture of a video",
        responses={
            200: ResponseSpec(
                bytes, generate_examples=False, description="The picture.", media_type=JPEG
            )
        },
    )
    async def thumbnail(
        self, videos: GivenVideos, session: GivenSession, video_id: VideoId
    ) -> ASGIApp:
        """Return a picture of a video that is kept."""
        video = await videos.service.video(session.subject, video_id)
        copies, name = _kept(videos.copies, video.thumbnail)
        return UncachedResponse(await copies.read(name), media_type=JPEG.encode())


class _FileHead(msgspec.Struct, frozen=True):
    """The status and headers of an answer with a file."""

    status: int
    headers: list[tuple[bytes, bytes]]


class _FileResponse:
    """Sends bytes as they are read, for as long as somebody takes them."""

    __slots__ = ("_head", "_part")

    def __init__(self, part: FilePart, head: _FileHead) -> None:
        self._part = part
        self._head = head

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Send the bytes, until all are sent or the client has left."""
        head = self._head
        await send({"type": "http.response.start", "status": head.status, "headers": head.headers})
        sending = asyncio.create_task(self._send(send))
        leaving = asyncio.create_task(_gone(receive))
        try:
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            both: tuple[asyncio.Task[None], ...] = (sending, leaving)
            is_sent = sending.done()
            for task in both:
                task.cancel()
            await asyncio.wait(both)
        if is_sent:
            sending.result()

    async def _send(self, send: Send) -> None:
        async for piece in self._part.pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _kept(copies: VideoCopies | None, name: str | None) -> tuple[VideoCopies, str]:
    if copies is None or name is None:
        raise NotFoundError("no copy of this is kept here", code="copy_not_found")
    return copies, name


def _range_of(text: str) -> tuple[int | None, int | None]:
    """Return the part that is asked for: from, up to; what is no single part asks for all."""
    match = _PART.fullmatch(text.strip())
    if match is None or (not match[1] and not match[2]):
        return None, None
    start = int(match[1]) if match[1] else None
    if not match[2]:
        return start, None
    end = int(match[2])
    if start is None:
        return None, end
    return (start, end + 1) if end >= start else (None, None)


def _headers(video: Video, part: FilePart, *, is_part: bool, download: bool) -> _FileHead:
    suffix = (video.stored or "").rpartition(".")[2]
    way = "attachment" if download else "inline"
    headers = [
        (b"content-type", (video.media_type or "application/octet-stream").encode()),
        (b"content-length", b"%d" % (part.end - part.start)),
        (b"content-disposition", f'{way}; filename="kensho-{video.id}.{suffix}"'.encode()),
        (b"accept-ranges", b"bytes"),
        (b"cache-control", b"private, no-store"),
    ]
    if not is_part:
        return _FileHead(_OK, headers)
    told = b"bytes %d-%d/%d" % (part.start, part.end - 1, part.size)
    return _FileHead(_PARTIAL, [*headers, (b"content-range", told)])
