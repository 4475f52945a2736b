"""`kensho mcp`: the graph for language models, over standard input and output or over HTTP.

It serves the snapshot that is published, follows newer ones, and opens no store. The SDK of the
Model Context Protocol comes with the extra `kensho[mcp]`.
"""

import asyncio
import datetime as dt
import functools
import logging
from typing import Final

import click
from rich_click import RichCommand

from kensho.discovery.browse import Calendar
from kensho.discovery.comparisons import KnownChanges
from kensho.discovery.conflicts import conflicts_in
from kensho.discovery.cursors import Cursors
from kensho.discovery.search import TitleSearch
from kensho.discovery.snapshot_service import PerSnapshot
from kensho.errors import SettingsError
from kensho.platform import environment, logs
from kensho.platform.installation import installed_version
from kensho.platform.settings import Settings
from kensho.platform.signing_secret import signing_keys
from kensho.read_model.holder import SnapshotHolder
from kensho.storage.store_settings import StoreSettings

_OF_THE_EXTRA: Final = frozenset(("mcp", "mcp_types", "starlette", "pydantic"))


@click.command(cls=RichCommand)
@click.option("--http", is_flag=True, help="Serve streamable HTTP at /mcp, not standard input.")
@click.option("--host", help="Address to listen on; default KENSHO_MCP_HOST, or 127.0.0.1.")
@click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    help="Port to listen on; default KENSHO_MCP_PORT, or 8701.",
)
def mcp(http: bool, host: str | None, port: int | None) -> None:
    """Serve the graph to language models, by the Model Context Protocol."""
    if not http and (host is not None or port is not None):
        raise click.UsageError("--host and --port are those of --http")
    settings = environment.with_changes(environment.load(), mcp_host=host, mcp_port=port)
    logs.configure(settings.logs.level, settings.logs.format, settings.logs.lines_per_minute)
    logging.getLogger("mcp").setLevel(logging.WARNING)  # it tells of every request
    try:
        from kensho.mcp.server import ToolServer  # noqa: PLC0415 -- optional, and takes seconds
        from kensho.mcp.serving import serve_http, serve_stdio  # noqa: PLC0415
        from kensho.mcp.tools import ToolParts  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in _OF_THE_EXTRA:
            raise
        raise SettingsError(
            f"kensho mcp needs {error.name}, which the extra brings: pip install 'kensho[mcp]'"
        ) from error
    cursors = Cursors(*signing_keys(settings.signing))
    tools = ToolServer(
        _holder(settings),
        ToolParts(
            TitleSearch(cursors, safe=settings.search.safe),
            Calendar(functools.partial(dt.datetime.now, dt.UTC)),
            PerSnapshot(conflicts_in),
            cursors,
            KnownChanges(),
        ),
        settings.snapshot.refresh_every_s,
    ).bound(installed_version())
    asyncio.run(serve_http(tools, settings) if http else serve_stdio(tools))


def _holder(settings: Settings) -> SnapshotHolder:
    """Return what follows the snapshots of the store that is set; the store is not opened."""
    store = StoreSettings.of(settings)
    return SnapshotHolder(
        settings.snapshot.read_model_dir, store.fingerprint, or_latest=store.is_absent
    )
