"""What holds for every operation: tags, compression, HEAD, request ids, problems, limits."""

import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path

import brotli
import msgspec
import pytest
from httpx import AsyncClient

from kensho.http.problem_details import Problem
from kensho.platform.environment import with_changes
from tests.integration.conftest import running, settings_for, until_ready
from tests.support import graphs
from tests.support.servers import written_store

READS = [
    f"/api/anime/{graphs.BEBOP}",
    f"/api/anime/{graphs.BEBOP}?fields=title",
    f"/api/anime/{graphs.BEBOP}/episodes",
    f"/api/anime/{graphs.BEBOP}/relations?depth=2",
    "/api/browse/season/2002/fall",
    "/api/tags",
    "/api/tags/space/anime",
    "/api/movies",
    f"/api/movies/{graphs.MATRIX}",
    "/api/resolve?provider=mal&id=1",
]
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
IDENTITY = {"accept-encoding": "identity"}


@pytest.mark.parametrize("path", READS)
async def test_every_read_has_a_strong_tag_and_answers_304(client: AsyncClient, path: str) -> None:
    whole = await client.get(path)
    etag = whole.headers["etag"]
    assert re.fullmatch(r'"[^"]+"', etag)
    assert "max-age" in whole.headers["cache-control"]
    assert whole.headers["vary"] == "Accept-Encoding"
    for known in (etag, f'"x", W/{etag}', "*"):
        fresh = await client.get(path, headers={"if-none-match": known})
        assert (fresh.status_code, fresh.content) == (304, b"")
        assert fresh.headers["etag"] == etag
    assert (await client.get(path, headers={"if-none-match": '"other"'})).status_code == 200


@pytest.mark.parametrize("path", READS)
async def test_head_answers_as_get_without_a_body(client: AsyncClient, path: str) -> None:
    for _ in range(2):  # routed, and from the kept answers
        got = await client.get(path, headers=IDENTITY)
        head = await client.head(path, headers=IDENTITY)
        assert head.status_code == 200
        assert head.content == b""
        for name in ("etag", "content-length", "content-type"):
            assert head.headers[name] == got.headers[name]


async def test_the_tag_is_of_the_query_whatever_its_order(client: AsyncClient) -> None:
    one = await client.get("/api/browse/season/2002/fall?limit=2&page=1")
    other = await client.get("/api/browse/season/2002/fall?page=1&limit=2")
    third = await client.get("/api/browse/season/2002/fall?page=1&limit=3")
    assert one.headers["etag"] == other.headers["etag"] != third.headers["etag"]


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("br", "br"),
        ("gzip", "gzip"),
        ("gzip, deflate, br", "br"),
        ("gzip;q=1.0, br;q=0.5", "gzip"),
        ("br;q=0, *", "gzip"),
        ("identity", None),
        ("br;q=0", None),
        ("deflate", None),
        ("nonsense;q=x, ;;,", None),
    ],
)
async def test_large_answers_are_compressed_by_negotiation(
    client: AsyncClient, accept: str, expected: str | None
) -> None:
    path = f"/api/anime/{graphs.BEBOP}"
    plain = (await client.get(path, headers=IDENTITY)).content
    assert len(plain) > 1024
    async with client.stream("GET", path, headers={"accept-encoding": accept}) as answer:
        raw = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert answer.headers.get("content-encoding") == expected
    opened = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[expected](raw)
    assert opened == plain


async def test_each_encoding_has_its_own_tag(client: AsyncClient) -> None:
    path = f"/api/anime/{graphs.BEBOP}"
    tags = {
        (await client.get(path, headers={"accept-encoding": e})).headers["etag"]
        for e in ("br", "gzip", "identity")
    }
    assert len(tags) == 3


async def test_small_answers_are_not_compressed(client: AsyncClient) -> None:
    answer = await client.get(
        f"/api/anime/{graphs.BEBOP}?fields=title", headers={"accept-encoding": "br"}
    )
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize(
    "path", [f"/api/anime/{graphs.BEBOP}", "/api/nowhere", "/health/live", "/api/tags?limit=0"]
)
async def test_a_sound_request_id_comes_back(client: AsyncClient, path: str) -> None:
    answer = await client.get(path, headers={"x-request-id": "abc-123"})
    assert answer.headers["x-request-id"] == "abc-123"
    if answer.status_code >= 400:
        assert answer.json()["request_id"] == "abc-123"


@pytest.mark.parametrize("sent", ["", "with blank", "x" * 129, "tab\there"])
async def test_an_unsound_request_id_is_replaced(client: AsyncClient, sent: str) -> None:
    answer = await client.get("/health/live", headers={"x-request-id": sent})
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])


async def test_a_trace_goes_on_under_a_span_of_our_own(client: AsyncClient) -> None:
    answer = await client.get("/health/live", headers={"traceparent": TRACE})
    version, trace_id, span_id, flags = answer.headers["traceparent"].split("-")
    assert (version, trace_id, flags) == ("00", TRACE.split("-")[1], "01")
    assert span_id != TRACE.split("-")[2]


@pytest.mark.parametrize(
    "sent",
    ["", "nonsense", "00-" + "0" * 32 + "-00f067aa0ba902b7-01", TRACE.upper(), f"ff{TRACE[2:]}"],
)
async def test_an_unsound_trace_is_begun_anew(client: AsyncClient, sent: str) -> None:
    answer = await client.get("/health/live", headers={"traceparent": sent})
    assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-00", answer.headers["traceparent"])
    assert "4bf92f3577b34da6a3ce929d0e0e4736" not in answer.headers["traceparent"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/anime/nonsense", 400),
        ("GET", f"/api/anime/{graphs.UNKNOWN}", 404),
        ("GET", f"/api/anime/{graphs.REMOVED}", 410),
        ("GET", "/api/nowhere", 404),
        ("DELETE", "/api/tags", 405),
        ("POST", "/api/anime/batch", 415),
        ("GET", f"/api/tags?cursor={'x' * 9000}", 414),
        ("GET", "/api/tags/", 404),
    ],
)
async def test_every_error_is_a_problem(
    client: AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    problem = msgspec.json.decode(answer.content, type=Problem)
    assert problem.status == status
    assert problem.request_id == answer.headers["x-request-id"]
    assert problem.instance == path.split("?", maxsplit=1)[0]
    assert problem.message == problem.detail
    assert problem.type == f"urn:kensho:problem:{problem.error}"


async def test_a_method_that_is_not_possible_is_answered_with_those_that_are(
    client: AsyncClient,
) -> None:
    answer = await client.delete("/api/tags")
    assert answer.status_code == 405
    assert {"GET", "HEAD", "OPTIONS"} <= set(answer.headers["allow"].replace(" ", "").split(","))


async def test_metrics_count_by_route_and_not_by_id(client: AsyncClient) -> None:
    await client.get(f"/api/anime/{graphs.BEBOP}")
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert 'route="/api/anime/{work_id}",status="200"' in answer.text
    assert str(graphs.BEBOP) not in answer.text
    assert "kensho_graph_revision" in answer.text


async def test_health_tells_version_revision_and_sizes(client: AsyncClient) -> None:
    health = (await client.get("/api/health")).json()
    assert health["status"] == "ok"
    assert health["revision"] == 1
    assert health["dependencies"]["read_model"]["status"] == "ok"
    assert health["snapshot"]["identity"].startswith("1-")
    assert 0 <= health["snapshot"]["age_s"] < 3600
    assert sum(health["counts"].values()) > 0
    assert (await client.get("/health/live")).json() == {"status": "ok"}
    assert (await client.get("/health/ready")).json()["status"] == "ok"


class TestLimit:
    """A limit of three units a minute: three reads, or thirty that are kept."""

    @pytest.fixture
    async def limited(self, tmp_path: Path) -> AsyncIterator[AsyncClient]:
        settings = settings_for(await written_store(tmp_path / "kensho.db"), tmp_path)
        limit = {"rate_limit_units": 3, "rate_limit_window_s": 60, "rate_limit_exempt": ()}
        async with running(with_changes(settings, **limit)) as client:
            await until_ready(client)
            yield client

    async def test_the_request_beyond_it_is_told_when_to_come_back(
        self, limited: AsyncClient
    ) -> None:
        answers = [await limited.get(f"/api/tags?limit={number}") for number in range(1, 5)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[0].headers["ratelimit-policy"] == '"default";q=3;w=60'
        assert answers[0].headers["ratelimit"].startswith('"default";r=2;t=')
        assert 1 <= int(answers[3].headers["retry-after"]) <= 20, "a third of the minute"
        assert answers[3].json()["error"] == "too_many_requests"
        page = await limited.get("/movies")
        assert page.status_code == 429
        assert page.json()["error"] == "too_many_requests", "in few words"

    async def test_kept_answers_and_preflights_cost_next_to_nothing(
        self, limited: AsyncClient
    ) -> None:
        kept = [(await limited.get("/api/tags")).status_code for _ in range(11)]
        assert set(kept) == {200}
        asking = {"origin": "https://a.example", "access-control-request-method": "GET"}
        preflights = [await limited.options("/api/tags", headers=asking) for _ in range(20)]
        assert {answer.status_code for answer in preflights} == {204}
        assert [(await limited.head("/api/tags")).status_code for _ in range(5)] == [200] * 5

    async def test_refusals_are_counted_too(self, limited: AsyncClient) -> None:
        statuses = [(await limited.get("/api/tags?%00")).status_code for _ in range(4)]
        assert statuses == [400, 400, 400, 429]

    async def test_probes_are_not_counted(self, limited: AsyncClient) -> None:
        assert {(await limited.get("/health/live")).status_code for _ in range(10)} == {200}


async def test_who_is_exempt_is_told_of_no_limit(client: AsyncClient) -> None:
    assert "ratelimit" not in (await client.get("/api/tags")).headers


@pytest.mark.parametrize(
    "path", ["/api/search?q=x", "/api/nothing", "/health/live", "/metrics", "/", "/static/x.js"]
)
async def test_every_answer_says_what_browsers_may_do_with_it(
    client: AsyncClient, path: str
) -> None:
    """Also errors, and answers that are opened as if they were pages."""
    headers = (await client.get(path)).headers
    policy = headers["content-security-policy"]
    for part in ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert part in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert len(headers.get_list("content-security-policy")) == 1
