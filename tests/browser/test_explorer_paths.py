"""What viewers come for, by mouse, by keyboard alone and without scripts."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import CHROMIUM, Opener
from tests.browser.test_explorer_pages import WINDOWS

pytestmark = [pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's Chromium")]


def test_a_search_leads_to_the_work_and_to_its_franchise(opened: Opener) -> None:
    with opened("/") as page:
        page.get_by_label("Search titles").fill("SPY x FAMILY")
        page.get_by_role("button", name="Search").click()
        expect(page).to_have_url(re.compile(r"/search\?q=SPY"))
        page.locator(".row-title a").first.click()
        expect(page.locator("h1")).to_have_text(re.compile("Spy.?×?.?x?.?Family", re.IGNORECASE))
        expect(page.locator(".work-in a")).to_have_attribute("href", re.compile("^/hub/"))


def test_type_ahead_is_used_by_keyboard_alone(opened: Opener) -> None:
    with opened("/browse/2024/fall") as page:
        page.keyboard.press("/")
        box = page.get_by_label("Search titles")
        expect(box).to_be_focused()
        page.keyboard.type("cowboy beb")
        options = page.get_by_role("listbox").get_by_role("option")
        expect(options.first).to_be_visible()
        expect(box).to_have_attribute("aria-expanded", "true")
        page.keyboard.press("ArrowUp")
        expect(options.last).to_have_attribute("aria-selected", "true")
        page.keyboard.press("ArrowDown")
        first = options.first
        expect(first).to_have_attribute("aria-selected", "true")
        expect(box).to_have_attribute("aria-activedescendant", first.get_attribute("id") or "-")
        page.keyboard.press("Escape")
        expect(box).to_have_attribute("aria-expanded", "false")
        page.keyboard.press("ArrowDown")
        work = options.filter(has_text="TV").first
        for _ in range(options.count()):
            if work.get_attribute("aria-selected") == "true":
                break
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("Cowboy Bebop")


def test_escape_closes_then_clears_and_back_restores_text_and_list(opened: Opener) -> None:
    with opened("/browse/2024/fall") as page:
        box = page.get_by_label("Search titles")
        options = page.get_by_role("listbox").get_by_role("option")
        box.press_sequentially("cowboy beb", delay=20)
        expect(options.first).to_be_visible()
        expect(options.filter(has_text="1998 · TV").first).to_be_visible()
        page.keyboard.press("Escape")
        expect(options.first).to_be_hidden()
        expect(box).to_have_value("cowboy beb")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_be_visible()
        page.wait_for_url(lambda address: "/browse/" not in address)
        page.go_back()
        expect(box).to_have_value("cowboy beb")
        expect(options.first).to_be_visible()
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        expect(box).to_have_value("")


def test_enter_without_a_choice_searches(opened: Opener) -> None:
    with opened("/") as page:
        page.get_by_label("Search titles").fill("naruto")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(r"/search\?q=naruto"))


def test_a_title_that_begins_like_nothing_is_said(opened: Opener) -> None:
    with opened("/") as page:
        page.get_by_label("Search titles").fill("xyzzyqwerty")
        expect(page.get_by_role("status")).to_contain_text("No title begins like this")


def test_a_season_is_sorted_and_left_for_the_next(opened: Opener) -> None:
    with opened("/browse/2024/fall") as page:
        expect(page.locator("main")).to_contain_text("sorted by popularity")
        page.get_by_role("link", name="score", exact=True).click()
        page.wait_for_url(re.compile(r"sort=score"))
        expect(page.locator("main")).to_contain_text("sorted by score")
        page.get_by_role("link", name=re.compile("Winter 2025")).first.click()
        expect(page.locator("h1")).to_have_text("Winter 2025")


def test_two_works_are_connected_by_choosing_them(opened: Opener) -> None:
    with opened("/path") as page:
        for label, typed in (("From", "cowboy beb"), ("To", "tengoku no tob")):
            page.get_by_label(label, exact=True).fill(typed)
            page.get_by_role("option").first.click()
            expect(page.get_by_role("option")).to_have_count(0)
        page.get_by_role("button", name="Connect").click()
        expect(page).to_have_url(re.compile(r"/path\?from=[0-9a-f-]{36}&to=[0-9a-f-]{36}$"))
        expect(page.locator(".sentence")).to_contain_text("is the parent story of")
        expect(page.locator(".route-stop:visible")).to_have_count(2)


def test_a_route_folds_and_fits_a_phone(opened: Opener) -> None:
    with opened("/path?from=cowboy+bebop&to=tengoku+no+tobira", **WINDOWS["phone"]) as page:
        expect(page.locator(".route-wide")).to_be_hidden()
        strip = page.locator(".route-folded").first
        assert strip.evaluate("one => one.scrollWidth <= one.clientWidth")


def test_everything_but_type_ahead_works_without_scripts(
    opened: Opener, work_of: Callable[[str], str]
) -> None:
    with opened("/", java_script_enabled=False) as page:
        page.get_by_role("searchbox").fill("cowboy bebop")
        page.get_by_role("button", name="Search").click()
        page.locator(".row-title a").first.click()
        expect(page.locator("h1")).to_have_text("Cowboy Bebop")
        expect(page.locator(".episodes tbody tr")).to_have_count(26)
        page.goto("/path?from=cowboy+bebop&to=tengoku+no+tobira")
        expect(page.locator(".route-wide .route")).to_be_visible()
        page.goto("/seasons")
        page.get_by_label("Season", exact=True).select_option("fall")
        page.get_by_label("Year", exact=True).fill("2024")
        page.get_by_role("button", name="Open").click()
        expect(page.locator("h1")).to_have_text("Fall 2024")


def test_a_hostile_text_stays_text(opened: Opener) -> None:
    with opened("/search?q=%3Cimg%20src=x%20onerror=alert(1)%3E%22%27") as page:
        expect(page.locator("h1")).to_contain_text("<img src=x onerror=alert(1)>\"'")
        assert page.locator("img[src=x]").count() == 0
        page.get_by_label("Search titles").fill("<img src=x onerror=alert(1)>")
        page.wait_for_timeout(400)
        assert page.locator("img[src=x]").count() == 0
