"""Search and type-ahead over the small graph, with a franchise, an adult work and a redirect."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import msgspec
import pytest
from httpx import AsyncClient

from kensho.discovery.search_views import SearchPage
from kensho.platform.environment import with_changes
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


async def read(client: AsyncClient, query: str) -> SearchPage:
    answer = await client.get(f"/api/search?{query}")
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=SearchPage)


def titles(page: SearchPage) -> list[str]:
    return [result.title for result in page.results]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("cowboy bebop", "Cowboy Bebop"),
        ("COWBOYBEBOP", "Cowboy Bebop"),
        ("cowboy bebpo", "Cowboy Bebop"),
        ("bebop cowboy", "Cowboy Bebop"),
        ("かうぼーいびばっぷ", "Cowboy Bebop"),
        ("kaubooibibappu", "Cowboy Bebop"),
        ("haibane", "Haibane Renmei"),
        ("spirited awy", "Spirited Away"),
        ("naruto shippuden", "Naruto: Shippuuden"),
    ],
)
async def test_a_title_is_found_in_any_spelling(served: AsyncClient, text: str, first: str) -> None:
    assert titles(await read(served, f"q={quote(text)}"))[0] == first


async def test_a_result_is_a_summary_with_what_matched(served: AsyncClient) -> None:
    page = await read(served, "q=cowb&limit=1")
    [result] = page.results
    assert (result.kind, result.anime_type, result.imdb_rating) == ("anime", "tv", 8.9)
    assert (result.matched_title, result.highlights) == ("Cowboy Bebop", [(0, 4)])
    assert 0 < result.score <= 1
    assert page.read_as.via == "text"
    assert (page.reason, page.suggestions) == (None, None)


async def test_films_are_found_beside_series(served: AsyncClient) -> None:
    page = await read(served, "q=matrix")
    assert [(result.title, result.kind) for result in page.results] == [
        ("The Matrix", "movie"),
        ("The Matrix Reloaded", "movie"),
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("year=1998", ["Cowboy Bebop"]),
        ("type=movie", ["Cowboy Bebop: Tengoku no Tobira"]),
        ("season=SPRING&status=finished", ["Cowboy Bebop"]),
        ("tag=gun", ["Cowboy Bebop"]),
        ("tag=GUN", ["Cowboy Bebop"]),
        ("type=TV", ["Cowboy Bebop"]),
        ("type=tv,MOVIE", ["Cowboy Bebop", "Cowboy Bebop: Tengoku no Tobira"]),
        ("type=tv&type=movie", ["Cowboy Bebop", "Cowboy Bebop: Tengoku no Tobira"]),
        ("status=Ongoing&status=upcoming", []),
    ],
)
async def test_hits_are_filtered(served: AsyncClient, query: str, expected: list[str]) -> None:
    page = await read(served, f"q=cowboy%20bebop&{query}")
    assert titles(page) == expected
    assert page.total == len(expected)


async def test_facets_say_what_else_could_be_chosen(served: AsyncClient) -> None:
    page = await read(served, "q=cowboy%20bebop&type=tv")
    assert page.facets is not None
    assert page.facets.type == {"tv": 1, "movie": 1}
    assert page.facets.year == {"1998": 1}
    assert [tag.name for tag in page.facets.tag] == ["drama", "space"]  # "gun" is of its content


async def test_adult_works_are_hidden_and_counted(served: AsyncClient) -> None:
    safe = await read(served, "q=koukaku%20kidoutai")
    all_ = await read(served, "q=koukaku%20kidoutai&safe=false")
    assert (safe.total, safe.hidden.adult) == (2, 1)
    assert (all_.total, all_.hidden.adult) == (3, 0)


async def test_what_hides_adult_works_is_a_setting(tmp_path: Path) -> None:
    settings = settings_for(await searchable_store(tmp_path), tmp_path)
    async with running(with_changes(settings, search_safe=False)) as client:
        await until_ready(client)
        assert (await read(client, "q=koukaku%20kidoutai")).total == 3
        assert (await read(client, "q=koukaku%20kidoutai&safe=true")).total == 2


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("q=qqqqqqqqqqqq", "no title has these letters within two errors"),
        ("q=qqq", "no word of a title begins with these letters"),
        ("q=naruto&year=1950", "the filters leave none of the 2 hits"),
        ("q=spirited%20away&year=1950", "the filters leave out the only hit"),
        ("q=solid%20state%20society", "the only hit is adult and safe is on"),
    ],
)
async def test_an_empty_answer_says_why(served: AsyncClient, query: str, said: str) -> None:
    page = await read(served, query)
    assert (page.total, page.results) == (0, [])
    assert said in (page.reason or "")


async def test_an_empty_answer_suggests_what_filters_left_out(served: AsyncClient) -> None:
    page = await read(served, "q=naruto&year=1950")
    assert page.suggestions is not None
    assert [near.title for near in page.suggestions][:2] == ["Naruto", "Naruto: Shippuuden"]


async def test_an_adult_work_is_not_suggested(served: AsyncClient) -> None:
    page = await read(served, "q=solid%20state%20society")
    assert str(graphs.GITS_SSS) not in {str(near.id) for near in page.suggestions or ()}


async def test_a_franchise_is_found_by_its_name(served: AsyncClient) -> None:
    page = await read(served, "q=naruto")
    assert [(found.slug, found.works) for found in page.franchises] == [("naruto", 2)]
    assert page.results[0].franchise is not None
    assert page.results[0].franchise.slug == "naruto"
    assert (await read(served, "q=naruto&offset=1")).franchises == []


async def test_works_of_a_franchise_are_one_result(served: AsyncClient) -> None:
    page = await read(served, "q=naruto&group=franchise")
    [result] = page.results
    assert (page.total, page.total_works) == (1, 2)
    assert result.group is not None
    assert result.group.franchise is not None
    assert result.group.works == 2
    assert [more.title for more in result.group.more] == ["Naruto: Shippuuden"]


async def test_works_without_a_franchise_are_results_of_their_own(served: AsyncClient) -> None:
    page = await read(served, "q=matrix&group=franchise")
    assert (page.total, page.total_works) == (2, 2)
    assert [found.group and found.group.franchise for found in page.results] == [None, None]


async def test_a_release_is_read_and_its_episode_led_to_where_it_is(served: AsyncClient) -> None:
    name = quote("[Group] Naruto - 222 (1080p) [ABCD1234].mkv")
    page = await read(served, f"q={name}")
    assert titles(page)[:2] == ["Naruto: Shippuuden", "Naruto"]
    assert (page.read_as.via, page.read_as.episode) == ("release", 222)
    assert page.read_as.release is not None
    assert page.read_as.release.group == "Group"
    assert page.read_as.redirected is not None
    assert page.read_as.redirected.from_id == graphs.NARUTO
    assert (page.read_as.redirected.id, page.read_as.redirected.episode) == (graphs.NARUTO_2, 2)


async def test_an_episode_beyond_a_later_work_is_counted_from_the_beginning(
    served: AsyncClient,
) -> None:
    page = await read(served, f"q={quote('[Group] Naruto Shippuuden - 719 (1080p).mkv')}")
    assert titles(page)[0] == "Naruto: Shippuuden"
    assert page.read_as.redirected is not None
    assert page.read_as.redirected.inferred
    assert (page.read_as.redirected.id, page.read_as.redirected.episode) == (graphs.NARUTO_2, 499)
    assert not page.read_as.beyond


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("mal:20", "Naruto"),
        ("anidb-23", "Cowboy Bebop"),
        ("tt0213338", "Cowboy Bebop"),
        ("https://myanimelist.net/anime/20/Some_Name", "Naruto"),
        ("Haibane Renmei [imdbid-tt0213338]", "Cowboy Bebop"),
        ("Something Else (1998) {anilist-1}", "Cowboy Bebop"),
    ],
)
async def test_an_id_outranks_the_text_around_it(
    served: AsyncClient, text: str, first: str
) -> None:
    page = await read(served, f"q={quote(text)}")
    assert titles(page)[0] == first
    assert (page.read_as.via, page.results[0].score) == ("id", 1.0)


async def test_a_tag_of_an_unknown_catalogue_is_cut_off(served: AsyncClient) -> None:
    page = await read(served, f"q={quote('Haibane Renmei (2002) [trakt-12]')}")
    assert titles(page)[0] == "Haibane Renmei"
    page = await read(served, f"q={quote('Haibane Renmei [anidb-999999]')}")
    assert (titles(page)[0], page.read_as.via) == ("Haibane Renmei", "text")


async def test_a_path_is_read_innermost_first(served: AsyncClient) -> None:
    for path in (
        r"D:\Naruto\Haibane Renmei\Season 1\S01E05.mkv",
        "/naruto/Haibane Renmei - 05.mkv",
    ):
        page = await read(served, f"q={quote(path)}")
        assert (titles(page)[0], page.read_as.episode) == ("Haibane Renmei", 5)


async def test_an_episode_that_no_work_has_is_said(served: AsyncClient) -> None:
    page = await read(served, f"q={quote('Haibane Renmei - 99 [1080p].mkv')}")
    assert (titles(page)[0], page.read_as.beyond) == ("Haibane Renmei", True)
    page = await read(served, f"q={quote('Haibane Renmei - 13 [1080p].mkv')}")
    assert not page.read_as.beyond


async def test_an_opening_is_read_as_one(served: AsyncClient) -> None:
    page = await read(served, f"q={quote('[Group] Trigun - NCOP1 [1080p].mkv')}")
    assert (titles(page)[0], page.read_as.extra) == ("Trigun", "opening")


async def test_a_path_longer_than_a_title_is_read(served: AsyncClient) -> None:
    page = await read(served, f"q={quote('/' + 'folder/' * 100 + 'Trigun - 05.mkv')}")
    assert (titles(page)[0], page.read_as.episode) == ("Trigun", 5)


async def test_an_episode_of_the_work_itself_leads_nowhere_else(served: AsyncClient) -> None:
    page = await read(served, f"q={quote('[Group] Naruto - 12 (1080p).mkv')}")
    assert titles(page)[0] == "Naruto"
    assert page.read_as.redirected is None


async def test_a_score_is_explained_by_parts_that_add_up(served: AsyncClient) -> None:
    for text in ("COWBOY BEBOP", "cowboy bebpo", "cowb", "かうぼーい", "koukaku kidoutai 2"):
        for result in (await read(served, f"q={quote(text)}&explain=true")).results:
            assert result.explain is not None
            total = sum(part.value for part in result.explain.parts)
            assert total == pytest.approx(result.explain.score, abs=1e-6)
            assert result.score == pytest.approx(result.explain.score, abs=1e-4)


@pytest.mark.parametrize(
    ("text", "folds", "edits"),
    [
        ("Cowboy Bebop", [], 0),
        ("COWBOY bebop", ["case"], 0),
        ("\uff43owboy bebop", ["width", "case"], 0),
        ("cówboy-bebop", ["case", "diacritics", "punctuation"], 0),
        ("cowboybebop", ["case", "spacing"], 0),
        ("cowboy bebpo", ["case"], 1),
        ("kauboi bibappu", ["script", "spacing"], 0),
    ],
)
async def test_an_explanation_names_what_was_overlooked(
    served: AsyncClient, text: str, folds: list[str], edits: int
) -> None:
    why = (await read(served, f"q={quote(text)}&explain=true&limit=1")).results[0].explain
    assert why is not None
    assert (why.folds, why.edits) == (folds, edits)


async def test_pages_meet_every_hit_once(served: AsyncClient) -> None:
    whole = await read(served, "q=a&limit=100")
    walked: list[str] = []
    cursor = ""
    while True:
        page = await read(served, f"q=a&limit=1{cursor}")
        assert page.total == whole.total
        walked += titles(page)
        if page.next_cursor is None:
            break
        cursor = f"&cursor={page.next_cursor}"
    assert walked == titles(whole)
    assert titles(await read(served, "q=a&limit=2&offset=1")) == walked[1:3]


async def test_a_cursor_belongs_to_its_filters(served: AsyncClient) -> None:
    cursor = (await read(served, "q=naruto&limit=1")).next_cursor
    answer = await served.get(f"/api/search?q=naruto&type=tv&cursor={cursor}")
    assert [error["field"] for error in answer.json()["errors"]] == ["cursor"]


async def test_only_the_asked_fields_are_answered(served: AsyncClient) -> None:
    answer = await served.get("/api/search?q=naruto&limit=1&fields=title,score")
    [result] = answer.json()["results"]
    assert list(result) == ["title", "score"]


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ("type=serial", "type", "'serial' is not one of tv, movie, ova, ona, special, unknown"),
        ("type=tv&type=", "type", "is not one of"),
        ("status=done", "status", "finished, ongoing, upcoming"),
        ("season=autumn", "season", "winter, spring, summer, fall"),
        ("tag=dramma", "tag", "there is no tag 'dramma'; nearest are drama"),
        ("tag=%F0%9F%92%A9", "tag", "there is no tag"),
        ("year=2002&year=2003", "year", "once"),
        ("fields=nonsense", "fields", "anime_season"),
    ],
)
async def test_a_filter_that_makes_no_sense_is_named_with_what_does(
    served: AsyncClient, query: str, field: str, said: str
) -> None:
    answer = await served.get(f"/api/search?q=naruto&{query}")
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert error["field"] == field
    assert said in error["message"]


async def test_results_bear_any_member_of_a_work(served: AsyncClient) -> None:
    fields = "title,sources,anime_season,studios,related_anime,score,franchise"
    answer = await served.get(f"/api/search?q=naruto&limit=1&fields={fields}")
    [work] = answer.json()["results"]
    assert list(work) == fields.split(",")
    detail = (await served.get(f"/api/anime/{graphs.NARUTO}")).json()
    assert {name: work[name] for name in ("title", "sources", "anime_season", "related_anime")} == {
        name: detail[name] for name in ("title", "sources", "anime_season", "related_anime")
    }
    assert 0 < work["score"] <= 1  # how near it is, not how good


async def test_year_and_season_are_there_by_default(served: AsyncClient) -> None:
    page = await read(served, "q=cowboy%20bebop")
    assert [(work.year, work.season) for work in page.results] == [
        (1998, "spring"),
        (2001, "summer"),
    ]


async def test_facets_are_left_out_on_demand(served: AsyncClient) -> None:
    answer = await served.get("/api/search?q=naruto&facets=false")
    assert "facets" not in answer.json()
    assert answer.json()["total"] == 2


@pytest.mark.parametrize("pasted", ["cowboy\nbebop", "\tcowboy bebop\r\n", "cowboy\r\n\tbebop"])
async def test_pasted_ends_of_lines_are_spaces(served: AsyncClient, pasted: str) -> None:
    plain = await served.get("/api/search?q=cowboy%20bebop")
    assert (await served.get("/api/search", params={"q": pasted})).content == plain.content
    assert (await served.get("/api/suggest", params={"q": pasted})).status_code == 200
    assert (await served.get("/api/search", params={"q": "a", "tag": pasted})).status_code == 400
    assert (await served.get("/api/search", params={"q": f"{pasted}\x00"})).status_code == 400
    assert (await served.get("/api/search", params={"q": "\n"})).status_code == 400
