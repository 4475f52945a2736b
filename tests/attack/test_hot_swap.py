"""Two servers behind Debian's nginx take turns, and no request fails."""

import asyncio
import contextlib
import sys
from pathlib import Path

import pytest

from kensho.read_model.building.publishing import publish
from tests.support.nginx_servers import NGINX, nginx
from tests.support.processes import is_ready, running
from tests.support.raw_clients import connected, received
from tests.support.servers import environment, free_port, written_store
from tests.support.steady_readers import Readers
from tests.support.stores import open_graph

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
    pytest.mark.skipif(not NGINX.exists(), reason="needs nginx (make system-packages)"),
]
TARGETS = ("/api/movies", "/api/search?q=bebop", "/", "/api/tags?limit=3", "/health/live")
WATCH = b"GET /api/changes/stream HTTP/1.1\r\nHost: localhost\r\n\r\n"


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
        load = stack.enter_context(Readers(proxy.port, TARGETS))
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
