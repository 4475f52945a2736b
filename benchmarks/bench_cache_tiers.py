"""Measure the layers of caches under a Zipf load, and what Redis and the edges cost discovery.

    python -m benchmarks.bench_cache_tiers --read-model var/read_model [--works 20000]
      [--requests 60000] [--rounds 3] [--seconds 5]

Needs `redis-server` (Debian). First a server with Redis is asked for works, pages of franchises
and searches, each drawn by Zipf's law (the n-th most popular 1/n as often as the first), and the
figures of the layers are printed: promised is that 80 % are sent as kept bytes. Then servers
without Redis, with it, and with edges besides are asked for some of these targets, once to warm
them, in turn and round by round; promised is at least 0.95 of the throughput. On a machine that
others use as well, what a request takes of a processor says more than requests a second.
"""

import argparse
import asyncio
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random
from time import sleep
from urllib.parse import quote

import httpx

from benchmarks.bench_api import free_port, process
from benchmarks.loopback_load import Load, load

CONNECTIONS = 16
WARM = 1_000
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
        told = ", ".join(f"{key} {value:.0f}" for key, value in sorted(found.items()))
        print(f"{name}: {hits / (hits + misses):.1%} kept ({told})")
    share = both["l1 hit"] / (both["l1 hit"] + both["l1 miss"])
    print(f"promised {PROMISED_HITS:.0%}: {'kept' if share >= PROMISED_HITS else 'MISSED'}")
    return drawn


def compare(options: argparse.Namespace, servers: Servers, drawn: list[str]) -> None:
    """Print the throughput of each kind of server, by the same targets."""
    runs: dict[str, list[Load]] = {kind: [] for kind in servers.kinds}
    costs: dict[str, list[float]] = {kind: [] for kind in servers.kinds}
    asked = list(dict.fromkeys(drawn))[:WARM]
    for round_number in range(options.rounds):
        kinds = list(servers.kinds)
        for kind in kinds[round_number % 3 :] + kinds[: round_number % 3]:
            with servers.serving(kind) as port:
                asyncio.run(asked_once(port, asked))
                began_s = processor_s(port)
                run = load(port, asked, connections=CONNECTIONS, seconds=options.seconds)
                runs[kind].append(asyncio.run(run))
                answered = runs[kind][-1].per_second * options.seconds
                costs[kind].append((processor_s(port) - began_s) / answered)
    plain = statistics.median(run.per_second for run in runs["plain"])
    for kind, measured in runs.items():
        rate, _, p95 = (statistics.median(run[i] for run in measured) for i in range(3))
        errors = sum(run.errors for run in measured)
        cost = statistics.median(costs[kind])
        share = statistics.median(costs["plain"]) / cost
        print(f"{kind:<26}{rate:>8.0f}/s {rate / plain:>6.3f} p95 {p95:.2f} ms, {errors} errors,")
        print(f"{'':<26}{1e6 * cost:>6.0f} µs of a processor a request {share:>6.3f}")
    print(f"promised: at least {PROMISED_SHARE}")


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
            answer = await client.get(target, headers={"accept-encoding": "br"})
            assert answer.status_code == 200, (target, answer.status_code)  # noqa: PLR2004

    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        await asyncio.gather(*(ask(client) for _ in range(CONNECTIONS)))


def layers(port: int) -> dict[str, float]:
    """Return how often each layer had each outcome."""
    start = "kensho_cache_requests_total{"
    told = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=60).text.splitlines()
    found: dict[str, float] = {}
    for line in told:
        if line.startswith(start):
            labels, _, value = line.removeprefix(start).partition("} ")
            pairs = dict(pair.split("=") for pair in labels.replace('"', "").split(","))
            found[f"{pairs['layer']} {pairs['outcome']}"] = float(value)
    return found


def processor_s(port: int) -> float:
    """Return how much of a processor the server has used."""
    told = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=60).text.splitlines()
    start = "process_cpu_seconds_total"
    return sum(float(line.rpartition(" ")[2]) for line in told if line.startswith(start))


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
