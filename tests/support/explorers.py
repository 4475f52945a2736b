"""The real server over the sample catalogue, as viewers first meet it, for tests in a browser."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx

from tests.support.servers import environment, free_port

_SAMPLE: Final = Path(__file__).parents[2] / "ingest" / "sample"
_PATIENCE_S: Final = 60.0


@contextlib.contextmanager
def exploring(folder: Path, data: Path = _SAMPLE) -> Iterator[str]:
    """Serve the sample catalogue, or `data`, from `folder`; yield the base URL once it is ready."""
    url, port = f"surrealkv://{folder / 'kensho.db'}", free_port()
    settings = environment(url, folder, port)
    command = [sys.executable, "-m", "kensho.cli"]
    ingest = [*command, "ingest", "--all", str(data)]
    subprocess.run(ingest, env=settings, check=True, capture_output=True)
    running = subprocess.Popen([*command, "serve"], env=settings)
    base = f"http://127.0.0.1:{port}"
    try:
        _wait_until_ready(running, base)
        yield base
    finally:
        running.terminate()
        running.wait(_PATIENCE_S)


def _wait_until_ready(running: subprocess.Popen[bytes], base: str) -> None:
    limit = time.monotonic() + _PATIENCE_S
    while time.monotonic() < limit:
        assert running.poll() is None, "the server has ended"
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{base}/health/ready").status_code == 200:
                return
        time.sleep(0.1)
    raise TimeoutError("the server did not become ready")
