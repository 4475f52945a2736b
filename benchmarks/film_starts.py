"""Open a film again and again in Chromium, each time as somebody new who has nothing kept.

    python -m benchmarks.film_starts http://127.0.0.1:8080/watch/film/ID VISITS

Prints a line of JSON: of each visit how many milliseconds after the page was opened the first
picture was shown, by the page's own clock, and how many pixels high the picture then was.
"""

import contextlib
import shutil
import sys
from typing import Final

import msgspec
from playwright.sync_api import Browser, sync_playwright

from tests.support.demos import until

_NOTED: Final = """
const noted = new Set();
new MutationObserver(() => {
  for (const video of document.querySelectorAll('video')) {
    if (noted.has(video)) continue;
    noted.add(video);
    video.requestVideoFrameCallback((now) => { window.firstPicture = now; });
  }
}).observe(document, { childList: true, subtree: true });
"""


class Start(msgspec.Struct, array_like=True, frozen=True):
    """When the first picture was shown, and how high the picture is after some seconds."""

    took_ms: float
    height: int


def main() -> None:
    address, visits = sys.argv[1], int(sys.argv[2])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        found = [visit(browser, address) for _ in range(visits)]
    print(msgspec.json.encode(found).decode())


def visit(browser: Browser, address: str) -> Start:
    """Open the film, and play it until its picture is known."""
    with contextlib.closing(browser.new_context()) as window:
        window.route("**/img.example/**", lambda route: route.abort())
        page = window.new_page()
        page.add_init_script(_NOTED)
        page.goto(address, wait_until="commit")
        until(page, "document.querySelector('#watch-video')?.currentTime > 3")
        height = page.evaluate("document.querySelector('#watch-video').videoHeight")
        return Start(page.evaluate("window.firstPicture"), height)


if __name__ == "__main__":
    main()
