"""What jobs are now, for all in this process who wait for that: streams of progress, and workers.

The rows of all jobs that are watched are read together, once a second, so that five hundred
streams cost one query. Whoever moves a job in this process tells so, and that one is read at once.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Generator, Sequence
from typing import Final, TypeAlias
from uuid import UUID

import structlog

from kensho.edges.generation.jobs import VideoJob
from kensho.errors import StorageError

_EVERY_S: Final = 1.0
_log: Final = structlog.get_logger("kensho.edges")
ReadJobs: TypeAlias = Callable[[Sequence[UUID]], Awaitable[Sequence[VideoJob]]]


class WatchedJob:
    """A job as it was read last, for whoever watches it."""

    def __init__(self, job: VideoJob) -> None:
        self.job = job
        self.watchers = 0
        self._changed = asyncio.Event()

    def take(self, job: VideoJob) -> None:
        """Take what was read, unless something newer was."""
        if job.revision > self.job.revision:
            self.job = job
            self._changed.set()
            self._changed = asyncio.Event()

    async def after(self, revision: int, within_s: float | None = None) -> VideoJob | None:
        """Return the job once it is of a later revision; `None` if that takes too long."""
        try:
            async with asyncio.timeout(within_s):
                while self.job.revision <= revision:
                    await self._changed.wait()
        except TimeoutError:
            return None
        return self.job


class JobBoard:
    """The jobs that are watched; `run` reads them for as long as it runs."""

    def __init__(self, read: ReadJobs, every_s: float = _EVERY_S) -> None:
        self._read = read
        self._every_s = every_s
        self._watched: dict[UUID, WatchedJob] = {}
        self._due: set[UUID] = set()
        self._told = asyncio.Event()

    @contextlib.contextmanager
    def watch(self, job: VideoJob) -> Generator[WatchedJob]:
        """Follow a job, as it was just read, while the block runs."""
        watched = self._watched.setdefault(job.id, WatchedJob(job))
        watched.take(job)
        watched.watchers += 1
        try:
            yield watched
        finally:
            watched.watchers -= 1
            if not watched.watchers:
                del self._watched[job.id]

    def tell(self, job: UUID) -> None:
        """Have a job read at once, because it was moved."""
        if job in self._watched:
            self._due.add(job)
            self._told.set()

    async def run(self) -> None:
        """Read the jobs that are watched, for ever."""
        loop = asyncio.get_running_loop()
        all_due_s = loop.time() + self._every_s
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(all_due_s):
                    await self._told.wait()
            self._told.clear()
            due = self._due & self._watched.keys()
            self._due.clear()
            if loop.time() >= all_due_s:
                due = set(self._watched)
                all_due_s = loop.time() + self._every_s
            if due:
                await self._look(sorted(due))

    async def _look(self, due: Sequence[UUID]) -> None:
        try:
            found = await self._read(due)
        except StorageError as error:
            _log.warning("video_jobs_not_read", jobs=len(due), reason=error.message)
            return
        for job in found:
            if (watched := self._watched.get(job.id)) is not None:
                watched.take(job)
