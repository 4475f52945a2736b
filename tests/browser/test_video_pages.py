"""Videos in a browser: asked for in both shapes, followed through a reload, cancelled, undone."""

import asyncio
import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from deploy.demo.reference_generator import (
    GENERATOR_KEY,
    GeneratorServer,
    GeneratorSettings,
    ReferenceGenerator,
)
from tests.browser.conftest import AXE
from tests.browser.test_explorer_pages import JUDGED
from tests.support.servers import environment, free_port, served, written_store

PASSWORD = "correct horse battery"
PATIENCE_MS = 60_000
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def generator() -> Iterator[GeneratorServer]:
    """Run a generator that takes three seconds."""
    with GeneratorServer(ReferenceGenerator(GeneratorSettings(seconds=3, steps=6))) as server:
        yield server


@pytest.fixture(scope="module")
def base(generator: GeneratorServer) -> Iterator[str]:
    """Serve the small graph with accounts and the generator."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = asyncio.run(written_store(folder / "kensho.db"))
        edges = {
            "KENSHO_EDGES": "accounts,generation",
            "KENSHO_EDGES_STORE_URL": f"surrealkv://{folder / 'edges.db'}",
            "KENSHO_GENERATION_URL": generator.url,
            "KENSHO_GENERATION_KEY": GENERATOR_KEY,
            "KENSHO_GENERATION_COPIES": str(folder / "copies"),
            "KENSHO_GENERATION_LOOPBACK": "true",
            "KENSHO_STREAM_LONGEST_S": "30",
        }
        with served({**environment(url, folder, free_port()), **edges}) as base:
            for who in ("ada", "grace"):
                account = {"email": f"{who}@example.org", "password": PASSWORD}
                assert httpx.post(f"{base}/api/auth/register", json=account).status_code == 201
            yield base


@contextlib.contextmanager
def signed_in(browser: Browser, base: str, who: str = "ada", **context: Any) -> Iterator[Page]:
    """Open a window in which somebody is signed in; no script of ours may fail there."""
    opened = browser.new_context(base_url=base, **context)
    with contextlib.closing(opened):
        opened.set_default_timeout(PATIENCE_MS)
        page = opened.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto("/videos")
        page.wait_for_url("**/login?next=%2Fvideos")
        page.fill("#name", f"{who}@example.org")
        page.fill("#password", PASSWORD)
        page.click("main button")
        page.wait_for_url("**/videos")
        yield page
        assert errors == []


def ask(page: Page, prompt: str, shape: str = "portrait") -> None:
    page.goto("/videos/new")
    page.fill("#prompt", prompt)
    page.check(f'input[value="{shape}"]')
    page.click("main form button")
    page.wait_for_url("**/videos/jobs/*")


def judged(page: Page) -> None:
    """Check that axe finds nothing and that nothing is wider than the window."""
    page.evaluate(AXE.read_text("utf-8"))
    assert page.evaluate(JUDGED) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_videos_of_both_shapes_are_made_and_followed(base: str, browser: Browser) -> None:
    with signed_in(browser, base) as page:
        expect(page.locator("main")).to_contain_text("No videos yet")
        judged(page)
        for shape, model in (("landscape", 16 / 9), ("portrait", 9 / 16)):
            ask(page, f"A paper boat, {shape}", shape)
            first = page.locator("#video-percent").inner_text()
            page.reload()  # in the middle
            expect(page.locator("#video-phase")).to_contain_text("generator")
            judged(page)
            expect(page.locator("h1")).to_have_text("Your video", timeout=PATIENCE_MS)
            assert first.isdigit()
            box = page.locator("video").bounding_box()
            assert box is not None
            assert box["width"] / box["height"] == pytest.approx(model, rel=0.02)
            assert page.evaluate("""async () => {
                const video = document.querySelector("video");
                video.muted = true;
                await video.play();
                return video.videoWidth > 0;
            }""")
        judged(page)
        page.goto("/videos")
        expect(page.locator(".video-card")).to_have_count(2)
        expect(page.locator("[data-copy]").first).to_be_visible()
        with page.expect_download() as download:
            page.locator("text=Download").first.click()
        assert download.value.suggested_filename.endswith(".mp4")
        judged(page)


def test_what_is_deleted_can_be_put_back(base: str, browser: Browser) -> None:
    with signed_in(browser, base, "grace") as page:
        ask(page, "A lantern")
        expect(page.locator("h1")).to_have_text("Your video", timeout=PATIENCE_MS)
        page.locator("text=Delete").click()
        expect(page.locator(".video-card")).to_have_count(0)
        page.locator("text=Undo").click()
        expect(page.locator(".video-card")).to_have_count(1)
        video = page.locator("video").get_attribute("src")
        with signed_in(browser, base, "ada") as other:
            answer = other.request.get(f"{base}{video}")
            assert answer.status == 403
            job = str(video).split("/")[3]
            assert other.goto(f"/videos/jobs/{job}").status == 403  # type: ignore[union-attr]


def test_a_job_that_fails_says_why_and_one_that_goes_on_is_cancelled(
    base: str, browser: Browser
) -> None:
    with signed_in(browser, base) as page:
        ask(page, "A storm #refused")
        expect(page.locator("[role=alert]")).to_contain_text("does not make videos")
        judged(page)
        ask(page, "A calm sea")
        page.locator("text=Cancel").click()
        expect(page.locator("[role=alert]")).to_contain_text("You cancelled")
        page.locator("text=Try again").click()
        expect(page.locator("h1")).to_have_text("Your video", timeout=PATIENCE_MS)
        page.goto("/videos?status=failed")
        expect(page.locator(".video-card")).to_contain_text(["does not make videos"])


def test_a_generator_that_is_down_is_told_and_once_it_is_back_the_job_is_tried_again(
    base: str, generator: GeneratorServer, browser: Browser
) -> None:
    settings = generator.generator.settings
    with signed_in(browser, base) as page:
        settings.fault = "cut"  # each connection is closed without an answer
        try:
            for prompt in ("A boat in the fog", "A boat in the night"):
                ask(page, prompt)
                expect(page.locator("[role=alert]")).to_contain_text("can't be reached now")
        finally:
            settings.fault = ""
        page.reload()
        expect(page.locator("[role=alert]")).to_contain_text("can't be reached now")
        page.locator("button:text-is('Try again')").click()  # it waits if that is left alone
        expect(page.locator("h1")).to_have_text("Your video", timeout=PATIENCE_MS)
        expect(page.locator("video")).to_be_visible()


def test_without_scripts_forms_and_progress_work(base: str, browser: Browser) -> None:
    with signed_in(
        browser, base, "grace", java_script_enabled=False, viewport=PHONE, color_scheme="dark"
    ) as page:
        page.goto("/videos/new")
        page.eval_on_selector("#prompt", "field => { field.required = false; }")
        page.fill("#prompt", "   ")
        page.click("main form button")
        expect(page.locator("#wrong-prompt")).to_contain_text("expected 1 to 1000")
        ask(page, "A quiet street", "landscape")
        expect(page.locator("h1")).to_have_text("Your video", timeout=PATIENCE_MS)
        expect(page.locator("video")).to_be_visible()
