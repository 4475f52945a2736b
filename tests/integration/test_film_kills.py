"""A process that is killed while it changes films: each change and its audit row, or neither."""

import asyncio
import datetime as dt
import multiprocessing
import random
import signal
import time
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec

from kensho.edges.accounts.audit import AuditLog, AuditQuery
from kensho.edges.portal.movie_store import AuditEntry, CaptionText, MovieStore
from kensho.edges.portal.movies import CaptionTrack, PortalMovie
from kensho.edges.store import new_id
from tests.support.stores import open_edge_store

KILLS: Final = 8
"""A hundred were run by hand: 2026-11-30."""
_SEED: Final = 16
_WRITING_S: Final = 0.4
_FILM: Final = UUID("01930000-0000-7000-8000-000000000001")
_NOW: Final = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)


def test_a_killed_process_leaves_each_change_with_its_audit_row_or_neither(tmp_path: Path) -> None:
    url = f"surrealkv://{tmp_path / 'edges.db'}"
    forks: ForkServerContext = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload([__name__])
    chance = random.Random(_SEED)
    seen = 0
    for _ in range(KILLS):
        assert _killed_while_writing(forks, url, chance.random() * _WRITING_S)
        revision = asyncio.run(_checked(url))
        assert revision > seen  # whatever was told to be written is there
        seen = revision


def _killed_while_writing(forks: ForkServerContext, url: str, seconds: float) -> bool:
    """Kill a process so long after its first write; tell whether it was killed."""
    ours, theirs = forks.Pipe(duplex=False)
    process = forks.Process(target=_write, args=(url, theirs), daemon=True)
    process.start()
    theirs.close()
    assert ours.poll(60)
    ours.recv()
    time.sleep(seconds)
    process.kill()
    process.join(60)
    return process.exitcode == -signal.SIGKILL


def _write(url: str, line: Any) -> None:
    asyncio.run(_writing(url, line))


async def _writing(url: str, line: Any) -> None:
    """Change the film for ever, each time with other captions."""
    async with open_edge_store(url) as gateway:
        store = MovieStore(lambda: gateway)
        film = await store.find(_FILM) or _new()
        told = False
        while True:
            track = CaptionTrack(
                id=new_id(_NOW), language="en", format="WEBVTT", is_default=True, status="VALID"
            )
            text = CaptionText(track.id, f"WEBVTT\n\nNOTE {film.revision + 1}\n")
            changed = msgspec.structs.replace(
                film, synopsis=f"The {film.revision + 1}th.", captions=[track]
            )
            film = await store.put(changed, [text], AuditEntry(actor="ann", action="movie.update"))
            if not told:
                line.send(None)
                told = True


async def _checked(url: str) -> int:
    """Return the revision of the film, of which all that was written together is there."""
    async with open_edge_store(url) as gateway:
        store = MovieStore(lambda: gateway)
        film = await store.get(_FILM)
        rows = await AuditLog(lambda: gateway, lambda: _NOW).page(AuditQuery(limit=1_000_000))
        assert len(rows.rows) == film.revision
        assert film.synopsis == f"The {film.revision}th."
        text = await store.caption(_FILM, film.captions[0].id)
        assert text == f"WEBVTT\n\nNOTE {film.revision}\n"
        former = await store.former(_FILM)
        assert (0 if former is None else former.revision) == film.revision - 1
        return film.revision


def _new() -> PortalMovie:
    return PortalMovie(
        id=_FILM,
        revision=0,
        title="Night Train",
        slug="night-train",
        synopsis="",
        genres=(),
        duration_minutes=93,
        poster_url="https://img.example/1.jpg",
        visibility="VISIBLE",
        created_at=_NOW,
        changed_at=_NOW,
    )
