"""`/api/resolve`: ids and URLs of other catalogues."""

from urllib.parse import quote

import pytest
from httpx import AsyncClient

from tests.support import graphs

BEBOP = {"id": str(graphs.BEBOP), "kind": "anime", "title": "Cowboy Bebop"}


@pytest.mark.parametrize(
    "query",
    [
        "provider=mal&id=1",
        "provider=imdb&id=tt0213338",
        f"url={quote('https://myanimelist.net/anime/1/Cowboy_Bebop', safe='')}",
        "url=https://anidb.net/anime/23",
        "id=mal:1",
        "id=IMDB:tt0213338",
    ],
)
async def test_an_id_or_a_url_leads_to_the_work(client: AsyncClient, query: str) -> None:
    answer = await client.get(f"/api/resolve?{query}")
    assert answer.status_code == 200
    assert answer.json() == {"results": [BEBOP]}


async def test_an_id_of_several_works_lists_them_with_their_episodes(client: AsyncClient) -> None:
    results = (await client.get("/api/resolve?provider=tvdb&id=73749")).json()["results"]
    assert {result["id"] for result in results} == {str(graphs.GITS), str(graphs.GITS_2)}
    assert all(result["episodes"] == {"first": 1, "last": 26} for result in results)


@pytest.mark.parametrize("local", ["129", "movie/129"])
async def test_a_bare_tmdb_number_means_any_kind(client: AsyncClient, local: str) -> None:
    results = (await client.get("/api/resolve", params={"provider": "tmdb", "id": local})).json()[
        "results"
    ]
    assert [(result["id"], result["kind"]) for result in results] == [
        (str(graphs.SPIRITED_AWAY), "movie")
    ]


@pytest.mark.parametrize(
    "query",
    [
        "provider=mal&id=999999",
        "url=https://nowhere.example/anime/1",
        "url=nonsense",
        "provider=mal&id=x%27;--",
    ],
)
async def test_what_no_work_is_behind_is_not_found(client: AsyncClient, query: str) -> None:
    assert (await client.get(f"/api/resolve?{query}")).status_code == 404


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("", ["provider", "id"]),
        ("provider=mal", ["id"]),
        ("id=1", ["provider"]),
        ("provider=nowhere&id=1", ["provider"]),
        ("id=nowhere:1", ["id"]),
        ("id=mal:", ["id"]),
        ("provider=mal&id=mal:1", ["id"]),
        ("provider=mal&id=a%20b", ["id"]),
        ("provider=mal&id=1&url=https://myanimelist.net/anime/1", ["url"]),
    ],
)
async def test_half_a_question_is_refused(
    client: AsyncClient, query: str, fields: list[str]
) -> None:
    answer = await client.get(f"/api/resolve?{query}")
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == fields


async def test_a_batch_answers_each_id_and_names_what_is_missing(client: AsyncClient) -> None:
    answer = await client.post(
        "/api/resolve/batch", json={"provider": "mal", "ids": ["1", "999999", "20", "1"]}
    )
    found = answer.json()
    assert answer.status_code == 200
    assert found["items"]["1"] == [BEBOP]
    assert list(found["items"]) == ["1", "20"]
    assert found["missing"] == ["999999"]
