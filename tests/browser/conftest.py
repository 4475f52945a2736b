"""The explorer over the sample catalogue, one for all tests, and a browser for each module.

Posters are cut off: tests ask nothing of other hosts, and see what viewers see when those fail.
"""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

from tests.support.explorers import exploring

CHROMIUM: Final = shutil.which("chromium")
AXE: Final = Path(__file__).parents[2] / "var" / "axe-core" / "axe.min.js"
Opener = Callable[..., contextlib.AbstractContextManager[Page]]


@pytest.fixture(scope="session")
def explorer_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the explorer keeps its graph, `kensho.db`."""
    return tmp_path_factory.mktemp("explorer")


@pytest.fixture(scope="session")
def explorer(explorer_folder: Path) -> Iterator[str]:
    """Return the base URL of the explorer."""
    with exploring(explorer_folder) as base:
        yield base


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a running Chromium."""
    if CHROMIUM is None:
        pytest.skip("needs Debian's Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def opened(explorer: str, browser: Browser) -> Opener:
    """Return a way to open a page of the explorer; complaints of the browser fail the test."""

    @contextlib.contextmanager
    def opened(path: str, **context: Any) -> Iterator[Page]:
        options = {"viewport": {"width": 1280, "height": 900}, "base_url": explorer, **context}
        with contextlib.closing(browser.new_context(**options)) as window:
            window.route(lambda url: not url.startswith(explorer), _cut_off)
            page = window.new_page()
            said: list[str] = []
            page.on("pageerror", lambda error: said.append(str(error)))
            page.on("console", lambda message: said.append(message.text))
            page.goto(path)
            yield page
            # A poster that is cut off, or a page that is not there, is no complaint of ours.
            assert [text for text in said if "Failed to load resource" not in text] == []

    return opened


@pytest.fixture(scope="module")
def work_of(explorer: str) -> Callable[[str], str]:
    """Return the path of the work that a title means first."""

    def path(title: str) -> str:
        found = httpx.get(f"{explorer}/api/search", params={"q": title, "limit": 1}).json()
        work = found["results"][0]
        return f"/{'movies' if work['kind'] == 'movie' else 'anime'}/{work['id']}"

    return path


def _cut_off(route: Route) -> None:
    route.abort()
