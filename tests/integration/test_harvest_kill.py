"""A harvest that is killed, however often and wherever, leaves what an uninterrupted one does."""

import random
import sys
import time
from collections.abc import Callable
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from tests.support import harvest_worker
from tests.support.api_servers import (
    AniList,
    ApiServer,
    Asked,
    Jikan,
    Kitsu,
    Relationship,
    Reply,
    api_server,
    full,
    medium,
)
from tests.support.harvesting import harvested

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and forks")

KILLS = 6
INTERFACES: dict[str, tuple[Callable[[Asked], Reply], str]] = {
    "anilist": (AniList([medium(n) for n in range(1, 8000, 4)]), ""),
    "jikan": (Jikan([full(n) for n in range(1, 60)]), "/v4"),
    "kitsu": (
        Kitsu([Relationship(("anime", n), "sequel", ("anime", n + 1)) for n in range(1, 1200)]),
        "/api/edge",
    ),
}


@pytest.fixture(scope="module")
def forks() -> ForkServerContext:
    return harvest_worker.context()


def killed(
    forks: ForkServerContext, source: str, server: ApiServer, out: Path, rng: random.Random
) -> bool:
    """Kill a harvest somewhere between its second and its sixth request; tell whether it was."""
    until = len(server.requests) + rng.randint(2, 6)
    process = harvest_worker.started(forks, source, server.endpoint, out)
    while process.is_alive() and len(server.requests) < until:
        time.sleep(0.001)
    time.sleep(rng.random() * 0.01)
    process.kill()
    process.join()
    return process.exitcode != 0


@pytest.mark.parametrize("source", INTERFACES)
def test_a_killed_harvest_ends_as_one_that_was_not(
    tmp_path: Path, forks: ForkServerContext, source: str
) -> None:
    reply, path = INTERFACES[source]
    with api_server(reply, path=path) as server:
        harvested(source, server, tmp_path / "whole.jsonl")
        needed = len(server.requests)
        out = tmp_path / "killed.jsonl"
        rng = random.Random(source)
        kills = sum(killed(forks, source, server, out, rng) for _ in range(KILLS))
        assert not out.exists()
        process = harvest_worker.started(forks, source, server.endpoint, out)
        process.join(60)
        assert process.exitcode == 0
        asked = len(server.requests) - needed
    assert kills == KILLS
    assert out.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert asked <= needed + 3 * KILLS, "what was kept is not asked for again"
    assert {one.suffix for one in (tmp_path / ".harvest").iterdir()} == {".lock"}
