"""Open source files (plain, `.gz` or `.zst`, by their first bytes) as streams.

Every way in which a file can be broken as a whole (truncated, corrupt archive, wrong encoding)
becomes one `SourceFileError` that names the path and, where there is one, the line.
"""

import gzip
import io
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, cast

import zstandard
from typing_extensions import override

from kensho.errors import SourceFileError

_GZIP_MAGIC: Final = b"\x1f\x8b"
_ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
_CHUNK_BYTES: Final = 1024 * 1024
_MAX_LINE_BYTES: Final = 16 * 1024 * 1024
"""A longer line is no record of any source; without a bound one line could fill the memory."""


class SourceFile:
    """A local file of some source; each call of a reading method opens it afresh."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.line = 0
        """The line that was read last, while `lines` is being read; 0 where a file has none."""
        self._is_whole = False

    @property
    def name(self) -> str:
        """Return the file's name without the suffix of its compression."""
        return self.path.name.removesuffix(".zst").removesuffix(".gz")

    @contextmanager
    def open(self) -> Generator[BinaryIO]:
        """Open the decompressed bytes; a fault while reading raises `SourceFileError`."""
        try:
            self._check_archive()
            with self.path.open("rb") as raw, self._decompressed(raw) as stream:
                yield stream
        except (OSError, EOFError, zlib.error, zstandard.ZstdError) as error:
            raise SourceFileError(f"{self.path}: {_fault(error)}") from error

    def _check_archive(self) -> None:
        """Read an archive to its end, once: a truncated one is refused before its first line."""
        if self._is_whole:
            return
        with self.path.open("rb") as raw, self._decompressed(raw) as stream:
            while stream is not raw and stream.read(_CHUNK_BYTES):
                pass
        self._is_whole = True

    @contextmanager
    def _decompressed(self, raw: BinaryIO) -> Generator[BinaryIO]:
        magic = raw.read(4)
        raw.seek(0)
        if not magic:
            raise SourceFileError(f"{self.path}: the file is empty")
        if magic.startswith(_GZIP_MAGIC):
            with gzip.open(raw) as stream:
                yield cast("BinaryIO", stream)
        elif magic == _ZSTD_MAGIC:
            with _CheckedZstd(raw) as zstd:
                yield cast("BinaryIO", zstd)
        else:
            yield raw

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Yield (number from 1, line without its end) of each line that is not blank, in UTF-8."""
        with self.open() as stream:
            number = 0
            while line := stream.readline(_MAX_LINE_BYTES + 1):
                number += 1
                if len(line) > _MAX_LINE_BYTES:
                    raise SourceFileError(f"{self.path}: line {number} is over 16 MiB long")
                self._check_utf8(line, number)
                if stripped := line.strip(b"\r\n\t \xef\xbb\xbf" if number == 1 else b"\r\n\t "):
                    self.line = number
                    yield number, stripped

    def _check_utf8(self, line: bytes, number: int) -> None:
        try:
            line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise SourceFileError(
                f"{self.path}: line {number} is not UTF-8 "
                f"(byte {error.start}: {line[error.start]:#04x})"
            ) from error


class _CheckedZstd(io.BufferedReader):
    """A zstd stream that raises where it ends in a frame; `zstandard`'s own reader does not."""

    def __init__(self, raw: BinaryIO) -> None:
        super().__init__(_ZstdFrames(raw), 1024 * 1024)


class _ZstdFrames(io.RawIOBase):
    """Decompress frame after frame; at the end of input the last frame must be complete."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._pending = b""
        self._at_frame_start = True

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._pending:
            chunk = self._raw.read(128 * 1024)
            if not chunk:
                if not self._at_frame_start:
                    raise EOFError("the zstd archive ends in the middle of a frame")
                return 0
            self._pending = self._feed(chunk)
        size = min(len(buffer), len(self._pending))
        buffer[:size] = self._pending[:size]
        self._pending = self._pending[size:]
        return size

    def _feed(self, chunk: bytes) -> bytes:
        out = [self._frame.decompress(chunk)]
        self._at_frame_start = False
        while self._frame.eof:
            rest = self._frame.unused_data
            self._frame = zstandard.ZstdDecompressor().decompressobj()
            self._at_frame_start = not rest
            if not rest:
                break
            out.append(self._frame.decompress(rest))
        return b"".join(out)


def _fault(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, EOFError):
        return f"the file is truncated: {error}"
    return f"the archive is corrupt: {error}" if not isinstance(error, OSError) else str(error)
