"""A real Redis for tests, on a free port: killed, hung and started again while it is used."""

import contextlib
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Generator
from pathlib import Path
from typing import Final

import pytest

from tests.support.servers import free_port

_PATIENCE_S: Final = 20.0
_PROGRAM: Final = "redis-server"


class RedisServer:
    """One Redis that keeps nothing on disk; `start` and `stop` it as often as needed."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.port = free_port()
        self._folder = folder
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Return its address, as `KENSHO_REDIS_URL` takes it."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Run it, with nothing in it, and wait until it answers."""
        command = [_PROGRAM, "--port", str(self.port), "--bind", "127.0.0.1"]
        command += ["--save", "", "--appendonly", "no", "--dir", str(self._folder)]
        self._process = subprocess.Popen([*command, *self._arguments], stdout=subprocess.DEVNULL)
        until = time.monotonic() + _PATIENCE_S
        while not self._answers():
            if time.monotonic() > until or self._process.poll() is not None:
                self.stop()
                raise RuntimeError(f"{_PROGRAM} did not start on port {self.port}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Kill it, hung or not; what it held is lost."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait(_PATIENCE_S)

    def restart(self) -> None:
        """Kill it, and run it again with nothing in it."""
        self.stop()
        self.start()

    @contextlib.contextmanager
    def hung(self) -> Generator[None]:
        """Let it take connections, and answer nothing, until the block ends."""
        process = self._process
        assert process is not None
        process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            process.send_signal(signal.SIGCONT)

    def ask(self, *command: str) -> bytes:
        """Return what it answers to one command, as it stands on the wire."""
        words = "".join(f"${len(word.encode())}\r\n{word}\r\n" for word in command)
        with socket.create_connection(("127.0.0.1", self.port), _PATIENCE_S) as connection:
            connection.sendall(f"*{len(command)}\r\n{words}".encode())
            return connection.recv(1 << 20)

    def everything(self) -> str:
        """Return all keys and values, as it writes them, one byte a character."""
        keys = [key for key in self.ask("KEYS", "*").split(b"\r\n")[2::2] if key]
        values = [self.ask("DUMP", key.decode()) for key in keys]
        return b"\n".join([*keys, *values]).decode("latin-1")

    def clear(self) -> None:
        """Forget all that it holds."""
        assert self.ask("FLUSHALL") == b"+OK\r\n"

    def _answers(self) -> bool:
        try:
            return self.ask("PING").startswith((b"+PONG", b"-NOAUTH"))
        except OSError:
            return False


@contextlib.contextmanager
def running_redis(folder: Path, *arguments: str) -> Generator[RedisServer]:
    """Run a Redis until the block ends; skip the test where the program is not installed."""
    if shutil.which(_PROGRAM) is None:
        pytest.skip(f"{_PROGRAM} is not installed (Debian: redis-server)")
    server = RedisServer(folder, *arguments)
    server.start()
    try:
        yield server
    finally:
        server.stop()
