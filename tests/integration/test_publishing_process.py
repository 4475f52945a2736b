"""A snapshot is published by a process of its own, whose end, in whatever way, is told."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Final

import pytest

from kensho.errors import (
    ChildEndedError,
    PublicationError,
    SchemaVersionError,
    StoreInUseError,
    StoreUnavailableError,
)
from kensho.platform import child_process
from kensho.platform.secret_values import Secret
from kensho.platform.settings import SnapshotSettings
from kensho.read_model import publications
from kensho.read_model.building import publishing_process
from kensho.read_model.building.publishing import alone, publish_store
from kensho.read_model.building.publishing_process import publish_apart
from kensho.read_model.holder import Snapshot
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings
from tests.support.publishing import add_work
from tests.support.servers import written_store
from tests.support.stores import open_graph, own_queries

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="children are found in /proc")

CALL: Final = """
import asyncio, sys
from pathlib import Path
from kensho.platform.settings import SnapshotSettings
from kensho.read_model.building.publishing_process import publish_apart
from kensho.storage.store_settings import StoreSettings
settings = SnapshotSettings(read_model_dir=Path(sys.argv[2]))
asyncio.run(publish_apart(StoreSettings(sys.argv[1]), settings))
"""


@pytest.fixture
async def store(tmp_path: Path) -> StoreSettings:
    """Return an embedded store that nobody has open."""
    return StoreSettings(await written_store(tmp_path / "kensho.db"))


def settings_of(tmp_path: Path, deadline_s: float = 60.0) -> SnapshotSettings:
    return SnapshotSettings(read_model_dir=tmp_path / "read_model", publish_deadline_s=deadline_s)


async def child_of(parent: int) -> int:
    """Return the process that a process has started to publish, once it is there."""
    async with asyncio.timeout(30):
        while not (found := children(parent)):  # noqa: ASYNC110 -- processes have no event
            await asyncio.sleep(0.02)
    return found[0]


def children(parent: int) -> list[int]:
    found = Path(f"/proc/{parent}/task/{parent}/children").read_text("ascii").split()
    return [int(child) for child in found if publishing_process.__name__ in command(child)]


def command(process: str) -> str:
    """Return the command line of a process; empty of one that has ended."""
    try:
        return Path(f"/proc/{process}/cmdline").read_text("utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return ""


@contextlib.asynccontextmanager
async def waiting(
    store: StoreSettings, tmp_path: Path, deadline_s: float = 60.0
) -> AsyncGenerator["asyncio.Task[publications.Publication]"]:
    """Let a publication wait for the lock of the publishers while the block runs."""
    settings = settings_of(tmp_path, deadline_s)
    async with alone(settings.read_model_dir):
        task = asyncio.create_task(publish_apart(store, settings))
        yield task
        with contextlib.suppress(PublicationError, asyncio.CancelledError):
            await task


async def test_what_a_child_publishes_is_what_this_process_would_publish(
    store: StoreSettings, tmp_path: Path
) -> None:
    settings = settings_of(tmp_path)
    apart = await publish_apart(store, settings)
    here = await publish_store(store, tmp_path / "other")
    assert apart.snapshot == here.snapshot
    assert apart.runs == here.runs
    found = Snapshot.open(settings.read_model_dir / apart.snapshot).model
    assert found.counts == Snapshot.open(tmp_path / "other" / here.snapshot).model.counts


async def test_errors_of_the_store_are_those_that_opening_it_here_would_raise(
    store: StoreSettings, tmp_path: Path
) -> None:
    settings = settings_of(tmp_path)
    with pytest.raises(StoreUnavailableError, match="run 'kensho ingest'"):
        await publish_apart(StoreSettings(f"surrealkv://{tmp_path / 'none'}"), settings)
    with pytest.raises(SchemaVersionError, match="kensho migrate"):
        await publish_apart(StoreSettings("mem://"), settings)
    async with Gateway.open(store, own_queries()):
        with pytest.raises(StoreInUseError, match=f"process {os.getpid()}"):
            await publish_apart(store, settings)


async def test_a_folder_that_cannot_be_written_is_an_error_of_publishing(
    store: StoreSettings, tmp_path: Path
) -> None:
    settings = settings_of(tmp_path)
    settings.read_model_dir.write_bytes(b"")
    with pytest.raises(PublicationError, match="read_model"):
        await publish_apart(store, settings)


async def test_a_child_that_is_killed_leaves_the_old_snapshot_served(
    store: StoreSettings, tmp_path: Path
) -> None:
    root = settings_of(tmp_path).read_model_dir
    old = await publish_store(store, root)
    async with open_graph(url=store.url) as graph:
        await add_work(graph)
    left = root / ".part-9-000000000000-1"
    left.mkdir()
    async with waiting(store, tmp_path) as task:
        os.kill(await child_of(os.getpid()), signal.SIGKILL)
        with pytest.raises(PublicationError, match="SIGKILL; the system does so where memory"):
            await task
    published = publications.read(root)
    assert published is not None
    assert published.stores[store.fingerprint] == old
    new = await publish_apart(store, settings_of(tmp_path))
    assert new.previous == old.snapshot
    assert not left.exists()


async def test_a_child_that_takes_too_long_is_ended(store: StoreSettings, tmp_path: Path) -> None:
    async with waiting(store, tmp_path, deadline_s=0.5) as task:
        child = await child_of(os.getpid())
        with pytest.raises(PublicationError, match=r"within 0\.5 s"):
            await task
    assert not command(str(child))


async def test_a_child_ends_with_the_caller_that_is_cancelled(
    store: StoreSettings, tmp_path: Path
) -> None:
    async with waiting(store, tmp_path) as task:
        child = await child_of(os.getpid())
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert not command(str(child))


async def test_a_child_ends_with_its_parent_however_that_ends(
    store: StoreSettings, tmp_path: Path
) -> None:
    root = settings_of(tmp_path).read_model_dir
    async with alone(root):
        parent = await asyncio.create_subprocess_exec(
            sys.executable, "-c", CALL, store.url, str(root)
        )
        child = await child_of(parent.pid)
        parent.kill()
        await parent.wait()
        async with asyncio.timeout(30):
            while command(str(child)):  # noqa: ASYNC110 -- processes have no event
                await asyncio.sleep(0.02)


async def test_a_request_that_is_none_ends_the_child_without_an_answer() -> None:
    with pytest.raises(ChildEndedError, match="ended with code 1; what it wrote"):
        await child_process.call(publishing_process.__name__, b"nonsense", deadline_s=60)


async def test_the_password_of_a_store_is_in_no_command_line(tmp_path: Path) -> None:
    password = Secret("correct horse battery")
    store = StoreSettings("ws://127.0.0.1:1", username="kensho", password=password)
    async with waiting(store, tmp_path) as task:
        told = command(str(await child_of(os.getpid())))
        task.cancel()
    assert publishing_process.__name__ in told
    assert password.reveal() not in told
