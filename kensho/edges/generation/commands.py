"""`kensho work`: a worker that makes videos in a process of its own.

Run where the settings of the server are; several may run at once, on several machines. The store of
the edges must be on a server (`KENSHO_EDGES_STORE_URL=ws://…`), since an embedded one serves one
process. `KENSHO_GENERATION_JOBS=0` lets the server itself make none. Figures are told at `/metrics`
of `KENSHO_GENERATION_METRICS_PORT`. Exit codes: 2 for settings that are not right, 5 where the
store can't be opened.
"""

import asyncio
import contextlib
import datetime as dt
import signal
from collections.abc import Callable, Generator
from typing import Final

import click
import msgspec
import structlog
from prometheus_client import CollectorRegistry
from rich_click import RichCommand

from kensho.edges.generation.copies import copies_of
from kensho.edges.generation.edge import rules_of
from kensho.edges.generation.generation_metrics import GenerationMetrics
from kensho.edges.generation.generator import VideoGenerator
from kensho.edges.generation.job_board import JobBoard
from kensho.edges.generation.job_store import JobStore
from kensho.edges.generation.maker import GeneratedVideos
from kensho.edges.generation.runner import Runner, RunnerParts
from kensho.edges.store import edge_store_settings, opened_edge_store
from kensho.platform import environment, logs
from kensho.platform.machine_metrics import MachineMetrics
from kensho.platform.metrics_port import told_at
from kensho.platform.settings import Settings

_DRAIN_S: Final = 30.0
_MOST_JOBS: Final = 64
_log: Final = structlog.get_logger("kensho.edges")


@click.command(cls=RichCommand)
@click.option(
    "--jobs",
    type=click.IntRange(1, _MOST_JOBS),
    help="Videos that are made at once; KENSHO_GENERATION_JOBS, or 4, by default.",
)
@click.option(
    "--drain",
    type=click.FloatRange(0, 3_600),
    default=_DRAIN_S,
    show_default=True,
    help="Seconds that videos in the making have after SIGTERM; the others are handed back.",
)
def work(jobs: int | None, drain: float) -> None:
    """Make the videos that people ask for, until told to stop.

    A second SIGTERM or Ctrl-C hands everything back at once.
    """
    settings = environment.load()
    logs.configure(settings.logs.level, settings.logs.format, settings.logs.lines_per_minute)
    own = settings.generation
    wanted = jobs or own.jobs or type(own)().jobs
    generation = msgspec.structs.replace(own, jobs=wanted)
    asyncio.run(worked(msgspec.structs.replace(settings, generation=generation), drain))


async def worked(settings: Settings, drain_s: float) -> None:
    """Work until SIGTERM or SIGINT.

    Raises:
        SettingsError: no generator is named, no place of copies is right, or nothing can listen at
            the port for figures.
        StorageError: the store can't be opened.
    """
    registry = CollectorRegistry()
    metrics, machine = GenerationMetrics(registry), MachineMetrics(registry)
    own = settings.generation
    copies = copies_of(own, metrics)
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(told_at(own.metrics_host, own.metrics_port, registry))
        generator = await stack.enter_async_context(VideoGenerator(own, machine))
        gateway = await stack.enter_async_context(opened_edge_store(edge_store_settings(settings)))
        store = JobStore(lambda: gateway)
        board = JobBoard(store.seen)
        parts = RunnerParts(
            store=store,
            board=board,
            maker=GeneratedVideos(generator, copies),
            metrics=metrics,
            now=lambda: dt.datetime.now(dt.UTC),
        )
        runner = Runner(parts, rules_of(own))
        reading = asyncio.create_task(board.run())
        running = asyncio.create_task(runner.run(drain_s))

        def stop() -> None:
            if runner.is_stopping:
                running.cancel()
            runner.stop()

        with _heard(stop), contextlib.suppress(asyncio.CancelledError):
            _log.info("working", jobs=own.jobs)
            await running
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    _log.info("stopped_working")


@contextlib.contextmanager
def _heard(stop: Callable[[], None]) -> Generator[None]:
    """Call `stop` for each signal to end while the block runs."""
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGTERM, signal.SIGINT)
    for number in numbers:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
