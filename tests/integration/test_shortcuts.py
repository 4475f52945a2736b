"""The shortcut of a plain search: it answers what its route answers, and errors are told there."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import pytest
from httpx import AsyncClient, Response

from kensho.http.shortcuts import DeclaredShortcut
from kensho.platform.environment import with_changes
from tests.integration.conftest import running, settings_for, until_ready
from tests.support.searches import searchable_store

_OWN = ("traceparent",)
"""The header that no two answers share."""


@pytest.fixture(scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[AsyncClient]:
    """Serve a store of our own for this module, without kept answers."""
    folder = tmp_path_factory.mktemp("shortcuts")
    settings = settings_for(await searchable_store(folder), folder)
    settings = with_changes(settings, cache_bytes=0)
    async with running(settings) as client:
        await until_ready(client)
        client.headers["x-request-id"] = "one-for-all"  # which documents of errors repeat
        yield client


def told(answer: Response) -> tuple[int, dict[str, str], bytes]:
    headers = {name: value for name, value in answer.headers.items() if name not in _OWN}
    return answer.status_code, headers, answer.content


def not_taken(_self: object, _parameters: object) -> bool:
    return False


@pytest.mark.parametrize(
    "text",
    [
        *("cowboy bebop", "Naruto - 222.mkv", "かうぼーいびばっぷ", "co", "c", "zzzzzz", "mal:20"),
        *("hentai", " ", "\u200b", "x" * 1_000, "x" * 1_001, "%ff", "a\x00b", "tabs\tand\nlines"),
    ],
)
async def test_a_text_by_itself_is_answered_as_its_route_answers(
    served: AsyncClient, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"/api/search?q={text if text == '%ff' else quote(text)}"
    short = [await served.get(address), await served.head(address)]
    tag = {"if-none-match": short[0].headers.get("etag", '"none"')}
    short.append(await served.get(address, headers={**tag, "accept-encoding": "gzip"}))
    monkeypatch.setattr(DeclaredShortcut, "is_taken", not_taken)
    # A target that was asked for keeps its shortcut; as it is spelt here it was not.
    address = f"{address}&limit=20"
    routed = [await served.get(address), await served.head(address)]
    routed.append(await served.get(address, headers={**tag, "accept-encoding": "gzip"}))
    assert [told(one) for one in short] == [told(one) for one in routed]


async def test_only_the_text_by_itself_is_answered_so(
    served: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def answer(_self: object, _scope: object, parameters: Any) -> None:
        asked.append(dict(parameters))

    monkeypatch.setattr(DeclaredShortcut, "answer", answer)
    for query in ("q=haibane", "q=haibane&limit=20", "q=haibane&limit=3", "", "limit=3", "qq=x"):
        await served.get(f"/api/search?{query}")
    await served.post("/api/search?q=haibane")
    assert asked == [{"q": "haibane"}, {"q": "haibane"}]  # a default that is spelt out is none


async def test_a_bug_in_it_is_told_by_the_route(
    served: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("kensho.discovery.search.TitleSearch.page", fails)
    answer = await served.get("/api/search?q=renmei")
    assert answer.status_code == 500
    assert answer.headers["content-type"].startswith("application/problem+json")


async def test_it_is_counted_under_its_route(served: AsyncClient) -> None:
    def searches(figures: str) -> float:
        lines = [one for one in figures.splitlines() if "kensho_http_requests_total" in one]
        return sum(float(one.split()[-1]) for one in lines if 'route="/api/search"' in one)

    before = searches((await served.get("/metrics")).text)
    await served.get("/api/search?q=counted%20once")
    assert searches((await served.get("/metrics")).text) == before + 1
