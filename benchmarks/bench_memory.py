"""Measure the memory of a serving process over time, under load and while snapshots are swapped.

    python -m benchmarks.bench_memory --store surrealkv://var/kensho.db [--minutes 60] [--swaps 10]
    python -m benchmarks.bench_memory --read-model DIR

The snapshot of the store is published by a process of its own, as `kensho ingest` does at its end;
its time and peak are printed. Or what is published in DIR is served. The server is `kensho serve`
with one worker, on links to the files of the snapshot. Clients ask for works, franchises, maps,
orders, exports, pictures, searches, seasons and paths, hardly any of them twice, so that whatever
grows with what was asked for does grow. Private memory is what this process alone pays for; shared
are the pages of the snapshot, of libraries and of the supervisor, which the system takes back when
it needs them or has once for all workers. The slope is that of private memory over the last half of
the time. Swaps publish the same snapshot under a new name and wait until it is served: what is
mapped of old ones then is listed. Promises: a build of at most 700 MiB; of a worker at most 300 MiB
resident, at most 150 MiB of them private, and no slope.
"""

import argparse
import asyncio
import contextlib
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Generator, Iterator
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Final, NamedTuple

import httpx
import msgspec

from benchmarks.bench_api import free_port, wait_until_ready
from kensho.platform.settings import SnapshotSettings
from kensho.read_model import publications
from kensho.read_model.building.publishing import make_current
from kensho.read_model.building.publishing_process import publish_apart
from kensho.read_model.folder_lives import MANIFEST
from kensho.read_model.model import ReadModel
from kensho.read_model.publications import Publication
from kensho.read_model.snapshot_folder import Manifest
from kensho.storage.store_settings import StoreSettings

STORE: Final = "surrealkv://no-store.db"
CLIENTS: Final = 8
WORKS: Final = 5_000
FRANCHISES: Final = 1_000
_WORDS: Final = ("naruto", "gundam", "fate", "monogatari", "bleach", "haruhi", "lupin", "precure")
_KINDS: Final = (
    "/api/anime/{work}",
    "/api/anime/{work}/relations?depth={depth}",
    "/api/anime/{work}/similar?limit={few}",
    "/anime/{work}",
    "/anime/{work}/map?depth={depth}",
    "/api/suggest?q={text}",
    "/api/search?q={text}&explain=true",
    "/search?q={text}",
    "/api/paths?from={work}&to={other}",
    "/path?from={work}&to={other}",
    "/hub/{slug}",
    "/hub/{slug}/map",
    "/hub/{slug}/watch-order",
    "/hub/{slug}/map.png",
    "/api/franchises/{slug}",
    "/api/franchises/{slug}/watch-order",
    "/api/franchises/{slug}/graph?format=graphml",
    "/browse/{year}/{season}",
    "/api/browse/season/{year}/{season}?limit={few}",
)
_MIB: Final = 1 << 10


class Memory(NamedTuple):
    """Memory of a process in MiB, as the kernel tells it; `mapped` is of snapshots, by folder."""

    rss: float
    pss: float
    private: float
    shared: float
    mapped: dict[str, float]

    @classmethod
    def of(cls, pid: int, root: Path) -> "Memory":
        """Read the memory of a process; what is mapped from folders of `root` is listed apart."""
        total: Counter[str] = Counter()
        mapped: Counter[str] = Counter()
        folder = ""
        for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
            name, _, rest = line.partition(" ")
            if not name.endswith(":"):
                path = line.split(maxsplit=5)[5:] or [""]
                inside = Path(path[0]).is_relative_to(root)
                folder = Path(path[0]).relative_to(root).parts[0] if inside else ""
                continue
            if rest.endswith(" kB"):
                size = int(rest.split()[0])
                total[name] += size
                if folder and name == "Rss:":
                    mapped[folder] += size
        # Clean pages of files that nobody else maps count as "private" to the kernel; they are the
        # page cache's.
        private = total["Private_Dirty:"]
        return cls(
            total["Rss:"] / _MIB,
            total["Pss:"] / _MIB,
            private / _MIB,
            (total["Rss:"] - private) / _MIB,
            {name: size / _MIB for name, size in mapped.items()},
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", help="publish the snapshot of this store, and measure that")
    parser.add_argument("--read-model", type=Path, help="serve what is published here")
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--interval", type=float, default=10.0, help="seconds between two readings")
    parser.add_argument("--swaps", type=int, default=10)
    parser.add_argument("--only", default="", help="load only routes that contain this text")
    options = parser.parse_args()
    if (options.store is None) == (options.read_model is None):
        parser.error("give --store or --read-model")
    with tempfile.TemporaryDirectory(
        dir=None if options.read_model is None else options.read_model.parent
    ) as scratch:
        folder = Path(scratch)
        if options.store is not None:
            options.read_model = folder / "read_model"
            asyncio.run(build(options.store, options.read_model))
        asyncio.run(measured(folder / "served", options))


async def build(store: str, root: Path) -> None:
    """Publish the snapshot of a store and print what that took."""
    began = monotonic()
    settings = SnapshotSettings(read_model_dir=root, publish_deadline_s=3600)
    building = asyncio.create_task(publish_apart(StoreSettings(store), settings))
    pss = 0.0
    while not building.done():
        with contextlib.suppress(IndexError, FileNotFoundError, ProcessLookupError):
            pss = max(pss, Memory.of(children(os.getpid())[0], root).pss)
        await asyncio.wait((building,), timeout=0.1)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    building.result()
    print(
        f"build and publish: {monotonic() - began:.1f} s, {used.ru_utime + used.ru_stime:.1f} s of"
        f" CPU, peak {used.ru_maxrss / _MIB:.0f} MiB resident, {pss:.0f} MiB proportional"
    )


async def measured(root: Path, options: argparse.Namespace) -> None:
    """Serve links to what is published, load the server, swap snapshots, and print its memory."""
    found = publications.read(options.read_model)
    assert found is not None, f"nothing is published in {options.read_model}"
    source = options.read_model / found.stores[found.latest].snapshot
    root.mkdir()
    swap(source, root, 0)
    port = free_port()
    environment = {
        "KENSHO_STORE_URL": STORE,
        "KENSHO_PORT": str(port),
        "KENSHO_READ_MODEL_DIR": str(root),
        "KENSHO_SECRET_FILE": str(root / ".secret"),
        "KENSHO_REFRESH_EVERY_S": "0.5",
        "KENSHO_LOG_LEVEL": "error",
    }
    with serving(environment, port) as pid:
        base = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=base, timeout=60) as client:
            paths = distinct_paths(names(source), options.only)
            await soak(client, paths, pid, root, options)
            await swaps(client, paths, pid, root, source, options.swaps)


@contextlib.contextmanager
def serving(environment: dict[str, str], port: int) -> Generator[int]:
    """Serve from a process while the block runs; yield its id."""
    command = [sys.executable, "-m", "kensho.cli", "serve"]
    running = subprocess.Popen(command, env={**os.environ, **environment})
    try:
        wait_until_ready(running, f"http://127.0.0.1:{port}/health/ready")
        yield worker_of(running.pid)
    finally:
        running.terminate()
        running.wait(30)


def worker_of(supervisor: int) -> int:
    """Return the process that serves; the supervisor's pages are shared by it."""
    return children(supervisor)[0]


def children(process: int) -> list[int]:
    """Return the processes that the main thread of a process has started."""
    return [int(n) for n in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def names(folder: Path) -> tuple[list[str], list[str]]:
    """Return ids of works and slugs of franchises of a snapshot."""
    model = ReadModel.open(folder)
    works = random.Random(5).sample(range(model.works_total), min(WORKS, model.works_total))
    hubs = range(min(FRANCHISES, model.counts["franchises"]))
    return [str(model.id(node)) for node in works], [model.franchises.slug(hub) for hub in hubs]


def distinct_paths(known: tuple[list[str], list[str]], only: str) -> Iterator[str]:
    """Yield addresses for ever, each with a number that no other has."""
    works, slugs = known
    chance = random.Random(7)
    kinds = [kind for kind in _KINDS if only in kind]
    for number in count():
        kind = kinds[number % len(kinds)]
        yield kind.format(
            work=chance.choice(works),
            other=chance.choice(works),
            slug=chance.choice(slugs),
            text=f"{chance.choice(_WORDS)} {number % 997}",
            year=chance.randrange(1990, 2026),
            number=number,
            few=chance.randrange(5, 50),
            depth=chance.randrange(1, 4),
            season=chance.choice(("winter", "spring", "summer", "fall")),
        )


async def soak(
    client: httpx.AsyncClient,
    paths: Iterator[str],
    pid: int,
    root: Path,
    options: argparse.Namespace,
) -> None:
    """Load the server and print its memory at each interval, and the slope of the last half."""
    print("    s  answers    RSS    PSS  private  shared")
    seconds, read = options.minutes * 60, list[tuple[float, Memory]]()
    answers: Counter[int] = Counter()
    began = monotonic()
    clients = [asyncio.create_task(ask(client, paths, answers)) for _ in range(CLIENTS)]
    while (passed := monotonic() - began) < seconds:
        read.append((passed, Memory.of(pid, root)))
        show(passed, answers.total(), read[-1][1])
        await asyncio.sleep(min(options.interval, seconds - passed))
    for task in clients:
        task.cancel()
    await asyncio.gather(*clients, return_exceptions=True)
    last = [(passed / 60, one.private) for passed, one in read if passed >= seconds / 2]
    if len(last) > 1:
        slope = statistics.linear_regression(*zip(*last, strict=True)).slope
        print(f"slope of private memory over the last half: {slope:+.2f} MiB/min")
    print(f"statuses: {dict(answers)}")


async def ask(client: httpx.AsyncClient, paths: Iterator[str], answers: Counter[int]) -> None:
    """Ask one thing after another, until cancelled."""
    while True:
        answers[(await client.get(next(paths))).status_code] += 1


async def swaps(
    client: httpx.AsyncClient,
    paths: Iterator[str],
    pid: int,
    root: Path,
    source: Path,
    times: int,
) -> None:
    """Swap the snapshot under load and print the memory, and which snapshots are mapped, after."""
    print("swap    RSS    PSS  private  shared  mapped")
    answers: Counter[int] = Counter()
    clients = [asyncio.create_task(ask(client, paths, answers)) for _ in range(CLIENTS)]
    for number in range(1, times + 1):
        identity = swap(source, root, number)
        while (  # noqa: ASYNC110 -- a server's state has no event
            (await client.get("/api/health")).json().get("revision") != revision(identity)
        ):
            await asyncio.sleep(0.2)
        await asyncio.sleep(2)
        show(number, answers.total(), Memory.of(pid, root))
    for task in clients:
        task.cancel()
    await asyncio.gather(*clients, return_exceptions=True)


def revision(identity: str) -> int:
    return int(identity.partition("-")[0])


def swap(source: Path, root: Path, number: int) -> str:
    """Publish links to the files of `source` under another revision; return its identity."""
    manifest = Manifest.of((source / MANIFEST).read_bytes(), source)
    point = msgspec.structs.replace(manifest.point, revision=manifest.point.revision + number)
    folder = root / point.identity
    folder.mkdir()
    for name in manifest.files:
        os.link(source / name, folder / name)
    (folder / MANIFEST).write_bytes(msgspec.structs.replace(manifest, point=point).encoded())
    make_current(root, StoreSettings(STORE).fingerprint, Publication(point.identity))
    return point.identity


def show(when: float, answers: int, memory: Memory) -> None:
    mapped = ", ".join(f"{name} {size:.0f}" for name, size in sorted(memory.mapped.items()))
    print(
        f"{when:5.0f} {answers:8} {memory.rss:6.0f} {memory.pss:6.0f} {memory.private:8.0f}"
        f" {memory.shared:7.0f}  {mapped}",
        flush=True,
    )


if __name__ == "__main__":
    main()
