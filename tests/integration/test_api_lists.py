"""Seasons, tags and films, with their pages, filters and orders."""

from typing import Any

import pytest
from httpx import AsyncClient


async def read(client: AsyncClient, path: str) -> dict[str, Any]:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def titles(works: list[dict[str, Any]]) -> list[str]:
    return [work["title"] for work in works]


async def test_a_season_lists_the_best_rated_first_and_the_unrated_last(
    client: AsyncClient,
) -> None:
    page = await read(client, "/api/browse/season/2002/fall")
    assert titles(page["anime"]) == [
        "Koukaku Kidoutai: Stand Alone Complex",
        "Haibane Renmei",
        "Naruto",
    ]
    assert page["pagination"] == {"page": 1, "limit": 20, "total_pages": 1, "total_items": 3}


@pytest.mark.parametrize("name", ["spring", "SPRING", "Spring", "sPrInG"])
async def test_a_season_is_named_in_any_case(client: AsyncClient, name: str) -> None:
    page = await read(client, f"/api/browse/season/1998/{name}")
    assert titles(page["anime"]) == ["Cowboy Bebop", "Trigun"]


async def test_pages_of_a_season_do_not_overlap(client: AsyncClient) -> None:
    pages = [
        await read(client, f"/api/browse/season/2002/fall?limit=2&page={n}") for n in (1, 2, 3)
    ]
    assert [len(page["anime"]) for page in pages] == [2, 1, 0]
    assert [page["pagination"]["total_pages"] for page in pages] == [2, 2, 2]
    assert len({work["id"] for page in pages for work in page["anime"]}) == 3


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("tag=drama", ["Koukaku Kidoutai: Stand Alone Complex", "Haibane Renmei"]),
        ("type=TV&type=ova&tag=Ninja", ["Naruto"]),
        ("type=movie", []),
        ("status=finished&type=tv&tag=ninja", ["Naruto"]),
        ("sort=title", ["Haibane Renmei", "Koukaku Kidoutai: Stand Alone Complex", "Naruto"]),
        ("sort=score", ["Koukaku Kidoutai: Stand Alone Complex", "Haibane Renmei", "Naruto"]),
    ],
)
async def test_a_season_is_filtered_and_sorted(
    client: AsyncClient, query: str, expected: list[str]
) -> None:
    page = await read(client, f"/api/browse/season/2002/fall?{query}")
    assert titles(page["anime"]) == expected
    assert page["pagination"]["total_items"] == len(expected)


async def test_summaries_have_the_selected_fields(client: AsyncClient) -> None:
    page = await read(client, "/api/browse/season/2002/fall?fields=title&limit=1")
    assert page["anime"] == [{"title": "Koukaku Kidoutai: Stand Alone Complex"}]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("1899/fall", "year"),
        ("9999/fall", "year"),
        ("x/fall", "year"),
        ("2002.0/fall", "year"),
        ("2e3/fall", "year"),
        ("2002/autumn", "season"),
        ("2002/fall?limit=0", "limit"),
        ("2002/fall?limit=101", "limit"),
        ("2002/fall?page=0", "page"),
        (f"2002/fall?page={10**30}", "page"),
        ("2002/fall?type=serial", "type"),
        ("2002/fall?tag=no-such-tag", "tag"),
        ("2002/fall?status=", "status"),
        ("2002/fall?sort=best", "sort"),
        ("2002/fall?tag=", "tag"),
        ("2002/fall?colour=red", "colour"),
    ],
)
async def test_what_a_season_can_t_be_asked_is_named(
    client: AsyncClient, path: str, field: str
) -> None:
    answer = await client.get(f"/api/browse/season/{path}")
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_tags_come_with_counts_most_borne_first(client: AsyncClient) -> None:
    found = await read(client, "/api/tags")
    assert [(tag["name"], tag["count"]) for tag in found["tags"]] == [
        ("drama", 3),
        ("space", 3),
        ("cyberpunk", 2),
        ("gun", 1),
        ("ninja", 1),
        ("slice of life", 1),
    ]
    assert (found["total"], found["next_cursor"]) == (6, None)


async def test_tags_of_a_category(client: AsyncClient) -> None:
    found = await read(client, "/api/tags?category=genre")
    assert [tag["name"] for tag in found["tags"]] == ["drama", "slice of life"]


async def test_tags_are_read_page_by_page(client: AsyncClient) -> None:
    first = await read(client, "/api/tags?limit=4")
    rest = await read(client, f"/api/tags?limit=4&cursor={first['next_cursor']}")
    assert [tag["name"] for tag in first["tags"] + rest["tags"]] == [
        tag["name"] for tag in (await read(client, "/api/tags"))["tags"]
    ]
    assert rest["next_cursor"] is None


async def test_works_of_a_tag_come_by_relevance_then_score(client: AsyncClient) -> None:
    found = await read(client, "/api/tags/space/anime")
    assert [(work["title"], work["relevance"]) for work in found["anime"]] == [
        ("Cowboy Bebop", 0.95),
        ("Cowboy Bebop: Tengoku no Tobira", 0.5),
        ("Trigun", 0.5),
    ]
    assert found["tag"]["name"] == "space"
    assert found["total"] == 3


async def test_a_tag_is_named_by_id_or_name_in_any_case(client: AsyncClient) -> None:
    by_name = await read(client, "/api/tags/Slice%20of%20%20LIFE/anime")
    by_id = await read(client, f"/api/tags/{by_name['tag']['id']}/anime")
    assert by_id == by_name


async def test_an_unknown_tag_is_not_found(client: AsyncClient) -> None:
    assert (await client.get("/api/tags/no-such-tag/anime")).status_code == 404


async def test_films_come_by_rating_with_unrated_ones_last(client: AsyncClient) -> None:
    found = await read(client, "/api/movies")
    assert titles(found["movies"]) == [
        "The Matrix",
        "Spirited Away",
        "The Matrix Reloaded",
        "A Lost Film",
    ]
    assert (found["total"], found["next_cursor"]) == (4, None)


async def test_films_of_a_year(client: AsyncClient) -> None:
    found = await read(client, "/api/movies?year=2001")
    assert titles(found["movies"]) == ["Spirited Away"]


async def test_films_are_read_page_by_page(client: AsyncClient) -> None:
    seen: list[str] = []
    cursor = ""
    while True:
        page = await read(client, f"/api/movies?limit=1{cursor}")
        seen += titles(page["movies"])
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == ["The Matrix", "Spirited Away", "The Matrix Reloaded", "A Lost Film"]


async def test_the_limit_may_change_between_pages(client: AsyncClient) -> None:
    first = await read(client, "/api/movies?limit=1")
    rest = await read(client, f"/api/movies?limit=100&cursor={first['next_cursor']}")
    assert titles(rest["movies"]) == ["Spirited Away", "The Matrix Reloaded", "A Lost Film"]


async def test_a_cursor_of_another_query_is_refused(client: AsyncClient) -> None:
    cursor = (await read(client, "/api/movies?limit=1"))["next_cursor"]
    for path in (f"/api/movies?year=2001&cursor={cursor}", f"/api/tags?cursor={cursor}"):
        answer = await client.get(path)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == "cursor"


async def test_a_tampered_cursor_is_refused(client: AsyncClient) -> None:
    cursor = (await read(client, "/api/movies?limit=1"))["next_cursor"]
    middle = len(cursor) // 2
    for forged in (
        cursor[:-1],
        cursor[1:],
        "x",
        cursor[:middle] + "A" + cursor[middle + 2 :],
        "%E2%98%83",
    ):
        answer = await client.get(f"/api/movies?cursor={forged}")
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == "cursor"
