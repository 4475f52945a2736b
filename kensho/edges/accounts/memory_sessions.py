"""Sessions in the memory of one process; they end with it."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

import msgspec
from typing_extensions import override

from kensho.edges.accounts.sessions import (
    MOST_OF_SUBJECT,
    Now,
    Rotation,
    Session,
    SessionStore,
    renewed,
    rotation_of,
)

_MOST: Final = 100_000
"""Sessions at once, of 1 KB each; beyond that the one that was longest unused ends."""


class MemorySessions(SessionStore):
    """Keeps sessions in dictionaries, the longest unused first."""

    def __init__(self, now: Now) -> None:
        self._now = now
        self._sessions: dict[str, Session] = {}
        self._of_subject: dict[UUID, set[str]] = {}

    @override
    async def create(self, session: Session) -> Sequence[str]:
        """Keep a new session."""
        own = sorted(self._going_on_of(session.subject), key=lambda one: one.expires_at)
        gone = [one.id for one in own[: max(0, len(own) + 1 - MOST_OF_SUBJECT)]]
        if len(self._sessions) >= _MOST:
            gone.append(next(iter(self._sessions)))
        for sid in gone:
            self._drop(sid)
        self._sessions[session.id] = session
        self._of_subject.setdefault(session.subject, set()).add(session.id)
        return gone

    @override
    async def renew(self, sid: str) -> Session | None:
        """Return a session that goes on, renewed."""
        now = self._now()
        session = self._going_on(sid, now)
        return None if session is None else self._kept(renewed(session, now))

    @override
    async def rotate(self, sid: str, generation: int) -> Rotation:
        """Take a refresh token of a generation."""
        now = self._now()
        session = self._going_on(sid, now)
        if session is None:
            return Rotation("unknown", None)
        rotation = rotation_of(session, generation, now)
        if rotation.session is not None:
            return rotation._replace(session=self._kept(renewed(rotation.session, now)))
        if rotation.outcome == "reused":
            self._drop(sid)
        return rotation

    @override
    async def seal(self, sid: str, sealed: bytes) -> bool:
        """Replace what a session has sealed."""
        session = self._going_on(sid, self._now())
        if session is not None:
            self._sessions[sid] = msgspec.structs.replace(session, sealed=sealed)
        return session is not None

    @override
    async def end(self, sid: str) -> bool:
        """End a session."""
        went_on = self._going_on(sid, self._now()) is not None
        self._drop(sid)
        return went_on

    @override
    async def end_all(self, subject: UUID, besides: str | None = None) -> Sequence[str]:
        """End all sessions of a subject, but one perhaps."""
        ended = [one.id for one in self._going_on_of(subject) if one.id != besides]
        for sid in ended:
            self._drop(sid)
        return ended

    @override
    async def of_subject(self, subject: UUID) -> Sequence[Session]:
        """Return the sessions of a subject that go on, the latest first."""
        return sorted(self._going_on_of(subject), key=lambda one: one.created_at, reverse=True)

    @override
    async def living(self, sids: Collection[str]) -> frozenset[str]:
        """Return those of some sessions that go on."""
        now = self._now()
        return frozenset(sid for sid in sids if self._going_on(sid, now) is not None)

    def _going_on(self, sid: str, now: dt.datetime) -> Session | None:
        """Return a session unless it has ended; one whose time is over is dropped."""
        session = self._sessions.get(sid)
        if session is not None and session.expires_at <= now:
            self._drop(sid)
            return None
        return session

    def _going_on_of(self, subject: UUID) -> list[Session]:
        now = self._now()
        found = (self._going_on(sid, now) for sid in list(self._of_subject.get(subject, ())))
        return [session for session in found if session is not None]

    def _kept(self, session: Session) -> Session:
        """Keep a session that was used as the last one used."""
        del self._sessions[session.id]
        self._sessions[session.id] = session
        return session

    def _drop(self, sid: str) -> None:
        session = self._sessions.pop(sid, None)
        if session is None:
            return
        own = self._of_subject[session.subject]
        own.discard(sid)
        if not own:
            del self._of_subject[session.subject]
