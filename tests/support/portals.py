"""A server with films, an origin of those, and the edge before both, as processes of their own."""

import asyncio
import contextlib
import datetime as dt
import os
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

import httpx

from kensho.edges.portal.ticket_keys import SPREAD, KeySet, TicketKeyFile
from kensho.platform.managers import ManagerFile
from kensho.read_model.building.publishing import publish
from tests.support.film_origin import FilmOrigin, certificate_of, film_body, origin_running
from tests.support.nginx_servers import FILES, FilmEdge, Nginx, nginx
from tests.support.processes import Running, is_ready, running
from tests.support.servers import environment, free_port, written_store
from tests.support.stores import open_graph

SECRET: Final = "what the edge shows"


class Portal(NamedTuple):
    """A server with films, the origin of those, and the edge before both."""

    server: Running
    edge: Nginx
    origin: FilmOrigin
    keys: TicketKeyFile
    manager: dict[str, str]
    client: httpx.Client

    def film(self, folder: str = "film", first: str = "master.m3u8") -> str:
        """Return the id of a new film whose files are in a folder of the origin."""
        for path in [one for one in self.origin.files if one.startswith("/film/")]:
            self.origin.files[path.replace("/film/", f"/{folder}/")] = self.origin.files[path]
        body = film_body(self.origin.url, f"/{folder}/{first}")
        answer = self.client.post("/api/movies", json=body, headers=self.manager)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["movieId"])

    def address(self, film: str) -> str:
        """Return the signed address of a film, without its last part."""
        answer = self.client.post(
            f"/api/movies/{film}/stream-token", json={"viewerContext": "a player"}
        )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["signedUrl"]).removesuffix("master.m3u8")

    def get(self, address: str, **headers: str) -> httpx.Response:
        """Return what the edge answers."""
        return self.client.get(address, headers=headers)

    def hide(self, film: str) -> None:
        """Take a film from its viewers."""
        self.client.post(
            f"/api/movies/{film}/visibility", json={"visibility": "HIDDEN"}, headers=self.manager
        )


@contextlib.contextmanager
def portal_running(
    folder: Path,
    keys: KeySet | None = None,
    settings: Mapping[str, str] | None = None,
    *,
    known_s: int = 1,
    workers: int = 2,
) -> Iterator[Portal]:
    """Run all of it in a folder until the block ends.

    Tickets are signed by `keys`, by new ones if there are none; `settings` are further variables of
    the server. The edge has so many `workers` and knows for `known_s` where films are.
    """
    with ThreadPoolExecutor(1) as thread:  # Playwright has a loop in the caller's
        url = thread.submit(lambda: asyncio.run(published(folder))).result()
    given = environment(url, folder, free_port()) | {
        "KENSHO_EDGES": "accounts,portal",
        "KENSHO_EDGES_STORE_URL": "mem://",
        "KENSHO_PORTAL_KEYS_FILE": str(folder / "portal_keys.json"),
        "KENSHO_PORTAL_EDGE_SECRET": SECRET,
        "KENSHO_PORTAL_LOOPBACK": "true",
        "SSL_CERT_FILE": str(folder / "authorities.pem"),
        **(settings or {}),
    }
    hosts = [certificate_of(host, folder) for host in ("localhost", "other.example")]
    (folder / "authorities.pem").write_text("".join(one.read_text() for one in hosts))
    file = new_keys(folder, keys)
    token = new_manager(folder)
    edge = FilmEdge(folder / "portal_keys.json", SECRET, known_s, folder / "authorities.pem")
    (folder / "nginx").mkdir()
    with contextlib.ExitStack() as stack:
        origin = stack.enter_context(origin_running())
        server = stack.enter_context(running(given, folder / "server.log", is_ready))
        proxy = stack.enter_context(nginx(folder / "nginx", server.port, edge, workers=workers))
        stack.enter_context(following(edge.keys, proxy))
        client = stack.enter_context(
            httpx.Client(base_url=f"http://127.0.0.1:{proxy.port}", timeout=20)
        )
        manager = {"authorization": f"Bearer {token}"}
        yield Portal(server, proxy, origin, file, manager, client)


def new_keys(folder: Path, keys: KeySet | None = None) -> TicketKeyFile:
    """Write the keys of tickets into a folder, new ones if none are given; return their file."""
    file = TicketKeyFile(folder / "portal_keys.json", lambda: dt.datetime.now(dt.UTC))
    file.change(lambda held: keys or held.rotated(dt.datetime.now(dt.UTC), SPREAD))
    return file


def new_manager(folder: Path) -> str:
    """Make a manager of the servers in a folder, and return their token."""
    return ManagerFile(folder / "managers.json").add("ada", dt.datetime.now(dt.UTC).date())


@contextlib.contextmanager
def following(keys: Path, edge: Nginx) -> Iterator[None]:
    """Have nginx follow the keys while the block runs, as operators do."""
    command = [str(FILES / "reload_on_change.sh"), str(keys), "--", *edge.command, "-s", "reload"]
    with (edge.folder / "reloads.log").open("wb") as log:
        follower = subprocess.Popen(command, env={**os.environ, "LOOK_EVERY_S": "0.3"}, stderr=log)
    try:
        yield
    finally:
        follower.terminate()
        follower.wait(20)


async def published(folder: Path) -> str:
    """Write the small graph, publish it, and return the store's URL."""
    url = await written_store(folder / "kensho.db")
    async with open_graph(url=url) as graph:
        await publish(graph, folder / "read_model")
    return url
