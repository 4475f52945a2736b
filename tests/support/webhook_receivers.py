"""A receiver of webhooks on loopback that takes messages, or fails as real ones do."""

import base64
import contextlib
import hashlib
import hmac
import json
import socket
import struct
import threading
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from tests.support.loopback_servers import LoopbackServer, QuietHandler, running

TAKEN: Final = "204"


class Received(NamedTuple):
    """A request: the headers by lower-case name, and the body."""

    headers: dict[str, str]
    body: bytes

    @property
    def message(self) -> dict[str, Any]:
        """Return what the body says."""
        document: dict[str, Any] = json.loads(self.body)
        return document


class Receiver(LoopbackServer):
    """Answers as `behaviour` says: a status, or `hang`, `reset`, `drip`, `redirect`, `large`."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.behaviour = TAKEN
        self.retry_after: str | None = None
        self.received: list[Received] = []
        self.released = threading.Event()
        self.followed = 0

    @property
    def url(self) -> str:
        """Return the address that messages are sent to."""
        return f"http://127.0.0.1:{self.server_address[1]}/hook?of=kensho"


class _Handler(QuietHandler):
    server: Receiver  # type: ignore[mutable-override]  # narrower than the base class says

    def do_GET(self) -> None:  # noqa: N802 -- as http.server calls it
        self.server.followed += 1
        self._answer(200)

    def do_POST(self) -> None:  # noqa: N802 -- as http.server calls it
        if self.path == "/followed":
            self.server.followed += 1
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.received.append(Received(headers, body))
        behaviour = self.server.behaviour
        if behaviour == "hang":
            self.server.released.wait(60)
            self.close_connection = True
        elif behaviour == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
        elif behaviour == "drip":
            self._drip()
        elif behaviour == "redirect":
            self._answer(307, location="/followed")
        elif behaviour == "large":
            self._answer(200, body=b"x" * 1_000_000)
        else:
            self._answer(int(behaviour))

    def _drip(self) -> None:
        """Send a byte of a head now and then, which no bound on a single read ends."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            for letter in b"HTTP/1.1 200 OK\r\nx-slow: " + b"a" * 1_000:
                self.connection.sendall(bytes([letter]))
                if self.server.released.wait(0.05):
                    return

    def _answer(self, status: int, *, body: bytes = b"", location: str | None = None) -> None:
        self.send_response(status)
        if location is not None:
            self.send_header("location", location)
        if self.server.retry_after is not None:
            self.send_header("retry-after", self.server.retry_after)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)


@contextlib.contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver until the block ends."""
    with running(Receiver()) as receiver:
        try:
            yield receiver
        finally:
            receiver.released.set()


def is_signed(received: Received, secret: str) -> bool:
    """Check a signature as a receiver does, by the text of the specification."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    headers = received.headers
    signed = b".".join(
        (headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), received.body)
    )
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return f"v1,{expected}" in headers["webhook-signature"].split(" ")
