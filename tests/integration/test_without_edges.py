"""The edges can be left out: without `kensho/edges` there is a whole discovery service."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVE_ONE_ANSWER = """
import asyncio, pathlib, sys
import kensho
assert pathlib.Path(kensho.__file__).is_relative_to(sys.argv[1]), kensho.__file__
from kensho.app import create_app
from kensho.platform import environment
from litestar.testing import AsyncTestClient

async def main():
    app = create_app(environment.load())
    async with AsyncTestClient(app) as client:
        for target in ("/health/live", "/api/openapi.json"):
            assert (await client.get(target)).status_code == 200, target
    # Litestar itself looks for OpenTelemetry's names of attributes.
    optional = ("kensho.edges", "kensho.platform.telemetry", "opentelemetry.sdk", "redis")
    loaded = [name for name in sys.modules if name.startswith(optional)]
    assert not loaded, loaded

asyncio.run(main())
"""


def test_a_checkout_without_the_edges_serves_discovery(tmp_path: Path) -> None:
    for room in ("kensho", "ingest", "queries", "graph_schema", "curation"):
        shutil.copytree(
            ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__", "edges")
        )
    assert not (tmp_path / "kensho" / "edges").exists()
    done = subprocess.run(
        [sys.executable, "-c", SERVE_ONE_ANSWER, str(tmp_path)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr


FORBIDDEN = (
    "kensho.edges",
    "obstore",
    "httpx_sse",
    "redis",
    "limits",
    "joserfc",
    "argon2",
    "cryptography",
    "m3u8",
)
PLAIN = {"KENSHO_GENERATION_JOBS": "0"}  # which needs no address of a generator
COUNT_OPERATIONS = """
import sys
from kensho.app import create_app
from kensho.platform import environment

app = create_app(environment.load())
paths = app.openapi_schema.to_schema()["paths"]
routes = {route.path for route in app.routes}
loaded = {name for name in sys.modules if name.startswith(tuple(sys.argv[1].split(",")))}
print(sum(map(len, paths.values())), len(routes), "/account" in routes, sorted(loaded))
"""


@pytest.mark.parametrize(
    ("edges", "operations"),
    [("", 34), ("accounts", 53), ("accounts,generation", 67)],
    ids=["off", "accounts", "generation"],
)
def test_edges_add_nothing_until_they_are_switched_on(
    tmp_path: Path, edges: str, operations: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", COUNT_OPERATIONS, ",".join(FORBIDDEN)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "KENSHO_EDGES": edges, **PLAIN},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    counted, _, has_account, loaded = done.stdout.split(" ", 3)
    assert int(counted) == operations
    assert has_account == str(bool(edges))
    assert (loaded.strip() == "[]") == (not edges), loaded
