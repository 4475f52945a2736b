"""Publish the snapshot of a graph: build it where it is missing, and make it the current one.

Guarantees: what is served changes only when the new snapshot is on disk as a whole; whatever fails
before leaves the old one served, and the graph as it is. What changes is written down before, for
those who ask when the old one is gone. Builds in one folder wait for each other, whichever process
runs them. Snapshots that no server follows and nobody has open are removed.
"""

import asyncio
import contextlib
import datetime as dt
import fcntl
import os
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import IO, Final, NamedTuple

import msgspec

from kensho.errors import KenshoError, PublicationError, ReadModelError, StoreUnavailableError
from kensho.platform import private_files
from kensho.platform.installation import data_root
from kensho.read_model import publications
from kensho.read_model.building.builder import GraphReading, point_of, read
from kensho.read_model.building.history_writing import (
    DEFAULT_LIMITS,
    HistoryLimits,
    NewPublication,
    built_at_of,
    extend_history,
)
from kensho.read_model.folder_lives import PART, sweep
from kensho.read_model.holder import Snapshot
from kensho.read_model.publications import (
    CURRENT,
    IngestRun,
    Publication,
    Publications,
    PublishedSnapshot,
)
from kensho.storage import migrations, queries, tables
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings

_LOCK: Final = ".lock"
_LOCK_PAUSE_S: Final = 0.05
_MOST_EARLIER: Final = 1_000
"""Publications that are told of a store that is put back and on again, between few snapshots."""
_RUNS: Final = 200
"""Runs among which the latest of each source is looked for; there are some 20 sources."""


async def publish(
    gateway: Gateway, root: Path, limits: HistoryLimits = DEFAULT_LIMITS
) -> Publication:
    """Publish the snapshot of the graph in `root`, and return what is served of it from now on.

    A sound snapshot of the graph's state that is there already is not built anew.

    Raises:
        PublicationError: the graph can't be read, or the folder can't be written.
    """
    with _unpublished(root):
        async with alone(root):
            prepared = await _prepared(gateway, root)
            return await _published(prepared, gateway.settings, root, limits)


async def publish_store(
    store: StoreSettings, root: Path, limits: HistoryLimits = DEFAULT_LIMITS
) -> Publication:
    """Open the store, publish its snapshot in `root`, and close it as soon as it is read.

    Raises:
        StorageError: there is no such store, it can't be opened, or its schema is not this
            program's.
        PublicationError: as `publish`.
    """
    if store.is_absent:
        raise StoreUnavailableError(f"there is no store at {store.path}: run 'kensho ingest'")
    known = queries.load(data_root("queries"))
    async with contextlib.AsyncExitStack() as held:
        with _unpublished(root):
            await held.enter_async_context(alone(root))
        async with Gateway.open(store, known) as gateway:
            await migrations.require_current(gateway, migrations.load(data_root("graph_schema")))
            with _unpublished(root):
                prepared = await _prepared(gateway, root)
        with _unpublished(root):
            return await _published(prepared, store, root, limits)


class _Prepared(NamedTuple):
    """What is to be published, and what it is built of; `None` where it is there already.

    `runs` are the latest of all sources together, latest first.
    """

    publication: Publication
    reading: GraphReading | None
    runs: tuple[IngestRun, ...]


async def _prepared(gateway: Gateway, root: Path) -> _Prepared:
    runs = await gateway.fetch("ingest.runs", {"limit": _RUNS}, into=tuple[IngestRun, ...])
    identity = point_of(await tables.state(gateway)).identity
    reading = None
    if not await asyncio.to_thread(is_sound, root / identity):
        reading = await read(gateway, root)
    return _Prepared(Publication(identity, runs=_of_each_source(runs)), reading, runs)


async def _published(
    prepared: _Prepared, store: StoreSettings, root: Path, limits: HistoryLimits
) -> Publication:
    publication, reading, runs = prepared
    if reading is not None:
        with reading:
            folder = await asyncio.to_thread(reading.written)
        publication = msgspec.structs.replace(publication, snapshot=folder.name)
    publication = await asyncio.to_thread(
        _with_history, root, store.fingerprint, publication, runs, limits
    )
    return await asyncio.to_thread(make_current, root, store.fingerprint, publication, limits)


def _with_history(
    root: Path,
    store: str,
    publication: Publication,
    runs: tuple[IngestRun, ...],
    limits: HistoryLimits,
) -> Publication:
    """Return the publication with the history of what changes with it, which is on disk."""
    last, now = _stores(root).get(store), dt.datetime.now(dt.UTC)
    publication = msgspec.structs.replace(publication, at=now.isoformat(timespec="seconds"))
    if last is None:
        return publication
    new = NewPublication(publication.snapshot, now, runs)
    return msgspec.structs.replace(publication, history=extend_history(root, last, new, limits))


@contextlib.contextmanager
def _unpublished(root: Path) -> Generator[None]:
    """Turn errors of reading and writing into the one that says what did not come of it."""
    try:
        yield
    except (KenshoError, OSError) as error:
        raise PublicationError(f"can't publish the snapshot in {root}: {error}") from error


def make_current(
    root: Path, store: str, publication: Publication, limits: HistoryLimits = DEFAULT_LIMITS
) -> Publication:
    """Let the servers of `store` follow a publication; return it with those before it that stay.

    Only one caller at a time may do so in one folder.
    """
    before = _stores(root)
    last = before.get(store)
    if last is not None:
        publication = _following(root, last, publication, limits.snapshots)
    stores = before | {store: publication}
    _replace(root / CURRENT, msgspec.json.encode(Publications(store, stores)))
    sweep(root, keep={name for one in stores.values() for name in one.folders})
    return publication


def _following(root: Path, last: Publication, new: Publication, most: int) -> Publication:
    """Return a publication with those before it, of which at most so many snapshots stay."""
    is_same = last.snapshot == new.snapshot
    earlier = list(last.earlier)
    if not earlier and last.previous is not None:  # as a Kenshō before 0.3 left it
        earlier.append(PublishedSnapshot(last.previous, _time_of(root, last.previous, None)))
    last_at = _time_of(root, last.snapshot, last.at)
    if not is_same:
        earlier.insert(0, PublishedSnapshot(last.snapshot, last_at))
    staying: list[PublishedSnapshot] = []
    snapshots = {new.snapshot}
    for one in earlier[:_MOST_EARLIER]:
        snapshots.add(one.snapshot)
        if len(snapshots) > most:
            break
        staying.append(one)
    return msgspec.structs.replace(
        new,
        previous=last.previous if is_same else last.snapshot,
        at=last_at if is_same else new.at,
        earlier=tuple(staying),
    )


def _time_of(root: Path, snapshot: str, at: str | None) -> str:
    """Return when a snapshot was published; when it was built where that is not known."""
    return built_at_of(root / snapshot).isoformat() if at is None else at


def _stores(root: Path) -> dict[str, Publication]:
    try:
        found = publications.read(root)
    except ReadModelError:  # a damaged file names nothing that could be kept
        return {}
    return found.stores if found else {}


def is_sound(folder: Path) -> bool:
    """Tell whether a folder holds a whole snapshot of this version."""
    try:
        Snapshot.open(folder)
    except ReadModelError:
        return False
    return True


def _of_each_source(runs: tuple[IngestRun, ...]) -> tuple[IngestRun, ...]:
    """Return the latest run of each source, latest first."""
    latest: dict[str, IngestRun] = {}
    for run in runs:
        latest.setdefault(run.source, run)
    return tuple(latest.values())


def _replace(path: Path, content: bytes) -> None:
    """Replace a file as a whole: a reader sees the old content or the new."""
    part = path.with_name(f"{PART}{path.name}-{os.getpid()}")
    try:
        with open(part, "wb", opener=private_files.opener) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        private_files.share_as(part, path.parent)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    private_files.sync_folder(path.parent)


@contextlib.asynccontextmanager
async def alone(root: Path) -> AsyncGenerator[None]:
    """Hold the publishers' lock of `root`; the system releases it when its holder dies."""
    with _lock_file(root) as file:
        while not _is_locked(file.fileno()):  # noqa: ASYNC110 -- its holder may be another process
            await asyncio.sleep(_LOCK_PAUSE_S)
        yield


@contextlib.contextmanager
def _lock_file(root: Path) -> Generator[IO[bytes]]:
    private_files.make_folder(root)
    with open(root / _LOCK, "wb", opener=private_files.opener) as file:
        yield file


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
