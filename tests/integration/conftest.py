"""The API over the small graph: one store and one application for all tests that only read."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, Final, cast

import msgspec
import pytest
from httpx import ASGITransport, AsyncClient, Response
from litestar import Litestar
from litestar.types import ControllerRouterHandler

from kensho.app import create_app
from kensho.platform.environment import with_changes
from kensho.platform.settings import Settings
from kensho.storage.store_settings import StoreSettings
from tests.support.film_origin import FilmOrigin, origin_running
from tests.support.publishing import publish_if_none
from tests.support.servers import written_store


@pytest.fixture(scope="session")
async def small_store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the URL of a store on disk that holds the small graph."""
    return await written_store(tmp_path_factory.mktemp("store") / "kensho.db")


@pytest.fixture(scope="session")
def settings(small_store: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Return the settings of the application that all reading tests share."""
    return settings_for(small_store, tmp_path_factory.mktemp("api"))


@pytest.fixture(scope="session")
async def client(settings: Settings) -> AsyncIterator[AsyncClient]:
    """Return a client of the shared application, once it is ready."""
    async with running(settings) as client:
        await until_ready(client)
        yield client


@pytest.fixture(scope="module")
def running_origin() -> Iterator[FilmOrigin]:
    """Run an origin of films for a module."""
    with origin_running() as origin:
        yield origin


@pytest.fixture
def origin(running_origin: FilmOrigin) -> FilmOrigin:
    """Return the origin as it is at first."""
    running_origin.reset()
    return running_origin


@contextlib.asynccontextmanager
async def running(
    settings: Settings, *handlers: ControllerRouterHandler, publishes: bool = False
) -> AsyncIterator[AsyncClient]:
    """Run an application, with `handlers` besides its own, and yield a client on the same loop.

    What its store on disk holds is published before, in a tenth of the time that the process takes
    which an application starts for it; one that `publishes` is left to do so.
    """
    if not publishes:
        await publish_if_none(StoreSettings.of(settings), settings.snapshot.read_model_dir)
    app = _made(settings)
    for handler in handlers:
        app.register(handler)
    async with (
        _alive(app),
        AsyncClient(transport=ASGITransport(cast("Any", app)), base_url="http://test") as client,
    ):
        yield client


def _made(settings: Settings) -> Litestar:
    """Make an application; lines are counted for the first that has these settings changed.

    Counting takes two thirds of the two seconds that each would take, and over a hundred are made.
    It stops in this thread alone: tracers of other threads would not come back.
    """
    usual = msgspec.structs.asdict(Settings())
    changed = frozenset(
        (section, name)
        for section, values in msgspec.structs.asdict(settings).items()
        if values != usual[section]
        for name in getattr(values, "__struct_fields__", ("",))
        if not name or getattr(values, name) != getattr(usual[section], name)
    )
    counting = sys.gettrace()
    if changed in _MADE:
        sys.settrace(None)
    _MADE.add(changed)
    try:
        return create_app(settings)
    finally:
        sys.settrace(counting)


_MADE: Final[set[frozenset[tuple[str, str]]]] = set()
"""The names of settings that applications were made with, other than by default."""


@contextlib.asynccontextmanager
async def _alive(app: Litestar) -> AsyncIterator[None]:
    """Keep the lifespan in one task: a fixture is torn down in another than it was set up in."""
    started, done = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.lifespan():
            started.set()
            await done.wait()

    life = asyncio.create_task(live())
    start = asyncio.create_task(started.wait())
    await asyncio.wait((life, start), return_when=asyncio.FIRST_COMPLETED)
    start.cancel()
    try:
        if not life.done():
            yield
    finally:
        done.set()
        await life


def settings_for(url: str, folder: Path) -> Settings:
    """Return settings that keep everything under `folder`."""
    return with_changes(
        Settings(),
        store_url=url,
        read_model_dir=folder / "read_model",
        secret_file=folder / "secret",
        managers_file=folder / "managers.json",
        queue_file=folder / "queue.db",
        queue_refresh=False,
        refresh_every_s=0.05,
        stream_longest_s=0.2,
        warm_at_start=0,
    )


async def until_ready(client: AsyncClient) -> None:
    """Wait until the read model is served."""
    await until(client, "/health/ready", lambda answer: answer.status_code == 200)


async def until(client: AsyncClient, path: str, holds: Callable[[Response], bool]) -> None:
    """Ask for `path` until its answer `holds`, at most a minute."""
    async with asyncio.timeout(60):
        while not holds(await client.get(path)):  # noqa: ASYNC110 -- a server's state has no event
            await asyncio.sleep(0.02)
