"""`/api/works`: all works, filtered and sorted, without a text."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from httpx import AsyncClient

from tests.integration.conftest import running, settings_for, until_ready
from tests.support import graphs
from tests.support.searches import searchable_store


@pytest.fixture(scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[AsyncClient]:
    """Serve a store of our own for this module, with an adult work."""
    folder = tmp_path_factory.mktemp("works")
    async with running(settings_for(await searchable_store(folder), folder)) as client:
        await until_ready(client)
        yield client


async def read(client: AsyncClient, query: str) -> dict[str, Any]:
    answer = await client.get(f"/api/works?{query}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("studio=sunrise", {"Cowboy Bebop"}),
        ("tag=Ninja", {"Naruto"}),
        ("year=2001&type=MOVIE&season=summer", {"Cowboy Bebop: Tengoku no Tobira"}),
        ("year=1998&season=Spring", {"Cowboy Bebop", "Trigun"}),
        ("status=Ongoing&status=UPCOMING", {"Naruto: Shippuuden"}),
        ("status=upcoming", set[str]()),
    ],
)
async def test_works_of_all_years_are_filtered(
    served: AsyncClient, query: str, expected: set[str]
) -> None:
    page = await read(served, query)
    assert {work["title"] for work in page["works"]} == expected
    assert page["total"] == len(expected)


async def test_adult_works_are_hidden_and_counted(served: AsyncClient) -> None:
    safe, every = await read(served, "limit=100"), await read(served, "limit=100&safe=false")
    assert (safe["hidden"], every["hidden"]) == ({"adult": 1}, {"adult": 0})
    assert every["total"] == safe["total"] + 1
    assert str(graphs.GITS_SSS) not in {work["id"] for work in safe["works"]}


@pytest.mark.parametrize("sort", ["popularity", "score", "date", "title"])
async def test_a_walk_meets_every_work_once_in_order(served: AsyncClient, sort: str) -> None:
    every = await read(served, f"sort={sort}&limit=100&safe=false&fields=id,title,year,score")
    walked, cursor = [], ""
    while True:
        part = await read(
            served, f"sort={sort}&limit=3&safe=false&fields=id,title,year,score{cursor}"
        )
        walked += part["works"]
        if part["next_cursor"] is None:
            break
        cursor = f"&cursor={part['next_cursor']}"
    assert walked == every["works"]
    assert len({work["id"] for work in walked}) == every["total"]
    keys: dict[str, Callable[[dict[str, Any]], Any]] = {
        "score": lambda work: -work.get("score", -1),
        "date": lambda work: -(work["year"] or 0),
        "title": lambda work: work["title"].casefold(),
        "popularity": lambda _: 0,
    }
    placed = [keys[sort](work) for work in walked]
    assert placed == sorted(placed)


async def test_a_work_bears_what_is_asked_for(served: AsyncClient) -> None:
    page = await read(served, "studio=Sunrise&fields=title,kind,season,sources,related_anime")
    [work] = page["works"]
    assert list(work) == ["title", "kind", "season", "sources", "related_anime"]
    assert {source["provider"] for source in work["sources"]} >= {"mal", "anidb"}


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ("studio=Sunrize", "studio", "nearest are Sunrise"),
        ("tag=dramma", "tag", "nearest are drama"),
        ("type=serial", "type", "tv, movie"),
        ("year=1", "year", "1900"),
        ("sort=best", "sort", "popularity, rating, score, date, title"),
        ("fields=nonsense", "fields", "sources"),
        ("cursor=x", "cursor", "ask again"),
        ("q=naruto", "q", "no such parameter"),
    ],
)
async def test_what_makes_no_sense_is_named(
    served: AsyncClient, query: str, field: str, said: str
) -> None:
    answer = await served.get(f"/api/works?{query}")
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert error["field"] == field
    assert said in error["message"]


async def test_a_cursor_of_other_filters_is_refused(served: AsyncClient) -> None:
    cursor = (await read(served, "limit=1"))["next_cursor"]
    assert (await served.get(f"/api/works?limit=1&type=tv&cursor={cursor}")).status_code == 400
