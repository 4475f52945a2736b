"""Registering, signing in, refreshing and signing out, for the API and for pages.

Guarantees: a realm is chosen before anything is verified, and never fallen back from: what is wrong
for an account of ours is shown to no provider. An attempt that is not known to be right costs the
same time whether or not the name has an account. No password outlives the call that it came with.
"""

import datetime as dt
import re
import uuid
from typing import Final, NamedTuple, Protocol
from uuid import UUID

import msgspec
from typing_extensions import override

from kensho.edges.accounts.account_store import (
    AccountStore,
    StoredAccount,
    check_new,
    email_taken,
    normal_email,
)
from kensho.edges.accounts.audit import AuditLog
from kensho.edges.accounts.passwords import MAX_CHARS, Passwords
from kensho.edges.accounts.session_service import BegunSession, Person, SessionService
from kensho.edges.accounts.sessions import Realm, Session
from kensho.edges.accounts.throttling import SignInThrottle
from kensho.edges.accounts.tokens import Tokens
from kensho.errors import (
    ForbiddenError,
    InvalidInputError,
    KenshoError,
    RateLimitedError,
    UnauthorizedError,
)
from kensho.platform.keyring import Keyring

MAX_NAME_CHARS: Final = 254
_NOT_OF_NAMES: Final = re.compile(r"[^A-Za-z0-9._-]+")
_NAME_CHARS: Final = 40
_SHORT_ID_CHARS: Final = 8


class ProviderGrant(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider gave for a name and a password: whose account, and tokens as bytes."""

    account: str
    name: str
    tokens: bytes

    @override
    def __repr__(self) -> str:
        return "ProviderGrant(***)"


class ProviderSignIn(Protocol):
    """Signs in to the provider."""

    async def sign_in(self, username: str, password: str) -> ProviderGrant:
        """Return what the provider gave.

        Raises:
            UnauthorizedError: name or password is wrong (code `invalid_credentials`).
            ForbiddenError, UpstreamError: it does not let this name in, or can't be asked.
        """
        ...


class Credentials(NamedTuple):
    """Who says to be who: one name, a password, and for which realm."""

    name: str
    password: str
    realm: Realm

    @override
    def __repr__(self) -> str:
        return f"Credentials({self.realm})"


class ClientFacts(NamedTuple):
    """Where an attempt comes from: an address as it is counted, and the browser's own name."""

    address: str
    device: str


class IssuedGrant(msgspec.Struct, frozen=True, kw_only=True):
    """A session with its tokens; `secret` is its cookie's, and only of one that has just begun."""

    session: Session
    access_token: str
    refresh_token: str
    expires_at: dt.datetime
    secret: str | None = None
    account: StoredAccount | None = None

    @override
    def __repr__(self) -> str:
        return "IssuedGrant(***)"


class SignInParts(msgspec.Struct, frozen=True):
    """What signing in is made of."""

    accounts: AccountStore
    passwords: Passwords
    sessions: SessionService
    tokens: Tokens
    throttle: SignInThrottle
    audit: AuditLog
    names: Keyring


class SignInService:
    """Signs people in and out; `provider` is set where one is switched on."""

    def __init__(self, parts: SignInParts, *, offers_accounts: bool) -> None:
        self._parts = parts
        self.offers_accounts: Final = offers_accounts
        self.provider: ProviderSignIn | None = None

    def credentials(
        self, *, email: str | None, username: str | None, password: str, realm: Realm | None
    ) -> Credentials:
        """Return for which realm what was sent is meant.

        Raises:
            InvalidInputError: there is no name, or two, or the realm is not there; names the field.
        """
        if (email is None) == (username is None):
            wrong = "give one of email and username"
            raise InvalidInputError.of("email" if email is None else "username", wrong)
        field, name = ("email", email) if email is not None else ("username", username or "")
        if realm is None:
            is_account = self.offers_accounts and email is not None
            realm = "account" if is_account else "provider"
        if realm == "account" and not self.offers_accounts:
            raise InvalidInputError.of("realm", "there are no accounts here")
        if realm == "provider" and self.provider is None:
            wrong = "no provider can be signed in to here; sign in by email"
            raise InvalidInputError.of(field if field == "username" else "realm", wrong)
        return Credentials(name, password, realm)

    async def register(
        self, email: str, password: str, username: str | None, client: ClientFacts
    ) -> IssuedGrant:
        """Make an account and sign in to it.

        Raises:
            InvalidInputError: a field makes no account; names it.
            ConflictError: an account has this address (code `email_taken`).
            RateLimitedError: too many were made from this address.
            OverloadedError: too many people sign in at once.
        """
        check_new(email, password, username)
        parts = self._parts
        await parts.throttle.register(client.address)
        if await parts.accounts.of_email(email) is not None:
            raise email_taken()
        async with parts.passwords.turn():
            hashed = await parts.passwords.hashed(password)
        account = uuid.uuid4()
        await parts.accounts.add(account, email, hashed, username, "viewer")
        await parts.audit.note("account.register", "done", actor=account, object_=str(account))
        found = await parts.accounts.of_id(account)
        if found is None:
            raise KenshoError("an account that was just made is gone")
        return self._issued(await self._begun(found, client), found)

    async def sign_in(self, given: Credentials, client: ClientFacts) -> IssuedGrant:
        """Begin a session of whoever knows name and password.

        Raises:
            UnauthorizedError: they are not right (code `invalid_credentials`).
            RateLimitedError: too many failed for this name or from this address.
            OverloadedError: too many people sign in at once.
            UpstreamError, ForbiddenError: the provider does not take them now, or not these.
        """
        try:
            if given.realm == "account":
                return await self._sign_in_to_account(given, client)
            return await self._sign_in_to_provider(given, client)
        except RateLimitedError:
            await self._parts.audit.note("session.sign_in", "throttled", object_=given.realm)
            raise

    async def refresh(self, token: str) -> IssuedGrant:
        """Return new tokens for a refresh token.

        Raises:
            UnauthorizedError: it is none of ours (code `invalid_refresh_token`), its session has
                ended (`session_expired`), or it was used before (`refresh_reused`): then the
                session ends.
        """
        parts = self._parts
        claims = parts.tokens.read_refresh(token)
        if claims is None:
            raise UnauthorizedError("this refresh token is not valid", code="invalid_refresh_token")
        rotation = await parts.sessions.rotate(claims.sid, claims.generation)
        if rotation.outcome == "reused":
            await parts.audit.note("session.refresh", "refused", object_=claims.sid)
            raise UnauthorizedError(
                "this refresh token was used before; sign in again", code="refresh_reused"
            )
        if rotation.session is None:
            raise UnauthorizedError("the session has ended; sign in", code="session_expired")
        return self._issued(BegunSession(rotation.session, ""), None)

    async def sign_out(self, session: Session) -> None:
        """End a session."""
        await self._parts.sessions.end(session.id)
        await self._parts.audit.note(
            "session.end", "done", actor=session.subject, object_=session.id
        )

    async def sign_out_all(self, session: Session, *, besides: bool) -> int:
        """End all sessions of whoever has this one, or all `besides` it; return how many."""
        kept = session.id if besides else None
        ended = await self._parts.sessions.end_all(session.subject, kept)
        await self._parts.audit.note(
            "session.end_all", "done", actor=session.subject, changed=[str(ended)]
        )
        return ended

    async def end_other(self, session: Session, sid: str) -> bool:
        """End another session of whoever has this one; return whether it is theirs."""
        own = await self._parts.sessions.of_subject(session.subject)
        if all(one.id != sid for one in own):
            return False
        await self._parts.sessions.end(sid)
        await self._parts.audit.note("session.end", "done", actor=session.subject, object_=sid)
        return True

    async def change_password(
        self, session: Session, present: str, new: str, client: ClientFacts
    ) -> None:
        """Replace the password of whoever has a session, and end all their other sessions.

        Raises:
            InvalidInputError: the new one is too short or long, or the present one is wrong.
            ForbiddenError: the session is of no account (code `no_account`).
            RateLimitedError: too many present ones were wrong.
        """
        parts, account = self._parts, await self.account_of(session)
        if account is None:
            raise ForbiddenError("the provider keeps this password", code="no_account")
        check_new(account.email, new, None)
        key = _key(Credentials(account.email, "", "account"))
        async with parts.passwords.turn():
            await parts.throttle.check(key, client.address)
            if not (await parts.passwords.verdict(account.password, present)).is_right:
                await parts.throttle.failed(key, client.address)
                await parts.audit.note("account.password", "refused", actor=account.id)
                raise InvalidInputError.of("present", "this is not the present password")
            hashed = await parts.passwords.hashed(new)
        await parts.accounts.set_password(account.id, hashed)
        await parts.sessions.end_all(session.subject, session.id)
        await parts.audit.note("account.password", "done", actor=account.id, changed=["password"])

    async def account_of(self, session: Session) -> StoredAccount | None:
        """Return the account that a session is of; nothing of a provider's."""
        if session.account_id is None:
            return None
        return await self._parts.accounts.of_id(session.account_id)

    async def sessions_of(self, session: Session) -> list[Session]:
        """Return all sessions of whoever has this one, the latest first."""
        return list(await self._parts.sessions.of_subject(session.subject))

    async def _sign_in_to_account(self, given: Credentials, client: ClientFacts) -> IssuedGrant:
        parts, key = self._parts, _key(given)
        account = await parts.accounts.of_email(given.name) if "@" in given.name else None
        async with parts.passwords.turn():
            await parts.throttle.check(key, client.address)
            verdict = await parts.passwords.verdict(
                None if account is None else account.password, given.password[: MAX_CHARS + 1]
            )
            if not verdict.is_right or account is None or account.disabled_at is not None:
                await parts.throttle.failed(key, client.address)
                account_id = None if account is None else account.id
                await parts.audit.note("session.sign_in", "refused", object_=_text(account_id))
                raise _wrong()
        if verdict.renewed is not None:
            await parts.accounts.set_password(account.id, verdict.renewed)
        begun = await self._begun(account, client)
        await parts.audit.note(
            "session.sign_in", "done", actor=account.id, object_=begun.session.id
        )
        return self._issued(begun, account)

    async def _sign_in_to_provider(self, given: Credentials, client: ClientFacts) -> IssuedGrant:
        parts, key = self._parts, _key(given)
        if self.provider is None:
            raise _wrong()
        await parts.throttle.check(key, client.address)
        try:
            grant = await self.provider.sign_in(given.name, given.password)
        except UnauthorizedError:
            await parts.throttle.failed(key, client.address)
            await parts.audit.note("session.sign_in", "refused", object_="provider")
            raise
        subject = UUID(bytes=parts.names.pseudonym(f"provider {grant.account}")[:16], version=5)
        person = Person(
            subject=subject,
            realm="provider",
            account_id=None,
            name=grant.name,
            tokens=grant.tokens,
        )
        begun = await parts.sessions.begin(person, client.device)
        await parts.audit.note("session.sign_in", "done", actor=subject, object_=begun.session.id)
        return self._issued(begun, None)

    async def _begun(self, account: StoredAccount, client: ClientFacts) -> BegunSession:
        person = Person(
            subject=account.id,
            realm="account",
            account_id=account.id,
            name=shown_name(account),
            role=account.role,
        )
        return await self._parts.sessions.begin(person, client.device)

    def _issued(self, begun: BegunSession, account: StoredAccount | None) -> IssuedGrant:
        session, tokens = begun.session, self._parts.tokens
        access, expires_at = tokens.access(session)
        return IssuedGrant(
            session=session,
            access_token=access,
            refresh_token=tokens.refresh(session),
            expires_at=expires_at,
            secret=begun.secret or None,
            account=account,
        )


def shown_name(account: StoredAccount) -> str:
    """Return by what name others know who has an account, such as in the log of curators.

    It is no e-mail address, and nobody else's: it ends with a part of the account's id.
    """
    given = _NOT_OF_NAMES.sub("-", account.username or "").strip("-.")[:_NAME_CHARS]
    return f"{given or 'account'}-{account.id.hex[:_SHORT_ID_CHARS]}"


def _key(given: Credentials) -> str:
    """Return under which name attempts are counted."""
    return f"{given.realm} {normal_email(given.name)[:MAX_NAME_CHARS]}"


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)


def _wrong() -> UnauthorizedError:
    return UnauthorizedError("the name or the password is wrong", code="invalid_credentials")
