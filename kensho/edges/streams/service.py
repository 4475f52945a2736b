"""Resolves an episode of a work into a stream that somebody may play, and tells of playing.

Guarantees: nobody gets a stream who is not signed in with the provider, and nobody another's. What
was resolved before plays on while the provider is away: the answer says so (`stale`).
"""

import datetime as dt
import functools
import math
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple
from uuid import UUID

import msgspec
import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge
from typing_extensions import override

from kensho.discovery import works
from kensho.edges.accounts.sessions import Session
from kensho.edges.accounts.watching import FILM, FINISHED_SHARE, Playback, Watching
from kensho.edges.playback.documents import PlaybackEvent
from kensho.edges.playback.events import Noted, Player
from kensho.edges.playback.figures import PlayingEdge
from kensho.edges.provider.episodes import AudioTrack, ProviderEpisodeLists, chosen_track
from kensho.edges.provider.links import Link, LinkFile
from kensho.edges.provider.tokens import TokenKeeper
from kensho.edges.streams import playlists
from kensho.edges.streams.leases import Lease, LeaseKey, Leases
from kensho.edges.streams.playlists import Quality
from kensho.edges.streams.slots import SubtitleFile
from kensho.errors import (
    EpisodeNotFoundError,
    KenshoError,
    NotOfferedError,
    StorageError,
)
from kensho.read_model.holder import Snapshot

LANGUAGE: Final = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$"
MAX_EPISODE: Final = 10_000
_log = structlog.get_logger("kensho.edges")


class AudioTrackView(msgspec.Struct, frozen=True):
    """A language in which an episode can be heard."""

    language: str
    label: str


class StreamAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A stream that its caller may play until `expires_at`, and then ask for again.

    `quality` is what `stream_url` holds: `auto` for all that there are, which `qualities` names.
    `stale` tells that the provider is away, and that this is what it answered before. Players tell
    of themselves under `session_id`.
    """

    stream_url: str
    expires_at: dt.datetime
    quality: str
    qualities: Sequence[str]
    audio: str
    subtitles: Sequence[SubtitleFile]
    audio_tracks: Sequence[AudioTrackView]
    session_id: str
    stale: bool = False


class _Counted(msgspec.Struct, frozen=True):
    """What is read of a work's detail."""

    episodes: int | None = None


class StreamWish(NamedTuple):
    """What somebody wants to play: a quality, and languages of sound and subtitles."""

    quality: Quality = "auto"
    audio: str | None = None
    subtitles: str | None = None


class StreamMetrics:
    """What is counted of streams."""

    def __init__(self, registry: CollectorRegistry, held: Callable[[], int]) -> None:
        self.started = Counter(
            "kensho_streams_started", "Streams that were resolved", ("outcome",), registry=registry
        )
        gauge = Gauge("kensho_stream_slots", "Slots held at the provider", registry=registry)
        gauge.set_function(lambda: float(held()))


class StreamParts(msgspec.Struct, frozen=True):
    """What streams are resolved with."""

    links: LinkFile
    keeper: TokenKeeper
    episodes: ProviderEpisodeLists
    leases: Leases
    watching: Watching
    metrics: StreamMetrics
    snapshot: Callable[[], Snapshot]
    now: Callable[[], dt.datetime]
    clock_s: Callable[[], float]
    label: Callable[[str], str]
    """Tells what a language is called."""


class StreamService(Player):
    """Streams of one process."""

    edge: PlayingEdge = "streams"

    def __init__(self, parts: StreamParts) -> None:
        self._parts = parts

    async def resolve(
        self, session: Session, work: UUID, episode: int, wish: StreamWish
    ) -> StreamAnswer:
        """Return a stream.

        Raises:
            NotFoundError, GoneError, MovedError: there is no such work.
            NotOfferedError: no provider is known to have it.
            UnauthorizedError: the session is not one of the provider, or has ended there.
            KenshoError: as `Leases.get`.
        """
        try:
            answer = await self._resolved(session, work, episode, wish)
        except KenshoError as error:
            self._parts.metrics.started.labels(getattr(error, "code", None) or "refused").inc()
            raise
        self._parts.metrics.started.labels("stale" if answer.stale else "ok").inc()
        return answer

    async def _resolved(
        self, session: Session, work: UUID, episode: int, wish: StreamWish
    ) -> StreamAnswer:
        parts = self._parts
        link = self.link_of(work, episode)
        holder = parts.keeper.holder(session)
        tracks = await parts.episodes.tracks(link, episode, holder)
        track = chosen_track(tracks, wish.audio)
        key = LeaseKey(session.id, work, episode, track.language)
        lease = await parts.leases.get(key, holder, track.version)
        return self._answer(lease, tracks, wish)

    def link_of(self, work: UUID, episode: int) -> Link:
        """Return the link of a work that has an episode of this number.

        A season of the provider may hold more than the work, whose own count is what counts then.

        Raises:
            NotFoundError, GoneError, MovedError, NotOfferedError: as `resolve`.
            EpisodeNotFoundError: the work is known to have fewer episodes.
        """
        model = self._parts.snapshot().model
        node = works.locate(model, work)
        total = msgspec.json.decode(model.detail(node), type=_Counted).episodes
        if total and episode > total:
            raise EpisodeNotFoundError(f"the work has {total} episodes", code="episode_not_found")
        link = self._parts.links.of(work)
        if link is None:
            raise NotOfferedError("no provider is known to offer this work", code="not_offered")
        return link

    def release(self, session: Session, work: UUID, episode: int) -> None:
        """Give back what a session holds of an episode, in any language; there may be nothing."""
        own = (session.id, work, episode)
        self._parts.leases.release(lambda key: key[:3] == own)

    @override
    async def playing(self, session: Session | None, session_id: str) -> Noted | None:
        """Return what takes over what a player tells of a lease of a session's."""
        if session is None:
            return None
        lease = self._parts.leases.of_viewing(session.id, session_id)
        return None if lease is None else functools.partial(self._note, session, lease)

    async def resume_s(self, session: Session, work: UUID, episode: int) -> float:
        """Return where somebody left an episode, in seconds.

        That is the beginning where they saw it to its end, or where it can't be told now.
        """
        number = self._number(work, episode)
        try:
            found = await self._parts.watching.position(session.subject, work, number)
        except StorageError:
            return 0.0
        if found is None:
            return 0.0
        is_over = bool(found.duration_s) and found.position_s >= FINISHED_SHARE * (
            found.duration_s or 0.0
        )
        return 0.0 if is_over else found.position_s

    async def _note(self, session: Session, lease: Lease, event: PlaybackEvent) -> None:
        """Keep how far somebody watched, and give back what they leave."""
        if event.kind == "start":
            return
        key = lease.key
        if event.kind == "leave":
            self.release(session, key.work, key.episode)
        playback = Playback(
            work=key.work,
            episode=self._number(key.work, key.episode),
            position_s=event.position,
            duration_s=event.duration,
            is_last=event.kind in ("end", "error", "leave"),
        )
        try:
            await self._parts.watching.note(session.subject, playback)
        except StorageError as error:  # what plays goes on
            _log.warning("watch_history_not_kept", reason=type(error).__name__)

    def _number(self, work: UUID, episode: int) -> int:
        """Return the number under which an episode is kept: a film has one of its own."""
        model = self._parts.snapshot().model
        node = model.node(work)
        return FILM if node is not None and model.kind(node) == "movie" else episode

    def _answer(self, lease: Lease, tracks: Sequence[AudioTrack], wish: StreamWish) -> StreamAnswer:
        parts, stream = self._parts, lease.stream
        picked = playlists.chosen(stream.url, stream.variants, wish.quality)
        left_s = max(0.0, lease.fresh_until - parts.clock_s())
        heights = sorted({one.height for one in stream.variants if one.height}, reverse=True)
        return StreamAnswer(
            stream_url=picked.url,
            expires_at=parts.now() + dt.timedelta(seconds=math.floor(left_s)),
            quality=picked.quality,
            qualities=[f"{height}p" for height in heights],
            audio=lease.key.audio,
            subtitles=_wished(stream.subtitles, wish.subtitles),
            audio_tracks=[
                AudioTrackView(one.language, parts.label(one.language)) for one in tracks
            ],
            session_id=lease.viewing,
            stale=lease.is_stale,
        )


def _wished(files: Sequence[SubtitleFile], wanted: str | None) -> Sequence[SubtitleFile]:
    """Return subtitles, those of the wished language first; none if none are wished."""
    if wanted is None:
        return files
    if wanted == "none":
        return ()
    asked = wanted.lower()
    primary = asked.partition("-")[0]

    def distance(one: SubtitleFile) -> int:
        own = one.language.lower()
        return 0 if own == asked else 1 if own.partition("-")[0] == primary else 2

    return sorted(files, key=distance)
