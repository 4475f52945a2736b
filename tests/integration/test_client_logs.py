"""What browsers report, and that no secret that a client sends comes out anywhere."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping

import httpx
import pytest
from httpx import AsyncClient

from kensho.platform.environment import with_changes
from kensho.platform.settings import Settings
from tests.integration.conftest import running, until_ready
from tests.support import graphs
from tests.support.otlp_receiver import OtlpReceiver, otlp_receiver
from tests.support.processes import Running
from tests.support.processes import running as process
from tests.support.servers import environment, free_port, written_store

ROUTES = ("frontend", "error", "performance")
SECRET = "hunter2hunter2hunter2"
JWT = f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.{SECRET}"
CREDENTIALS = {"authorization": f"Bearer {SECRET}", "cookie": f"__Host-kensho={SECRET}"}
SAMPLED = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}


@pytest.fixture(scope="module")
def receiver() -> Iterator[OtlpReceiver]:
    """Return a collector of spans."""
    with otlp_receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
async def edged(settings: Settings, receiver: OtlpReceiver) -> AsyncIterator[AsyncClient]:
    """Return a client of a service with an edge on, whose spans are exported."""
    changed = with_changes(
        settings, edges=("accounts",), edges_store_url="mem://", otlp_endpoint=receiver.endpoint
    )
    async with running(changed) as client:
        await until_ready(client)
        yield client


async def post(
    client: AsyncClient, kind: str, report: Mapping[str, object], address: str = "9.9.9.9"
) -> int:
    """Send a report as a browser at an address does."""
    client._transport.client = (address, 1)  # type: ignore[attr-defined] # of httpx's ASGITransport
    return (await client.post(f"/api/logs/{kind}", json=report)).status_code


async def test_without_an_edge_there_is_nothing_to_report_to(client: AsyncClient) -> None:
    for kind in ROUTES:
        assert (await client.post(f"/api/logs/{kind}", json={})).status_code == 404
    assert "client_logs" not in (await client.get("/")).text


async def test_reports_are_counted(edged: AsyncClient) -> None:
    error = {"message": "x is undefined", "page": "/hub/bebop?q=what", "line": 3, "stack": "at a"}
    assert await post(edged, "error", error) == 204
    assert await post(edged, "frontend", {"message": "no stream", "level": "warning"}) == 204
    vitals = {"page": "/", "lcp": 1200.5, "ttfb": 20, "cls": 0.02}
    assert await post(edged, "performance", vitals) == 204
    text = (await edged.get("/metrics")).text
    assert 'kensho_web_vital_seconds_bucket{le="1.8",name="lcp"} 1.0' in text
    assert "kensho_web_vital_layout_shift_count 1.0" in text
    assert 'kensho_client_reports_total{kind="error"} 1.0' in text


@pytest.mark.parametrize("kind", ROUTES)
async def test_what_is_too_large_wrong_or_too_much_is_refused_and_not_repeated(
    kind: str, edged: AsyncClient
) -> None:
    large = {"page": "/", "message": "a" * 17_000}
    assert await post(edged, kind, large, "8.0.0.1") == 413
    for wrong in (
        {"bogus": SECRET},
        {"message": ["no text"], "lcp": "soon"},
        {"page": SECRET * 100},
    ):
        answer = await edged.post(f"/api/logs/{kind}", json=wrong)
        assert answer.status_code == 400, wrong
        assert SECRET not in answer.text
    sent = [await post(edged, kind, {"message": "m"}, f"7.{ROUTES.index(kind)}.0.1")]
    if kind == "performance":
        assert sent == [400]
        return
    sent += [await post(edged, kind, {"message": "m"}, f"7.{ROUTES.index(kind)}.0.1")] * 1
    for _ in range(30):
        sent.append(await post(edged, kind, {"message": "m"}, f"7.{ROUTES.index(kind)}.0.1"))
    assert sent == [204] * 30 + [429] * 2
    told = (await edged.get("/metrics")).text  # with no edge on but this one
    assert 'kensho_throttled_requests_total{scope="client_logs"}' in told


async def test_pages_bring_the_script_that_reports(edged: AsyncClient) -> None:
    page = (await edged.get("/")).text
    address = page.partition("client_logs")[0].rpartition('"')[2]
    name = page.partition(address + "client_logs")[2].partition('"')[0]
    script = await edged.get(f"{address}client_logs{name}")
    assert script.status_code == 200
    assert "/api/logs/" in script.text


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, receiver: OtlpReceiver) -> Iterator[Running]:
    """Run a server with an edge on, which logs for machines and exports spans."""
    folder = tmp_path_factory.mktemp("sinks")
    url = asyncio.run(written_store(folder / "kensho.db"))
    settings = environment(url, folder, free_port()) | {
        "KENSHO_EDGES": "accounts",
        "KENSHO_EDGES_STORE_URL": "mem://",
        "KENSHO_OTLP_ENDPOINT": receiver.endpoint,
        "KENSHO_LOG_FORMAT": "json",
        "KENSHO_LOG_LEVEL": "debug",
        "KENSHO_SLOW_REQUEST_S": "0.000001",  # so that each request is logged
        "KENSHO_LOG_LINES_PER_MINUTE": "0",
    }
    with process(settings, folder / "log") as server:
        yield server


def test_what_pages_report_is_logged_with_its_request(server: Running) -> None:
    with httpx.Client(base_url=server.base) as client:
        error = {
            "message": "x is undefined",
            "page": "/hub/bebop?q=what",
            "line": 3,
            "stack": "a\nb",
        }
        answer = client.post("/api/logs/error", json=error)
        assert (answer.status_code, answer.content) == (204, b"")
        client.post("/api/logs/frontend", json={"message": "no stream", "level": "warning"})
    written = server.log.read_text().splitlines()
    told = [json.loads(line) for line in written if line.startswith("{")]
    found = {line["event"]: line for line in told}
    logged = found["client_error"]
    assert logged["page"] == "/hub/bebop", "without what was looked for"
    assert (logged["message"], logged["place"]) == ("x is undefined", "3:0")
    assert logged["request_id"] == answer.headers["x-request-id"]
    assert logged["trace_id"] == answer.headers["traceparent"].split("-")[1]
    assert found["client_log"]["severity"] == "warning"


def test_no_secret_comes_out_of_any_sink(server: Running, receiver: OtlpReceiver) -> None:
    """Search log lines, answers, spans and metrics for what was sent as a secret."""
    headers = {**CREDENTIALS, **SAMPLED}
    targets = (
        f"/api/anime/{graphs.BEBOP}?access_token={SECRET}",
        f"/hls/{JWT}/1/master.m3u8",
        f"/api/{JWT}",
        f"/nowhere?Signature={SECRET}",
        f"/api/search?q=password={SECRET}&limit=x",
        f"/api/auth/me?token={SECRET}",
        "/api/queue",
    )
    body = {"email": "ada@example.org", "password": SECRET, "refresh_token": SECRET}
    with httpx.Client(base_url=server.base, headers=headers) as client:
        answers = [client.get(target) for target in targets]
        for kind in ROUTES:
            report = {
                "message": f"fetch of https://cdn.example/a.ts?Signature={SECRET} failed",
                "page": f"/hls/{JWT}/x?token={SECRET}",
                **({"stack": f"Authorization: Bearer {SECRET}\nat x"} if kind == "error" else {}),
            }
            answers.append(client.post(f"/api/logs/{kind}", json=report))
        for path in ("/api/auth/login", "/api/auth/refresh", "/api/auth/register"):
            answers.append(client.post(path, json={**body, "realm": 3}))
            answers.append(client.post(path, content=f"password={SECRET}"))
            answers.append(client.post(path, json={"email": "a@b.example", "password": SECRET}))
        client.get("/api/nothing", headers={"x-request-id": f"token={SECRET}"})
        metrics = client.get("/metrics").text
    receiver.until(lambda spans: sum(span.trace_id == "a" * 32 for span in spans) > len(answers))
    sinks = {
        "log": server.log.read_text(),
        "metrics": metrics,
        "spans": b"".join(receiver.raw).decode("latin-1"),
        **{f"answer to {answer.request.url.path[:30]}": answer.text for answer in answers},
    }
    assert "client_error" in sinks["log"]
    assert sinks["log"].count("slow request") > len(answers)
    assert {name: text for name, text in sinks.items() if SECRET in text} == {}
