"""Measure the layers of caches under a Zipf load, and what Redis and the edges cost discovery.

    python -m benchmarks.bench_cache_tiers --read-model var/read_model [--works 20000]
      [--requests 60000] [--rounds 3] [--seconds 5]

Needs `redis-server` (Debian). First a server with Redis is asked for works, pages of franchises
and searches, each drawn by Zipf's law (the n-th most popular 1/n as often as the first), and the
figures of the layers are printed: promised is that 80 % are sent as kept bytes. Then servers
without Redis, with it, and with edges besides are asked in turn, slice by slice, once their start
is over: with nothing kept for what was drawn, and afterwards for targets that all of them keep.
Promised is at least 0.95 of the throughput. What a request takes of a processor is compared, which
says more than requests a second do on a machine that others use as well, by the median of what the
slices of one turn came to.
"""

import argparse
import asyncio
import contextlib
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from operator import truediv
from pathlib import Path
from random import Random
from time import sleep
from typing import NamedTuple
from urllib.parse import quote

import httpx
import redis as redis_client

from benchmarks.bench_api import free_port, process
from benchmarks.loopback_load import load

CONNECTIONS = 16
WARM = 1_000
SLICES = 4
SETTLED_S = 0.02
"""What a server uses of a processor in a second once its start is over, what asks it counted."""
ENCODING = "br"
SHARES = (("works", 0.7), ("hubs", 0.2), ("searches", 0.1))
PROMISED_HITS, PROMISED_SHARE = 0.80, 0.95


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--read-model", type=Path, required=True)
    parser.add_argument("--works", type=int, default=20_000)
    parser.add_argument("--requests", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, redis(Path(folder)) as url:
        servers = Servers(options.read_model, Path(folder), url)
        drawn = zipf(options, servers)
        compare(options, servers, drawn)


class Servers:
    """Servers over one published snapshot."""

    def __init__(self, read_model: Path, folder: Path, redis_url: str) -> None:
        self._read_model = read_model
        self._folder = folder
        self._redis_url = redis_url
        accounts = {
            "KENSHO_EDGES": "accounts,provider,streams,portal",
            "KENSHO_PROVIDER_URL": "http://127.0.0.1:9",
            "KENSHO_PROVIDER_CLIENT_TOKEN": "a:b",
            "KENSHO_PROVIDER_LINKS": str(folder / "links.json"),
            "KENSHO_PORTAL_KEYS_FILE": str(folder / "keys.json"),
            "KENSHO_EDGES_STORE_URL": f"surrealkv://{folder / 'edges.db'}",
        }
        shared = {"KENSHO_REDIS_URL": redis_url}
        self.kinds: Mapping[str, Mapping[str, str]] = {
            "plain": {},
            "with Redis": shared,
            "with Redis and edges": {**shared, **accounts},
        }

    def forget(self) -> None:
        """Empty Redis."""
        with redis_client.from_url(self._redis_url) as client:
            client.flushall()

    @contextmanager
    def serving(self, kind: str) -> Generator[int]:
        """Serve until the block ends; yield the port."""
        port = free_port()
        environment = {
            "KENSHO_STORE_URL": f"surrealkv://{self._folder / 'none.db'}",
            "KENSHO_PORT": str(port),
            "KENSHO_READ_MODEL_DIR": str(self._read_model),
            "KENSHO_SECRET_FILE": str(self._folder / "secret"),
            "KENSHO_QUEUE_FILE": str(self._folder / "queue.db"),
            "KENSHO_MANAGERS_FILE": str(self._folder / "managers.json"),
            "KENSHO_WEBHOOKS_DIR": str(self._folder / "webhooks"),
            **self.kinds[kind],
        }
        command = [sys.executable, "-m", "kensho.cli", "serve"]
        with process(command, port, environment, ready="/health/ready"):
            yield port


def zipf(options: argparse.Namespace, servers: Servers) -> list[str]:
    """Ask by Zipf's law and print what the layers found; return the targets that were drawn."""
    with servers.serving("with Redis") as port:
        targets = listed(port, options.works)
        random = Random(1)
        drawn = [
            one
            for kind, share in SHARES
            for one in draw(random, targets[kind], round(options.requests * share))
        ]
        random.shuffle(drawn)
        half = len(drawn) // 2
        asyncio.run(asked_once(port, drawn[:half]))
        first = layers(port)
        asyncio.run(asked_once(port, drawn[half:]))
        both = layers(port)
    names = ", ".join(f"{len(targets[kind])} {kind}" for kind, _ in SHARES)
    print(f"{len(drawn)} requests of {len(set(drawn))} targets ({names})")
    second = {key: both[key] - first.get(key, 0.0) for key in both}
    for name, found in (("first half", first), ("second half", second), ("both", both)):
        hits, misses = found.get("l1 hit", 0.0), found.get("l1 miss", 0.0)
        shown = ", ".join(f"{key} {value:.0f}" for key, value in sorted(found.items()))
        print(f"{name}: {hits / (hits + misses):.1%} kept ({shown})")
    share = both["l1 hit"] / (both["l1 hit"] + both["l1 miss"])
    print(f"promised {PROMISED_HITS:.0%}: {'kept' if share >= PROMISED_HITS else 'MISSED'}")
    return drawn


def compare(options: argparse.Namespace, servers: Servers, drawn: list[str]) -> None:
    """Print what requests cost each kind of server, from a cold start and of warm targets.

    All stand at once and are asked in turn, a slice each: what else the machine does falls on all.
    """
    cold: dict[str, list[float]] = {kind: [] for kind in servers.kinds}
    warm: dict[str, list[float]] = {kind: [] for kind in servers.kinds}
    for number, part in enumerate(sliced(drawn, options.rounds)):
        servers.forget()
        with contextlib.ExitStack() as stack:
            ports = {kind: stack.enter_context(servers.serving(kind)) for kind in servers.kinds}
            for port in ports.values():
                settle(port)
            for turn, slice_of in enumerate(sliced(part, SLICES)):
                for kind, port in in_turn(ports, number + turn):
                    cold[kind].append(cost_s(port, slice_of))
            for port in ports.values():
                asyncio.run(asked_once(port, warm_targets(drawn)))
            for turn in range(SLICES):
                for kind, port in in_turn(ports, number + turn):
                    seconds = options.seconds / SLICES
                    warm[kind].append(loaded_cost_s(port, warm_targets(drawn), seconds))
    tell("cold", cold)
    tell("warm", warm)
    print(f"promised: at least {PROMISED_SHARE}")


def tell(name: str, costs: Mapping[str, list[float]]) -> None:
    """Print what a request takes of each kind of server, and what share of plain ones it makes."""
    for kind, measured in costs.items():
        cost = statistics.median(measured)
        share = statistics.median(map(truediv, costs["plain"], measured))
        print(f"{name} {kind:<22}{1e6 * cost:>6.0f} µs of a processor a request {share:>6.3f}")


def settle(port: int) -> None:
    """Wait until a server that has begun to serve has opened and warmed all that it opens then."""
    before = told(port).processor_s
    for _ in range(60):
        sleep(1)
        now = told(port).processor_s
        if now - before < SETTLED_S:
            return
        before = now


def warm_targets(drawn: list[str]) -> list[str]:
    """Return targets that a process keeps all of."""
    return list(dict.fromkeys(drawn))[:WARM]


def loaded_cost_s(port: int, targets: list[str], seconds: float) -> float:
    """Return what a request takes of a processor while the server is asked all that it can take."""
    before = told(port)
    encoding = f"Accept-Encoding: {ENCODING}\r\n"
    run = load(port, targets, connections=CONNECTIONS, seconds=seconds, headers=encoding)
    errors = asyncio.run(run).errors
    assert not errors, errors
    return told(port).cost_s(before)


def in_turn(ports: Mapping[str, int], number: int) -> list[tuple[str, int]]:
    """Return the servers, beginning with another one each time."""
    several = list(ports.items())
    return several[number % len(several) :] + several[: number % len(several)]


def sliced(targets: list[str], slices: int) -> list[list[str]]:
    """Return the targets in so many parts."""
    size = max(1, len(targets) // slices)
    return [targets[start : start + size] for start in range(0, size * slices, size)]


def cost_s(port: int, targets: list[str]) -> float:
    """Return what each of the targets takes of a processor, asked for once in their order."""
    before = told(port)
    asyncio.run(asked_once(port, targets))
    return told(port).cost_s(before)


def draw(random: Random, targets: list[str], times: int) -> list[str]:
    """Return targets, the n-th with a probability of 1/n of that of the first."""
    weights = [1 / (place + 1) for place in range(len(targets))]
    return random.choices(targets, weights, k=times)


def listed(port: int, works: int) -> dict[str, list[str]]:
    """Return what may be asked for, the most popular first."""
    found: dict[str, list[str]] = {kind: [] for kind, _ in SHARES}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        cursor = ""
        while len(found["works"]) < works:
            page = client.get(f"/api/works?limit=100{cursor}").json()
            key = next(name for name in page if isinstance(page[name], list))
            found["works"] += [f"/api/anime/{one['id']}" for one in page[key]]
            found["searches"] += [f"/api/search?q={quote(one['title'][:40])}" for one in page[key]]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
        cursor = ""
        while len(found["hubs"]) < works // 10:
            page = client.get(f"/api/franchises?limit=100{cursor}").json()
            found["hubs"] += [f"/hub/{one['slug']}" for one in page["franchises"]]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
    return found


async def asked_once(port: int, targets: list[str]) -> None:
    """Ask for each target once, in their order, over several connections."""
    waiting = iter(targets)

    async def ask(client: httpx.AsyncClient) -> None:
        for target in waiting:
            answer = await client.get(target, headers={"accept-encoding": ENCODING})
            assert answer.status_code == 200, (target, answer.status_code)  # noqa: PLR2004

    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        await asyncio.gather(*(ask(client) for _ in range(CONNECTIONS)))


def layers(port: int) -> dict[str, float]:
    """Return how often each layer had each outcome."""
    start = "kensho_cache_requests_total{"
    lines = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=60).text.splitlines()
    found: dict[str, float] = {}
    for line in lines:
        if line.startswith(start):
            labels, _, value = line.removeprefix(start).partition("} ")
            pairs = dict(pair.split("=") for pair in labels.replace('"', "").split(","))
            found[f"{pairs['layer']} {pairs['outcome']}"] = float(value)
    return found


class Told(NamedTuple):
    """How much of a processor a server has used, and how many requests it has answered."""

    processor_s: float
    answered: float

    def cost_s(self, before: "Told") -> float:
        """Return what a request has taken since then."""
        return (self.processor_s - before.processor_s) / (self.answered - before.answered)


def told(port: int) -> Told:
    """Return the figures of a server."""
    lines = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=60).text.splitlines()

    def total(start: str) -> float:
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(start))

    return Told(total("process_cpu_seconds_total"), total("kensho_http_requests_total{"))


@contextmanager
def redis(folder: Path) -> Generator[str]:
    """Run a Redis that keeps nothing on disk; yield its address."""
    if shutil.which("redis-server") is None:
        raise SystemExit("redis-server is not installed")
    port = free_port()
    command = ["redis-server", "--port", str(port), "--save", "", "--dir", str(folder)]
    running = subprocess.Popen([*command, "--bind", "127.0.0.1"], stdout=subprocess.DEVNULL)
    try:
        sleep(1)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        running.terminate()
        running.wait(30)


if __name__ == "__main__":
    main()
