"""The demo as a process, and a browser that signs in there and plays."""

import contextlib
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
from playwright.sync_api import Page

from tests.support.servers import free_port

PERSON: Final = "viewer@example.org"
PASSWORD: Final = "watch the sample"
_PATIENCE_S: Final = 90.0


class Demo(NamedTuple):
    """The demo: where Kenshō is, the page that plays, and what breaks the provider."""

    base: str
    play: str
    control: str

    def break_provider(self, **faults: Any) -> dict[str, Any]:
        """Have the provider fail, or not any more; return what is wrong now."""
        answer: dict[str, Any] = httpx.put(self.control, json=faults).json()
        return answer

    def page_of(self, episode: int) -> str:
        """Return the page that plays an episode."""
        return f"{self.play.rpartition('/')[0]}/{episode}"

    def slots(self) -> int:
        """Return how many slots are held at the provider."""
        return int(self.break_provider()["open"])


@contextlib.contextmanager
def demo_running(folder: Path) -> Iterator[Demo]:
    """Run the demo in `folder`; in the end it must have left no process behind."""
    port, log = free_port(), folder.with_name(f"{folder.name}.log")
    command = [sys.executable, "-m", "deploy.demo", "--port", str(port), "--folder", str(folder)]
    with (
        log.open("w") as said,
        subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT) as running,
    ):
        try:
            yield _started(running, log, port)
        finally:
            running.send_signal(signal.SIGTERM)
            ended = running.wait(_PATIENCE_S)
    text = log.read_text()
    assert (ended, text.endswith("The demo has ended.\n")) == (0, True), text
    assert processes_naming(str(folder)) == []


def _started(running: subprocess.Popen[bytes], log: Path, port: int) -> Demo:
    """Wait until the demo has told where everything is."""
    limit = time.monotonic() + 2 * _PATIENCE_S
    while "Ctrl-C ends" not in (text := log.read_text()):
        assert running.poll() is None, text
        assert time.monotonic() < limit, text
        time.sleep(0.1)
    play = re.search(r"^Play +(\S+)$", text, re.MULTILINE)
    control = re.search(r"PUT (\S+/control)", text)
    assert play is not None, text
    assert control is not None, text
    assert len(processes_naming(str(log.with_suffix("")))) > 1
    return Demo(f"http://127.0.0.1:{port}", play[1], control[1])


def processes_naming(text: str) -> list[int]:
    """Return the processes whose command or settings name a text, none of which is this one."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            told = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
            if text.encode() in told:
                found.append(int(entry.name))
    return found


def until(page: Page, expression: str, within_s: float = 20.0) -> None:
    """Wait until an expression is true; the page's policy forbids Playwright's own way."""
    limit = time.monotonic() + within_s
    while time.monotonic() < limit:
        with contextlib.suppress(Exception):  # the page is being left
            if page.evaluate(expression):
                return
        time.sleep(0.02)
    state = page.evaluate("JSON.stringify(document.querySelector('#watch')?.dataset ?? null)")
    raise AssertionError(f"never: {expression}\n{page.url}\n{state}\n{page.inner_text('main')}")


def playing(from_s: float = 0.2) -> str:
    """Return the expression that tells that the video has played beyond a second."""
    return f"document.querySelector('#watch-video')?.currentTime > {from_s}"


def fill_sign_in(page: Page, password: str = PASSWORD) -> None:
    """Fill the form that signs in, and send it."""
    page.check('input[name="realm"][value="provider"]')
    page.fill('input[name="name"]', PERSON)
    page.fill('input[name="password"]', password)
    page.click('main button[type="submit"]')


def sign_in(page: Page, demo: Demo, episode: int = 1) -> None:
    """Open the page of an episode, sign in with the provider, and wait until it plays.

    An episode goes on where it was left, so that each test has one of its own.
    """
    page.goto(demo.page_of(episode))
    fill_sign_in(page)
    until(page, playing())
