"""Which server nginx sends requests to: the file of its upstream, written whole, and a reload."""

import os
import shlex
import subprocess
from pathlib import Path
from typing import Final, NamedTuple

_ALL: Final = 100
_PATIENCE_S: Final = 30


class TrafficError(Exception):
    """nginx does not take what it was told; its file is as it was before."""


class Traffic(NamedTuple):
    """The upstream of `kensho.conf` (`file`), and the commands that check and reload nginx."""

    file: Path
    check: str
    reload: str

    def to_one(self, server: str) -> None:
        """Send everything to `server` (`host:port`)."""
        self._write(f"server {server} max_fails=0;\n")

    def shared(self, old: str, new: str, percent: int) -> None:
        """Send `percent` of requests to the new server.

        With all of them the old one is asked where the new one fails.
        """
        if percent >= _ALL:
            lines = (f"server {new} max_fails=0;", f"server {old} max_fails=0 backup;")
        else:
            lines = (
                f"server {old} max_fails=0 weight={_ALL - percent};",
                f"server {new} max_fails=0 weight={percent};",
            )
        self._write("\n".join(lines) + "\n")

    def _write(self, text: str) -> None:
        """Replace the file, whole or not at all, and let nginx read it.

        Raises:
            TrafficError: nginx refuses, or can't be told.
        """
        before = self.file.read_bytes() if self.file.exists() else None
        self._put(text.encode())
        try:
            _run(self.check)
            _run(self.reload)
        except TrafficError:
            if before is not None:
                self._put(before)
            raise

    def _put(self, content: bytes) -> None:
        new = self.file.with_name(f"{self.file.name}.new")
        with new.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.file)


def _run(command: str) -> None:
    words = shlex.split(command)
    try:
        ended = subprocess.run(words, capture_output=True, timeout=_PATIENCE_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise TrafficError(f"`{command}`: {error}") from error
    if ended.returncode:
        told = ended.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise TrafficError(f"`{command}` ended with {ended.returncode}: {' '.join(told)}")
