"""A new version is rolled out behind Debian's nginx by `deploy.canary`, or taken back by it.

Two servers run with one store of the edges and one edge of films; readers ask through nginx all the
time, films too. Broken versions are the real server with one function changed.
"""

import asyncio
import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import httpx
import pytest

from tests.support.film_origin import FilmOrigin, film_body, origin_running
from tests.support.nginx_servers import NGINX, FilmEdge, Nginx, nginx
from tests.support.portals import SECRET, new_keys, new_manager, published
from tests.support.processes import Running, is_ready, running, until
from tests.support.raw_clients import PATIENCE_S
from tests.support.rpc_bridge import DATABASE, PASSWORD, USERNAME, RpcBridge
from tests.support.servers import environment, free_port
from tests.support.steady_readers import Readers

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
    pytest.mark.skipif(not NGINX.exists(), reason="needs nginx (make system-packages)"),
]
SLOW_MACHINE: Final = ("--slow", "1")
"""Tests share their machine: where time is not what is tried, none is too long."""
READS: Final = ("/api/search?q=bebop{n}", "/api/movies", "/", "/api/tags?limit=3")
_CHANGED: Final = """
from {module} import {owner}
former, asked = {owner}.{name}, iter(range(1 << 30))
def changed(*given, **named):
    if {when}:
        {does}
    return former(*given, **named)
{owner}.{name} = changed
"""
_SEARCH: Final = {"module": "kensho.discovery.search", "owner": "SearchService", "name": "page"}
_PORTAL: Final = {"when": "True", "does": "raise RuntimeError('broken')"}
FAILS: Final = _CHANGED.format(
    **_SEARCH, when="'bebop' in str(given)", does="raise RuntimeError('broken')"
)
SLOW: Final = _CHANGED.format(**_SEARCH, when="True", does="import time; time.sleep(1)")
ENDS: Final = _CHANGED.format(**_SEARCH, when="next(asked) == 20", does="import os; os._exit(1)")
NO_FILMS: Final = _CHANGED.format(
    module="kensho.edges.portal.service", owner="PortalService", name="create", **_PORTAL
)
NO_CHANGES: Final = _CHANGED.format(
    module="kensho.edges.portal.service", owner="PortalService", name="patch", **_PORTAL
)
NO_TICKETS: Final = _CHANGED.format(
    module="kensho.edges.portal.tickets", owner="Tickets", name="issue", **_PORTAL
)


class Site(NamedTuple):
    """An old version that serves behind nginx, a manager, and what a new version starts with."""

    folder: Path
    old: Running
    proxy: Nginx
    origin: FilmOrigin
    token: str
    settings: dict[str, str]

    @contextlib.contextmanager
    def version(self, changes: str = "") -> Iterator[Running]:
        """Run another version, in which something is changed, until the block ends."""
        place = self.folder / "changes"
        place.mkdir()
        (place / "sitecustomize.py").write_text(changes)
        own = {"KENSHO_PORT": str(free_port()), "PYTHONPATH": str(place)}
        with running(self.settings | own, self.folder / "new.log", is_ready) as server:
            yield server

    def start(self, new: Running, *options: str) -> "subprocess.Popen[str]":
        """Start to roll a version out."""
        (self.folder / "token").write_text(self.token)
        (self.folder / "edge_secret").write_text(SECRET)
        command = " ".join(self.proxy.command)
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "deploy.canary", "--old", f"127.0.0.1:{self.old.port}"),
                *("--new", f"127.0.0.1:{new.port}", "--token-file", str(self.folder / "token")),
                *("--edge", f"http://127.0.0.1:{self.proxy.port}"),
                *("--edge-secret-file", str(self.folder / "edge_secret")),
                *("--upstream", str(self.folder / "nginx" / "kensho.upstream")),
                *("--check", f"{command} -t", "--reload", f"{command} -s reload"),
                *("--every-s", "0.3", "--watch-s", "1", "--patience-s", "30", *options),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )

    def rolled_out(self, new: Running, *options: str) -> tuple[int, str]:
        """Roll a version out; return the exit code and what was said."""
        ended = self.start(new, *options)
        told, _ = ended.communicate(timeout=PATIENCE_S * 3)
        return ended.returncode, told

    @property
    def upstream(self) -> str:
        """Return what nginx was told last."""
        return (self.folder / "nginx" / "kensho.upstream").read_text()

    def films(self) -> list[str]:
        """Return the titles of all films there are, drafts too."""
        answer = httpx.get(
            f"{self.old.base}/api/movies?visibility=ALL",
            headers={"authorization": f"Bearer {self.token}"},
            timeout=20,
        )
        return [str(one["title"]) for one in answer.json()["movies"]]

    def segment(self) -> str:
        """Publish a film, and return the signed path of one of its segments."""
        manager = {"authorization": f"Bearer {self.token}"}
        body = film_body(self.origin.url) | {"title": "A night train"}
        made = httpx.post(f"{self.old.base}/api/movies", json=body, headers=manager, timeout=20)
        assert made.status_code == 201, made.text
        ticket = httpx.post(
            f"{self.old.base}/api/movies/{made.json()['movieId']}/stream-token",
            json={"viewerContext": "a reader"},
            timeout=20,
        )
        return str(ticket.json()["signedUrl"]).replace("master.m3u8", "360/0.ts")


@contextlib.contextmanager
def site_running(folder: Path, url: str, store: str) -> Iterator[Site]:
    """Run an old version behind nginx, with an origin of films."""
    new_keys(folder)
    keys, token = folder / "portal_keys.json", new_manager(folder)
    settings = environment(url, folder, free_port()) | {
        "KENSHO_EDGES": "accounts,portal",
        "KENSHO_EDGES_STORE_URL": store,
        "KENSHO_EDGES_STORE_DATABASE": DATABASE,
        "KENSHO_EDGES_STORE_USERNAME": USERNAME,
        "KENSHO_EDGES_STORE_PASSWORD": PASSWORD,
        "KENSHO_PORTAL_KEYS_FILE": str(keys),
        "KENSHO_PORTAL_EDGE_SECRET": SECRET,
        "KENSHO_PORTAL_LOOPBACK": "true",
        "KENSHO_TRUSTED_PROXIES": "127.0.0.1",
        "KENSHO_RATE_LIMIT_UNITS": "0",
    }
    (folder / "nginx").mkdir()
    with contextlib.ExitStack() as stack:
        origin = stack.enter_context(origin_running())
        origin.files["/film/360/0.ts"] = b"G" * 1000
        old = stack.enter_context(running(settings, folder / "old.log", is_ready))
        proxy = stack.enter_context(nginx(folder / "nginx", old.port, FilmEdge(keys, SECRET)))
        yield Site(folder, old, proxy, origin, token, settings)


async def tried(bridge: RpcBridge, folder: Path, changes: str, *options: str) -> tuple[int, str]:
    """Roll out a version under load; no request of readers may fail, whatever comes of it."""
    url = await published(folder)

    def roll_out() -> tuple[int, str]:
        with site_running(folder, url, bridge.url) as site:
            targets = (*READS, site.segment())
            with (
                Readers(site.proxy.port, targets, pause_s=0.1) as readers,
                site.version(changes) as new,
            ):
                readers.until_more(50)
                code, told = site.rolled_out(new, *options)
                readers.until_more(50)
                serves = new if code == 0 else site.old
                assert site.upstream == f"server 127.0.0.1:{serves.port} max_fails=0;\n"
                readers.stop()
                assert set(readers.ends) == {"200"}, (readers.ends, told, site.proxy.errors)
                assert site.films() == ["A night train"]  # the canary leaves none
        return code, told

    return await asyncio.to_thread(roll_out)


async def test_a_good_version_gets_all_requests(bridge: RpcBridge, tmp_path: Path) -> None:
    options = ("--shares", "25", "60", "--least", "20", *SLOW_MACHINE)
    code, told = await tried(bridge, tmp_path, "", *options)
    assert code == 0, told
    assert "ticket, playlist, playlist, segment" in told
    assert "takes in films: draft" in told
    for share in (25, 60, 100):
        assert f"{share} % of requests" in told


@pytest.mark.parametrize(
    ("changes", "reason", "options"),
    [
        (FAILS, "answers were errors", SLOW_MACHINE),
        (SLOW, "were slow", ()),
        (ENDS, "taken back", SLOW_MACHINE),
    ],
    ids=["fails", "slow", "ends"],
)
async def test_a_version_that_is_broken_is_taken_back_and_no_reader_notices(
    bridge: RpcBridge, tmp_path: Path, changes: str, reason: str, options: tuple[str, ...]
) -> None:
    given = ("--shares", "30", "--least", "20", *options)
    code, told = await tried(bridge, tmp_path, changes, *given)
    assert code == 4, told
    assert reason in told
    assert "30 % of requests" in told
    assert "rolled out" not in told


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (NO_FILMS, "POST /api/movies answers 500"),
        (NO_CHANGES, "not rolled out: PATCH /api/movies/"),
        (NO_TICKETS, "stream-token answers 500"),
    ],
    ids=["no-films", "no-changes", "no-tickets"],
)
async def test_a_version_without_playback_or_creation_gets_no_request(
    bridge: RpcBridge, tmp_path: Path, changes: str, reason: str
) -> None:
    code, told = await tried(bridge, tmp_path, changes)
    assert code == 3, told
    assert reason in told
    assert "of requests go to" not in told


async def test_who_ends_a_roll_out_has_the_old_version_again(
    bridge: RpcBridge, tmp_path: Path
) -> None:
    url = await published(tmp_path)

    def end_it() -> None:
        with site_running(tmp_path, url, bridge.url) as site, site.version() as new:
            site.segment()
            ended = site.start(new)  # nobody reads: it waits
            until(lambda: "weight=5" in site.upstream)
            ended.send_signal(signal.SIGTERM)
            told, _ = ended.communicate(timeout=PATIENCE_S)
            assert ended.returncode == 4, told
            assert "SIGTERM came" in told
            assert site.upstream == f"server 127.0.0.1:{site.old.port} max_fails=0;\n"
            # Neither does anything change where nginx does not take what it is told …
            code, told = site.rolled_out(new, "--check", "false")
            assert code == 5, told
            assert site.upstream == f"server 127.0.0.1:{site.old.port} max_fails=0;\n"
            # … nor where nobody asks, so that nothing can be told.
            code, told = site.rolled_out(new, "--patience-s", "1")
            assert code == 4, told
            assert "too few requests" in told

    await asyncio.to_thread(end_it)
