"""Streams of progress: a job's state now, each that follows, and at last how it ended.

The id of an event is the revision of the job: who comes again with `Last-Event-ID` is told the
state only if it is another by now. Who comes again after the last event is told to stay away (204).
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Generator, Sequence
from typing import Any, Final, TypeAlias
from uuid import UUID

import msgspec
from litestar.types import Scope, Send
from typing_extensions import override

from kensho.edges.generation.documents import (
    CompleteEvent,
    FailureEvent,
    ProgressEvent,
    wire_status,
)
from kensho.edges.generation.generation_metrics import GenerationMetrics
from kensho.edges.generation.job_board import JobBoard, WatchedJob
from kensho.edges.generation.jobs import VideoJob
from kensho.http.event_stream import EventStreams, LiveEvents, LiveStreamResponse, Message
from kensho.platform.settings import StreamSettings

UrlOf: TypeAlias = Callable[[UUID], Awaitable[str]]
"""Returns where the video of a job is."""
_NOTHING: Final[Sequence[Message]] = ()


class JobEvents(LiveEvents):
    """The events of a job that is watched, after the revision that was told already, if any."""

    def __init__(self, watched: WatchedJob, told: int | None, url_of: UrlOf) -> None:
        self._watched = watched
        self._told = 0 if told is None or told > watched.job.revision else told
        self._url_of = url_of
        self._has_ended = False

    @override
    async def next(self, within_s: float) -> Sequence[Message] | None:
        """Return the state once it is another than the one that was told; `None` after the end."""
        if self._has_ended:
            return None
        job = await self._watched.after(self._told, within_s)
        if job is None:
            return _NOTHING
        message = await self._message(job)
        self._told = job.revision
        self._has_ended = job.has_ended
        return (message,)

    async def _message(self, job: VideoJob) -> Message:
        event: msgspec.Struct
        name = "progress"
        if job.status == "completed":
            name = "complete"
            event = CompleteEvent(video_id=job.id, video_url=await self._url_of(job.id))
        elif job.has_ended:
            name = "error"
            event = FailureEvent(error=job.told or "", code=job.error or "cancelled")
        else:
            event = ProgressEvent(progress=job.progress, status=wire_status(job), phase=job.phase)
        return Message(name, str(job.revision), msgspec.json.encode(event))


class JobEventsResponse(LiveStreamResponse):
    """The answer that tells of one job, to a session of its owner."""

    __slots__ = ("_already_told", "_job", "_open", "_session", "_url_of")

    def __init__(
        self,
        opened: "ProgressStreams",
        job: VideoJob,
        already_told: int | None,
        url_of: UrlOf,
        session: str,
    ) -> None:
        super().__init__(opened.streams, str(job.subject))
        self._open = opened
        self._job = job
        self._already_told = already_told
        self._url_of = url_of
        self._session = session

    @override
    async def _told(self, streams: EventStreams, scope: Scope, send: Send) -> None:
        with self._open.place(self._job, self._session) as watched:
            events = JobEvents(watched, self._already_told, self._url_of)
            await streams.told_live(events, send)


class ProgressStreams:
    """The streams of progress that are open: so many for an account, and those of each session."""

    def __init__(
        self, settings: StreamSettings, board: JobBoard, metrics: GenerationMetrics
    ) -> None:
        self.streams: Final = EventStreams(settings, _nothing_to_look_for)
        self._board = board
        self._metrics = metrics
        self._of_session: dict[str, set[asyncio.Task[Any]]] = {}

    @contextlib.contextmanager
    def place(self, job: VideoJob, session: str) -> Generator[WatchedJob]:
        """Watch a job for a stream while the block runs, which ends with its session."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 -- a stream is told by a task of its own
        of_session = self._of_session.setdefault(session, set())
        of_session.add(task)
        self._metrics.hold_stream(1)
        try:
            with self._board.watch(job) as watched:
                yield watched
        finally:
            self._metrics.hold_stream(-1)
            of_session.discard(task)
            if not of_session:
                self._of_session.pop(session, None)

    def end_session(self, session: str) -> None:
        """End the streams of a session that has ended."""
        for task in tuple(self._of_session.get(session, ())):
            task.cancel()


async def _nothing_to_look_for() -> None:
    """Do nothing: these streams tell of no snapshot."""
