"""Spans of requests, as a collector receives them, and answers that no collector can disturb."""

import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from pathlib import Path

import pytest
from httpx import AsyncClient

from kensho.errors import StorageError
from kensho.platform import spans
from kensho.platform.cache_tiers import SharedCache
from kensho.platform.edge_settings import TelemetrySettings
from kensho.platform.environment import with_changes
from kensho.platform.logs import REQUEST
from kensho.platform.machine_metrics import MachineMetrics
from kensho.platform.redis import RedisDoor
from kensho.platform.secret_values import Secret
from kensho.platform.settings import RedisSettings, Settings
from kensho.platform.spans import SpanIds
from kensho.platform.telemetry import Telemetry
from kensho.storage.gateway import Gateway
from tests.integration.conftest import running, until_ready
from tests.support import graphs
from tests.support.loopback_servers import LoopbackServer, QuietHandler
from tests.support.otlp_receiver import Mood, OtlpReceiver, ReceivedSpan, otlp_receiver
from tests.support.redis_servers import running_redis
from tests.support.streaming import (
    TRIGUN,
    provider_running,
    signed_in,
    stream,
    streaming_settings,
)

READ = f"/api/anime/{graphs.BEBOP}"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "00f067aa0ba902b7"
SAMPLED = {"traceparent": f"00-{TRACE}-{CALLER}-01"}
SERVER, CLIENT, INTERNAL = 2, 3, 1


@pytest.fixture
def receiver() -> Iterator[OtlpReceiver]:
    """Return a collector that is well."""
    with otlp_receiver() as receiver:
        yield receiver


@contextlib.asynccontextmanager
async def traced(settings: Settings, endpoint: str, **more: object) -> AsyncGenerator[AsyncClient]:
    """Run the shared application with spans exported."""
    always = {"otlp_sample_share": 1.0, "otlp_requests_per_s": 10_000}
    changed = with_changes(settings, otlp_endpoint=endpoint, **{**always, **more})
    async with running(changed) as client:
        await until_ready(client)
        yield client


def of_trace(received: list[ReceivedSpan], trace_id: str = TRACE) -> list[ReceivedSpan]:
    return [span for span in received if span.trace_id == trace_id]


async def test_a_request_is_a_span_of_its_caller_s_trace_with_its_parts(
    settings: Settings, receiver: OtlpReceiver
) -> None:
    token = "a-token-of-collectors"
    async with traced(settings, receiver.endpoint, otlp_token=Secret(token)) as client:
        answers = [await client.get(READ, headers=SAMPLED) for _ in range(2)]
        missing = await client.get(f"/api/anime/{graphs.UNKNOWN}", headers=SAMPLED)
    received = receiver.until(lambda spans: len(of_trace(spans)) >= 7)
    found = of_trace(received)
    requests = [span for span in found if span.kind == SERVER]
    assert [span.name for span in requests] == ["GET /api/anime/{work_id}"] * 3
    assert {span.parent_id for span in requests} == {CALLER}
    for answer, span in zip([*answers, missing], requests, strict=True):
        assert answer.headers["traceparent"] == f"00-{TRACE}-{span.span_id}-01"
        assert span.attributes["kensho.request_id"] == answer.headers["x-request-id"]
        assert span.attributes["http.response.status_code"] == answer.status_code
        assert not span.is_error
    made = [span for span in found if span.attributes.get("kensho.part") == "snapshot"]
    assert [(span.parent_id, span.kind) for span in made] == [(requests[0].span_id, INTERNAL)]
    parts = {span.parent_id: span for span in found if span.name == "answers"}
    hits = [parts[span.span_id].attributes["cache.hit"] for span in requests]
    assert hits == [False, True, False]
    assert requests[0].resource["service.name"] == "kensho"
    assert receiver.authorizations == {f"Bearer {token}"}
    assert missing.json()["trace_id"] == TRACE


async def test_callers_decide_and_otherwise_the_share(
    settings: Settings, receiver: OtlpReceiver
) -> None:
    async with traced(settings, receiver.endpoint, otlp_sample_share=0.0) as client:
        unasked = await client.get(READ)
        refused = await client.get(READ, headers={"traceparent": f"00-{TRACE}-{CALLER}-00"})
        asked = await client.get(READ, headers={"traceparent": f"00-{'a' * 32}-{CALLER}-01"})
    assert unasked.headers["traceparent"].endswith("-00")
    assert refused.headers["traceparent"].startswith(f"00-{TRACE}-")
    assert refused.headers["traceparent"].endswith("-00")
    assert asked.headers["traceparent"].endswith("-01")
    received = receiver.until(bool)
    assert {span.trace_id for span in received} == {"a" * 32}


async def test_a_share_is_told_by_the_id_so_that_others_sample_the_same() -> None:
    telemetry = Telemetry(TelemetrySettings(endpoint="http://127.0.0.1:9", sample_share=0.25), "1")
    async with telemetry.open():
        for lowest, is_wanted in ((0, True), (2**62 - 1, True), (2**62, False), (2**64 - 1, False)):
            ids = SpanIds(f"{'f' * 16}{lowest:016x}", "00f067aa0ba902b7")
            assert (telemetry.begin(ids, "GET", "r") is not None) is is_wanted


async def test_no_caller_can_have_more_recorded_than_is_set() -> None:
    now = 100.0
    settings = TelemetrySettings(endpoint="http://127.0.0.1:9", requests_per_s=3)
    telemetry = Telemetry(settings, "1", lambda: now)
    ids = SpanIds(TRACE, "00f067aa0ba902b8", CALLER, is_sampled_by_caller=True)
    assert telemetry.begin(ids, "GET", "r") is None, "before it is open"
    async with telemetry.open():
        begun = [telemetry.begin(ids, "GET", "r") for _ in range(10)]
        assert sum(span is not None for span in begun) == 3
        now += 1
        assert telemetry.begin(ids, "GET", "r") is not None


@pytest.fixture(scope="module")
async def untraced(settings: Settings) -> AsyncIterator[list[tuple[int, bytes]]]:
    """Return what is answered where nothing is exported."""
    async with running(settings) as client:
        await until_ready(client)
        yield await answers(client)


async def answers(client: AsyncClient) -> list[tuple[int, bytes]]:
    """Ask for some of everything, each time by a caller that wants it recorded."""
    targets = (READ, "/api/movies?limit=5", "/api/search?q=bebop", "/", f"{READ}/relations", READ)
    found = [await client.get(target, headers=SAMPLED) for target in targets * 20]
    return [(answer.status_code, answer.content) for answer in found]


@pytest.mark.parametrize("mood", ["slow", "cut", "refusing"])
async def test_a_collector_that_is_not_well_changes_no_answer(
    mood: Mood, settings: Settings, receiver: OtlpReceiver, untraced: list[tuple[int, bytes]]
) -> None:
    receiver.mood = mood
    async with traced(settings, receiver.endpoint) as client:
        assert await answers(client) == untraced
        receiver.until_tried(1)
        assert await answers(client) == untraced
        receiver.mood = "well"
        receiver.released.set()
        back = f"{'b' * 32}"
        await client.get(READ, headers={"traceparent": f"00-{back}-{CALLER}-01"})
        receiver.until(lambda spans: bool(of_trace(spans, back)))


async def test_a_collector_that_is_down_changes_no_answer(
    settings: Settings, untraced: list[tuple[int, bytes]]
) -> None:
    with LoopbackServer(QuietHandler) as closed:
        endpoint = f"http://127.0.0.1:{closed.server_port}"
    async with traced(settings, endpoint) as client:
        for _ in range(5):  # more than the queue takes
            assert await answers(client) == untraced


async def test_the_store_and_others_are_parts_of_a_request(
    graph: Gateway, receiver: OtlpReceiver
) -> None:
    telemetry = Telemetry(TelemetrySettings(endpoint=receiver.endpoint, sample_share=1), "1")
    REQUEST.set(None)  # of tests before
    async with telemetry.open():
        with spans.part("store", "nothing is recorded outside of a request") as outside:
            assert outside is None
        request = telemetry.begin(SpanIds(TRACE, "00f067aa0ba902b9"), "GET", "r")
        assert request is not None
        with spans.Within(request):
            assert await graph.fetch("meta.ping", into=int) == 1
            with pytest.raises(StorageError), spans.part("store", "one that fails"):
                raise StorageError("no")
            with spans.part("upstream", "provider") as call:
                assert call is not None
                call.note("url", "https://provider.example/?token=hunter2-hunter2")
                sent = spans.outgoing()
        assert spans.outgoing() is None
    received = {span.name: span for span in receiver.until(lambda found: len(found) == 4)}
    upstream = received["provider"]
    assert sent == f"00-{TRACE}-{upstream.span_id}-01"
    assert received["meta.ping"].kind == upstream.kind == CLIENT
    assert received["meta.ping"].parent_id == received["GET"].span_id == "00f067aa0ba902b9"
    assert received["one that fails"].is_error
    assert upstream.attributes["url"] == "https://provider.example/?token=***"


async def test_redis_and_what_processes_share_are_parts_of_a_request(
    receiver: OtlpReceiver, tmp_path: Path
) -> None:
    telemetry = Telemetry(TelemetrySettings(endpoint=receiver.endpoint, sample_share=1), "1")
    REQUEST.set(None)
    with running_redis(tmp_path) as redis:
        async with telemetry.open(), RedisDoor(RedisSettings(url=redis.url)) as door:
            request = telemetry.begin(SpanIds(TRACE, "00f067aa0ba902b9"), "GET", "r")
            assert request is not None
            cache = SharedCache(door, "1", MachineMetrics())
            with spans.Within(request):
                found = await cache.find("r1", b"key")
                cache.put("r1", b"key", b"value", 60.0, found.token)
                await cache.close()
                assert (await cache.find("r1", b"key")).value == b"value"
                redis.stop()
                assert (await cache.find("r1", b"key")).value is None
    received = receiver.until(lambda spans_: len(spans_) == 8)
    looked = [span for span in received if span.name == "l2"]
    outcomes = [span.attributes["cache.outcome"] for span in looked]
    assert outcomes == ["miss", "hit", "unreachable"]
    asked = [span for span in received if span.name == "find"]
    assert [span.parent_id for span in asked] == [span.span_id for span in looked]
    assert [(span.kind, span.is_error) for span in asked] == [
        (CLIENT, False),
        (CLIENT, False),
        (CLIENT, True),
    ]
    assert [span.name for span in received if "key" in str(span.attributes)] == []


def parts_of(found: list[ReceivedSpan], route: str) -> dict[str, list[ReceivedSpan]]:
    """Return the parts of the one request of a route, and the parts of those, by what they are."""
    (request,) = [span for span in found if span.kind == SERVER and span.name == route]
    inside, waiting = [], [request]
    while waiting:
        parent = waiting.pop()
        parts = [span for span in found if span.parent_id == parent.span_id]
        inside += parts
        waiting += parts
    kinds = sorted({str(span.attributes["kensho.part"]) for span in inside})
    return {
        kind: [span for span in inside if span.attributes["kensho.part"] == kind] for kind in kinds
    }


async def test_what_a_person_does_is_seen_over_cache_snapshot_store_redis_and_upstream(
    settings: Settings, receiver: OtlpReceiver, tmp_path: Path
) -> None:
    """One trace: somebody reads of a work, signs in, and plays an episode of it."""
    with provider_running() as provider, running_redis(tmp_path) as redis:
        edges = with_changes(streaming_settings(settings, tmp_path, provider), redis_url=redis.url)
        async with traced(edges, receiver.endpoint) as client:
            client.headers.update(SAMPLED)
            assert (await client.get(f"/api/anime/{TRIGUN}")).status_code == 200
            headers = await signed_in(client)
            assert (await stream(client, headers)).status_code == 200
    routes = (
        "GET /api/anime/{work_id}",
        "POST /api/auth/login",
        "GET /api/stream/{anime_id}/{episode}",
    )
    received = receiver.until(
        lambda found: {*routes} <= {span.name for span in of_trace(found) if span.kind == SERVER}
    )
    read, sign_in, play = (parts_of(of_trace(received), route) for route in routes)
    assert [*read] == ["cache", "snapshot"]
    assert [*sign_in] == ["redis", "store", "upstream"]
    assert [*play] == ["cache", "redis", "upstream"]
    assert {span.name for span in sign_in["store"]} == {"edges.add_audit"}
    assert {span.name for span in sign_in["upstream"]} == {"provider"}
    assert {span.name for span in play["upstream"]} == {"provider", "provider_media"}
    assert not any(span.is_error for span in (*sign_in["upstream"], *play["upstream"]))


async def test_without_a_collector_a_trace_goes_through_and_problems_do_not_tell_it(
    client: AsyncClient,
) -> None:
    answer = await client.get(f"/api/anime/{graphs.UNKNOWN}", headers=SAMPLED)
    assert answer.headers["traceparent"].startswith(f"00-{TRACE}-")
    assert answer.headers["traceparent"].endswith("-01")
    assert "trace_id" not in answer.json()
