"""`kensho serve`: a supervisor, and worker processes that serve the API.

What can be wrong at the start is found out by the supervisor, in one line, before a worker is
started. It has imported all that workers need, so that one starts in a moment and shares that
memory. No worker opens the graph store: they share the snapshot that is published.

Exit codes: 0 after SIGTERM or SIGINT; that of the error where the start failed, such as 2 for a
setting or an address that is taken; 1 for a bug at the start.
"""

import gc
import os
import sys
from typing import Final

import click
import structlog
from rich_click import RichCommand

from kensho.cli.worker import Installation, Worker
from kensho.errors import KenshoError
from kensho.platform import environment, logs, memory
from kensho.platform.listening import listen, raise_file_limit
from kensho.platform.metrics_board import MetricsBoard
from kensho.platform.secret_values import masked
from kensho.platform.settings import Settings
from kensho.platform.signing_secret import signing_keys
from kensho.platform.supervision import SupervisionRules, Supervisor
from kensho.platform.worker_board import WorkerBoard
from kensho.search.kernel import compiled_kernel

_FILES_BESIDE: Final = 512
"""Files that a worker opens besides connections: 145 with a snapshot, one for each of its files;
twice or thrice as many while it is replaced."""
_FILES_OF_A_PAST: Final = 96
"""Files of an earlier snapshot that is open: one for each of its files but those of titles."""
_FEWEST: Final = 16
_log = structlog.get_logger("kensho")


@click.command(cls=RichCommand)
@click.option("--host", help="Address to listen on; default KENSHO_HOST, or 127.0.0.1.")
@click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    help="Port to listen on; default KENSHO_PORT, or 8700.",
)
@click.option("--workers", type=click.IntRange(1, 64), help="Processes that share the address.")
def serve(host: str | None, port: int | None, workers: int | None) -> None:
    """Serve the API until interrupted."""
    memory.return_early()  # workers inherit it
    settings = environment.with_changes(environment.load(), host=host, port=port, workers=workers)
    logs.configure(settings.logs.level, settings.logs.format, settings.logs.lines_per_minute)
    _log.info("search_kernel", name="compiled" if compiled_kernel.library() else "numpy")
    signing_keys(settings.signing)  # made once, if need be, before workers would each make one
    sys.exit(_supervise(_with_room(settings)))


def _supervise(settings: Settings) -> int:
    server = settings.server
    board = WorkerBoard(server.workers)
    with listen(
        server.host, server.port, send_timeout_s=settings.connections.send_timeout_s
    ) as listening:
        metrics = MetricsBoard(server.workers)
        installation = Installation(settings, listening, board, metrics, os.getpid())
        rules = SupervisionRules(server.workers, server.stop_deadline_s, server.worker_silence_s)
        gc.freeze()  # so that no collection in a worker copies the pages it shares
        supervisor = Supervisor(
            rules, board, lambda slot: _work(installation, slot), at_stop=listening.close
        )
        return supervisor.run()


def _work(installation: Installation, slot: int) -> int:
    """Run a worker; an error at its start is told as the command line tells errors."""
    try:
        return Worker(installation, slot).run()
    except KenshoError as error:
        click.echo(f"kensho: {masked(error.message)}", err=True)
        return error.exit_code


def _with_room(settings: Settings) -> Settings:
    """Return the settings with no more connections than files may be opened."""
    files = raise_file_limit()
    beside = _FILES_BESIDE + _FILES_OF_A_PAST * settings.snapshot.past_snapshots_open
    room = max(_FEWEST, files - beside)
    if settings.connections.max_connections <= room:
        return settings
    _log.warning("fewer_connections", most=room, open_files=files)
    return environment.with_changes(settings, max_connections=room)
