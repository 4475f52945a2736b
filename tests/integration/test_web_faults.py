"""Errors as viewers see them; programs are told by problems, as ever."""

from pathlib import Path
from typing import NamedTuple

import pytest
from httpx import AsyncClient

from kensho.errors import FieldProblem, NotReadyError
from kensho.web.error_pages import ErrorPages
from kensho.web.page_context import PageContext
from kensho.web.page_router import PageRouter
from tests.integration.conftest import running, settings_for, until
from tests.support import graphs
from tests.support.servers import written_store


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/nowhere", 404, "Nothing is here"),
        ("/anime/cowboy-bebop", 404, "Cowboy Bebop"),
        ("/deep/er/naruto-shippuden", 404, "Naruto: Shippuuden"),
        (f"/anime/{graphs.UNKNOWN}", 404, "Nothing is here"),
        (f"/anime/{graphs.REMOVED}", 410, "was removed"),
        ("/browse/2002/autumn", 404, "Nothing is here"),
        ("/browse/2002/", 404, "Nothing is here"),
        ("/browse/1700/fall", 400, "1700"),
        ("/browse/2002/fall?type=x%3Cb%3E", 400, "<code>type</code>"),
        ("/search?q=" + "x" * 301, 400, "301 characters"),
        ("/search?q=a&q=b", 400, "once"),
        ("/search?q=%ff", 400, "UTF-8"),
        ("/%ff", 400, "UTF-8"),
        ("/search?q=" + "x" * 9000, 414, "too long"),
    ],
)
async def test_an_error_is_a_page(client: AsyncClient, path: str, status: int, words: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert words in answer.text
    assert "<b>" not in answer.text.partition("<main")[2]


async def test_a_method_that_is_not_possible_is_a_page_too(client: AsyncClient) -> None:
    answer = await client.delete("/movies")
    assert answer.status_code == 405
    assert "not possible" in answer.text


@pytest.mark.parametrize("path", ["/api/nowhere", "/api/anime/nonsense", "/health/nowhere"])
async def test_programs_are_told_by_problems(client: AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_until_there_is_a_read_model_a_page_asks_to_wait(tmp_path: Path) -> None:
    settings = settings_for(await written_store(tmp_path / "kensho.db"), tmp_path)
    async with running(settings) as client:
        answer = await client.get("/")
        if answer.status_code == 503:  # else it was built already
            assert answer.headers["retry-after"] == "5"
            assert '<meta http-equiv="refresh" content="5">' in answer.text
            assert "One moment" in answer.text
        await until(client, "/", lambda page: page.status_code == 200)


class Told(NamedTuple):
    """A fault as the front tells of it."""

    status: int
    slug: str = "internal"
    detail: str = ""
    path: str = "/anime/x"
    request_id: str = "abc-123"
    fields: tuple[FieldProblem, ...] = ()
    location: str | None = None
    retry_after_s: int | None = None


def not_started() -> PageContext:
    raise NotReadyError("the service is not started")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Told(500), "<code>abc-123</code>"),
        (Told(503, "not_ready", retry_after_s=5), '<meta http-equiv="refresh" content="5">'),
        (Told(503, "store_unavailable", retry_after_s=5), "store can’t be reached"),  # noqa: RUF001
        (Told(429), "Too many requests"),
        (Told(418), "That did not work"),
        (Told(404, path="/naruto"), "Nothing is here"),
        (Told(308, location="/anime/y"), 'href="/anime/y"'),
    ],
)
def test_a_fault_is_told_even_before_the_service_is_started(fault: Told, words: str) -> None:
    body = ErrorPages(PageRouter().renderer, not_started).body(fault)
    assert body is not None
    assert words in body.decode()
