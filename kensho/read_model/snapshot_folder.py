"""A folder of arrays and blobs that is whole or refused: summed when written, checked when opened.

Guarantees: a folder appears under its name only when every file in it is on disk, and opens only
when every file has the size and CRC-32 that the manifest states. The manifest vouches for itself:
it must be, byte for byte, the encoding of what it decodes to, own checksum included. Arrays are
`.npy`, read through memory maps, so that all workers of a machine share one copy.

Performance: one sequential read of the folder at opening, about 1 GB/s.
"""

import mmap
import os
import shutil
import zlib
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

import msgspec
import numpy as np
import numpy.typing as npt

from kensho.errors import ReadModelError
from kensho.read_model.identity import GraphPoint, is_identity
from kensho.read_model.version import SNAPSHOT_VERSION

MANIFEST: Final = "manifest.json"
_CHUNK_BYTES: Final = 1 << 20
_PART: Final = ".part-"

Blob = mmap.mmap | bytes
"""Bytes by offset; an empty file can't be mapped and is read as `b""`."""


class FileFacts(msgspec.Struct, frozen=True):
    """What a sound file measures."""

    size_bytes: int
    crc32: int


class Manifest(msgspec.Struct, frozen=True):
    """What the folder holds, of which state of which graph; `checksum` sums the rest."""

    version: int
    point: GraphPoint
    counts: dict[str, int]
    files: dict[str, FileFacts]
    checksum: int = 0

    def encoded(self) -> bytes:
        """Return the only bytes that a sound manifest file may have."""
        bare = msgspec.structs.replace(self, checksum=0)
        summed = msgspec.structs.replace(self, checksum=zlib.crc32(msgspec.json.encode(bare)))
        return msgspec.json.format(msgspec.json.encode(summed))


class SummedFile:
    """A file being written that keeps its own size and CRC-32."""

    def __init__(self, path: Path) -> None:
        self._file: IO[bytes] = path.open("wb")
        self.size_bytes = 0
        self._crc32 = 0

    def write(self, data: bytes) -> int:
        """Append `data`."""
        self._crc32 = zlib.crc32(data, self._crc32)
        self.size_bytes += len(data)
        return self._file.write(data)

    def finish(self) -> FileFacts:
        """Bring the file to disk and return what it measures."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        return FileFacts(self.size_bytes, self._crc32)

    def close(self) -> None:
        """Close the file without bringing it to disk."""
        self._file.close()


class NewFolder:
    """A folder in the making beside its final place; removed at the end unless committed."""

    def __init__(self, root: Path, point: GraphPoint) -> None:
        self._final = root / point.identity
        self._part = root / f"{_PART}{point.identity}-{os.getpid()}"
        self._point = point
        self._open: dict[str, SummedFile] = {}

    def __enter__(self) -> Self:
        """Make the folder, empty."""
        shutil.rmtree(self._part, ignore_errors=True)
        self._part.mkdir(parents=True)
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Remove what was not committed."""
        for file in self._open.values():
            file.close()
        shutil.rmtree(self._part, ignore_errors=True)

    def file(self, name: str) -> SummedFile:
        """Open a new file for writing; `commit` finishes it."""
        self._open[name] = SummedFile(self._part / name)
        return self._open[name]

    def arrays(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Write each array as `<name>.npy`."""
        for name, array in arrays.items():
            np.lib.format.write_array(self.file(f"{name}.npy"), array, allow_pickle=False)

    def commit(self, counts: dict[str, int]) -> Path:
        """Finish every file, write the manifest last, give the folder its name; return it."""
        files = {name: file.finish() for name, file in self._open.items()}
        manifest = SummedFile(self._part / MANIFEST)
        manifest.write(Manifest(SNAPSHOT_VERSION, self._point, counts, files).encoded())
        manifest.finish()
        _sync_folder(self._part)
        # A damaged folder of the same name makes way; a reader that still maps it keeps its pages.
        shutil.rmtree(self._final, ignore_errors=True)
        self._part.rename(self._final)
        _sync_folder(self._final.parent)
        return self._final


class OpenFolder:
    """A checked folder; arrays and blobs are mapped when asked for."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self._folder = folder
        self.manifest = manifest

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Check every file of `folder`.

        Raises:
            ReadModelError: a file is missing, cut or altered (it is named), or the version is
            another.
        """
        manifest = _read_manifest(folder / MANIFEST)
        if manifest.version != SNAPSHOT_VERSION:
            raise ReadModelError(f"{folder}: version {manifest.version}, not {SNAPSHOT_VERSION}")
        for name, facts in manifest.files.items():
            found = _measure(folder / name)
            if found != facts:
                raise ReadModelError(f"{folder / name}: {found} where {facts} was written")
        return cls(folder, manifest)

    def array(self, name: str) -> npt.NDArray[Any]:
        """Map `<name>.npy`; read-only."""
        mapped = np.load(self._folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
        return np.asarray(mapped)  # the bare view: np.memmap's own indexing is several times slower

    def blob(self, name: str) -> Blob:
        """Map the file `name`; read-only."""
        with (self._folder / name).open("rb") as file:
            if self.manifest.files[name].size_bytes == 0:
                return b""
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def sweep(root: Path, *, keep: set[str]) -> None:
    """Remove the snapshots not in `keep`, and what builds that died have left behind."""
    if root.is_dir():
        for path in root.iterdir():
            if path.name.startswith(_PART) or (is_snapshot(path.name) and path.name not in keep):
                shutil.rmtree(path, ignore_errors=True)


def is_snapshot(name: str) -> bool:
    """Tell whether a folder of this name is a snapshot, or one of a Kenshō before 0.2."""
    return is_identity(name) or name.isdecimal()


def _read_manifest(path: Path) -> Manifest:
    try:
        text = path.read_bytes()
        manifest = msgspec.json.decode(text, type=Manifest)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ReadModelError(f"{path}: {error}") from error
    if manifest.encoded() != text:
        raise ReadModelError(f"{path}: its checksum does not fit it")
    return manifest


def _measure(path: Path) -> FileFacts:
    size_bytes = crc32 = 0
    try:
        with path.open("rb", buffering=0) as file:
            while chunk := file.read(_CHUNK_BYTES):
                size_bytes += len(chunk)
                crc32 = zlib.crc32(chunk, crc32)
    except OSError as error:
        raise ReadModelError(f"{path}: {error}") from error
    return FileFacts(size_bytes, crc32)


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
