"""Lists in a browser: filters, seasons, tags, studios, films, hubs, and how one is shared."""

import re
from typing import Final

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import AXE, CHROMIUM, Opener
from tests.browser.test_explorer_pages import JUDGED, WINDOWS, shift

pytestmark = [pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's Chromium")]

PAGES: Final = (
    "/browse",
    "/browse?genre=comedy&from=1990&score=7&sort=score",
    "/browse/1998/spring",
    "/tags",
    "/tags/comedy",
    "/studios",
    "/studios/Sunrise",
    "/movies?kind=movie",
    "/hubs?genre=mecha",
)
PLANNED: Final = ("Manga", "Community", "Store")
EVERY_PAGE: Final = 9
"""Links in the navigation when everything is offered."""


@pytest.mark.skipif(not AXE.exists(), reason="needs `make test-assets`")
@pytest.mark.parametrize("window", WINDOWS)
def test_axe_finds_nothing_and_nothing_moves(opened: Opener, window: str) -> None:
    """One browser window for each page, since opening one takes longer than looking at it."""
    for path in PAGES:
        with opened(path, **WINDOWS[window]) as page:
            page.evaluate(AXE.read_text("utf-8"))
            assert page.evaluate(JUDGED) == [], path
            assert shift(page) <= 0.02, path
            width = page.viewport_size["width"] if page.viewport_size else 0
            assert page.evaluate("document.documentElement.scrollWidth") == width, path


def test_a_list_is_filtered_step_by_step_without_scripts(opened: Opener) -> None:
    with opened("/browse", java_script_enabled=False) as page:
        page.click(".filter-row >> text=TV")
        page.click(".filter-row >> text=Comedy")
        expect(page).to_have_url(re.compile(r"/browse\?type=tv&genre=comedy$"))
        page.fill("#by-from", "1990")
        page.fill("#by-to", "1999")
        page.click(".filter-form >> text=Show")
        expect(page).to_have_url(re.compile(r"type=tv&genre=comedy&.*from=1990&to=1999"))
        counted = page.locator("#works .list-says")
        expect(counted).to_contain_text("sorted by popularity")
        expect(page.locator(".chosen .chip")).to_have_count(4)
        page.click(".chosen >> text=Comedy")
        expect(page.locator(".chosen .chip")).to_have_count(3)
        page.click("text=Any one of them")
        expect(page.locator("h1.work-title")).to_be_visible()


def test_filters_begin_closed_on_a_phone(opened: Opener) -> None:
    with opened("/browse", **WINDOWS["phone"]) as page:
        expect(page.locator(".filter-row").first).to_be_hidden()
        page.click(".filters > summary")
        expect(page.locator(".filter-row").first).to_be_visible()


def test_a_work_leads_to_its_tag_and_from_there_to_all_of_it(opened: Opener) -> None:
    with opened("/search?q=cowboy+bebop") as page:
        page.click(".row-title a")
        page.click("#tags + .chips a >> nth=0")
        name = page.inner_text("h1")
        page.click("text=/^All .* works?$/")
        expect(page.locator(".chosen .chip").first).to_contain_text(name)


def test_franchises_are_found_and_sorted_without_scripts(opened: Opener) -> None:
    with opened("/hubs", java_script_enabled=False) as page:
        page.fill("#hub-name", "gundam")
        page.press("#hub-name", "Enter")
        expect(page.locator(".atlas .hub-title").first).to_contain_text("Gundam")
        page.goto("/hubs?sort=size")
        sizes = page.locator(".atlas .card-facts").all_inner_texts()
        works = [int(text.split()[0]) for text in sizes]
        assert works == sorted(works, reverse=True)


def test_a_franchise_is_shared_from_one_menu(opened: Opener, explorer: str) -> None:
    with opened("/hub/gundam", permissions=["clipboard-read", "clipboard-write"]) as page:
        page.click(".share > summary")
        page.click("[data-copy=share-link]")
        expect(page.locator("[data-copy=share-link]")).to_contain_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()") == f"{explorer}/hub/gundam"
        page.click("[data-copy=share-embed]")
        assert f'src="{explorer}/embed/hub/gundam"' in page.evaluate(
            "navigator.clipboard.readText()"
        )
        page.evaluate(AXE.read_text("utf-8"))
        assert page.evaluate(JUDGED) == []
        page.keyboard.press("Escape")
        expect(page.locator(".share-box")).to_be_hidden()


def test_what_is_not_built_yet_stands_last_and_leads_nowhere(opened: Opener) -> None:
    with opened("/hub/gundam") as page:
        tabs = page.locator(".tabs > *")
        last = [text.split() for text in tabs.all_inner_texts()[-3:]]
        assert last == [[name, "planned"] for name in PLANNED]
        expect(page.locator('.tabs [aria-disabled="true"]')).to_have_count(3)
        small, usual = (
            float(page.eval_on_selector(one, "e => parseFloat(getComputedStyle(e).fontSize)"))
            for one in (".tab-planned", ".tabs a")
        )
        assert small < usual


@pytest.mark.parametrize("width", [780, 1000, 1001, 1100, 1180, 1241, 1280])
def test_the_navigation_is_one_row_with_all_that_can_be_offered(opened: Opener, width: int) -> None:
    with opened("/browse", viewport={"width": width, "height": 800}) as page:
        page.evaluate(
            """() => {
              const nav = document.querySelector(".nav");
              for (const name of ["Watch", "Videos", "Account"]) {
                const link = document.createElement("a");
                link.href = "/";
                link.textContent = name;
                nav.append(link);
              }
            }"""
        )
        links = page.locator(".nav a")
        expect(links).to_have_count(EVERY_PAGE)
        tops = {round(box["y"]) for one in links.all() if (box := one.bounding_box())}
        assert len(tops) == 1
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_first_page_is_an_atlas(opened: Opener) -> None:
    with opened("/") as page:
        expect(page.locator("#today + .place-on-map img")).to_be_visible()
        expect(page.locator("#season h2")).to_contain_text(re.compile("season", re.IGNORECASE))
        assert page.locator("[data-continue]").count() == 1
