"""The MCP server as a process of its own, and the SDK's client of it."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import httpx
from mcp import Client
from mcp.client.stdio import StdioServerParameters

from kensho.read_model.building.publishing import publish
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings
from tests.support import franchise_rows, graphs
from tests.support.servers import KENSHO, environment, free_port
from tests.support.stores import own_queries

_PATIENCE_S: Final = 60.0

ADULT: Final = graphs.GITS_SSS
"""A member of a franchise, the sequel of one that is not adult."""
CONTRADICTED: Final = (graphs.BEBOP, graphs.BEBOP_FILM)
"""One source calls the second a side story of the first, another its sequel."""
_SCRIPT: Final = """
BEGIN;
UPDATE type::record('anime', <uuid>$adult) SET adult = true RETURN NONE;
UPDATE is_related_to SET assertions += object::extend(assertions[0],
  {source: 'anilist', kind: 'sequel'}), conflict = true
  WHERE in = type::record('anime', <uuid>$one) AND out = type::record('anime', <uuid>$other)
  RETURN NONE;
UPDATE meta:graph SET revision += 1 RETURN NONE;
COMMIT;
"""


async def published_catalogue(folder: Path) -> str:
    """Publish the small graph with franchises, an adult work and a conflict; return its store."""
    url = await franchise_rows.franchise_store(folder)
    async with Gateway.open(StoreSettings(url), own_queries()) as gateway:
        one, other = map(str, CONTRADICTED)
        await gateway.run_script(_SCRIPT, {"adult": str(ADULT), "one": one, "other": other})
        await publish(gateway, folder / "read_model")
    return url


def variables(folder: Path, **more: str) -> dict[str, str]:
    """Return the environment of a server over what is published in `folder`; no store is there."""
    nowhere = f"surrealkv://{folder / 'nowhere.db'}"
    return environment(nowhere, folder, free_port()) | {"KENSHO_REFRESH_EVERY_S": "0.1", **more}


@contextlib.contextmanager
def over_http(settings: Mapping[str, str], *options: str) -> Iterator[str]:
    """Run a server over HTTP; yield its address once it answers, and stop it by SIGTERM."""
    port = free_port()
    command = [*KENSHO, "mcp", "--http", "--port", str(port), *options]
    running = subprocess.Popen(command, env=dict(settings))
    address = f"http://127.0.0.1:{port}/mcp"
    try:
        _wait_until_up(running, address)
        yield address
    finally:
        running.terminate()
        assert running.wait(_PATIENCE_S) == 0


def over_stdio(settings: Mapping[str, str], errors: Path) -> StdioServerParameters:
    """Return how the SDK's client starts a server; what it logs goes to a file."""
    code = (
        "import os, sys; os.dup2(os.open(sys.argv.pop(1), os.O_CREAT | os.O_WRONLY), 2);"
        " sys.argv = ['kensho', 'mcp']; from kensho.cli import main; main()"
    )
    return StdioServerParameters(
        command=sys.executable, args=["-c", code, str(errors)], env=dict(settings)
    )


async def called(client: Client, tool: str, /, **arguments: object) -> Any:
    """Return what a tool answers, once its text says the same."""
    answer = await client.call_tool(tool, arguments)
    assert not answer.is_error, answer.content
    return answer.structured_content


async def refused(client: Client, tool: str, /, **arguments: object) -> str:
    """Return what a tool says of arguments that it can't take."""
    answer = await client.call_tool(tool, arguments)
    assert answer.is_error
    text: str = answer.content[0].text  # type: ignore[union-attr]  # ours are texts
    return text


def _wait_until_up(running: subprocess.Popen[bytes], address: str) -> None:
    limit = time.monotonic() + _PATIENCE_S
    while time.monotonic() < limit:
        assert running.poll() is None, "the server has ended"
        with contextlib.suppress(httpx.TransportError):
            httpx.get(address)
            return
        time.sleep(0.05)
    raise TimeoutError("the server did not come up")
