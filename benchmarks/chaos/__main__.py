"""Break things beside a server that is read all the time, and say what its users saw.

    python -m benchmarks.chaos [NAME ...]

Promised of each: discovery answers as before, nobody is answered 500, connections are lost only
where a process was killed, and all is well 30 s after at the latest. The exit code is 1 where that
is not so. Small graph, real servers: Redis, Debian's; the provider is the reference one.
"""

import argparse
import asyncio
import contextlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from benchmarks.chaos.experiments import EXPERIMENTS, Experiment, NotHereError, World
from benchmarks.chaos.proxy import FaultProxy
from benchmarks.chaos.watching import PATIENCE_S, Told, Watch
from deploy.demo.reference_provider import CLIENT_TOKEN
from kensho.edges.provider.links import Link, LinkFile
from kensho.read_model.building.publishing import publish
from tests.support import graphs
from tests.support.processes import running
from tests.support.publishing import add_work
from tests.support.redis_servers import RedisServer
from tests.support.servers import environment, free_port, written_store
from tests.support.stores import open_graph
from tests.support.streaming import PASSWORD, TRIGUN, VIEWER, provider_running

DISCOVERY = (
    f"/api/anime/{graphs.BEBOP}",
    f"/api/anime/{graphs.BEBOP}/relations",
    "/api/search?q=bebop&limit=3",
    f"/api/movies/{graphs.MATRIX}",
)
PRIVATE = ("/api/auth/me", f"/api/stream/{TRIGUN}/{{episode}}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*EXPERIMENTS, []], metavar="NAME")
    names = parser.parse_args().names or list(EXPERIMENTS)
    broken = [name for name in names if not made(name, EXPERIMENTS[name])]
    raise SystemExit(f"broken: {', '.join(broken)}" if broken else 0)


def made(name: str, experiment: Experiment) -> bool:
    """Make one experiment, print what came of it, and return whether the promises hold."""
    with tempfile.TemporaryDirectory() as folder, world_of(experiment, Path(folder)) as world:
        headers = signed_in(world.server.base) if world.provider else {}
        private = PRIVATE if world.provider and not experiment.ends_sessions else ()
        with Watch(world.server, DISCOVERY, private, headers) as watch:
            watch.well_since(time.monotonic())
            fault = experiment.breaks(world)
            try:
                next(fault)
            except NotHereError as lacking:
                print(f"{name}: not made: {lacking}")
                return True
            time.sleep(experiment.fault_s)
            repaired = time.monotonic()
            next(fault, None)
            recovered_s = watch.well_since(repaired)
            told = watch.told()
    holds = kept_promises(experiment, told, recovered_s)
    print(
        f"{name}: {'kept' if holds else 'BROKEN'}. Users see {experiment.says}.\n"
        f"    well {recovered_s:.1f} s after; {told.asked} requests, {told.failures} of 500,"
        f" {told.lost} lost, {told.changed} of discovery changed, the longest"
        f" {told.longest_s:.2f} s, refused {dict(told.refused)}",
        flush=True,
    )
    return holds


def kept_promises(experiment: Experiment, told: Told, recovered_s: float) -> bool:
    """Tell whether an experiment went as promised."""
    return (
        recovered_s <= PATIENCE_S
        and not told.failures
        and not told.changed
        and (experiment.loses or not told.lost)
    )


@contextlib.contextmanager
def world_of(experiment: Experiment, folder: Path) -> Iterator[World]:
    """Start what an experiment needs."""
    url = asyncio.run(written_store(folder / "kensho.db"))
    (folder / "clock").write_text("+0")
    settings = environment(url, folder, free_port()) | {
        "KENSHO_REFRESH_EVERY_S": "0.2",
        "KENSHO_CACHE_BYTES": "0",
        "KENSHO_WORKERS": "1" if experiment.has_edges else "2",
        **{key: value.format(folder=folder) for key, value in experiment.variables.items()},
    }

    def publish_in(place: Path) -> None:
        asyncio.run(changed_and_published(url, place))

    publish_in(folder / "read_model")
    with contextlib.ExitStack() as at_end, contextlib.ExitStack() as stack:
        if not experiment.has_edges:
            server = stack.enter_context(running(settings, folder / "log"))
            yield World(server, folder, publish_in, at_end)
            return
        provider = stack.enter_context(provider_running())
        redis = RedisServer(folder)
        redis.start()
        stack.callback(redis.stop)
        proxy = stack.enter_context(FaultProxy(redis.port))
        season = provider.season
        LinkFile(folder / "links.json").add(
            [Link(work=TRIGUN, series=season.series_id, season=season.id)], replace=True
        )
        settings |= {
            "KENSHO_EDGES": "accounts,provider,streams",
            "KENSHO_EDGES_STORE_URL": f"surrealkv://{folder / 'edges.db'}",
            "KENSHO_PROVIDER_URL": provider.server.url,
            "KENSHO_PROVIDER_CLIENT_TOKEN": CLIENT_TOKEN,
            "KENSHO_PROVIDER_LINKS": str(folder / "links.json"),
            "KENSHO_REDIS_URL": f"redis://127.0.0.1:{proxy.port}/0",
        }
        server = stack.enter_context(running(settings, folder / "log"))
        yield World(server, folder, publish_in, at_end, redis, proxy, provider)


async def changed_and_published(url: str, place: Path) -> None:
    """Add a work to the graph, and publish it."""
    async with open_graph(url=url) as graph:
        await add_work(graph)
        await publish(graph, place)


def signed_in(base: str) -> dict[str, str]:
    """Sign in at the provider; return the header that shows it."""
    body = {"username": VIEWER, "password": PASSWORD}
    answer = httpx.post(f"{base}/api/auth/login", json=body, timeout=20)
    answer.raise_for_status()
    return {"authorization": f"Bearer {answer.json()['token']}"}


if __name__ == "__main__":
    main()
