"""What the reference servers share: a port of loopback, a thread while a block runs, no words."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from typing_extensions import override


class ReferenceServer(ThreadingHTTPServer):
    """Serves from a thread while the block runs, on a free port of loopback, or on `port`."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, handler: type[BaseHTTPRequestHandler], port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), handler)

    @property
    def url(self) -> str:
        """Return the base address."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    @override
    def __enter__(self) -> Self:
        """Serve from a thread."""
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    @override
    def __exit__(self, *_: object) -> None:
        """Stop, and give up what is being answered."""
        self.release()
        self.shutdown()
        self._thread.join()
        self.server_close()

    def release(self) -> None:
        """Let requests go that hang on purpose; there are none by default."""

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of connections that a client cut."""
