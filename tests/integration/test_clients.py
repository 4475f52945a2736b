"""Clients in three languages are made of the kept document, and call all that a server can do."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from sdk.contract import FOLDER, kept
from sdk.generate import go, python, typescript, with_node
from tests.support.client_calls import (
    PATIENCE_S,
    called_by_python,
    calls,
    go_program,
    typescript_program,
)
from tests.support.command_line import run_here
from tests.support.franchise_rows import franchise_store
from tests.support.servers import serving

CALLS: Final = calls(kept("openapi.json"))


class Server(NamedTuple):
    """A server with a manager, and what every call is answered there with."""

    base: str
    token: str
    told: list[str]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("served")
    managers = {"KENSHO_MANAGERS_FILE": str(folder / "managers.json")}
    made = run_here(["managers", "add", "grace"], managers)
    token = made.stdout.split()[-1]
    with serving(folder, write=franchise_store) as base:
        headers = {"Authorization": f"Bearer {token}"}
        yield Server(base, token, [f"{one.operation} {one.asked(base, headers)}" for one in CALLS])


def test_every_operation_is_called_and_refused_only_where_there_is_nothing(server: Server) -> None:
    assert len({one.operation for one in CALLS}) == len(CALLS) == len(server.told)
    refused = {line for line in server.told if not line.endswith(" 200")}
    nothing = (
        "stateSomething",
        "undoAct",
        "showWorkItem",
        "settleWorkItem",
        "compareTwoPublications",
    )
    assert refused == {f"{name} 404" for name in nothing}


def test_the_python_client_calls_every_operation(server: Server) -> None:
    folder = python(FOLDER / "openapi.json")
    assert called_by_python(folder, server.base, server.token, CALLS) == server.told
    example = [sys.executable, str(FOLDER / "python" / "example.py")]
    assert "1. Cowboy Bebop" in _said([*example, server.base, "bebop"], PYTHONPATH=str(folder))


def test_the_typescript_client_calls_every_operation(server: Server) -> None:
    typescript(FOLDER / "openapi.json")
    folder = FOLDER / "typescript"
    every = folder / "every.ts"
    every.write_text(typescript_program(CALLS))
    _said(["npx", "--offline", "tsc"], folder)
    made = _said(["node", "out/every.js", server.base, server.token], folder)
    assert made.splitlines() == server.told
    assert "1. Cowboy Bebop" in _said(["node", "out/example.js", server.base, "bebop"], folder)


def test_the_go_client_calls_every_operation(server: Server, tmp_path: Path) -> None:
    made = go(FOLDER / "openapi.json")
    (tmp_path / "main.go").write_text(go_program(CALLS))
    own = (FOLDER / "go" / "example" / "go.mod").read_text()
    (tmp_path / "go.mod").write_text(own.replace("../client", str(made)))
    told = _said(["go", "run", ".", server.base, server.token], tmp_path)
    assert told.splitlines() == server.told
    example = FOLDER / "go" / "example"
    assert "1. Cowboy Bebop" in _said(["go", "run", ".", server.base, "bebop"], example)


def _said(command: list[str], folder: Path | None = None, **variables: str) -> str:
    ended = subprocess.run(
        command,
        check=False,
        cwd=folder,
        env={**with_node(), **variables},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout
