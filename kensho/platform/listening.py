"""The socket that workers share, and how many files a process may open.

All workers accept from one socket that the supervisor holds: a connection that waits to be accepted
outlives the death of any of them, and none waits for a worker that hangs.
"""

import os
import resource
import socket
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from kensho.errors import SettingsError

BACKLOG: Final = 1_024
"""Connections that wait to be accepted: a burst of clients is not refused."""
_ESTABLISHED: Final = "01"
"""As the kernel's tables of connections write this state."""
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


def open_connections(port: int) -> int:
    """Return how many connections of clients to a port this process holds; 0 where Linux is not.

    It reads /proc, and takes 2 ms for a thousand connections: the server itself does not tell.
    """
    held: set[str] = set()
    with suppress(OSError), os.scandir("/proc/self/fd") as descriptors:
        for one in descriptors:
            with suppress(OSError):  # closed since
                held.add(str(Path(one.path).readlink()))
    found = 0
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in Path(f"/proc/self/net/{table}").read_text("ascii").splitlines()[1:]:
                columns = line.split()
                is_ours = columns[1].endswith(f":{port:04X}") and columns[3] == _ESTABLISHED
                found += is_ours and f"socket:[{columns[9]}]" in held
    return found


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
