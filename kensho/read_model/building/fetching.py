"""Fetch a snapshot that was published in another folder, over HTTP or in a bucket, and its history.

Guarantees: nothing becomes current before every file has the size and checksum that its manifest
states, and is on disk. A fetch that was cut goes on with the files that were whole already.
"""

import asyncio
import contextlib
import fcntl
import os
import shutil
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Final, TypeAlias

import structlog

from kensho.errors import PublicationError, ReadModelError, UpstreamError
from kensho.platform import private_files
from kensho.platform.bucket_places import S3_SCHEME, bucket_of
from kensho.platform.http_client import HttpClient
from kensho.platform.secret_values import masked
from kensho.read_model import publications
from kensho.read_model.building import publishing
from kensho.read_model.building.history_writing import DEFAULT_LIMITS, HistoryLimits
from kensho.read_model.folder_lives import MANIFEST, take_over
from kensho.read_model.history import HISTORY_VERSION, History
from kensho.read_model.holder import Snapshot
from kensho.read_model.publications import CURRENT, Publication
from kensho.read_model.snapshot_folder import (
    FileFacts,
    Manifest,
    SummedFile,
    measured,
)
from kensho.read_model.version import SNAPSHOT_VERSION

Source: TypeAlias = Callable[[str, int], Iterable[bytes]]
"""Yields the content of a file of the published folder, of so many bytes at most."""

_PART: Final = ".fetch-"
_TEXT_BYTES: Final = 1 << 20
"""The most that is read of the files that describe the others; they take some 20 KB."""
_CHUNK_BYTES: Final = 1 << 20


async def fetch(
    location: str,
    root: Path,
    store: str,
    limits: HistoryLimits = DEFAULT_LIMITS,
    *,
    s3_endpoint: str | None = None,
) -> Publication:
    """Publish in `root` what is published last at `location`, for the servers of `store`.

    `s3_endpoint` is where the bucket of an `s3://` address is, if not at Amazon's.

    Raises:
        PublicationError: it can't be read, is damaged or of another version, or can't be written.
        InvalidInputError: the address is plain http to another machine, or names no bucket.
    """
    try:
        with _source(location, s3_endpoint) as source:
            publication = await asyncio.to_thread(_fetched, source, root)
        async with publishing.alone(root):
            final = root / publication.snapshot
            if not await asyncio.to_thread(publishing.is_sound, final):
                await asyncio.to_thread(take_over, _part(root, final.name), final)
                await asyncio.to_thread(Snapshot.open, final)
            if publication.history is not None:
                final = root / publication.history
                if not await asyncio.to_thread(_is_history, final):
                    await asyncio.to_thread(take_over, _part(root, final.name), final)
                    await asyncio.to_thread(History.open, final)
            return await asyncio.to_thread(
                publishing.make_current, root, store, publication, limits
            )
    except (ReadModelError, UpstreamError, OSError) as error:
        raise PublicationError(
            f"can't fetch the snapshot of {masked(location)}: {error}"
        ) from error


def _fetched(source: Source, root: Path) -> Publication:
    """Bring every file of the snapshot that is published last into a folder beside its place."""
    found = publications.decoded(_text(source, CURRENT), CURRENT)
    publication = found.of(found.latest, or_latest=True)
    if publication is None:
        raise ReadModelError(f"{CURRENT}: names no snapshot")
    identity, history = publication.snapshot, publication.history
    for other in root.glob(f"{_PART}*"):
        if other.name.removeprefix(_PART) not in (identity, history):
            shutil.rmtree(other, ignore_errors=True)
    if not publishing.is_sound(root / identity):
        manifest = _fetch_folder(source, root, identity, SNAPSHOT_VERSION)
        if manifest.point.identity != identity:
            raise ReadModelError(f"{identity}: holds {manifest.point.identity}")
    if history is not None and not _is_history(root / history):
        history = _fetched_history(source, root, history)
    return Publication(identity, runs=publication.runs, history=history, at=publication.at)


def _fetched_history(source: Source, root: Path, history: str) -> str | None:
    """Bring a history beside its place; a snapshot is served without one that can't be had."""
    try:
        _fetch_folder(source, root, history, HISTORY_VERSION)
    except (ReadModelError, UpstreamError, OSError) as error:
        structlog.get_logger("kensho.read_model").warning(
            "history_not_fetched", reason=masked(str(error))
        )
        return None
    return history


def _fetch_folder(source: Source, root: Path, folder: str, version: int) -> Manifest:
    """Bring every file of a folder into one beside its place; return its manifest."""
    text = _text(source, f"{folder}/{MANIFEST}")
    manifest = Manifest.of(text, f"{folder}/{MANIFEST}", version)
    with _alone_in(_part(root, folder)) as part:
        for name, facts in manifest.files.items():
            if not _is_whole(part / name, facts):
                pieces = source(f"{folder}/{name}", facts.size_bytes)
                _write(part / name, pieces, facts)
        _write(part / MANIFEST, [text], None)
    return manifest


def _is_history(folder: Path) -> bool:
    """Tell whether a folder holds a whole history of this version."""
    try:
        History.open(folder)
    except ReadModelError:
        return False
    return True


def _part(root: Path, folder: str) -> Path:
    return root / f"{_PART}{folder}"


@contextlib.contextmanager
def _alone_in(part: Path) -> Generator[Path]:
    """Make the folder of a fetch, and keep other fetches of the same folder out of it."""
    private_files.make_folder(part)
    descriptor = os.open(part, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield part
    except BlockingIOError as error:
        raise ReadModelError(f"{part}: another process fetches it now") from error
    finally:
        os.close(descriptor)


def _is_whole(path: Path, facts: FileFacts) -> bool:
    try:
        with path.open("rb", buffering=0) as file:
            return measured(file) == facts
    except FileNotFoundError:
        return False


def _write(path: Path, pieces: Iterable[bytes], facts: FileFacts | None) -> None:
    file = SummedFile(path)
    try:
        for piece in pieces:
            file.write(piece)
        found = file.finish()
    finally:
        file.close()
    if facts is not None and found != facts:
        raise ReadModelError(f"{path.name}: {found} arrived where {facts} was written")


def _text(source: Source, name: str) -> bytes:
    return b"".join(source(name, _TEXT_BYTES))


@contextlib.contextmanager
def _source(location: str, s3_endpoint: str | None) -> Generator[Source]:
    """Return what reads the files of a published folder."""
    if location.startswith(S3_SCHEME):
        yield bucket_of(location, s3_endpoint).read
        return
    if "://" not in location:
        folder = Path(location)
        yield lambda name, most_bytes: _pieces(folder / name, most_bytes)
        return
    base = location.rstrip("/")
    with HttpClient() as client:
        yield lambda name, most_bytes: client.read(f"{base}/{name}", most_bytes)


def _pieces(path: Path, most_bytes: int) -> Iterable[bytes]:
    with path.open("rb") as file:
        while most_bytes > 0 and (piece := file.read(min(_CHUNK_BYTES, most_bytes))):
            most_bytes -= len(piece)
            yield piece
