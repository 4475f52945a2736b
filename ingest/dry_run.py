"""A dry run: do something to a copy of the store, and tell what differs for readers.

The copy goes through all that the store would: records, works, relations, kinds, franchises, ids
and slugs, and a snapshot of it is compared with that of the store by `kensho runs diff`. So what a
dry run says is what the run would do, as long as nothing else changes the store before.

Guarantees: nothing of the store, or of what is published of it, is written. The copy goes when the
dry run ends; what a killed one left goes with the next.

Performance: as long and as much memory as the run itself, and a snapshot or two more; on disk as
much again as the store and two snapshots take, beside the store.
"""

import asyncio
import contextlib
import shutil
import sys
from asyncio.subprocess import PIPE
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

import msgspec

from ingest.pipeline.jobs import RunReport
from ingest.progress import Progress
from kensho.errors import PublicationError, ReadModelError
from kensho.platform import environment, logs, memory, private_files
from kensho.platform.installation import data_root
from kensho.platform.settings import SnapshotSettings
from kensho.read_model import publications
from kensho.read_model.building.publishing_process import publish_apart
from kensho.storage import migrations, queries
from kensho.storage.copies import copied_into, folder_beside
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings


class DryRun(NamedTuple):
    """What a run would do, and what differs then, as `kensho runs diff` prints it.

    Of a run after which the graph is the same one, the difference is `None`.
    """

    report: RunReport
    difference: str | None


def dry_run(
    store_url: str | None,
    run: Callable[[Gateway], Awaitable[RunReport]],
    progress: Progress,
    *,
    as_json: bool,
) -> DryRun:
    """Let `run` have a copy of the store, and return what came of it.

    Raises:
        StorageError: the store can't be copied or opened.
        PublicationError: the two states can't be compared.
    """
    configured = environment.with_changes(environment.load(), store_url=store_url)
    logs.configure("warning", configured.logs.format)
    store = StoreSettings.of(configured)
    with folder_beside(store) as folder:
        return asyncio.run(_run(store, folder, configured.snapshot, run, progress, as_json=as_json))


async def _run(
    store: StoreSettings,
    folder: Path,
    published: SnapshotSettings,
    run: Callable[[Gateway], Awaitable[RunReport]],
    progress: Progress,
    *,
    as_json: bool,
) -> DryRun:
    known = queries.load(data_root("queries"))
    snapshots = msgspec.structs.replace(
        published, read_model_dir=folder / "snapshots", history_publications=2
    )
    with progress.stage("copying the store"):
        copy = await copied_into(folder, store, known)
        _link(store, published.read_model_dir, snapshots.read_model_dir)
    async with Gateway.open(copy, known) as gateway:
        await migrations.migrate(gateway, migrations.load(data_root("graph_schema")))
    with progress.stage("snapshot before"):
        before = await publish_apart(copy, snapshots)
    async with Gateway.open(copy, known) as gateway:
        report = await run(gateway)
    memory.release()
    with progress.stage("snapshot after"):
        after = await publish_apart(copy, snapshots)
    if before.snapshot == after.snapshot:
        return DryRun(report, None)
    with progress.stage("comparing"):
        shown = ["--json"] if as_json else []
        return DryRun(report, await _difference(copy, snapshots.read_model_dir, *shown))


async def _difference(copy: StoreSettings, snapshots: Path, *more: str) -> str:
    """Return what `kensho runs diff` prints of the last publication: ingestion can't import it."""
    asked = ("--store", copy.url, "--snapshots", str(snapshots), *more)
    # -P: what lies in the current folder must not take the place of the program's modules.
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "kensho.cli", "runs", "diff", *asked, stdout=PIPE, stderr=PIPE
    )
    said, wrong = await process.communicate()
    if process.returncode != 0:
        raise PublicationError(f"what differs can't be told: {wrong.decode().strip()}")
    return said.decode()


def _link(store: StoreSettings, root: Path, into: Path) -> None:
    """Let the copy have the snapshot that is published of the store: it need not be built again."""
    with contextlib.suppress(ReadModelError, OSError, shutil.Error):
        found = publications.read(root)
        publication = found.stores.get(store.fingerprint) if found else None
        if publication is not None:
            private_files.make_folder(into)
            name = publication.snapshot
            shutil.copytree(root / name, into / name, copy_function=_linked)


def _linked(source: str, target: str) -> None:
    try:
        Path(target).hardlink_to(source)
    except OSError:  # another file system
        shutil.copy2(source, target)
