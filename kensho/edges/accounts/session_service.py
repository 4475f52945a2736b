"""What the edges do with sessions: begin, renew, end them, and hear of those that ended.

Guarantees: every session begins under a new id. A listener hears once of each session that was used
in this process and goes on no more, whoever ended it and where: at once of those ended here, and
of others within `_LOOK_S` seconds.
"""

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Final, NamedTuple, TypeAlias
from uuid import UUID

import msgspec
import structlog

from kensho.edges.accounts.account_store import AccountStore
from kensho.edges.accounts.sessions import (
    IDLE,
    LONGEST,
    MAX_DEVICE_CHARS,
    Now,
    Realm,
    Rotation,
    Session,
    SessionStore,
    SessionsUnavailableError,
)
from kensho.edges.accounts.tokens import new_secret, sid_of
from kensho.errors import StorageError
from kensho.http.authentication import Role
from kensho.platform.keyring import Keyring

_LOOK_S: Final = 5.0
_OVERLAP: Final = dt.timedelta(seconds=10)
"""Changes are looked for again for so long: one that was begun before another may end after it."""
_log = structlog.get_logger("kensho.edges")

Ended: TypeAlias = Callable[[str], None]
"""Is told the id of a session that has ended; it must not raise."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Who signs in; `tokens` are what the provider gave, to be sealed in the session."""

    subject: UUID
    realm: Realm
    account_id: UUID | None
    name: str
    role: Role = "viewer"
    tokens: bytes | None = None


class BegunSession(NamedTuple):
    """A new session, and the secret that its cookie would hold; it is told once."""

    session: Session
    secret: str


class SessionService:
    """The sessions of all edges, over a store of them."""

    def __init__(self, store: SessionStore, keyring: Keyring, now: Now) -> None:
        self._store = store
        self._keyring = keyring
        self._now = now
        self._listeners: list[Ended] = []
        self._used: set[str] = set()

    def on_ended(self, listener: Ended) -> None:
        """Let a listener hear of sessions that end."""
        self._listeners.append(listener)

    async def begin(self, person: Person, device: str) -> BegunSession:
        """Begin a session of somebody who has just proved who it is.

        Raises:
            SessionsUnavailableError: it can't be kept now.
        """
        secret, now = new_secret(), self._now()
        sid = sid_of(secret) or ""
        session = Session(
            id=sid,
            subject=person.subject,
            realm=person.realm,
            account_id=person.account_id,
            name=person.name,
            role=person.role,
            created_at=now,
            expires_at=now + IDLE,
            ends_at=now + LONGEST,
            sealed=None if person.tokens is None else self._sealed(sid, person.tokens),
            device=device[:MAX_DEVICE_CHARS],
        )
        for gone in await self._store.create(session):
            self._tell(gone)
        self._note(session)
        return BegunSession(session, secret)

    async def of_secret(self, secret: str) -> Session | None:
        """Return the session whose cookie holds a text, renewed; nothing if it has ended."""
        sid = sid_of(secret)
        return None if sid is None else await self.renew(sid)

    async def renew(self, sid: str) -> Session | None:
        """Return a session, renewed; nothing if it has ended.

        Raises:
            SessionsUnavailableError: it is not known whether it goes on.
        """
        session = await self._store.renew(sid)
        if session is None:
            self._tell(sid)
        else:
            self._note(session)
        return session

    async def rotate(self, sid: str, generation: int) -> Rotation:
        """Take a refresh token; one that was used before ends its session. Raises as `renew`."""
        rotation = await self._store.rotate(sid, generation)
        if rotation.session is not None:
            self._note(rotation.session)
        elif rotation.outcome == "reused":
            self._tell(sid)
        return rotation

    async def end(self, sid: str) -> None:
        """End a session. Raises as `renew`."""
        await self._store.end(sid)
        self._tell(sid)

    async def end_all(self, subject: UUID, besides: str | None = None) -> int:
        """End all sessions of somebody, but one perhaps; return how many. Raises as `renew`."""
        ended = await self._store.end_all(subject, besides)
        for sid in ended:
            self._tell(sid)
        return len(ended)

    async def of_subject(self, subject: UUID) -> Sequence[Session]:
        """Return the sessions of somebody, the latest first; raises as `renew`."""
        return await self._store.of_subject(subject)

    async def seal(self, sid: str, tokens: bytes) -> bool:
        """Replace the provider's tokens in a session; return whether it goes on."""
        return await self._store.seal(sid, self._sealed(sid, tokens))

    def unsealed(self, session: Session) -> bytes | None:
        """Return the provider's tokens in a session, if it has any.

        Raises:
            BrokenSealError: they were not sealed for this session, or with a key that is gone.
        """
        if session.sealed is None:
            return None
        return self._keyring.open(session.sealed, session.id.encode())

    @contextlib.asynccontextmanager
    async def watching(self, accounts: AccountStore | None) -> AsyncGenerator[None]:
        """Look for sessions that ended elsewhere, and end those of accounts that were changed."""
        looking = asyncio.create_task(self._look_for_ever(accounts))
        try:
            yield
        finally:
            looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await looking

    async def look(self) -> None:
        """Tell listeners of sessions that ended elsewhere, or by themselves."""
        known = list(self._used)
        with contextlib.suppress(SessionsUnavailableError):
            living = await self._store.living(known)
            for sid in known:
                if sid not in living:
                    self._tell(sid)

    async def apply_changes(self, accounts: AccountStore, since: dt.datetime) -> dt.datetime:
        """End the sessions of accounts that were disabled or given another role since.

        Returns:
            The time of the last change.
        """
        for account in await accounts.changed_since(since - _OVERLAP):
            since = max(since, account.changed_at)
            for session in await self._store.of_subject(account.id):
                if session.role != account.role or account.disabled_at is not None:
                    await self.end(session.id)
        return since

    async def _look_for_ever(self, accounts: AccountStore | None) -> None:
        since = self._now() - LONGEST
        while True:
            await asyncio.sleep(_LOOK_S)
            await self.look()
            if accounts is None:
                continue
            try:
                since = await self.apply_changes(accounts, since)
            except (StorageError, SessionsUnavailableError) as error:
                _log.warning("account_changes_not_read", reason=error.message)

    def _sealed(self, sid: str, tokens: bytes) -> bytes:
        return self._keyring.seal(tokens, sid.encode())

    def _note(self, session: Session) -> None:
        self._used.add(session.id)

    def _tell(self, sid: str) -> None:
        if sid in self._used:
            self._used.discard(sid)
            for listener in self._listeners:
                listener(sid)
