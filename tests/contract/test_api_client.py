"""Asking interfaces of others: what a server tells of its limits, and answers that never end."""

import datetime as dt
import time as real_time
from itertools import pairwise
from pathlib import Path

import pytest

from kensho.errors import UpstreamUnavailableError
from kensho.platform.api_client import ApiClient, ApiLimits
from kensho.platform.http_client import retry_after_s
from kensho.platform.request_pacing import RateWindow, RequestPacer
from tests.support.api_servers import (
    NOON,
    AniList,
    ApiHandler,
    Asked,
    FakeTime,
    Jikan,
    Reply,
    api_server,
    full,
    medium,
    status,
)
from tests.support.harvesting import harvested

pytestmark = pytest.mark.contract


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("9" * 40, 999_999_999.0),
        ("-1", None),
        ("soon", None),
        ("²", None),
        ("Sun, 29 Nov 2026 12:00:09 GMT", 9.0),
        ("Sun, 29 Nov 2026 11:00:00 GMT", 0.0),
        ("Sun, 29 Nov 2026 12:00:09 -0000", 9.0),
    ],
)
def test_what_a_server_asks_to_wait(value: str | None, seconds: float | None) -> None:
    assert retry_after_s(value, NOON) == seconds


def test_no_request_is_sent_before_the_window_that_the_server_tells_ends(tmp_path: Path) -> None:
    time = FakeTime()
    media = AniList([medium(n) for n in range(1, 120)])

    def reply(asked: Asked) -> Reply:
        until = int(NOON.timestamp() + time.seconds + 33)
        told = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(until)}
        return media(asked)._replace(headers=told)

    with api_server(reply, time) as server:
        harvested("anilist", server, tmp_path / "x.jsonl", time=time)
    at = [one.at for one in server.requests]
    assert len(at) > 3
    assert all(later - earlier == 33 for earlier, later in pairwise(at))


def test_pauses_double_where_the_server_says_nothing() -> None:
    time = FakeTime()
    limits = ApiLimits(attempts=5, first_pause_s=2)
    with api_server(Jikan([full(1)]), time, path="/v4") as server:
        server.faults = {n: status(500) for n in range(1, 5)}
        pacer = RequestPacer([RateWindow(100, 1.0)])
        with ApiClient(server.endpoint, pacer, limits=limits, clock=time.clock) as client:
            assert client.get("/anime/1/full", {}).status == 200
    assert [one.at for one in server.requests] == [0, 2, 6, 14, 30]


def test_a_server_that_wants_a_day_is_left_alone() -> None:
    time = FakeTime()
    with api_server(Jikan([full(1)]), time, path="/v4") as server:
        server.faults = {1: status(429, Retry_After="86400")}
        pacer = RequestPacer([RateWindow(100, 1.0)])
        with (
            ApiClient(server.endpoint, pacer, clock=time.clock) as client,
            pytest.raises(UpstreamUnavailableError, match="429") as refused,
        ):
            client.get("/anime/1/full", {})
    assert refused.value.retry_after_s == 86_400
    assert time.slept == []


def dripping(handler: ApiHandler) -> None:
    """Send a byte now and then, so that the connection is never silent for long."""
    handler.send(200, b"", {}, length=100)
    for _ in range(60):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        real_time.sleep(0.02)


def test_an_answer_that_comes_in_drips_is_given_up() -> None:
    limits = ApiLimits(silence_s=1, total_s=0.1, attempts=2, first_pause_s=0.01)
    with api_server(Jikan([full(1)]), path="/v4") as server:
        server.faults = {1: dripping, 2: dripping}
        pacer = RequestPacer([RateWindow(100, 0.01)])
        with (
            ApiClient(server.endpoint, pacer, limits=limits) as client,
            pytest.raises(UpstreamUnavailableError, match=r"took over 0\.1 s"),
        ):
            client.get("/anime/1/full", {})


def test_a_dead_port_is_an_error_that_names_it() -> None:
    limits = ApiLimits(attempts=2, first_pause_s=0.01)
    with api_server(Jikan([])) as server:
        endpoint = server.endpoint
    server.server_close()
    pacer = RequestPacer([RateWindow(100, 0.01)])
    with (
        ApiClient(endpoint, pacer, limits=limits) as client,
        pytest.raises(UpstreamUnavailableError, match=f"{endpoint}/anime"),
    ):
        client.get("/anime", {})


def test_the_time_of_day_is_that_of_the_clock() -> None:
    assert retry_after_s((dt.datetime.now(dt.UTC)).strftime("%a, %d %b %Y %H:%M:%S GMT")) == 0.0
