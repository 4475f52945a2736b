"""Publishes the snapshot of an open graph and follows it, as ingestion and a server do."""

from pathlib import Path
from typing import Final

from kensho.read_model import publications
from kensho.read_model.building.publishing import publish, publish_store
from kensho.read_model.holder import SnapshotHolder
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings
from tests.support.graph_writing import put

MOVE: Final = "BEGIN; UPDATE meta:graph SET revision += 1 RETURN NONE; COMMIT;"


async def add_work(graph: Gateway) -> None:
    """Add a work, as one committed batch."""
    await put(graph, "anime")
    await graph.run_script(MOVE)


def holder_of(graph: Gateway, root: Path) -> SnapshotHolder:
    """Return what follows the snapshots of this graph in `root`."""
    return SnapshotHolder(root, graph.settings.fingerprint, or_latest=False)


async def published(graph: Gateway, root: Path) -> SnapshotHolder:
    """Publish the graph as it is, and return what serves it."""
    await publish(graph, root)
    holder = holder_of(graph, root)
    assert await holder.refresh()
    return holder


async def publish_if_none(store: StoreSettings, root: Path) -> None:
    """Publish a store on disk that nothing is published of, and that this process may open."""
    if store.path is None or store.is_absent:
        return
    known = publications.read(root)
    if known is None or store.fingerprint not in known.stores:
        await publish_store(store, root)
