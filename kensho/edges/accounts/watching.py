"""What people watch: how far they are with an episode, and what is on their lists.

Both are kept by the subject of a session, so that who signs in to the provider has them too.
`Watching.note` is what the edge of streams calls when something is played.

Guarantees: an episode that was finished stays so, whatever is played of it again. A position is
written at most every `WRITE_EVERY` for a viewer and episode, but for the last word.
"""

import datetime as dt
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Literal, TypeAlias
from uuid import UUID

import msgspec

from kensho.edges.accounts.sessions import Now
from kensho.errors import NotFoundError
from kensho.storage.gateway import Gateway

WatchState: TypeAlias = Literal["planned", "watching", "completed", "paused", "dropped"]
FINISHED_SHARE: Final = 0.9
"""What is left of an episode then is its credits."""
WRITE_EVERY: Final = dt.timedelta(seconds=10)
FILM: Final = 0
"""The number of the episode that a film is."""
_MOST_REMEMBERED: Final = 10_000
_MOST_LOOKED_AT: Final = 500
"""Episodes among which the works that somebody goes on with are looked for: a year of evenings."""


class WatchedEpisode(msgspec.Struct, frozen=True, kw_only=True):
    """How far somebody watched an episode, in seconds; of a film the episode is 0."""

    work: UUID
    episode: int
    position_s: float
    duration_s: float | None = None
    is_finished: bool
    watched_at: dt.datetime


class WatchlistEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody means to do with a work, and how many episodes they have seen."""

    work: UUID
    state: WatchState
    progress: int
    changed_at: dt.datetime


class Playback(msgspec.Struct, frozen=True, kw_only=True):
    """Where somebody is in an episode; `is_last` tells that they stop there for now."""

    work: UUID
    episode: int
    position_s: float
    duration_s: float | None = None
    is_last: bool = False

    @property
    def is_finished(self) -> bool:
        """Tell whether nothing but credits is left."""
        return bool(self.duration_s) and self.position_s >= FINISHED_SHARE * (self.duration_s or 0)


class Watching:
    """Reads and writes what people watch; `gateway` raises while there is no store."""

    def __init__(self, gateway: Callable[[], Gateway], now: Now) -> None:
        self._gateway = gateway
        self._now = now
        self._written: OrderedDict[tuple[UUID, UUID, int], dt.datetime] = OrderedDict()

    async def note(self, viewer: UUID, playback: Playback) -> None:
        """Keep where somebody is, and move their list on with it.

        Raises:
            StorageError: it can't be written now.
        """
        now, key = self._now(), (viewer, playback.work, playback.episode)
        written_at = self._written.get(key)
        is_early = written_at is not None and now - written_at < WRITE_EVERY
        if is_early and not playback.is_last and not playback.is_finished:
            return
        await self._gateway().execute(
            "edges.put_watched",
            {
                "viewer": viewer,
                "work": playback.work,
                "episode": playback.episode,
                "position_s": playback.position_s,
                "duration_s": playback.duration_s,
                "finished": playback.is_finished,
                "at": now.isoformat(),
            },
        )
        self._remember(key, now)
        await self._move_on(viewer, playback)

    async def history(
        self, viewer: UUID, before: dt.datetime | None, limit: int
    ) -> list[WatchedEpisode]:
        """Return what somebody watched before a time, the latest first."""
        given: dict[str, object] = {
            "viewer": viewer,
            "before": (before or _later(self._now())).isoformat(),
            "limit": limit,
        }
        return await self._gateway().fetch("edges.watched_page", given, into=list[WatchedEpisode])

    async def position(self, viewer: UUID, work: UUID, episode: int) -> WatchedEpisode | None:
        """Return how far somebody watched an episode."""
        found = await self._gateway().fetch(
            "edges.watched_episode",
            {"viewer": viewer, "work": work, "episode": episode},
            into=list[WatchedEpisode],
        )
        return found[0] if found else None

    async def continuing(self, viewer: UUID, limit: int) -> list[WatchedEpisode]:
        """Return the episode last watched of each work, the latest first, as far as begun.

        One that is finished stands for what comes after it: who shows it knows whether there is
        a next one.
        """
        latest: dict[UUID, WatchedEpisode] = {}
        for one in await self.history(viewer, None, _MOST_LOOKED_AT):
            latest.setdefault(one.work, one)
        return list(latest.values())[:limit]

    async def forget(self, viewer: UUID) -> None:
        """Forget all that somebody watched; their list stays."""
        await self._gateway().execute("edges.forget_watched", {"viewer": viewer})
        for key in [key for key in self._written if key[0] == viewer]:
            del self._written[key]

    async def entry(self, viewer: UUID, work: UUID) -> WatchlistEntry:
        """Return a work of somebody's list.

        Raises:
            NotFoundError: it is not on it.
        """
        found = await self._entry(viewer, work)
        if found is None:
            raise NotFoundError("this work is not on your list")
        return found

    async def put(
        self, viewer: UUID, work: UUID, state: WatchState, progress: int
    ) -> WatchlistEntry:
        """Put a work on somebody's list, or say anew how far they are with it."""
        now = self._now()
        await self._gateway().execute(
            "edges.put_watchlist",
            {
                "viewer": viewer,
                "work": work,
                "state": state,
                "progress": progress,
                "at": now.isoformat(),
            },
        )
        return WatchlistEntry(work=work, state=state, progress=progress, changed_at=now)

    async def drop(self, viewer: UUID, work: UUID) -> None:
        """Take a work off somebody's list, if it is on it."""
        await self._gateway().execute("edges.drop_watchlist", {"viewer": viewer, "work": work})

    async def watchlist(
        self, viewer: UUID, state: WatchState | None, before: dt.datetime | None, limit: int
    ) -> list[WatchlistEntry]:
        """Return somebody's list, what was changed last first."""
        given: dict[str, object] = {
            "viewer": viewer,
            "state": state,
            "before": (before or _later(self._now())).isoformat(),
            "limit": limit,
        }
        return await self._gateway().fetch("edges.watchlist_page", given, into=list[WatchlistEntry])

    async def _move_on(self, viewer: UUID, playback: Playback) -> None:
        """Count a finished episode in the list, where the work is on it and no further."""
        entry = await self._entry(viewer, playback.work) if playback.is_finished else None
        if entry is not None and playback.episode > entry.progress:
            state: WatchState = "watching" if entry.state == "planned" else entry.state
            await self.put(viewer, playback.work, state, playback.episode)

    async def _entry(self, viewer: UUID, work: UUID) -> WatchlistEntry | None:
        found = await self._gateway().fetch(
            "edges.watchlist_entry", {"viewer": viewer, "work": work}, into=list[WatchlistEntry]
        )
        return found[0] if found else None

    def _remember(self, key: tuple[UUID, UUID, int], now: dt.datetime) -> None:
        self._written[key] = now
        self._written.move_to_end(key)
        if len(self._written) > _MOST_REMEMBERED:
            self._written.popitem(last=False)


def _later(now: dt.datetime) -> dt.datetime:
    """Return a time after all that was written until now, the store's clock being another."""
    return now + dt.timedelta(minutes=1)
