"""Snapshots among processes: an ingest beside a server, several workers, readers and sweepers."""

import asyncio
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from typing_extensions import override

from kensho.read_model import publications
from kensho.read_model.building.history_writing import HistoryLimits
from kensho.read_model.building.publishing import publish
from kensho.read_model.holder import Snapshot
from tests.support.publishing import add_work
from tests.support.servers import KENSHO, environment, free_port, served, written_store
from tests.support.stores import open_graph

SAMPLE: Final = Path(__file__).parents[2] / "ingest" / "sample"
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="file locks and signals of POSIX")

FEWEST: Final = HistoryLimits(100, 1 << 24, 2)
HOLD: Final = """
import sys
from pathlib import Path
from kensho.read_model.holder import Snapshot
held = Snapshot.open(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.readline()
print(len([held.model.detail(node) for node in range(held.model.works_total)]), flush=True)
"""
PUBLISH: Final = """
import asyncio, resource, sys
from pathlib import Path
from kensho.errors import PublicationError
from kensho.read_model.building.publishing import publish
from tests.support.publishing import add_work
from tests.support.stores import open_graph

async def main():
    async with open_graph() as graph:
        await add_work(graph)
        await publish(graph, Path(sys.argv[1]))
        print("first", flush=True)
        await add_work(graph)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))  # as on a full disk
        try:
            await publish(graph, Path(sys.argv[1]))
        except PublicationError as error:
            print(error.message, flush=True)

asyncio.run(main())
"""


def ran(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*KENSHO, *arguments], env=env, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    """Return the variables of an installation with an embedded store that nobody has made yet."""
    url = f"surrealkv://{tmp_path / 'kensho.db'}"
    return environment(url, tmp_path, free_port()) | {"KENSHO_REFRESH_EVERY_S": "0.1"}


class Visitors(threading.Thread):
    """Ask for a work, again and again, and count how the requests end."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self._url = url
        self._done = threading.Event()
        self.answers: Counter[str] = Counter()

    @override
    def run(self) -> None:
        with httpx.Client() as client:
            while not self._done.is_set():
                try:
                    self.answers[str(client.get(self._url).status_code)] += 1
                except httpx.TransportError as error:
                    self.answers[type(error).__name__] += 1

    def stop(self) -> None:
        self._done.set()
        self.join()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_ingest_runs_beside_a_server_of_the_same_embedded_store(
    tmp_path: Path, variables: dict[str, str], workers: str
) -> None:
    asyncio.run(written_store(tmp_path / "kensho.db"))
    assert ran("snapshot", "publish", env=variables).returncode == 0
    with served(variables, "--workers", workers) as base:
        visitors = [Visitors(f"{base}/api/movies") for _ in range(3)]
        for visitor in visitors:
            visitor.start()
        before = httpx.get(f"{base}/api/health").json()
        ended = ran("ingest", "--all", str(SAMPLE), "--json", env=variables)
        assert ended.returncode == 0, ended.stderr
        after = wait_for_another(base, before["snapshot"]["identity"], times=8 * int(workers))
        for visitor in visitors:
            visitor.stop()
        assert after["snapshot"]["identity"] == json.loads(ended.stdout)["snapshot"]
        assert after["status"] == "ok"
        assert sum((visitor.answers for visitor in visitors), Counter[str]()).keys() == {"200"}
        assert "2026" in httpx.get(f"{base}/status").text, "the runs are shown"


def wait_for_another(base: str, identity: str, times: int) -> Any:
    """Return the health once it told another identity so many times on end, on new connections."""
    seen = 0
    for _ in range(1200):
        found: Any = httpx.get(f"{base}/api/health").json()
        seen = seen + 1 if found["snapshot"]["identity"] != identity else 0
        if seen == times:
            return found
        threading.Event().wait(0.05)
    raise TimeoutError("the server did not follow")


def test_a_second_server_serves_the_same_installation(
    tmp_path: Path, variables: dict[str, str]
) -> None:
    asyncio.run(written_store(tmp_path / "kensho.db"))
    with served(variables) as one, served(variables | {"KENSHO_PORT": str(free_port())}) as other:
        found = [httpx.get(f"{base}/api/health").json()["snapshot"] for base in (one, other)]
    assert found[0]["identity"] == found[1]["identity"]


def test_a_failed_publication_ends_an_ingest_with_its_reason_and_keeps_the_graph(
    tmp_path: Path, variables: dict[str, str]
) -> None:
    (tmp_path / "full").write_bytes(b"")
    failing = variables | {"KENSHO_READ_MODEL_DIR": str(tmp_path / "full" / "disk")}
    ended = ran("ingest", "--all", str(SAMPLE), env=failing)
    assert ended.returncode == 8
    assert "the graph is written" in ended.stderr
    assert "full" in ended.stderr
    assert "Traceback" not in ended.stderr
    again = ran("ingest", "--all", str(SAMPLE), "--json", env=variables)
    assert again.returncode == 0
    assert json.loads(again.stdout)["works"]["added"] == 0
    assert json.loads(again.stdout)["snapshot"], "published where it was missing"


def test_an_unchanged_run_publishes_nothing_new(variables: dict[str, str]) -> None:
    made = [ran("ingest", "--all", str(SAMPLE), "--json", env=variables) for _ in range(2)]
    first, second = (json.loads(ended.stdout)["snapshot"] for ended in made)
    assert first == second
    told = ran("ingest", "--all", str(SAMPLE), "--json", "--dry-run", env=variables)
    assert json.loads(told.stdout)["snapshot"] is None


async def published(folder: Path, times: int) -> Path:
    """Add a work and publish, so many times; return the snapshot that was published last."""
    root = folder / "root"
    async with open_graph(url=f"surrealkv://{folder / 'kensho.db'}") as graph:
        for _ in range(times):
            await add_work(graph)
            await publish(graph, root, FEWEST)
        return root / (await publish(graph, root, FEWEST)).snapshot


def test_what_another_process_reads_is_not_removed(tmp_path: Path) -> None:
    folder = asyncio.run(published(tmp_path, 1))
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "open\n"
        asyncio.run(published(tmp_path, 3))
        assert folder.exists()
        out, _ = reader.communicate("\n", timeout=30)
    assert (out, reader.returncode) == ("1\n", 0)
    asyncio.run(published(tmp_path, 1))
    assert not folder.exists()


def test_a_reader_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    folder = asyncio.run(published(tmp_path, 1))
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == b"open\n"
        os.kill(reader.pid, signal.SIGKILL)
    asyncio.run(published(tmp_path, 2))
    assert not folder.exists()


def test_a_full_disk_is_told_and_the_published_snapshot_stays(tmp_path: Path) -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    ended = subprocess.run(
        [sys.executable, "-c", PUBLISH, str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": "."},
        timeout=60,
        check=False,
    )
    first, told = ended.stdout.splitlines()
    assert first == "first", ended.stderr
    assert "can't publish the snapshot" in told
    found = publications.read(tmp_path)
    assert found is not None
    [publication] = found.stores.values()
    assert Snapshot.open(tmp_path / publication.snapshot).model.works_total == 1
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == [publication.snapshot]


def test_the_command_line_answers_from_a_store_that_was_made_anew(
    tmp_path: Path, variables: dict[str, str]
) -> None:
    seen = []
    for title in ("Haibane Renmei", "Texhnolyze"):
        shutil.rmtree(tmp_path / "kensho.db", ignore_errors=True)
        head = {"repository": "https://example.org", "lastUpdate": "2026-02-01"}
        entry = {"sources": ["https://myanimelist.net/anime/1"], "title": title}
        dump = tmp_path / "dump.jsonl"
        dump.write_text(f"{json.dumps(head)}\n{json.dumps(entry)}\n")
        ended = ran("ingest", "aodb", str(dump), "--json", env=variables)
        found = json.loads(ran("search", title, "--json", env=variables).stdout)
        seen.append((json.loads(ended.stdout)["revision"], found["results"][0]["title"]))
    assert seen == [(seen[0][0], "Haibane Renmei"), (seen[0][0], "Texhnolyze")]
