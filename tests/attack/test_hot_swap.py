"""Two servers behind Debian's nginx take turns, and no request fails."""

import asyncio
import contextlib
import sys
import threading
from collections import Counter
from pathlib import Path

import httpx
import pytest

from kensho.read_model.building.publishing import publish
from tests.support.nginx_servers import NGINX, nginx
from tests.support.processes import is_ready, running, until
from tests.support.raw_clients import PATIENCE_S, connected, received
from tests.support.servers import environment, free_port, written_store
from tests.support.stores import open_graph

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
    pytest.mark.skipif(not NGINX.exists(), reason="needs nginx (make system-packages)"),
]
TARGETS = ("/api/movies", "/api/search?q=bebop", "/", "/api/tags?limit=3", "/health/live")
READERS = 4
WATCH = b"GET /api/changes/stream HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Load:
    """Readers that ask one request after another, on kept and on new connections."""

    def __init__(self, port: int) -> None:
        self._base = f"http://127.0.0.1:{port}"
        self._done = threading.Event()
        self.ends: Counter[str] = Counter()
        self._threads = [
            threading.Thread(target=self._read, args=(number % 2 == 0,), daemon=True)
            for number in range(READERS)
        ]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Let readers end with their last answer."""
        self._done.set()
        for thread in self._threads:
            thread.join(PATIENCE_S)

    def until_more(self, answers: int) -> None:
        """Wait until so many more were answered."""
        wanted = self.ends.total() + answers
        until(lambda: self.ends.total() >= wanted)

    def _read(self, keeps_connection: bool) -> None:
        with httpx.Client(base_url=self._base, timeout=PATIENCE_S) as client:
            while not self._done.is_set():
                for target in TARGETS:
                    headers = {} if keeps_connection else {"connection": "close"}
                    try:
                        answer = _asked(client, target, headers)
                        self.ends[str(answer.status_code)] += 1
                    except httpx.TransportError as error:
                        self.ends[repr(error)] += 1


def _asked(client: httpx.Client, target: str, headers: dict[str, str]) -> httpx.Response:
    """Ask as browsers do: again, once, where a kept connection ended as the request was sent.

    An nginx that reloads closes connections that are idle, and can't know what is on its way.
    """
    try:
        return client.get(target, headers=headers)
    except httpx.RemoteProtocolError:
        if "connection" in headers:
            raise
        return client.get(target, headers=headers)


def test_a_server_is_replaced_under_load_without_a_failed_request(tmp_path: Path) -> None:
    url = asyncio.run(published(tmp_path))
    settings = environment(url, tmp_path, 0) | {
        "KENSHO_DRAIN_S": "1",
        "KENSHO_TRUSTED_PROXIES": "127.0.0.1",
        "KENSHO_RATE_LIMIT_UNITS": "0",
        "KENSHO_STREAM_LONGEST_S": "3600",
    }
    blue_port, green_port = free_port(), free_port()
    (tmp_path / "nginx").mkdir()
    with contextlib.ExitStack() as stack:
        blue = stack.enter_context(
            running(settings | {"KENSHO_PORT": str(blue_port)}, tmp_path / "blue.log", is_ready)
        )
        proxy = stack.enter_context(nginx(tmp_path / "nginx", blue_port))
        load = stack.enter_context(Load(proxy.port))
        load.until_more(50)
        watched = stack.enter_context(connected(proxy.port, WATCH))
        assert watched.recv(65_536).startswith(b"HTTP/1.1 200 ")
        green = stack.enter_context(
            running(settings | {"KENSHO_PORT": str(green_port)}, tmp_path / "green.log", is_ready)
        )
        proxy.point_at(green_port)
        load.until_more(50)
        assert (
            green.metric(
                'kensho_http_requests_total{method="GET",route="/api/movies",status="200"} '
            )
            > 0
        )
        assert blue.stop() == 0
        assert received(watched).endswith(b"0\r\n\r\n"), "its client asks again, and green answers"
        load.until_more(200)
        load.stop()
        assert set(load.ends) == {"200"}, (load.ends, proxy.errors)


async def published(folder: Path) -> str:
    """Write the small graph, publish it, and return the store's URL."""
    url = await written_store(folder / "kensho.db")
    async with open_graph(url=url) as graph:
        await publish(graph, folder / "read_model")
    return url
