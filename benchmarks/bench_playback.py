"""Measure how soon an episode or a film is seen, on loopback in Chromium.

    python -m benchmarks.bench_playback [--visits 20]

The demo runs over the sample catalogue: Kenshō with embedded store, the reference provider, its
clip. Each visit is a new page of a browser that is signed in, which opens the page that plays
another episode. "First frame" is from the click to the first picture that moves; "stream" is the
answer of `/api/stream` alone, which the provider's three answers and a playlist are part of, and
"kept" the same answer asked for again.

Then films: Kenshō behind Debian's nginx with the files of `deploy/nginx`, an origin, and the same
clip. Each visit is of somebody new, whose browser has nothing, to a film that nginx has not asked
for at every second one. Promise of both: first frame within 4 s at the 95th percentile.
"""

import argparse
import contextlib
import shutil
import statistics
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Final

import httpx
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from benchmarks.bench_search import at_most
from deploy.demo.clip import clip_folder
from tests.support.demos import PASSWORD, PERSON, Demo, demo_running, sign_in, until
from tests.support.portals import portal_running

PROMISE_MS: Final = 4_000.0
_SEEN: Final = "document.querySelector('#watch-video')?.currentTime > 0"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=20)
    visits = parser.parse_args().visits
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("needs Debian's Chromium: `make system-packages` installs it")
    with (
        tempfile.TemporaryDirectory() as scratch,
        demo_running(Path(scratch)) as demo,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        frames = first_frames(browser, demo, visits)
        asked, kept = answers(demo, visits)
        films = film_frames(browser, Path(scratch) / "portal", visits)
    at_most("first frame of a film, ms at the 95th percentile", high(films), PROMISE_MS)
    print(f"first frame of a film, median    {statistics.median(films):8.1f} ms of {visits}")
    at_most("first frame, ms at the 95th percentile", high(frames), PROMISE_MS)
    print(f"first frame, median              {statistics.median(frames):8.1f} ms of {visits}")
    for name, figures in (("stream", asked), ("stream, kept", kept)):
        median = statistics.median(figures)
        print(f"{name:<24}median {median:8.1f} ms   p95 {high(figures):8.1f} ms")


def first_frames(browser: Browser, demo: Demo, visits: int) -> list[float]:
    """Return the milliseconds from opening the page to the first picture that moves."""
    with contextlib.closing(browser.new_context()) as window:
        page = window.new_page()
        sign_in(page, demo)
        page.close()
        return [first_frame(window, episode(demo, visit)) for visit in range(visits)]


def film_frames(browser: Browser, folder: Path, visits: int) -> list[float]:
    """Return the milliseconds from opening a film's page to the first picture, through nginx."""
    folder.mkdir()
    took: list[float] = []
    with portal_running(folder) as portal:
        clip = clip_folder() / "en-US"
        for path in clip.rglob("*.*"):
            portal.origin.files[f"/film/{path.relative_to(clip)}"] = path.read_bytes()
        base = f"http://127.0.0.1:{portal.edge.port}"
        films = [portal.film(f"film{number}") for number in range(visits // 2)]
        for visit in range(visits):
            film = films[visit // 2 % len(films)]
            with contextlib.closing(browser.new_context()) as window:
                window.route("**/img.example/**", lambda route: route.abort())
                took.append(first_frame(window, f"{base}/watch/film/{film}"))
    return took


def first_frame(window: BrowserContext, address: str) -> float:
    page = window.new_page()
    began = perf_counter()
    page.goto(address, wait_until="commit")
    until(page, _SEEN)
    took_ms = (perf_counter() - began) * 1e3
    page.close(run_before_unload=True)
    return took_ms


def answers(demo: Demo, visits: int) -> tuple[list[float], list[float]]:
    """Return the milliseconds of `/api/stream`: resolved, and kept."""
    with httpx.Client(base_url=demo.base, timeout=20) as client:
        given = {"username": PERSON, "password": PASSWORD}
        token = client.post("/api/auth/login", json=given).json()["token"]
        client.headers["authorization"] = f"Bearer {token}"
        asked: list[float] = []
        kept: list[float] = []
        for visit in range(visits):
            path = httpx.URL(episode(demo, visit)).path.replace("/watch/", "/api/stream/")
            for figures in (asked, kept):
                began = perf_counter()
                client.get(path).raise_for_status()
                figures.append((perf_counter() - began) * 1e3)
            client.delete(path).raise_for_status()
    return asked, kept


def episode(demo: Demo, visit: int) -> str:
    """Return the page that plays an episode, another one each time."""
    return demo.page_of(visit % 12 + 1)


def high(figures: list[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(figures, n=20, method="inclusive")[-1]


if __name__ == "__main__":
    main()
