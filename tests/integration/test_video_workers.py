"""Workers of videos in processes of their own: killed anywhere, told to stop, without a store."""

import asyncio
import datetime as dt
import os
import random
import signal
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

import httpx
import pytest

from deploy.demo.reference_generator import (
    GeneratorServer,
    GeneratorSettings,
    ReferenceGenerator,
)
from kensho.edges.accounts.audit import AuditLog, AuditQuery
from kensho.edges.generation.commands import worked
from kensho.edges.generation.job_store import JobStore, VideoLimits
from kensho.edges.generation.jobs import VideoJob
from kensho.edges.store import edge_store_settings, opened_edge_store
from kensho.errors import SettingsError
from kensho.platform.environment import with_changes
from kensho.storage.gateway import Gateway
from tests.support.command_line import run_here
from tests.support.rpc_bridge import RpcBridge
from tests.support.servers import free_port
from tests.support.video_worker import kill, started, worker_settings

JOBS: Final = 12
KILLS: Final = 14
LIMITS: Final = VideoLimits(quota=1_000, waiting=1_000)
PATIENCE_S: Final = 60.0


@pytest.fixture
def server() -> Iterator[GeneratorServer]:
    with GeneratorServer(ReferenceGenerator(GeneratorSettings(seconds=0.4, steps=4))) as server:
        yield server


@pytest.fixture
async def bridge() -> AsyncIterator[RpcBridge]:
    async with RpcBridge.running() as bridge:
        yield bridge


async def submitted(store: JobStore, count: int, prompt: str = "A boat") -> list[uuid.UUID]:
    """Ask for videos of three people."""
    people = [uuid.uuid4() for _ in range(3)]
    now = dt.datetime.now(dt.UTC)
    made = [
        await store.add(
            VideoJob(
                id=uuid.uuid4(),
                subject=people[number % 3],
                prompt=f"{prompt} {number}" if "#" not in prompt else prompt,
                orientation="portrait",
                created_at=now + dt.timedelta(milliseconds=number),
            ),
            LIMITS,
        )
        for number in range(count)
    ]
    return [job.id for job in made]


async def check_each_ended_once(store: JobStore, gateway: Gateway, jobs: list[uuid.UUID]) -> None:
    """Each job has ended, has one video or one failure, and was told of as often as it moved."""
    log = AuditLog(lambda: gateway, lambda: dt.datetime.now(dt.UTC))
    for job in await store.seen(jobs):
        assert job.has_ended, job
        video = await store.video(job.id)
        assert video is not None
        assert video.status == job.status
        assert (video.link is None) == (job.status == "failed")
        assert job.error in (None, "worker_lost")
        rows = (await log.page(AuditQuery(object=f"video_job:{job.id}", limit=99))).rows
        told = Counter(row.action.removeprefix("video_job.") for row in rows)
        assert told["submit"] == told["complete"] + told["fail"] == 1
        assert told["claim"] == told["lease_lost"] + told["hand_back"] + 1
        assert told["lease_lost"] <= 2


async def test_each_job_ends_once_however_often_workers_are_killed(
    bridge: RpcBridge, server: GeneratorServer
) -> None:
    settings = worker_settings(bridge.url, server.url)
    rolls = random.Random(11)
    async with opened_edge_store(edge_store_settings(settings)) as gateway:
        store = JobStore(lambda: gateway)
        jobs = await submitted(store, JOBS)
        workers = [started(settings) for _ in range(2)]
        try:
            for _ in range(KILLS):
                await asyncio.sleep(rolls.uniform(0.1, 0.6))
                at = rolls.randrange(2)
                await asyncio.to_thread(kill, workers[at])
                workers[at] = started(settings)
            async with asyncio.timeout(PATIENCE_S):
                while await store.queue():  # noqa: ASYNC110 -- other processes move it
                    await asyncio.sleep(0.1)
        finally:
            for worker in workers:
                worker.kill()
                worker.join(10)
        await check_each_ended_once(store, gateway, jobs)
        links = [video.link for job in jobs if (video := await store.video(job)) and video.link]
        assert len(links) == len(set(links))


async def test_a_worker_that_is_told_to_stop_ends_what_it_can_and_hands_back_the_rest(
    bridge: RpcBridge, server: GeneratorServer
) -> None:
    settings = worker_settings(bridge.url, server.url)
    async with opened_edge_store(edge_store_settings(settings)) as gateway:
        store = JobStore(lambda: gateway)
        (stalled,) = await submitted(store, 1, "A boat #stall")
        worker = started(settings, drain_s=0.5)
        try:
            async with asyncio.timeout(PATIENCE_S):
                while (await found(store, stalled)).progress < 40:  # noqa: ASYNC110 -- as above
                    await asyncio.sleep(0.05)
            os.kill(worker.pid or 0, signal.SIGTERM)
            await asyncio.to_thread(worker.join, 15)
        finally:
            worker.kill()
            worker.join(10)
        assert worker.exitcode == 0
        job = await found(store, stalled)
        assert (job.status, job.attempt, job.claim) == ("pending", 0, None)


async def test_jobs_go_on_once_the_store_is_back(
    bridge: RpcBridge, server: GeneratorServer
) -> None:
    settings = worker_settings(bridge.url, server.url)
    async with opened_edge_store(edge_store_settings(settings)) as gateway:
        store = JobStore(lambda: gateway)
        jobs = await submitted(store, 4)
        worker = started(settings)
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not (await store.queue()).get("processing"):  # noqa: ASYNC110 -- as above
                    await asyncio.sleep(0.02)
            await bridge.stop()
            await asyncio.sleep(1.5)
            await bridge.start()
            async with asyncio.timeout(PATIENCE_S):
                while await store.queue():  # noqa: ASYNC110 -- as above
                    await asyncio.sleep(0.1)
            assert worker.is_alive()
        finally:
            worker.kill()
            worker.join(10)
        await check_each_ended_once(store, gateway, jobs)


async def found(store: JobStore, job: uuid.UUID) -> VideoJob:
    held = await store.get(job)
    assert held is not None
    return held


async def test_a_worker_tells_its_figures(bridge: RpcBridge, server: GeneratorServer) -> None:
    port = free_port()
    settings = with_changes(worker_settings(bridge.url, server.url), generation_metrics_port=port)
    async with opened_edge_store(edge_store_settings(settings)) as gateway:
        store = JobStore(lambda: gateway)
        jobs = await submitted(store, 2)
        working = asyncio.create_task(worked(settings, 5.0))
        try:
            async with asyncio.timeout(PATIENCE_S), httpx.AsyncClient() as client:
                while await store.queue():  # noqa: ASYNC110 -- a store has no event
                    await asyncio.sleep(0.05)
                told = ""
                while 'kensho_video_moves_total{move="complete"} 2.0' not in told:
                    told = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
            with pytest.raises(SettingsError, match=f"127.0.0.1:{port}"):
                await worked(settings, 5.0)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            await working
        assert 'kensho_upstream_requests_total{outcome="ok",upstream="generator"} 2.0' in told
        assert "process_cpu_seconds_total" in told
        await check_each_ended_once(store, gateway, jobs)
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(f"http://127.0.0.1:{port}/metrics")


def test_work_needs_a_generator_and_a_store(tmp_path: Any) -> None:
    ended = run_here(["work"], {"KENSHO_EDGES_STORE_URL": "mem://"})
    assert (ended.returncode, "KENSHO_GENERATION_URL" in ended.stderr) == (2, True)
    ended = run_here(
        ["work"],
        {
            "KENSHO_EDGES_STORE_URL": "ws://127.0.0.1:9",
            "KENSHO_GENERATION_URL": "http://127.0.0.1:9/v1",
            "KENSHO_GENERATION_COPIES": str(tmp_path / "copies"),
        },
    )
    assert ended.returncode == 5
    wrong = {"KENSHO_GENERATION_URL": "http://127.0.0.1:9/v1", "KENSHO_GENERATION_COPIES": "gs://x"}
    ended = run_here(["work"], wrong)
    assert (ended.returncode, "KENSHO_GENERATION_COPIES" in ended.stderr) == (2, True)
