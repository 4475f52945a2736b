"""What servers of tests share: a free port of loopback, a thread while a block runs, no words."""

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

from typing_extensions import override


class LoopbackServer(ThreadingHTTPServer):
    """A server on a free port that says nothing of connections that a test cut."""

    daemon_threads = True

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing."""


class QuietHandler(BaseHTTPRequestHandler):
    """Keeps connections open, sends an answer in one piece, and logs nothing."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


Server = TypeVar("Server", bound=LoopbackServer)


@contextlib.contextmanager
def running(server: Server) -> Iterator[Server]:
    """Serve until the block ends."""
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
