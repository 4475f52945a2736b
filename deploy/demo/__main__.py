"""All that Kenshō can do, on one machine and without Docker.

    python -m deploy.demo [--port 8700] [--folder var/demo]        (or `make demo`)

It starts a provider of streams (`deploy.demo.reference_provider`), a generator of videos
(`deploy.demo.reference_generator`), an origin of films and the edge before it
(`deploy.demo.film_edge`) on loopback, Redis if it is installed, and Kenshō with every edge over the
sample catalogue; makes accounts, links and films; tells where everything is; and ends all of it on
Ctrl-C or SIGTERM. What it keeps lies in its folder, which may be thrown away.
"""

import argparse
import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from deploy.demo import catalogue
from deploy.demo.clip import ClipError, clip_folder
from deploy.demo.film_edge import FilmEdge
from deploy.demo.films import FilmsError, make_films
from deploy.demo.reference_generator import (
    GENERATOR_KEY,
    GeneratorServer,
    ReferenceGenerator,
)
from deploy.demo.reference_provider import CLIENT_TOKEN, ProviderServer, ReferenceProvider

EDGES: Final = "accounts,provider,streams,portal,generation"
ACCOUNTS: Final = (
    ("ada@example.org", "manager", "curate the sample"),
    ("ben@example.org", "viewer", "browse the sample"),
)
"""Kenshō's own accounts: address, role, password."""
PORTAL_KEYS: Final = "portal_keys.json"
KENSHO: Final = (sys.executable, "-m", "kensho.cli")
_SAMPLE: Final = Path(__file__).parents[2] / "ingest" / "sample"
_PATIENCE_S: Final = 90.0
_ENDING_S: Final = 15.0
_PORT: Final = 8700


class DemoError(Exception):
    """The demo can't start, or ended by itself."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo until it is told to end; return what the process exits with."""
    parser = argparse.ArgumentParser(prog="make demo", description="Show all of Kenshō.")
    parser.add_argument("--port", type=int, default=_PORT)
    parser.add_argument("--folder", type=Path, default=Path("var/demo"))
    options = parser.parse_args(arguments)
    ending = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ending.set())
    try:
        with contextlib.ExitStack() as stack:
            run(options.folder.resolve(), options.port, stack, ending)
    except (DemoError, ClipError, FilmsError) as error:
        print(f"the demo ended: {error}", file=sys.stderr)
        return 1
    print("The demo has ended.")
    return 0


def run(folder: Path, port: int, stack: contextlib.ExitStack, ending: threading.Event) -> None:
    """Start everything, tell of it, and wait; `stack` ends what was started, the last first."""
    if not is_free(port):
        raise DemoError(f"something listens on port {port} already; name another with PORT=")
    folder.mkdir(parents=True, exist_ok=True)
    print("Making the clip that plays, if it is not there…", flush=True)
    provider = ReferenceProvider(clip_folder())
    catalogue.fill(provider)
    server = stack.enter_context(ProviderServer(provider))
    generator = stack.enter_context(GeneratorServer(ReferenceGenerator()))
    edge = stack.enter_context(
        FilmEdge(clip_folder(), folder / PORTAL_KEYS, secrets.token_urlsafe(24))
    )
    edge.api = f"http://127.0.0.1:{port}"
    redis = stack.enter_context(redis_running(folder))
    upstreams = Upstreams(server.url, generator.url, redis)
    settings = environment(folder, port, upstreams) | edge_settings(folder, edge)
    if not (folder / "kensho.db").exists():
        print("Loading the sample catalogue…", flush=True)
        kensho(settings, "ingest", "--all", str(_SAMPLE))
    make_accounts(settings)
    base = f"http://127.0.0.1:{port}"
    kensho_server = stack.enter_context(process((*KENSHO, "serve"), settings))
    wait_until_ready(kensho_server, base, ending)
    if ending.is_set():
        return
    make_links(settings, base, provider)
    email, _, password = ACCOUNTS[0]
    film = make_films(base, edge, (email, password), lambda title: work_of(base, title))
    tell(base, upstreams, film)
    while not ending.wait(0.5):
        if kensho_server.poll() is not None:
            raise DemoError("the server ended by itself")


class Upstreams(NamedTuple):
    """Where what Kenshō asks is: the provider, the generator, and Redis if it is installed."""

    provider: str
    generator: str
    redis: str | None


def environment(folder: Path, port: int, upstreams: Upstreams) -> dict[str, str]:
    """Return the settings of the demo's Kenshō: everything is kept under `folder`."""
    own = {
        "KENSHO_EDGES": EDGES,
        "KENSHO_EDGES_STORE_URL": f"surrealkv://{folder / 'edges.db'}",
        "KENSHO_STORE_URL": f"surrealkv://{folder / 'kensho.db'}",
        "KENSHO_PORT": str(port),
        "KENSHO_PROVIDER_URL": upstreams.provider,
        "KENSHO_PROVIDER_CLIENT_TOKEN": CLIENT_TOKEN,
        "KENSHO_GENERATION_URL": upstreams.generator,
        "KENSHO_GENERATION_KEY": GENERATOR_KEY,
        "KENSHO_GENERATION_COPIES": str(folder / "videos"),
        "KENSHO_GENERATION_LOOPBACK": "true",
        "KENSHO_PROVIDER_LINKS": str(folder / "provider_links.json"),
        "KENSHO_READ_MODEL_DIR": str(folder / "read_model"),
        "KENSHO_SECRET_FILE": str(folder / "secret"),
        "KENSHO_MANAGERS_FILE": str(folder / "managers.json"),
        "KENSHO_QUEUE_FILE": str(folder / "queue.db"),
        "KENSHO_CURATION_DIR": str(folder / "curation"),
        "KENSHO_WEBHOOKS_DIR": str(folder / "webhooks"),
    }
    if upstreams.redis is not None:
        own["KENSHO_REDIS_URL"] = upstreams.redis
    kept = {k: v for k, v in os.environ.items() if not k.startswith("KENSHO_")}  # noqa: TID251 -- hands it on
    return kept | own


def edge_settings(folder: Path, edge: FilmEdge) -> dict[str, str]:
    """Return the settings by which the demo's Kenshō and its edge of films know one another."""
    return {
        "KENSHO_PORTAL_KEYS_FILE": str(folder / PORTAL_KEYS),
        "KENSHO_PORTAL_EDGE_URL": edge.url,
        "KENSHO_PORTAL_EDGE_SECRET": edge.secret,
        "KENSHO_PORTAL_LOOPBACK": "true",
    }


def make_accounts(settings: Mapping[str, str]) -> None:
    """Make Kenshō's own accounts, but those that an earlier demo made."""
    for email, role, password in ACCOUNTS:
        command = ("accounts", "create", email, "--role", role, "--password-stdin")
        kensho(settings, *command, given=password, may_fail=True)


def make_links(settings: Mapping[str, str], base: str, provider: ReferenceProvider) -> None:
    """Link works to the provider's seasons: some by hand, and what is sure by itself."""
    by_title = {season.title: season for season in provider.seasons.values()}
    for link in catalogue.CURATED:
        season = by_title[link.season]
        kensho(
            settings,
            *("link", "add", work_of(base, link.work), season.series_id, season.id),
            *("--first", str(link.first_episode), "--title", season.title, "--replace"),
        )
    works = dict.fromkeys(work_of(base, title) for _, title, *_ in catalogue.SEASONS)
    kensho(settings, "link", "infer", *works)


def work_of(base: str, title: str) -> str:
    """Return the id of the work that a title means first."""
    query = urllib.parse.urlencode({"q": title, "limit": 1})
    found: Any = fetched(f"{base}/api/search?{query}")
    if not found["results"]:
        raise DemoError(f"the sample has no work {title!r}")
    return str(found["results"][0]["id"])


def tell(base: str, upstreams: Upstreams, film: str) -> None:
    """Tell where everything is, and who may sign in."""
    provider, generator, redis = upstreams
    play = f"{base}/watch/{work_of(base, 'Spy x Family')}/1"
    lines = [
        "",
        f"Kenshō        {base}/",
        f"Play          {play}",
        f"Film          {base}/watch/film/{film}  (anybody may watch it)",
        f"Publish       {base}/admin  (managers)",
        f"API           {base}/api/docs",
        f"Metrics       {base}/metrics",
        f"Provider      {provider}/  (a reference upstream; PUT {provider}/control breaks it)",
        f"Generator     {generator}  (another; a prompt that ends with #down fails so, PUT too)",
        f"Sessions      {'Redis, ' + redis if redis else 'memory'}",
        "",
        "Sign in with the provider to play:",
        *(f"  {one.name:20} {one.password:20} {one.told}" for one in catalogue.PEOPLE),
        "Or with an account of Kenshō:",
        *(f"  {email:20} {password:20} {role}" for email, role, password in ACCOUNTS),
        "",
        "Ctrl-C ends all of it.",
    ]
    print("\n".join(lines), flush=True)


def kensho(
    settings: Mapping[str, str], *command: str, given: str | None = None, may_fail: bool = False
) -> None:
    """Run a command of Kenshō.

    Raises:
        DemoError: it failed, unless that `may_fail`.
    """
    done = subprocess.run(
        (*KENSHO, *command),
        env=dict(settings),
        input=given,
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S * 4,
        check=False,
    )
    if done.returncode and not may_fail:
        raise DemoError(f"kensho {' '.join(command[:2])} failed: {done.stderr.strip()[-600:]}")


@contextlib.contextmanager
def process(
    command: Sequence[str], settings: Mapping[str, str], *, is_quiet: bool = False
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process while the block runs; end it by SIGTERM, and by SIGKILL if it takes too long.

    It is in a group of its own, so that Ctrl-C reaches it only through us, in order.
    """
    said = subprocess.DEVNULL if is_quiet else None
    running = subprocess.Popen(
        command, env=dict(settings), start_new_session=True, stdout=said, stderr=said
    )
    try:
        yield running
    finally:
        running.terminate()
        try:
            running.wait(_ENDING_S)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()


@contextlib.contextmanager
def redis_running(folder: Path) -> Iterator[str | None]:
    """Run Redis while the block runs, if it is installed; yield its address, or nothing."""
    program = shutil.which("redis-server")
    if program is None:
        yield None
        return
    port = free_port()
    options = ("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
    quiet = ("--loglevel", "warning", "--dir", str(folder))
    with process((program, *options, *quiet), dict(os.environ), is_quiet=True):  # noqa: TID251 -- hands it on
        yield f"redis://127.0.0.1:{port}/0"


def wait_until_ready(running: subprocess.Popen[bytes], base: str, ending: threading.Event) -> None:
    """Wait until the server serves, or the demo is to end.

    Raises:
        DemoError: it ended by itself, or takes too long.
    """
    limit = time.monotonic() + _PATIENCE_S
    while not ending.wait(0.1):
        if running.poll() is not None:
            raise DemoError("the server did not start")
        if time.monotonic() > limit:
            raise DemoError("the server is not ready")
        with contextlib.suppress(OSError):
            fetched(f"{base}/health/ready")
            return


def fetched(url: str) -> Any:
    """Return what is at an address of this machine."""
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 -- loopback
        return msgspec.json.decode(answer.read())


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Tell whether nobody listens on a port."""
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


if __name__ == "__main__":
    sys.exit(main())
