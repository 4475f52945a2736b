"""Take the pictures that README shows: real pages over the sample catalogue, in Chromium.

    python -m docs.pictures        (or `make pictures`)

The law: what is shown is what `make run` and `make demo` serve. Posters are cut off: they belong to
their makers.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.demos import Demo, demo_running, playing, sign_in, until
from tests.support.explorers import exploring

FOLDER: Final = Path(__file__).parent
_SETTLED_MS: Final = 600


class Picture(NamedTuple):
    """A page, in a window of a size; `clicks` are made before it is taken.

    A path that begins with no slash begins with the title of a franchise.
    """

    name: str
    path: str
    size: tuple[int, int] = (1280, 800)
    is_dark: bool = False
    clicks: tuple[str, ...] = ()


PICTURES: Final = (
    Picture("hub", "gundam"),
    Picture("map", "gundam/map", (1440, 900), clicks=('.station[data-kind="main"] .mark',)),
    Picture("map-dark", "monogatari/map?order=release", (1440, 900), is_dark=True),
    Picture("watch-order", "gundam/watch-order?order=story"),
    Picture("search", "/search?q=fullmetal"),
    Picture("phone", "naruto/map", (390, 844)),
)


def main() -> None:
    """Write `docs/{name}.png` for each picture."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("needs Debian's Chromium: `make system-packages` installs it")
    with (
        tempfile.TemporaryDirectory() as scratch,
        exploring(Path(scratch)) as base,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for picture in PICTURES:
            take(browser, base, picture)
        with demo_running(Path(scratch) / "demo") as demo:
            take_playing(browser, demo)


def place(base: str, path: str) -> str:
    """Return the address of a picture's page."""
    if path.startswith("/"):
        return f"{base}{path}"
    title, _, rest = path.partition("/")
    found = httpx.get(f"{base}/api/franchises", params={"q": title, "limit": 1}).json()
    return f"{base}/hub/{found['franchises'][0]['slug']}/{rest}".rstrip("/")


def take(browser: Browser, base: str, picture: Picture) -> None:
    """Take a picture."""
    wide, high = picture.size
    options: dict[str, Any] = {"viewport": {"width": wide, "height": high}}
    window = browser.new_context(
        **options, color_scheme="dark" if picture.is_dark else "light", reduced_motion="reduce"
    )
    window.route(lambda url: not url.startswith(base), lambda route: route.abort())
    page: Page = window.new_page()
    page.goto(place(base, picture.path))
    for target in picture.clicks:
        page.locator(target).first.click()
    page.wait_for_timeout(_SETTLED_MS)
    page.screenshot(path=FOLDER / f"{picture.name}.png")
    window.close()


def take_playing(browser: Browser, demo: Demo) -> None:
    """Take the picture of an episode that plays, with captions."""
    window = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme="light")
    page = window.new_page()
    sign_in(page, demo)
    page.select_option("#watch-captions", "en-US")
    page.select_option("#watch-quality", label="720p")
    until(page, playing(5.5))
    page.screenshot(path=FOLDER / "watch.png")
    window.close()


if __name__ == "__main__":
    main()
