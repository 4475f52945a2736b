"""A process of its own that ingests in many small batches, or takes back, and tells each commit.

It is forked from a server that has everything imported, so that it is at work within milliseconds
and can be killed at any point of it.
"""

import asyncio
import multiprocessing
from collections.abc import Mapping
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Final, NamedTuple

from typing_extensions import override

from ingest.folder import jobs_in, with_curation
from ingest.pipeline import edge_store, projection, record_writer
from ingest.pipeline.franchises import store
from ingest.pipeline.jobs import RunOptions
from ingest.pipeline.run import Pipeline
from ingest.registry import SOURCES
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings
from tests.support.records import silent
from tests.support.stores import own_queries

_BATCHES: Final = (
    (record_writer, "RECORDS_A_BATCH", 60),
    (projection, "WORKS_A_BATCH", 40),
    (edge_store, "EDGES_A_BATCH", 60),
    (store, "MEMBERS_A_BATCH", 40),
    (store, "COMPONENTS_A_BATCH", 60),
)
"""An eighth of the usual size: a small catalogue has as many places to be cut as a large one."""
_NO_REVISION: Final = frozenset(
    (
        "ingest.start_run",
        "ingest.finish_run",
        "ingest.close_interrupted",
        "ingest.keep_leads",
        "ingest.keep_past_slugs",
        "ingest.keep_census",
        "ingest.drop_journal",
    )
)


class Worker(NamedTuple):
    """A process that ingests, and the line on which it says so: `None` first, then each commit."""

    process: ForkServerProcess
    line: Connection

    def committed(self) -> int:
        """Return how many revisions the process has seen committed since it was asked last."""
        count = 0
        try:
            while self.line.poll():
                self.line.recv()
                count += 1
        except EOFError:
            pass
        return count


def context() -> ForkServerContext:
    """Return what starts workers fast."""
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload([__name__])
    return forks


def started(forks: ForkServerContext, url: str, folder: Path, undone: str | None = None) -> Worker:
    """Start a worker, and return when its store is open.

    It ingests what is in `folder`, or takes the run `undone` back.
    """
    ours, theirs = forks.Pipe(duplex=False)
    process = forks.Process(target=_work, args=(url, folder, undone, theirs), daemon=True)
    process.start()
    theirs.close()
    assert ours.poll(60), "the worker opens its store"
    ours.recv()
    return Worker(process, ours)


class _TellingGateway(Gateway):
    """Tells of every commit right after it."""

    line: Connection

    @override
    async def execute(
        self,
        name: str,
        params: Mapping[str, object] | None = None,
        *,
        deadline_s: float | None = None,
    ) -> None:
        await super().execute(name, params, deadline_s=deadline_s)
        if name not in _NO_REVISION:
            self.line.send(name)


def _work(url: str, folder: Path, undone: str | None, line: Connection) -> None:
    for module, name, size in _BATCHES:
        setattr(module, name, size)
    asyncio.run(_ingest(url, folder, undone, line))


async def _ingest(url: str, folder: Path, undone: str | None, line: Connection) -> None:
    async with _TellingGateway.open(StoreSettings(url), own_queries()) as gateway:
        gateway.line = line
        line.send(None)
        options = RunOptions(folder / "rejects")
        pipeline = Pipeline(gateway, SOURCES, options, silent())
        if undone is not None:
            await pipeline.roll_back([undone])
        else:
            await pipeline.run(with_curation(jobs_in(folder, SOURCES)))
