"""Blocks of the documentation that can run anywhere are run, line by line, as they stand."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

DOCS: Final = Path(__file__).parents[2] / "docs"
BIN: Final = Path(sys.executable).parent


def block(document: str, first: str) -> str:
    """Return the block of a document that begins with a text."""
    blocks = re.findall(r"(?ms)^```[a-z]*\n(.*?)^```$", (DOCS / document).read_text("utf-8"))
    (found,) = (one for one in blocks if one.startswith(first))
    return str(found)


def ran(script: str, folder: Path, **variables: str) -> str:
    """Run a block by bash in a folder, each line of which must succeed; return what it prints."""
    own = {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", **variables}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KENSHO_")}
    ended = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={**kept, **own},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
def test_the_secrets_of_compose_are_made(tmp_path: Path) -> None:
    ran(block("deploy.md", "mkdir -m 700 secrets"), tmp_path)
    made = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    compose = (DOCS.parent / "docker-compose.yml").read_text("utf-8")
    named = set(re.findall(r"file: secrets/(\w+)", compose))
    assert len(named) >= 5
    assert named <= set(made)
    assert re.fullmatch(r"SURREAL_USER=root\nSURREAL_PASS=[0-9a-f]{48}\n", made["store_root.env"])
    assert len(set(made.values())) == len(made)


def test_managers_come_and_go(tmp_path: Path) -> None:
    files = {"KENSHO_MANAGERS_FILE": str(tmp_path / "managers.json")}
    told = ran(block("deploy.md", "kensho managers add ada"), tmp_path, **files)
    assert "kensho-" in told
    assert "ada" not in ran("kensho managers list", tmp_path, **files)
