"""The provider's tokens of who is signed in: sealed in the session, renewed before they expire.

Guarantees: at rest tokens are sealed with the session's id, so that those of another session don't
open. One renewal of a session runs at a time, over all processes that share a Redis, since the
provider takes a refresh token once; who comes after takes what was sealed before. A request that is
cut off does not stop a renewal. Where processes can't wait for one another, because Redis is away
or one is too slow, the slower finds its token used up, and takes what the other has sealed. Where
the provider ends a sign-in, the session ends, unless nobody can tell now whether another process
has renewed it.

Tokens in use are held in memory for as long as something of the session is: a slot must be given
back after a sign-out, when the session holds none any more.
"""

import asyncio
import contextlib
import weakref
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

import msgspec
import structlog
from typing_extensions import override

from kensho.edges.accounts.sessions import Session
from kensho.edges.provider.answers import TokenAnswer
from kensho.edges.provider.protocol import ProviderProtocol, TokenExpiredError
from kensho.errors import (
    BrokenSealError,
    ProviderUnavailableError,
    UnauthorizedError,
    UpstreamUnavailableError,
)

T = TypeVar("T")
_EARLY_S: Final = 30.0
"""A token that ends sooner is renewed first: a call and its retries take less."""
_LOOKS_S: Final = (0.05, 0.15, 0.4)
"""Pauses before looking for what another process sealed: it has its answer already."""


_SEALING_S: Final = 0.25
_SEALINGS: Final = 3_600
"""The pause before sealing again what could not be, and how often: a session that was idle for as
long is over."""
_DOUBT_S: Final = 3.0
"""For so long after sessions could not be looked up, another process may not have sealed yet what
it renewed meanwhile."""
_log = structlog.get_logger("kensho.edges")


class TokenSessions(Protocol):
    """Where sealed tokens of sessions are kept: `SessionService` of accounts."""

    def unsealed(self, session: Session) -> bytes | None:
        """Return the tokens in a session; raises `BrokenSealError`."""
        ...

    async def of_subject(self, subject: UUID) -> Sequence[Session]:
        """Return the sessions of somebody that go on; none is renewed."""
        ...

    async def seal(self, sid: str, tokens: bytes) -> bool:
        """Replace the tokens in a session; return whether it goes on."""
        ...

    async def end(self, sid: str) -> None:
        """End a session, and tell those who listen."""
        ...


class RenewalTurns(Protocol):
    """Lets one of all processes renew the tokens of a session at a time: `RedisTurns`."""

    def turn(self, name: str) -> contextlib.AbstractAsyncContextManager[bool]:
        """Hold the turn of a name while the block runs; tell whether nobody else can have it."""
        ...


class OwnTurns(RenewalTurns):
    """Those of a single process, which has a lock of its own for each session."""

    @override
    def turn(self, name: str) -> contextlib.AbstractAsyncContextManager[bool]:
        """Wait for nobody."""
        return contextlib.nullcontext(True)


class ProviderTokens(msgspec.Struct, frozen=True):
    """The tokens of a sign-in; `expires_at_s` is of the access token, in Unix time."""

    access: str
    refresh: str
    expires_at_s: float
    country: str
    account_id: str


class TokenHolder:
    """The tokens of one session as this process knows them."""

    __slots__ = ("__weakref__", "lock", "session", "tokens")

    def __init__(self, session: Session, tokens: ProviderTokens) -> None:
        self.session = session
        self.tokens = tokens
        self.lock: Final = asyncio.Lock()


class TokenKeeper:
    """Opens, renews and seals the tokens of sessions; `now_s` tells Unix time."""

    def __init__(
        self,
        protocol: ProviderProtocol,
        sessions: TokenSessions,
        now_s: Callable[[], float],
        turns: RenewalTurns | None = None,
    ) -> None:
        self._protocol = protocol
        self._sessions = sessions
        self._now_s = now_s
        self._turns = turns or OwnTurns()
        self._holders: weakref.WeakValueDictionary[str, TokenHolder] = weakref.WeakValueDictionary()
        self._working: set[asyncio.Task[None]] = set()
        self._doubted_until_s = 0.0

    def tokens_of(self, answer: TokenAnswer) -> ProviderTokens:
        """Return the tokens that the provider's answer holds.

        Raises:
            ProviderUnavailableError: it holds no refresh token.
        """
        if answer.refresh_token is None:
            raise ProviderUnavailableError(
                "the provider gave no refresh token", code="provider_unavailable"
            )
        return ProviderTokens(
            access=answer.access_token,
            refresh=answer.refresh_token,
            expires_at_s=self._now_s() + answer.expires_in,
            country=answer.country or "",
            account_id=answer.account_id or "",
        )

    def holder(self, session: Session) -> TokenHolder:
        """Return the tokens of a session, the latest that are known.

        Raises:
            UnauthorizedError: `provider_sign_in`: it is not signed in with the provider.
        """
        found = self._opened(session)
        if found is None:
            raise UnauthorizedError("sign in with the provider", code="provider_sign_in")
        holder = self._holders.get(session.id)
        if holder is None:
            holder = self._holders[session.id] = TokenHolder(session, found)
        elif found.expires_at_s > holder.tokens.expires_at_s:
            holder.tokens = found
        return holder

    async def with_access(
        self, holder: TokenHolder, call: Callable[[ProviderTokens], Awaitable[T]]
    ) -> T:
        """Return what `call` returns, given tokens that the provider takes.

        Raises:
            UnauthorizedError: `session_ended`: the provider has ended the sign-in.
            ProviderUnavailableError: it takes not even new tokens.
        """
        if holder.tokens.expires_at_s - self._now_s() < _EARLY_S:
            await self._renewed(holder, holder.tokens)
        used = holder.tokens
        try:
            return await call(used)
        except TokenExpiredError:
            await self._renewed(holder, used)
        try:
            return await call(holder.tokens)
        except TokenExpiredError as error:
            raise ProviderUnavailableError(
                "the provider does not take the tokens that it gave", code="provider_unavailable"
            ) from error

    async def _renewed(self, holder: TokenHolder, used: ProviderTokens) -> None:
        """Renew tokens that are of no use any more, whatever becomes of the caller."""
        await asyncio.shield(self._begin(self._renew(holder, used)))

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._working.add(task)
        task.add_done_callback(self._working.discard)
        return task

    async def _renew(self, holder: TokenHolder, used: ProviderTokens) -> None:
        async with (
            holder.lock,
            self._turns.turn(f"renew:{holder.session.id}") as is_alone,
        ):
            if not is_alone:
                self._doubt()
            if holder.tokens is not used or await self._adopted(holder, used):
                return
            try:
                renewed = self.tokens_of(await self._protocol.refresh(used.refresh))
            except UnauthorizedError as error:
                for pause_s in _LOOKS_S:
                    await asyncio.sleep(pause_s)
                    if await self._adopted(holder, used):
                        return
                if self._is_in_doubt():
                    raise ProviderUnavailableError(
                        "the provider's tokens may have been renewed elsewhere, which can't be"
                        " looked up now",
                        code="provider_unavailable",
                    ) from error
                await self._sessions.end(holder.session.id)
                raise UnauthorizedError(
                    "the provider has ended this sign-in", code="session_ended"
                ) from error
            holder.tokens = renewed
            if not await self._is_sealed(holder):
                self._begin(self._seal_later(holder))

    async def _is_sealed(self, holder: TokenHolder) -> bool:
        """Seal what a holder has now; return whether nothing is left to do."""
        try:
            await self._sessions.seal(holder.session.id, msgspec.json.encode(holder.tokens))
        except UpstreamUnavailableError:
            return False
        return True

    async def _seal_later(self, holder: TokenHolder) -> None:
        """Seal tokens as soon as sessions can be reached again: those in the session are used up.

        They play on meanwhile, for this process has them.
        """
        for _ in range(_SEALINGS):
            await asyncio.sleep(_SEALING_S)
            if await self._is_sealed(holder):
                return
        _log.warning("provider_tokens_not_sealed")

    async def close(self) -> None:
        """Give up what is still tried."""
        for task in tuple(self._working):
            task.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)

    async def goes_on(self, holder: TokenHolder) -> bool:
        """Tell whether a session goes on; where nobody can tell now, that it does."""
        try:
            return await self._current(holder) is not None
        except UpstreamUnavailableError:
            return True

    def _doubt(self) -> None:
        """Note that sessions can't be looked up now: another process may know what they hold."""
        self._doubted_until_s = asyncio.get_running_loop().time() + _DOUBT_S

    def _is_in_doubt(self) -> bool:
        return asyncio.get_running_loop().time() < self._doubted_until_s

    async def _current(self, holder: TokenHolder) -> Session | None:
        """Return a session as it is kept now, without renewing it."""
        own = holder.session
        known = await self._sessions.of_subject(own.subject)
        return next((one for one in known if one.id == own.id), None)

    async def _adopted(self, holder: TokenHolder, used: ProviderTokens) -> bool:
        """Take the tokens that the session holds now, if they are others."""
        try:
            session = await self._current(holder)
        except UpstreamUnavailableError:
            self._doubt()
            return False
        found = None if session is None else self._opened(session)
        if found is None or found.access == used.access:
            return False
        holder.tokens = found
        return True

    def _opened(self, session: Session) -> ProviderTokens | None:
        try:
            plain = self._sessions.unsealed(session)
            return None if plain is None else msgspec.json.decode(plain, type=ProviderTokens)
        except (BrokenSealError, msgspec.DecodeError):
            return None
