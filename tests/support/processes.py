"""A server's processes, as a test sees and ends them."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import httpx

from tests.support.raw_clients import PATIENCE_S
from tests.support.servers import KENSHO


class Running(NamedTuple):
    """A server that runs: its supervisor and its port."""

    supervisor: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def base(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def workers(self) -> list[int]:
        """Return the process ids of its workers."""
        pid = self.supervisor.pid
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def get(self, path: str) -> httpx.Response:
        """Return an answer, on a connection of its own."""
        return httpx.get(self.base + path, timeout=PATIENCE_S)

    def metric(self, name: str) -> float:
        """Return a figure of `/metrics`."""
        lines = [line for line in self.get("/metrics").text.splitlines() if line.startswith(name)]
        return float(lines[0].removeprefix(name))

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        self.supervisor.send_signal(number)
        return self.supervisor.wait(PATIENCE_S)


@contextlib.contextmanager
def running(
    settings: Mapping[str, str],
    log: Path,
    is_up: Callable[["Running"], bool] | None = None,
    *,
    prefix: Sequence[str] = (),
) -> Iterator[Running]:
    """Run a server until the block ends, once it `is_up`; nothing of it is left then.

    `prefix` is a command that runs another, such as one that sets limits.
    """
    with log.open("wb") as written:
        command = [*prefix, *KENSHO, "serve"]
        supervisor = subprocess.Popen(command, env=dict(settings), stderr=written)
    server = Running(supervisor, int(settings["KENSHO_PORT"]), log)
    try:
        until(lambda: answers(server, is_up or is_ready))
        yield server
    finally:
        left = server.workers if supervisor.poll() is None else []
        supervisor.kill()
        supervisor.wait()
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def answers(server: Running, holds: Callable[[Running], bool]) -> bool:
    """Tell whether a server that runs answers, and so that something holds."""
    assert server.supervisor.poll() is None, server.log.read_text()
    with contextlib.suppress(httpx.TransportError):
        return holds(server)
    return False


def is_ready(server: Running) -> bool:
    """Tell whether a snapshot is served, every worker takes requests, and all else is well."""
    return bool(server.get("/health/ready").json()["status"] == "ok")


def is_free(port: int) -> bool:
    """Tell whether a server could listen on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    limit = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < limit, "it never came to hold"
        time.sleep(0.02)
