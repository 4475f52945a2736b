"""A file server on loopback that serves dumps as real ones do, with conditions, ranges and faults.

Each path has its content; `faults` of a path are used up first, one per request.
"""

import contextlib
import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import TypeAlias, cast

from tests.support.loopback_servers import LoopbackServer, QuietHandler, running

Fault: TypeAlias = Callable[["DumpHandler"], None]


class DumpServer(LoopbackServer):
    """Serves `files` by path; keeps the headers of every request."""

    def __init__(self) -> None:
        super().__init__(DumpHandler)
        self.files: dict[str, bytes] = {}
        self.faults: defaultdict[str, list[Fault]] = defaultdict(list)
        self.requests: list[tuple[str, dict[str, str]]] = []

    def url(self, path: str) -> str:
        """Return the address of a path."""
        return f"http://127.0.0.1:{self.server_port}{path}"

    def asked(self, path: str) -> int:
        """Return how often a path was asked for."""
        return sum(requested == path for requested, _ in self.requests)


class DumpHandler(QuietHandler):
    """Answers GET like a static file server: ETag, 304, 206 and 404."""

    @property
    def site(self) -> DumpServer:
        """Return the server with its files."""
        return cast("DumpServer", self.server)

    @property
    def content(self) -> bytes:
        """Return what is served at the path."""
        return self.site.files[self.path]

    def do_GET(self) -> None:  # noqa: N802 -- the name that http.server calls
        """Answer with a fault, a part, "not modified" or the file."""
        self.site.requests.append((self.path, dict(self.headers.items())))
        if self.site.faults[self.path]:
            self.site.faults[self.path].pop(0)(self)
        elif self.path not in self.site.files:
            self.answer(HTTPStatus.NOT_FOUND, b"")
        elif self.headers.get("If-None-Match") == self.etag:
            self.answer(HTTPStatus.NOT_MODIFIED, b"")
        elif "Range" in self.headers and self.headers.get("If-Range") == self.etag:
            start, size = int(self.headers["Range"][6:-1]), len(self.content)
            told = {"Content-Range": f"bytes {start}-{size - 1}/{size}"}
            self.answer(HTTPStatus.PARTIAL_CONTENT, self.content[start:], **told)
        else:
            self.answer(HTTPStatus.OK, self.content)

    @property
    def etag(self) -> str:
        """Return the mark of the content."""
        return f'"{hashlib.sha256(self.content).hexdigest()[:16]}"'

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        """Send an answer with its length."""
        self.send_response(status)
        if self.path in self.site.files:
            self.send_header("ETag", self.etag)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


def failing(status: int, **headers: str) -> Fault:
    """Answer with a status once."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: handler.answer(status, b"", **named)


def cut_after(size_bytes: int) -> Fault:
    """Announce the whole file, send a part of it and hang up."""

    def fault(handler: DumpHandler) -> None:
        handler.answer(HTTPStatus.OK, b"", **{"Content-Length": str(len(handler.content))})
        handler.wfile.write(handler.content[:size_bytes])
        handler.wfile.flush()
        handler.close_connection = True

    return fault


def serving(content: bytes, content_type: str = "application/octet-stream") -> Fault:
    """Answer with other content once, as a proxy or a captive portal does."""
    return lambda handler: handler.answer(HTTPStatus.OK, content, **{"Content-Type": content_type})


def redirecting(to: str) -> Fault:
    """Lead to another path once."""
    return lambda handler: handler.answer(HTTPStatus.FOUND, b"", Location=to)


@contextlib.contextmanager
def dump_server() -> Iterator[DumpServer]:
    """Run a server until the block ends."""
    with running(DumpServer()) as server:
        yield server
