"""Playing in a browser, over the whole demo.

The demo is the process that `make demo` starts; that it ends without leaving any behind is tested
where the module ends.
"""

import contextlib
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import AXE
from tests.support.demos import Demo, demo_running, fill_sign_in, playing, sign_in, until


@pytest.fixture(scope="module")
def demo(
    explorer: str, explorer_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Demo]:
    """Run the demo over the graph that the explorer has."""
    folder = tmp_path_factory.mktemp("demo")
    shutil.copytree(explorer_folder / "kensho.db", folder / "kensho.db")
    with demo_running(folder) as running:
        yield running


@pytest.fixture
def page(demo: Demo, browser: Browser) -> Iterator[Page]:
    """Return a page of a new window; complaints of the browser fail the test."""
    demo.break_provider(playback="", media="", media_delay_s=0, media_ttl_s=3600)
    window = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=demo.base)
    page = window.new_page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(message.text))
    yield page
    window.close()
    assert [text for text in said if "Failed to load resource" not in text] == []


def settled(demo: Demo, wanted: int) -> None:
    limit = time.monotonic() + 10
    while (held := demo.slots()) != wanted:
        assert time.monotonic() < limit, f"{held} slots are held, not {wanted}"
        time.sleep(0.05)


def test_play_asks_to_sign_in_and_goes_on_to_that_episode(page: Page, demo: Demo) -> None:
    page.goto(demo.play.replace("/watch/", "/anime/").rpartition("/")[0])
    page.click("main a.button:text-is('Watch')")
    assert "/login?next=" in page.url
    fill_sign_in(page, "wrong")
    assert page.locator('main [role="alert"], main .field-wrong').count() >= 1
    fill_sign_in(page)
    until(page, playing())
    assert page.url == demo.play
    page.close()
    settled(demo, 0)


def test_captions_quality_sound_seeking_and_keys(page: Page, demo: Demo) -> None:
    sign_in(page, demo, 3)
    page.select_option("#watch-captions", "de-DE")
    cue = "[...document.querySelector('video').textTracks].find(t => t.mode == 'showing')"
    until(page, f"{cue}?.activeCues?.[0]?.text.startsWith('Sekunde')")
    page.keyboard.press("c")
    until(page, f"!{cue}")
    page.keyboard.press("c")
    until(page, f"{cue}?.language == 'de-DE'")
    for quality in ("360", "720"):
        page.select_option("#watch-quality", label=f"{quality}p")
        until(page, f"document.querySelector('video').videoHeight == {quality}")
    at = page.evaluate("document.querySelector('video').currentTime")
    page.focus("#watch-play")
    page.keyboard.press("ArrowRight")
    until(page, playing(at + 9))
    page.locator("#watch-seek").fill("40")
    until(page, playing(39))
    page.select_option("#watch-audio", "en-US")
    until(page, "document.querySelector('#watch-audio').value == 'en-US'")
    until(page, playing(39))
    settled(demo, 1)
    page.keyboard.press("m")
    until(page, "document.querySelector('#watch-mute').getAttribute('aria-pressed') == 'true'")
    page.keyboard.press("k")
    until(page, "document.querySelector('video').paused")
    expect(page.locator("#watch-play")).to_have_text("Play")  # it is told after it has paused
    assert page.inner_text("#watch-time").endswith("of 1:00")


def test_an_address_that_expires_while_it_plays_is_renewed_without_losing_the_place(
    page: Page, demo: Demo
) -> None:
    sign_in(page, demo, 4)
    before = demo.slots()
    demo.break_provider(media_ttl_s=0.01)  # what was given is worth nothing from now on
    page.locator("#watch-seek").fill("44")
    time.sleep(0.3)
    demo.break_provider(media_ttl_s=3600)
    if page.is_visible("#watch-retry"):
        page.click("#watch-retry")
    until(page, playing(44.5), within_s=40)
    settled(demo, before)


def test_a_lost_connection_is_told_and_retried_from_the_same_place(page: Page, demo: Demo) -> None:
    sign_in(page, demo, 5)
    demo.break_provider(media="cut", playback="down")
    page.locator("#watch-seek").fill("50")
    until(page, "!document.querySelector('#watch-problem').hidden", within_s=40)
    assert page.inner_text("#watch-problem-text") != ""
    demo.break_provider(media="", playback="")
    page.click("#watch-retry")
    until(page, playing(49.5), within_s=40)


def test_signing_out_elsewhere_ends_it_and_says_so(
    page: Page, demo: Demo, browser: Browser
) -> None:
    sign_in(page, demo, 6)
    with contextlib.closing(browser.new_context(base_url=demo.base)) as window:
        other = window.new_page()
        sign_in(other, demo, 7)
        other.goto("/account")
        other.click('form[action="/account/sessions/end-others"] button')
        other.goto("/account")
    page.locator("#watch-seek").fill("56")
    until(page, "!document.querySelector('#watch-sign-in').hidden", within_s=45)
    assert "Sign in" in page.inner_text("#watch-problem")
    page.click("#watch-sign-in")
    fill_sign_in(page)
    until(page, playing(20))  # where it was


def test_refusals_are_told_in_words(page: Page, demo: Demo) -> None:
    sign_in(page, demo, 8)
    demo.break_provider(playback="blocked")
    page.goto(demo.page_of(9))
    until(page, "!document.querySelector('#watch-problem').hidden")
    assert "robot" in page.inner_text("#watch-problem-text")
    demo.break_provider(playback="")
    page.click("#watch-retry")
    until(page, playing())
    assert page.locator("a[rel=prev]").count() == page.locator("a[rel=next]").count() == 1


def test_the_demo_has_a_film_that_anybody_may_watch_and_what_managers_see(
    page: Page, demo: Demo
) -> None:
    page.goto(f"{demo.base}/watch/film")
    page.click("section[aria-labelledby='playing'] .card-link")
    until(page, playing())
    captions = "[...document.querySelector('video').textTracks].find(t => t.mode == 'showing')"
    until(page, f"{captions}?.activeCues?.[0]?.text.startsWith('Second')")
    page.click("a:text-is('All about the film')")
    assert page.locator("a.button:text-is('Watch')").count() == 1
    page.goto(f"{demo.base}/login?next=/admin")
    page.check('input[name="realm"][value="account"]')
    page.fill("#name", "ada@example.org")
    page.fill("#password", "curate the sample")
    page.click('main button[type="submit"]')
    states = page.locator(".film-state")
    assert sorted(states.all_inner_texts()) == ["Draft", "Playing", "Scheduled"]


@pytest.mark.skipif(not AXE.exists(), reason="needs axe: `make test-assets` fetches it")
def test_the_page_passes_axe(page: Page, demo: Demo) -> None:
    sign_in(page, demo, 10)
    page.keyboard.press("k")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})")
    told = [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]]
    assert told == []
