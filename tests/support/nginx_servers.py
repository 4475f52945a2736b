"""Debian's nginx on a free port, with the file of `deploy/nginx` that operators use."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.support.processes import until
from tests.support.servers import free_port

NGINX: Final = Path("/usr/sbin/nginx")
_TEMPLATE: Final = Path(__file__).parents[2] / "deploy" / "nginx" / "kensho.conf"
_PATIENCE_S: Final = 30
_MAIN: Final = """
daemon off;
{user}
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/kensho.conf;
}}
"""


class Nginx:
    """An nginx that runs; `point_at` leads new requests to another server."""

    def __init__(self, folder: Path, live_port: int) -> None:
        self._folder = folder
        self.port = free_port()
        self._write_upstream(live_port)
        text = _TEMPLATE.read_text("utf-8")
        for given, own in (
            ("listen 80;", f"listen 127.0.0.1:{self.port};"),
            ("/etc/nginx/kensho.upstream", f"{folder}/kensho.upstream"),
        ):
            assert text.count(given) >= 1, given
            text = text.replace(given, own)
        (folder / "kensho.conf").write_text(text)
        user = "user root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(_MAIN.format(folder=folder, user=user))
        self.process = subprocess.Popen(
            [NGINX, "-p", folder, "-c", folder / "nginx.conf"], stderr=subprocess.DEVNULL
        )

    @property
    def workers(self) -> set[int]:
        """Return the process ids of its workers."""
        pid = self.process.pid
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return {int(one) for one in found}

    @property
    def errors(self) -> str:
        """Return what it logged."""
        return (self._folder / "error.log").read_text()

    def point_at(self, port: int) -> None:
        """Lead new requests to another server, as operators do; wait until that has begun."""
        before = self.workers
        self._write_upstream(port)
        self.process.send_signal(signal.SIGHUP)
        until(lambda: bool(self.workers - before))

    def _write_upstream(self, port: int) -> None:
        new = self._folder / "kensho.upstream.new"
        new.write_text(f"server 127.0.0.1:{port} max_fails=0;\n")
        new.replace(self._folder / "kensho.upstream")


@contextlib.contextmanager
def nginx(folder: Path, live_port: int) -> Iterator[Nginx]:
    """Run nginx before the server on `live_port` until the block ends."""
    running = Nginx(folder, live_port)
    try:
        until(lambda: (folder / "nginx.pid").exists() and len(running.workers) == 2)
        yield running
    finally:
        running.process.terminate()
        running.process.wait(_PATIENCE_S)
