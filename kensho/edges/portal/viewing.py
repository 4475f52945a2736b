"""Gives viewers tickets of films that play now, and the next one before the last is over.

Guarantees: whether a film plays is read from the store for every ticket, so that one that is hidden
or over is played no longer than a ticket lives. A viewing session is its viewer's: who shows
another's, signed in as somebody else, gets none.
"""

import datetime as dt
from typing import Final
from uuid import UUID

import structlog
from cachetools import LRUCache
from prometheus_client import CollectorRegistry, Counter
from typing_extensions import override

from kensho.edges.accounts.sessions import Now, Session
from kensho.edges.playback.documents import PlaybackEvent
from kensho.edges.playback.events import Noted, Player
from kensho.edges.playback.figures import PlayingEdge
from kensho.edges.portal.documents import StreamTokenView, TicketCaption, caption_path
from kensho.edges.portal.movie_store import MovieStore, Viewing
from kensho.edges.portal.movies import PortalMovie, blockers
from kensho.edges.portal.tickets import Tickets, new_viewing_secret, viewing_of
from kensho.errors import ConflictError, ForbiddenError, KenshoError, NotFoundError

LONGEST: Final = dt.timedelta(hours=12)
"""Of a viewing session: a long film with a long pause."""
_MOST_KNOWN: Final = 16_384
_log: Final = structlog.get_logger("kensho.edges")


class ViewingMetrics:
    """Counts tickets by what came of asking for one."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._tickets = Counter(
            "kensho_portal_tickets",
            "Tickets of films of the portal, by what came of asking for one.",
            ("outcome",),
            registry=registry,
        )

    def count(self, outcome: str) -> None:
        """Count one."""
        self._tickets.labels(outcome).inc()


class ViewingService:
    """Issues tickets; `edge_url` is the origin of the edge that takes them, or nothing for ours."""

    def __init__(
        self,
        store: MovieStore,
        tickets: Tickets,
        edge_url: str | None,
        now: Now,
        metrics: ViewingMetrics,
    ) -> None:
        self._store = store
        self._tickets = tickets
        self._edge_url = edge_url or ""
        self._now = now
        self._metrics = metrics

    async def begin(self, movie: UUID, context: str, viewer: UUID | None) -> StreamTokenView:
        """Begin to watch a film.

        Raises:
            NotFoundError: there is no such film.
            ForbiddenError: `not_available`, it is hidden, or out of its window.
            ConflictError: `captions_missing` or `source_invalid`.
        """
        film = await self._playable(movie)
        secret = new_viewing_secret()
        viewing = viewing_of(secret) or ""
        now = self._now()
        held = Viewing(movie=movie, viewer=viewer, started_at=now, ends_at=now + LONGEST)
        await self._store.add_viewing(viewing, held, context)
        answer = self._answer(film, secret, viewing, held, "issued")
        _log.info("watch_started", movie_id=str(movie), viewing=viewing)
        return answer

    async def go_on(self, movie: UUID, secret: str, viewer: UUID | None) -> StreamTokenView:
        """Return the next ticket of a viewing session; raises as `begin`.

        Raises:
            NotFoundError: `viewing_ended`, there is no such viewing session of this film, or it is
                over.
            ForbiddenError: `not_your_session`, somebody else began it.
        """
        viewing = viewing_of(secret)
        held = None if viewing is None else await self._store.viewing(viewing, self._now())
        if viewing is None or held is None or held.movie != movie:
            self._metrics.count("refused")
            raise NotFoundError("this viewing session is over: begin anew", code="viewing_ended")
        if held.viewer is not None and viewer not in (None, held.viewer):
            self._metrics.count("refused")
            raise ForbiddenError("somebody else began this", code="not_your_session")
        return self._answer(await self._playable(movie), secret, viewing, held, "refreshed")

    async def playable(self, movie: UUID) -> PortalMovie:
        """Return a film that plays now; raises as `begin`."""
        film = await self._store.get(movie)
        if film.visibility != "VISIBLE":
            raise ForbiddenError("this film is not available", code="not_available")
        schedule = film.window.schedule(self._now())
        if schedule != "CURRENT":
            said = "not yet" if schedule == "UPCOMING" else "no longer"
            raise ForbiddenError(f"this film is {said} available", code="not_available")
        found = blockers(film)
        if found:
            raise ConflictError("this film can't be played now", code=found[0].code)
        return film

    async def _playable(self, movie: UUID) -> PortalMovie:
        try:
            return await self.playable(movie)
        except KenshoError:
            self._metrics.count("refused")
            raise

    def _answer(
        self, movie: PortalMovie, secret: str, viewing: str, held: Viewing, outcome: str
    ) -> StreamTokenView:
        until = min(at for at in (held.ends_at, movie.ends_at) if at is not None)
        ticket = self._tickets.issue(movie.id, viewing, until)
        self._metrics.count(outcome)
        return StreamTokenView(
            signed_url=f"{self._edge_url}/hls/{ticket.text}/{movie.id}/master.m3u8",
            expires_at=ticket.expires_at,
            session_id=secret,
            refresh_after=ticket.refresh_after_s,
            captions=[
                TicketCaption(
                    language_code=one.language,
                    url=caption_path(movie.id, one.id),
                    is_default=one.is_default,
                )
                for one in movie.valid_captions
            ],
        )


class FilmPlayers(Player):
    """Who may tell of playing films: whoever has the secret of a viewing session that goes on.

    What was looked up is remembered, because players tell often; a session that is remembered ends
    when it would have.
    """

    edge: PlayingEdge = "portal"

    def __init__(self, store: MovieStore, now: Now) -> None:
        self._store = store
        self._now = now
        self._known: LRUCache[str, dt.datetime] = LRUCache(_MOST_KNOWN)

    @override
    async def playing(self, session: Session | None, session_id: str) -> Noted | None:
        """Return what takes events of a viewing session; nothing for what is the id of none.

        Raises:
            NotFoundError: `ended`, there is no such viewing session, or it is over.
        """
        viewing = viewing_of(session_id)
        if viewing is None:
            return None
        now = self._now()
        ends_at = self._known.get(viewing)
        if ends_at is None:
            held = await self._store.viewing(viewing, now)
            if held is None:
                raise NotFoundError("this viewing session is over: begin anew", code="ended")
            ends_at = self._known[viewing] = held.ends_at
        if now >= ends_at:
            raise NotFoundError("this viewing session is over: begin anew", code="ended")
        return _nothing_more


async def _nothing_more(_event: PlaybackEvent) -> None:
    """Keep nothing of a film's event but its figures: who watches need not be signed in."""
