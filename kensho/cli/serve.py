"""`kensho serve`: the API in this process, or in several.

One process is served from within (granian's embedded server), so that what fails at the start is
an error of this process and not of a child; several are watched over by granian. None of them opens
the graph store: they share the snapshot that is published.
"""

import asyncio
import contextlib
import functools
import signal
import socket
from collections.abc import Callable, Generator
from typing import Any, Final

import click
import structlog
from granian import Granian
from granian.constants import Interfaces
from granian.server.embed import Server

from kensho.app import create_app
from kensho.errors import KenshoError, SettingsError
from kensho.platform import logs
from kensho.platform import settings as settings_module
from kensho.platform.settings import Settings
from kensho.search.kernel import compiled_kernel

_log = structlog.get_logger("kensho")
_BACKLOG: Final = 1_024
"""Connections that wait to be accepted: a burst of clients is not refused."""


@click.command()
@click.option("--host", help="Address to listen on; default KENSHO_HOST, or 127.0.0.1.")
@click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    help="Port to listen on; default KENSHO_PORT, or 8700.",
)
@click.option("--workers", type=click.IntRange(1, 64), help="Processes that share the address.")
def serve(host: str | None, port: int | None, workers: int | None) -> None:
    """Serve the API until interrupted."""
    settings = settings_module.with_changes(
        settings_module.load(), host=host, port=port, workers=workers
    )
    logs.configure(settings.logs.level, settings.logs.format, settings.logs.lines_per_minute)
    _log.info("search_kernel", name="compiled" if compiled_kernel.library() else "numpy")
    _require_free(settings.server.host, settings.server.port)
    if settings.server.workers == 1:
        asyncio.run(_serve_here(settings))
    else:
        _serve_in_processes(settings)


async def _serve_here(settings: Settings) -> None:
    """Serve from this process: what fails at the start is raised here, and not in a child."""
    app = create_app(settings)
    server = Server(
        app,
        settings.server.host,
        settings.server.port,
        interface=Interfaces.ASGINL,
        backlog=_BACKLOG,
        websockets=False,
        log_enabled=False,  # it can't log as JSON, and calls this mode of it experimental
    )
    with _stopping(server.stop), single_error():
        async with app.lifespan():
            address = f"http://{settings.server.host}:{settings.server.port}"
            _log.info("serving", url=address, snapshots=str(settings.snapshot.read_model_dir))
            await server.serve()


def _require_free(host: str, port: int) -> None:
    """Refuse an address that is taken: granian would share it, and answer every other request."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise SettingsError(f"can't listen on http://{host}:{port}: {error.strerror}") from error


@contextlib.contextmanager
def single_error() -> Generator[None]:
    """Raise an error of ours by itself: Litestar's lifespan wraps it in a group."""
    try:
        yield
    except BaseExceptionGroup as group:
        ours = _leaf(group.subgroup(KenshoError))
        if ours is None:
            raise
        raise ours from group


def _leaf(error: KenshoError | BaseExceptionGroup[KenshoError] | None) -> KenshoError | None:
    return _leaf(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


@contextlib.contextmanager
def _stopping(stop: Callable[[], None]) -> Generator[None]:
    """Call `stop` on SIGINT and SIGTERM while the block runs."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _serve_in_processes(settings: Settings) -> None:
    server = Granian(
        "kensho.app:create_app",
        address=settings.server.host,
        port=settings.server.port,
        interface=Interfaces.ASGI,
        workers=settings.server.workers,
        backlog=_BACKLOG,
        websockets=False,
    )
    server.serve(target_loader=functools.partial(_app_of_worker, settings), wrap_loader=False)


def _app_of_worker(settings: Settings) -> Callable[..., Any]:
    """Build a worker's application; runs in the child."""
    logs.configure(settings.logs.level, settings.logs.format, settings.logs.lines_per_minute)
    return create_app(settings)
