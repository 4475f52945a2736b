"""The `kensho` command: our own commands, and whatever the entry points "kensho.commands" add.

An error we raise on purpose becomes one line on standard error and an exit code of its own; only a
bug shows a traceback. Ingestion is found by entry point and never imported: it is a second program
on the same core.
"""

import asyncio
import contextlib
import functools
import signal
import socket
import sys
from collections.abc import Callable, Generator
from importlib.metadata import entry_points
from typing import Final

import click
import msgspec
import structlog
from granian import Granian
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar
from rich_click import RichGroup
from typing_extensions import override

from kensho.app import create_app, installed_version
from kensho.cli.graph import migrate, show
from kensho.errors import KenshoError, SettingsError
from kensho.platform import logs
from kensho.platform import settings as settings_module
from kensho.platform.settings import Settings

_GROUP: Final = "kensho.commands"
_log = structlog.get_logger("kensho")
_BACKLOG: Final = 1_024
"""Connections that wait to be accepted: a burst of clients is not refused."""


class Commands(RichGroup):
    """Our own commands, and those that entry points add; those are loaded when asked for."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, ours first."""
        own = super().list_commands(ctx)
        return own + sorted(
            point.name for point in entry_points(group=_GROUP) if point.name not in own
        )

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by name."""
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        for point in entry_points(group=_GROUP, name=cmd_name):
            command = point.load()
            if isinstance(command, click.Command):
                return command
        return None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """Kenshō: a graph of anime and films."""


@commands.command()
@click.option("--host", help="Address to listen on; default KENSHO_HOST, or 127.0.0.1.")
@click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    help="Port to listen on; default KENSHO_PORT, or 8700.",
)
@click.option(
    "--workers", type=click.IntRange(1, 64), help="Processes; more than one needs a ws:// store."
)
def serve(host: str | None, port: int | None, workers: int | None) -> None:
    """Serve the API until interrupted."""
    settings = settings_module.with_changes(
        settings_module.load(), host=host, port=port, workers=workers
    )
    logs.configure(settings.log_level, settings.log_format)
    _require_free(settings.host, settings.port)
    if settings.workers == 1:
        asyncio.run(_serve_here(settings))
    else:
        _serve_in_processes(settings)


@commands.command()
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def version(as_json: bool) -> None:
    """Show the version."""
    text = installed_version()
    click.echo(msgspec.json.encode({"version": text}).decode() if as_json else f"kensho {text}")


commands.add_command(migrate)
commands.add_command(show)


def main() -> None:
    """Run the command line; exits with the code of the error, if any."""
    try:
        commands(prog_name="kensho")
    except KenshoError as error:
        click.echo(f"kensho: {error.message}", err=True)
        sys.exit(error.exit_code)


async def _serve_here(settings: Settings) -> None:
    """Serve from this process: what fails at the start is raised here, and not in a child."""
    app = create_app(settings)
    server = Server(
        app,
        settings.host,
        settings.port,
        interface=Interfaces.ASGINL,
        backlog=_BACKLOG,
        websockets=False,
        log_enabled=False,  # it can't log as JSON, and calls this mode of it experimental
    )
    with _stopping(server.stop), _single_error():
        async with app.lifespan():
            address = f"http://{settings.host}:{settings.port}"
            _log.info("serving", url=address, store=settings.store_url)
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
def _single_error() -> Generator[None]:
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
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.workers,
        backlog=_BACKLOG,
        websockets=False,
    )
    server.serve(target_loader=functools.partial(_app_of_worker, settings), wrap_loader=False)


def _app_of_worker(settings: Settings) -> Litestar:
    """Build a worker's application; runs in the child."""
    logs.configure(settings.log_level, settings.log_format)
    return create_app(settings)
