"""Accounts for tests: a service over a store in memory, a clock that is told, and a provider."""

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Final

from kensho.edges.accounts.account_store import AccountStore
from kensho.edges.accounts.audit import AuditLog
from kensho.edges.accounts.memory_sessions import MemorySessions
from kensho.edges.accounts.passwords import Passwords
from kensho.edges.accounts.session_service import SessionService
from kensho.edges.accounts.sessions import SessionStore
from kensho.edges.accounts.signing_in import (
    ClientFacts,
    ProviderGrant,
    SignInParts,
    SignInService,
)
from kensho.edges.accounts.throttling import SignInThrottle
from kensho.edges.accounts.tokens import Tokens
from kensho.errors import UnauthorizedError
from kensho.platform.keyring import Keyring
from kensho.platform.secret_values import Secret
from kensho.storage.gateway import Gateway
from tests.support.session_model import ToldClock

KEYS: Final = (Secret("a secret that signs"), Secret("one that signed before"))
EMAIL: Final = "ada@example.org"
PASSWORD: Final = "correct horse battery"
CLIENT: Final = ClientFacts("192.0.2.7", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")


class KnownProvider:
    """A provider that knows one name, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    async def sign_in(self, username: str, password: str) -> ProviderGrant:
        """Let in whoever knows the password."""
        self.asked.append((username, password))
        if (username, password) != ("grace", PASSWORD):
            raise UnauthorizedError("wrong", code="invalid_credentials")
        return ProviderGrant(account="provider-7", name="grace", tokens=b"upstream-token")


class AccountRooms:
    """A service with all that it is made of."""

    def __init__(
        self, gateway: Callable[[], Gateway], clock: ToldClock, store: SessionStore | None = None
    ) -> None:
        self.clock = clock
        self.accounts = AccountStore(gateway)
        self.audit = AuditLog(gateway, clock.now)
        self.passwords = Passwords()
        self.tokens = Tokens(KEYS, clock.now)
        self.sessions = SessionService(
            store or MemorySessions(clock.now), Keyring(KEYS, "provider-tokens"), clock.now
        )
        self.service = SignInService(
            SignInParts(
                accounts=self.accounts,
                passwords=self.passwords,
                sessions=self.sessions,
                tokens=self.tokens,
                throttle=SignInThrottle(clock_s=clock.monotonic),
                audit=self.audit,
                names=Keyring(KEYS, "subjects"),
            ),
            offers_accounts=True,
        )


@contextlib.asynccontextmanager
async def account_rooms(
    gateway: Gateway, store: SessionStore | None = None
) -> AsyncIterator[AccountRooms]:
    """Build a service over an open store."""
    rooms = AccountRooms(lambda: gateway, ToldClock(), store)
    try:
        yield rooms
    finally:
        rooms.passwords.close()
