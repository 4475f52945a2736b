"""Random histories of runs, against an oracle that keeps every version of every record.

Releases are taken in, forgotten, held, approved, rejected and rolled back, and some of these are
cut between two writes. The oracle looks at the kept records alone: each run changes some from one
version to another, and taking it back puts the former version back where the latter still stands.
Of the graph it demands that the same records always make the same one, with ids and slugs, which is
what `kensho export` writes.

`--hypothesis-profile soak` tries 150 histories, in some half an hour.
"""

import random
import re
import tempfile
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, TypeAlias

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ingest.checks.findings import Finding
from ingest.checks.graph import findings
from ingest.checks.reading import read_graph
from ingest.pipeline.held import HeldReleases
from ingest.pipeline.jobs import IngestJob, RunOptions
from ingest.pipeline.run import Pipeline
from ingest.source import Source
from kensho.storage import migrations
from kensho.storage.runs import RunRecord, recorded_runs
from kensho.storage.store_settings import StoreSettings
from tests.property.test_ingest_property import catalogues
from tests.support.examples import examples
from tests.support.records import (
    DUMPS,
    EDGES,
    NODES,
    SOURCES,
    Said,
    emptied,
    graph_state,
    rows,
    silent,
    uuid_in,
    written,
)
from tests.support.stores import CutError, CutGateway, own_migrations, own_queries

Key: TypeAlias = tuple[str, str]
"""Source and key of a record."""
Content: TypeAlias = str | None
"""A record as it is kept, as text, without its works; `None` if it is not."""

_QUOTED = re.compile(r"'([^']*)'")
UNDOABLE = ("finished", "failed")
WITHOUT_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
"""A history takes seconds: to find a smaller one that fails takes hours."""
OPERATIONS = ("ingest", "ingest", "old", "forget", "roll back", "roll back", "approve", "reject")


class Version(NamedTuple):
    """A record in a form; another one that reads the same is another version."""

    content: Content
    token: object


class Oracle:
    """Every version of every record, and from which to which each run took it."""

    def __init__(self) -> None:
        self.now: dict[Key, Version] = {}
        self.runs: dict[uuid.UUID, dict[Key, tuple[Version, Version]]] = {}

    def version(self, key: Key) -> Version:
        return self.now.setdefault(key, Version(None, object()))

    def wrote(self, run: uuid.UUID, source: str, kept: Mapping[Key, Content]) -> None:
        """Take note of what a run made of the records of its source."""
        changed = self.runs.setdefault(run, {})
        for key in {key for key in (*self.now, *kept) if key[0] == source}:
            before = self.version(key)
            if before.content != kept.get(key):
                self.now[key] = Version(kept.get(key), object())
                changed[key] = (before, self.now[key])

    def took_back(
        self, run: uuid.UUID, undone: uuid.UUID, kept: Mapping[Key, Content] | None = None
    ) -> int:
        """Put the former versions back where the latter stand.

        With what is `kept`, return how many records stay that the run had added: curators spoke.
        """
        changed, stay = self.runs.setdefault(run, {}), 0
        for key, (before, after) in self.runs[undone].items():
            if self.now[key] is not after:
                continue
            if kept is not None and before.content is None and kept.get(key) == after.content:
                stay += 1
                continue
            self.now[key] = before
            changed[key] = (after, before)
        return stay

    @property
    def kept(self) -> dict[Key, Content]:
        return {key: one.content for key, one in self.now.items() if one.content is not None}


def records_in(state: Mapping[str, Mapping[str, Any]]) -> dict[Key, Content]:
    """Return the kept records by source and key, wherever they are attached."""
    found: dict[Key, Content] = {}
    for row_id, row in state["source_record"].items():
        _, source, key = _QUOTED.findall(row_id)
        found[source, key] = repr(sorted(row.items()))
    return found


class History:
    """One store and what is done to it."""

    sources: ClassVar[Mapping[str, Source]] = SOURCES

    def __init__(self, store: CutGateway, chance: random.Random, said: list[Said]) -> None:
        self.store = store
        self.chance = chance
        self.said = said
        self.oracle = Oracle()
        self.seen: dict[object, object] = {}
        self.done: list[str] = []

    async def go(self, operation: str) -> None:
        """Do something, cut it perhaps, and compare what is then kept with the oracle."""
        is_cut = self.chance.random() < 0.25
        known = {run.id: run for run in await recorded_runs(self.store)}
        self.store.writes_left = self.chance.randint(0, 14) if is_cut else -1
        with suppress(CutError):
            await self._do(operation, list(known.values()))
        self.store.writes_left = -1
        if is_cut:
            await self._run_nothing()
        await self._compare(known)

    async def _do(self, operation: str, runs: list[RunRecord]) -> None:
        waiting = [run for run in runs if run.state == "waiting"]
        undoable = [r for r in runs if r.state in UNDOABLE and r.journal_bytes is not None]
        source = self.chance.choice(tuple(SOURCES))
        if operation == "roll back" and undoable:
            # Mostly the last one.
            run = undoable[0] if self.chance.random() < 0.6 else self.chance.choice(undoable)
            self.done.append(f"roll back {run.id} {run.source}")
            await self._pipeline().roll_back([str(run.id)])
        elif operation == "approve" and waiting:
            self.done.append(f"approve {waiting[0].id}")
            held = HeldReleases(self.store)
            with tempfile.TemporaryDirectory() as folder:
                approved = await held.run(waiting[0].id)
                await self._pipeline().approve(approved, Path(folder))
        elif operation == "reject" and waiting:
            self.done.append(f"reject {waiting[0].id}")
            await HeldReleases(self.store).set_state(waiting[0].id, "rejected", (), "no")
        elif operation == "forget":
            await self._ingest(source, [], None)
        else:
            said = self.chance.choice(self.said)
            source = self.chance.choice(tuple(said) or (source,))
            dump = list(said.get(source, ()))
            part = [one for one in dump if self.chance.random() < 0.8]
            week = self.chance.randint(1, 9)
            old = "2001-01-01" if operation == "old" else f"2026-01-0{week}"
            if part:
                await self._ingest(source, part, old)

    async def _ingest(self, source: str, dump: list[Any], snapshot: str | None) -> None:
        self.done.append(f"ingest {source} {[one.key for one in dump]} {snapshot}")
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            paths = (written(folder, source, dump),) if dump else ()
            job = IngestJob(SOURCES[source], paths)
            await self._pipeline(snapshot).run([job])

    def _pipeline(self, snapshot: str | None = None) -> Pipeline:
        options = RunOptions(Path(tempfile.gettempdir()) / "rejects", snapshot, hold=True)
        return Pipeline(self.store, SOURCES, options, silent())

    async def _run_nothing(self) -> None:
        self.done.append("cut")
        await self._pipeline().run([])

    def _took_back(self, run: uuid.UUID, undone: uuid.UUID, kept: Mapping[Key, Content]) -> None:
        self.oracle.took_back(run, undone)

    async def _compare(self, known: Mapping[uuid.UUID, RunRecord]) -> None:
        state = await graph_state(self.store)
        kept = records_in({"source_record": await rows(self.store, "source_record")})
        runs = await recorded_runs(self.store)
        assert {run.state for run in runs}.isdisjoint({"running"}), self.done
        new = [
            run
            for run in runs
            if run.state in UNDOABLE and getattr(known.get(run.id), "state", None) != run.state
        ]
        by_rollback = [run for run in new if run.undoes is not None and run.id not in known]
        for run in by_rollback:
            assert run.undoes is not None
            self._took_back(run.id, run.undoes, kept)
        if not by_rollback:
            for run in [one for one in new if one.undoes is None]:
                self.oracle.wrote(run.id, run.source, kept)
        assert kept == self.oracle.kept, self.done
        graph = {table: state[table] for table in (*NODES, *EDGES)}
        makers = {source for source, known in self.sources.items() if known.creates}
        attached = sorted(
            (key, str(uuid_in(key)))
            for key in state["source_record"]
            if any(f"'{source}'" in key for source in makers)
        )
        assert state["meta"]["graph"]["composed"], self.done
        content = frozenset(kept.items())
        first = self.seen.setdefault(content, (graph, attached))
        assert first == (graph, attached), self.done
        found = findings(await read_graph(self.store))
        errors = [one for one in found if one.severity == "error" and not await self._is_meant(one)]
        assert errors == [], self.done

    async def _is_meant(self, _error: Finding) -> bool:
        return False


@pytest.fixture(scope="module")
async def store() -> AsyncIterator[CutGateway]:
    queries = {**own_queries(), **DUMPS}
    async with CutGateway.open(StoreSettings("mem://"), queries) as gateway:
        await migrations.migrate(gateway, own_migrations())
        yield gateway


@settings(max_examples=examples(3), deadline=None, phases=WITHOUT_SHRINKING)
@given(said=st.lists(catalogues(), min_size=1, max_size=2), chance=st.integers(0, 2**40))
async def test_a_history_of_runs_keeps_what_the_oracle_does(
    store: CutGateway, said: list[Said], chance: int
) -> None:
    store.writes_left = -1
    await emptied(store)
    history = History(store, random.Random(chance), said)
    for _ in range(history.chance.randint(3, 9)):
        await history.go(history.chance.choice(OPERATIONS))
