"""The edge of accounts as the composition sees it."""

import contextlib
import functools
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from litestar import Controller
from litestar.types import ControllerRouterHandler
from typing_extensions import override

from kensho.api.providers import provided
from kensho.edges.accounts.account_page import AccountPageController
from kensho.edges.accounts.account_store import AccountStore
from kensho.edges.accounts.accounts_api import AccountsController
from kensho.edges.accounts.administration import StoredAdministration
from kensho.edges.accounts.audit import AuditLog
from kensho.edges.accounts.auth_api import (
    AuthController,
    CurrentSessionController,
    RegisterController,
    SignInDesk,
)
from kensho.edges.accounts.authentication import SessionAuthentication, SessionCallers
from kensho.edges.accounts.me_api import (
    AuditController,
    AuditReading,
    HistoryController,
    PersonalLists,
    WatchlistController,
)
from kensho.edges.accounts.memory_sessions import MemorySessions
from kensho.edges.accounts.pages import LoginPageController, RegisterPageController
from kensho.edges.accounts.passwords import Passwords
from kensho.edges.accounts.session_service import SessionService
from kensho.edges.accounts.sessions import Now, SessionStore
from kensho.edges.accounts.signing_in import SignInParts, SignInService
from kensho.edges.accounts.throttling import MakeCounts, OwnCounts, SignInThrottle
from kensho.edges.accounts.tokens import Tokens
from kensho.edges.accounts.watching import Watching
from kensho.edges.edge import Edge, EdgeCore, pages_router
from kensho.edges.store import EdgeStore
from kensho.http.authentication import AccessControl
from kensho.platform.keyring import Keyring
from kensho.platform.timed_seals import OperatorTokens
from kensho.read_model.model import ReadModel
from kensho.web.sign_in_page import SignInController

if TYPE_CHECKING:
    from kensho.platform.redis import RedisDoor

FOLDER: Final = Path(__file__).parent


class AccountsEdge(Edge):
    """Accounts and sessions, and what people watch.

    Other edges use `sessions`, `sign_in` (whose `provider` they set), `audit` and `watching`.
    """

    def __init__(self, core: EdgeCore, store: EdgeStore) -> None:
        names = core.settings.edges.names
        self._core = core
        self._store = store
        core.renderer.offer_accounts()
        self._passwords = Passwords()
        self._accounts = AccountStore(store.gateway)
        self._tokens = Tokens(core.keys, core.now)
        self.audit: Final = AuditLog(store.gateway, core.now, core.metrics.registry)
        self.watching: Final = Watching(store.gateway, core.now)
        self.sessions: Final = SessionService(
            _session_store(core.redis, core.now), Keyring(core.keys, "provider-tokens"), core.now
        )
        self.sign_in: Final = SignInService(
            SignInParts(
                accounts=self._accounts,
                passwords=self._passwords,
                sessions=self.sessions,
                tokens=self._tokens,
                throttle=SignInThrottle(_counts(core.redis)),
                audit=self.audit,
                names=Keyring(core.keys, "subjects"),
            ),
            offers_accounts="accounts" in names,
        )
        self.access: Final = AccessControl(
            SessionAuthentication(
                self.sessions, self._tokens, core.managers, OperatorTokens(core.keys, core.now)
            ),
            core.settings.server.public_url,
        )
        self.callers: Final = SessionCallers(self.access)

    @property
    @override
    def route_handlers(self) -> Sequence[ControllerRouterHandler]:
        """Return the routes of accounts."""
        pages: list[type[Controller]] = [LoginPageController, AccountPageController]
        if self.sign_in.offers_accounts:
            pages.append(RegisterPageController)
        return (
            pages_router(self._core, pages),
            *([RegisterController, AccountsController] if self.sign_in.offers_accounts else ()),
            AuthController,
            CurrentSessionController,
            HistoryController,
            WatchlistController,
            AuditController,
        )

    @property
    @override
    def dependencies(self) -> Mapping[str, Any]:
        """Return what handlers ask for: `session`, `maybe_session`, and services."""
        desk = SignInDesk(self.sign_in, self._core.now)
        personal = PersonalLists(self.watching, self._model)
        audit = AuditReading(self.audit, self._core.now)
        administration = functools.partial(
            StoredAdministration, self._accounts, self.audit, self._passwords
        )
        given: dict[str, Callable[[], Any]] = {
            "sign_in": lambda: desk,
            "personal": lambda: personal,
            "audit": lambda: audit,
            "administration": lambda: administration,
        }
        return {**self.callers.dependencies, **provided(given)}

    @property
    @override
    def replaced_pages(self) -> frozenset[type[Controller]]:
        """Return the core's page to sign in, in whose place there is another."""
        return frozenset((SignInController,))

    @override
    def offers(self) -> Mapping[str, bool]:
        """Say whether people can sign in."""
        return {"accounts": self._store.is_open}

    @contextlib.asynccontextmanager
    @override
    async def open(self) -> AsyncGenerator[None]:
        """Look after sessions while the block runs."""
        await self._passwords.prepare()
        accounts = self._accounts if self.sign_in.offers_accounts else None
        try:
            async with self.sessions.watching(accounts):
                yield
        finally:
            self._passwords.close()

    def _model(self) -> ReadModel:
        return self._core.snapshot().model


def _session_store(redis: "RedisDoor | None", now: Now) -> SessionStore:
    if redis is None:
        return MemorySessions(now)
    from kensho.edges.accounts.redis_sessions import (  # noqa: PLC0415 -- else nothing needs Redis
        RedisSessions,
    )

    return RedisSessions(redis, now)


def _counts(redis: "RedisDoor | None") -> MakeCounts:
    """Return what counts failures: over all processes where there is a Redis."""
    if redis is None:
        return OwnCounts
    from kensho.edges.accounts.redis_counts import RedisCounts  # noqa: PLC0415 -- as above

    return functools.partial(RedisCounts, redis)
