"""A film in a browser through the real edge: Debian's nginx with the files of `deploy/nginx`."""

import base64
import datetime as dt
import json
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Response

from deploy.demo.clip import clip_folder
from tests.support.demos import playing, until
from tests.support.nginx_servers import JS_MODULE, NGINX
from tests.support.portals import Portal, portal_running

pytestmark = pytest.mark.skipif(
    not (NGINX.exists() and JS_MODULE.exists()),
    reason="needs nginx with JavaScript (make system-packages)",
)
TICKET_S = 10


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    settings = {"KENSHO_PORTAL_TICKET_S": str(TICKET_S)}
    with portal_running(tmp_path_factory.mktemp("portal"), settings=settings) as portal:
        clip = clip_folder() / "en-US"
        for path in clip.rglob("*.*"):
            portal.origin.files[f"/film/{path.relative_to(clip)}"] = path.read_bytes()
        yield portal


def key_of(url: str) -> list[str]:
    """Return the id of the key that signed the ticket in an address, if it has one."""
    head = url.partition("/hls/")[2].partition(".")[0]
    return [json.loads(base64.urlsafe_b64decode(head + "=="))["kid"]] if head else []


def test_a_film_plays_on_through_tickets_qualities_and_keys(
    browser: Browser, portal: Portal
) -> None:
    film = portal.film()
    refused, listed, signed = list[str](), list[str](), set[str]()

    def note(answer: Response) -> None:
        if answer.url.endswith("/index.m3u8"):
            listed.append(answer.url.split("/")[-2])
        signed.update(key_of(answer.url))
        if answer.status >= 400 and "/hls/" in answer.url:
            refused.append(f"{answer.status} {answer.url}")

    page = browser.new_page(base_url=f"http://127.0.0.1:{portal.edge.port}")
    page.add_init_script("localStorage.setItem('watch-quality', '360')")
    page.on("response", note)
    page.route("**/img.example/**", lambda route: route.abort())
    page.goto(f"/watch/film/{film}")
    until(page, playing())
    began = time.monotonic()
    spread = dt.timedelta(seconds=2)
    portal.keys.change(lambda keys: keys.rotated(dt.datetime.now(dt.UTC), spread))
    page.wait_for_timeout(TICKET_S * 800)  # a second ticket is used, of the new key
    assert len(signed) == 2
    # A playlist that is read with it, and what that names, outlast it too.
    assert listed == ["360"]
    page.select_option("#watch-quality", label="720p")
    until(page, "document.querySelector('video').videoHeight == 720")
    page.wait_for_timeout(max(0.0, began + 2 * TICKET_S - time.monotonic()) * 1e3)
    page.locator("#watch-seek").fill("55")
    until(page, playing(56))
    assert refused == []
    assert portal.server.metric('kensho_playback_startup_seconds_count{edge="portal"} ') == 1
    assert portal.server.metric('kensho_playback_played_seconds_total{edge="portal"} ') > 5
    page.close()
