"""Killed or cut anywhere, a run or its rollback loses nothing, and the next run completes it."""

import contextlib
import random
import shutil
import signal
import sys
import time
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import pytest

from ingest.pipeline.jobs import RunOptions
from ingest.pipeline.run import Pipeline
from ingest.registry import SOURCES as REAL_SOURCES
from kensho.domain.records import Collection, EpisodeFacts, Record, RecordRelations, Tagging
from kensho.domain.records import Mapping as IdMapping
from kensho.domain.works import ImdbRating
from kensho.errors import InvalidInputError
from kensho.storage.migrations import migrate
from kensho.storage.runs import recorded_runs, run_named
from kensho.storage.store_settings import StoreSettings
from tests.support import ingest_worker
from tests.support.records import (
    DUMPS,
    EDGES,
    NODES,
    Said,
    State,
    claims,
    dead,
    emptied,
    graph_state,
    ingest,
    open_graph,
    record,
    revision,
    rows,
    silent,
    work,
)
from tests.support.stores import CutError, CutGateway, own_migrations, own_queries

SAMPLE: Final = Path(__file__).parents[2] / "ingest" / "sample"
KILLS: Final = 21
KILLS_A_STORE: Final = 3
"""A store that was killed in is killed in again, twice, before it is let finish."""
_SEED: Final = 20_260_101

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and forks")


class Reference(NamedTuple):
    """An uninterrupted run: what it leaves, and how long it takes."""

    state: State
    seconds: float


@pytest.fixture(scope="module")
def forks() -> ForkServerContext:
    return ingest_worker.context()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stores") / "empty.db"


@pytest.fixture(scope="module")
async def reference(empty: Path, forks: ForkServerContext) -> Reference:
    async with open_graph(f"surrealkv://{empty}"):
        pass  # migrated once; each store below begins as a copy
    path = empty.with_name("reference.db")
    shutil.copytree(empty, path)
    worker = ingest_worker.started(forks, f"surrealkv://{path}", SAMPLE)
    begun = time.monotonic()
    worker.process.join(120)
    seconds = time.monotonic() - begun
    assert worker.process.exitcode == 0
    async with open_graph(f"surrealkv://{path}") as gateway:
        return Reference(await graph_state(gateway), seconds)


async def killed_after(
    seconds: float, url: str, forks: ForkServerContext, reference: Reference
) -> bool:
    """Kill a run after so many seconds and look at what it leaves; tell whether it was killed."""
    async with open_graph(url) as gateway:
        at = await revision(gateway)
    worker = ingest_worker.started(forks, url, SAMPLE)
    worker.process.join(seconds)
    worker.process.kill()
    worker.process.join()
    async with open_graph(url) as gateway:
        assert await revision(gateway) >= at + worker.committed()
        records = await rows(gateway, "source_record")
    for row in records.values():
        del row["run"]
    expected = reference.state["source_record"]
    assert all(expected[key] == row for key, row in records.items())
    return worker.process.exitcode == -signal.SIGKILL


async def finished(url: str, forks: ForkServerContext) -> State:
    """Run to the end, and return what the graph holds."""
    worker = ingest_worker.started(forks, url, SAMPLE)
    worker.process.join(120)
    assert worker.process.exitcode == 0
    async with open_graph(url) as gateway:
        return await graph_state(gateway)


def assert_as_uncut(found: State, expected: State, when: str) -> None:
    """Assert that a graph is what an uncut run makes, and that no lead was forgotten.

    A run that goes on where another was cut takes works to be led by what it finds there, so it may
    remember more; such leads come after the others. Who bore a slug before works went is known to
    the run that lets them go alone: where that is cut, `past_slug` knows the rest of them.
    """
    told, known = found.pop("past_lead"), dict(expected)
    del found["past_slug"], known["past_slug"]
    assert known.pop("past_lead").keys() <= told.keys(), when
    assert found == known, when


def _film(number: int, title: str) -> Record:
    links = RecordRelations(collection=Collection(f"set:{number}", title), same_as=("mal:1",))
    return record(
        f"tmdb:movie/{number}", f"imdb:tt{number}", title=title, kind="movie", links=links
    )


BEFORE: Final[Said] = {
    "grouper": [
        work(1, tags=(Tagging("a"), Tagging("b")), episodes=(EpisodeFacts(1), EpisodeFacts(2))),
        work(2, links=claims(sequel="mal:3")),
        work(3, "mal:4"),
        work(5),
        work(6, links=claims(other="mal:1")),
    ],
    "site": [work(2, synopsis="Two."), work(4, synopsis="Four."), work(9, "anilist:9")],
    "films": [_film(1, "Tales")],
    "ids": [record("mal:1", mappings=(IdMapping("imdb:tt1"),)), record("mal:5", "anidb:5")],
    "ratings": [record("imdb:tt1", imdb=ImdbRating("tt1", 8.5, 3)), record("anidb:5", score=5)],
}
AFTER: Final[Said] = {
    "grouper": [
        work(1, "mal:2", tags=(Tagging("b"), Tagging("c")), episodes=(EpisodeFacts(2),)),
        work(3),
        work(4, links=claims(sequel="mal:3")),
        msgspec.structs.replace(work(6, links=claims(other="mal:1")), work_kind="movie"),
        record("anilist:9", title="Nine"),
        work(7),
    ],
    "site": [work(2, synopsis="Two."), work(4, synopsis="Four!"), work(9, "anilist:9")],
    "films": [_film(1, "Old tales"), _film(2, "Tales")],
    "ids": [record("mal:1", mappings=(IdMapping("imdb:tt1"), IdMapping("imdb:tt2")))],
    "ratings": [record("imdb:tt1", imdb=ImdbRating("tt1", 8.6, 4)), record("anidb:5", score=5)],
    "dead": [dead("mal:7")],
}
"""A dump that merges, splits, drops, refiles, returns and moves."""


async def test_a_run_that_is_cut_between_any_two_writes_is_completed_by_the_next() -> None:
    queries = {**own_queries(), **DUMPS}
    async with CutGateway.open(StoreSettings("mem://"), queries) as gateway:
        gateway.writes_left = -1
        await migrate(gateway, own_migrations())
        await ingest(gateway, BEFORE)
        await ingest(gateway, AFTER)
        expected, cuts = await graph_state(gateway), 0
        while True:
            gateway.writes_left = -1
            await emptied(gateway)
            await ingest(gateway, BEFORE)
            gateway.writes_left = cuts
            with contextlib.suppress(CutError):
                await ingest(gateway, AFTER)
                break
            gateway.writes_left = -1
            await ingest(gateway, AFTER)
            found = await graph_state(gateway)
            assert_as_uncut(found, expected, f"cut after {cuts} writes")
            cuts += 1
        assert cuts > 20


async def test_a_killed_ingest_loses_nothing_and_the_next_one_completes_it(
    reference: Reference, empty: Path, forks: ForkServerContext
) -> None:
    chance = random.Random(_SEED)
    # As parts of the whole way: a store's first kill comes early, its last one late.
    moments = [(n + chance.random()) / KILLS for n in range(KILLS)]
    kills = 0
    for number in range(KILLS // KILLS_A_STORE):
        path = empty.with_name(f"killed-{number}.db")
        shutil.copytree(empty, path)
        url, so_far = f"surrealkv://{path}", 0.0
        for moment in moments[number :: KILLS // KILLS_A_STORE]:
            given_s = (moment - so_far) * reference.seconds
            while not await killed_after(given_s, url, forks, reference):
                shutil.rmtree(path)  # it had come to its end: begin anew, and kill earlier
                shutil.copytree(empty, path)
                given_s /= 2
            kills, so_far = kills + 1, moment
        assert_as_uncut(await finished(url, forks), reference.state, "killed")
        shutil.rmtree(path)
    assert kills >= 20


class Undoing(NamedTuple):
    """A store in which a run can be taken back, that run, and what the graph is before and after.

    `seconds` is how long that takes without being killed.
    """

    path: Path
    run: str
    before: State
    after: State
    seconds: float


def said_in(state: State) -> State:
    """Return nodes, edges and records: what an export is a function of."""
    return {table: state[table] for table in (*NODES, *EDGES, "source_record")}


@pytest.fixture(scope="module")
async def undoing(reference: Reference, empty: Path, forks: ForkServerContext) -> Undoing:
    path, copy = empty.with_name("reference.db"), empty.with_name("undone.db")
    async with open_graph(f"surrealkv://{path}") as gateway:
        runs = await recorded_runs(gateway)
        before = said_in(await graph_state(gateway))
    assert reference.state["anime"]
    made = str(max(runs, key=lambda run: run.counts.get("added", 0)).id)
    shutil.copytree(path, copy)
    worker = ingest_worker.started(forks, f"surrealkv://{copy}", SAMPLE, made)
    begun = time.monotonic()
    worker.process.join(120)
    seconds = time.monotonic() - begun
    assert worker.process.exitcode == 0
    async with open_graph(f"surrealkv://{copy}") as gateway:
        after = said_in(await graph_state(gateway))
    assert after != before
    return Undoing(path, made, before, after, seconds)


@pytest.mark.parametrize("moment", [0.05, 0.3, 0.55, 0.8])
async def test_a_killed_rollback_ends_before_or_after_and_a_second_one_finishes_it(
    undoing: Undoing, forks: ForkServerContext, moment: float, tmp_path: Path
) -> None:
    path, url = tmp_path / "killed.db", f"surrealkv://{tmp_path / 'killed.db'}"
    given_s = moment * undoing.seconds
    for _ in range(8):
        shutil.copytree(undoing.path, path)
        worker = ingest_worker.started(forks, url, SAMPLE, undoing.run)
        worker.process.join(given_s)
        worker.process.kill()
        worker.process.join()
        if worker.process.exitcode == -signal.SIGKILL:
            break
        shutil.rmtree(path)  # it had come to its end: begin anew, and kill earlier
        given_s /= 2
    async with open_graph(url) as gateway:
        pipeline = Pipeline(gateway, REAL_SOURCES, RunOptions(tmp_path), silent())
        await pipeline.run([])
        found = said_in(await graph_state(gateway))
        assert found in (undoing.before, undoing.after)
        if found == undoing.before:
            await pipeline.roll_back([undoing.run])
        else:
            with pytest.raises(InvalidInputError, match="taken back already"):
                await pipeline.roll_back([undoing.run])
        assert said_in(await graph_state(gateway)) == undoing.after
        assert (await run_named(gateway, undoing.run)).state == "rolled_back"
