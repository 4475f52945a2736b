"""A snapshot is taken over from elsewhere, checked before it is served, or not at all."""

import functools
import json
import os
import shutil
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from typing_extensions import override

from kensho.cli.snapshots import snapshot
from kensho.errors import InvalidInputError, PublicationError, StoreUnavailableError
from kensho.read_model import publications
from kensho.read_model.building.fetching import fetch
from kensho.read_model.building.publishing import publish
from kensho.read_model.folder_lives import MANIFEST
from kensho.read_model.holder import SnapshotHolder
from kensho.read_model.publications import CURRENT
from kensho.storage.gateway import Gateway
from tests.support.damage import DAMAGES, Damage
from tests.support.publishing import add_work


class Publisher(ThreadingHTTPServer):
    """A plain file server that notes what is asked for."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        self.asked: list[str] = []
        handler = functools.partial(_Handler, directory=str(folder))
        super().__init__(("127.0.0.1", 0), handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"


class _Handler(SimpleHTTPRequestHandler):
    @override
    def log_message(self, format: str, *args: object) -> None:
        assert isinstance(self.server, Publisher)
        self.server.asked.append(self.path.rpartition("/")[2])


@pytest.fixture
async def origin(graph: Gateway, tmp_path: Path) -> Path:
    """Return a folder in which a snapshot of one work is published."""
    await add_work(graph)
    await publish(graph, tmp_path / "origin")
    return tmp_path / "origin"


@pytest.fixture
def publisher(origin: Path) -> Iterator[Publisher]:
    with Publisher(origin) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def published_in(origin: Path) -> str:
    found = publications.read(origin)
    assert found is not None
    return found.stores[found.latest].snapshot


async def works_served(root: Path, store: str = "replica") -> int:
    holder = SnapshotHolder(root, store, or_latest=False)
    assert await holder.refresh()
    return holder.current.works_total


async def test_a_published_folder_is_taken_over(origin: Path, tmp_path: Path) -> None:
    await fetch(str(origin), tmp_path / "replica", "replica")
    assert await works_served(tmp_path / "replica") == 1


async def test_a_folder_behind_a_plain_file_server_is_taken_over_once(
    publisher: Publisher, tmp_path: Path
) -> None:
    await fetch(publisher.url, tmp_path / "replica", "replica")
    assert await works_served(tmp_path / "replica") == 1
    publisher.asked.clear()
    await fetch(publisher.url, tmp_path / "replica", "replica")
    assert publisher.asked == [CURRENT]


async def test_a_fetch_that_was_cut_goes_on_with_what_is_there(
    publisher: Publisher, origin: Path, tmp_path: Path
) -> None:
    folder = origin / published_in(origin)
    (folder / "tags.json").rename(tmp_path / "kept")
    with pytest.raises(PublicationError, match="404"):
        await fetch(publisher.url, tmp_path / "replica", "replica")
    assert publications.read(tmp_path / "replica") is None
    (tmp_path / "kept").rename(folder / "tags.json")
    fetched = [name for name in publisher.asked if name not in {CURRENT, MANIFEST, "tags.json"}]
    publisher.asked.clear()
    await fetch(publisher.url, tmp_path / "replica", "replica")
    assert not set(publisher.asked) & set(fetched)
    assert await works_served(tmp_path / "replica") == 1


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["ids.bin", MANIFEST])
async def test_what_is_damaged_never_becomes_current(
    graph: Gateway, origin: Path, tmp_path: Path, damage: Damage, name: str
) -> None:
    replica = tmp_path / "replica"
    await fetch(str(origin), replica, "replica")
    before = publications.read(replica)
    await add_work(graph)
    damaged = origin / (await publish(graph, origin)).snapshot / name
    sound = damaged.read_bytes()
    damage(damaged)
    with pytest.raises(PublicationError, match=name):
        await fetch(str(origin), replica, "replica")
    assert publications.read(replica) == before
    assert await works_served(replica) == 1
    damaged.write_bytes(sound)
    await fetch(str(origin), replica, "replica")
    assert await works_served(replica) == 2


async def test_a_file_that_never_ends_is_cut_off(
    publisher: Publisher, origin: Path, tmp_path: Path
) -> None:
    with (origin / published_in(origin) / "ids.bin").open("ab") as file:
        file.write(b"x" * 1_000_000)
    with pytest.raises(PublicationError, match="more than 16 bytes"):
        await fetch(publisher.url, tmp_path / "replica", "replica")


async def test_a_name_that_leads_elsewhere_is_refused(origin: Path, tmp_path: Path) -> None:
    (origin / CURRENT).write_text('{"latest":"a","stores":{"a":{"snapshot":"../../etc"}}}')
    with pytest.raises(PublicationError, match="names no snapshot"):
        await fetch(str(origin), tmp_path / "replica", "replica")


@pytest.mark.parametrize("url", ["http://anime.example/read_model", "ftp://127.0.0.1/", "http://"])
async def test_only_https_or_this_machine_is_read(url: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError):
        await fetch(url, tmp_path / "replica", "replica")


async def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(PublicationError, match=CURRENT):
        await fetch(str(tmp_path / "nothing"), tmp_path / "replica", "replica")


class TestCommands:
    """`kensho snapshot`, in an installation that has no store."""

    def run(self, root: Path, *arguments: str) -> Result:
        variables = dict.fromkeys([name for name in os.environ if name.startswith("KENSHO_")])
        return CliRunner().invoke(
            snapshot,
            arguments,
            env=variables
            | {
                "KENSHO_READ_MODEL_DIR": str(root / "replica"),
                "KENSHO_STORE_URL": f"surrealkv://{root / 'kensho.db'}",
            },
        )

    def test_fetched_snapshots_are_listed(self, origin: Path, tmp_path: Path) -> None:
        identity = published_in(origin)
        fetched = self.run(tmp_path, "fetch", str(origin), "--json")
        assert json.loads(fetched.stdout) == {"snapshot": identity}
        [listed] = json.loads(self.run(tmp_path, "list", "--json").stdout)
        assert (listed["identity"], listed["revision"], listed["current"]) == (identity, 1, True)
        assert listed["size_bytes"] > 0
        assert 0 <= listed["age_s"] < 3600
        assert identity in self.run(tmp_path, "list").stdout

    def test_an_empty_folder_lists_nothing(self, tmp_path: Path) -> None:
        assert json.loads(self.run(tmp_path, "list", "--json").stdout) == []

    def test_a_damaged_snapshot_is_listed_too(self, origin: Path, tmp_path: Path) -> None:
        shutil.copytree(origin, tmp_path / "replica")
        (tmp_path / "replica" / published_in(origin) / MANIFEST).write_bytes(b"{")
        [listed] = json.loads(self.run(tmp_path, "list", "--json").stdout)
        assert listed["version"] == 0

    def test_a_store_that_is_not_there_is_not_made(self, tmp_path: Path) -> None:
        failed = self.run(tmp_path, "publish")
        assert isinstance(failed.exception, StoreUnavailableError)
        assert not (tmp_path / "kensho.db").exists()
