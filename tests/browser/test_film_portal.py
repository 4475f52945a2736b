"""The film portal in a browser: managers publish a film, viewers watch it, and what may go wrong.

Tickets live ten seconds here, so that what takes an hour elsewhere is seen in one test. Managers'
pages are used without scripts. The tests go on from one another: the film that the first makes is
played by those after it.
"""

import contextlib
import re
import time
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, FilePayload, Page

from deploy.demo.clip import CAPTIONS, HEIGHTS, captions
from tests.browser.conftest import AXE
from tests.support.demos import playing, until
from tests.support.film_portals import MANAGERS, PASSWORD, FilmPortal, film_portal_running

TITLE = "Night Train"
SHOWN = "[...document.querySelector('video').textTracks].filter(t => t.mode == 'showing')"
ASKS_FOR_A_CLICK = """
let wasPressed = false;
const play = HTMLMediaElement.prototype.play;
addEventListener("pointerdown", () => { wasPressed = true; }, { capture: true });
HTMLMediaElement.prototype.play = function () {
  if (wasPressed) return play.call(this);
  return Promise.reject(new DOMException("a click is needed", "NotAllowedError"));
};
"""
"""As browsers do that let nothing play by itself; Playwright's own look at a page is a gesture to
Chromium, so that it can't be asked to be strict itself."""
PROBLEM = "!document.querySelector('#watch-problem').hidden"


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilmPortal]:
    with film_portal_running(tmp_path_factory.mktemp("film_portal")) as running:
        yield running


@contextlib.contextmanager
def window(browser: Browser, portal: FilmPortal, **context: object) -> Iterator[Page]:
    """Open a page of a new window; complaints of the browser fail the test."""
    portal.edge.faults.status = 0
    opened = browser.new_context(base_url=portal.base, **context)  # type: ignore[arg-type]
    with contextlib.closing(opened):
        page = opened.new_page()
        said: list[str] = []
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", lambda message: said.append(message.text))
        page.route("**/img.example/**", lambda route: route.abort())
        yield page
        assert [text for text in said if "Failed to load resource" not in text] == []


@contextlib.contextmanager
def managing(browser: Browser, portal: FilmPortal, who: str = MANAGERS[0]) -> Iterator[Page]:
    """Sign a manager in, whose browser runs no scripts."""
    with window(browser, portal, java_script_enabled=False) as page:
        page.goto("/admin")
        page.click("main a[href^='/login']")
        page.fill("#name", who)
        page.fill("#password", PASSWORD)
        page.click("main button[type=submit]")
        page.wait_for_url("**/admin")
        yield page


def film_path(portal: FilmPortal) -> str:
    """Return the page that plays the film."""
    movies = httpx.get(f"{portal.base}/api/movies?visibility=VISIBLE").json()["movies"]
    return f"/watch/film/{next(one['id'] for one in movies if one['title'] == TITLE)}"


def publish(page: Page, button: str = "Publish") -> None:
    page.click(f".admin-acts button:text-is('{button}')")


def try_again(page: Page) -> None:
    """Press "Try again" until it plays: the edge goes by what it knew for two seconds more."""
    limit = time.monotonic() + 20
    while time.monotonic() < limit:
        page.click("#watch-retry")
        until(page, f"({playing()}) || ({PROBLEM})")
        if page.evaluate(playing()):
            return
        time.sleep(0.5)
    until(page, playing())


def test_a_film_with_a_broken_source_is_refused_at_its_field_and_saved_as_a_draft(
    browser: Browser, portal: FilmPortal
) -> None:
    with managing(browser, portal) as page:
        page.click("main a:text-is('Make the first film')")
        page.fill("#new-title", TITLE)
        page.fill("#new-synopsis", "A train, and a night.")
        page.fill("#new-minutes", "1")
        page.fill("#new-genres", "drama, night")
        page.fill("#new-poster", "https://img.example/night-train.jpg")
        page.fill("#new-source", portal.edge.source("night").replace("master", "none"))
        publish(page)
        assert "needs captions" in page.inner_text("[role=alert]")
        page.fill("#new-language_1", "en-US")
        page.fill("#new-url_1", portal.edge.captions("night", "en-US"))
        publish(page)
        assert "404" in page.inner_text("#wrong-new-source")
        assert page.input_value("#new-genres") == "drama, night"
        page.click("button[value=draft]")
        page.wait_for_url("**/admin/films/*-*")
        publish(page)  # refused, and what blocks it is named
        assert "404" in page.inner_text(".blockers li")
        assert "404" in page.inner_text("[role=alert]")


def test_a_source_is_repaired_captions_are_added_and_the_film_is_published(
    browser: Browser, portal: FilmPortal
) -> None:
    with managing(browser, portal) as page:
        page.click(f"main a:has-text('{TITLE}')")
        page.fill("#source1-url", portal.edge.source("night"))
        page.click("button:text-is('Replace it')")
        assert page.locator(".probe li").count() == len(HEIGHTS)
        assert "720p" in page.inner_text(".probe")
        assert "1:00" in page.inner_text(".probe")
        broken = "WEBVTT\n\n00:02.000 --> 00:01.000\nHallo\n"
        for text in (broken, captions("de-DE")):
            page.fill("#upload-language", "de-DE")
            file = FilePayload(name="de.vtt", mimeType="text/vtt", buffer=text.encode())
            page.set_input_files("#upload-file", files=[file])
            page.click("button:text-is('Send it')")
            if text is broken:
                assert "line 3" in page.inner_text("#wrong-upload-file")
                assert page.input_value("#upload-language") == "de-DE"
        page.click("a:has-text('Preview') >> nth=1")
        assert CAPTIONS["de-DE"] in page.inner_text(".cues")
        publish(page)
        assert "Published" in page.inner_text("[role=status]")
        assert page.inner_text(".film-state") == "Playing"
        assert "published it" in page.inner_text(".acts li >> nth=0")


def test_two_managers_at_once_and_the_last_change_taken_back(
    browser: Browser, portal: FilmPortal
) -> None:
    with managing(browser, portal) as ada, managing(browser, portal, MANAGERS[1]) as ben:
        for page in (ada, ben):
            page.click(f"main a:has-text('{TITLE}')")
        ada.fill("#about-synopsis", "A night, and a train.")
        ada.click("button:text-is('Save')")
        ben.fill("#about-genres", "mystery")
        ben.click("button:text-is('Save')")
        assert MANAGERS[0] in ben.inner_text(".late")
        assert ben.input_value("#about-genres") == "mystery"
        ben.click("button:text-is('Save')")
        assert "Saved" in ben.inner_text("[role=status]")
        ben.click("button:text-is('Take the last change back')")
        assert ben.input_value("#about-genres") == "drama, night"
        assert "took the last change back" in ben.inner_text(".acts li >> nth=0")


def test_a_viewer_watches_with_captions_pauses_longer_than_a_ticket_and_goes_on(
    browser: Browser, portal: FilmPortal
) -> None:
    with window(browser, portal) as page, window(browser, portal) as other:
        page.goto("/watch/film")
        page.click(f".card-link:has-text('{TITLE}')")
        until(page, playing())
        assert page.evaluate(f"{SHOWN}.map(t => t.language)") == ["en-US"]
        until(page, f"{SHOWN}[0].activeCues?.[0]?.text.startsWith('Second')")
        page.select_option("#watch-captions", "de-DE")
        until(page, f"{SHOWN}[0]?.activeCues?.[0]?.text.startsWith('Sekunde')")
        page.select_option("#watch-quality", label="360p")
        until(page, "document.querySelector('video').videoHeight == 360")
        other.goto(film_path(portal))
        until(other, playing())
        page.keyboard.press("k")
        page.keyboard.press("c")
        assert page.evaluate(f"{SHOWN}.length") == 0
        until(other, playing(11), within_s=40)  # one ticket is over, and the next is used
        page.locator("#watch-seek").fill("50")
        page.keyboard.press("k")
        until(page, playing(51), within_s=30)
        assert portal.edge.refused == 0
        figures = httpx.get(f"{portal.base}/metrics").text
        assert re.search(
            r'kensho_playback_startup_seconds_count{[^}]*edge="portal"[^}]*} [1-9]', figures
        )
        page.reload()
        until(page, playing(49))  # in the same place, and still without captions
        assert page.evaluate(f"{SHOWN}.length") == 0


def test_a_browser_that_begins_nothing_by_itself_is_told_to_press_play(
    browser: Browser, portal: FilmPortal
) -> None:
    with window(browser, portal) as page:
        page.add_init_script(ASKS_FOR_A_CLICK)
        page.goto(film_path(portal))
        until(page, "document.querySelector('#watch-status').textContent.includes('press Play')")
        until(page, "document.querySelector('video').readyState >= 2")
        assert "press Play" in page.inner_text("#watch-status")  # also once the picture is there
        page.click("#watch-play")
        until(page, playing())
        assert page.inner_text("#watch-status") == ""


def test_an_edge_that_is_away_is_told_and_the_place_is_kept(
    browser: Browser, portal: FilmPortal
) -> None:
    with window(browser, portal) as page:
        page.goto(film_path(portal))
        until(page, playing())
        portal.edge.faults.status = 503
        page.locator("#watch-seek").fill("45")
        until(page, PROBLEM, within_s=40)
        assert "can't be reached" in page.inner_text("#watch-problem")
        portal.edge.faults.status = 0
        page.click("#watch-retry")
        until(page, playing(44.5), within_s=30)


def test_a_film_that_is_hidden_stops_and_says_so(browser: Browser, portal: FilmPortal) -> None:
    with window(browser, portal) as page, managing(browser, portal) as manager:
        path = film_path(portal)
        page.goto(path)
        until(page, playing())
        manager.click(f"main a:has-text('{TITLE}')")
        publish(manager, "Hide")
        until(page, PROBLEM, within_s=20)
        assert "not available any more" in page.inner_text("#watch-problem")
        assert page.request.get(path).status == 404
        publish(manager)
        try_again(page)
        manager.fill("#about-start", "2199-01-01T18:00")
        manager.click("button:text-is('Save')")
        page.goto(path)
        assert "plays from 2199-01-01 18:00 UTC" in page.inner_text(".film-note")
        manager.click("button:text-is('Take the last change back')")


@pytest.mark.skipif(not AXE.exists(), reason="needs axe: `make test-assets` fetches it")
@pytest.mark.parametrize("look", ["light", "dark"])
def test_the_pages_pass_axe_and_fit_a_phone(
    browser: Browser, portal: FilmPortal, look: str
) -> None:
    size = {"width": 360, "height": 740} if look == "dark" else {"width": 1280, "height": 900}
    wrong: list[str] = []
    with window(browser, portal, color_scheme=look, viewport=size) as page:
        page.goto("/login?next=/admin")
        page.fill("#name", MANAGERS[0])
        page.fill("#password", PASSWORD)
        page.click("main button[type=submit]")
        watch = film_path(portal)
        film = watch.replace("/watch/film/", "/admin/films/")
        for path in ("/admin", "/admin/calendar", "/admin/films/new", film, watch, "/watch/film"):
            page.goto(path)
            if path.endswith("/new"):
                publish(page)
                page.wait_for_selector(".wrong")
            if path == film:
                page.click("a:has-text('Preview') >> nth=0")
                page.wait_for_selector(".cues")
            page.wait_for_load_state()
            page.evaluate(AXE.read_text(encoding="utf-8"))
            found = page.evaluate(
                "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']})"
            )
            wrong += [
                f"{path} {one['id']} {node['html'][:200]}"
                for one in found["violations"]
                for node in one["nodes"]
            ]
            if page.evaluate("document.documentElement.scrollWidth") > size["width"]:
                wrong.append(f"{path} is wider than the screen")
    assert wrong == []


def test_too_many_requests_are_told_in_the_player(browser: Browser, portal: FilmPortal) -> None:
    with window(browser, portal) as page:
        account = {"email": "viewer@example.org", "password": PASSWORD}
        assert httpx.post(f"{portal.base}/api/auth/register", json=account).status_code == 201
        page.goto(f"/login?next={film_path(portal)}")
        page.fill("#name", account["email"])
        page.fill("#password", PASSWORD)
        page.click("main button[type=submit]")
        until(page, playing())
        (cookie,) = page.context.cookies()
        own = {"cookie": f"{cookie['name']}={cookie['value']}", "sec-fetch-site": "same-origin"}
        with httpx.Client(base_url=portal.base, headers=own) as client:
            told = {client.get("/api/movies?schedule=CURRENT").status_code for _ in range(121)}
        assert told == {200, 429}
        portal.edge.faults.status = 503
        page.locator("#watch-seek").fill("55")
        until(page, PROBLEM, within_s=40)
        portal.edge.faults.status = 0
        page.click("#watch-retry")
        until(
            page, "document.querySelector('#watch-problem-text').textContent.includes('Too many')"
        )
        assert "Try again in" in page.inner_text("#watch-problem")
