"""The proxy of the chaos experiments passes on, delays, cuts and swallows, and does so at once."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from benchmarks.chaos.proxy import FaultProxy


@pytest.fixture
def proxy() -> Iterator[FaultProxy]:
    """Return a proxy before a server that answers whatever it is told."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_echo, args=(listening,), daemon=True).start()
        with FaultProxy(listening.getsockname()[1]) as proxy:
            yield proxy


def _echo(listening: socket.socket) -> None:
    def answer(connection: socket.socket) -> None:
        with connection:
            while data := connection.recv(1024):
                connection.sendall(data)

    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        threading.Thread(target=answer, args=(connection,), daemon=True).start()


def connected(proxy: FaultProxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=10)


def said(connection: socket.socket, data: bytes = b"ping") -> bytes:
    connection.sendall(data)
    return connection.recv(1024)


def is_ended(connection: socket.socket) -> bool:
    try:
        return said(connection) == b""
    except ConnectionError:
        return True


def test_it_passes_on_and_delays(proxy: FaultProxy) -> None:
    with connected(proxy) as connection:
        assert said(connection) == b"ping"
        proxy.delay_s = 0.1
        began = time.monotonic()
        assert said(connection) == b"ping"
        assert time.monotonic() - began >= 0.2  # there and back; a lower bound is never too slow
        proxy.delay_s = 0.0
        assert said(connection, b"again") == b"again"


def test_a_cut_ends_what_is_open_and_what_comes_until_it_is_over(proxy: FaultProxy) -> None:
    with connected(proxy) as connection:
        assert said(connection) == b"ping"
        proxy.fault = "cut"
        assert is_ended(connection)
    with connected(proxy) as connection:
        assert is_ended(connection)
    proxy.fault = ""
    with connected(proxy) as connection:
        assert said(connection) == b"ping"


def test_a_hole_takes_all_and_answers_nothing(proxy: FaultProxy) -> None:
    with connected(proxy) as connection:
        proxy.fault = "hole"
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            said(connection)
        proxy.fault = ""
        connection.settimeout(10)
        assert said(connection, b"heard") == b"heard"
