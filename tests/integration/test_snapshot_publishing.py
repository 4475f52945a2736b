"""What is published is served, whole or not at all, and told apart from what it looks like."""

import asyncio
import contextlib
import gc
import shutil
import sys
import uuid
import weakref
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final

import msgspec
import pytest

from kensho.errors import KenshoError, NotReadyError, PublicationError, ReadModelError
from kensho.read_model import publications
from kensho.read_model.building.history_writing import HistoryLimits
from kensho.read_model.building.publishing import publish, publish_store
from kensho.read_model.folder_lives import MANIFEST
from kensho.read_model.holder import Snapshot, SnapshotHolder
from kensho.read_model.identity import is_identity
from kensho.read_model.publications import CURRENT
from kensho.read_model.snapshot_folder import Manifest
from kensho.storage import tables
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings
from tests.support.damage import DAMAGES, Damage
from tests.support.graph_writing import put, tie
from tests.support.publishing import MOVE, add_work, holder_of, published
from tests.support.stores import open_graph

FEWEST: Final = HistoryLimits(100, 1 << 24, 2)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != MANIFEST}


def snapshots_in(root: Path) -> list[str]:
    return sorted(path.name for path in root.iterdir() if is_identity(path.name))


@contextlib.asynccontextmanager
async def watching(holder: SnapshotHolder) -> AsyncIterator[None]:
    task = asyncio.create_task(holder.watch(0.01))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - it is the world that is waited for, not a task
            await asyncio.sleep(0.005)


async def test_the_store_keeps_its_identity_and_every_write_renews_the_lineage(
    graph: Gateway,
) -> None:
    before = await tables.state(graph)
    await add_work(graph)
    after = await tables.state(graph)
    assert after.identity == before.identity
    assert after.lineage != before.lineage


async def test_before_anything_is_published_the_holder_says_what_to_run(tmp_path: Path) -> None:
    holder = SnapshotHolder(tmp_path, "store", or_latest=True)
    with pytest.raises(NotReadyError):
        _ = holder.current
    assert not await holder.refresh()
    with pytest.raises(NotReadyError, match="kensho ingest"):
        _ = holder.current


async def test_an_unchanged_graph_is_not_built_again(graph: Gateway, tmp_path: Path) -> None:
    first = (await published(graph, tmp_path)).current
    built = (tmp_path / first.identity / MANIFEST).stat().st_ino
    second = (await published(graph, tmp_path)).current
    assert second.identity == first.identity
    assert (tmp_path / first.identity / MANIFEST).stat().st_ino == built


async def test_a_missing_snapshot_is_built_anew(graph: Gateway, tmp_path: Path) -> None:
    identity = (await published(graph, tmp_path)).current.identity
    shutil.rmtree(tmp_path / identity)
    assert (await published(graph, tmp_path)).current.identity == identity


@pytest.mark.parametrize("damage", DAMAGES)
async def test_any_damage_is_found_and_publishing_anew_mends_it(
    graph: Gateway, tmp_path: Path, damage: Damage
) -> None:
    work = await put(graph, "anime")
    await put(graph, "anime")
    await tie(graph, "has_tag", work, await put(graph, "tag"))
    folder = tmp_path / (await published(graph, tmp_path)).current.identity
    whole = contents(folder)
    for name in (*whole, MANIFEST):
        sound = (folder / name).read_bytes()
        damage(folder / name)
        with pytest.raises(ReadModelError):
            Snapshot.open(folder)
        (folder / name).write_bytes(sound)
    damage(folder / min(whole))
    assert (await published(graph, tmp_path)).current.works_total == 2
    assert contents(folder) == whole


async def test_a_damaged_snapshot_is_never_served_and_the_sound_one_stays(
    graph: Gateway, tmp_path: Path
) -> None:
    holder = await published(graph, tmp_path)
    before = holder.current
    await add_work(graph)
    damaged = (await publish(graph, tmp_path)).snapshot
    (tmp_path / damaged / "ids.bin").write_bytes(b"x")
    assert await holder.refresh()
    assert holder.current is before
    assert holder.last_error is not None
    assert "ids.bin" in holder.last_error
    restarted = holder_of(graph, tmp_path)
    assert await restarted.refresh()
    assert restarted.current.identity == before.identity
    assert restarted.last_error is not None
    await publish(graph, tmp_path)  # which mends it, and is followed at once
    assert await holder.refresh()
    assert [holder.current.identity, holder.last_error] == [damaged, None]


def mapped_kib(folder: Path) -> int:
    """Return how much of the files in `folder` this process has in memory."""
    kib, inside = 0, False
    for line in Path("/proc/self/smaps").read_text("utf-8").splitlines():
        name, _, rest = line.partition(" ")
        if not name.endswith(":"):
            inside = str(folder) in rest
        elif inside and name == "Rss:":
            kib += int(rest.split()[0])
    return kib


@pytest.mark.skipif(sys.platform != "linux", reason="what is mapped is told by /proc")
async def test_what_was_read_of_a_snapshot_is_let_go_of_where_much_is_mapped(
    graph: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kensho.read_model.holder._MOST_MAPPED_BYTES", 1 << 60)
    await add_work(graph)
    holder = await published(graph, tmp_path)
    work = holder.current.id(0)
    assert mapped_kib(tmp_path) > 0
    async with watching(holder):
        await asyncio.sleep(0.1)
        assert mapped_kib(tmp_path) > 0
        monkeypatch.setattr("kensho.read_model.holder._MOST_MAPPED_BYTES", 0)
        await until(lambda: mapped_kib(tmp_path) == 0)
    assert [holder.current.id(0), mapped_kib(tmp_path) > 0] == [work, True]


async def test_a_snapshot_under_the_name_of_another_is_refused(
    graph: Gateway, tmp_path: Path
) -> None:
    identity = (await published(graph, tmp_path)).current.identity
    other = "1-000000000000"
    shutil.copytree(tmp_path / identity, tmp_path / other)
    with pytest.raises(ReadModelError, match=identity):
        Snapshot.open(tmp_path / other)


async def test_a_snapshot_that_lacks_a_file_is_refused_though_its_sums_are_right(
    graph: Gateway, tmp_path: Path
) -> None:
    identity = (await published(graph, tmp_path)).current.identity
    path = tmp_path / identity / MANIFEST
    manifest = Manifest.of(path.read_bytes(), path)
    fewer = {name: facts for name, facts in manifest.files.items() if name != "ids.bin"}
    path.write_bytes(msgspec.structs.replace(manifest, files=fewer).encoded())
    with pytest.raises(ReadModelError, match=r"ids\.bin"):
        Snapshot.open(tmp_path / identity)
    assert not await holder_of(graph, tmp_path).refresh()


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]", b'{"latest":"a","stores":{"a":{"snapshot":"../x"}}}']
)
async def test_a_damaged_pointer_is_told_and_the_snapshot_stays(
    graph: Gateway, tmp_path: Path, text: bytes
) -> None:
    holder = await published(graph, tmp_path)
    (tmp_path / CURRENT).write_bytes(text)
    assert await holder.refresh()
    assert holder.last_error is not None
    await publish(graph, tmp_path)
    await holder.refresh()
    assert holder.last_error is None


async def test_a_folder_that_vanishes_goes_on_being_served_and_is_told(
    graph: Gateway, tmp_path: Path
) -> None:
    await add_work(graph)
    root = tmp_path / "root"
    holder = await published(graph, root)
    shutil.rmtree(root)
    assert await holder.refresh()
    assert holder.current.summary(0).startswith(b"{")
    assert holder.last_error is not None
    await publish(graph, root)
    await holder.refresh()
    assert holder.last_error is None


async def test_a_newer_snapshot_is_followed_while_readers_keep_theirs(
    graph: Gateway, tmp_path: Path
) -> None:
    holder = await published(graph, tmp_path)
    before = holder.current
    await holder.refresh()
    assert holder.current is before
    await add_work(graph)
    await publish(graph, tmp_path)
    await holder.refresh()
    assert (holder.current.works_total, before.works_total) == (1, 0)


async def test_a_snapshot_is_kept_as_long_as_it_is_read(graph: Gateway, tmp_path: Path) -> None:
    await add_work(graph)
    held = (await published(graph, tmp_path)).current
    folder, closed = tmp_path / held.identity, weakref.ref(held)
    for _ in range(3):
        await add_work(graph)
        await publish(graph, tmp_path, FEWEST)
    assert folder.exists()
    assert held.summary(0).startswith(b"{")
    del held
    gc.collect()
    assert closed() is None
    await add_work(graph)
    await publish(graph, tmp_path, FEWEST)
    assert not folder.exists()
    assert [name.partition("-")[0] for name in snapshots_in(tmp_path)] == ["4", "5"]


async def test_so_many_snapshots_stay_as_are_to_be_kept(graph: Gateway, tmp_path: Path) -> None:
    limits = HistoryLimits(100, 1 << 24, 4)
    for _ in range(6):
        await add_work(graph)
        await publish(graph, tmp_path, limits)
    found = publications.read(tmp_path)
    assert found is not None
    publication = found.stores[found.latest]
    assert [name.partition("-")[0] for name in snapshots_in(tmp_path)] == ["3", "4", "5", "6"]
    assert [one.revision for one in publication.earlier] == [5, 4, 3]
    again = await publish(graph, tmp_path, limits)
    assert again == publication, "to publish the same again is no publication"


async def test_no_reader_is_ever_without_a_whole_snapshot_while_it_is_exchanged(
    graph: Gateway, tmp_path: Path
) -> None:
    holder = await published(graph, tmp_path)
    seen: list[int] = []

    async def read() -> None:
        while True:
            model = holder.current
            await asyncio.sleep(0.002)  # or four readers leave a traced loop no turn to build in
            assert len([model.detail(node) for node in range(model.works_total)]) == model.revision
            seen.append(model.revision)

    readers = [asyncio.create_task(read()) for _ in range(4)]
    async with watching(holder):
        for revision in (1, 2, 3, 4):
            await add_work(graph)
            await publish(graph, tmp_path)
            await until(lambda: revision in seen)  # noqa: B023 - awaited in the loop
    for reader in readers:
        assert not reader.done()
        reader.cancel()
    assert set(seen) >= {1, 2, 3, 4}
    assert seen == sorted(seen)


async def test_publishers_that_start_together_build_once(graph: Gateway, tmp_path: Path) -> None:
    await add_work(graph)
    made = await asyncio.gather(*(publish(graph, tmp_path) for _ in range(3)))
    assert len({publication.snapshot for publication in made}) == 1
    assert snapshots_in(tmp_path) == [made[0].snapshot]


async def test_a_store_made_anew_reaches_the_same_revision_and_is_served_as_itself(
    tmp_path: Path,
) -> None:
    root, url = tmp_path / "root", f"surrealkv://{tmp_path / 'kensho.db'}"
    titles = []
    for title in ("The old catalogue", "The new one"):
        shutil.rmtree(tmp_path / "kensho.db", ignore_errors=True)
        async with open_graph(url=url) as graph:
            await put(graph, "anime", title=title)
            await graph.run_script(MOVE)
            model = (await published(graph, root)).current
        assert model.revision == 1
        titles.append(msgspec.json.decode(model.summary(0))["title"])
    assert titles == ["The old catalogue", "The new one"]


async def test_a_store_put_back_from_a_copy_and_written_to_is_served_as_itself(
    tmp_path: Path,
) -> None:
    root, store = tmp_path / "root", tmp_path / "kensho.db"
    url = f"surrealkv://{store}"
    async with open_graph(url=url) as graph:
        await add_work(graph)
    shutil.copytree(store, tmp_path / "copy.db")
    seen = []
    for title in ("As it went on", "As it went on after the copy was put back"):
        shutil.rmtree(store)
        shutil.copytree(tmp_path / "copy.db", store)
        async with open_graph(url=url) as graph:
            work = uuid.UUID(str((await put(graph, "anime", title=title)).id))
            await graph.run_script(MOVE)
            model = (await published(graph, root)).current
        node = model.node(work)
        assert node is not None, "the catalogue of before is served"
        seen.append((model.revision, msgspec.json.decode(model.summary(node))["title"]))
    assert seen == [(2, "As it went on"), (2, "As it went on after the copy was put back")]


async def test_two_stores_in_one_folder_are_served_each_to_its_own_servers(tmp_path: Path) -> None:
    root = tmp_path / "root"
    async with (
        open_graph(url=f"surrealkv://{tmp_path / 'one.db'}") as one,
        open_graph(url=f"surrealkv://{tmp_path / 'other.db'}") as other,
    ):
        await add_work(other)
        holders = [await published(graph, root) for graph in (one, other)]
        for _ in range(3):
            for graph in (one, other):
                await publish(graph, root)
        for holder, works in zip(holders, (0, 1), strict=True):
            await holder.refresh()
            assert (holder.current.works_total, holder.last_error) == (works, None)
        assert len(snapshots_in(root)) == 2
    elsewhere = SnapshotHolder(root, "of another machine", or_latest=True)
    assert await elsewhere.refresh()
    assert elsewhere.current.works_total == 1


async def test_the_latest_run_of_each_source_is_published_with_the_snapshot(
    graph: Gateway, tmp_path: Path
) -> None:
    for source, snapshot in (("aodb", "2026-01-01"), ("mal", "2026-01-02"), ("aodb", "2026-01-03")):
        run = {"source": source, "path": "", "sha256": "", "snapshot": snapshot}
        run |= {"dated_by": "content", "keys": ""}
        await graph.execute("ingest.start_run", {"id": uuid.uuid4(), **run})
    holder = await published(graph, tmp_path)
    assert holder.publication is not None
    assert [(run.source, run.snapshot) for run in holder.publication.runs] == [
        ("aodb", "2026-01-03"),
        ("mal", "2026-01-02"),
    ]


async def test_a_failed_publication_says_why_and_leaves_the_old_snapshot(
    tmp_path: Path,
) -> None:
    async with open_graph() as graph:
        holder = await published(graph, tmp_path)
        before = publications.read(tmp_path)
        await graph.run_script("BEGIN; REMOVE TABLE tag; COMMIT;")
        await graph.run_script(MOVE)
        with pytest.raises(PublicationError, match="tag"):
            await publish(graph, tmp_path)
        assert publications.read(tmp_path) == before
        assert snapshots_in(tmp_path) == [holder.current.identity]
        await holder.refresh()
        assert holder.last_error is None


async def test_a_folder_that_cannot_be_written_is_told(graph: Gateway, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(PublicationError, match="file"):
        await publish(graph, tmp_path / "file")


async def test_a_store_of_another_schema_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KenshoError, match="kensho migrate"):
        await publish_store(StoreSettings("mem://"), tmp_path)


async def test_a_snapshot_that_only_garbage_holds_is_closed_once_it_is_replaced(
    graph: Gateway, tmp_path: Path
) -> None:
    holder = await published(graph, tmp_path)
    await add_work(graph)
    await publish(graph, tmp_path)
    await holder.refresh()
    cycle: list[object] = [holder.current]
    cycle.append(cycle)
    closed = weakref.ref(holder.current)
    await add_work(graph)
    await publish(graph, tmp_path)
    await holder.refresh()
    gc.disable()  # or a collection by chance would close it
    del cycle
    watching = asyncio.create_task(holder.watch(0.01))
    try:
        async with asyncio.timeout(10):
            while closed() is not None:  # noqa: ASYNC110 -- what is collected has no event
                await asyncio.sleep(0.01)
    finally:
        gc.enable()
        watching.cancel()
