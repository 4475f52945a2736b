"""Accounts in a browser: a wrong password, signing in and back, the account's page, signing out."""

import asyncio
import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import AXE
from tests.support import graphs
from tests.support.servers import environment, free_port, served, written_store

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    """Serve the small graph with accounts, of which there is one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = asyncio.run(written_store(folder / "kensho.db"))
        edges = {
            "KENSHO_EDGES": "accounts",
            "KENSHO_EDGES_STORE_URL": f"surrealkv://{folder / 'edges.db'}",
        }
        with served({**environment(url, folder, free_port()), **edges}) as base:
            account = {"email": "ada@example.org", "password": PASSWORD, "username": "Ada"}
            assert httpx.post(f"{base}/api/auth/register", json=account).status_code == 201
            yield base


@contextlib.contextmanager
def window(browser: Browser, base: str, **context: object) -> Iterator[Page]:
    opened = browser.new_context(base_url=base, **context)  # type: ignore[arg-type]
    with contextlib.closing(opened):
        page = opened.new_page()
        said: list[str] = []
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", lambda message: said.append(message.text))
        yield page
        assert [text for text in said if "Failed to load resource" not in text] == []


def sign_in(page: Page, password: str = PASSWORD) -> None:
    page.fill("#name", "ada@example.org")
    page.fill("#password", password)
    page.click("main button")


def test_a_wrong_password_is_told_and_a_right_one_leads_back(base: str, browser: Browser) -> None:
    with window(browser, base) as page, window(browser, base) as elsewhere:
        page.goto("/account")
        page.wait_for_url("**/login?next=*")
        sign_in(page, "wrong horse battery")
        assert "wrong" in page.inner_text("[role=alert]")
        assert page.input_value("#name") == "ada@example.org"
        assert page.input_value("#password") == ""
        assert page.get_attribute("#password", "aria-describedby") == "wrong"
        sign_in(page)
        page.wait_for_url("**/account")
        assert "Signed in as Ada" in page.inner_text("main")
        (cookie,) = page.context.cookies()
        assert (cookie["name"], cookie["httpOnly"], cookie["secure"], cookie["sameSite"]) == (
            "__Host-kensho",
            True,
            True,
            "Lax",
        )
        # Signed in elsewhere, and signed out there from here.
        elsewhere.goto("/login?next=/account")
        sign_in(elsewhere)
        elsewhere.wait_for_url("**/account")
        page.reload()
        before = page.locator("#session-list li").count()
        page.click("#session-list button >> nth=0")
        page.wait_for_url("**/account")
        assert page.locator("#session-list li").count() == before - 1
        elsewhere.reload()
        elsewhere.wait_for_url("**/login?next=*")
        # Signing out everywhere.
        sign_in(elsewhere)
        elsewhere.wait_for_url("**/account")
        elsewhere.click("form[action$=end-all] button")
        elsewhere.wait_for_url(f"{base}/")
        assert elsewhere.context.cookies() == []
        page.goto("/account")
        page.wait_for_url("**/login?next=*")


@pytest.mark.parametrize("scripts", [True, False])
def test_an_account_is_made_with_and_without_scripts(
    base: str, browser: Browser, scripts: bool
) -> None:
    with window(browser, base, java_script_enabled=scripts) as page:
        page.goto("/login?next=/account")
        page.click("main a")
        page.wait_for_url("**/register?next=*")
        page.fill("#email", "ada@example.org")
        page.fill("#password", PASSWORD)
        page.click("main button")
        assert "already" in page.inner_text("#wrong-email")
        page.fill("#email", f"new-{scripts}@example.org")
        page.fill("#password", PASSWORD)
        page.click("main button")
        page.wait_for_url("**/account")
        page.goto("/")
        page.click(".nav >> text=Account")
        page.click("text=Sign out >> nth=0")
        page.wait_for_url(f"{base}/")
        assert page.context.cookies() == []


def test_what_is_ticked_is_joined_with_the_account(base: str, browser: Browser) -> None:
    with window(browser, base) as page, window(browser, base) as elsewhere:
        page.goto(f"/anime/{graphs.BEBOP}")
        page.click(".work-tick [data-tick]")
        page.goto("/my")
        expect(page.locator("[data-count]")).to_contain_text("1")
        page.click("[data-account]")
        expect(page.locator("[data-account-said]")).to_contain_text("not signed in")
        page.goto("/login?next=/my")
        sign_in(page)
        page.wait_for_url("**/my")
        expect(page.locator("[data-account-said]")).to_contain_text("sent: 1")
        # A tick made while signed in goes there at once, and is found elsewhere.
        page.goto(f"/anime/{graphs.GITS}")
        with page.expect_response(lambda answer: "/api/me/watchlist/" in answer.url) as put:
            page.click(".work-tick [data-tick]")
        assert put.value.status == 200
        elsewhere.goto("/login?next=/my")
        sign_in(elsewhere)
        elsewhere.wait_for_url("**/my")
        expect(elsewhere.locator("[data-count]")).to_contain_text("2")
        elsewhere.goto(f"/anime/{graphs.GITS}")
        expect(elsewhere.locator(".work-tick [data-tick]")).to_have_attribute(
            "aria-pressed", "true"
        )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_pages_are_accessible(base: str, browser: Browser, scheme: str, width: int) -> None:
    if not AXE.is_file():
        pytest.skip("needs axe-core (`make test-assets`)")
    look = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}}
    with window(browser, base, bypass_csp=True, **look) as page:
        for path in ("/login", "/register", "/account"):
            page.goto(path)
            if path == "/account":
                sign_in(page)
                page.wait_for_url("**/account")
            page.add_script_tag(path=str(AXE))
            found = page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa']})")
            assert [one["id"] for one in found["violations"]] == [], path
            assert page.evaluate("document.documentElement.scrollWidth") <= width
