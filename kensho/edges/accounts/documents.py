"""What the routes of accounts take and answer, as three published contracts have it together."""

import datetime as dt
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from typing_extensions import override

from kensho.edges.accounts import passwords
from kensho.edges.accounts.account_store import (
    EMAIL,
    MAX_EMAIL_CHARS,
    MAX_USERNAME_CHARS,
    USERNAME,
    ListedAccount,
)
from kensho.edges.accounts.audit import AuditRow
from kensho.edges.accounts.sessions import Realm, Session
from kensho.edges.accounts.signing_in import MAX_NAME_CHARS, IssuedGrant
from kensho.edges.accounts.watching import WatchState
from kensho.http.authentication import Role

_MAX_TOKEN_CHARS: Final = 1_000
_MOST_EPISODES: Final = 100_000


class RegisterBody(msgspec.Struct, frozen=True, kw_only=True):
    """What an account is made of."""

    email: Annotated[str, Meta(max_length=MAX_EMAIL_CHARS, pattern=EMAIL)]
    password: Annotated[str, Meta(min_length=passwords.MIN_CHARS, max_length=passwords.MAX_CHARS)]
    username: (
        Annotated[str, Meta(min_length=1, max_length=MAX_USERNAME_CHARS, pattern=USERNAME)] | None
    ) = None

    @override
    def __repr__(self) -> str:
        return "RegisterBody(***)"


class LoginBody(msgspec.Struct, frozen=True, kw_only=True):
    """Who signs in: `email` to an account, `username` to the provider, unless `realm` says else."""

    password: Annotated[str, Meta(min_length=1, max_length=1_000)]
    email: Annotated[str, Meta(min_length=1, max_length=MAX_NAME_CHARS)] | None = None
    username: Annotated[str, Meta(min_length=1, max_length=MAX_NAME_CHARS)] | None = None
    realm: Realm | None = None

    @override
    def __repr__(self) -> str:
        return "LoginBody(***)"


class RefreshBody(msgspec.Struct, frozen=True, kw_only=True):
    """A refresh token."""

    refresh_token: Annotated[str, Meta(min_length=1, max_length=_MAX_TOKEN_CHARS)]

    @override
    def __repr__(self) -> str:
        return "RefreshBody(***)"


class UserDocument(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who is signed in; one who signed in to the provider has no e-mail address here."""

    id: UUID
    email: str | None
    username: str | None
    avatar_url: str | None
    created_at: dt.datetime
    role: Literal["viewer", "manager"]

    @classmethod
    def of(cls, grant: IssuedGrant) -> "UserDocument | None":
        """Return who was granted a session, where the account was read."""
        account = grant.account
        if account is None and grant.session.realm == "account":
            return None
        return cls.of_session(grant.session, account)

    @classmethod
    def of_session(cls, session: Session, account: "msgspec.Struct | None") -> "UserDocument":
        """Return who has a session, with what the account says where there is one."""
        return cls(
            id=session.subject,
            email=getattr(account, "email", None),
            username=session.name if account is None else getattr(account, "username", None),
            avatar_url=None,
            created_at=getattr(account, "created_at", session.created_at),
            role=session.role,
        )


class GrantDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The tokens of a session; `token` and `access_token` are the same one, for all clients."""

    token: str
    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    expires_at: dt.datetime
    refresh_token: str
    user: UserDocument | None = None

    @override
    def __repr__(self) -> str:
        return "GrantDocument(***)"

    @classmethod
    def of(cls, grant: IssuedGrant, now: dt.datetime) -> "GrantDocument":
        """Return what is told of a grant now."""
        return cls(
            token=grant.access_token,
            access_token=grant.access_token,
            token_type="Bearer",  # noqa: S106 -- the type, not a token
            expires_in=max(0, round((grant.expires_at - now).total_seconds())),
            expires_at=grant.expires_at,
            refresh_token=grant.refresh_token,
            user=UserDocument.of(grant),
        )


class NewAccountBody(RegisterBody, frozen=True, kw_only=True):
    """What an account is made of by whoever runs the service."""

    role: Role = "viewer"

    @override
    def __repr__(self) -> str:
        return f"NewAccountBody({self.role})"


class AccountChangeBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What becomes of an account: its role, and whether nobody may sign in to it."""

    role: Role | None = None
    disabled: bool | None = None


class AccountList(msgspec.Struct, frozen=True, kw_only=True):
    """Accounts in the order of their addresses; `next_after` asks for those after them."""

    accounts: list[ListedAccount]
    next_after: str | None = None


class WatchlistBody(msgspec.Struct, frozen=True, kw_only=True):
    """How far somebody is with a work; `progress` counts episodes."""

    state: WatchState = "planned"
    progress: Annotated[int, Meta(ge=0, le=_MOST_EPISODES)] = 0


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of the audit log, the latest first; `next_cursor` asks for the next ones."""

    rows: list[AuditRow]
    next_before: dt.datetime | None = None
    next_cursor: str | None = None
