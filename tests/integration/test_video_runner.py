"""The worker of videos within a process: what becomes of a job however its making ends."""

import asyncio
import contextlib
import datetime as dt
import os
import signal
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import pytest
from typing_extensions import override

from deploy.demo.reference_generator import (
    GeneratorServer,
    GeneratorSettings,
    ReferenceGenerator,
)
from kensho.edges.generation import purging
from kensho.edges.generation.chat_answer import GenerationError
from kensho.edges.generation.commands import worked
from kensho.edges.generation.generation_metrics import GenerationMetrics
from kensho.edges.generation.generator import GeneratorBusyError
from kensho.edges.generation.job_board import JobBoard
from kensho.edges.generation.job_store import (
    NO_FILE,
    JobStore,
    StoredFile,
    VideoLimits,
    WorkerClaim,
)
from kensho.edges.generation.jobs import JobNews, VideoJob
from kensho.edges.generation.runner import Runner, RunnerParts, VideoMaker, WorkerRules
from kensho.edges.store import edge_store_settings, opened_edge_store
from kensho.errors import StoreUnavailableError
from kensho.storage.gateway import Gateway
from tests.support.rpc_bridge import RpcBridge
from tests.support.video_worker import worker_settings

LIMITS: Final = VideoLimits(99, 99)
LINK: Final = "https://v.example/a.mp4"
PATIENCE_S: Final = 20.0


class ToldMaker(VideoMaker):
    """Makes of each prompt what it says."""

    def __init__(self) -> None:
        self.asked: list[VideoJob] = []
        self.given_up = 0
        self.is_open = True

    @property
    @override
    def is_ready(self) -> bool:
        return self.is_open

    @override
    async def make(self, job: VideoJob, tell: Callable[[JobNews], None]) -> StoredFile:
        self.asked.append(job)
        tell(JobNews(phase="generating", progress=40, model="m"))
        if job.prompt == "busy" and len(self.asked) == 1:
            raise GeneratorBusyError
        if job.prompt == "broken":
            raise RuntimeError("boom")
        if job.prompt == "refused":
            raise GenerationError("prompt_refused", "no")
        if job.prompt == "endless":
            try:
                await asyncio.Event().wait()
            finally:
                self.given_up += 1
        tell(JobNews(phase="saving", progress=99, link=job.link or LINK))
        return NO_FILE


class Works:
    """A runner over a store, with a maker that does as it is told."""

    def __init__(self, gateway: Gateway) -> None:
        self.store = JobStore(lambda: gateway)
        self.board = JobBoard(self.store.seen, every_s=0.1)
        self.maker = ToldMaker()
        parts = RunnerParts(
            store=self.store,
            board=self.board,
            maker=self.maker,
            metrics=GenerationMetrics(),
            now=lambda: dt.datetime.now(dt.UTC),
        )
        self.runner = Runner(parts, WorkerRules(jobs=2, per_account=2, lease_s=1))

    async def ask(self, prompt: str) -> uuid.UUID:
        made = VideoJob(
            id=uuid.uuid4(),
            subject=uuid.uuid4(),
            prompt=prompt,
            orientation="portrait",
            created_at=dt.datetime.now(dt.UTC),
        )
        await self.store.add(made, LIMITS)
        self.runner.wake()
        return made.id

    async def until(self, job: uuid.UUID, holds: Callable[[VideoJob], bool]) -> VideoJob:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                found = await self.store.get(job)
                assert found is not None
                if holds(found):
                    return found
                await asyncio.sleep(0.02)


@pytest.fixture
async def works(edge_store: Gateway) -> AsyncIterator[Works]:
    made = Works(edge_store)
    tasks = [asyncio.create_task(made.board.run()), asyncio.create_task(made.runner.run())]
    try:
        yield made
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert made.runner.working == 0


@pytest.mark.parametrize(
    ("prompt", "error"), [("a boat", None), ("broken", "internal"), ("refused", "prompt_refused")]
)
async def test_a_job_ends_as_its_making_does(works: Works, prompt: str, error: str | None) -> None:
    job = await works.until(await works.ask(prompt), lambda job: job.has_ended)
    assert (job.error, job.status) == (error, "completed" if error is None else "failed")
    assert job.attempt == 1
    video = await works.store.video(job.id)
    assert video is not None
    assert video.link == (LINK if error is None else None)


async def test_a_job_waits_while_the_generator_is_not_asked(works: Works) -> None:
    works.maker.is_open = False
    job = await works.ask("a boat")
    await asyncio.sleep(0.2)
    assert works.maker.asked == []
    works.maker.is_open = True
    works.runner.wake()
    await works.until(job, lambda job: job.status == "completed")
    busy = await works.ask("busy")
    works.maker.asked.clear()
    ended = await works.until(busy, lambda job: job.status == "completed")
    assert ended.attempt == 1  # to be handed back does not count


async def test_a_job_that_is_cancelled_is_given_up(works: Works) -> None:
    job = await works.ask("endless")
    held = await works.until(job, lambda job: job.progress == 40)
    await works.store.cancel(job, dt.datetime.now(dt.UTC), held.subject)
    async with asyncio.timeout(PATIENCE_S):
        while works.runner.working:  # noqa: ASYNC110 -- nobody tells
            await asyncio.sleep(0.02)
    assert works.maker.given_up == 1
    assert (await works.until(job, lambda job: job.has_ended)).status == "cancelled"


async def test_a_lease_is_renewed_and_a_runner_that_ends_hands_back(works: Works) -> None:
    job = await works.ask("endless")
    await works.until(job, lambda job: job.progress == 40)
    await asyncio.sleep(1.5)  # beyond the lease
    held = await works.until(job, lambda job: True)
    assert (held.status, held.attempt) == ("processing", 1)
    works.runner.stop()
    ended = await works.until(job, lambda job: job.status == "pending")
    assert (ended.attempt, ended.progress) == (0, 0)


async def test_a_job_whose_link_is_known_goes_on_with_it(works: Works) -> None:
    works.maker.is_open = False
    job = await works.ask("a boat")
    claim = WorkerClaim(uuid.uuid4(), "another", 1)
    assert await works.store.claim(claim, 2)
    own = "https://v.example/own.mp4"
    await works.store.touch(job, claim, JobNews(phase="saving", link=own))
    works.maker.is_open = True
    ended = await works.until(job, lambda job: job.status == "completed")
    assert (ended.attempt, ended.link) == (2, own)
    assert works.maker.asked[0].link == own


async def test_kensho_work_makes_videos_until_it_is_told_to_stop() -> None:
    reference = ReferenceGenerator(GeneratorSettings(seconds=0.1, steps=2))
    async with RpcBridge.running() as bridge:
        with GeneratorServer(reference) as server:
            settings = worker_settings(bridge.url, server.url)
            async with opened_edge_store(edge_store_settings(settings)) as gateway:
                works = Works(gateway)
                job = await works.ask("A boat")
                working = asyncio.create_task(worked(settings, 5.0))
                await works.until(job, lambda job: job.status == "completed")
                stalled = await works.ask("A boat #stall")
                await works.until(stalled, lambda job: job.progress > 0)
                os.kill(os.getpid(), signal.SIGTERM)
                await asyncio.sleep(0.1)
                assert not working.done()
                os.kill(os.getpid(), signal.SIGTERM)  # at once, please
                async with asyncio.timeout(PATIENCE_S):
                    await working
                assert (await works.until(stalled, lambda job: True)).status == "pending"


async def test_a_store_that_is_away_ends_no_board_and_no_purging(
    edge_store: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_away = True

    def gateway() -> Gateway:
        if is_away:
            raise StoreUnavailableError("away")
        return edge_store

    store = JobStore(gateway)
    board = JobBoard(store.seen, every_s=0.02)
    monkeypatch.setattr(purging, "_EVERY_S", 0.02)
    purger = purging.purge_for_ever(store, None, lambda: dt.datetime.now(dt.UTC))
    tasks: list[asyncio.Task[Any]] = [
        asyncio.create_task(board.run()),
        asyncio.create_task(purger),
    ]
    runner = Works(edge_store).runner
    made = VideoJob(
        id=uuid.uuid4(),
        subject=uuid.uuid4(),
        prompt="p",
        orientation="portrait",
        created_at=dt.datetime.now(dt.UTC),
    )
    await JobStore(lambda: edge_store).add(made, LIMITS)
    with board.watch(made) as watched:
        assert await watched.after(1, 0.1) is None
        is_away = False
        await JobStore(lambda: edge_store).cancel(made.id, made.created_at, made.subject)
        async with asyncio.timeout(PATIENCE_S):
            found = await watched.after(1)
    assert found is not None
    assert found.status == "cancelled"
    assert runner.working == 0
    for task in tasks:
        assert not task.done()
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*tasks)
