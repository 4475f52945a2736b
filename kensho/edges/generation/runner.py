"""Works on jobs: claims those that wait, renews its leases, ends or hands back what it has.

Guarantees: a job that this worker no longer has is given up at once, as soon as that is known; what
it would still write is refused by the store. Progress is stored once a second at most. When it is
to stop it claims no more, and what has not ended in time is handed back, for another to take over.
"""

import asyncio
import contextlib
import os
import socket
import uuid
from collections.abc import Awaitable, Callable
from typing import Final, Protocol, TypeAlias

import msgspec
import structlog

from kensho.edges.accounts.sessions import Now
from kensho.edges.generation.chat_answer import GenerationError
from kensho.edges.generation.generation_metrics import GenerationMetrics
from kensho.edges.generation.generator import GeneratorBusyError
from kensho.edges.generation.job_board import JobBoard
from kensho.edges.generation.job_store import JobStore, StoredFile, WorkerClaim
from kensho.edges.generation.jobs import ClaimLostError, JobError, JobNews, VideoJob
from kensho.errors import StorageError

POLL_S: Final = 1.0
"""Between looks for jobs that other processes were asked for; this one knows its own at once."""
_TOLD_EVERY_S: Final = 1.0
_RENEWED: Final = 3
"""How often a lease is renewed in its time."""
_HAND_BACK_S: Final = 2.0
_PAUSE_S: Final = 0.3
_MOST_WORKER_CHARS: Final = 60
_log: Final = structlog.get_logger("kensho.edges")


After: TypeAlias = Callable[[int], Awaitable[VideoJob | None]]
Write: TypeAlias = Callable[[], Awaitable[None]]


class VideoMaker(Protocol):
    """Makes the video of a job."""

    @property
    def is_ready(self) -> bool:
        """Tell whether it makes any now."""
        ...

    async def make(self, job: VideoJob, tell: Callable[[JobNews], None]) -> StoredFile:
        """Make it; tell of it meanwhile, at last of its link.

        Raises:
            GenerationError: it can't be made.
            GeneratorBusyError: not now; the job may wait.
        """
        ...


class WorkerRules(msgspec.Struct, frozen=True, kw_only=True):
    """How many jobs are worked on at once, in all and for one account, and how long leases are."""

    jobs: int
    per_account: int
    lease_s: int


class RunnerParts(msgspec.Struct, frozen=True):
    """What the runner works with."""

    store: JobStore
    board: JobBoard
    maker: VideoMaker
    metrics: GenerationMetrics
    now: Now


class Runner:
    """One worker, which has several jobs at once; `run` works until `stop` is called."""

    def __init__(self, parts: RunnerParts, rules: WorkerRules) -> None:
        self._parts = parts
        self._rules = rules
        self._worker = f"worker:{socket.gethostname()}:{os.getpid()}"[:_MOST_WORKER_CHARS]
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._working: set[asyncio.Task[None]] = set()

    @property
    def working(self) -> int:
        """Return how many jobs are worked on."""
        return len(self._working)

    @property
    def is_stopping(self) -> bool:
        """Tell whether it claims no more."""
        return self._stopping.is_set()

    def wake(self) -> None:
        """Look for jobs at once."""
        self._wake.set()

    def stop(self) -> None:
        """Claim no more."""
        self._stopping.set()
        self._wake.set()

    async def run(self, drain_s: float = 0.0) -> None:
        """Work until `stop`; then let jobs end for so long, and hand back the others.

        Cancelled, it hands back all that it has.
        """
        watching = asyncio.create_task(self._watch_leases())
        try:
            while not self._stopping.is_set():
                self._wake.clear()
                try:
                    await self._fill()
                except StorageError as error:
                    _log.warning("video_jobs_not_claimed", reason=error.message)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL_S):
                        await self._wake.wait()
            if self._working:
                await asyncio.wait(self._working, timeout=drain_s)
        finally:
            watching.cancel()
            for task in self._working:
                task.cancel()
            await asyncio.gather(watching, *self._working, return_exceptions=True)

    async def _fill(self) -> None:
        """Claim jobs for as long as there is room for more."""
        parts, rules = self._parts, self._rules
        while len(self._working) < rules.jobs and parts.maker.is_ready:
            if self._stopping.is_set() or not await parts.store.is_waiting():
                return
            claim = WorkerClaim(uuid.uuid4(), self._worker, rules.lease_s)
            job = await parts.store.claim(claim, rules.per_account)
            if job is None:
                return
            parts.metrics.count_move("claim")
            parts.board.tell(job.id)
            task = asyncio.create_task(self._work(job, claim))
            self._working.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._working.discard(task)
        self._wake.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("video_job_work_failed", exc_info=error)

    async def _watch_leases(self) -> None:
        """Let jobs wait again whose workers are gone, and count the queue, for ever."""
        while True:
            try:
                lost = await self._parts.store.requeue_lost(self._worker)
                if lost:
                    _log.warning("video_jobs_requeued", jobs=lost)
                    self._parts.metrics.count_move("lease_lost", lost)
                    self._wake.set()
                queue = await self._parts.store.queue()
                self._parts.metrics.note_queue(queue.get("pending", 0), queue.get("processing", 0))
            except StorageError as error:
                _log.warning("video_leases_not_looked_at", reason=error.message)
            await asyncio.sleep(self._rules.lease_s / _RENEWED)

    async def _work(self, job: VideoJob, claim: WorkerClaim) -> None:
        held = _HeldJob(self._parts, job, claim)
        try:
            await held.work()
        except (asyncio.CancelledError, GeneratorBusyError) as error:
            with contextlib.suppress(StorageError, TimeoutError):
                async with asyncio.timeout(_HAND_BACK_S):
                    await self._parts.store.hand_back(job.id, claim)
            self._parts.metrics.count_move("hand_back")
            self._parts.board.tell(job.id)
            if isinstance(error, asyncio.CancelledError):
                raise
        except ClaimLostError:
            _log.info("video_job_given_up", job_id=str(job.id))


class _HeldJob:
    """A job that is worked on under a claim."""

    def __init__(self, parts: RunnerParts, job: VideoJob, claim: WorkerClaim) -> None:
        self._parts = parts
        self._job = job
        self._claim = claim
        self._news = JobNews(phase="asking" if job.link is None else "saving")
        self._is_told = asyncio.Event()
        self._has_progress = False

    async def work(self) -> None:
        """Make the video and end the job.

        Raises:
            ClaimLostError: the job is no longer this claim's.
            GeneratorBusyError: it is to wait.
        """
        with self._parts.board.watch(self._job) as watched:
            making = asyncio.create_task(self._parts.maker.make(self._job, self._tell))
            others: list[asyncio.Task[None]] = [
                asyncio.create_task(self._keep_claim()),
                asyncio.create_task(self._notice_loss(watched.after)),
            ]
            try:
                await asyncio.wait((making, *others), return_when=asyncio.FIRST_COMPLETED)
                for task in others:
                    if task.done():
                        task.result()
                await self._end(making)
            finally:
                making.cancel()
                for task in others:
                    task.cancel()
                await asyncio.gather(making, *others, return_exceptions=True)

    def _tell(self, news: JobNews) -> None:
        """Take what is new, to be stored soon."""
        self._news = msgspec.structs.replace(
            news,
            model=news.model or self._news.model,
            link=news.link or self._news.link,
            progress=max(news.progress, self._news.progress),
        )
        if not self._has_progress and news.phase != "asking":
            self._has_progress = True
            waited = self._parts.now() - self._job.created_at
            self._parts.metrics.note_first_progress(waited.total_seconds())
        self._is_told.set()

    async def _keep_claim(self) -> None:
        """Store what is told, and renew the lease, until the claim is lost."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._claim.lease_s / _RENEWED):
                    await self._is_told.wait()
            self._is_told.clear()
            try:
                await self._touch()
            except ClaimLostError:
                raise
            except StorageError as error:
                _log.warning("video_lease_not_renewed", reason=error.message)
                self._is_told.set()
            await asyncio.sleep(min(_TOLD_EVERY_S, self._claim.lease_s / _RENEWED))

    async def _touch(self) -> None:
        await self._parts.store.touch(self._job.id, self._claim, self._news)
        self._parts.board.tell(self._job.id)

    async def _notice_loss(self, after: After) -> None:
        """Raise `ClaimLostError` once the job is seen to be no longer this claim's."""
        revision = self._job.revision
        while True:
            job = await after(revision)
            if job is None or job.claim != self._claim.id:
                raise ClaimLostError
            revision = job.revision

    async def _end(self, making: asyncio.Task[StoredFile]) -> None:
        """End the job as its making ended."""
        parts, job, claim = self._parts, self._job, self._claim
        error: JobError
        try:
            file = making.result()
        except GeneratorBusyError:
            raise
        except GenerationError as failure:
            error = failure.error
            level = "error" if error == "generator_misconfigured" else "warning"
            getattr(_log, level)(
                "video_not_made", job_id=str(job.id), error=error, reason=failure.detail
            )
        except Exception as unknown:  # noqa: BLE001 -- whoever waits is told that it failed
            error = "internal"
            _log.error("video_not_made", job_id=str(job.id), error=error, exc_info=unknown)
        else:
            await self._insist(self._touch)
            await self._insist(lambda: parts.store.complete(job.id, claim, parts.now(), file))
            waited = parts.now() - job.created_at
            parts.metrics.note_completed(waited.total_seconds())
            parts.board.tell(job.id)
            return
        await self._insist(lambda: parts.store.fail(job.id, claim, parts.now(), error))
        parts.metrics.count_failure(error)
        parts.board.tell(job.id)

    async def _insist(self, write: Write) -> None:
        """Write, again for as long as a lease where the store can't be asked: twice is as once."""
        loop = asyncio.get_running_loop()
        until_s = loop.time() + self._claim.lease_s
        while True:
            try:
                await write()
            except ClaimLostError:
                raise
            except StorageError as error:
                _log.warning("video_job_not_written", reason=error.message)
                if loop.time() > until_s:
                    raise
                await asyncio.sleep(_PAUSE_S)
            else:
                return
