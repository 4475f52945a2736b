"""The edge of generation as the composition sees it."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Final

import msgspec
from litestar import Router
from litestar.types import ControllerRouterHandler
from typing_extensions import override

from kensho.api.providers import provided
from kensho.edges.accounts.edge import AccountsEdge
from kensho.edges.edge import Edge, EdgeCore, pages_router
from kensho.edges.generation.copies import VideoCopies, copies_of
from kensho.edges.generation.files_api import FilesController
from kensho.edges.generation.generation_metrics import GenerationMetrics
from kensho.edges.generation.generator import VideoGenerator
from kensho.edges.generation.job_board import JobBoard
from kensho.edges.generation.job_store import JobStore, VideoLimits
from kensho.edges.generation.jobs_api import JobsController, VideoJobsController
from kensho.edges.generation.maker import GeneratedVideos
from kensho.edges.generation.progress import ProgressStreams
from kensho.edges.generation.purging import purge_for_ever
from kensho.edges.generation.runner import Runner, RunnerParts, WorkerRules
from kensho.edges.generation.service import VideoParts, VideoService
from kensho.edges.generation.video_pages import VideoPages, VideoPagesController
from kensho.edges.generation.videos_api import VideoRooms, VideosController
from kensho.edges.store import EdgeStore
from kensho.platform.edge_settings import GenerationSettings

_STOP_S: Final = 3.0


class GenerationEdge(Edge):
    """Videos that people ask for, and the worker that makes them, unless others do."""

    def __init__(self, core: EdgeCore, accounts: AccountsEdge, store: EdgeStore) -> None:
        settings = core.settings.generation
        self._core = core
        self._edge_store = store
        core.renderer.offer_videos()
        self._store: Final = JobStore(store.gateway)
        self._board: Final = JobBoard(self._store.seen)
        self._metrics: Final = GenerationMetrics(core.metrics.registry)
        self._copies: Final = copies_of(settings, self._metrics)
        self._generator: Final = (
            VideoGenerator(settings, core.metrics.machine) if settings.jobs else None
        )
        self._runner: Final = (
            None
            if self._generator is None
            else Runner(
                RunnerParts(
                    store=self._store,
                    board=self._board,
                    maker=GeneratedVideos(self._generator, self._copies),
                    metrics=self._metrics,
                    now=core.now,
                ),
                rules_of(settings),
            )
        )
        streams = msgspec.structs.replace(core.settings.streams, per_client=settings.streams)
        self.streams: Final = ProgressStreams(streams, self._board, self._metrics)
        accounts.sessions.on_ended(self.streams.end_session)
        self.service: Final = VideoService(
            VideoParts(
                store=self._store,
                board=self._board,
                limits=VideoLimits(settings.daily_quota, settings.waiting),
                metrics=self._metrics,
                now=core.now,
                submitted=self._submitted,
            )
        )

    @property
    def copies(self) -> VideoCopies | None:
        """Return where copies of videos are kept, if they are."""
        return self._copies

    @property
    @override
    def route_handlers(self) -> Sequence[ControllerRouterHandler]:
        """Return the routes of videos and jobs, and their pages."""
        # Controllers that share paths are taken together by a router alone.
        return (
            Router(
                "/",
                route_handlers=[
                    VideosController,
                    VideoJobsController,
                    JobsController,
                    FilesController,
                ],
            ),
            pages_router(self._core, [VideoPagesController]),
        )

    @property
    @override
    def dependencies(self) -> Mapping[str, Any]:
        """Return what handlers ask for: `videos` and `video_pages`."""
        rooms = VideoRooms(self.service, self.streams, self._copies)
        pages = VideoPages.of(self._core.settings.generation)
        return provided({"videos": lambda: rooms, "video_pages": lambda: pages})

    @override
    def offers(self) -> Mapping[str, bool]:
        """Say whether videos are made: others may make them, and have a generator of their own."""
        is_away = self._generator is not None and self._generator.is_left_alone
        return {"videos": self._edge_store.is_open and not is_away}

    @contextlib.asynccontextmanager
    @override
    async def open(self) -> AsyncGenerator[None]:
        """Work on jobs while the block runs; what is not done then is handed back."""
        async with contextlib.AsyncExitStack() as stack:
            if self._generator is not None:
                await stack.enter_async_context(self._generator)
            tasks = [
                asyncio.create_task(self._board.run()),
                asyncio.create_task(purge_for_ever(self._store, self._copies, self._core.now)),
            ]
            running = asyncio.create_task(self._work())
            try:
                yield
            finally:
                await self._stop_working(running)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    @override
    def close_streams(self) -> None:
        """End the streams of progress, and claim no more jobs."""
        self.streams.streams.close()
        if self._runner is not None:
            self._runner.stop()

    async def _work(self) -> None:
        """Work on jobs until the runner is stopped, if this process works on any."""
        if self._runner is not None:
            await self._runner.run()

    async def _stop_working(self, running: asyncio.Task[None]) -> None:
        """Let what is worked on be handed back, which takes a write of the store for each job."""
        if self._runner is not None:
            self._runner.stop()
        _, late = await asyncio.wait((running,), timeout=_STOP_S)
        if late:
            running.cancel()
            await asyncio.wait((running,))

    def _submitted(self) -> None:
        if self._runner is not None:
            self._runner.wake()


def rules_of(settings: GenerationSettings) -> WorkerRules:
    """Return the rules of a worker."""
    return WorkerRules(
        jobs=max(1, settings.jobs), per_account=settings.per_account, lease_s=settings.lease_s
    )
