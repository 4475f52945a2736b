"""`/api/anime`: one work, many works and episodes, over the small graph."""

import msgspec
import pytest
from httpx import AsyncClient

from kensho.read_model.views import Detail
from tests.support import graphs


async def test_a_work_is_answered_with_all_that_is_known(client: AsyncClient) -> None:
    answer = await client.get(f"/api/anime/{graphs.BEBOP}")
    detail = answer.json()
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert detail["id"] == str(graphs.BEBOP)
    assert detail["title"] == "Cowboy Bebop"
    assert detail["poster_url"] == "https://posters.example/1.jpg"
    assert detail["imdb_rating"] == 8.9
    assert detail["imdb"] == {"id": "tt0213338", "rating": 8.9, "votes": 140000}
    assert detail["synonyms"] == ["カウボーイビバップ", "Bebop"]
    assert detail["anime_season"] == {"season": "spring", "year": 1998}
    assert detail["synopsis"] == "Bounty hunters in “space”."
    assert (detail["score"], detail["duration_s"], detail["episodes"]) == (8.75, 1440, 26)
    assert (detail["status"], detail["anime_type"]) == ("finished", "tv")
    assert (detail["studios"], detail["producers"]) == (["Sunrise"], ["Bandai Visual"])
    assert [(tag["name"], tag["category"], tag["relevance"]) for tag in detail["tags"]] == [
        ("space", "theme", 0.95),
        ("gun", "content", 0.7),
        ("drama", "genre", 0.6),
    ]
    assert {"provider": "mal", "id": "1", "url": "https://myanimelist.net/anime/1"} in detail[
        "sources"
    ]


async def test_every_detail_has_the_shape_of_its_struct(client: AsyncClient) -> None:
    for row in [*graphs.ANIME, *graphs.MOVIES]:
        answer = await client.get(f"/api/anime/{row['id']}")
        msgspec.json.decode(answer.content, type=Detail)


async def test_what_is_not_known_is_null_or_absent(client: AsyncClient) -> None:
    detail = (await client.get(f"/api/anime/{graphs.TRIGUN}")).json()
    assert detail["poster_url"] is None
    assert {"imdb_rating", "imdb", "synopsis", "duration_s", "franchise"}.isdisjoint(detail)


async def test_a_sequel_is_listed_on_the_page_of_what_it_continues(client: AsyncClient) -> None:
    related = (await client.get(f"/api/anime/{graphs.GITS}")).json()["related_anime"]
    assert [(work["title"], work["kind"]) for work in related["sequels"]] == [
        ("Koukaku Kidoutai: 2nd GIG", "sequel")
    ]
    assert related["prequels"] == []


async def test_a_prequel_is_listed_with_its_assertions_turned_around(client: AsyncClient) -> None:
    related = (await client.get(f"/api/anime/{graphs.GITS_2}")).json()["related_anime"]
    (prequel,) = related["prequels"]
    assert (prequel["id"], prequel["kind"]) == (str(graphs.GITS), "prequel")
    assert prequel["assertions"] == [graphs.ASSERTION | {"kind": "prequel"}]
    assert [work["id"] for work in related["sequels"]] == [str(graphs.GITS_SSS)]


async def test_other_relations_read_from_both_ends(client: AsyncClient) -> None:
    of_series = (await client.get(f"/api/anime/{graphs.BEBOP}")).json()["related_anime"]["related"]
    of_film = (await client.get(f"/api/anime/{graphs.BEBOP_FILM}")).json()["related_anime"][
        "related"
    ]
    assert [(work["id"], work["kind"]) for work in of_series] == [
        (str(graphs.BEBOP_FILM), "side_story")
    ]
    assert [(work["id"], work["kind"]) for work in of_film] == [(str(graphs.BEBOP), "parent_story")]


async def test_a_film_answers_under_both_paths(client: AsyncClient) -> None:
    as_work = await client.get(f"/api/anime/{graphs.MATRIX}")
    as_film = await client.get(f"/api/movies/{graphs.MATRIX}")
    assert as_work.json() == as_film.json()
    assert as_film.json()["anime_type"] == "movie"


async def test_a_series_is_no_film(client: AsyncClient) -> None:
    assert (await client.get(f"/api/movies/{graphs.BEBOP}")).status_code == 404


async def test_fields_select_and_keep_their_order(client: AsyncClient) -> None:
    answer = await client.get(f"/api/anime/{graphs.BEBOP}?fields=tags,title,episodes")
    assert list(answer.json()) == ["tags", "title", "episodes"]
    assert answer.json()["title"] == "Cowboy Bebop"


async def test_a_selected_field_that_is_not_known_stays_absent(client: AsyncClient) -> None:
    answer = await client.get(f"/api/anime/{graphs.TRIGUN}?fields=synopsis,related_anime")
    assert answer.json() == {"related_anime": {"sequels": [], "prequels": [], "related": []}}


async def test_an_unknown_field_is_named(client: AsyncClient) -> None:
    answer = await client.get(f"/api/anime/{graphs.BEBOP}?fields=title,nonsense")
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["field"] == "fields"
    assert "'nonsense'" in error["message"]


async def test_a_merged_id_leads_to_its_successor_with_path_and_query(client: AsyncClient) -> None:
    answer = await client.get(
        f"/api/anime/{graphs.MERGED}/relations?depth=2", follow_redirects=False
    )
    assert answer.status_code == 308
    assert answer.headers["location"] == f"/api/anime/{graphs.BEBOP}/relations?depth=2"


async def test_a_removed_id_is_gone(client: AsyncClient) -> None:
    answer = await client.get(f"/api/anime/{graphs.REMOVED}")
    assert answer.status_code == 410
    assert answer.json()["error"] == "gone"


async def test_an_unknown_id_is_not_found(client: AsyncClient) -> None:
    assert (await client.get(f"/api/anime/{graphs.UNKNOWN}")).status_code == 404


@pytest.mark.parametrize(
    "work_id", ["nonsense", "123", f"{graphs.BEBOP}0", graphs.BEBOP.hex, f"{{{graphs.BEBOP}}}"]
)
async def test_a_malformed_id_is_named(client: AsyncClient, work_id: str) -> None:
    answer = await client.get(f"/api/anime/{work_id}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "work_id"


async def test_a_batch_keeps_the_asked_order_and_names_what_is_missing(client: AsyncClient) -> None:
    asked = [graphs.NARUTO, graphs.UNKNOWN, graphs.BEBOP, graphs.REMOVED, graphs.NARUTO]
    answer = await client.post("/api/anime/batch", json={"ids": [str(work) for work in asked]})
    batch = answer.json()
    assert answer.status_code == 200
    assert [item["id"] for item in batch["items"]] == [str(graphs.NARUTO), str(graphs.BEBOP)]
    assert batch["missing"] == [str(graphs.UNKNOWN), str(graphs.REMOVED)]
    assert batch["moved"] == {}


async def test_an_item_of_a_batch_is_the_work_s_own_page(client: AsyncClient) -> None:
    batch = (await client.post("/api/anime/batch", json={"ids": [str(graphs.GITS)]})).json()
    assert batch["items"] == [(await client.get(f"/api/anime/{graphs.GITS}")).json()]


async def test_a_merged_id_in_a_batch_answers_with_its_successor(client: AsyncClient) -> None:
    asked = {"ids": [str(graphs.MERGED), str(graphs.BEBOP)]}
    batch = (await client.post("/api/anime/batch?fields=id", json=asked)).json()
    assert batch == {
        "items": [{"id": str(graphs.BEBOP)}],
        "missing": [],
        "moved": {str(graphs.MERGED): str(graphs.BEBOP)},
    }


async def test_an_empty_batch_is_empty(client: AsyncClient) -> None:
    answer = await client.post("/api/anime/batch", json={"ids": []})
    assert answer.json() == {"items": [], "missing": [], "moved": {}}


async def test_episodes_come_by_number(client: AsyncClient) -> None:
    found = (await client.get(f"/api/anime/{graphs.BEBOP}/episodes")).json()
    first, second = found["episodes"]
    assert found["total"] == 2
    assert (first["episode_number"], first["title"], first["duration"]) == (
        1,
        "Asteroid Blues",
        1440,
    )
    assert first["titles"] == {"ja": "アステロイド・ブルース", "en": "Asteroid Blues"}
    assert first["air_date"] == "1998-10-24"
    assert (second["title"], second["filler"]) == ("Stray Dog Strut", False)
    assert "air_date" not in second


async def test_a_work_without_episodes_has_none(client: AsyncClient) -> None:
    assert (await client.get(f"/api/anime/{graphs.MATRIX}/episodes")).json() == {
        "episodes": [],
        "total": 0,
    }


async def test_episodes_of_an_unknown_work_are_not_found(client: AsyncClient) -> None:
    assert (await client.get(f"/api/anime/{graphs.UNKNOWN}/episodes")).status_code == 404
