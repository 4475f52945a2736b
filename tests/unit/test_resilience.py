"""Calls to a service on loopback that is slow, broken, busy or away."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Final

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from kensho.errors import InvalidInputError, UpstreamError, UpstreamUnavailableError
from kensho.platform.breaker import CIRCUIT_OPEN, BreakerState
from kensho.platform.machine_metrics import MachineMetrics
from kensho.platform.resilience import (
    EXHAUSTED,
    TIMED_OUT,
    TOO_LARGE,
    UNREACHABLE,
    LastGood,
    Upstream,
    UpstreamAnswer,
    UpstreamRequest,
    UpstreamRules,
)
from tests.support.servers import free_port

PATIENCE_S: Final = 30.0
BRISK: Final = UpstreamRules(first_pause_s=0.005, open_s=5.0)
GET: Final = UpstreamRequest(method="GET", path="/it")
POST: Final = UpstreamRequest(method="POST", path="/it", form={"a": "1"})


class Service:
    """Answers each request with the next of `script`; the last stays. It notes what it was sent."""

    def __init__(self, script: list[bytes | Callable[[], Awaitable[bytes]]]) -> None:
        self.script = script
        self.asked: list[bytes] = []
        self.open = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                while True:
                    head = await reader.readuntil(b"\r\n\r\n")
                    length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
                    body = await reader.readexactly(int(length or 0))
                    self.asked.append(head + body)
                    step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
                    answer = step if isinstance(step, bytes) else await step()
                    if not answer:
                        return
                    writer.write(answer)
                    await writer.drain()
        finally:
            self.open -= 1
            writer.close()


def answer(status: int, body: bytes = b"", **headers: str) -> bytes:
    """Return an answer as it stands on the wire."""
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    head = "\r\n".join([f"HTTP/1.1 {status} So", f"content-length: {len(body)}", *lines])
    return head.encode() + b"\r\n\r\n" + body


async def never() -> bytes:
    """Answer nothing."""
    await asyncio.Event().wait()
    return b""


@contextlib.asynccontextmanager
async def serving(
    *script: bytes | Callable[[], Awaitable[bytes]],
    rules: UpstreamRules = BRISK,
    metrics: MachineMetrics | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> AsyncGenerator[tuple[Upstream, Service]]:
    """Run a service until the block ends; yield the way to it, and it."""
    service = Service(list(script))
    tasks: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(service(reader, writer)))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    upstream = Upstream("far", f"http://127.0.0.1:{port}", rules, metrics=metrics, clock=clock)
    async with server, upstream:
        try:
            yield upstream, service
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def refusal(upstream: Upstream, request: UpstreamRequest = GET) -> UpstreamUnavailableError:
    """Return why a request is not served."""
    with pytest.raises(UpstreamUnavailableError) as refused:
        await upstream.ask(request)
    assert refused.value.message.startswith("far: ")
    return refused.value


async def test_a_request_arrives_as_it_was_made_and_its_answer_comes_back() -> None:
    request = UpstreamRequest(
        method="POST", path="/it", headers={"x-a": "b"}, query={"q": "é &"}, json={"n": 1}
    )
    async with serving(answer(404, b"none", x_c="d")) as (upstream, service):
        found = await upstream.ask(request)
    assert (found.status, found.body, found.headers["x-c"]) == (404, b"none", "d")
    assert service.asked[0].startswith(b"POST /it?q=%C3%A9+%26 HTTP/1.1\r\n")
    assert b"x-a: b\r\n" in service.asked[0]
    assert service.asked[0].endswith(b'{"n":1}')


async def test_what_may_arrive_twice_is_tried_again() -> None:
    async with serving(answer(500), answer(502), answer(200, b"x")) as (upstream, service):
        assert (await upstream.ask(GET)).body == b"x"
        assert len(service.asked) == 3
    async with serving(answer(500)) as (upstream, service):
        assert (await refusal(upstream)).code == "http_500"
        assert len(service.asked) == BRISK.attempts


async def test_what_may_not_arrive_twice_is_tried_again_only_if_nothing_was_done() -> None:
    for first, times in (
        (answer(500), 1),
        (b"", 1),  # it is cut off after it was sent
        (answer(429), 2),
        (answer(503, retry_after="0"), 2),
    ):
        async with serving(first, answer(200)) as (upstream, service):
            with contextlib.suppress(UpstreamUnavailableError):
                await upstream.ask(POST)
            assert len(service.asked) == times
    repeatable = UpstreamRequest(method="POST", path="/it", is_repeatable=True)
    async with serving(b"", answer(200)) as (upstream, service):
        assert (await upstream.ask(repeatable)).status == 200


async def test_a_service_says_when_to_come_again() -> None:
    rules = UpstreamRules(first_pause_s=0.001, deadline_s=20.0)
    async with serving(answer(503, retry_after="1"), answer(200), rules=rules) as (upstream, _):
        began_s = time.monotonic()
        assert (await upstream.ask(GET)).status == 200
        assert time.monotonic() - began_s >= 0.99  # never earlier
    async with serving(answer(429, retry_after="86400"), rules=rules) as (upstream, service):
        refused = await refusal(upstream)
        assert (refused.code, refused.retry_after_s) == ("http_429", 3_600)
        assert len(service.asked) == 1  # it would be too late
        assert upstream.breaker.state is BreakerState.CLOSED


async def test_a_call_has_one_deadline_and_a_service_that_hangs_is_left_alone() -> None:
    rules = UpstreamRules(deadline_s=0.05, failures=2, open_s=60.0)
    async with serving(never, rules=rules) as (upstream, service):
        assert (await refusal(upstream)).code == TIMED_OUT
        assert (await refusal(upstream)).code == TIMED_OUT
        assert (await refusal(upstream)).code == CIRCUIT_OPEN
        assert len(service.asked) == 2


async def test_a_service_that_is_away_is_left_alone_and_found_again() -> None:
    now_s = 0.0
    rules = UpstreamRules(first_pause_s=0.001, failures=3, open_s=10.0)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    async with Upstream("far", url, rules, clock=lambda: now_s) as upstream:
        assert (await refusal(upstream, POST)).code == UNREACHABLE
        refused = await refusal(upstream)
        assert (refused.code, refused.retry_after_s) == (CIRCUIT_OPEN, 10)
        service = Service([answer(200)])
        async with await asyncio.start_server(service, "127.0.0.1", port):
            assert (await refusal(upstream)).code == CIRCUIT_OPEN
            now_s = 10.0
            assert (await upstream.ask(GET)).status == 200
            assert upstream.breaker.state is BreakerState.CLOSED


async def test_a_pool_without_a_free_connection_fails_fast_and_says_so() -> None:
    registry = CollectorRegistry()
    rules = UpstreamRules(connections=2, wait_s=0.05, deadline_s=60.0, failures=1)
    metrics = MachineMetrics(registry)
    go_on = asyncio.Event()

    async def later() -> bytes:
        await go_on.wait()
        return answer(200)

    async with serving(later, rules=rules, metrics=metrics) as (upstream, service):
        calls = [asyncio.create_task(upstream.ask(GET)) for _ in range(6)]
        async with asyncio.timeout(PATIENCE_S):
            while sum(call.done() for call in calls) < 4:  # noqa: ASYNC110 -- any four
                await asyncio.sleep(0.01)
        told = generate_latest(registry).decode()
        assert 'kensho_upstream_requests_total{outcome="exhausted",upstream="far"} 4.0' in told
        assert 'kensho_upstream_calls_open{upstream="far"} 2.0' in told
        go_on.set()
        ends = await asyncio.gather(*calls, return_exceptions=True)
    codes = [one.code for one in ends if isinstance(one, UpstreamUnavailableError)]
    assert codes == [EXHAUSTED] * 4
    assert sum(isinstance(one, UpstreamAnswer) for one in ends) == 2
    assert len(service.asked) == 2
    assert upstream.breaker.state is BreakerState.CLOSED


async def test_a_hundred_cancelled_calls_leave_no_connection_behind() -> None:
    registry = CollectorRegistry()
    rules = UpstreamRules(connections=4, wait_s=10.0, deadline_s=60.0, failures=1)
    metrics = MachineMetrics(registry)
    async with serving(never, rules=rules, metrics=metrics) as (upstream, service):
        calls = [asyncio.create_task(upstream.ask(GET)) for _ in range(100)]
        async with asyncio.timeout(PATIENCE_S):
            while len(service.asked) < 4:  # noqa: ASYNC110 -- the service tells nobody
                await asyncio.sleep(0.01)
        for call in calls:
            call.cancel()
        ends = await asyncio.gather(*calls, return_exceptions=True)
        assert all(isinstance(one, asyncio.CancelledError) for one in ends)
        service.script[:] = [answer(200)]
        found = await asyncio.gather(*(upstream.ask(GET) for _ in range(20)))
        assert [one.status for one in found] == [200] * 20
        assert upstream.breaker.state is BreakerState.CLOSED
    told = generate_latest(registry).decode()
    assert 'kensho_upstream_requests_total{outcome="cancelled",upstream="far"} 100.0' in told
    assert 'kensho_upstream_calls_open{upstream="far"} 0.0' in told


async def test_answers_are_bounded_and_cookies_stay_with_nobody() -> None:
    rules = UpstreamRules(most_bytes=100)
    script = answer(200, b"x" * 100, set_cookie="session=hers"), answer(200, b"x" * 101)
    async with serving(*script, rules=rules) as (upstream, service):
        assert len((await upstream.ask(GET)).body) == 100
        with pytest.raises(UpstreamError) as refused:
            await upstream.ask(GET)
        assert refused.value.code == TOO_LARGE
        assert b"cookie" not in service.asked[1].lower()


def test_addresses_and_paths_that_lead_elsewhere_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="https"):
        Upstream("far", "http://example.test")
    for path in ("it", "//example.test/it", "https://example.test/it", ""):
        with pytest.raises(ValueError, match="is no path"):
            UpstreamRequest(method="GET", path=path)
    with pytest.raises(ValueError, match="one body"):
        UpstreamRequest(method="POST", path="/", form={}, json={})


async def test_what_was_answered_last_is_served_while_a_service_is_away() -> None:
    now_s = 0.0
    kept: LastGood[str] = LastGood(most=2, kept_s=100, clock=lambda: now_s)

    async def here(value: str) -> str:
        return value

    async def away() -> str:
        raise UpstreamUnavailableError("far: away")

    async def wrong() -> str:
        raise UpstreamError("far: nonsense")

    assert await kept.get("a", lambda: here("one")) == ("one", False, 0.0)
    now_s = 40.0
    assert await kept.get("a", away) == ("one", True, 40.0)
    with pytest.raises(UpstreamUnavailableError):
        await kept.get("b", away)
    with pytest.raises(UpstreamError, match="nonsense"):
        await kept.get("a", wrong)
    now_s = 101.0
    with pytest.raises(UpstreamUnavailableError):
        await kept.get("a", away)
    for key in "abc":
        await kept.get(key, lambda: here("two"))
    with pytest.raises(UpstreamUnavailableError):
        await kept.get("a", away)  # the longest unseen is forgotten
    kept.forget("b")
    with pytest.raises(UpstreamUnavailableError):
        await kept.get("b", away)
    assert (await kept.get("c", away)).value == "two"
