"""The catalogue follows the graph, heals, and never leaves a reader without a model."""

import asyncio
import contextlib
import gc
import uuid
import weakref
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final

import msgspec
import pytest
from surrealdb import RecordID

from kensho.errors import KenshoError, NotReadyError, ReadModelError, StorageError
from kensho.read_model.building import builder
from kensho.read_model.holder import Snapshot, SnapshotHolder
from kensho.read_model.snapshot_folder import MANIFEST
from kensho.storage.gateway import Gateway
from kensho.storage.queries import NamedQuery
from tests.support.damage import DAMAGES, Damage
from tests.support.graph_writing import put, tie, valid
from tests.support.stores import open_graph

MOVE: Final = "BEGIN; UPDATE meta:graph SET revision += 1 RETURN NONE; COMMIT;"
COMPOSED: Final = "BEGIN; UPDATE meta:graph SET composed = $composed RETURN NONE; COMMIT;"


async def add_work(graph: Gateway) -> None:
    await put(graph, "anime")
    await graph.run_script(MOVE)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def opened(graph: Gateway, root: Path) -> SnapshotHolder:
    catalogue = SnapshotHolder(graph, root)
    await catalogue.open_or_build()
    return catalogue


@contextlib.asynccontextmanager
async def watching(catalogue: SnapshotHolder) -> AsyncIterator[None]:
    task = asyncio.create_task(catalogue.watch(0.01))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - it is the world that is waited for, not a task
            await asyncio.sleep(0.005)


async def test_before_a_model_is_open_the_catalogue_says_so(graph: Gateway, tmp_path: Path) -> None:
    with pytest.raises(NotReadyError):
        _ = SnapshotHolder(graph, tmp_path).current


async def test_documents_tell_of_tags_and_of_the_franchise_that_is_home(
    graph: Gateway, tmp_path: Path
) -> None:
    work = await put(graph, "anime", title="Haibane", sources=["mal:387"], mappings=[])
    for name, relevance in (("b", 0.9), ("a", 0.9), ("c", 1.0)):
        await tie(graph, "has_tag", work, await put(graph, "tag", name=name), relevance=relevance)
    home = await put(graph, "franchise", slug="haibane", title="Haibane Renmei", root=work)
    await tie(graph, "in_franchise", work, home, because=[])
    model = (await opened(graph, tmp_path)).current
    node = model.node(uuid.UUID(str(work.id)))
    assert node is not None
    detail = msgspec.json.decode(model.detail(node))
    assert [tag["name"] for tag in detail["tags"]] == ["c", "a", "b"]
    assert [model.tags[tag].name for tag in model.tags_of(node).tolist()] == ["c", "a", "b"]
    assert detail["franchise"] == {"slug": "haibane", "title": "Haibane Renmei"}
    assert msgspec.json.decode(model.summary(node))["title"] == "Haibane"


async def test_an_edge_of_the_graph_is_read_once_and_its_mirror_not_at_all(
    graph: Gateway, tmp_path: Path
) -> None:
    earlier, later = await put(graph, "anime"), await put(graph, "movie")
    await tie(graph, "is_sequel_of", later, earlier)
    model = (await opened(graph, tmp_path)).current
    source, target, kind = model.edge(0)
    assert (model.counts["edges"], model.id(source), model.id(target), kind) == (
        1,
        earlier.id,
        later.id,
        "sequel",
    )


async def test_a_second_start_opens_what_the_first_one_built(
    graph: Gateway, tmp_path: Path
) -> None:
    first = await opened(graph, tmp_path)
    built = (tmp_path / first.current.identity / MANIFEST).stat().st_mtime_ns
    second = await opened(graph, tmp_path)
    assert (tmp_path / second.current.identity / MANIFEST).stat().st_mtime_ns == built


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_model_with_any_damaged_file_is_built_anew(
    graph: Gateway, tmp_path: Path, damage: Damage
) -> None:
    work = await put(graph, "anime")
    await put(graph, "anime")
    await tie(graph, "has_tag", work, await put(graph, "tag"))
    folder = tmp_path / (await opened(graph, tmp_path)).current.identity
    whole = contents(folder)
    for name, sound in whole.items():
        damage(folder / name)
        with pytest.raises(ReadModelError):
            Snapshot.open(folder)
        (folder / name).write_bytes(sound)
    damage(folder / min(whole))
    assert (await opened(graph, tmp_path)).current.works_total == 2
    assert contents(folder) == whole


async def test_a_missing_folder_is_built_anew(graph: Gateway, tmp_path: Path) -> None:
    await opened(graph, tmp_path / "gone")
    assert (await opened(graph, tmp_path)).current.works_total == 0


async def test_without_the_graph_the_newest_sound_model_is_opened(
    graph: Gateway, tmp_path: Path
) -> None:
    assert not await SnapshotHolder(graph, tmp_path).open_latest()
    catalogue = await opened(graph, tmp_path)
    await add_work(graph)
    await catalogue.refresh()
    (tmp_path / catalogue.current.identity / "ids.bin").unlink()
    later = SnapshotHolder(graph, tmp_path)
    assert await later.open_latest()
    assert later.current.revision == 0


async def test_refreshing_does_nothing_until_the_revision_moves(
    graph: Gateway, tmp_path: Path
) -> None:
    catalogue = await opened(graph, tmp_path)
    before = catalogue.current
    assert not await catalogue.refresh()
    assert catalogue.current is before
    await add_work(graph)
    assert await catalogue.refresh()
    assert (catalogue.current.works_total, before.works_total) == (1, 0)


async def test_a_folder_that_vanishes_while_served_is_restored_by_a_refresh(
    graph: Gateway, tmp_path: Path
) -> None:
    catalogue = await opened(graph, tmp_path)
    manifest = tmp_path / catalogue.current.identity / MANIFEST
    manifest.unlink()
    assert await catalogue.refresh()
    assert manifest.exists()


async def test_a_reader_keeps_its_model_and_the_last_one_closes_it(
    graph: Gateway, tmp_path: Path
) -> None:
    await add_work(graph)
    catalogue = await opened(graph, tmp_path)
    held = catalogue.current
    closed = weakref.ref(held)
    for _ in range(3):
        await add_work(graph)
        assert await catalogue.refresh()
    assert held.summary(0).startswith(b"{")
    assert not (tmp_path / held.identity).exists()
    del held
    gc.collect()
    assert closed() is None


async def test_only_the_current_and_the_previous_folder_are_kept(
    graph: Gateway, tmp_path: Path
) -> None:
    catalogue = await opened(graph, tmp_path)
    for _ in range(3):
        await add_work(graph)
        await catalogue.refresh()
    kept = [name.partition("-")[0] for name in names_in(tmp_path)]
    assert kept == [".lock", "2", "3"]


async def test_no_reader_is_ever_without_a_whole_model_while_it_is_exchanged(
    graph: Gateway, tmp_path: Path
) -> None:
    catalogue = await opened(graph, tmp_path)
    seen: list[int] = []

    async def read() -> None:
        while True:
            model = catalogue.current
            await asyncio.sleep(0.002)  # or four readers leave a traced loop no turn to build in
            assert len([model.detail(node) for node in range(model.works_total)]) == model.revision
            seen.append(model.revision)

    readers = [asyncio.create_task(read()) for _ in range(4)]
    async with watching(catalogue):
        for revision in (1, 2, 3, 4):
            await add_work(graph)
            await until(lambda: revision in seen)  # noqa: B023 - awaited in the loop
    for reader in readers:
        assert not reader.done()
        reader.cancel()
    assert set(seen) >= {1, 2, 3, 4}
    assert seen == sorted(seen)


async def test_a_reading_overtaken_by_writes_is_begun_again_and_stays_consistent(
    graph: Gateway, tmp_path: Path
) -> None:
    """A restless writer keeps works and revision in step; a torn reading would not."""
    writing = True

    async def write() -> None:
        while writing:
            await graph.run_script(
                "BEGIN; CREATE $a CONTENT $series RETURN NONE; CREATE $b CONTENT $row RETURN NONE;"
                + MOVE.removeprefix("BEGIN;"),
                {
                    "a": RecordID("anime", uuid.uuid4()),
                    "b": RecordID("movie", uuid.uuid4()),
                    "row": valid("movie"),
                    "series": valid("anime"),
                },
            )

    writer = asyncio.create_task(write())
    try:
        for _ in range(3):
            model = (await opened(graph, tmp_path)).current
            assert model.works_total == 2 * model.revision
    finally:
        writing = False
        await writer


async def test_two_workers_that_start_together_build_once(graph: Gateway, tmp_path: Path) -> None:
    await add_work(graph)
    catalogues = [SnapshotHolder(graph, tmp_path) for _ in range(3)]
    await asyncio.gather(*(catalogue.open_or_build() for catalogue in catalogues))
    folder = tmp_path / catalogues[0].current.identity
    times = {path.stat().st_ino for path in folder.iterdir()}
    assert {catalogue.current.works_total for catalogue in catalogues} == {1}
    await opened(graph, tmp_path)
    assert {path.stat().st_ino for path in folder.iterdir()} == times


async def test_a_failed_refresh_is_told_and_the_old_model_stays_until_the_graph_is_back(
    tmp_path: Path,
) -> None:
    async with open_graph() as graph:
        catalogue = await opened(graph, tmp_path)
        before = catalogue.current
        async with watching(catalogue):
            await graph.run_script("BEGIN; REMOVE TABLE tag; COMMIT;")
            await graph.run_script(MOVE)
            await until(lambda: catalogue.last_error is not None)
            assert catalogue.current is before
            await graph.run_script("BEGIN; DEFINE TABLE tag SCHEMAFULL; COMMIT;")
            await until(lambda: catalogue.last_error is None)
            assert catalogue.current.revision == 1


async def test_while_an_ingest_writes_the_model_waits_for_the_revision_to_rest(
    graph: Gateway, tmp_path: Path
) -> None:
    catalogue = await opened(graph, tmp_path)
    await graph.run_script(COMPOSED, {"composed": False})
    async with watching(catalogue):
        for _ in range(20):
            await graph.run_script(MOVE)
        await until(lambda: catalogue.current.revision == 20)


async def test_a_graph_without_a_schema_is_an_error_not_an_empty_model(tmp_path: Path) -> None:
    async with open_graph() as graph:
        await graph.run_script("BEGIN; REMOVE TABLE meta; COMMIT;")
        with pytest.raises(KenshoError):
            await opened(graph, tmp_path)


async def test_a_graph_that_other_processes_never_let_rest_is_given_up(tmp_path: Path) -> None:
    restless = NamedQuery(
        name="meta.revision",
        text="RETURN encoding::json::encode({revision: 1, composed: true, identity: rand::uuid(), "
        "lineage: rand::uuid()});",
        params=frozenset(),
        result="",
        writes=False,
    )
    async with open_graph(restless) as graph:
        with pytest.raises(StorageError, match="changed under"):
            await builder.build(graph, tmp_path)
        assert names_in(tmp_path) == []
