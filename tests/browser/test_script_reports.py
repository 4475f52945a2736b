"""A page tells its server which errors no script caught, and how fast it was."""

import asyncio
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support.processes import Running, running, until
from tests.support.servers import environment, free_port, written_store


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Run a server of the small graph with an edge on."""
    folder = tmp_path_factory.mktemp("reports")
    url = asyncio.run(written_store(folder / "kensho.db"))
    edges = {"KENSHO_EDGES": "accounts", "KENSHO_EDGES_STORE_URL": "mem://"}
    with running(environment(url, folder, free_port()) | edges, folder / "log") as server:
        yield server


def reports(server: Running, kind: str) -> int:
    """Return how many reports of a kind came."""
    start = f'kensho_client_reports_total{{kind="{kind}"}} '
    lines = server.get("/metrics").text.splitlines()
    return sum(int(float(one.removeprefix(start))) for one in lines if one.startswith(start))


def test_errors_and_vitals_of_a_page_reach_the_server(server: Running, browser: Browser) -> None:
    with browser.new_context(base_url=server.base) as window:
        page = window.new_page()
        page.goto("/search?q=bebop&token=hunter2hunter2")
        assert "client_logs" in page.content()
        page.evaluate("() => { setTimeout(() => { throw new Error('a part is missing'); }); }")
        until(lambda: reports(server, "error") == 1)
        page.evaluate("() => { Promise.reject(new TypeError('Bearer hunter2hunter2')); }")
        until(lambda: reports(server, "error") == 2)
        for _ in range(10):
            page.evaluate("() => { setTimeout(() => { throw new Error('again'); }); }")
        page.goto("/browse")  # which hides the page before
        until(lambda: reports(server, "performance") == 1)
    assert reports(server, "error") == 5, "no page sends more"
    told = server.log.read_text()
    assert "a part is missing" in told
    assert "/search" in told
    assert "hunter2" not in told
    text = server.get("/metrics").text
    vitals = [line for line in text.splitlines() if line.startswith("kensho_web_vital_seconds_c")]
    assert any('name="ttfb"' in line for line in vitals), vitals
