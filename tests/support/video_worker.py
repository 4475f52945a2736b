"""Processes that make videos as `kensho work` does, over a store on a server; to be killed.

They are forked from a server that has everything imported, so that one is at work within
milliseconds.
"""

import asyncio
import multiprocessing
import signal
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from deploy.demo.reference_generator import GENERATOR_KEY
from kensho.edges.generation.commands import worked
from kensho.platform.environment import with_changes
from kensho.platform.secret_values import Secret
from kensho.platform.settings import Settings
from tests.support.rpc_bridge import DATABASE, NAMESPACE, PASSWORD, USERNAME


def worker_settings(store_url: str, generator_url: str, copies: Path | None = None) -> Settings:
    """Return the settings of workers whose leases are a second long."""
    return with_changes(
        Settings(),
        edges=("accounts", "generation"),
        edges_store_url=store_url,
        edges_store_namespace=NAMESPACE,
        edges_store_database=DATABASE,
        edges_store_username=USERNAME,
        edges_store_password=Secret(PASSWORD),
        edges_store_sign_in="root",
        generation_url=generator_url,
        generation_key=Secret(GENERATOR_KEY),
        generation_copies=None if copies is None else str(copies),
        generation_loopback=True,
        generation_lease_s=1,
        generation_stall_s=5.0,
    )


def started(settings: Settings, drain_s: float = 5.0) -> ForkServerProcess:
    """Start a worker."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=_work, args=(settings, drain_s))
    process.start()
    return process


def kill(process: ForkServerProcess) -> None:
    """End a worker as a power cut does."""
    process.kill()
    process.join(10)
    assert process.exitcode == -signal.SIGKILL


def _work(settings: Settings, drain_s: float) -> None:
    asyncio.run(worked(settings, drain_s))
