"""The socket that workers share, and how many files a process may open.

All workers accept from one socket that the supervisor holds: a connection that waits to be accepted
outlives the death of any of them, and none waits for a worker that hangs.
"""

import resource
import socket
from ipaddress import ip_address
from typing import Final

from kensho.errors import SettingsError

BACKLOG: Final = 1_024
"""Connections that wait to be accepted: a burst of clients is not refused."""
_MOST_FILES: Final = 65_536
"""More is never needed here, and some containers allow a billion."""


def listen(host: str, port: int, *, send_timeout_s: float) -> socket.socket:
    """Return a listening socket; a peer that takes nothing for `send_timeout_s` is cut off.

    Raises:
        SettingsError: the address is taken, or is none of this machine.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        )[0]
        listening = socket.socket(family, kind, protocol)
        try:
            _prepare(listening, send_timeout_s)
            listening.bind(address)
            listening.listen(BACKLOG)
        except OSError:
            listening.close()
            raise
    except OSError as error:
        raise SettingsError(f"can't listen on http://{host}:{port}: {error.strerror}") from error
    return listening


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches an address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _prepare(listening: socket.socket, send_timeout_s: float) -> None:
    """Set what accepted connections inherit, such as a bound on peers that read nothing."""
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
        timeout_ms = int(send_timeout_s * 1_000)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, timeout_ms)


def raise_file_limit() -> int:
    """Allow this process as many open files as it may allow itself; return how many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return _MOST_FILES if soft == resource.RLIM_INFINITY else soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted
