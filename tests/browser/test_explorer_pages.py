"""Each page in a browser: accessible, in its frame, light and dark, wide and on a phone."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import AXE, CHROMIUM, Opener

pytestmark = [pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's Chromium")]

PAGES: Final = (
    "/",
    "/search",
    "/search?q=monogatari",
    "/search?q=xyzzyqwerty",
    "/browse/2024/fall",
    "/movies",
    "/path",
    "/path?from=cowboy+bebop&to=cowboy+bebop+tengoku",
    "/status",
    "/docs",
    "/docs/deploy",
    "/changes",
    "/nowhere/naruto",
    "work:cowboy bebop",
    "work:one piece",
)
WINDOWS: Final[dict[str, dict[str, Any]]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True},
}
JUDGED: Final = """async () => {
  const found = await axe.run(document, { resultTypes: ["violations"] });
  const where = (one) => one.nodes.map((node) => node.html).join(" | ");
  return found.violations.map((one) => `${one.id}: ${where(one)}`);
}"""


def place(path: str, work_of: Callable[[str], str]) -> str:
    return work_of(path.removeprefix("work:")) if path.startswith("work:") else path


@pytest.mark.skipif(not AXE.exists(), reason="needs `make test-assets`")
@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(
    opened: Opener, work_of: Callable[[str], str], path: str, window: str
) -> None:
    with opened(place(path, work_of), **WINDOWS[window]) as page:
        page.evaluate(AXE.read_text("utf-8"))
        assert page.evaluate(JUDGED) == []


@pytest.mark.parametrize("path", PAGES)
def test_a_phone_scrolls_downwards_only(
    opened: Opener, work_of: Callable[[str], str], path: str
) -> None:
    with opened(place(path, work_of), **WINDOWS["phone"]) as page:
        assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("path", ["/", "/browse/2024/fall", "work:cowboy bebop"])
def test_posters_that_fail_move_nothing(
    opened: Opener, work_of: Callable[[str], str], path: str
) -> None:
    with opened(place(path, work_of)) as page:
        expect(page.locator(".poster img.waiting")).to_have_count(0)
        assert shift(page) == 0


def test_dark_is_dark(opened: Opener) -> None:
    shades = []
    for window in ("light", "dark"):
        with opened("/", **WINDOWS[window]) as page:
            shades.append(
                page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
            )
    assert shades == ["rgb(247, 242, 232)", "rgb(22, 19, 16)"]


def shift(page: Page) -> float:
    """Return how much of the page has moved since it was first shown."""
    moved: float = page.evaluate(
        """() => new Promise((done) => {
          let moved = 0;
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) moved += entry.value;
          }).observe({ type: "layout-shift", buffered: true });
          setTimeout(() => done(moved), 100);
        })"""
    )
    return moved
