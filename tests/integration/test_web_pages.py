"""The pages over the small graph: what they say, how they are sent, and what they refuse."""

import re
from collections.abc import AsyncIterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import pytest
from httpx import AsyncClient
from typing_extensions import override

from kensho.platform.environment import with_changes
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings
from tests.integration.conftest import running, settings_for, until_ready
from tests.support import graphs
from tests.support.page_language import english_texts
from tests.support.servers import written_store
from tests.support.stores import own_queries

PAGES: Final = [
    "/",
    "/search",
    "/search?q=bebop",
    "/search?q=nothing+reads+like+this+at+all",
    "/browse/2002/fall",
    "/browse/1950/winter",
    "/browse",
    "/browse?genre=drama&from=1990&to=2009&sort=score&franchise=alone",
    "/browse?type=special&studio=nobody",
    "/tags",
    "/tags/drama",
    "/studios",
    "/studios/sunrise",
    "/hubs",
    "/hubs?letter=z&size=vast",
    f"/anime/{graphs.BEBOP}",
    f"/movies/{graphs.MATRIX}",
    "/movies",
    "/movies?year=1999",
    "/path",
    "/changes",
    "/search?q=bebop&type=movie&sort=year",
    "/browse/2002/fall?sort=score",
    "/movies?kind=movie&sort=title",
    "/path?from=bebop&to=bebop",
    "/path?from=bebop&to=nothing+reads+like+this",
    f"/anime/{graphs.BEBOP}?lang=ja&titles=native",
    "/browse?genre=drama&lang=ja",
    f"/path?from={graphs.GITS_SSS}&to={graphs.MATRIX_2}&lang=ja&titles=english",
    f"/path?from={graphs.GITS_SSS}&to={graphs.MATRIX_2}",
]
_FOLLOWED: Final[set[str]] = set()
"""Links that were asked for already: pages share most of theirs."""
HOSTILE: Final = "<script>alert('1')</script> & \"quotes\" \u05e9\u05dc\u05d5\u05dd 🦊 {{ 7*7 }}"


class Markup(HTMLParser):
    """Collects what the law of a page is about; refuses elements that are left open."""

    VOID: Final = frozenset(("meta", "link", "input", "img", "br"))

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.ids: list[str] = []
        self.feed(text)
        self.close()

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        self.handle_startendtag(tag, attrs)

    @override
    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id"]

    @override
    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def values(self, tag: str, name: str) -> list[str]:
        return [value for at, attribute, value in self.attributes if (at, attribute) == (tag, name)]


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_whole_and_runs_nothing_inline(client: AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = Markup(answer.text)
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert not any(name == "style" or name.startswith("on") for _, name, _ in page.attributes)
    assert len(re.findall("<h1", answer.text)) == 1
    assert all(kind in ("module", "application/ld+json") for kind in page.values("script", "type"))
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_loads_nothing_from_elsewhere_but_posters(
    client: AsyncClient, path: str
) -> None:
    page = Markup((await client.get(path)).text)
    loaded = [*page.values("script", "src"), *page.values("link", "href")]
    assert all(address.startswith("/") for address in loaded)
    assert all(address.startswith("https://posters.") for address in page.values("img", "src"))


@pytest.mark.parametrize("path", PAGES)
async def test_every_link_of_ours_leads_somewhere(client: AsyncClient, path: str) -> None:
    page = Markup((await client.get(path)).text)
    addresses = {a.partition("#")[0] for a in page.values("a", "href") if a.startswith("/")}
    for address in addresses - _FOLLOWED:
        _FOLLOWED.add(address)
        if address and not address.startswith(("/hub/", "/prefer")):
            assert (await client.get(address)).status_code in (200, 302), address


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_tagged_and_answers_304(client: AsyncClient, path: str) -> None:
    etag = (await client.get(path)).headers["etag"]
    fresh = await client.get(path, headers={"if-none-match": etag})
    assert (fresh.status_code, fresh.content) == (304, b"")


async def test_the_first_page_offers_search_and_a_season(client: AsyncClient) -> None:
    page = Markup((await client.get("/")).text)
    assert "search" in page.values("form", "role")
    assert any(address.startswith("/browse/") for address in page.values("a", "href"))


async def test_results_are_grouped_marked_and_filtered_by_links(client: AsyncClient) -> None:
    text = (await client.get("/search?q=bebop")).text
    assert "<mark>Bebop</mark>" in text
    assert "2 works, sorted by how well the title matches" in text
    assert "/search?q=bebop&amp;type=movie" in text
    filtered = (await client.get("/search?q=bebop&type=movie")).text
    assert "Tengoku no Tobira" in filtered
    assert 'href="/search?q=bebop"' in filtered


async def test_results_have_scores_and_are_sorted_otherwise_by_a_link(client: AsyncClient) -> None:
    text = (await client.get("/search?q=bebop")).text
    assert "Score</span> " in text
    for sort, by in (("popularity", "best known first"), ("score", "highest"), ("year", "latest")):
        address = f"/search?q=bebop&sort={sort}"
        assert address.replace("&", "&amp;") in text
        assert by in (await client.get(address)).text
    assert (await client.get("/search?q=bebop&sort=length")).status_code == 400


async def test_a_search_says_in_words_how_it_was_read_and_what_else_it_may_mean(
    client: AsyncClient,
) -> None:
    text = (await client.get("/search?q=%5BGroup%5D+Cowboy+Bebop+-+05")).text
    assert "We took “Cowboy Bebop” in it for the title, episode 5" in text
    assert 'href="/search?q=Cowboy%20Bebop"' in text or 'href="/search?q=Cowboy+Bebop"' in text
    of_year = (await client.get("/search?q=cowboy+bebop+1998")).text
    assert "only works of 1998" in of_year
    assert "year=1998" in of_year


async def test_suggestions_of_the_pages_tell_year_form_and_franchise(client: AsyncClient) -> None:
    found = (await client.get("/suggest?q=cowboy+bebop")).json()["suggestions"]
    facts = {one["title"]: one["facts"] for one in found if "id" in one}
    assert facts["Cowboy Bebop"].startswith("1998 · TV")


async def test_a_search_without_a_hit_says_why_and_what_is_near(client: AsyncClient) -> None:
    text = (await client.get("/search?q=bebop&type=ona")).text
    assert "Nothing is called that" in text
    assert "Cowboy Bebop" in text
    assert 'href="/search?q=bebop"' in text


async def test_a_form_with_empty_fields_is_one_without_them(client: AsyncClient) -> None:
    assert (await client.get("/movies?year=")).status_code == 200
    assert (await client.get("/search?q=&type=")).status_code == 200


async def test_seasons_lead_to_one_that_has_works(client: AsyncClient) -> None:
    answer = await client.get("/seasons?year=2002&season=fall")
    assert (answer.status_code, answer.headers["location"]) == (302, "/browse/2002/fall")
    assert (await client.get("/seasons")).status_code == 302


async def test_a_season_is_sorted_and_filtered_by_links(client: AsyncClient) -> None:
    text = (await client.get("/browse/2002/fall?sort=title")).text
    assert "3 works, sorted by title" in text
    assert text.index("Haibane Renmei") < text.index("Stand Alone Complex") < text.rindex("Naruto")
    drama = (await client.get("/browse/2002/Fall?tag=drama")).text
    assert "2 works" in drama
    assert ">Naruto<" not in drama


async def test_a_figure_is_shown_only_where_it_is_one_with_its_votes(client: AsyncClient) -> None:
    text = (await client.get("/browse/2002/fall")).text
    assert text.count("IMDb, 40,000 votes") == text.count("IMDb, ") == 1
    assert [text.count(f">{score} <span") for score in ("8.42", "8.00", "7.99")] == [1, 1, 1]


async def test_a_work_says_what_is_known_and_by_whom(client: AsyncClient) -> None:
    text = unescape((await client.get(f"/anime/{graphs.BEBOP}")).text)
    for words in (
        "8.9",
        "140,000 votes",
        "カウボーイビバップ",
        "Sunrise",
        "Stated by MyAnimeList",
        "Side story",
        "Asteroid Blues",
        "1998-10-24",
        'href="https://myanimelist.net/anime/1"',
        'href="/browse/1998/spring"',
        "2 episodes",
    ):
        assert words in text, words


async def test_a_long_list_of_episodes_is_read_page_by_page(tmp_path: Path) -> None:
    url = await written_store(tmp_path / "kensho.db")
    async with Gateway.open(StoreSettings(url), own_queries()) as gateway:
        await graphs.add_episodes(gateway, graphs.NARUTO, range(1, 221))
    async with running(settings_for(url, tmp_path)) as client:
        await until_ready(client)
        first = unescape((await client.get(f"/anime/{graphs.NARUTO}")).text)
        last = unescape((await client.get(f"/anime/{graphs.NARUTO}?episodes=3")).text)
    assert "220 episodes" in first
    assert [first.count(f"Episode {n}<") for n in (1, 100, 101)] == [1, 1, 0]
    assert f'href="/anime/{graphs.NARUTO}?episodes=2#episodes"' in first
    assert [last.count(f"Episode {n}<") for n in (200, 201, 220)] == [0, 1, 1]
    assert f'href="/anime/{graphs.NARUTO}#episodes"' in last


async def test_a_work_tells_other_sites_what_it_is(client: AsyncClient) -> None:
    text = (await client.get(f"/anime/{graphs.BEBOP}")).text
    assert f'<link rel="canonical" href="/anime/{graphs.BEBOP}">' in text
    assert '<meta property="og:title" content="Cowboy Bebop">' in text
    assert '"@type":"TVSeries"' in text


async def test_a_film_is_canonical_among_films(client: AsyncClient) -> None:
    for path in (f"/movies/{graphs.MATRIX}", f"/anime/{graphs.MATRIX}"):
        text = (await client.get(path)).text
        assert f'<link rel="canonical" href="/movies/{graphs.MATRIX}">' in text
    assert (await client.get(f"/movies/{graphs.BEBOP}")).status_code == 404


async def test_a_merged_id_leads_on_and_a_removed_one_is_gone(client: AsyncClient) -> None:
    moved = await client.get(f"/anime/{graphs.MERGED}")
    assert (moved.status_code, moved.headers["location"]) == (308, f"/anime/{graphs.BEBOP}")
    gone = await client.get(f"/anime/{graphs.REMOVED}")
    assert gone.status_code == 410
    assert "was removed" in gone.text


async def test_a_connection_is_found_by_titles_ids_and_other_catalogues(
    client: AsyncClient,
) -> None:
    for start in ("naruto+shippuuden", str(graphs.NARUTO_2), "mal:1735"):
        text = unescape((await client.get(f"/path?from={start}&to=haibane")).text)
        assert "Naruto: Shippuuden is the sequel of Naruto" in text
        assert '<svg class="route"' in text


async def test_works_that_are_not_connected_are_said_to_be_so(client: AsyncClient) -> None:
    assert "not connected" in (await client.get("/path?from=trigun&to=naruto")).text
    assert "same work" in (await client.get("/path?from=trigun&to=trigun")).text
    assert "Nothing is called" in (await client.get("/path?from=zzzzqqqq&to=trigun")).text


async def test_the_empty_page_of_connections_has_examples_that_lead_to_a_path(
    client: AsyncClient,
) -> None:
    text = (await client.get("/path")).text
    examples = re.findall(r'href="(/path\?from=[^"]+)"', text)
    for address in examples:
        assert (await client.get(unescape(address))).status_code == 200


async def test_films_are_anime_or_not_and_those_of_a_year(client: AsyncClient) -> None:
    text = (await client.get("/movies?sort=rating")).text
    assert "5 films, sorted by IMDb rating" in text
    assert text.index("The Matrix<") < text.index("Spirited Away") < text.index("A Lost Film")
    assert "Tengoku no Tobira" in text
    assert "Tengoku no Tobira" not in (await client.get("/movies?kind=movie")).text
    only = (await client.get("/movies?kind=anime")).text
    assert "1 film," in only
    assert "The Matrix<" not in only
    assert "2 films," in (await client.get("/movies?year=2001")).text
    assert (await client.get("/movies?kind=manga")).status_code == 400
    assert (await client.get("/movies?year=1001")).status_code == 400


async def test_the_status_page_says_how_each_thing_is(client: AsyncClient) -> None:
    answer = await client.get("/status")
    assert answer.headers["cache-control"] == "no-store"
    assert "Everything works" in answer.text
    assert answer.text.count("state-ok") == 2  # all in all, and looking things up
    identity = (await client.get("/api/health")).json()["snapshot"]["identity"]
    assert identity in answer.text


async def test_the_documentation_is_served_as_pages_and_as_it_was_written(
    client: AsyncClient,
) -> None:
    index = Markup((await client.get("/docs")).text)
    assert "/docs/deploy" in index.values("a", "href")
    assert "<h1" in (await client.get("/docs/deploy")).text
    written = await client.get("/docs/deploy.md")
    assert written.headers["content-type"] == "text/markdown; charset=utf-8"
    assert written.text.startswith("# ")
    assert (await client.get("/docs/decisions/0014-the-snapshot-is-what-is-served")).is_success
    assert (await client.get("/docs/map.png")).content.startswith(b"\x89PNG")
    report = await client.get("/docs/load.html")
    assert "<svg" in report.text
    assert report.headers["content-security-policy"].startswith("default-src 'none'; style-src")
    assert '<a href="/docs/load.html">' in (await client.get("/docs/benchmarks")).text
    listed = (await client.get("/llms.txt")).text
    assert "](/docs/deploy.md): " in listed
    for name in ("nothing", "..%2F..%2Fpyproject", "pictures.py", "x" * 900, "DEPLOY"):
        assert (await client.get(f"/docs/{name}")).status_code == 404, name


async def test_assets_are_kept_for_ever_under_a_digest(client: AsyncClient) -> None:
    page = Markup((await client.get("/")).text)
    addresses = [*page.values("link", "href"), *page.values("script", "src")]
    ours = [address for address in addresses if address.startswith("/assets/")]
    assert len(ours) >= 5
    for address in ours:
        file = await client.get(address)
        assert file.status_code == 200
        assert "immutable" in file.headers["cache-control"]
        again = await client.get(address, headers={"if-none-match": file.headers["etag"]})
        assert again.status_code == 304
    style = next(address for address in ours if address.endswith(".css"))
    plain = await client.get(style, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    old = await client.get("/assets/0000/explorer.css")
    assert "immutable" not in old.headers["cache-control"]
    assert (await client.get("/assets/0000/nonsense.css")).status_code == 404


class TestHostileTitle:
    """A title that would do harm if it were taken for markup."""

    @pytest.fixture
    async def titled(self, tmp_path: Path) -> AsyncIterator[AsyncClient]:
        url = await written_store(tmp_path / "kensho.db")
        async with Gateway.open(StoreSettings(url), own_queries()) as gateway:
            await graphs.rename(gateway, graphs.HAIBANE, HOSTILE)
        async with running(settings_for(url, tmp_path)) as client:
            await until_ready(client)
            yield client

    @pytest.mark.parametrize(
        "path",
        [
            f"/anime/{graphs.HAIBANE}",
            "/browse/2002/fall",
            "/search?q=haibane",
            f"/path?from={graphs.HAIBANE}&to={graphs.NARUTO_2}",
            f"/anime/{graphs.NARUTO}",
        ],
    )
    async def test_it_is_shown_as_it_stands(self, titled: AsyncClient, path: str) -> None:
        text = (await titled.get(path)).text
        page = Markup(text)
        assert "<script>" not in text
        assert "alert('1')</script>" not in text
        assert page.open == []
        shown = re.sub("</?mark>", "", text)
        assert "&lt;script&gt;alert(" in shown
        assert "{{ 7*7 }}" in shown
        assert "🦊" in shown


async def test_a_public_address_stands_in_what_other_sites_read(tmp_path: Path) -> None:
    settings = settings_for(await written_store(tmp_path / "kensho.db"), tmp_path)
    named = with_changes(settings, public_url="https://kensho.example")
    async with running(named) as client:
        await until_ready(client)
        text = (await client.get(f"/anime/{graphs.BEBOP}", headers={"host": "evil.example"})).text
    address = f"https://kensho.example/anime/{graphs.BEBOP}"
    assert f'<link rel="canonical" href="{address}">' in text
    assert f'<meta property="og:url" content="{address}">' in text
    assert f'"url":"{address}"' in text
    assert "evil.example" not in text


class TestPreferences:
    """Titles and pages in the language that a viewer chose."""

    async def test_a_choice_is_kept_in_a_cookie_and_leads_back(self, client: AsyncClient) -> None:
        came_from = {"referer": "http://test/search?q=bebop&titles=native"}
        answer = await client.get("/prefer?titles=english&lang=ja", headers=came_from)
        client.cookies.clear()
        assert answer.status_code == 302
        assert answer.headers["location"] == "/search?q=bebop"
        cookies = answer.headers.get_list("set-cookie")
        assert [one.partition(";")[0] for one in cookies] == ["titles=english", "lang=ja"]
        assert all("SameSite=Lax" in one for one in cookies)
        away = await client.get("/prefer", headers={"referer": "http://evil.example/x"})
        assert away.headers["location"] == "/"
        assert "set-cookie" not in away.headers
        assert (await client.get("/prefer?titles=klingon")).status_code == 400

    async def test_pages_and_their_tags_follow_it(self, client: AsyncClient) -> None:
        path = f"/anime/{graphs.BEBOP}"
        plain = await client.get(path)
        chosen = await client.get(path, headers={"cookie": "titles=native"})
        asked = await client.get(f"{path}?titles=native")
        assert plain.headers["etag"] != chosen.headers["etag"] == asked.headers["etag"]
        assert "Cookie" in plain.headers.get_list("vary", split_commas=True)
        over = await client.get(f"{path}?titles=romaji", headers={"cookie": "titles=native"})
        assert over.headers["etag"] == plain.headers["etag"]
        odd = await client.get(path, headers={"cookie": "titles=klingon"})
        assert odd.headers["etag"] == plain.headers["etag"]
        assert (await client.get(f"{path}?titles=klingon")).status_code == 400

    async def test_pages_speak_japanese(self, client: AsyncClient) -> None:
        for path in PAGES:
            answer = await client.get(path, headers={"cookie": "lang=ja"})
            assert answer.status_code == 200
            assert '<html lang="ja">' in answer.text
            assert Markup(answer.text).open == []
        home = await client.get("/", headers={"cookie": "lang=ja"})
        assert "作品" in home.text


@pytest.mark.parametrize(
    "path", [*PAGES, "/status", "/docs", "/report", "/report/sent", "/my", "/nowhere", "/anime/no"]
)
async def test_a_page_in_japanese_says_nothing_in_english(client: AsyncClient, path: str) -> None:
    answer = await client.get(path, headers={"cookie": "lang=ja"})
    assert '<html lang="ja">' in answer.text
    assert english_texts(answer.text) == []
