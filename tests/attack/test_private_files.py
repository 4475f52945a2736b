"""What Kenshō writes is its owner's alone, even where the umask would let everybody in."""

import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kensho.platform import private_files
from kensho.platform.download_cache import CachedFile, FetchNote
from kensho.platform.settings import SigningSettings
from kensho.platform.signing_secret import signing_keys
from kensho.read_model.building.fetching import fetch
from kensho.storage.gateway import Gateway
from kensho.storage.ownership import owner_file
from kensho.storage.store_settings import StoreSettings
from tests.support.servers import KENSHO, environment
from tests.support.stores import own_queries

SAMPLE = Path(__file__).parents[2] / "ingest" / "sample"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")


@pytest.fixture(autouse=True)
def _open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def open_to_others(root: Path) -> list[str]:
    """Return what others may use of a folder and all that is in it."""
    return [f"{path}: {mode(path):o}" for path in (root, *root.rglob("*")) if mode(path) & 0o077]


def test_an_ingest_and_what_is_fetched_of_it_are_private(tmp_path: Path) -> None:
    var = tmp_path / "var"
    given = environment(f"surrealkv://{var / 'kensho.db'}", var, 8700)
    subprocess.run(
        [*KENSHO, "ingest", "--all", str(SAMPLE), "--rejects", str(var / "rejects")],
        env=given,
        cwd=tmp_path,
        check=False,
        timeout=120,
        capture_output=True,
    )
    signing_keys(SigningSettings(secret_file=var / "secret"))
    asyncio.run(fetch(str(var / "read_model"), var / "replica" / "read_model", "store"))
    assert {path.name for path in var.iterdir()} >= {"kensho.db", "read_model", "secret", "replica"}
    assert (var / "replica" / "read_model" / "current.json").exists()
    assert open_to_others(var) == []


async def test_an_owner_file_is_private(tmp_path: Path) -> None:
    url = f"surrealkv://{tmp_path / 'graph.db'}"
    path = owner_file(url)
    async with Gateway.open(StoreSettings(url), own_queries()):
        assert path is not None
        assert mode(path) == 0o600
        assert mode(tmp_path / "graph.db") == 0o700


def test_what_is_downloaded_is_private(tmp_path: Path) -> None:
    url = "https://a.example/data.json"
    cache = tmp_path / "downloads"
    private_files.make_folder(cache)
    cached = CachedFile(cache, url)
    cached.begin(FetchNote(url))
    with open(cached.part_path, "ab", opener=private_files.opener) as file:
        file.write(b"{}")
    cached.finish(FetchNote(url))
    assert open_to_others(cache) == []


def test_a_folder_that_is_opened_to_a_group_shares_what_is_published_in_it(
    tmp_path: Path,
) -> None:
    url = f"surrealkv://{tmp_path / 'graph.db'}"
    given = environment(url, tmp_path, 8700)
    subprocess.run([*KENSHO, "migrate"], env=given, check=True, timeout=60, capture_output=True)
    root = tmp_path / "read_model"
    root.mkdir()
    root.chmod(0o2750)
    subprocess.run(
        [*KENSHO, "snapshot", "publish"], env=given, check=True, timeout=60, capture_output=True
    )
    assert mode(root) == 0o2750
    assert mode(root / "current.json") == 0o640
    (snapshot,) = [path for path in root.iterdir() if path.is_dir()]
    assert mode(snapshot) & 0o777 == 0o750
    assert {mode(path) for path in snapshot.iterdir()} == {0o640}


def test_a_folder_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir(0o755)
    private_files.make_folder(there / "a" / "b")
    assert [mode(path) for path in (there, there / "a", there / "a" / "b")] == [0o755, 0o700, 0o700]


def test_a_file_in_the_place_of_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path / "file", tmp_path / "file" / "folder"):
        with pytest.raises(OSError, match="Not a directory"):
            private_files.make_folder(path)


def test_a_file_that_was_open_to_all_is_closed_when_it_is_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"")
    path.chmod(0o666)
    private_files.write_bytes(path, b"x")
    assert mode(path) == 0o600
