"""A franchise's pages in a browser: the map by mouse and by keyboard, orders, filters, frames."""

import re
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import AXE, CHROMIUM, Opener
from tests.browser.test_explorer_pages import JUDGED, WINDOWS
from tests.support.demos import until

pytestmark = [pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's Chromium")]

HUB: Final = "/hub/gundam"
SHIFTED: Final = """new Promise(told => {
  let total = 0;
  new PerformanceObserver(list => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) total += one.value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => told(total), 300);
})"""
"""How much of the page has shifted."""
PAGES: Final = (
    HUB,
    f"{HUB}/map",
    f"{HUB}/map?order=release",
    f"{HUB}/map?as=list",
    f"{HUB}/map?hide=ova.line-0&show=promotions.connections",
    f"{HUB}/watch-order?order=story",
    f"{HUB}/episodes",
    f"/embed{HUB}",
    "/hubs",
    "/hub/nowhere-at-all",
)


@pytest.mark.skipif(not AXE.exists(), reason="needs `make test-assets`")
@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(opened: Opener, path: str, window: str) -> None:
    with opened(path, **WINDOWS[window]) as page:
        page.evaluate(AXE.read_text("utf-8"))
        assert page.evaluate(JUDGED) == []


@pytest.mark.skipif(not AXE.exists(), reason="needs `make test-assets`")
@pytest.mark.parametrize("window", WINDOWS)
def test_axe_finds_nothing_in_an_open_card(opened: Opener, window: str) -> None:
    with opened(f"{HUB}/map", **WINDOWS[window]) as page:
        first(page).click()
        expect(page.locator(".stop")).to_be_visible()
        page.evaluate(AXE.read_text("utf-8"))
        assert page.evaluate(JUDGED) == []


@pytest.mark.parametrize("path", PAGES)
def test_a_phone_scrolls_downwards_only(opened: Opener, path: str) -> None:
    with opened(path, **WINDOWS["phone"]) as page:
        assert page.evaluate("document.documentElement.scrollWidth") == 390


def first(page: Page) -> Locator:
    """Return the station where the franchise begins."""
    return page.locator('.station[data-kind="main"]').first


def chosen(page: Page) -> str | None:
    return page.locator(".station[data-chosen]").get_attribute("data-id")


def test_the_map_is_followed_to_a_sequel_by_click(opened: Opener) -> None:
    with opened(HUB) as page:
        page.get_by_role("link", name="Map", exact=True).click()
        expect(page.locator(".map-live")).to_be_visible()
        start = first(page)
        begun = start.get_attribute("data-id")
        start.locator(".mark").click()
        expect(page.locator(".stop")).to_contain_text("From here")
        sequel = page.locator(".stop-links li", has_text="Sequel").locator("a[data-go]").first
        goal, title = sequel.get_attribute("data-go"), sequel.inner_text()
        sequel.click()
        expect(page.locator(".stop h2")).to_have_text(title)
        assert chosen(page) == goal != begun
        assert f"work={goal}" in page.url
        page.reload()
        expect(page.locator(".stop h2")).to_have_text(title)
        page.get_by_role("link", name="Close").click()
        expect(page.locator(".stop")).to_be_hidden()
        assert "work=" not in page.url


def test_the_map_is_walked_by_keyboard_alone(opened: Opener) -> None:
    with opened(f"{HUB}/map") as page:
        page.get_by_role("region", name=re.compile("^Map of")).focus()
        page.keyboard.press("Tab")
        here = focused(page)
        assert page.locator(f'.station[data-id="{here}"]').get_attribute("tabindex") == "0"
        page.keyboard.press("Home")
        page.keyboard.press("ArrowRight")
        there = focused(page)
        ways = page.locator(f'.route[data-from="{here}"][data-to="{there}"]')
        assert ways.count() + page.locator(f'.route[data-from="{there}"]').count() > 0
        expect(page.locator("[data-says]")).not_to_be_empty()
        page.keyboard.press("ArrowLeft")
        assert focused(page) != there
        page.keyboard.press("Enter")
        expect(page.locator(".stop h2 a")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator(".stop")).to_be_hidden()
        assert focused(page) is not None
        wide = page.locator("svg.metro").bounding_box()
        page.keyboard.press("+")
        closer = page.locator("svg.metro").bounding_box()
        assert wide is not None
        assert closer is not None
        assert closer["width"] > wide["width"]


def focused(page: Page) -> str | None:
    found: str | None = page.evaluate("document.activeElement?.getAttribute('data-id')")
    return found


def test_a_watch_order_is_laid_over_the_map_and_taken_off(opened: Opener) -> None:
    with opened(f"{HUB}/map") as page:
        page.evaluate("window.stays = true")
        page.get_by_role("link", name="By release").click()
        expect(page.locator(".badge").first).to_be_visible()
        assert "order=release" in page.url
        page.get_by_role("link", name="The essential").click()
        expect(page.locator(".station:not([data-step])").first).to_be_attached()
        faded = page.locator(".station:not([data-step])").first
        expect(faded).to_have_css("opacity", "0.38")
        expect(page.get_by_role("link", name="Why in this order")).to_be_visible()
        page.get_by_role("link", name="No order").click()
        expect(page.locator(".badge")).to_have_count(0)
        assert page.evaluate("window.stays")


def test_filters_lay_the_map_out_anew_in_place(opened: Opener) -> None:
    with opened(f"{HUB}/map") as page:
        page.evaluate("window.stays = true")
        every = page.locator(".station").count()
        gone = page.locator('.station[data-type="ova"]').count()
        assert gone > 0
        ovas = page.locator('[data-key="ova"]')
        ovas.click()
        expect(page.locator(".station")).to_have_count(every - gone)
        expect(ovas).to_be_focused()
        expect(ovas).to_contain_text("Put on the map")
        assert "hide=ova" in page.url
        assert page.evaluate("window.stays")
        page.reload()
        expect(page.locator(".station")).to_have_count(every - gone)
        page.get_by_role("link", name="Show all again").click()
        expect(page.locator(".station")).to_have_count(every)


def test_fit_shows_names_that_are_read_the_best_known_first(opened: Opener) -> None:
    with opened(f"{HUB}/map", viewport={"width": 700, "height": 500}) as page:
        page.get_by_role("button", name="Fit").click()
        expect(page.locator("svg.metro")).to_have_class(re.compile("far"))
        names = page.locator(".far-label")
        assert 1 < names.count() < page.locator(".station").count()
        boxes = [box for one in names.all() if (box := one.bounding_box()) is not None]
        assert all(box["height"] > 9 for box in boxes)
        assert page.locator('.station.named[data-rank="1"]').count() == 1


def test_one_finger_scrolls_the_page_and_two_move_the_map(opened: Opener) -> None:
    phone = {**WINDOWS["phone"], "has_touch": True, "is_mobile": True}
    with opened(f"{HUB}/map", **phone) as page:
        frame = page.locator("[data-frame]")
        expect(page.locator(".map-live")).to_be_visible()
        newest = page.locator(".station.k-main").last
        box, edge = newest.bounding_box(), frame.bounding_box()
        assert box is not None
        assert edge is not None
        assert box["x"] > edge["x"]  # the map opens where the main line goes on
        assert frame.evaluate("one => getComputedStyle(one).touchAction") == "pan-y"
        x, y = edge["x"] + 150, min(edge["y"] + 60, 780)
        before = frame.evaluate("one => one.scrollLeft")
        wire = page.context.new_cdp_session(page)

        def touch(kind: str, *points: tuple[float, float]) -> None:
            told = [{"x": at[0], "y": at[1], "id": n} for n, at in enumerate(points)]
            wire.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": told})

        touch("touchStart", (x, y))
        touch("touchMove", (x + 60, y))
        touch("touchEnd")
        assert frame.evaluate("one => one.scrollLeft") == before
        expect(page.locator("[data-fingers]")).to_be_visible()
        touch("touchStart", (x, y), (x + 60, y))
        touch("touchMove", (x + 40, y), (x + 100, y))
        touch("touchMove", (x + 80, y), (x + 140, y))
        touch("touchEnd")
        assert frame.evaluate("one => one.scrollLeft") < before


@pytest.mark.parametrize("window", WINDOWS)
def test_the_map_does_not_shift_while_it_starts(opened: Opener, window: str) -> None:
    with opened(f"{HUB}/map", **WINDOWS[window]) as page:
        expect(page.locator(".map-live")).to_be_visible()
        assert page.evaluate(SHIFTED) <= 0.02


def test_a_link_leads_past_the_map(opened: Opener) -> None:
    with opened(f"{HUB}/map") as page:
        skip = page.get_by_role("link", name="Skip past the map")
        skip.focus()
        expect(skip).to_be_in_viewport()
        page.keyboard.press("Enter")
        expect(page.locator("#past-map")).to_be_focused()


def test_hovering_traces_what_a_work_is_connected_with(opened: Opener) -> None:
    with opened(f"{HUB}/map") as page:
        first(page).locator(".mark").hover()
        expect(page.locator("svg.metro")).to_have_class(re.compile("tracing"))
        expect(page.locator(".route.near").first).to_be_attached()
        expect(page.locator("[data-says]")).to_contain_text("episodes")


def test_a_map_is_dragged_and_its_place_kept(opened: Opener) -> None:
    with opened(f"{HUB}/map") as page:
        for _ in range(4):
            page.get_by_role("button", name="Closer").click()
        before = page.evaluate("document.querySelector('[data-frame]').scrollLeft")
        box = page.locator("[data-frame]").bounding_box()
        assert box is not None
        x, y = box["x"] + 500, box["y"] + 200
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x - 300, y, steps=4)
        page.mouse.up()
        moved = page.evaluate("document.querySelector('[data-frame]').scrollLeft")
        assert moved >= before + 250
        page.wait_for_url(re.compile("#at="))
        page.reload()
        until(page, "document.querySelector('[data-frame]').scrollLeft > 200")


def test_a_watch_order_is_read_and_optional_steps_toggled(opened: Opener) -> None:
    with opened(HUB) as page:
        page.get_by_role("link", name="Watch order").click()
        page.wait_for_url("**/watch-order")  # and until it is loaded, as below
        steps = page.locator(".step:visible")
        every = steps.count()
        expect(page.locator(".step-why").first).to_contain_text(re.compile(r"\w+ .*\."))
        page.get_by_role("link", name=re.compile("^Leave out optional steps")).click()
        page.wait_for_url("**optional=0")
        assert 0 < steps.count() < every
        page.get_by_role("link", name=re.compile("^Show optional steps")).click()
        expect(steps).to_have_count(every)


def test_all_of_it_but_gestures_works_without_scripts(opened: Opener) -> None:
    with opened(HUB, java_script_enabled=False) as page:
        page.get_by_role("link", name="Watch order").click()
        page.wait_for_url("**/watch-order")
        every = page.locator(".step").count()
        page.get_by_role("link", name=re.compile("^Leave out optional steps")).click()
        page.wait_for_url("**optional=0")
        assert page.locator(".step").count() < every
        page.get_by_role("link", name="Map", exact=True).click()
        page.get_by_role("link", name="By release").click()
        expect(page.locator(".badge").first).to_be_visible()
        expect(page.get_by_role("button", name="Fit")).to_be_hidden()
        with_ovas = page.locator(".station").count()
        page.locator('[data-key="ova"]').click()
        page.wait_for_url("**hide=ova**")
        assert page.locator(".station").count() < with_ovas
        page.get_by_role("link", name="List", exact=True).click()
        expect(page.locator(".tree > li").nth(10)).to_be_visible()
        page.goto(f"{HUB}/map")
        first(page).locator(".mark").click()
        expect(page.locator("h1.work-title")).to_be_visible()
        expect(page.locator(".place-on-map")).to_be_visible()


def test_other_sites_show_the_map_in_a_frame(opened: Opener, explorer: str) -> None:
    with opened(HUB) as page:
        snippet = page.locator("[data-snippet]").input_value()
        assert f'src="{explorer}/embed{HUB}"' in snippet
    with opened(f"/embed{HUB}") as page:
        expect(page.locator(".station").first).to_be_visible()
        assert page.locator("header").count() == 0
        assert page.locator(".station").first.get_attribute("target") == "_top"


def test_the_neighbourhood_of_a_work_is_a_map_too(opened: Opener) -> None:
    with opened(f"{HUB}/map") as page:
        first(page).locator(".mark").click()
        page.locator(".stop").get_by_role("link", name="2 steps").click()
        expect(page.locator(".station[data-chosen]")).to_have_count(1)
        before = page.url
        page.locator(".station:not([data-chosen]) .mark").first.click()
        page.wait_for_url(lambda url: url.split("#")[0] != before.split("#")[0])
        expect(page.locator("h1")).to_contain_text("Around")
        if AXE.exists():
            page.evaluate(AXE.read_text("utf-8"))
            assert page.evaluate(JUDGED) == []


def test_a_small_map_stands_for_each_franchise(opened: Opener, tmp_path: Path) -> None:
    with opened("/hubs") as page:
        until(page, "document.querySelector('.atlas-map img').naturalWidth > 100")
