"""Clients that do what no decent one does: raw bytes, sent slowly or never, and answers unread."""

import contextlib
import socket
from collections.abc import Iterator
from typing import Final

PATIENCE_S: Final = 60.0
"""How long anything is waited for before a test fails."""
HEAD: Final = b"POST /api/anime/batch HTTP/1.1\r\nHost: localhost\r\n"
UNFINISHED: Final = HEAD + b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
"""A request whose body does not come."""
REST: Final = b'"ids": []' + b" " * 989 + b"}"
"""What is missing of its body."""
_LARGE: Final = b"GET /api/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
"""140 KB are answered to it."""


@contextlib.contextmanager
def connected(port: int, sent: bytes = b"", *, buffer_bytes: int = 0) -> Iterator[socket.socket]:
    """Connect, and send something at once."""
    with socket.socket() as client:
        client.settimeout(PATIENCE_S)
        if buffer_bytes:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        client.connect(("127.0.0.1", port))
        client.sendall(sent)
        yield client


@contextlib.contextmanager
def unread(port: int) -> Iterator[socket.socket]:
    """Ask for 5 MB and take none of them."""
    with connected(port, _LARGE * 40, buffer_bytes=4_096) as client:
        yield client


def answer_to(port: int, sent: bytes) -> bytes:
    """Send something and return all that comes until the server closes."""
    with connected(port, sent) as client:
        return received(client)


def received(client: socket.socket) -> bytes:
    """Return all that comes until the server closes, or cuts."""
    found = b""
    with contextlib.suppress(ConnectionError):
        while part := client.recv(65_536):
            found += part
    return found


def get(path: str, *headers: str) -> bytes:
    """Return a whole request whose connection is closed after it."""
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode()
