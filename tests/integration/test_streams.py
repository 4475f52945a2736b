"""Streams over a real provider on loopback: who gets which, what fails how, and no slot is lost."""

import asyncio
import base64
import datetime as dt
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partialmethod
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
import structlog
from httpx import AsyncClient, Response

from deploy.demo.reference_provider import CLIENT_TOKEN
from kensho.edges.provider.links import Link, LinkFile
from kensho.edges.streams.leases import FRESH_S, Leases
from kensho.platform import logs
from kensho.platform.environment import with_changes
from kensho.platform.settings import Settings
from tests.integration.conftest import running, settings_for, until_ready
from tests.support import graphs
from tests.support.otlp_receiver import otlp_receiver
from tests.support.page_language import english_texts
from tests.support.published_contract import PublishedContract, requests_of
from tests.support.redis_servers import running_redis
from tests.support.streaming import (
    OTHER,
    PASSWORD,
    TRIGUN,
    VIEWER,
    Provider,
    provider_running,
    signed_in,
    status_of,
    stream,
    streaming_settings,
)

CONTRACTS: Final = Path(__file__).parents[3] / "shared" / "data" / "contracts"
EVENTS: Final = "/api/playback/events"
OWN: Final = {"sec-fetch-site": "same-origin"}


@pytest.fixture(scope="module")
def running_provider() -> Iterator[Provider]:
    with provider_running() as provider:
        yield provider


@pytest.fixture(scope="module")
def edge_settings(
    small_store: str, running_provider: Provider, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    folder = tmp_path_factory.mktemp("streams")
    return streaming_settings(settings_for(small_store, folder), folder, running_provider)


@pytest.fixture(scope="module")
async def api(edge_settings: Settings) -> AsyncIterator[AsyncClient]:
    async with running(edge_settings) as client:
        await until_ready(client)
        yield client


@pytest.fixture
async def provider(running_provider: Provider) -> Provider:
    running_provider.reset()
    return running_provider


@pytest.fixture
async def viewer(api: AsyncClient, provider: Provider) -> AsyncIterator[dict[str, str]]:
    headers = await signed_in(api)
    yield headers
    provider.reference.faults = type(provider.reference.faults)()
    await api.post("/api/auth/logout", headers=headers)
    await settled(lambda: not provider.reference.open_slots)


async def settled(holds: Callable[[], bool]) -> None:
    """Wait until something holds, at most some seconds."""
    async with asyncio.timeout(8):
        while not holds():  # noqa: ASYNC110 -- a server in another thread has no event
            await asyncio.sleep(0.01)


def told(answer: Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


async def test_a_stream_is_for_who_is_signed_in_with_the_provider(
    api: AsyncClient, viewer: dict[str, str]
) -> None:
    assert told(await stream(api, {})) == (401, "unauthorized")
    account = {"email": "cy@example.org", "password": PASSWORD}
    grant = (await api.post("/api/auth/register", json=account)).json()
    own = {"authorization": f"Bearer {grant['token']}"}
    refused = await stream(api, own)
    assert told(refused) == (401, "unauthorized")
    assert refused.json()["code"] == "provider_sign_in"
    answer = await stream(api, viewer)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "private, no-store"
    body = answer.json()
    assert body["stream_url"].endswith("/ja-JP/master.m3u8")
    assert await status_of(body["stream_url"]) == 200
    assert (body["quality"], body["audio"], body["stale"]) == ("auto", "ja-JP", False)
    assert [one["language"] for one in body["subtitles"]] == ["de-DE", "en-US"]
    assert {"language": "ja-JP", "label": "Japanese"} in body["audio_tracks"]


# As foreign clients know it.


async def test_clients_of_the_first_plan_sign_in_play_and_sign_out(
    edge_settings: Settings, provider: Provider
) -> None:
    """By its contract and its collection of requests, whose `email` is that of the provider."""
    if not CONTRACTS.exists():
        pytest.skip(f"the published contracts are not here: {CONTRACTS}")
    pytest.importorskip("yaml", reason="contracts are YAML")
    contract = PublishedContract(CONTRACTS / "kensho-poc.openapi.yaml")
    collection = requests_of(CONTRACTS / "kensho-poc.postman_collection.json")
    given = {
        "crunchyroll_email": VIEWER,
        "crunchyroll_password": PASSWORD,
        "anime_id": str(TRIGUN),
        "episode_number": "1",
        "search_query": "trigun",
        "year": "1998",
        "season": "spring",
        "auth_token": "",
        "refresh_token": "",
    }

    def keeps(answer: Response, method: str, path: str, status: int = 200) -> dict[str, Any]:
        assert answer.status_code == status, answer.text
        schema = contract.schema(path, str(status), method)
        assert list(contract.problems(answer.json(), schema)) == []
        body: dict[str, Any] = answer.json()
        return body

    async with running(with_changes(edge_settings, edges=("provider", "streams"))) as client:
        await until_ready(client)
        wrong = {"username": VIEWER, "password": "not this one"}
        keeps(await client.post("/api/auth/login", json=wrong), "post", "/auth/login", 401)
        by_name = {"username": VIEWER, "password": PASSWORD}
        keeps(await client.post("/api/auth/login", json=by_name), "post", "/auth/login")
        for one in sorted(collection, key=lambda one: one.name == "Logout"):
            answer = await one.send(client, given)
            assert answer.status_code == (204 if one.name == "Logout" else 200), one.name
            given |= noted(answer)
            if one.name == "Get Stream URL":
                body = keeps(answer, "get", "/stream/{anime_id}/{episode}")
                assert body["subtitles"][0].keys() >= {"language", "url"}
        for one in collection:  # whoever has signed out is told so
            if one.name in ("Refresh Token", "Get Stream URL", "Logout"):
                refused = await one.send(client, given)
                assert refused.status_code == 401, one.name
                assert {"error", "message", "code"} <= refused.json().keys()


def noted(answer: Response) -> dict[str, str]:
    """Return what the collection's scripts note of an answer that holds tokens."""
    body: dict[str, str] = answer.json() if answer.content else {}
    if "refresh_token" not in body:
        return {}
    assert dt.datetime.fromisoformat(body["expires_at"]).tzinfo is not None
    return {"auth_token": body["token"], "refresh_token": body["refresh_token"]}


@pytest.mark.parametrize(
    ("wanted", "quality", "path"),
    [
        ("1080p", "720p", "720/index.m3u8"),
        ("720p", "720p", "720/index.m3u8"),
        ("480p", "480p", "480/index.m3u8"),
        ("360p", "360p", "360/index.m3u8"),
        ("auto", "auto", "master.m3u8"),
    ],
)
async def test_a_quality_is_the_highest_variant_up_to_it(
    api: AsyncClient, viewer: dict[str, str], wanted: str, quality: str, path: str
) -> None:
    body = (await stream(api, viewer, quality=wanted)).json()
    assert body["quality"] == quality
    assert body["stream_url"].endswith(f"/ja-JP/{path}")
    assert await status_of(body["stream_url"]) == 200


async def test_languages_are_chosen_by_what_is_nearest(
    api: AsyncClient, viewer: dict[str, str]
) -> None:
    body = (await stream(api, viewer, audio="en", subtitles="en-GB")).json()
    assert body["audio"] == "en-US"
    assert [one["language"] for one in body["subtitles"]] == ["en-US", "de-DE"]
    assert (await stream(api, viewer, subtitles="none")).json()["subtitles"] == []
    assert (await stream(api, viewer, audio="fr")).json()["audio"] == "ja-JP"
    assert told(await stream(api, viewer, audio="not a language")) == (400, "invalid_input")


async def test_all_qualities_of_an_episode_are_one_slot_and_equal_requests_one_call(
    api: AsyncClient, viewer: dict[str, str], provider: Provider
) -> None:
    asked = [stream(api, viewer, quality=one) for one in ("auto", "720p", "360p") * 5]
    answers = await asyncio.gather(*asked)
    assert {one.status_code for one in answers} == {200}
    assert len(provider.reference.open_slots) == 1
    plays = [one for one in provider.reference.requests if "/playback/v3/" in one]
    assert len(plays) == 1


async def test_what_is_released_is_given_back_at_once(
    api: AsyncClient, viewer: dict[str, str], provider: Provider
) -> None:
    first = (await stream(api, viewer)).json()["stream_url"]
    await stream(api, viewer, audio="en-US")
    await stream(api, viewer, 2)
    assert len(provider.reference.open_slots) == 3
    gone = await api.delete(f"/api/stream/{TRIGUN}/1", headers=viewer)
    assert gone.status_code == 204
    await settled(lambda: len(provider.reference.open_slots) == 1)
    assert await status_of(first) == 403
    assert (await api.delete(f"/api/stream/{TRIGUN}/1", headers=viewer)).status_code == 204


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_signing_out_ends_what_plays(
    api: AsyncClient, provider: Provider, elsewhere: bool
) -> None:
    headers, other = await signed_in(api), await signed_in(api)
    url = (await stream(api, headers)).json()["stream_url"]
    assert await status_of(url) == 200
    if elsewhere:
        gone = await api.post("/account/sessions/end-others", headers={**other, **OWN})
        assert gone.status_code == 303
    else:
        await api.post("/api/auth/logout", headers=headers)
    await settled(lambda: not provider.reference.open_slots)
    assert await status_of(url) == 403
    assert told(await stream(api, headers)) == (401, "unauthorized")
    await api.post("/api/auth/logout", headers=other)


async def test_nobody_gets_anothers_stream(
    api: AsyncClient, viewer: dict[str, str], provider: Provider
) -> None:
    other = await signed_in(api, OTHER)
    own, theirs = (await stream(api, viewer)).json(), (await stream(api, other)).json()
    assert own["stream_url"] != theirs["stream_url"]
    assert len(provider.reference.open_slots) == 2
    event = {"sessionId": theirs["session_id"], "kind": "progress", "position": 5}
    refused = await api.post(EVENTS, headers=viewer, json=event)
    assert told(refused) == (404, "not_found")
    await api.delete(f"/api/stream/{TRIGUN}/1", headers=viewer)
    await settled(lambda: len(provider.reference.open_slots) == 1)
    assert await status_of(theirs["stream_url"]) == 200
    await api.post("/api/auth/logout", headers=other)


async def test_what_is_not_there_is_told_apart(api: AsyncClient, viewer: dict[str, str]) -> None:
    async def asked(work: object, episode: object) -> tuple[int, str]:
        return told(await api.get(f"/api/stream/{work}/{episode}", headers=viewer))

    assert await asked(graphs.UNKNOWN, 1) == (404, "not_found")
    assert await asked(graphs.BEBOP, 1) == (404, "not_offered")
    assert await asked(TRIGUN, 27) == (404, "episode_not_found")
    assert await asked(TRIGUN, 0) == (400, "invalid_input")
    assert (await asked(graphs.MERGED, 1))[0] == 308


@pytest.mark.parametrize(
    ("fault", "status", "kind"),
    [
        ("blocked", 503, "provider_blocked"),
        ("down", 503, "provider_unavailable"),
        ("busy", 503, "provider_unavailable"),
        ("nonsense", 503, "provider_unavailable"),
        ("truncated", 503, "provider_unavailable"),
        ("hang", 503, "provider_unavailable"),
    ],
)
async def test_each_failure_of_the_provider_is_a_problem_of_its_own_and_holds_no_slot(
    api: AsyncClient, viewer: dict[str, str], provider: Provider, fault: Any, status: int, kind: str
) -> None:
    provider.reference.faults.playback = fault
    answer = await stream(api, viewer)
    assert told(answer) == (status, kind)
    assert int(answer.headers["retry-after"]) >= 1
    provider.reference.faults.playback = ""
    await settled(lambda: not provider.reference.open_slots)


async def test_region_subscription_protection_and_too_many_streams(
    api: AsyncClient, viewer: dict[str, str], provider: Provider
) -> None:
    episodes = provider.season.episodes
    episodes[11].countries = frozenset(("JP",))
    episodes[12].is_protected = True
    episodes[13].is_premium_only = True
    account = provider.reference.accounts[VIEWER]
    account.is_premium = False
    try:
        assert told(await stream(api, viewer, 12)) == (403, "not_in_region")
        assert told(await stream(api, viewer, 13)) == (409, "drm_protected")
        assert told(await stream(api, viewer, 14)) == (403, "not_entitled")
        await settled(lambda: not provider.reference.open_slots)
        account.most_streams = 1
        assert (await stream(api, viewer, 1)).status_code == 200
        assert told(await stream(api, viewer, 2)) == (409, "too_many_streams")
    finally:
        account.most_streams, account.is_premium = 3, True


async def test_a_slot_that_is_given_after_the_deadline_is_given_back(
    api: AsyncClient, viewer: dict[str, str], provider: Provider
) -> None:
    provider.reference.faults.playback_delay_s = 1.5  # where one second is waited
    assert told(await stream(api, viewer, 20)) == (503, "provider_unavailable")
    assert provider.reference.released == []
    await settled(lambda: len(provider.reference.released) == 1)
    assert provider.reference.open_slots == {}


async def test_slots_are_given_back_while_the_provider_is_left_alone(
    edge_settings: Settings, provider: Provider
) -> None:
    async with running(edge_settings) as client:
        await until_ready(client)
        headers = await signed_in(client)
        assert (await stream(client, headers, 21)).status_code == 200
        provider.reference.faults.playback = "down"
        statuses = {(await stream(client, headers, number)).status_code for number in range(1, 7)}
        provider.reference.faults.playback = ""
        assert statuses == {503}
        assert (await stream(client, headers, 1)).status_code == 503, "it is not left alone"
        await client.delete(f"/api/stream/{TRIGUN}/21", headers=headers)
        await settled(lambda: not provider.reference.open_slots)


@pytest.mark.parametrize("fault", ["down", "truncated", "cut"])
async def test_a_playlist_that_can_t_be_read_gives_its_slot_back(
    api: AsyncClient, viewer: dict[str, str], provider: Provider, fault: Any
) -> None:
    provider.reference.faults.media = fault
    answer = await stream(api, viewer)
    expected = (200, 503) if fault == "truncated" else (503,)  # half a playlist may be a playlist
    assert answer.status_code in expected
    provider.reference.faults.media = ""
    await settled(lambda: not provider.reference.open_slots or answer.status_code == 200)


async def test_tokens_are_refreshed_once_for_all_who_wait(
    api: AsyncClient, viewer: dict[str, str], provider: Provider
) -> None:
    provider.reference.forget_tokens()
    answers = await asyncio.gather(*(stream(api, viewer, n) for n in (1, 2, 3)))
    assert [one.status_code for one in answers] == [200, 200, 200]
    tokens = [one for one in provider.reference.requests if "/auth/v1/token" in one]
    assert len(tokens) == 2  # the sign-in, and one refresh


async def test_two_processes_refresh_tokens_once_and_end_nothing_without_redis(
    edge_settings: Settings, provider: Provider, tmp_path: Path
) -> None:
    provider.reference.accounts[VIEWER].most_streams = 6
    with running_redis(tmp_path) as redis:
        shared = with_changes(edge_settings, redis_url=redis.url, redis_deadline_s=0.5)
        async with running(shared) as one, running(shared) as other:
            await until_ready(one)
            await until_ready(other)
            headers = await signed_in(one)
            assert (await other.get("/api/auth/me", headers=headers)).status_code == 200

            async def expire_and_play(episode: int) -> tuple[list[int], int]:
                provider.reference.forget_tokens()
                provider.reference.requests.clear()
                provider.reference.faults.delay_s = 0.2
                asked = [stream(client, headers, episode) for client in (one, other)]
                answers = await asyncio.gather(*asked)
                provider.reference.faults.delay_s = 0.0
                tokens = [path for path in provider.reference.requests if "/auth/v1/token" in path]
                return sorted(answer.status_code for answer in answers), len(tokens)

            assert await expire_and_play(1) == ([200, 200], 1)
            await one.delete(f"/api/stream/{TRIGUN}/1", headers=headers)
            with redis.hung():
                statuses, _ = await expire_and_play(2)
                # Who came second can't learn what the first has: it ends nothing for that.
                assert statuses in ([200, 200], [200, 503])
            async with asyncio.timeout(20):
                for client in (one, other):
                    while (await stream(client, headers, 2)).status_code != 200:  # noqa: ASYNC110
                        await asyncio.sleep(0.1)
            assert await expire_and_play(3) == ([200, 200], 1)
            await one.post("/api/auth/logout", headers=headers)
    provider.reference.accounts[VIEWER].most_streams = 3
    await settled(lambda: not provider.reference.open_slots)


async def test_a_sign_in_that_the_provider_ended_ends_the_session(
    api: AsyncClient, provider: Provider
) -> None:
    headers = await signed_in(api)
    provider.reference.forget_refresh_tokens()
    answer = await stream(api, headers)
    assert told(answer) == (401, "unauthorized")
    assert answer.json()["code"] == "session_ended"
    assert told(await api.get("/api/auth/me", headers=headers)) == (401, "unauthorized")


async def test_what_was_resolved_plays_on_while_the_provider_is_down(
    api: AsyncClient, viewer: dict[str, str], provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = (await stream(api, viewer)).json()
    later_s = FRESH_S + 1
    clock = asyncio.get_running_loop().time
    monkeypatch.setattr("kensho.edges.streams.leases.monotonic", clock)
    leases = leases_of(api)
    monkeypatch.setattr(leases, "_clock_s", lambda: clock() + later_s)
    provider.reference.faults.playback = "down"
    again = (await stream(api, viewer)).json()
    assert (again["stream_url"], again["stale"]) == (first["stream_url"], True)
    provider.reference.faults.playback = ""
    monkeypatch.setattr(leases, "_clock_s", lambda: clock() + later_s + 61)
    fresh = (await stream(api, viewer)).json()
    assert (fresh["stale"], fresh["session_id"]) == (False, first["session_id"])
    assert fresh["stream_url"] != first["stream_url"]
    await settled(lambda: len(provider.reference.open_slots) == 1)
    monkeypatch.setattr(leases, "_clock_s", lambda: clock() + later_s + 61 + 301)
    leases.sweep()
    await settled(lambda: not provider.reference.open_slots)


def leases_of(api: AsyncClient) -> Leases:
    """Return the leases of the application that a client asks."""
    handler: Any = api._transport
    while not hasattr(handler, "asgi_handler"):
        handler = handler.app
    provide: Any = handler.dependencies["streams"]
    leases: Leases = provide.dependency()._parts.leases
    return leases


async def test_players_tell_and_what_was_watched_is_kept(
    api: AsyncClient, viewer: dict[str, str], provider: Provider
) -> None:
    viewing = (await stream(api, viewer, 6)).json()["session_id"]

    async def tell(**event: Any) -> Response:
        return await api.post(EVENTS, headers=viewer, json={"sessionId": viewing, **event})

    before = figure((await api.get("/metrics")).text, "kensho_streaming_bandwidth_bytes_total")
    assert (await tell(kind="start")).status_code == 204
    progress = await tell(kind="progress", bytes=5_000, position=20.5, duration=60)
    assert progress.status_code == 204
    after = figure((await api.get("/metrics")).text, "kensho_streaming_bandwidth_bytes_total")
    assert after - before == 5_000
    kept = (await api.get("/api/me/history", headers=viewer)).json()["episodes"]
    assert [(one["episode"], one["position_s"]) for one in kept][:1] == [(6, 20.5)]
    page = await api.get(f"/watch/{TRIGUN}/6", headers=viewer)
    assert 'data-resume="20.5"' in page.text
    statuses = [(await tell(kind="progress", position=21)).status_code for _ in range(8)]
    assert statuses[-1] == 429
    assert told(await tell(kind="rewind")) == (400, "invalid_input")
    assert (await tell(kind="leave", position=33.5, duration=60)).status_code == 204
    await settled(lambda: not provider.reference.open_slots)
    kept = (await api.get("/api/me/history", headers=viewer)).json()["episodes"]
    assert kept[0]["position_s"] == 33.5
    assert told(await tell(kind="leave")) == (404, "not_found")


def figure(text: str, name: str) -> float:
    """Return a figure of the exposition."""
    return float(next(line.split()[1] for line in text.splitlines() if line.startswith(f"{name} ")))


async def test_only_the_page_that_plays_may_load_media(
    api: AsyncClient, viewer: dict[str, str], provider: Provider
) -> None:
    page = await api.get(f"/watch/{TRIGUN}/1", headers=viewer)
    policy = page.headers["content-security-policy"]
    assert f"media-src 'self' {provider.server.url} blob:" in policy
    assert f"connect-src 'self' {provider.server.url}" in policy
    assert "worker-src blob:" in policy
    assert page.headers["cache-control"].startswith("private")
    assert provider.server.url not in page.text
    japanese = await api.get(f"/watch/{TRIGUN}/1", headers={**viewer, "cookie": "lang=ja"})
    assert "第1話" in japanese.text
    assert english_texts(japanese.text) == []
    work = await api.get(f"/anime/{TRIGUN}")
    assert f'href="/watch/{TRIGUN}/1"' in work.text
    assert "media-src" not in work.headers["content-security-policy"]
    assert "/watch/" not in (await api.get(f"/anime/{graphs.BEBOP}")).text


async def test_who_is_not_signed_in_comes_back_to_the_episode(api: AsyncClient) -> None:
    answer = await api.get(f"/watch/{TRIGUN}/3")
    assert answer.status_code == 303
    assert answer.headers["location"] == (f"/login?next=%2Fwatch%2F{TRIGUN}%2F3&realm=provider")
    page = await api.get(answer.headers["location"])
    assert 'value="provider" checked' in page.text
    for path, status in ((f"{TRIGUN}/99", 404), (f"{graphs.BEBOP}/1", 404), (f"{TRIGUN}/x", 404)):
        assert (await api.get(f"/watch/{path}")).status_code == status


async def test_an_account_of_ours_is_asked_for_the_providers_sign_in(api: AsyncClient) -> None:
    account = {"email": "di@example.org", "password": PASSWORD}
    grant = (await api.post("/api/auth/register", json=account)).json()
    headers = {"authorization": f"Bearer {grant['token']}"}
    page = await api.get(f"/watch/{TRIGUN}/2", headers=headers)
    assert page.status_code == 200
    assert f'value="/watch/{TRIGUN}/2"' in page.text
    assert 'name="realm" value="provider"' in page.text
    japanese = await api.get(f"/watch/{TRIGUN}/2?lang=ja", headers=headers)
    assert english_texts(japanese.text) == []


async def test_pages_follow_the_links(api: AsyncClient, edge_settings: Settings) -> None:
    path = f"/anime/{graphs.HAIBANE}"
    before = await api.get(path)
    assert "/watch/" not in before.text
    file = LinkFile(edge_settings.provider.links)
    file.add([Link(work=graphs.HAIBANE, series="GX", season="SX")])
    try:
        async with asyncio.timeout(15):
            while "/watch/" not in (after := await api.get(path)).text:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        assert after.headers["etag"] != before.headers["etag"]
    finally:
        file.remove(graphs.HAIBANE)


async def acted(client: AsyncClient, people: list[dict[str, str]], random: Random) -> None:
    """Do something that people do: play, leave, stop, or sign out."""
    await asyncio.sleep(random.random() * 0.3)
    who, episode, what = random.choice(people), random.randint(1, 4), random.random()
    if what < 0.2:
        await client.delete(f"/api/stream/{TRIGUN}/{episode}", headers=who)
    elif what < 0.25:
        await client.post("/api/auth/logout", headers=who)
    else:
        asked = asyncio.create_task(stream(client, who, episode))
        if what < 0.5:
            await asyncio.sleep(random.random() * 0.02)
            asked.cancel()
        await asyncio.wait([asked])
        if not asked.cancelled():
            assert (await asked).status_code in (200, 401, 409, 503)


async def test_no_slot_is_lost_whatever_happens_at_once(
    edge_settings: Settings, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = Random(11)
    # How long a busy machine takes to give all back is not what is tested here.
    monkeypatch.setattr(Leases, "close", partialmethod(Leases.close, within_s=20.0))
    faults: list[Any] = ["", "truncated", "", "cut", "nonsense", ""]
    for account in provider.reference.accounts.values():
        account.most_streams = 6
    async with running(edge_settings) as client:
        await until_ready(client)
        people = [await signed_in(client, name) for name in (VIEWER, OTHER, VIEWER)]
        acts = [asyncio.create_task(acted(client, people, random)) for _ in range(80)]
        for fault in faults:
            provider.reference.faults.playback = fault
            await asyncio.sleep(0.06)
        await asyncio.gather(*acts)
    assert provider.reference.most_open >= 2
    assert provider.reference.open_slots == {}, "shutting down gave everything back"
    for account in provider.reference.accounts.values():
        account.most_streams = 3


async def trusted_with_secrets(
    client: AsyncClient, provider: Provider, said: list[str]
) -> set[str]:
    """Sign in, play, and let all of it fail; return the secrets that were about meanwhile.

    What is answered goes to `said`, but for the answers that hold what their caller may have.
    """
    known = {PASSWORD, CLIENT_TOKEN, base64.b64encode(CLIENT_TOKEN.encode()).decode()}
    faults, body = provider.reference.faults, {"username": VIEWER, "password": PASSWORD}
    wrong = {**body, "password": f"{PASSWORD}, wrong"}
    said.append((await client.post("/api/auth/login", json=wrong)).text)
    headers = await signed_in(client)
    known |= {headers["authorization"].split()[1], *provider.reference.valid_tokens()}
    url = (await stream(client, headers)).json()["stream_url"]
    known.add(url.split("/media/")[1].split("/")[0])
    provider.reference.forget_tokens()
    await stream(client, headers, 2)
    for faults.playback in ("truncated", "nonsense", "down"):
        said.append((await stream(client, headers, 3)).text)
    faults.playback, faults.token = "", "nonsense"
    said.append((await client.post("/api/auth/login", json=body)).text)
    faults.token = ""
    known |= provider.reference.valid_tokens()
    return known


async def test_no_sink_holds_what_the_provider_gave_or_was_given(
    edge_settings: Settings, provider: Provider, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Logs, traces, Redis, the store and answers, while all goes well and while it fails."""
    logs.configure("debug", "json", 0)
    said: list[str] = []
    with running_redis(tmp_path) as redis, otlp_receiver() as receiver:
        settings = with_changes(
            edge_settings,
            edges_store_url=f"surrealkv://{tmp_path / 'edges.db'}",
            redis_url=redis.url,
            otlp_endpoint=receiver.endpoint,
            otlp_sample_share=1.0,
        )
        async with running(settings) as client:
            await until_ready(client)
            secrets = await trusted_with_secrets(client, provider, said)
            said.append(redis.everything())
        spans = receiver.until(lambda found: len(found) > 20)
    structlog.reset_defaults()
    said += [f"{span.name} {span.attributes}" for span in spans]
    printed = capfd.readouterr()
    files = [one.read_bytes() for one in (tmp_path / "edges.db").rglob("*") if one.is_file()]
    told = "\n".join([*said, printed.out, printed.err]).encode() + b"".join(files)
    for sign in (b"session.sign_in", b"provider_unavailable", b"kensho:s:", b"session_renew"):
        assert sign in told, "a sink is empty"
    assert len(secrets) >= 8
    for secret in secrets:
        assert secret.encode() not in told


async def test_no_log_tells_a_token_or_an_address(
    api: AsyncClient, provider: Provider, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    headers = await signed_in(api)
    url = (await stream(api, headers)).json()["stream_url"]
    provider.reference.faults.playback = "truncated"
    await stream(api, headers, 2)
    provider.reference.faults.playback = ""
    await api.post("/api/auth/logout", headers=headers)
    await settled(lambda: not provider.reference.open_slots)
    captured = capfd.readouterr()
    slot = url.split("/media/")[1].split("/")[0]
    for secret in (PASSWORD, slot, headers["authorization"].split()[1]):
        assert secret not in captured.out + captured.err
