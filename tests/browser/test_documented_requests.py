"""Every request that a document tells people to type is sent as it stands, and answered."""

import itertools
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest

ROOT: Final = Path(__file__).parents[2]
DOCUMENTS: Final = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
OURS: Final = "localhost:8700"
WORKS: Final = ("steins gate", "mobile suit gundam")
"""Whose ids stand where a document says ID."""
_CURL: Final = re.compile(r"(?ms)^(?:\$ )?(curl [^\n]*?(?:'[^']*'[^\n]*?)*)(?:\s+#[^\n]*)?$")

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")


def requests() -> Iterator[str]:
    """Yield the requests of all documents to the address of `make run`."""
    for path in DOCUMENTS:
        for block in re.findall(r"(?ms)^```[a-z]*\n(.*?)^```$", path.read_text("utf-8")):
            yield from (one for one in _CURL.findall(block) if OURS in one)


@pytest.mark.parametrize("request_", [*requests()], ids=lambda one: one.partition(OURS)[2][:60])
def test_a_request_is_answered(explorer: str, work_of: Callable[[str], str], request_: str) -> None:
    ids = itertools.cycle(WORKS)
    command = re.sub(r"\bID\b", lambda _: Path(work_of(next(ids))).name, request_)
    command = command.replace(OURS, urlsplit(explorer).netloc)
    sent = subprocess.run(
        ["bash", "-c", f"{command} --silent --show-error --fail-with-body"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert sent.returncode == 0, f"{command}\n{sent.stdout[:400]}{sent.stderr}"
    assert len(sent.stdout) > 2
    assert '"results":[]' not in sent.stdout


def test_the_requests_of_the_first_page_are_among_them() -> None:
    found = [*requests()]
    assert len(found) >= 15
    assert any("search/batch" in one and one.endswith("}'") for one in found)
