"""The server under attack: the real program, over a published snapshot or the sample catalogue."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.bench_api import free_port, wait_until_ready

_KENSHO = (sys.executable, "-m", "kensho.cli")


def sample_snapshot(folder: Path) -> Path:
    """Ingest the sample catalogue under `folder`; return where its snapshot is published."""
    subprocess.run(
        [*_KENSHO, "ingest", "--all", "ingest/sample"],
        env=environment(folder / "read_model", folder, f"surrealkv://{folder}/kensho.db"),
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return folder / "read_model"


@contextlib.contextmanager
def server(
    snapshot: Path, folder: Path, workers: int, *, is_limited: bool
) -> Iterator[tuple[int, int]]:
    """Run `kensho serve` over a published snapshot; yield its port and the id of its process.

    Where rates are limited, they are for all addresses but 127.0.0.1, the victims'.
    """
    port = free_port()
    # No store is there, so that the latest snapshot is served whatever it was made from.
    settings = environment(snapshot, folder, f"surrealkv://{folder}/absent.db")
    if not is_limited:
        settings["KENSHO_RATE_LIMIT_UNITS"] = "0"
    with (folder / "server.log").open("ab") as log:
        running = subprocess.Popen(
            [*_KENSHO, "serve", "--port", str(port), "--workers", str(workers)],
            env={**settings, "KENSHO_LOG_FORMAT": "json"},
            stdout=log,
            stderr=log,
        )
        try:
            wait_until_ready(running, f"http://127.0.0.1:{port}/health/ready", 60)
            yield port, running.pid
        finally:
            running.terminate()
            try:
                running.wait(30)
            except subprocess.TimeoutExpired:
                print("the server did not end within 30 s of SIGTERM", flush=True)
                running.kill()
                running.wait()


def environment(snapshot: Path, folder: Path, store: str) -> dict[str, str]:
    """Return the environment of a server that keeps everything else under `folder`."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("KENSHO_")},
        "KENSHO_STORE_URL": store,
        "KENSHO_READ_MODEL_DIR": str(snapshot),
        "KENSHO_SECRET_FILE": str(folder / "secret"),
        "KENSHO_HEADER_TIMEOUT_S": "10",  # a third of the default, so that attacks on it end sooner
    }


def anonymous_bytes(pid: int) -> int:
    """Return the memory of a process and its descendants that is not mapped from files.

    What workers share with the supervisor that they were forked from counts once.
    """
    total = 0
    for one in (pid, *descendants(pid)):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss_Anon:"):
                    total += int(line.split()[1]) * 1024
    return total


def descendants(pid: int) -> list[int]:
    """Return the processes that a process started, and theirs."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        own = [int(one) for task in tasks for one in (task / "children").read_text().split()]
    except OSError:
        return []
    return [*own, *(other for one in own for other in descendants(one))]
