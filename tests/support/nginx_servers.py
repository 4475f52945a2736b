"""Debian's nginx on a free port, with the files of `deploy/nginx` that operators use."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from tests.support.processes import until
from tests.support.servers import free_port

NGINX: Final = Path("/usr/sbin/nginx")
JS_MODULE: Final = Path("/usr/lib/nginx/modules/ngx_http_js_module.so")
FILES: Final = Path(__file__).parents[2] / "deploy" / "nginx"
_PATIENCE_S: Final = 30
_MAIN: Final = """
daemon off;
{main}
worker_processes {workers};
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    include {folder}/conf.d/*.conf;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
}}
"""


class FilmEdge(NamedTuple):
    """What the edge of films is set up with; it knows for `known_s` where films are.

    `authorities` vouch for origins, in place of those of the system.
    """

    keys: Path
    secret: str
    known_s: int = 1
    authorities: Path = Path("/etc/ssl/certs/ca-certificates.crt")


class Nginx:
    """An nginx that runs; `point_at` leads new requests to another server."""

    def __init__(
        self, folder: Path, live_port: int, edge: FilmEdge | None, *, workers: int
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self._write_upstream(live_port)
        for name in ("conf.d", "kensho.d"):
            (folder / name).mkdir()
        self._put(
            "kensho.conf",
            "conf.d",
            {
                "listen 80;": f"listen 127.0.0.1:{self.port};",
                "limit_conn kensho_clients 100;": "limit_conn kensho_clients 4096;",  # all are one
                "/etc/nginx/": f"{folder}/",
            },
        )
        lines = ["user root;"] if os.geteuid() == 0 else []
        if edge is not None:
            lines.append(f"load_module {JS_MODULE};")
            self._put_edge(edge)
        main = _MAIN.format(folder=folder, main="\n".join(lines), workers=workers)
        (folder / "nginx.conf").write_text(main)
        self.command: Final = [str(NGINX), "-p", str(folder), "-c", f"{folder}/nginx.conf"]
        with (folder / "stderr.log").open("wb") as log:
            self.process = subprocess.Popen(self.command, stderr=log)

    def _put_edge(self, edge: FilmEdge) -> None:
        folder = self.folder
        kept = {"/dev/shm/": f"{folder}/", "/var/cache/nginx/": f"{folder}/"}
        keys = {"/var/lib/kensho/portal_keys.json": str(edge.keys)}
        self._put(
            "edge.conf", "conf.d", {**kept, **keys, "js_path /etc/nginx/kensho": f"js_path {FILES}"}
        )
        self._put(
            "hls.conf",
            "kensho.d",
            {
                "/etc/nginx/": f"{folder}/",
                "/var/log/nginx/": f"{folder}/",
                "flush=5s": "flush=1s",
                "200 10s;": f"200 {edge.known_s}s;",
                "/etc/ssl/certs/ca-certificates.crt": str(edge.authorities),
                "403 5s;": f"403 {edge.known_s}s;",
            },
        )
        secret = f'proxy_set_header X-Edge-Secret "{edge.secret}";\n'
        (folder / "kensho.edge_secret").write_text(secret)

    def _put(self, name: str, place: str, changes: Mapping[str, str]) -> None:
        """Write a file of ours with what differs where it runs here."""
        text = (FILES / name).read_text("utf-8")
        for given, own in changes.items():
            assert given in text, given
            text = text.replace(given, own)
        (self.folder / place / name).write_text(text)

    @property
    def workers(self) -> set[int]:
        """Return the process ids of its workers."""
        pid = self.process.pid
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return {int(one) for one in found}

    @property
    def serving(self) -> set[int]:
        """Return those of its processes that answer, and not those that look after its caches."""
        named = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in self.workers}
        return {pid for pid, command in named.items() if b"worker process" in command}

    @property
    def errors(self) -> str:
        """Return what it logged."""
        return (self.folder / "error.log").read_text()

    def point_at(self, port: int) -> None:
        """Lead new requests to another server, as operators do; wait until that has begun."""
        self._write_upstream(port)
        self.reload()

    def reload(self) -> None:
        """Have it read its files again; wait until that has begun."""
        before = self.workers
        self.process.send_signal(signal.SIGHUP)
        until(lambda: bool(self.workers - before))

    def _write_upstream(self, port: int) -> None:
        new = self.folder / "kensho.upstream.new"
        new.write_text(f"server 127.0.0.1:{port} max_fails=0;\n")
        new.replace(self.folder / "kensho.upstream")


@contextlib.contextmanager
def nginx(
    folder: Path, live_port: int, edge: FilmEdge | None = None, *, workers: int = 2
) -> Iterator[Nginx]:
    """Run nginx before the server on `live_port`, with an edge of films, until the block ends."""
    running = Nginx(folder, live_port, edge, workers=workers)

    def is_up() -> bool:
        assert running.process.poll() is None, (folder / "stderr.log").read_text()
        return (folder / "nginx.pid").exists() and len(running.workers) >= workers

    try:
        until(is_up)
        yield running
    finally:
        running.process.terminate()
        running.process.wait(_PATIENCE_S)
