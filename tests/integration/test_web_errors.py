"""Errors as viewers see them; programs are told by problems, as ever."""

from pathlib import Path

import pytest
from httpx import AsyncClient

from kensho.errors import NotReadyError
from kensho.http.problem_details import ErrorResponse, ProblemKind
from kensho.web.error_pages import ErrorPages
from kensho.web.page_context import PageContext
from kensho.web.page_router import PageRouter
from tests.integration.conftest import running, settings_for, until
from tests.support import graphs
from tests.support.page_language import english_texts
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
        ("/browse?type=x%3Cb%3E", 400, "<code>type</code>"),
        ("/search?q=" + "x" * 1001, 400, "1001 characters"),
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


async def test_titles_that_may_be_meant_are_told_apart_as_the_viewer_reads(
    client: AsyncClient,
) -> None:
    answer = await client.get("/anime/cowboy-bebop")
    assert "<bdi>1998 · TV" in answer.text
    answer = await client.get("/anime/cowboy-bebop", headers={"cookie": "lang=ja; titles=native"})
    assert english_texts(answer.text) == []
    assert "カウボーイビバップ" in answer.text


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
    async with running(settings, publishes=True) as client:
        answer = await client.get("/")
        if answer.status_code == 503:  # else it was built already
            assert answer.headers["retry-after"] == "5"
            assert '<meta http-equiv="refresh" content="5">' in answer.text
            assert "One moment" in answer.text
        await until(client, "/", lambda page: page.status_code == 200)


def told(
    status: int, slug: str = "internal", path: str = "/anime/x", **headers: str
) -> ErrorResponse:
    """Return an error as the pipeline tells of it."""
    return ErrorResponse(
        kind=ProblemKind(status, slug, ""),
        detail="",
        path=path,
        request_id="abc-123",
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


def not_started() -> PageContext:
    raise NotReadyError("the service is not started")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (told(500), "<code>abc-123</code>"),
        (told(503, "not_ready", retry_after="5"), '<meta http-equiv="refresh" content="5">'),
        (told(503, "store_unavailable", retry_after="5"), "store can’t be reached"),  # noqa: RUF001
        (told(429), "Too many requests"),
        (told(418), "That did not work"),
        (told(404, path="/naruto"), "Nothing is here"),
        (told(308, location="/anime/y"), 'href="/anime/y"'),
    ],
)
def test_an_error_has_a_page_even_before_the_service_is_started(
    error: ErrorResponse, words: str
) -> None:
    page = ErrorPages(PageRouter().renderer, not_started).render(error)
    assert page is not None
    assert words in page[0].decode()
