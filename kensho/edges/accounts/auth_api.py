"""`/api/auth`: registering, signing in and out, and who is signed in."""

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any, Final, TypeAlias
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, post
from litestar.di import NamedDependency
from litestar.params import Body, SkipValidation

from kensho.api.operations import Documented, empty_operation, get_operation, post_operation
from kensho.edges.accounts.authentication import SESSION_SECURITY, GivenSession
from kensho.edges.accounts.documents import (
    GrantDocument,
    LoginBody,
    RefreshBody,
    RegisterBody,
    UserDocument,
)
from kensho.edges.accounts.sessions import Now
from kensho.edges.accounts.signing_in import ClientFacts, IssuedGrant, SignInService
from kensho.http.authentication import access_of
from kensho.http.request_costs import costing
from kensho.http.responses import UncachedResponse
from kensho.http.work_pool import client_of
from kensho.read_model.encoded import encoded

_CREATED: Final = 201
_HASH_COST: Final = 50
"""A password takes 45 ms of one core."""
_REFRESH_COST: Final = 2
_USER: Final = UserDocument(
    id=UUID("5f8d6f0e-6f43-4c1e-9a57-0f6f1c3f9b10"),
    email="ada@example.org",
    username="ada",
    avatar_url=None,
    created_at=dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC),
    role="viewer",
)
_GRANT: Final = GrantDocument(
    token="header.claims.mac",  # noqa: S106 -- an example
    access_token="header.claims.mac",  # noqa: S106
    token_type="Bearer",  # noqa: S106
    expires_in=900,
    expires_at=dt.datetime(2026, 11, 30, 12, 15, tzinfo=dt.UTC),
    refresh_token="session.0.key.mac",  # noqa: S106
    user=_USER,
)
_WRONG: Final = "Name or password is wrong (`invalid_credentials`); which is not told."


class SignInDesk(msgspec.Struct, frozen=True):
    """What handlers that sign in use: the service, and the time."""

    service: SignInService
    now: Now


GivenSignIn: TypeAlias = NamedDependency[SkipValidation[SignInDesk]]
"""The annotation under which handlers ask for `sign_in`."""


class RegisterController(Controller):
    """How accounts begin, where there are any."""

    path = "/api/auth"
    tags: Sequence[str] | None = ("auth",)

    @post_operation(
        "/register",
        Documented(
            "Make an account",
            "The account's first session.",
            {409: "The address has an account (`email_taken`)."},
        ),
        _GRANT,
        opt=costing(_HASH_COST),
        status=_CREATED,
    )
    async def register(
        self,
        request: Request[Any, Any, Any],
        sign_in: GivenSignIn,
        data: Annotated[RegisterBody, Body(description="The account.")],
    ) -> UncachedResponse[GrantDocument]:
        """Make an account with an e-mail address and a password of 8 to 128 characters."""
        grant = await sign_in.service.register(
            data.email, data.password, data.username, client_facts(request)
        )
        return _granted(grant, sign_in.now(), _CREATED)


class AuthController(Controller):
    """How sessions begin and go on."""

    path = "/api/auth"
    tags: Sequence[str] | None = ("auth",)

    @post_operation(
        "/login",
        Documented("Sign in", "A new session.", {401: _WRONG}),
        _GRANT,
        opt=costing(_HASH_COST),
    )
    async def login(
        self,
        request: Request[Any, Any, Any],
        sign_in: GivenSignIn,
        data: Annotated[LoginBody, Body(description="Who signs in, and where.")],
    ) -> UncachedResponse[GrantDocument]:
        """Sign in to an account by `email`, or to the provider by `username`.

        `realm` says it where the name's member should not: `account` or `provider`. One is never
        tried after the other.
        """
        service = sign_in.service
        given = service.credentials(
            email=data.email, username=data.username, password=data.password, realm=data.realm
        )
        return _granted(await service.sign_in(given, client_facts(request)), sign_in.now())

    @post_operation(
        "/refresh",
        Documented(
            "Refresh a session",
            "New tokens of the session; the refresh token that was sent is worth nothing more.",
            {
                401: "The token is none of ours (`invalid_refresh_token`), its session has ended"
                " (`session_expired`), or it was used before (`refresh_reused`), which ends the"
                " session."
            },
        ),
        msgspec.structs.replace(_GRANT, user=None),
        opt=costing(_REFRESH_COST),
    )
    async def refresh(
        self,
        sign_in: GivenSignIn,
        data: Annotated[RefreshBody, Body(description="The refresh token.")],
    ) -> UncachedResponse[GrantDocument]:
        """Return new tokens. Sent twice within ten seconds, a token is answered alike."""
        return _granted(await sign_in.service.refresh(data.refresh_token), sign_in.now())


class CurrentSessionController(Controller):
    """The session that a request is from."""

    path = "/api/auth"
    security = SESSION_SECURITY
    tags: Sequence[str] | None = ("auth",)

    @get_operation("/me", Documented("Show who is signed in", "The account."), _USER)
    async def me(
        self, session: GivenSession, sign_in: GivenSignIn
    ) -> UncachedResponse[UserDocument]:
        """Return who is signed in; of one who signed in to the provider no address is known."""
        account = await sign_in.service.account_of(session)
        return UncachedResponse(encoded(UserDocument.of_session(session, account)))

    @empty_operation(post, "/logout", Documented("Sign out", "The session has ended."))
    async def logout(
        self, request: Request[Any, Any, Any], session: GivenSession, sign_in: GivenSignIn
    ) -> Response[None]:
        """End the session that the request is from, wherever it is used."""
        await sign_in.service.sign_out(session)
        headers: dict[str, str] = {}
        if request.headers.get("authorization") is None:
            headers["set-cookie"] = await access_of(request).sign_out(request)
        return Response(None, headers=headers)


def client_facts(request: Request[Any, Any, Any]) -> ClientFacts:
    """Return where an attempt to sign in comes from."""
    return ClientFacts(client_of(request.scope), request.headers.get("user-agent", ""))


def _granted(
    grant: IssuedGrant, now: dt.datetime, status: int = 200
) -> UncachedResponse[GrantDocument]:
    return UncachedResponse(encoded(GrantDocument.of(grant, now)), status=status)
