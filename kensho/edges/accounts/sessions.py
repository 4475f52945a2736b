"""Sessions, and what keeps them: in this process, or in Redis for several.

A session's `id` names it and opens nothing: it is a digest of the secret in the cookie, so that
neither Redis nor a list of sessions holds what could be sent as a cookie. Access and refresh tokens
bear the id, under a signature.

Guarantees: a session ends when it was idle for `IDLE`, and at the latest after `LONGEST`. To end
one is final: nothing renews it again. A store that can't be asked raises, and never says that a
session is unknown.
"""

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias
from uuid import UUID

import msgspec

from kensho.errors import UpstreamUnavailableError
from kensho.http.authentication import Role

Realm: TypeAlias = Literal["account", "provider"]
Now: TypeAlias = Callable[[], dt.datetime]
"""Tells the time in UTC."""

IDLE: Final = dt.timedelta(minutes=15)
LONGEST: Final = dt.timedelta(hours=12)
REPEAT: Final = dt.timedelta(seconds=10)
"""For so long after a rotation the refresh token before it is answered with the new one: a client
that lost the answer, or sent two requests at once, is not taken for a thief."""
MOST_OF_SUBJECT: Final = 50
"""Sessions that one person has at once; the one that ends soonest gives way."""
MAX_DEVICE_CHARS: Final = 200


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in, since when, and until when.

    `subject` is the person, the account's id where there is one; `expires_at` moves with each use
    up to `ends_at`. `generation` is that of the refresh token that counts, `rotated_at` when it
    was made. `sealed` is what the provider gave, sealed with the session's id.
    """

    id: str
    subject: UUID
    realm: Realm
    account_id: UUID | None
    name: str
    role: Role
    created_at: dt.datetime
    expires_at: dt.datetime
    ends_at: dt.datetime
    generation: int = 0
    rotated_at: dt.datetime | None = None
    sealed: bytes | None = None
    device: str = ""


class Rotation(NamedTuple):
    """What came of a refresh token: `repeated` is one that was rotated a moment ago.

    Of a token that was `reused` the session has ended; of an `unknown` one there is none.
    """

    outcome: Literal["rotated", "repeated", "reused", "unknown"]
    session: Session | None


class SessionsUnavailableError(UpstreamUnavailableError):
    """The store of sessions can't be asked: whether somebody is signed in is not known."""

    def __init__(self) -> None:
        super().__init__("sessions can't be looked up now", code="sessions_unavailable")


class SessionStore(Protocol):
    """Keeps sessions; every method raises `SessionsUnavailableError` where it can't be asked."""

    async def create(self, session: Session) -> Sequence[str]:
        """Keep a new session; return the ids of those of its subject that gave way."""
        ...

    async def renew(self, sid: str) -> Session | None:
        """Return a session that goes on, from now on for another `IDLE`."""
        ...

    async def rotate(self, sid: str, generation: int) -> Rotation:
        """Take a refresh token of a generation, and renew as `renew`; in one step."""
        ...

    async def seal(self, sid: str, sealed: bytes) -> bool:
        """Replace what a session has sealed; return whether it goes on. It is not renewed."""
        ...

    async def end(self, sid: str) -> bool:
        """End a session; return whether it went on until now."""
        ...

    async def end_all(self, subject: UUID, besides: str | None = None) -> Sequence[str]:
        """End all sessions of a subject, but one perhaps; return their ids."""
        ...

    async def of_subject(self, subject: UUID) -> Sequence[Session]:
        """Return the sessions of a subject that go on, the latest first; none is renewed."""
        ...

    async def living(self, sids: Collection[str]) -> frozenset[str]:
        """Return those of some sessions that go on; none is renewed."""
        ...


def renewed(session: Session, now: dt.datetime) -> Session:
    """Return a session as it is after a use."""
    return msgspec.structs.replace(session, expires_at=min(now + IDLE, session.ends_at))


def rotation_of(session: Session, generation: int, now: dt.datetime) -> Rotation:
    """Return what comes of a refresh token of a session that goes on; it is not renewed here."""
    if generation == session.generation:
        rotated = msgspec.structs.replace(session, generation=generation + 1, rotated_at=now)
        return Rotation("rotated", rotated)
    is_former = generation == session.generation - 1 and session.rotated_at is not None
    if is_former and session.rotated_at is not None and now - session.rotated_at <= REPEAT:
        return Rotation("repeated", session)
    return Rotation("reused" if generation < session.generation else "unknown", None)
