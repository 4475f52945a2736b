"""A small graph for tests of acts: two stories of a few works, in memory or on disk."""

import datetime as dt
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from ingest.curating.acting import ActContext, act
from ingest.pipeline.guards import ALL_GUARDS
from ingest.pipeline.run import IngestJob, Pipeline, RunOptions
from ingest.registry import SOURCES
from kensho.domain.curation_documents import ActDraft, ActOutcome
from kensho.storage.gateway import Gateway
from tests.support.records import silent

NOW: Final = dt.datetime(2026, 11, 29, 12, tzinfo=dt.UTC)
FIRST, SECOND = (1, 2, 3, 4), (5, 6)
"""Works of the two stories: "Umi no Uta" and "Yama no Kage"."""


def write_catalogue(folder: Path, numbers: Iterable[int] = (*FIRST, *SECOND)) -> Path:
    """Write the files of a catalogue: each work of a story is the sequel of the one before."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = set(numbers)
    head = {"license": {}, "repository": "here", "lastUpdate": "2026-11-20"}
    entries = [
        {
            "sources": [_page(n), f"https://kitsu.app/anime/{n}"],
            "title": f"{_story(n)} {n}",
            "type": "TV",
            "animeSeason": {"season": "SPRING", "year": 2000 + n},
            "tags": ["sea"],
            "relatedAnime": [_page(m) for m in _near(n) if m in wanted],
        }
        for n in sorted(wanted)
    ]
    relations = [
        {"from": _page(n), "kind": "sequel", "to": _page(n + 1), "reason": "the story goes on"}
        for n in sorted(wanted)
        if n + 1 in _near(n) and n + 1 in wanted
    ]
    for name, lines in (
        ("anime-offline-database.jsonl", [head, *entries]),
        ("relations.jsonl", relations),
    ):
        (folder / name).write_text("".join(json.dumps(one) + "\n" for one in lines), "utf-8")
    return folder


async def ingest_catalogue(gateway: Gateway, folder: Path) -> None:
    """Bring the catalogue in `folder` into the graph."""
    jobs = [
        IngestJob(SOURCES["aodb"], (folder / "anime-offline-database.jsonl",)),
        IngestJob(SOURCES["kensho-relations"], (folder / "relations.jsonl",)),
    ]
    options = RunOptions(folder / "rejects", lifted=ALL_GUARDS)
    report = await Pipeline(gateway, SOURCES, options, silent()).run(jobs)
    assert [one.message for one in report.sources] == [None, None]


async def stated(
    gateway: Gateway,
    act_kind: str,
    *,
    author: str = "alice",
    against: str | None = None,
    **says: Any,
) -> ActOutcome:
    """Make one act, with a reason of no interest."""
    draft = ActDraft({"act": act_kind, **says}, author, "the credits say so", None, against)
    return await act(gateway, [draft], ActContext(NOW, silent()))


def _near(number: int) -> tuple[int, ...]:
    story = FIRST if number in FIRST else SECOND
    return tuple(m for m in (number - 1, number + 1) if m in story)


def _story(number: int) -> str:
    return "Umi no Uta" if number in FIRST else "Yama no Kage"


def _page(number: int) -> str:
    return f"https://myanimelist.net/anime/{number}"
