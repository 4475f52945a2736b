"""The edge of the provider as the composition sees it."""

import contextlib
import time
from collections.abc import AsyncGenerator, Mapping
from typing import TYPE_CHECKING, Final

import msgspec
from typing_extensions import override

from kensho.edges.accounts.edge import AccountsEdge
from kensho.edges.accounts.signing_in import ProviderGrant, ProviderSignIn
from kensho.edges.edge import Edge, EdgeCore
from kensho.edges.provider.episodes import ProviderEpisodeLists
from kensho.edges.provider.links import LinkFile
from kensho.edges.provider.protocol import ProviderProtocol
from kensho.edges.provider.tokens import OwnTurns, RenewalTurns, TokenKeeper
from kensho.errors import SettingsError
from kensho.platform.breaker import BreakerState
from kensho.platform.edge_settings import ProviderSettings
from kensho.platform.keyring import Keyring
from kensho.platform.machine_metrics import MachineMetrics
from kensho.platform.resilience import Upstream, UpstreamRules

if TYPE_CHECKING:
    from kensho.platform.redis import RedisDoor

_DEVICE_CHARS: Final = 32
_TURN_BEYOND_S: Final = 1.0
"""A turn to renew tokens lasts as long as a call to the provider, and what Redis takes besides."""


class ProviderAccounts(ProviderSignIn):
    """Signs in to the provider."""

    def __init__(self, protocol: ProviderProtocol, keeper: TokenKeeper) -> None:
        self._protocol = protocol
        self._keeper = keeper

    @override
    async def sign_in(self, username: str, password: str) -> ProviderGrant:
        """Return what the provider gave; raises as `ProviderProtocol.sign_in`."""
        tokens = self._keeper.tokens_of(await self._protocol.sign_in(username, password))
        return ProviderGrant(
            account=tokens.account_id or username.casefold(),
            name=username,
            tokens=msgspec.json.encode(tokens),
        )


class ProviderEdge(Edge):
    """The provider: who signs in to it, and what works it has."""

    def __init__(self, core: EdgeCore, accounts: AccountsEdge) -> None:
        settings = core.settings.provider
        self._upstream = upstream_of(settings, core.metrics.machine)
        device = Keyring(core.keys, "provider-device").pseudonym("device").hex()[:_DEVICE_CHARS]
        self.protocol: Final = protocol_of(settings, self._upstream, device)
        turns = _turns(core.redis, settings.deadline_s + _TURN_BEYOND_S)
        self.keeper: Final = TokenKeeper(self.protocol, accounts.sessions, time.time, turns)
        self.episodes: Final = ProviderEpisodeLists(self.protocol, self.keeper)
        self.links: Final = LinkFile(settings.links)
        accounts.sign_in.provider = ProviderAccounts(self.protocol, self.keeper)

    @override
    def offers(self) -> Mapping[str, bool]:
        """Say whether the provider answers, as far as it was asked."""
        return {"streams": self._upstream.breaker.state is not BreakerState.OPEN}

    @contextlib.asynccontextmanager
    @override
    async def open(self) -> AsyncGenerator[None]:
        """Hold connections to the provider while the block runs."""
        async with self._upstream:
            try:
                yield
            finally:
                await self.keeper.close()


def _turns(door: "RedisDoor | None", longest_s: float) -> RenewalTurns:
    if door is None:
        return OwnTurns()
    from kensho.platform.redis_turns import RedisTurns  # noqa: PLC0415 -- only where there is one

    return RedisTurns(door, longest_s)


def upstream_of(settings: ProviderSettings, metrics: MachineMetrics | None = None) -> Upstream:
    """Return the way to the provider.

    Raises:
        SettingsError: no provider is named.
    """
    if settings.url is None:
        raise SettingsError("KENSHO_PROVIDER_URL: it is not set")
    rules = UpstreamRules(connections=settings.connections, deadline_s=settings.deadline_s)
    return Upstream("provider", settings.url, rules, metrics=metrics)


def protocol_of(settings: ProviderSettings, upstream: Upstream, device: str) -> ProviderProtocol:
    """Return the protocol over `upstream`; raises `SettingsError` without a client token."""
    if settings.client_token is None:
        raise SettingsError("KENSHO_PROVIDER_CLIENT_TOKEN: it is not set")
    return ProviderProtocol(upstream, settings.client_token.reveal(), device)
