"""States of pages in a browser: filters, sorts, ends that are not found, pages in Japanese."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from playwright.sync_api import Route

from tests.browser.conftest import AXE, CHROMIUM, Opener
from tests.browser.test_explorer_pages import JUDGED, place, shift

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's Chromium"),
    pytest.mark.skipif(not AXE.exists(), reason="needs `make test-assets`"),
]

MOST_SHIFTED: Final = 0.02
WINDOWS: Final[dict[str, dict[str, Any]]] = {
    "wide": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "has_touch": True,
        "color_scheme": "dark",
    },
}
HUB: Final = "/hub/gundam"
STATES: Final = {
    "lists": (
        "/browse?genre=comedy&studio=nobody",
        "/browse?theme=military&franchise=alone&sort=rating",
        "/browse/1998/spring?sort=score",
        "/movies?year=1998&sort=score",
        "/hubs?q=gundam&sort=title",
        "/search?q=gundam&type=tv&sort=year",
        "/changes?kind=work_came",
    ),
    "franchise": (
        f"{HUB}/map?hide=film.guests.inferred",
        f"{HUB}/map?show=connections&order=essential",
        f"{HUB}/watch-order?optional=0&promotions=1",
        f"{HUB}/watch-order?line=0",
        "work:cowboy bebop:/map?depth=2",
    ),
    "connect": (
        "/path?from=cowboy+bebop&to=cowboy+bebop",
        "/path?from=cowboy+bebop&to=xyzzyqwerty",
        "/path?from=cowboy+bebop&to=gundam&characters=inferred",
        "/path?from=cowboy+bebop&to=naruto",
    ),
    "my": ("/my",),
    "japanese": (
        "/?lang=ja&titles=native",
        f"{HUB}?lang=ja&titles=native",
        f"{HUB}/map?lang=ja&titles=native",
        f"{HUB}/watch-order?lang=ja&titles=native",
        f"{HUB}/episodes?lang=ja&titles=english",
        "/path?from=cowboy+bebop&to=cowboy+bebop+tengoku&lang=ja",
        "work:cowboy bebop:?lang=ja&titles=native",
        "/nowhere/naruto?lang=ja",
    ),
}


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("group", STATES)
def test_a_state_is_accessible_stays_where_it_is_and_fits(
    opened: Opener, work_of: Callable[[str], str], group: str, window: str
) -> None:
    for state in STATES[group]:
        base, _, rest = state.removeprefix("work:").partition(":")
        path = f"{place(f'work:{base}', work_of)}{rest}" if state.startswith("work:") else state
        with opened(path, **WINDOWS[window]) as page:
            page.evaluate(AXE.read_text("utf-8"))
            assert page.evaluate(JUDGED) == [], path
            assert shift(page) <= MOST_SHIFTED, path
            width = page.viewport_size["width"] if page.viewport_size else 0
            assert page.evaluate("document.documentElement.scrollWidth") == width, path


@pytest.mark.parametrize("path", [f"{HUB}/map", "work:cowboy bebop:/map?depth=2"])
def test_what_is_shown_before_the_map_has_come_stays_where_it_is(
    opened: Opener, work_of: Callable[[str], str], path: str
) -> None:
    base, _, rest = path.removeprefix("work:").partition(":")
    address = f"{place(f'work:{base}', work_of)}{rest}" if path.startswith("work:") else path
    heading = "JSON.stringify(document.querySelector('h1').getBoundingClientRect())"

    def cut(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().partition('<section class="mapper"')[0])

    with opened(address) as page:
        whole = page.evaluate(heading)
        page.route(f"**{address}", cut)
        page.reload()
        assert page.locator(".mapper").count() == 0
        assert page.evaluate(heading) == whole
