"""The real server as a process of its own, over a store on disk that holds the small graph."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

import httpx

from kensho.storage import migrations
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings
from tests.support.graphs import load_small_graph
from tests.support.publishing import publish_if_none
from tests.support.stores import own_migrations, own_queries

Writing: TypeAlias = Callable[[Path], Coroutine[Any, Any, str]]
"""Writes a store into a folder and returns its URL."""
KENSHO: Final = (sys.executable, "-m", "kensho.cli")
_PATIENCE_S: Final = 60.0


async def written_store(path: Path) -> str:
    """Write the small graph into a new store at `path` and return its URL."""
    url = f"surrealkv://{path}"
    async with Gateway.open(StoreSettings(url), own_queries()) as gateway:
        await migrations.migrate(gateway, own_migrations())
        await load_small_graph(gateway)
    return url


@contextlib.contextmanager
def serving(folder: Path, write: Writing | None = None) -> Iterator[str]:
    """Serve what `write` writes into `folder`, the small graph if it is none.

    It is published before, in a tenth of the time that the process takes which a server starts for
    it. Yields the base URL once the server is ready.
    """

    async def written() -> str:
        url = await (write(folder) if write else written_store(folder / "kensho.db"))
        await publish_if_none(StoreSettings(url), folder / "read_model")
        return url

    url = asyncio.run(written())
    with served(environment(url, folder, free_port())) as base:
        yield base


@contextlib.contextmanager
def served(settings: Mapping[str, str], *options: str) -> Iterator[str]:
    """Run a server with these variables and options; yield its base URL once it is ready."""
    running = subprocess.Popen([*KENSHO, "serve", *options], env=dict(settings))
    try:
        _wait_until_ready(running, int(settings["KENSHO_PORT"]))
        yield f"http://127.0.0.1:{settings['KENSHO_PORT']}"
    finally:
        running.terminate()
        assert running.wait(_PATIENCE_S) == 0


def environment(url: str, folder: Path, port: int) -> dict[str, str]:
    """Return the environment of a server that keeps everything under `folder`."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("KENSHO_")},
        "KENSHO_STORE_URL": url,
        "KENSHO_PORT": str(port),
        "KENSHO_READ_MODEL_DIR": str(folder / "read_model"),
        "KENSHO_SECRET_FILE": str(folder / "secret"),
        "KENSHO_MANAGERS_FILE": str(folder / "managers.json"),
        "KENSHO_QUEUE_FILE": str(folder / "queue.db"),
        "KENSHO_STREAM_LONGEST_S": "0.2",  # else who asks for all routes waits for ever
    }


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _wait_until_ready(running: subprocess.Popen[bytes], port: int) -> None:
    limit = time.monotonic() + _PATIENCE_S
    while time.monotonic() < limit:
        assert running.poll() is None, "the server has ended"
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200:
                return
        time.sleep(0.05)
    raise TimeoutError("the server did not become ready")
