"""The pages of franchises: tabs, maps, pictures, frames, and what they refuse."""

import json
import re
from collections.abc import AsyncIterator
from html import unescape
from xml.etree import ElementTree as ET

import pytest
from httpx import AsyncClient

from kensho.platform.environment import with_changes
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings
from tests.integration.conftest import running, settings_for, until_ready
from tests.integration.test_web_pages import HOSTILE, Markup
from tests.support import franchise_rows, graphs
from tests.support.page_language import english_texts
from tests.support.stores import own_queries

SHELL = f"/hub/{franchise_rows.GITS}"
BEBOP = f"/hub/{franchise_rows.BEBOP}"
NARUTO = f"/hub/{franchise_rows.NARUTO}"
PAGES = [
    SHELL,
    f"{SHELL}/map",
    f"{SHELL}/map?as=list",
    f"{SHELL}/map?order=story&work={graphs.GITS_2}",
    f"{SHELL}/watch-order",
    f"{SHELL}/watch-order?order=essential&optional=0",
    f"{SHELL}/watch-order?line=0&promotions=1",
    f"{SHELL}/watch-order?without=0",
    f"{SHELL}/map?hide=film.guests.inferred&show=connections.promotions",
    f"{SHELL}/watch-order?lang=ja&titles=native",
    f"{SHELL}/map?as=list&lang=ja",
    f"{SHELL}/episodes",
    f"{BEBOP}",
    f"{BEBOP}/map",
    "/hubs",
    f"/anime/{graphs.GITS}/map?depth=2",
    f"/anime/{graphs.TRIGUN}/map",
    f"/anime/{graphs.BEBOP}",
    f"/embed{SHELL}",
    "/",
    "/my",
]
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
async def pages(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[AsyncClient]:
    folder = tmp_path_factory.mktemp("franchise-pages")
    url = await franchise_rows.franchise_store(folder)
    settings = with_changes(settings_for(url, folder), allowed_hosts=("test",))
    async with running(settings) as client:
        await until_ready(client)
        yield client


@pytest.fixture(scope="module")
async def titled(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[AsyncClient]:
    folder = tmp_path_factory.mktemp("hostile-title")
    url = await franchise_rows.franchise_store(folder)
    async with Gateway.open(StoreSettings(url), own_queries()) as gateway:
        await graphs.rename(gateway, graphs.GITS_2, HOSTILE)
    async with running(settings_for(url, folder)) as client:
        await until_ready(client)
        yield client


async def text_of(client: AsyncClient, path: str) -> str:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_whole_and_runs_nothing_inline(pages: AsyncClient, path: str) -> None:
    answer = await pages.get(path)
    assert answer.status_code == 200, answer.text
    page = Markup(answer.text)
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert not any(name == "style" or name.startswith("on") for _, name, _ in page.attributes)
    assert "<style" not in answer.text
    assert len(re.findall("<h1", answer.text)) == 1
    assert "script-src 'self';" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", PAGES)
async def test_every_link_of_ours_leads_somewhere(pages: AsyncClient, path: str) -> None:
    page = Markup(await text_of(pages, path))
    found = [*page.values("a", "href"), *page.values("img", "src"), *page.values("link", "href")]
    for address in {
        one.partition("#")[0]
        for one in found
        if one.startswith("/") and not one.startswith("/prefer")
    } - {""}:
        if not address.endswith(".png"):  # they take a while, and have tests of their own
            assert (await pages.get(address)).status_code in (200, 302), address


@pytest.mark.parametrize("path", [path for path in PAGES if path != "/"])
async def test_a_page_is_tagged_and_answers_304(pages: AsyncClient, path: str) -> None:
    etag = (await pages.get(path)).headers["etag"]
    assert (await pages.get(path, headers={"if-none-match": etag})).status_code == 304


async def test_the_overview_tells_works_by_role_and_why_each_belongs(pages: AsyncClient) -> None:
    text = unescape(await text_of(pages, SHELL))
    assert text.index("Main story") < text.index("Side stories") < text.index("Guests")
    assert "The franchise begins with it" in text
    assert "The sequel of Koukaku Kidoutai: Stand Alone Complex." in text
    assert "3 works" in text
    assert "2002" in text
    assert "cyberpunk" in text
    assert f'At home in <a href="{NARUTO}">' in text


async def test_the_overview_begins_with_where_to_start(pages: AsyncClient) -> None:
    text = unescape(await text_of(pages, SHELL))
    assert text.index("Start here") < text.index("Main story")
    guide = text[text.index("Start here") : text.index("Open the map")]
    assert "The story that the franchise begins with" in guide
    assert f'Begin with <a href="/anime/{graphs.GITS}">' in guide
    assert "Needs nothing before it." in guide


async def test_a_work_tells_its_neighbours_in_the_line(pages: AsyncClient) -> None:
    text = unescape(await text_of(pages, f"/anime/{graphs.GITS_2}"))
    strip = text[text.index('<nav class="strip"') : text.index("</nav>", text.index('"strip"'))]
    assert f'<a rel="prev" href="/anime/{graphs.GITS}">' in strip
    assert "step 2 of" in strip
    assert f'href="{SHELL}/watch-order"' in strip
    assert "What it continues and what goes on" in text
    alone = await text_of(pages, f"/anime/{graphs.TRIGUN}")
    assert 'class="strip"' not in alone


async def test_the_steps_of_a_franchise_are_told_to_scripts(pages: AsyncClient) -> None:
    answer = await pages.get(f"{SHELL}/steps")
    assert answer.headers["content-type"] == "application/json"
    told = answer.json()
    assert (told["slug"], told["title"]) == (franchise_rows.GITS, "Koukaku Kidoutai")
    assert told["steps"][0]["id"] == str(graphs.GITS)
    assert set(told["steps"][0]) == {"id", "title", "episodes", "seconds", "line"}
    assert (await pages.get("/hub/nowhere/steps")).status_code == 404


async def test_lines_of_an_order_are_left_out_by_their_numbers(pages: AsyncClient) -> None:
    whole = await text_of(pages, f"{SHELL}/watch-order")
    none = await text_of(pages, f"{SHELL}/watch-order?without=0")
    assert whole.count('<li class="step') > none.count('<li class="step') == 0
    for asked in ("without=9", "without=a", "line=9"):
        assert (await pages.get(f"{SHELL}/watch-order?{asked}")).status_code == 400


async def test_the_tabs_to_come_are_seen_and_lead_nowhere(pages: AsyncClient) -> None:
    text = await text_of(pages, SHELL)
    for name in ("Manga", "Community", "Store"):
        assert re.search(rf'aria-disabled="true"[^>]*>{name}</span> <span class="unseen">', text)


async def test_other_sites_are_told_what_a_franchise_is(pages: AsyncClient) -> None:
    text = await text_of(pages, SHELL)
    block = json.loads(re.findall(r'<script type="application/ld\+json">(.*?)</script>', text)[0])
    assert (block["@type"], block["name"]) == ("CreativeWorkSeries", "Koukaku Kidoutai")
    assert block["hasPart"][0]["name"].startswith("Koukaku Kidoutai")
    assert f'property="og:image" content="{SHELL}/card.png"' in text
    assert 'type="application/json+oembed"' in text
    assert unescape(text).count(f'<iframe src="/embed{SHELL}"') == 1


async def test_the_map_draws_every_work_and_leads_to_each(pages: AsyncClient) -> None:
    text = await text_of(pages, f"{SHELL}/map")
    for work in (graphs.GITS, graphs.GITS_2, graphs.GITS_SSS, graphs.NARUTO):
        assert f'href="/anime/{work}" class="station' in text
        assert f'data-id="{work}"' in text
    assert f'data-franchise="{franchise_rows.NARUTO}"' in text
    assert f'href="{NARUTO}/map" class="transfer"' in text


async def test_an_order_is_laid_over_the_map_as_badges_and_a_way(pages: AsyncClient) -> None:
    plain = await text_of(pages, f"{SHELL}/map")
    assert "data-step" not in plain
    text = await text_of(pages, f"{SHELL}/map?order=release")
    assert f'data-id="{graphs.GITS}" data-step="1"' in text
    assert f'data-id="{graphs.GITS_SSS}" data-step="3"' in text
    assert f'data-id="{graphs.NARUTO}" data-step' not in text
    assert text.count('<g class="badge"') == 3
    assert 'class="metro ordered"' in text


async def test_a_chosen_work_has_its_card_and_ways_on(pages: AsyncClient) -> None:
    text = unescape(await text_of(pages, f"{SHELL}/map?work={graphs.GITS}"))
    assert f'data-id="{graphs.GITS}" data-chosen=""' in text
    assert f'data-stop="{graphs.GITS}"' in text
    assert f'<a href="{SHELL}/map?work={graphs.GITS_2}" data-go="{graphs.GITS_2}">' in text
    assert f"/path?from={graphs.GITS}" in text
    card = await text_of(pages, f"{SHELL}/card/{graphs.GITS}")
    assert "<html" not in card
    assert "From here" in card
    stranger = await text_of(pages, f"{SHELL}/map?work={graphs.BEBOP}")
    assert "data-stop" not in stranger
    assert (await pages.get(f"{SHELL}/card/{graphs.BEBOP}")).status_code == 404


async def test_the_list_says_what_the_map_draws(pages: AsyncClient) -> None:
    text = unescape(await text_of(pages, f"{SHELL}/map?as=list"))
    assert "<svg xmlns" not in text
    assert f'<li id="w-{graphs.GITS}">' in text
    assert re.search(rf'Sequel</span> <a href="#w-{graphs.GITS_2}">', text)
    assert re.search(rf'Prequel</span> <a href="#w-{graphs.GITS}">', text)
    assert "Stated by MyAnimeList" in text


async def test_a_watch_order_gives_each_step_a_reason(pages: AsyncClient) -> None:
    text = unescape(await text_of(pages, f"{SHELL}/watch-order?order=story"))
    assert "Chronology" in text
    assert re.search(r"Continues Koukaku Kidoutai: Stand Alone Complex", text)
    assert "Set aside" not in text  # nothing is


async def test_reasons_are_told_in_the_language_of_the_page(pages: AsyncClient) -> None:
    order = unescape(await text_of(pages, f"{SHELL}/watch-order?order=story&lang=ja"))
    hub = unescape(await text_of(pages, f"{SHELL}?lang=ja"))
    assert re.search(r"公開。|の続き。", order)
    assert not re.search("Released|Continues", order)
    assert "から見て" in hub
    assert not re.search("The sequel of|listed with", hub)


async def test_optional_steps_are_left_out_by_a_link(pages: AsyncClient) -> None:
    whole = await text_of(pages, f"{SHELL}/watch-order")
    steps, optional = whole.count('<li class="step'), whole.count("step-optional")
    assert 0 < optional < steps
    assert f'href="{SHELL}/watch-order?optional=0"' in whole
    less = await text_of(pages, f"{SHELL}/watch-order?optional=0")
    assert less.count('<li class="step') == steps - optional
    assert "Show optional steps" in less
    assert (await pages.get(f"{SHELL}/watch-order?optional=2")).status_code == 400
    assert (await pages.get(f"{SHELL}/watch-order?order=alphabet")).status_code == 400


async def test_a_watch_order_without_optional_steps_has_no_link_to_leave_them_out(
    pages: AsyncClient,
) -> None:
    assert "optional=0" not in await text_of(pages, f"{BEBOP}/watch-order")


async def test_episodes_are_counted_work_by_work(pages: AsyncClient) -> None:
    text = await text_of(pages, f"{BEBOP}/episodes")
    row = re.search(r"Cowboy Bebop</bdi></a></th>(.*?)</tr>", text)
    assert row is not None
    assert re.findall(r"<td[^>]*>(.*?)</td>", row[1])[:3] == ["1998", "26", "2"]


@pytest.mark.parametrize("name", ["map", "small", "wide"])
async def test_a_picture_is_a_document_of_its_own(pages: AsyncClient, name: str) -> None:
    answer = await pages.get(f"{SHELL}/{name}.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    root = ET.fromstring(answer.content)
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert "style" in tags
    assert "a" not in tags
    assert "script" not in tags


async def test_a_work_is_ringed_where_its_place_is_shown(pages: AsyncClient) -> None:
    assert "ring" not in (await text_of(pages, f"{SHELL}/wide.svg")).partition("</style>")[2]
    ringed = await text_of(pages, f"{SHELL}/wide.svg?work={graphs.GITS}")
    assert ringed.count('<circle class="ring"') == 1
    page = await text_of(pages, f"/anime/{graphs.GITS}")
    assert f"{SHELL}/wide.svg?work={graphs.GITS}" in page


async def test_the_picture_for_links_has_their_size(pages: AsyncClient) -> None:
    answer = await pages.get(f"{SHELL}/card.png")
    assert answer.headers["content-type"] == "image/png"
    assert answer.content.startswith(PNG)
    size = int.from_bytes(answer.content[16:20]), int.from_bytes(answer.content[20:24])
    assert size == (1200, 630)
    whole = await pages.get(f"{SHELL}/map.png")
    assert whole.content.startswith(PNG)
    assert len(set(whole.content)) > 100


async def test_only_the_page_for_frames_may_be_framed(pages: AsyncClient) -> None:
    framed = await pages.get(f"/embed{SHELL}")
    assert "frame-ancestors *" in framed.headers["content-security-policy"]
    assert 'role="search"' not in framed.text
    assert f'<a target="_top" href="{SHELL}/map">' in framed.text
    usual = await pages.get(SHELL)
    assert "frame-ancestors 'none'" in usual.headers["content-security-policy"]
    assert (await pages.get("/embed/hub/nowhere")).status_code == 404


async def test_oembed_tells_how_to_show_a_franchise(pages: AsyncClient) -> None:
    url = f"http://test{SHELL}/map"
    said = (await pages.get("/oembed", params={"url": url, "maxwidth": 400})).json()
    assert (said["version"], said["type"], said["title"]) == ("1.0", "rich", "Koukaku Kidoutai")
    assert (said["width"], said["height"]) == (400, 520)
    assert f'<iframe src="http://test/embed{SHELL}"' in said["html"]
    assert "thumbnail_url" not in said
    moved = (await pages.get("/oembed", params={"url": "http://test/hub/bebop"})).json()
    assert moved["title"] == "Cowboy Bebop"
    roomy = (await pages.get("/oembed", params={"url": url})).json()
    assert roomy["thumbnail_url"] == f"http://test{SHELL}/card.png"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        f"http://evil.example{SHELL}",
        "http://test/anime/1",
        "http://[",
        "http://test/hub/x",
    ],
)
async def test_oembed_knows_no_other_address(pages: AsyncClient, url: str) -> None:
    assert (await pages.get("/oembed", params={"url": url})).status_code == 404
    asked = {"url": f"http://test{SHELL}", "format": "xml"}
    assert (await pages.get("/oembed", params=asked)).status_code == 400


async def test_a_slug_that_moved_leads_on_with_its_tab(pages: AsyncClient) -> None:
    moved = await pages.get("/hub/bebop/watch-order?order=story")
    assert moved.status_code == 308
    assert moved.headers["location"] == f"{BEBOP}/watch-order?order=story"
    assert (await pages.get("/embed/hub/bebop")).headers["location"] == f"/embed{BEBOP}"


async def test_a_dissolved_franchise_is_gone_and_an_unknown_one_has_neighbours(
    pages: AsyncClient,
) -> None:
    gone = await pages.get("/hub/noir/map")
    assert gone.status_code == 410
    assert "This franchise dissolved" in gone.text
    unknown = await pages.get("/hub/narutoo/map")
    assert unknown.status_code == 404
    near = re.findall(r'<li><a href="([^"]+)"', unknown.text)
    assert near[0] == NARUTO
    assert (await pages.get(f"/hub/{'x' * 200}")).status_code == 404


async def test_a_neighbourhood_leads_from_work_to_work(pages: AsyncClient) -> None:
    text = await text_of(pages, f"/anime/{graphs.GITS}/map?depth=1")
    assert f'data-id="{graphs.GITS}" data-chosen=""' in text
    assert f'href="/anime/{graphs.GITS_2}/map?depth=1"' in text
    assert (await pages.get(f"/anime/{graphs.GITS}/map?depth=4")).status_code == 400
    assert (await pages.get(f"/anime/{graphs.REMOVED}/map")).status_code == 410
    moved = await pages.get(f"/anime/{graphs.MERGED}/map")
    assert moved.headers["location"] == f"/anime/{graphs.BEBOP}/map"


async def test_all_franchises_are_listed_as_small_maps(pages: AsyncClient) -> None:
    text = await text_of(pages, "/hubs")
    assert text.count('class="atlas-card"') == 3
    assert f'src="{SHELL}/small.svg"' in text
    assert (await pages.get("/hubs?size=nonsense")).status_code == 400


class TestHostileTitle:
    """A title that would do harm if it were taken for markup, or for an end of the JSON-LD."""

    @pytest.mark.parametrize(
        "path",
        [
            SHELL,
            f"{SHELL}/map?order=story&work={graphs.GITS_2}",
            f"{SHELL}/map?as=list",
            f"{SHELL}/watch-order?order=story",
            f"{SHELL}/episodes",
            f"{SHELL}/card/{graphs.GITS}",
            f"/embed{SHELL}",
            f"/anime/{graphs.GITS_2}/map",
        ],
    )
    async def test_it_is_shown_as_it_stands(self, titled: AsyncClient, path: str) -> None:
        text = await text_of(titled, path)
        assert "<script>" not in text
        assert "alert('1')</script>" not in text
        assert Markup(text).open == []
        assert "🦊" in text

    async def test_pictures_hold_it_too(self, titled: AsyncClient) -> None:
        ET.fromstring((await titled.get(f"{SHELL}/map.svg")).content)
        assert (await titled.get(f"{SHELL}/map.png")).content.startswith(PNG)


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_in_japanese_says_nothing_in_english(pages: AsyncClient, path: str) -> None:
    answer = await pages.get(path, headers={"cookie": "lang=ja"})
    assert english_texts(answer.text) == []
