"""A folder of arrays and blobs, with checksums that are written with it and checked on opening.

Guarantees: a folder appears under its name only when every file in it is on disk, and opens only
when every file has the size and CRC-32 that the manifest states. The manifest checks itself:
it must be, byte for byte, the encoding of what it decodes to, its own checksum included. A file is
mapped through the descriptor through which it was checked, and is never changed in place, so that
no page that is read later can be missing. Arrays are `.npy`, read through memory maps, so that all
workers of a machine share one copy. No `sweep` (`folder_lives`) removes a
folder that somebody has open.

Performance: one read of the folder at opening, about 2 GB/s and core.
"""

import contextlib
import io
import math
import mmap
import os
import re
import shutil
import weakref
import zlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from kensho.errors import ReadModelError
from kensho.platform import private_files
from kensho.read_model.folder_lives import MANIFEST, PART, held, take_over
from kensho.read_model.identity import GraphPoint
from kensho.read_model.version import SNAPSHOT_VERSION

_CHUNK_BYTES: Final = 1 << 18
"""Fits the second-level cache, so that what was read is summed before it leaves that."""
_CHECKERS: Final = 4
"""Threads that sum files: more bring nothing where memory is the bound."""
_FILE_NAME: Final = re.compile(r"[a-z0-9_]+\.(?:npy|bin|json)")
_HEADER_BYTES: Final = 4_096
"""The header of an `.npy` file takes 128 bytes for the arrays that are written here."""

_NO_ARRAY: Final = (ValueError, TypeError, SyntaxError, OverflowError, MemoryError, RecursionError)
"""What reading the header of a file raises that was not written as an array."""

_T = TypeVar("_T")

Blob = mmap.mmap | bytes
"""Bytes by offset; an empty file can't be mapped and is read as `b""`."""


class FileFacts(msgspec.Struct, frozen=True):
    """Size and checksum of a file."""

    size_bytes: int
    crc32: int


class Manifest(msgspec.Struct, frozen=True):
    """What the folder holds, of which state of which graph; `checksum` sums the rest."""

    version: int
    point: GraphPoint
    built_at_s: int
    counts: dict[str, int]
    files: dict[str, FileFacts]
    checksum: int = 0

    def encoded(self) -> bytes:
        """Return the only bytes that a sound manifest file may have."""
        bare = msgspec.structs.replace(self, checksum=0)
        summed = msgspec.structs.replace(self, checksum=zlib.crc32(msgspec.json.encode(bare)))
        return msgspec.json.format(msgspec.json.encode(summed))

    @classmethod
    def of(cls, text: bytes, where: object, version: int | None = SNAPSHOT_VERSION) -> Self:
        """Return the manifest of this text, which was read at `where`; `None` takes any version.

        Raises:
            ReadModelError: it is damaged, or of another version.
        """
        try:
            manifest = msgspec.json.decode(text, type=_Versioned)
            if version is not None and manifest.version != version:
                raise ReadModelError(f"{where}: version {manifest.version}, not {version}")
            found = msgspec.json.decode(text, type=cls)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ReadModelError(f"{where}: {error}") from error
        if found.encoded() != text or not all(map(_FILE_NAME.fullmatch, found.files)):
            raise ReadModelError(f"{where}: its checksum does not fit it")
        return found


class _Versioned(msgspec.Struct, frozen=True):
    """What the manifest of any version says."""

    version: int = 0


class SummedFile:
    """A file being written that keeps its own size and CRC-32."""

    def __init__(self, path: Path) -> None:
        self._file: IO[bytes] = open(  # noqa: SIM115 -- closed by `close`
            path, "wb", opener=private_files.opener
        )
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
    """A folder that is written beside its final place, and removed at the end unless committed."""

    def __init__(
        self, root: Path, point: GraphPoint, name: str = "", version: int = SNAPSHOT_VERSION
    ) -> None:
        """Write `root/<name>/`, by default that of the snapshot of `point`."""
        self._final = root / (name or point.identity)
        self._part = root / f"{PART}{self._final.name}-{os.getpid()}"
        self._point = point
        self._version = version
        self._open: dict[str, SummedFile] = {}

    def __enter__(self) -> Self:
        """Make the folder, empty."""
        shutil.rmtree(self._part, ignore_errors=True)
        private_files.make_folder(self._part)
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Remove what was not committed."""
        for file in self._open.values():
            with contextlib.suppress(OSError):  # on a full disk, of what it still wants to write
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

    def commit(self, counts: dict[str, int], *, built_at_s: int) -> Path:
        """Finish every file, write the manifest last, give the folder its name; return it."""
        files = {name: file.finish() for name, file in self._open.items()}
        manifest = SummedFile(self._part / MANIFEST)
        manifest.write(Manifest(self._version, self._point, built_at_s, counts, files).encoded())
        manifest.finish()
        take_over(self._part, self._final)
        return self._final


class OpenFolder:
    """A checked folder; its files are mapped, and it is not removed while this object lives."""

    def __init__(
        self, path: Path, manifest: Manifest, files: Mapping[str, Blob], descriptor: int
    ) -> None:
        self.path: Final = path
        self.manifest: Final = manifest
        self._files = files
        weakref.finalize(self, os.close, descriptor)  # which lets go of the lock

    @classmethod
    def open(
        cls,
        folder: Path,
        version: int | None = SNAPSHOT_VERSION,
        *,
        without: str | None = None,
        is_checked: bool = False,
    ) -> Self:
        """Check and map every file of `folder`, which is of this version; `None` takes any.

        Files whose names begin with `without` are left out. Sums are not checked again of a folder
        that `is_checked`: it is the one that this process opened before.

        Raises:
            ReadModelError: a file is missing, cut or altered (it is named), or the version is
            another.
        """
        descriptor = held(folder)
        try:
            text = _read(folder, MANIFEST, descriptor)
            manifest = Manifest.of(text, folder / MANIFEST, version)
            named = {
                name: facts
                for name, facts in manifest.files.items()
                if without is None or not name.startswith(without)
            }
            files = _all_mapped(folder, named, descriptor, is_checked=is_checked)
        except BaseException:
            os.close(descriptor)
            raise
        return cls(folder, manifest, files, descriptor)

    def array(self, name: str) -> npt.NDArray[Any]:
        """Return the mapped array of `<name>.npy`; read-only.

        Raises:
            ReadModelError: there is no such file, or it is no whole array of numbers.
        """
        file = f"{name}.npy"
        try:
            return _array_in(self.blob(file))
        except _NO_ARRAY as error:
            raise ReadModelError(f"{self.path / file}: no array: {error}") from error

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return every array by its name; raises as `array`."""
        names = [file.removesuffix(".npy") for file in self._files if file.endswith(".npy")]
        return {name: self.array(name) for name in names}

    def blob(self, name: str) -> Blob:
        """Return the mapped file `name`; read-only.

        Raises:
            ReadModelError: there is no such file.
        """
        found = self._files.get(name)
        if found is None:
            raise ReadModelError(f"{self.path / name}: is missing")
        return found

    def unmap_pages(self) -> None:
        """Let go of the pages that were read; what is read again comes from the page cache."""
        for blob in self._files.values():
            if isinstance(blob, mmap.mmap):
                blob.madvise(mmap.MADV_DONTNEED)

    def decoded(self, name: str, kind: type[_T]) -> _T:
        """Return what the JSON file `name` says.

        Raises:
            ReadModelError: there is no such file, or it says something else than a `kind`.
        """
        try:
            return msgspec.json.decode(self.blob(name)[:], type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ReadModelError(f"{self.path / name}: {error}") from error


def _array_in(blob: Blob) -> npt.NDArray[Any]:
    """Return the array that fills the bytes of an `.npy` file to the last one."""
    header = io.BytesIO(blob[:_HEADER_BYTES])
    np.lib.format.read_magic(header)
    shape, by_columns, dtype = np.lib.format.read_array_header_1_0(header)
    size, begin = math.prod(shape), header.tell()
    if min(shape, default=0) < 0 or size * dtype.itemsize != len(blob) - begin:
        raise ValueError(f"{shape} numbers of {dtype} in {len(blob) - begin} bytes")
    if not size:
        return np.empty(shape, dtype)
    flat = np.frombuffer(blob, dtype, size, begin)
    if not flat.flags.aligned:
        raise ValueError("its numbers begin at an odd address")
    return flat.reshape(shape, order="F" if by_columns else "C")


def _read(folder: Path, name: str, within: int) -> bytes:
    try:
        descriptor = os.open(name, os.O_RDONLY, dir_fd=within)
        with os.fdopen(descriptor, "rb") as file:
            return file.read()
    except OSError as error:
        raise ReadModelError(f"{folder / name}: {error.strerror}") from error


def _all_mapped(
    folder: Path, files: Mapping[str, FileFacts], within: int, *, is_checked: bool
) -> dict[str, Blob]:
    """Return every file as it is mapped; they are checked side by side, the largest first."""
    largest_first = sorted(files.items(), key=lambda item: -item[1].size_bytes)

    def mapped(item: tuple[str, FileFacts]) -> tuple[str, Blob]:
        name, facts = item
        return name, _mapped(folder, name, facts, within, is_checked=is_checked)

    with ThreadPoolExecutor(_CHECKERS) as pool:
        return dict(pool.map(mapped, largest_first))


def _mapped(folder: Path, name: str, facts: FileFacts, within: int, *, is_checked: bool) -> Blob:
    """Return the file `name` as it is mapped; checked through the same descriptor before."""
    try:
        descriptor = os.open(name, os.O_RDONLY, dir_fd=within)
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            size = os.fstat(descriptor).st_size
            found = FileFacts(size, facts.crc32) if is_checked else measured(file)
            if found != facts:
                raise ReadModelError(f"{folder / name}: {found} where {facts} was written")
            if facts.size_bytes == 0:
                return b""
            return mmap.mmap(descriptor, facts.size_bytes, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        raise ReadModelError(f"{folder / name}: {error}") from error


def measured(file: io.FileIO) -> FileFacts:
    """Return size and CRC-32 of what is left to read of `file`, which is open without a buffer."""
    size_bytes = crc32 = 0
    chunk = memoryview(bytearray(_CHUNK_BYTES))
    while read := file.readinto(chunk):
        size_bytes += read
        crc32 = zlib.crc32(chunk[:read], crc32)
    return FileFacts(size_bytes, crc32)
