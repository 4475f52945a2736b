"""Random histories of releases, acts of curators and rollbacks, cut here and there.

As `test_histories_property`, over the real sources and with acts: what is kept is what the oracle
says, the same records always make the same graph, and no rule of the data model is broken. A record
that a run added may stay where a curator spoke of its work: the run that takes it back tells how
many do.
"""

import datetime as dt
import json
import random
import tempfile
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from ingest import curation
from ingest.checks.findings import Finding
from ingest.curating.acting import ActContext, act
from ingest.curating.log import all_acts
from ingest.pipeline.guards import ALL_GUARDS, NO_GUARDS
from ingest.pipeline.jobs import IngestJob, RunOptions, RunReport
from ingest.pipeline.run import Pipeline
from ingest.registry import SOURCES
from ingest.source import Source
from kensho.domain.curation_documents import ActDraft
from kensho.domain.curator_acts import SameWorkStatement
from kensho.errors import KenshoError
from kensho.storage.runs import RunRecord
from tests.property.test_histories_property import (
    UNDOABLE,
    WITHOUT_SHRINKING,
    Content,
    History,
    Key,
    store,
)
from tests.support.examples import examples
from tests.support.records import emptied, silent
from tests.support.stores import CutGateway

__all__ = ["store"]
_WORKS = tuple(f"mal:{number}" for number in range(1, 7))
_OPERATIONS = ("release", "release", "relations", *["act"] * 5, *["roll back"] * 3, "forget")
_DAY = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def decisions() -> curation.Curation:
    return curation.load()


class ActHistory(History):
    """A store of six works, what sources and curators say of them, and what is taken back."""

    sources: ClassVar[Mapping[str, Source]] = SOURCES

    def __init__(
        self, store: CutGateway, chance: random.Random, decisions: curation.Curation
    ) -> None:
        super().__init__(store, chance, [])
        self._decisions = decisions
        self._reports: list[RunReport] = []
        self._acts = 0

    @override
    async def go(self, operation: str) -> None:
        self._reports.clear()
        await super().go(operation)

    @override
    async def _do(self, operation: str, runs: list[RunRecord]) -> None:
        undoable = [r for r in runs if r.state in UNDOABLE and r.journal_bytes is not None]
        if operation == "roll back" and undoable:
            run = undoable[0] if self.chance.random() < 0.5 else self.chance.choice(undoable)
            self.done.append(f"roll back {run.id} {run.source}")
            self._reports.append(await self._pipeline().roll_back([str(run.id)]))
        elif operation == "act":
            await self._act()
        elif operation == "forget":
            await self._run(self.chance.choice(("aodb", "kensho-relations", "curator")), None)
        elif operation == "relations":
            await self._run("kensho-relations", self._relations())
        else:
            await self._run("aodb", self._release())

    async def _act(self) -> None:
        self._acts += 1
        says = self._statement([one.id for one in await all_acts(self.store)])
        draft = ActDraft(says, self.chance.choice(("ada", "bob")), "because")
        now = _DAY + dt.timedelta(minutes=self._acts)
        self.done.append(f"act {says}")
        try:
            await act(self.store, [draft], ActContext(now, silent(), decisions=self._decisions))
        except KenshoError as error:  # such as a work that is not there now, or said already
            self.done.append(f"refused: {error.message}")

    def _statement(self, acts: list[str]) -> dict[str, Any]:
        one, other, third = self.chance.sample(_WORKS, 3)
        kind = self.chance.choice(("sequel", "prequel", "side_story", "summary", "other"))
        rank = self.chance.choice(("normal", "preferred", "deprecated"))
        number = self.chance.randint(1, 3)
        choices: list[dict[str, Any]] = [
            {"act": "fact", "work": one, "field": "year", "value": 1990 + number, "rank": rank},
            {"act": "title", "work": one, "text": f"Title {number}", "rank": rank},
            {"act": "tag", "work": one, "name": "sea", "rank": rank},
            {"act": "id", "work": one, "id": f"anidb:{number}", "rank": rank},
            {"act": "episode", "work": one, "number": number, "filler": True, "rank": rank},
            {
                "act": "relation",
                "work": one,
                "kind": kind,
                "other": other,
                "denied": number == 1,
            },
            {"act": "same", "work": one, "other": other, "denied": number > 1},
            {"act": "work", "ids": [f"mal:{90 + number}"], "title": "A new one", "year": 2001},
            {"act": "move", "works": [one], "to": other},
            {"act": "join", "works": [one, other]},
            {"act": "split", "works": [one], "others": [other]},
            {"act": "rename", "work": one, "title": f"Saga {number}"},
            {"act": "order", "works": [one, other, third]},
        ]
        if acts and self.chance.random() < 0.2:
            return {"act": "undo", "of": self.chance.choice(acts)}
        return self.chance.choice(choices)

    def _release(self) -> list[object]:
        some = [one for one in _WORKS if self.chance.random() < 0.8] or [_WORKS[0]]
        head = {"license": {}, "repository": "here", "lastUpdate": "2026-10-20"}
        return [head, *(self._entry(one, some) for one in some)]

    def _entry(self, name: str, some: list[str]) -> dict[str, object]:
        number = int(name.removeprefix("mal:"))
        pages = [f"https://myanimelist.net/anime/{number}"]
        if self.chance.random() < 0.5:
            pages.append(f"https://anidb.net/anime/{number}")
        near = [f"https://myanimelist.net/anime/{number + 1}"]
        return {
            "sources": pages,
            "title": f"Tale {number // 3} part {number}",
            "type": self.chance.choice(("TV", "MOVIE")),
            "animeSeason": {"season": "SPRING", "year": 2000 + number},
            "tags": ["sea"] if self.chance.random() < 0.5 else ["hill"],
            "relatedAnime": near if f"mal:{number + 1}" in some else [],
        }

    def _relations(self) -> list[object]:
        pairs = [self.chance.sample(_WORKS, 2) for _ in range(2)]
        return [
            {"from": one, "kind": "sequel", "to": other, "reason": "the story goes on"}
            for one, other in pairs
        ]

    async def _run(self, source: str, lines: list[object] | None) -> None:
        self.done.append(f"ingest {source} {lines}")
        with tempfile.TemporaryDirectory() as name:
            paths = () if lines is None else (_written(Path(name, f"{source}.jsonl"), lines),)
            job = IngestJob(SOURCES[source], paths)
            await self._pipeline().run([job])

    @override
    def _pipeline(self, snapshot: str | None = None) -> Pipeline:
        guards = NO_GUARDS if self.chance.random() < 0.2 else ALL_GUARDS
        rejects = Path(tempfile.gettempdir(), "rejects")
        options = RunOptions(rejects, snapshot, guards, hold=True)
        return Pipeline(self.store, SOURCES, options, silent(), self._decisions)

    @override
    async def _is_meant(self, error: Finding) -> bool:
        """Tell whether a curator said that two records of one catalogue are one work."""
        said = [one.says for one in await all_acts(self.store) if one.stands]
        is_said = any(isinstance(one, SameWorkStatement) and not one.denied for one in said)
        return is_said and error.rule == "two works as one"

    @override
    async def _run_nothing(self) -> None:
        self.done.append("cut")
        self._reports.append(await self._pipeline().run([]))

    @override
    def _took_back(self, run: uuid.UUID, undone: uuid.UUID, kept: Mapping[Key, Content]) -> None:
        told = [
            records.records.count
            for report in self._reports
            for source in report.sources
            if source.undoes == undone
            for records in source.kept
            if " has spoken of " in records.why
        ]
        assert self.oracle.took_back(run, undone, kept) == sum(told), self.done


def _written(path: Path, lines: list[object]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in lines), "utf-8")
    return path


@settings(max_examples=examples(3), deadline=None, phases=WITHOUT_SHRINKING)
@given(chance=st.integers(0, 2**40))
async def test_a_history_with_acts_keeps_what_the_oracle_does(
    store: CutGateway, decisions: curation.Curation, chance: int
) -> None:
    store.writes_left = -1
    await emptied(store)
    history = ActHistory(store, random.Random(chance), decisions)
    for _ in range(history.chance.randint(4, 12)):
        await history.go(history.chance.choice(_OPERATIONS))
