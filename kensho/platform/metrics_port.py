"""Tells the figures of a program that serves nothing else, for Prometheus to scrape.

A server tells its own at `/metrics`; this is for workers beside it. It is the library's server, on
a thread.
"""

import contextlib
from collections.abc import Generator

from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server

from kensho.errors import SettingsError


@contextlib.contextmanager
def told_at(host: str, port: int | None, registry: CollectorRegistry) -> Generator[None]:
    """Tell figures, and those of the process, at `/metrics` of a port while the block runs.

    Without a port nobody is told anything.

    Raises:
        SettingsError: nothing can listen there.
    """
    if port is None:
        yield
        return
    ProcessCollector(registry=registry)
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        raise SettingsError(
            f"figures can't be told at {host}:{port}: {error.strerror or error}"
        ) from error
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(1)
