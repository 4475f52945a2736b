"""What a search refuses, and type-ahead, over the small graph with more in it."""

from collections.abc import AsyncIterator
from urllib.parse import quote

import msgspec
import pytest
from httpx import AsyncClient

from kensho.discovery.search_views import Completions
from tests.integration.conftest import running, settings_for, until_ready
from tests.support import graphs
from tests.support.searches import searchable_store


@pytest.fixture(scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[AsyncClient]:
    """Serve a store of our own for this module."""
    folder = tmp_path_factory.mktemp("search")
    url = await searchable_store(folder)
    async with running(settings_for(url, folder)) as client:
        await until_ready(client)
        yield client


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("", ["q"]),
        ("q=", ["q"]),
        ("q=%20%20", ["q"]),
        ("q=%E3%80%80", ["q"]),
        ("q=%09", ["q"]),
        ("q=%00", ["q"]),
        (f"q={'a' * 1001}", ["q"]),
        ("q=%ED%A0%80", ["query"]),
        ("q=%FF", ["query"]),
        ("q=a&q=b", ["q"]),
        ("q=a&limit=0", ["limit"]),
        ("q=a&limit=101", ["limit"]),
        ("q=a&offset=-1", ["offset"]),
        ("q=a&offset=10001", ["offset"]),
        ("q=a&offset=0&cursor=x", ["cursor", "offset"]),
        ("q=a&cursor=x", ["cursor"]),
        ("q=a&type=TVX", ["type"]),
        ("q=a&status=done", ["status"]),
        ("q=a&season=autumn", ["season"]),
        ("q=a&year=1899", ["year"]),
        ("q=a&year=x", ["year"]),
        ("q=a&tag=", ["tag"]),
        ("q=a&group=year", ["group"]),
        ("q=a&safe=yes", ["safe"]),
        ("q=a&explain=1", ["explain"]),
        ("q=a&fields=title,rank", ["fields"]),
        ("q=a&page=2", ["page"]),
    ],
)
async def test_what_can_t_be_searched_is_named(
    served: AsyncClient, query: str, fields: list[str]
) -> None:
    answer = await served.get(f"/api/search?{query}")
    assert answer.status_code == 400, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == fields


@pytest.mark.parametrize(
    "text",
    [
        "😀",
        "👩\u200d👩\u200d👧",
        "☆",
        "\u200b",
        "\ue000",
        "'",
        "%",
        "\\",
        "x" * 300,
        "word " * 60,
        "の" * 300,
        "e" + "\u0301" * 200,
        "2nd season season 2 s2 part 2",
        "[a] b - 1 [c].mkv",
        "٣",
        "\U0001d579\U0001d586\U0001d597\U0001d59a\U0001d599\U0001d594",
        "\ufdfa" * 20,
    ],
)
async def test_any_text_has_an_answer(served: AsyncClient, text: str) -> None:
    for path in ("search", "suggest"):
        more = "&explain=true&group=franchise" if path == "search" else ""
        answer = await served.get(f"/api/{path}?q={quote(text)}{more}")
        assert answer.status_code == 200


async def complete(client: AsyncClient, query: str) -> Completions:
    answer = await client.get(f"/api/suggest?{query}")
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=Completions)


async def test_a_half_typed_title_is_completed_by_works_and_franchises(
    served: AsyncClient,
) -> None:
    found = (await complete(served, "q=naru")).suggestions
    assert {(each.kind, each.title, each.slug) for each in found} == {
        ("anime", "Naruto", None),
        ("franchise", "Naruto", "naruto"),
        ("anime", "Naruto: Shippuuden", None),
    }
    assert [each.highlights for each in found] == [[(0, 4)]] * 3
    assert all((each.id is None) == (each.kind == "franchise") for each in found)
    assert found[-1].title == "Naruto: Shippuuden"


async def test_titles_that_begin_with_what_was_typed_come_first(served: AsyncClient) -> None:
    found = (await complete(served, "q=t&limit=20")).suggestions
    begins = [each.matched_title.casefold().startswith("t") for each in found]
    assert begins[0]
    assert begins == sorted(begins, reverse=True)


async def test_adult_works_are_completed_on_demand_only(served: AsyncClient) -> None:
    safe = await complete(served, "q=koukaku%20kidoutai%3A%20solid")
    all_ = await complete(served, "q=koukaku%20kidoutai%3A%20solid&safe=false")
    assert graphs.GITS_SSS not in {each.id for each in safe.suggestions}
    assert graphs.GITS_SSS in {each.id for each in all_.suggestions}


@pytest.mark.parametrize(
    ("query", "field"), [("q=%20", "q"), ("q=a&limit=21", "limit"), ("q=a&type=tv", "type")]
)
async def test_what_can_t_be_completed_is_named(
    served: AsyncClient, query: str, field: str
) -> None:
    answer = await served.get(f"/api/suggest?{query}")
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]
