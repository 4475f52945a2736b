"""Jobs in the store go on as the pure machine says, whatever happens to them."""

import asyncio
import contextlib
import datetime as dt
import itertools
import random
import uuid
from collections.abc import AsyncIterator
from typing import Final

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kensho.edges.generation import jobs
from kensho.edges.generation.job_store import JobStore, VideoLimits, VideoTally, WorkerClaim
from kensho.edges.generation.jobs import ALLOWED, ClaimLostError, JobNews, JobStatus, VideoJob
from kensho.errors import ConflictError, RateLimitedError, StorageError
from kensho.storage.gateway import Gateway
from tests.support.examples import examples
from tests.support.stores import open_edge_store

NOW: Final = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)
LEASE: Final = dt.timedelta(seconds=60)
PER_ACCOUNT: Final = 2
LIMITS: Final = VideoLimits(quota=9, waiting=4)
KINDS: Final = (
    *("submit", "claim", "claim", "touch", "link", "complete", "fail", "hand back"),
    *("cancel", "lose", "delete", "restore"),
)
STEPS: Final = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 2**16)), min_size=1, max_size=30
)


@pytest.fixture(scope="module")
async def shared_store() -> AsyncIterator[Gateway]:
    async with open_edge_store() as gateway:
        yield gateway


class Model:
    """The jobs of two people as the pure machine has them, beside the store."""

    def __init__(self, store: JobStore, seed: int) -> None:
        self.store = store
        self.random = random.Random(seed)
        self.subjects = [uuid.uuid4(), uuid.uuid4()]
        self.jobs: dict[uuid.UUID, VideoJob] = {}
        self.claims: dict[WorkerClaim, uuid.UUID] = {}  # every claim that there was, to its job
        self.deleted: set[uuid.UUID] = set()

    def of(self, subject: uuid.UUID, *statuses: JobStatus) -> list[VideoJob]:
        return [j for j in self.jobs.values() if j.subject == subject and j.status in statuses]

    async def submit(self, number: int) -> None:
        subject = self.subjects[number % 2]
        mine = self.of(subject, *ALLOWED)
        job = VideoJob(
            id=uuid.uuid4(),
            subject=subject,
            prompt=f"prompt {number}",
            orientation="portrait" if number % 3 else "landscape",
            created_at=NOW + dt.timedelta(seconds=len(self.jobs)),
        )
        if len(mine) >= LIMITS.quota or len(self.of(subject, "pending")) >= LIMITS.waiting:
            with pytest.raises(RateLimitedError):
                await self.store.add(job, LIMITS)
            return
        assert await self.store.add(job, LIMITS) == await self.store.add(job, LIMITS)
        self.jobs[job.id] = job

    async def claim(self, number: int) -> None:
        claim = WorkerClaim(uuid.uuid4(), "worker", int(LEASE.total_seconds()))
        waiting = [
            job
            for subject in self.subjects
            if len(self.of(subject, "processing")) < PER_ACCOUNT
            for job in self.of(subject, "pending")
        ]
        wanted = min(waiting, key=lambda job: job.created_at, default=None)
        for _ in range(1 + number % 2):  # asked again, as after a call whose end nobody knows
            found = await self.store.claim(claim, PER_ACCOUNT)
            assert (found and found.id) == (wanted and wanted.id)
        if wanted is not None:
            self.jobs[wanted.id] = jobs.claimed(wanted, claim.id, NOW, LEASE)
            self.claims[claim] = wanted.id

    async def by_claim(self, what: str, number: int) -> None:
        """Let a worker do something, one that has lost its claim perhaps."""
        if not self.claims:
            return
        claim = self.random.choice(list(self.claims))
        job = self.jobs[self.claims[claim]]
        link = f"https://v.example/{number}.mp4" if what == "link" else None
        news = JobNews(phase="generating", progress=number % 120, link=link)
        try:
            after = self.expected(what, job, claim.id, news)
        except ConflictError:
            if job.has_ended and what in ("complete", "fail"):
                return  # whether that is a repetition only the store knows
            with pytest.raises(StorageError if job.claim == claim.id else ClaimLostError):
                await self.told(what, job.id, claim, news)
            return
        for _ in range(1 + number % 2):
            await self.told(what, job.id, claim, news)
        self.jobs[job.id] = after

    def expected(self, what: str, job: VideoJob, claim: uuid.UUID, news: JobNews) -> VideoJob:
        if what in ("touch", "link"):
            return jobs.touched(job, claim, NOW + LEASE, news)
        if what == "hand back":
            return jobs.handed_back(job, claim) if job.claim == claim else job
        if what == "complete":
            return jobs.completed(job, claim, NOW)
        return jobs.failed(job, claim, "cut_off", NOW)

    async def told(self, what: str, job: uuid.UUID, claim: WorkerClaim, news: JobNews) -> None:
        if what in ("touch", "link"):
            await self.store.touch(job, claim, news)
        elif what == "hand back":
            await self.store.hand_back(job, claim)
        elif what == "complete":
            await self.store.complete(job, claim, NOW)
        else:
            await self.store.fail(job, claim, NOW, "cut_off")

    async def lose(self, number: int) -> None:
        """Let the lease of one job pass."""
        held = self.of(self.subjects[number % 2], "processing")
        if held and held[0].claim is not None:
            job, claim = held[0], WorkerClaim(held[0].claim, "worker", 0)
            await self.store.touch(job.id, claim, JobNews(phase=job.phase))
            await asyncio.sleep(0.001)
            late = msgspec.structs.replace(job, lease_until=NOW)
            self.jobs[job.id] = jobs.lease_lost(late, NOW + LEASE)
        await self.store.requeue_lost("worker")

    async def step(self, what: str, number: int) -> None:
        if what in ("submit", "claim", "lose"):
            await getattr(self, what)(number)
        elif what == "cancel":
            if self.jobs:
                job = self.random.choice(list(self.jobs.values()))
                await self.store.cancel(job.id, NOW, job.subject)
                self.jobs[job.id] = jobs.cancelled(job, NOW)
        elif what in ("delete", "restore"):
            found = [job for job in self.jobs.values() if job.status in ("completed", "failed")]
            if found:
                video, at = self.random.choice(found), NOW if what == "delete" else None
                await self.store.set_deleted(video.id, at, video.subject)
                (self.deleted.add if what == "delete" else self.deleted.discard)(video.id)
        else:
            await self.by_claim(what, number)

    async def check(self) -> None:
        """Compare all that there is."""
        found = {job.id: job for job in await self.store.seen(list(self.jobs))}
        assert {id_: known(job) for id_, job in found.items()} == {
            id_: known(job) for id_, job in self.jobs.items()
        }
        for subject in self.subjects:
            listed = {
                status: [job.id for job in self.of(subject, status) if job.id not in self.deleted]
                for status in ("completed", "failed")
            }
            tally = await self.store.tally(subject)
            assert tally == VideoTally(
                pending=len(self.of(subject, "pending")),
                processing=len(self.of(subject, "processing")),
                completed=len(listed["completed"]),
                failed=len(listed["failed"]),
                day=tally.day,
                asked=len(self.of(subject, *ALLOWED)),
            )
            page = [one.id for one in await self.store.page(subject, None, 0, 99)]
            assert sorted(page) == sorted(listed["completed"] + listed["failed"])
            only = [one.id for one in await self.store.page(subject, "failed", 0, 99)]
            assert sorted(only) == sorted(listed["failed"])

    async def end(self) -> None:
        """Leave nothing that the next example could claim."""
        for job in self.jobs.values():
            await self.store.cancel(job.id, NOW, job.subject)


def known(job: VideoJob) -> VideoJob:
    """Return a job without what the clock of the store says."""
    return msgspec.structs.replace(
        job,
        lease_until=None if job.lease_until is None else NOW,
        started_at=None if job.started_at is None else NOW,
        ended_at=None if job.ended_at is None else NOW,
    )


@settings(max_examples=examples(40), deadline=None)
@given(STEPS, st.integers(0, 2**32))
async def test_the_store_moves_jobs_as_the_machine_does(
    shared_store: Gateway, steps: list[tuple[str, int]], seed: int
) -> None:
    model = Model(JobStore(lambda: shared_store), seed)
    try:
        for what, number in steps:
            await model.step(what, number)
        await model.check()
    finally:
        await model.end()


async def test_the_schema_allows_just_the_transitions_of_the_machine(
    shared_store: Gateway,
) -> None:
    """Written by whoever, past the statements of this program; all else of the row would fit."""
    store = JobStore(lambda: shared_store)
    for before, after in itertools.product(ALLOWED, ALLOWED):
        job, claim = uuid.uuid4(), uuid.uuid4()
        made = VideoJob(
            id=job, subject=uuid.uuid4(), prompt="p", orientation="portrait", created_at=NOW
        )
        await store.add(made, LIMITS)
        await moved_to(shared_store, job, "processing", claim, 1)
        if before != "processing":
            await moved_to(shared_store, job, before, claim, 1)
        attempt = 2 if before == "pending" and after == "processing" else 1
        is_allowed = after in ALLOWED[before]
        with contextlib.nullcontext() if is_allowed else pytest.raises(StorageError):
            await moved_to(shared_store, job, after, claim, attempt)
        found = await store.get(job)
        assert found is not None
        assert found.status == (after if is_allowed else before), (before, after)
        await store.cancel(job, NOW, made.subject)


async def moved_to(
    gateway: Gateway, job: uuid.UUID, status: JobStatus, claim: uuid.UUID, attempt: int
) -> None:
    is_held, has_ended = status == "processing", status in jobs.ENDED
    await gateway.run_script(
        "BEGIN; UPDATE type::record('video_job', $id) SET status = $status, attempt = $attempt,"
        " claim = $claim, lease_until = IF $claim = NONE { NONE } ELSE { time::now() },"
        " ended_at = IF $ended { time::now() } ELSE { NONE }, error = $error,"
        " mover = rand::string(8); COMMIT;",
        {
            "id": job,
            "status": status,
            "attempt": attempt,
            "claim": claim if is_held else None,
            "ended": has_ended,
            "error": "internal" if status == "failed" else None,
        },
    )
