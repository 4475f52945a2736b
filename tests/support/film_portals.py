"""The film portal as a process: Kenshō over the small graph, an origin, and an edge that plays."""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

from deploy.demo.clip import clip_folder
from deploy.demo.film_edge import FilmEdge
from tests.support.servers import environment, free_port, served, written_store

MANAGERS: Final = ("ada@example.org", "ben@example.org")
PASSWORD: Final = "curate the small graph"
_SECRET: Final = "the edge of tests"


class FilmPortal(NamedTuple):
    """Where Kenshō is, and the edge that plays what it publishes, to be broken as wanted."""

    base: str
    edge: FilmEdge


@contextlib.contextmanager
def film_portal_running(folder: Path, **settings: str) -> Iterator[FilmPortal]:
    """Run a portal with two managers; `settings` go over those of a portal on loopback."""
    with ThreadPoolExecutor(1) as pool:  # a running browser has taken this thread's event loop
        url = pool.submit(asyncio.run, written_store(folder / "kensho.db")).result()
    keys = folder / "portal_keys.json"
    with FilmEdge(clip_folder(), keys, _SECRET) as edge:
        own = {
            "KENSHO_EDGES": "accounts,portal",
            "KENSHO_EDGES_STORE_URL": f"surrealkv://{folder / 'edges.db'}",
            "KENSHO_PORTAL_KEYS_FILE": str(keys),
            "KENSHO_PORTAL_EDGE_URL": edge.url,
            "KENSHO_PORTAL_EDGE_SECRET": _SECRET,
            "KENSHO_PORTAL_LOOPBACK": "true",
            "KENSHO_PORTAL_TICKET_S": "10",
            **settings,
        }
        whole = {**environment(url, folder, free_port()), **own}
        for email in MANAGERS:
            create = ("accounts", "create", email, "--role", "manager", "--password-stdin")
            subprocess.run(
                [sys.executable, "-m", "kensho.cli", *create],
                env=whole,
                input=PASSWORD.encode(),
                check=True,
                capture_output=True,
            )
        with served(whole) as base:
            edge.api = base
            yield FilmPortal(base, edge)
