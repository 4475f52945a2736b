"""Ticks in a browser: of works and episodes, what is next, files from elsewhere, the account."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import AXE, CHROMIUM, Opener
from tests.browser.test_explorer_pages import JUDGED, WINDOWS, shift

pytestmark = [pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's Chromium")]

HUB: Final = "/hub/gundam"
STORED: Final = "JSON.parse(localStorage.getItem('kensho.line') ?? '{}').works ?? {}"


@pytest.fixture(scope="module")
def steps(explorer: str) -> list[dict[str, Any]]:
    """Return the steps of a franchise that are not optional."""
    found: list[dict[str, Any]] = httpx.get(f"{explorer}{HUB}/steps").json()["steps"]
    return found


def ticked(page: Page) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = page.evaluate(STORED)
    return found


def judge(page: Page) -> None:
    if AXE.exists():
        page.evaluate(AXE.read_text("utf-8"))
        assert page.evaluate(JUDGED) == []


@pytest.mark.parametrize("window", WINDOWS)
def test_a_tick_moves_the_next_stop_on_every_page(
    opened: Opener, steps: list[dict[str, Any]], window: str
) -> None:
    first, second = steps[0], steps[1]
    with opened(f"/anime/{first['id']}", **WINDOWS[window]) as page:
        expect(page.locator(".next-stop")).to_be_empty()
        page.locator("[data-tick]").click()
        expect(page.locator("[data-tick]")).to_have_attribute("aria-pressed", "true")
        assert ticked(page)[first["id"]]["seen"] is True
        expect(page.locator(".next-stop a")).to_have_text(second["title"])
        expect(page.locator(".next-stop")).to_contain_text(f"1 of {len(steps)} seen")
        judge(page)
        for path in (HUB, f"{HUB}/map"):
            page.goto(path)
            expect(page.locator(".next-stop a")).to_have_attribute("href", f"/anime/{second['id']}")
            if path == HUB:
                assert shift(page) <= 0.02
        expect(page.locator(f'.station[data-id="{first["id"]}"]')).to_have_class(re.compile("seen"))
        page.goto("/")
        expect(page.locator(".continue li")).to_have_count(1)
        expect(page.locator(".continue")).to_contain_text(second["title"])
        assert shift(page) <= 0.02
        page.goto("/my")
        expect(page.locator("[data-franchises] li")).to_have_count(1)
        expect(page.locator("[data-franchises]")).to_contain_text(second["title"])
        judge(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]


def test_what_is_seen_is_hidden_from_an_order_until_it_is_asked_for(
    opened: Opener, steps: list[dict[str, Any]]
) -> None:
    with opened(f"{HUB}/watch-order?optional=0") as page:
        entry = page.locator(f'[data-entry="{steps[0]["id"]}"]')
        entry.locator("[data-tick]").click()
        expect(entry).to_be_visible()
        page.get_by_label("Hide what is seen").check()
        expect(entry).to_be_hidden()
        page.reload()
        expect(entry).to_be_hidden()
        page.get_by_label("Hide what is seen").uncheck()
        expect(entry).to_be_visible()
        entry.locator("[data-tick]").click()
        assert ticked(page) == {}


def test_episodes_are_ticked_one_by_one_and_the_last_makes_the_work_seen(
    opened: Opener, work_of: Callable[[str], str]
) -> None:
    path = work_of("cowboy bebop")
    with opened(path) as page:
        boxes = page.locator("[data-episode]")
        total = boxes.count()
        assert total > 2
        boxes.nth(0).check()
        boxes.nth(2).check()
        work = path.rpartition("/")[2]
        assert ticked(page)[work]["episodes"] == [1, 3]
        page.locator("[data-tick]").click()
        expect(boxes.nth(1)).to_be_checked()
        boxes.nth(1).uncheck()
        assert 2 not in ticked(page)[work]["episodes"]
        expect(page.locator("[data-tick]")).to_have_attribute("aria-pressed", "false")
        boxes.nth(1).check()
        assert ticked(page)[work].get("seen") is True


def test_lists_from_elsewhere_are_taken_over_and_one_s_own_comes_back(
    opened: Opener, explorer: str, steps: list[dict[str, Any]], tmp_path: Path
) -> None:
    found = httpx.get(f"{explorer}/api/anime/{steps[0]['id']}").json()["sources"]
    number = next(one["id"] for one in found if one["provider"] == "mal")
    xml = tmp_path / "animelist.xml"
    xml.write_text(
        "<?xml version='1.0' encoding='UTF-8'?><myanimelist><anime>"
        f"<series_animedb_id>{number}</series_animedb_id>"
        "<my_watched_episodes>0</my_watched_episodes><my_status>Completed</my_status></anime>"
        "<anime><series_animedb_id>999999999</series_animedb_id>"
        "<my_watched_episodes>2</my_watched_episodes><my_status>Watching</my_status></anime>"
        "</myanimelist>"
    )
    other = next(
        (step["id"], one["id"])
        for step in steps[1:]
        for one in httpx.get(f"{explorer}/api/anime/{step['id']}").json()["sources"]
        if one["provider"] == "anilist"
    )
    listed = tmp_path / "anilist.json"
    entry = {"mediaId": int(other[1]), "status": "CURRENT", "progress": 2}
    listed.write_text(
        json.dumps({"data": {"MediaListCollection": {"lists": [{"entries": [entry]}]}}})
    )
    with opened("/my") as page:
        page.set_input_files("[data-import]", xml)
        expect(page.locator("[data-said]")).to_contain_text("1 works. Not in the catalogue: 1")
        page.set_input_files("[data-import]", listed)
        expect(page.locator("[data-count]")).to_contain_text("2")
        assert ticked(page)[steps[0]["id"]]["seen"] is True
        assert ticked(page)[other[0]]["episodes"] == [1, 2]
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Export as JSON").click()
        kept = tmp_path / "line.json"
        waiting.value.save_as(kept)
        page.on("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Forget all").click()
        expect(page.locator("[data-count]")).to_contain_text("0")
        page.set_input_files("[data-import]", kept)
        expect(page.locator("[data-count]")).to_contain_text("2")
        assert ticked(page)[other[0]]["episodes"] == [1, 2]
        kept.write_text("no list at all")
        page.set_input_files("[data-import]", kept)
        expect(page.locator("[data-said]")).to_contain_text("line.json could not be read")
        assert len(ticked(page)) == 2
