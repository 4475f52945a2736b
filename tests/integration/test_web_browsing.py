"""Lists of works on pages: filters that are addresses, seasons by sort, tags and studios."""

import re
from html import unescape
from typing import Final

import pytest
from httpx import AsyncClient

from tests.support import graphs

_COUNTED: Final = re.compile(r"([0-9,]+) works?, sorted by")


def works_in(text: str) -> int:
    found = _COUNTED.search(text)
    assert found is not None
    return int(found[1].replace(",", ""))


async def page(client: AsyncClient, path: str) -> str:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


class TestBrowse:
    """`/browse`: what passes is what `/api/works` says, and filters are links with counts."""

    @pytest.mark.parametrize(
        ("query", "works"),
        [
            ("", None),
            ("type=movie", None),
            ("status=ongoing", None),
            ("sort=title", None),
            ("studio=sunrise", None),
            ("tag=drama", None),
            ("from=2002&to=2003", 4),
            ("from=2006", 2),
            ("to=1998", 2),
            ("score=8&type=tv", 6),
            ("kind=movie", 4),
            ("franchise=alone", 13),
            ("franchise=member", 0),
            ("length=two_cours", 1),
            ("tag=drama&type=tv&score=8&from=2000", 2),
        ],
    )
    async def test_filters_keep_what_they_say(
        self, client: AsyncClient, query: str, works: int | None
    ) -> None:
        text = await page(client, f"/browse?{query}")
        if works is None:
            answer = await client.get(f"/api/works?{query}&limit=100")
            works = answer.json()["total"]
            titles = [one["title"] for one in answer.json()["works"]]
            places = [text.index(f"<bdi>{title}</bdi></h3>") for title in titles]
            assert places == sorted(places)
        assert works_in(text) == works

    async def test_a_filter_that_is_followed_leaves_as_many_as_it_says(
        self, client: AsyncClient
    ) -> None:
        text = (await client.get("/browse?from=1999")).text
        rows = re.findall(
            r'<a class="filter-row" href="([^"]+)"[^>]*><span>[^<]*</span> '
            r'<span class="filter-n">([0-9,]+)',
            text,
        )
        assert len(rows) > 15
        for address, count in rows:
            followed = await page(client, unescape(address))
            assert works_in(followed) == int(count.replace(",", "")), address

    async def test_a_filter_that_is_set_is_taken_off_by_a_link(self, client: AsyncClient) -> None:
        path = "/browse?tag=drama&score=8"
        text = await page(client, path)
        assert 'href="/browse?score=8"' in text
        assert 'href="/browse?tag=drama"' in text
        assert "8 and better" in text

    async def test_several_tags_are_all_borne(self, client: AsyncClient) -> None:
        categories = (await client.get("/api/tags?limit=100")).json()["tags"]
        of = {one["name"]: one["category"] for one in categories}
        assert of["drama"] == of["slice of life"] == "genre"
        text = await page(client, "/browse?genre=Drama,slice of life")
        assert works_in(text) == 1
        assert "Haibane Renmei" in text

    async def test_an_unknown_studio_is_left_out_and_told(self, client: AsyncClient) -> None:
        text = await page(client, "/browse?studio=Sunrize&type=tv")
        assert "Studio is left out" in text
        assert "nearest are Sunrise" in text
        assert works_in(text) == works_in(await page(client, "/browse?type=tv"))

    async def test_what_makes_no_sense_is_refused(self, client: AsyncClient) -> None:
        for query in ("from=1", "type=serial", "length=ages", "sort=best", "score=x"):
            assert (await client.get(f"/browse?{query}")).status_code == 400, query
        assert "No work passes" in await page(client, "/browse?score=10&page=7")

    async def test_a_random_work_is_one_that_passes(self, client: AsyncClient) -> None:
        for _ in range(5):
            answer = await client.get("/browse/random?tag=cyberpunk")
            assert answer.status_code == 302
            assert answer.headers["cache-control"] == "no-store"
            ids = {f"/anime/{graphs.GITS}", f"/anime/{graphs.GITS_2}"}
            assert answer.headers["location"] in ids
        nothing = await client.get("/browse/random?score=10&type=tv")
        assert nothing.headers["location"] == "/browse?type=tv&score=10"


class TestSeasons:
    """A season by the sorts of its works."""

    async def test_sections_tell_sorts_apart(self, client: AsyncClient) -> None:
        text = await page(client, "/browse/2001/summer")
        assert 'id="films"' in text
        assert 'id="tv"' not in text

    async def test_a_season_is_a_filter_of_all_works_too(self, client: AsyncClient) -> None:
        text = await page(client, "/browse/2002/fall?sort=title")
        assert text.index("Haibane Renmei") < text.index("Stand Alone Complex")
        followed = await page(client, "/browse?type=tv&season=fall&from=2002&to=2002&sort=title")
        assert works_in(followed) == works_in(text) == 3


class TestTagsAndStudios:
    """Their pages: the best, and all of it."""

    async def test_a_tag_has_its_best_and_the_way_to_all(self, client: AsyncClient) -> None:
        text = await page(client, "/tags/Slice%20of%20Life")
        assert "<h1><bdi>Slice of life</bdi></h1>" in text
        assert "Haibane Renmei" in text
        assert 'href="/browse?genre=slice+of+life"' in text
        assert (await client.get("/tags/no-such-tag")).status_code == 404
        assert (await client.get(f"/tags/{'x' * 300}")).status_code == 404

    async def test_a_studio_is_one_in_any_case(self, client: AsyncClient) -> None:
        text = await page(client, "/studios/sunrise")
        assert "<h1><bdi>Sunrise</bdi></h1>" in text
        assert "Cowboy Bebop" in text
        assert 'href="/browse?studio=Sunrise"' in text
        assert 'rel="canonical" href="/studios/Sunrise"' in text
        assert (await client.get("/studios/nobody")).status_code == 404

    async def test_lists_lead_to_them(self, client: AsyncClient) -> None:
        assert 'href="/tags/slice%20of%20life"' in await page(client, "/tags")
        assert 'href="/studios/Sunrise"' in await page(client, "/studios?letter=S")
        assert (await client.get("/studios?letter=q")).status_code == 404

    async def test_a_work_links_its_tags_and_studios(self, client: AsyncClient) -> None:
        text = await page(client, f"/anime/{graphs.BEBOP}")
        assert '<a href="/studios/Sunrise">Sunrise</a>' in text
        assert 'href="/tags/drama">Drama</a>' in text
        seen, folded = text.split("What is seen in it", 1)
        assert "/tags/gun" in folded
        assert "/tags/gun" not in seen


async def test_every_kind_of_list_speaks_japanese(client: AsyncClient) -> None:
    for path in ("/browse?score=8", "/browse/2002/fall", "/tags", "/movies", "/hubs", "/studios"):
        answer = await client.get(path, headers={"cookie": "lang=ja"})
        assert answer.status_code == 200
        assert "並び順" in answer.text or "作品数" in answer.text
    assert "ドラマ" in (await client.get("/tags/drama", headers={"cookie": "lang=ja"})).text
