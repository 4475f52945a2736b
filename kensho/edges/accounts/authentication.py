"""Who asks: a session by cookie or access token, or a manager by a token of `kensho managers`.

Commands beside the server ask as `command`, by a token that the service's secret seals.

A handler that is for people who are signed in takes `session: GivenSession`; one that answers
anybody, and more to some, takes `maybe_session: GivenMaybeSession`. Routes for managers stay as
they are: an account of that role passes their guards.
"""

import re
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from litestar import Request
from litestar.di import NamedDependency, Provide
from litestar.openapi.spec import SecurityRequirement
from litestar.params import SkipValidation
from typing_extensions import override

from kensho.edges.accounts.session_service import SessionService
from kensho.edges.accounts.sessions import LONGEST, Session
from kensho.edges.accounts.tokens import Tokens
from kensho.errors import ForbiddenError, UnauthorizedError
from kensho.http.authentication import AccessControl, Authentication, Caller, Connection
from kensho.platform.managers import TOKEN_PREFIX
from kensho.platform.timed_seals import OperatorTokens

COMMAND: Final = "command"
"""Who changes accounts by commands, as the audit log has it; no session and no manager has it."""
_MANAGER_TOKEN: Final = re.compile(rf"{re.escape(TOKEN_PREFIX)}[A-Za-z0-9_-]{{43}}")
SESSION_SECURITY: Final[Sequence[SecurityRequirement] | None] = ({"session": []},)
"""Names the scheme below, for controllers whose handlers take a session."""
SECURITY_SCHEMES: Final = {
    "session": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The access token of a session, which `/api/auth/login` answers.",
    }
}

GivenSession: TypeAlias = NamedDependency[SkipValidation[Session]]
GivenMaybeSession: TypeAlias = NamedDependency[SkipValidation[Session | None]]
"""The annotations under which handlers ask for `session` and `maybe_session`."""


class SessionCaller(Caller, frozen=True):
    """Somebody who is signed in by a session."""

    session: Session

    @property
    @override
    def key(self) -> str:
        """Return under what the session's requests are counted."""
        return f"session {self.session.id}"


class SessionAuthentication(Authentication):
    """Knows sessions, and the managers of the core beside them."""

    def __init__(
        self,
        sessions: SessionService,
        tokens: Tokens,
        managers: Authentication,
        operators: OperatorTokens,
    ) -> None:
        self._sessions = sessions
        self._tokens = tokens
        self._managers = managers
        self._operators = operators

    @property
    @override
    def session_s(self) -> int:
        """Return how long a session lasts at most."""
        return int(LONGEST.total_seconds())

    @override
    def is_offered(self) -> bool:
        """Tell that anybody may sign in."""
        return True

    @override
    async def of_token(self, token: str) -> Caller | None:
        """Return whose token it is.

        Raises:
            UnauthorizedError: it was one of ours, and its time or its session is over.
            SessionsUnavailableError: whether the session goes on is not known now.
        """
        if is_manager_token(token):
            return await self._managers.of_token(token)
        if self._operators.is_good(token):
            return Caller(COMMAND, "manager")
        claims = self._tokens.read_access(token)
        if claims is None:
            return None
        if claims.is_expired:
            raise UnauthorizedError("this token has expired; refresh it", code="token_expired")
        session = await self._sessions.renew(claims.sid)
        if session is None or session.subject != claims.subject:
            raise UnauthorizedError("the session has ended; sign in", code="session_ended")
        return _caller(session)

    @override
    async def of_session(self, session: str) -> Caller | None:
        """Return who is signed in by a cookie of this value.

        Raises:
            SessionsUnavailableError: whether the session goes on is not known now.
        """
        if "." in session:  # as those of managers have, which are signed
            return await self._managers.of_session(session)
        found = await self._sessions.of_secret(session)
        return None if found is None else _caller(found)

    @override
    async def sign_in(self, name: str, secret: str) -> str | None:
        """Return the cookie's value of a new session of a manager of the core."""
        return await self._managers.sign_in(name, secret)

    @override
    async def sign_out(self, session: str) -> None:
        """End a session by its cookie's value."""
        found = None if "." in session else await self._sessions.of_secret(session)
        if found is not None:
            await self._sessions.end(found.id)


def is_manager_token(text: str) -> bool:
    """Tell whether a text is shaped as the tokens of `kensho managers` are, and as no other."""
    return _MANAGER_TOKEN.fullmatch(text) is not None


class SessionCallers:
    """Finds the session that a request is from."""

    def __init__(self, access: AccessControl) -> None:
        self._access = access

    async def of(self, request: Connection) -> Session:
        """Return the session that a request is from.

        Raises:
            UnauthorizedError, ForbiddenError, RateLimitedError: as `AccessControl.identify`; a
                manager who has no account is forbidden what needs one.
        """
        caller = await self._access.identify(request)
        if not isinstance(caller, SessionCaller):
            raise ForbiddenError("this needs an account: sign in to one", code="no_account")
        return caller.session

    async def of_anybody(self, request: Connection) -> Session | None:
        """Return the session that a request is from; nothing where there is none.

        Raises:
            UnauthorizedError, ForbiddenError, RateLimitedError: as `AccessControl.identify`, where
                a token is not right; a cookie of a session that has ended is none.
        """
        try:
            caller = await self._access.identify(request)
        except UnauthorizedError:
            if request.headers.get("authorization") is None:
                return None
            raise
        return caller.session if isinstance(caller, SessionCaller) else None

    @property
    def dependencies(self) -> dict[str, Provide]:
        """Return what handlers ask for: `session` and `maybe_session`."""

        async def session(request: Request[Any, Any, Any]) -> Session:
            return await self.of(request)

        async def maybe_session(request: Request[Any, Any, Any]) -> Session | None:
            return await self.of_anybody(request)

        return {"session": Provide(session), "maybe_session": Provide(maybe_session)}


def _caller(session: Session) -> SessionCaller:
    return SessionCaller(session.name, session.role, session)
