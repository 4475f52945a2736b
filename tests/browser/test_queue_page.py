"""The queue in a browser: signing in, and settling items by keys alone."""

import contextlib
import datetime as dt
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page

from kensho.domain.work_items import FoundItem, ItemWork
from kensho.platform.managers import ManagerFile
from kensho.storage.work_items import ItemFilter, WorkItemStore
from tests.support.servers import serving

NOW = dt.datetime(2026, 11, 29, tzinfo=dt.UTC)
WORK = UUID(int=7)


@pytest.fixture(scope="module")
def desk() -> Iterator[tuple[str, WorkItemStore, str]]:
    """Serve the small graph with four items and a manager."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        token = ManagerFile(folder / "managers.json").add("ada", NOW.date())
        store = WorkItemStore(folder / "queue.db")
        items = [
            FoundItem(
                kind="conflict",
                about=(str(n),),
                sentence=f"Is number {n} a sequel?",
                works=(ItemWork(WORK, "Alpha", f"/anime/{WORK}", "https://example.org/7"),),
                weight=1 - n / 10,
            )
            for n in range(4)
        ]
        store.refresh(("conflict",), items, NOW)
        with serving(folder) as base:
            yield base, store, token


@contextlib.contextmanager
def signed_in(browser: Browser, base: str, token: str, **context: object) -> Iterator[Page]:
    window = browser.new_context(base_url=base, **context)  # type: ignore[arg-type]
    with contextlib.closing(window):
        page = window.new_page()
        page.goto("/queue")
        page.click("main a.button")
        page.fill("#name", "ada")
        page.fill("#token", token)
        page.click("main button")
        page.wait_for_url("**/queue")
        yield page


def states(store: WorkItemStore) -> list[str]:
    chosen = ItemFilter(states=("open", "accepted", "fixed", "wontfix"))
    return [one.state for one in store.page(chosen, 9).items]


def test_items_are_settled_by_keys(desk: tuple[str, WorkItemStore, str], browser: Browser) -> None:
    base, store, token = desk
    with signed_in(browser, base, token) as page:
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url("**/queue/*")
        assert "Is number 0 a sequel?" in page.inner_text("h1")
        page.keyboard.press("a")
        page.wait_for_selector("h1:has-text('number 1')")
        page.keyboard.press("d")
        assert page.evaluate("document.activeElement.id") == "reason"
        page.keyboard.type("as it is")
        page.keyboard.press("Enter")
        page.wait_for_selector("h1:has-text('number 2')")
        page.keyboard.press("n")
        page.wait_for_selector("h1:has-text('number 3')")
        assert states(store) == ["accepted", "wontfix", "open", "open"]


def test_all_works_without_scripts_and_fits_a_phone(
    desk: tuple[str, WorkItemStore, str], browser: Browser
) -> None:
    base, store, token = desk
    size = {"width": 390, "height": 844}
    with signed_in(browser, base, token, java_script_enabled=False, viewport=size) as page:
        page.click("text=Is number 2 a sequel?")
        page.wait_for_url("**/queue/*")
        page.fill("#reason", "mended")
        page.click("button[value=fix]")
        page.wait_for_load_state()
        assert states(store)[2] == "fixed"
        page.click(".signed-in button")
        page.wait_for_url(f"{base}/")
        page.goto("/queue")
        assert "Sign in first" in page.inner_text("h1")
