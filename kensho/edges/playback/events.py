"""What players tell of themselves: who may, how often, and what becomes of it.

Guarantees: an event counts only for something that is played now under its session id, and by whom
that edge lets tell of it. Of one playback few events are taken in a time. What players say is
bounded in size, becomes no label, and so can spoil figures by no more than its share.
"""

from collections.abc import Awaitable, Callable, Sequence
from time import monotonic
from typing import Final, Protocol, TypeAlias

from kensho.edges.accounts.sessions import Session
from kensho.edges.playback.documents import PlaybackEvent
from kensho.edges.playback.figures import PlaybackFigures, PlayingEdge
from kensho.errors import NotFoundError, RateLimitedError, UnauthorizedError
from kensho.platform.rate_limits import RateLimiter

_EVENT_BURST: Final = 6
_EVENT_WINDOW_S: Final = 30
"""One event in five seconds, and some more for whoever seeks or stalls."""
Noted: TypeAlias = Callable[[PlaybackEvent], Awaitable[None]]
"""Takes over an event that was admitted."""


class Player(Protocol):
    """An edge whose streams players tell of; `edge` names it in figures."""

    edge: PlayingEdge

    async def playing(self, session: Session | None, session_id: str) -> Noted | None:
        """Return what takes events of a playback that goes on; nothing if there is none such.

        Raises:
            KenshoError: there can't be, and why not.
        """
        ...


class PlaybackEvents:
    """Takes what players tell, each of one of the edges' streams."""

    def __init__(
        self,
        players: Sequence[Player],
        figures: PlaybackFigures,
        clock_s: Callable[[], float] = monotonic,
    ) -> None:
        self._players = players
        self._figures = figures
        self._clock_s = clock_s
        self._told = RateLimiter(_EVENT_BURST, _EVENT_WINDOW_S)

    async def tell(self, session: Session | None, event: PlaybackEvent) -> None:
        """Take over what a player tells of itself.

        Raises:
            NotFoundError: nothing is played under this id now.
            UnauthorizedError: nor can there be, for somebody who is not signed in.
            RateLimitedError: it tells too often.
        """
        for player in self._players:
            note = await player.playing(session, event.session_id)
            if note is not None:
                if event.kind != "leave":  # which comes once
                    self._admit(event.session_id)
                await self._figures.take(player.edge, event)
                await note(event)
                return
        if session is None and any(one.edge == "streams" for one in self._players):
            raise UnauthorizedError("sign in to tell of an episode", code="unauthorized")
        raise NotFoundError("this playback has ended; ask for the stream again", code="ended")

    def _admit(self, playback: str) -> None:
        decision = self._told.judge(playback, 1.0, self._clock_s())
        if not decision.allowed:
            raise RateLimitedError(
                "a player tells of itself once in five seconds",
                retry_after_s=decision.retry_after_s,
                scope="playback_events",
            )
