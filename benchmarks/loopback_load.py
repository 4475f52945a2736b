"""A load generator for loopback.

Keep-alive connections that each send the next request when the last is answered.

It is far from wrk's rate, but needs nothing installed, and runs on another core than the server;
what it measures of two servers in turn can be compared.
"""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import cycle
from time import perf_counter
from typing import NamedTuple

from typing_extensions import override

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length: "


class Load(NamedTuple):
    """What a run measured: answers a second, and latencies in milliseconds."""

    per_second: float
    median_ms: float
    p95_ms: float
    p99_ms: float
    errors: int


class Connection(asyncio.Protocol):
    """One client: sends, waits for the whole answer, notes how long it took, sends again."""

    def __init__(self, requests: Iterator[bytes], latencies_s: list[float]) -> None:
        self._requests = requests
        self._latencies_s = latencies_s
        self._head = b""
        self._left = -1
        self._began = 0.0
        self.errors = 0
        self.transport: asyncio.Transport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._send()

    @override
    def data_received(self, data: bytes) -> None:
        if self._left < 0:
            self._head += data
            end = self._head.find(_HEAD_END)
            if end < 0:
                return
            head = self._head[:end].lower() + b"\r\n"
            start = head.find(_LENGTH)
            length = int(head[start + len(_LENGTH) : head.index(b"\r", start)]) if start >= 0 else 0
            self.errors += not head.startswith((b"http/1.1 200", b"http/1.1 304"))
            self._left = length - (len(self._head) - end - len(_HEAD_END))
        else:
            self._left -= len(data)
        if self._left == 0:
            self._latencies_s.append(perf_counter() - self._began)
            self._head, self._left = b"", -1
            self._send()

    def _send(self) -> None:
        assert self.transport is not None
        self._began = perf_counter()
        self.transport.write(next(self._requests))


async def load(
    port: int, paths: Sequence[str], *, connections: int, seconds: float, headers: str = ""
) -> Load:
    """Ask for `paths` in turn over `connections` for `seconds`.

    The first half second is not counted.
    """
    requests = cycle(
        [f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n".encode() for path in paths]
    )
    latencies_s: list[float] = []
    loop = asyncio.get_running_loop()
    clients = [
        (
            await loop.create_connection(
                lambda: Connection(requests, latencies_s), "127.0.0.1", port
            )
        )[1]
        for _ in range(connections)
    ]
    await asyncio.sleep(0.5)
    latencies_s.clear()
    began = perf_counter()
    await asyncio.sleep(seconds)
    took_s = perf_counter() - began
    measured = sorted(latencies_s)
    for client in clients:
        assert client.transport is not None
        client.transport.abort()
    return Load(
        per_second=len(measured) / took_s,
        median_ms=_at(measured, 0.5),
        p95_ms=_at(measured, 0.95),
        p99_ms=_at(measured, 0.99),
        errors=sum(client.errors for client in clients),
    )


def _at(ordered_s: Sequence[float], part: float) -> float:
    return ordered_s[int(len(ordered_s) * part)] * 1000 if ordered_s else float("nan")
