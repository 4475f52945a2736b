"""Who asks, and guards that let managers alone pass.

`Authentication` is all that a way of signing in has to bring. That of today knows managers and
their tokens (`kensho.http.manager_sessions`); accounts bring their own, and routes stay as they
are. A controller for managers declares

    guards = MANAGER_GUARDS        # of the API; pages take `MANAGER_PAGE_GUARDS`
    security = MANAGER_SECURITY    # of the API, for its document

and is not declared public, so that its answers are kept nowhere (`kensho.http.privacy`). A handler
asks `manager_of(request)` who it is.

Guarantees: a token comes in the header `Authorization` alone, never in an address. What a cookie
signs in may write only from our own pages. A right token passes, however many wrong ones came
before; wrong ones are counted by address and refused 429 beyond the limit. Tokens and sessions are
long and random, so that the limit bounds load and not guesses: passwords must ask it first.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic
from typing import Any, Final, Literal, Protocol, TypeAlias, cast

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.openapi.spec import SecurityRequirement
from litestar.types import Scope

from kensho.errors import (
    ForbiddenError,
    KenshoError,
    NotFoundError,
    RateLimitedError,
    UnauthorizedError,
)
from kensho.http import hosts
from kensho.http.privacy import SESSION_COOKIE
from kensho.platform.rate_limits import RateLimiter

Guard: TypeAlias = Callable[
    [ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Awaitable[None] | None
]
Role: TypeAlias = Literal["viewer", "manager"]
Connection: TypeAlias = ASGIConnection[Any, Any, Any, Any]
MANAGER_SECURITY: Final[Sequence[SecurityRequirement] | None] = ({"manager": []},)
"""Names the scheme of the API's document that `kensho.api.openapi` describes."""
STATE: Final = "access_control"
"""Where the state of the application has the `AccessControl`."""
_CALLER: Final = "kensho_caller"
_IDENTIFIED: Final = "kensho_identified"
_BEARER: Final = re.compile(r"bearer +([\x21-\x7e]{1,4096})", re.IGNORECASE)
_READS: Final = ("GET", "HEAD", "OPTIONS")
_COOKIE_FLAGS: Final = "Path=/; Secure; HttpOnly; SameSite=Lax"
"""`__Host-` in a cookie's name demands the first two. Lax, so that a link in a letter finds its
reader signed in; what writes is checked by its origin."""
_WINDOW_S: Final = 300
_FAILURES_OF_ADDRESS: Final = 20
_FAILURES_OF_NAME: Final = 5
"""In five minutes. Who has forgotten which token it is tries a few; an office behind one address
has several such people."""


class Caller(msgspec.Struct, frozen=True):
    """Who is signed in."""

    name: str
    role: Role

    @property
    def key(self) -> str:
        """Return under what its requests are counted."""
        return f"manager {self.name}"


class Authentication(Protocol):
    """A way of signing in."""

    def is_offered(self) -> bool:
        """Tell whether there is anybody who could sign in."""
        ...

    async def of_token(self, token: str) -> Caller | None:
        """Return whose token it is."""
        ...

    async def of_session(self, session: str) -> Caller | None:
        """Return who is signed in by a cookie of this value, unless that has ended."""
        ...

    async def sign_in(self, name: str, secret: str) -> str | None:
        """Return the cookie's value of a new session, if name and secret are right."""
        ...

    async def sign_out(self, session: str) -> None:
        """End a session, as far as it can be ended here."""
        ...

    @property
    def session_s(self) -> int:
        """Return how long a session lasts at most."""
        ...


class AccessControl:
    """Finds out who asks, by one way of signing in; `public_url` is our own origin, if it is set.

    Wrong tokens are counted in each process.
    """

    def __init__(
        self,
        authentication: Authentication,
        public_url: str | None = None,
        clock_s: Callable[[], float] = monotonic,
    ) -> None:
        self.authentication: Final = authentication
        self._public_url = public_url
        self._clock_s = clock_s
        self._of_address = RateLimiter(_FAILURES_OF_ADDRESS, _WINDOW_S)
        self._of_name = RateLimiter(_FAILURES_OF_NAME, _WINDOW_S)

    async def identify(self, connection: Connection) -> Caller:
        """Return who asks; asked again of one request, it answers the same.

        Raises:
            UnauthorizedError: nobody is signed in, or the token or session is not valid.
            ForbiddenError: a cookie came with a request to write that is not from our pages.
            RateLimitedError: too many wrong tokens came from this address.
        """
        state = connection.scope["state"]
        found: Caller | KenshoError | None = state.get(_IDENTIFIED)
        if found is None:
            try:
                found = await self._identified(connection)
            except KenshoError as error:
                found = error
            state[_IDENTIFIED] = found
        if isinstance(found, KenshoError):
            raise found
        return found

    async def _identified(self, connection: Connection) -> Caller:
        given = connection.headers.get("authorization")
        if given is not None:
            return await self._of_header(connection, given)
        session = session_of(connection)
        caller = None if session is None else await self.authentication.of_session(session)
        if caller is None:
            code = "sign_in" if session is None else "session_ended"
            raise UnauthorizedError("sign in, or send a token of a manager", code=code)
        if cast("dict[str, Any]", connection.scope)["method"] not in _READS:
            self.check_origin(connection)
        return caller

    async def sign_in(self, connection: Connection, name: str, secret: str) -> str:
        """Return the cookie that signs in whoever knows name and secret.

        Raises:
            UnauthorizedError: they are not right.
            ForbiddenError: the request is not from our pages.
            RateLimitedError: too many wrong ones came for this name or from this address.
        """
        self.check_origin(connection)
        session = await self.authentication.sign_in(name, secret)
        if session is None:
            self._count(self._of_name, name.casefold(), "name")
            self._count_address(connection)
            raise UnauthorizedError("the name or the token is wrong", code="invalid_credentials")
        return self.cookie(session)

    def cookie(self, session: str) -> str:
        """Return the cookie of a session that has begun."""
        return _cookie(session, self.authentication.session_s)

    async def sign_out(self, connection: Connection) -> str:
        """Return the cookie that signs out; raises `ForbiddenError` as `sign_in`."""
        self.check_origin(connection)
        session = session_of(connection)
        if session is not None:
            await self.authentication.sign_out(session)
        return _cookie("", 0)

    def check_origin(self, connection: Connection) -> None:
        """Refuse what another site's page makes a browser send.

        Browsers tell by `Sec-Fetch-Site` (Fetch Metadata), older ones by `Origin`.

        Raises:
            ForbiddenError: it is not from our own pages, or nothing tells that it is.
        """
        site, origin = connection.headers.get("sec-fetch-site"), connection.headers.get("origin")
        if site is not None:
            is_own = site == "same-origin"
        else:
            is_own = origin is not None and self._is_own(connection.scope, origin.lower())
        if not is_own:
            raise ForbiddenError("this is taken from our own pages only", code="cross_origin")

    def _is_own(self, scope: Scope, origin: str) -> bool:
        if self._public_url is not None and origin == self._public_url.lower():
            return True
        host = hosts.host_of(scope).lower()
        return bool(host) and origin in (f"https://{host}", f"http://{host}")

    async def _of_header(self, connection: Connection, given: str) -> Caller:
        match = _BEARER.fullmatch(given.strip())
        caller = None if match is None else await self.authentication.of_token(match[1])
        if caller is None:
            self._count_address(connection)
            raise UnauthorizedError("this token is not valid", code="invalid_token")
        return caller

    def _count_address(self, connection: Connection) -> None:
        client = connection.client
        name = self._of_address.name_of(client.host if client else "")
        self._count(self._of_address, name or "", "address")

    def _count(self, limiter: RateLimiter, name: str, scope: str) -> None:
        decision = limiter.judge(name, 1.0, self._clock_s())
        if not decision.allowed:
            raise RateLimitedError(
                "too many wrong tokens or names; try again later",
                retry_after_s=decision.retry_after_s,
                scope=f"sign_in_{scope}",
            )


async def manager_only(connection: Connection, _handler: BaseRouteHandler) -> None:
    """Let managers pass: the guard of the API's routes.

    Raises:
        UnauthorizedError, ForbiddenError, RateLimitedError: as `AccessControl.identify`, and for
            callers that are no managers.
    """
    caller = await access_of(connection).identify(connection)
    if caller.role != "manager":
        raise ForbiddenError("this is for managers", code="not_a_manager")
    connection.scope["state"][_CALLER] = caller


async def manager_page(connection: Connection, handler: BaseRouteHandler) -> None:
    """Let managers pass: the guard of pages, which are not there where nobody could sign in.

    Raises:
        NotFoundError: nobody could sign in.
        UnauthorizedError, ForbiddenError, RateLimitedError: as `manager_only`.
    """
    if not access_of(connection).authentication.is_offered():
        raise NotFoundError("there is no manager here; `kensho managers add` makes one")
    await manager_only(connection, handler)


MANAGER_GUARDS: Final[Sequence[Guard] | None] = (manager_only,)
MANAGER_PAGE_GUARDS: Final[Sequence[Guard] | None] = (manager_page,)


def manager_of(request: Request[Any, Any, Any]) -> Caller:
    """Return the manager that a guarded request is from."""
    return cast("Caller", request.scope["state"][_CALLER])


def access_of(connection: Connection) -> AccessControl:
    """Return what finds out who asks."""
    return cast("AccessControl", connection.app.state[STATE])


def session_of(connection: Connection) -> str | None:
    """Return the value of the session cookie."""
    return connection.cookies.get(SESSION_COOKIE.decode()) or None


def _cookie(value: str, age_s: int) -> str:
    return f"{SESSION_COOKIE.decode()}={value}; Max-Age={age_s}; {_COOKIE_FLAGS}"
