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


_SEALING_S: Final = (0.5, 1.0, 2.0, 4.0, 8.0, *([15.0] * 60))
"""Pauses before sealing again what could not be; a session is over when it was idle for as long."""
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

    def turn(self, name: str) -> contextlib.AbstractAsyncContextManager[None]:
        """Hold the turn of a name while the block runs."""
        ...


class OwnTurns(RenewalTurns):
    """Those of a single process, which has a lock of its own for each session."""

    @override
    def turn(self, name: str) -> contextlib.AbstractAsyncContextManager[None]:
        """Wait for nobody."""
        return contextlib.nullcontext()


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
        async with holder.lock, self._turns.turn(f"renew:{holder.session.id}"):
            if holder.tokens is not used or await self._adopted(holder, used):
                return
            try:
                renewed = self.tokens_of(await self._protocol.refresh(used.refresh))
            except UnauthorizedError as error:
                for pause_s in _LOOKS_S:
                    await asyncio.sleep(pause_s)
                    if await self._adopted(holder, used):
                        return
                if not await self._is_known(holder):
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
        for pause_s in _SEALING_S:
            await asyncio.sleep(pause_s)
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

    async def _is_known(self, holder: TokenHolder) -> bool:
        """Tell whether it can be told now what a session holds."""
        try:
            await self._current(holder)
        except UpstreamUnavailableError:
            return False
        return True

    async def _current(self, holder: TokenHolder) -> Session | None:
        """Return a session as it is kept now, without renewing it."""
        own = holder.session
        known = await self._sessions.of_subject(own.subject)
        return next((one for one in known if one.id == own.id), None)

    async def _adopted(self, holder: TokenHolder, used: ProviderTokens) -> bool:
        """Take the tokens that the session holds now, if they are others."""
        with contextlib.suppress(UpstreamUnavailableError):
            session = await self._current(holder)
            found = None if session is None else self._opened(session)
            if found is not None and found.access != used.access:
                holder.tokens = found
                return True
        return False

    def _opened(self, session: Session) -> ProviderTokens | None:
        try:
            plain = self._sessions.unsealed(session)
            return None if plain is None else msgspec.json.decode(plain, type=ProviderTokens)
        except (BrokenSealError, msgspec.DecodeError):
            return None
