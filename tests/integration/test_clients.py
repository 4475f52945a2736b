"""Clients in three languages are made of the kept document, and call all that a server can do."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from sdk.contract import FOLDER, breaks, kept, operations
from sdk.generate import go, python, typescript, with_node
from tests.support.client_calls import (
    PATIENCE_S,
    called_by_python,
    go_program,
    tokens_of,
    typescript_program,
)
from tests.support.edge_calls import EdgeServer, Round, edge_server_running, prepared

DOCUMENT: Final = "openapi-edges.json"
"""It has what discovery has: a client of `openapi.json` is one of a part of it."""
NOTHING: Final = frozenset(
    (
        "stateSomething",
        "undoAct",
        "showWorkItem",
        "settleWorkItem",
        "compareTwoPublications",
    )
)
"""What there is nothing of in the small graph, so that its problem is what is read."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EdgeServer]:
    with edge_server_running(tmp_path_factory.mktemp("served")) as server:
        yield server


def told(made: Round) -> list[str]:
    """Return what every call is answered with."""
    return [
        f"{one.operation} {404 if one.operation in NOTHING else one.expected}" for one in made.calls
    ]


def test_a_client_of_discovery_may_ask_a_server_with_edges() -> None:
    assert breaks(kept("openapi.json"), kept(DOCUMENT)) == []


def test_the_python_client_calls_every_operation(server: EdgeServer) -> None:
    folder, made = python(FOLDER / DOCUMENT), prepared(server, kept(DOCUMENT))
    assert len({one.operation for one in made.calls}) == len([*operations(kept(DOCUMENT))])
    assert called_by_python(folder, server.base, made.tokens, made.calls) == told(made)
    example = [sys.executable, str(FOLDER / "python" / "example.py")]
    assert "1. Cowboy Bebop" in _said([*example, server.base, "bebop"], PYTHONPATH=str(folder))


def test_the_typescript_client_calls_every_operation(server: EdgeServer) -> None:
    typescript(FOLDER / DOCUMENT)
    made = prepared(server, kept(DOCUMENT))
    folder = FOLDER / "typescript"
    every = folder / "every.ts"
    every.write_text(typescript_program(made.calls))
    _said(["npx", "--offline", "tsc"], folder)
    tokens = tokens_of(made.calls, made.tokens)
    said = _said(["node", "out/every.js", server.base, *tokens], folder)
    assert said.splitlines() == told(made)
    assert "1. Cowboy Bebop" in _said(["node", "out/example.js", server.base, "bebop"], folder)


def test_the_go_client_calls_every_operation(server: EdgeServer, tmp_path: Path) -> None:
    client, made = go(FOLDER / DOCUMENT), prepared(server, kept(DOCUMENT))
    (tmp_path / "main.go").write_text(go_program(made.calls))
    own = (FOLDER / "go" / "example" / "go.mod").read_text()
    (tmp_path / "go.mod").write_text(own.replace("../client", str(client)))
    tokens = tokens_of(made.calls, made.tokens)
    said = _said(["go", "run", ".", server.base, *tokens], tmp_path)
    assert said.splitlines() == told(made)
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
