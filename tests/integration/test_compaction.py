"""A store that is compacted holds the same and takes less room, whatever ends the process."""

import asyncio
import multiprocessing
import random
import shutil
import signal
import sys
import time
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from click.testing import CliRunner

from kensho.cli import commands
from kensho.domain.records import EpisodeFacts, Record, Tagging
from kensho.errors import InvalidInputError, StorageError, StoreInUseError
from kensho.storage.compaction import Compaction, compact, size_of
from kensho.storage.gateway import Gateway
from kensho.storage.migrations import schema_text
from kensho.storage.store_settings import StoreSettings
from tests.support.records import SOURCES, Said, claims, graph_state, ingest, open_graph, work
from tests.support.stores import own_queries

KILLS: Final = 8
_SEED: Final = 20_260_105

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="folders are exchanged on Linux")


def said(score: float) -> Said:
    """Return a catalogue with relations, tags and episodes; the scores are as they are told."""
    return {
        "grouper": [
            work(
                n,
                links=claims(sequel=f"mal:{n + 1}"),
                tags=(Tagging("space"), Tagging(f"tag {n % 7}")),
                score=score,
                synopsis="So it was. " * 400,
            )
            for n in range(1, 60)
        ],
        "episodes": [Record("mal:1", ("mal:1",), facts=_episodes())],
    }


def _episodes() -> Any:
    return work(1, episodes=tuple(EpisodeFacts(n) for n in range(1, 20))).facts


def settings_of(path: Path) -> StoreSettings:
    return StoreSettings(f"surrealkv://{path}")


async def state_of(path: Path) -> tuple[object, object, str, object]:
    """Return all that a store holds, what it says of itself, its schema, and a walk over edges."""
    async with open_graph(f"surrealkv://{path}") as gateway:
        meta = await gateway.fetch("meta.revision", into=dict[str, object])
        walked = await gateway.fetch(
            "tests.dump", {"table": "is_prequel_of", "start": 0}, into=list[dict[str, Any]]
        )
        return await graph_state(gateway), meta, await schema_text(gateway), walked


@pytest.fixture(scope="module")
async def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store in which everything was written anew a few times."""
    path = tmp_path_factory.mktemp("stores") / "grown.db"
    async with open_graph(f"surrealkv://{path}") as gateway:
        for week in range(6):
            await ingest(gateway, said(5 + week / 10), snapshot=f"2026-01-0{week + 1}")
    return path


@pytest.fixture
def store(grown: Path, tmp_path: Path) -> Path:
    return shutil.copytree(grown, tmp_path / "kensho.db")


async def compacted(path: Path) -> Compaction:
    return await compact(settings_of(path), own_queries())


async def test_a_compacted_store_holds_the_same_and_takes_less_room(store: Path) -> None:
    before = await state_of(store)
    done = await compacted(store)
    assert done.after_bytes == size_of(store) < done.before_bytes / 2
    assert await state_of(store) == before
    assert [path.name for path in store.parent.iterdir()] == [store.name]


async def test_a_compacted_store_grows_on_under_the_same_rules(store: Path) -> None:
    await compacted(store)
    async with open_graph(f"surrealkv://{store}") as gateway:
        report = await ingest(gateway, said(5.5), snapshot="2026-01-06")
        assert [s.records.changed for s in report.sources] == [0, 0]
        assert report.works.changed == 0
        await ingest(gateway, said(9.0), snapshot="2026-02-01")
        gone: Said = {source: [] for source in SOURCES}
        await ingest(gateway, gone)
        assert not (await graph_state(gateway))["is_prequel_of"]


async def test_a_compacted_store_is_compacted_to_the_same_again(store: Path) -> None:
    first = await compacted(store)
    second = await compacted(store)
    assert second.rows == first.rows
    assert abs(second.after_bytes - first.after_bytes) < 0.1 * first.after_bytes


def test_the_command_tells_how_much_room_it_made(store: Path) -> None:
    url = f"surrealkv://{store}"
    told = CliRunner().invoke(
        commands, ["compact", "--store", url, "--json"], catch_exceptions=False
    )
    done = msgspec.json.decode(told.stdout, type=Compaction)
    assert done.after_bytes < done.before_bytes
    text = CliRunner().invoke(commands, ["compact", "--store", url]).stdout
    assert text.startswith(f"{done.rows:,} rows: ")


async def test_what_a_killed_compaction_left_is_removed_by_the_next(store: Path) -> None:
    left = store.with_name("kensho.db.compacting")
    left.mkdir()
    (left / "part").write_bytes(b"x" * 100)
    await compacted(store)
    assert not left.exists()


async def test_a_store_that_is_open_is_not_compacted(store: Path) -> None:
    async with Gateway.open(settings_of(store), own_queries()):
        with pytest.raises(StoreInUseError):
            await compacted(store)
    assert [path.name for path in store.parent.iterdir()] == [store.name]


@pytest.mark.parametrize("url", ["mem://", "surrealkv:///nowhere/kensho.db", "ws://localhost:1"])
async def test_what_is_no_store_on_this_disk_is_refused(url: str) -> None:
    with pytest.raises(InvalidInputError, match="no embedded store"):
        await compact(StoreSettings(url), own_queries())


async def test_a_store_beside_which_nothing_can_be_written_stays_as_it_was(store: Path) -> None:
    before = await state_of(store)
    (store.with_name("kensho.db.compacting")).write_bytes(b"in the way")
    with pytest.raises(StorageError):
        await compacted(store)
    assert await state_of(store) == before


async def test_a_killed_compaction_leaves_a_whole_store(store: Path) -> None:
    before = await state_of(store)
    forks: ForkServerContext = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload([__name__])
    whole_s = _killed_after(forks, store, None)
    chance = random.Random(_SEED)
    kills = 0
    for number in range(KILLS):
        # The last ones come about when the folders are exchanged, and what is left is removed.
        moment = whole_s * (number + chance.random()) / KILLS
        kills += _killed_after(forks, store, moment) < 0
        assert await state_of(store) == before
    assert kills > KILLS // 2
    await compacted(store)
    assert [path.name for path in store.parent.iterdir()] == [store.name]
    assert await state_of(store) == before


def _killed_after(forks: ForkServerContext, store: Path, seconds: float | None) -> float:
    """Run a compaction and kill it; return how long it took, less than nothing if it was killed."""
    ours, theirs = forks.Pipe(duplex=False)
    process = forks.Process(target=_compact, args=(store, theirs), daemon=True)
    process.start()
    theirs.close()
    assert ours.poll(60)
    ours.recv()
    began = time.monotonic()
    process.join(120 if seconds is None else seconds)
    process.kill()
    process.join()
    return -1.0 if process.exitcode == -signal.SIGKILL else time.monotonic() - began


def _compact(store: Path, line: Any) -> None:
    line.send(None)
    asyncio.run(compacted(store))
