"""The listening socket, and the limit of open files."""

import resource
import socket
from collections.abc import Iterator

import pytest

from kensho.errors import SettingsError
from kensho.platform.listening import listen, raise_file_limit
from tests.support.servers import free_port


@pytest.fixture
def file_limits() -> Iterator[tuple[int, int]]:
    """Return this process's limits of open files, and put them back."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield limits
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_as_many_files_are_allowed_as_may_be(file_limits: tuple[int, int]) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, file_limits[1]))
    allowed = raise_file_limit()
    assert 256 < allowed <= 65_536
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (allowed, file_limits[1])
    assert raise_file_limit() == allowed


def test_an_address_that_is_taken_is_refused_by_name() -> None:
    port = free_port()
    with (
        listen("127.0.0.1", port, send_timeout_s=1),
        pytest.raises(SettingsError, match=f"can't listen on http://127.0.0.1:{port}: Address"),
    ):
        listen("127.0.0.1", port, send_timeout_s=1)


def test_a_name_that_leads_nowhere_is_refused_by_name() -> None:
    with pytest.raises(SettingsError, match=r"can't listen on http://no\.such\.host\.invalid:80"):
        listen("no.such.host.invalid", 80, send_timeout_s=1)


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="Linux only")
def test_connections_inherit_how_long_a_peer_may_take_nothing() -> None:
    port = free_port()
    with (
        listen("127.0.0.1", port, send_timeout_s=1.5) as listening,
        socket.create_connection(("127.0.0.1", port)),
    ):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 1_500
