"""A process of its own that harvests at full speed, to be killed at any point of it."""

import io
import multiprocessing
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

import msgspec
from rich.console import Console

from ingest.harvest.run import INTERFACES, HarvestWish, Means, harvest
from ingest.progress import Progress
from kensho.platform.request_pacing import RateWindow


def context() -> ForkServerContext:
    """Return what starts workers fast: everything is imported once."""
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload([__name__])
    return forks


def started(forks: ForkServerContext, source: str, endpoint: str, out: Path) -> ForkServerProcess:
    """Start a harvest of `source` from `endpoint` into `out`."""
    process = forks.Process(target=_work, args=(source, endpoint, out), daemon=True)
    process.start()
    return process


def _work(source: str, endpoint: str, out: Path) -> None:
    interface = msgspec.structs.replace(
        INTERFACES[source], endpoint=endpoint, windows=(RateWindow(1000, 0.001),)
    )
    wish = HarvestWish(interface, out, out.parent / "rejects")
    harvest(wish, Means(Progress(Console(file=io.StringIO()), quiet=True)))
