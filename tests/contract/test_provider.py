"""The provider's protocol against the reference provider, over real connections: every failure."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Final

import pytest

from deploy.demo.clip import clip_folder
from deploy.demo.reference_provider import (
    CLIENT_TOKEN,
    Account,
    Fault,
    ProviderServer,
    ReferenceProvider,
    Season,
)
from kensho.edges.provider.protocol import (
    ProviderProtocol,
    TokenExpiredError,
    UnreadablePlaybackError,
)
from kensho.errors import (
    EpisodeNotFoundError,
    KenshoError,
    NotEntitledError,
    NotInRegionError,
    ProviderBlockedError,
    ProviderMisconfiguredError,
    ProviderUnavailableError,
    TooManyStreamsError,
    UnauthorizedError,
)
from kensho.platform.resilience import Upstream, UpstreamRules

PASSWORD: Final = "open sesame"
FAST: Final = UpstreamRules(deadline_s=0.4, attempts=1, failures=1_000)


@pytest.fixture(scope="module")
def server() -> Iterator[ProviderServer]:
    provider = ReferenceProvider(clip_folder())
    provider.add_account("ann", Account(PASSWORD, most_streams=2))
    provider.add_account("far", Account(PASSWORD, country="FR"))
    provider.add_account("free", Account(PASSWORD, is_premium=False))
    season = provider.add_season("Trigun", "Trigun", 4)
    season.episodes[1].countries = frozenset(("US",))
    season.episodes[2].is_premium_only = True
    season.episodes[3].is_protected = True
    with ProviderServer(provider) as running:
        yield running


@pytest.fixture
def provider(server: ProviderServer) -> ReferenceProvider:
    provider = server.provider
    provider.faults = type(provider.faults)()
    provider.open_slots.clear()
    return provider


@pytest.fixture
async def protocol(
    server: ProviderServer, provider: ReferenceProvider
) -> AsyncIterator[ProviderProtocol]:
    async with Upstream("provider", server.url, FAST) as upstream:
        yield ProviderProtocol(upstream, CLIENT_TOKEN, "device")


def season_of(provider: ReferenceProvider) -> Season:
    return next(iter(provider.seasons.values()))


async def test_a_password_is_worth_tokens_and_a_refresh_token_others_once(
    protocol: ProviderProtocol,
) -> None:
    first = await protocol.sign_in("ann", PASSWORD)
    assert first.refresh_token is not None
    second = await protocol.refresh(first.refresh_token)
    assert second.access_token != first.access_token
    with pytest.raises(UnauthorizedError) as used:
        await protocol.refresh(first.refresh_token)
    assert used.value.code == "invalid_credentials"


@pytest.mark.parametrize(("name", "password"), [("ann", "wrong"), ("nobody", PASSWORD)])
async def test_wrong_credentials_are_told_alike(
    protocol: ProviderProtocol, name: str, password: str
) -> None:
    with pytest.raises(UnauthorizedError) as refused:
        await protocol.sign_in(name, password)
    assert (refused.value.code, refused.value.message) == (
        "invalid_credentials",
        "the name or the password is wrong",
    )


async def test_the_catalogue_is_read_by_the_client_alone(
    protocol: ProviderProtocol, provider: ReferenceProvider
) -> None:
    access = (await protocol.of_client()).access_token
    season = season_of(provider)
    assert [one.id for one in await protocol.search(access, "trigun")] == [season.series_id]
    assert [one.id for one in await protocol.seasons(access, season.series_id)] == [season.id]
    listed = await protocol.episodes(access, season.id)
    assert [one.episode_number for one in listed] == [1, 2, 3, 4]
    with pytest.raises(EpisodeNotFoundError):
        await protocol.seasons(access, "GNONE")
    with pytest.raises(NotInRegionError):  # only accounts play
        await protocol.play(access, season.episodes[0].id)


async def test_a_stream_takes_a_slot_until_it_is_given_back(
    protocol: ProviderProtocol, provider: ReferenceProvider
) -> None:
    access = (await protocol.sign_in("ann", PASSWORD)).access_token
    version = season_of(provider).episodes[0].id
    first = await protocol.play(access, version)
    assert first.url.endswith("/ja-JP/master.m3u8")
    assert sorted(first.subtitles) == ["de-DE", "en-US"]
    assert not first.is_protected
    await protocol.play(access, version)
    with pytest.raises(TooManyStreamsError):
        await protocol.play(access, version)
    await protocol.release(access, version, first.token)
    await protocol.release(access, version, first.token)  # once more is as good
    assert len(provider.open_slots) == 1


@pytest.mark.parametrize(
    ("name", "episode", "refusal"),
    [("far", 1, NotInRegionError), ("free", 2, NotEntitledError)],
)
async def test_region_and_subscription_are_told_apart(
    protocol: ProviderProtocol,
    provider: ReferenceProvider,
    name: str,
    episode: int,
    refusal: type[KenshoError],
) -> None:
    access = (await protocol.sign_in(name, PASSWORD)).access_token
    with pytest.raises(refusal):
        await protocol.play(access, season_of(provider).episodes[episode].id)


async def test_what_is_protected_says_so(
    protocol: ProviderProtocol, provider: ReferenceProvider
) -> None:
    access = (await protocol.sign_in("ann", PASSWORD)).access_token
    assert (await protocol.play(access, season_of(provider).episodes[3].id)).is_protected


Call = Callable[[ProviderProtocol, str, str], Awaitable[Any]]


async def signing_in(protocol: ProviderProtocol, _access: str, _version: str) -> None:
    await protocol.sign_in("ann", PASSWORD)


async def listing(protocol: ProviderProtocol, access: str, _version: str) -> None:
    await protocol.search(access, "trigun")


async def playing(protocol: ProviderProtocol, access: str, version: str) -> None:
    await protocol.play(access, version)


async def releasing(protocol: ProviderProtocol, access: str, version: str) -> None:
    await protocol.release(access, version, "slot")


CALLS: Final[dict[str, Call]] = {
    "token": signing_in,
    "content": listing,
    "playback": playing,
    "release": releasing,
}
FAILURES: Final[dict[str, type[KenshoError]]] = {
    "blocked": ProviderBlockedError,
    "down": ProviderUnavailableError,
    "busy": ProviderUnavailableError,
    "cut": ProviderUnavailableError,
    "hang": ProviderUnavailableError,
}


@pytest.mark.parametrize("kind", CALLS)
@pytest.mark.parametrize("fault", FAILURES)
async def test_each_failure_means_the_same_of_every_request(
    protocol: ProviderProtocol, provider: ReferenceProvider, kind: str, fault: str
) -> None:
    access = (await protocol.sign_in("ann", PASSWORD)).access_token
    setattr(provider.faults, kind, fault)
    with pytest.raises(FAILURES[fault]) as failed:
        await CALLS[kind](protocol, access, season_of(provider).episodes[0].id)
    after_s = getattr(failed.value, "retry_after_s", 0)
    assert after_s == (30 if fault == "busy" else 60 if fault == "blocked" else after_s)
    assert after_s >= 1
    assert access not in str(failed.value)


async def test_a_retired_client_token_is_the_operators_affair(
    protocol: ProviderProtocol, provider: ReferenceProvider, server: ProviderServer
) -> None:
    provider.faults.token = "client_retired"
    with pytest.raises(ProviderMisconfiguredError):
        await protocol.sign_in("ann", PASSWORD)
    provider.faults.token = ""
    async with Upstream("provider", server.url, FAST) as upstream:
        with pytest.raises(ProviderMisconfiguredError):
            await ProviderProtocol(upstream, "other:secret", "device").sign_in("ann", PASSWORD)


async def test_an_expired_access_token_is_told_as_such(
    protocol: ProviderProtocol, provider: ReferenceProvider
) -> None:
    access = (await protocol.sign_in("ann", PASSWORD)).access_token
    provider.forget_tokens()
    with pytest.raises(TokenExpiredError):
        await protocol.play(access, season_of(provider).episodes[0].id)


@pytest.mark.parametrize("fault", ["nonsense", "truncated"])
async def test_an_answer_that_makes_no_sense_still_tells_of_its_slot(
    protocol: ProviderProtocol, provider: ReferenceProvider, fault: Fault
) -> None:
    access = (await protocol.sign_in("ann", PASSWORD)).access_token
    version = season_of(provider).episodes[0].id
    provider.faults.playback = fault
    with pytest.raises(UnreadablePlaybackError) as broken:
        await protocol.play(access, version)
    assert list(provider.open_slots) == [broken.value.slot]
    await protocol.release(access, version, broken.value.slot or "")
    assert not provider.open_slots


async def test_a_catalogue_that_makes_no_sense_is_an_unavailable_provider(
    protocol: ProviderProtocol, provider: ReferenceProvider
) -> None:
    access = (await protocol.of_client()).access_token
    provider.faults.content = "nonsense"
    with pytest.raises(ProviderUnavailableError):
        await protocol.search(access, "trigun")
    provider.faults.content, provider.faults.token = "", "nonsense"
    with pytest.raises(ProviderUnavailableError):
        await protocol.sign_in("ann", PASSWORD)
