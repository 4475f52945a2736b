"""Open source files (plain, `.gz`, `.zst`, `.xz` or `.zip`, by their first bytes) as streams.

Every way in which a file can be broken as a whole (truncated, corrupt archive, wrong encoding)
becomes one `SourceFileError` that names the path and, where there is one, the line.
"""

import lzma
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, cast

import zstandard

from ingest.reading.bounds import over_limit
from ingest.reading.record_keys import RecordKeys
from ingest.reading.rejects import Rejects
from ingest.reading.unpacking import unpacked
from kensho.errors import SourceFileError
from kensho.platform.settings import IngestSettings

PACKINGS: Final = frozenset((".gz", ".zst", ".xz", ".zip"))
_CHUNK_BYTES: Final = 1024 * 1024
_QUOTED_BYTES: Final = 200


def unpacked_name(path: Path) -> str:
    """Return a file's name without the suffix of its compression."""
    return path.name.removesuffix(path.suffix) if path.suffix in PACKINGS else path.name


class SourceFile:
    """A local file of some source; each call of a reading method opens it afresh."""

    def __init__(
        self, path: Path, limits: IngestSettings | None = None, keys: RecordKeys | None = None
    ) -> None:
        """Read `path` within `limits`; `keys` counts the keys of the records that are read."""
        self.path = path
        self.keys = keys
        self.limits = limits or IngestSettings()
        self.line = 0
        """The line that was read last, while `lines` is being read; 0 where a file has none."""
        self.relation_lines: dict[tuple[str, str], int] = {}
        """In files that people write, the line that relates a record's key to another id."""
        self._is_whole = False

    @property
    def name(self) -> str:
        """Return the file's name without the suffix of its compression."""
        return unpacked_name(self.path)

    @contextmanager
    def open(self) -> Generator[BinaryIO]:
        """Open the decompressed bytes; a fault while reading raises `SourceFileError`."""
        try:
            self._check_archive()
            with self.path.open("rb") as raw, self._decompressed(raw) as stream:
                yield stream
        except (OSError, EOFError, zlib.error, lzma.LZMAError, zstandard.ZstdError) as error:
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
        archive = unpacked(raw, magic, self.path, self.limits)
        if archive is not None:
            with archive:
                yield cast("BinaryIO", archive)
            return
        if self.path.stat().st_size > self.limits.max_unpacked_bytes:
            raise over_limit(self.path, "its size", "max_unpacked_bytes", self.limits)
        yield raw

    def lines(self, rejects: Rejects | None = None) -> Iterator[tuple[int, bytes]]:
        """Yield (number from 1, line without its end) of each line that is not blank, in UTF-8.

        A line over the limit is one reject; the file's first one, or any without `rejects`, raises.
        """
        limit = self.limits.max_record_bytes
        with self.open() as stream:
            number = 0
            while line := stream.readline(limit + 1):
                number += 1
                if len(line) > limit:
                    self._refuse_line(stream, line, number, rejects)
                    continue
                self._check_utf8(line, number)
                if stripped := line.strip(b"\r\n\t \xef\xbb\xbf" if number == 1 else b"\r\n\t "):
                    self.line = number
                    yield number, stripped

    def _refuse_line(
        self, stream: BinaryIO, line: bytes, number: int, rejects: Rejects | None
    ) -> None:
        """Report a line over the limit, and read on to its end without keeping it."""
        error = over_limit(self.path, f"line {number}", "max_record_bytes", self.limits)
        if rejects is None or number == 1:
            raise error
        rejects.add(
            number, "record", line[:_QUOTED_BYTES].decode("utf-8", "replace"), error.message
        )
        while line and not line.endswith(b"\n"):
            line = stream.readline(_CHUNK_BYTES)

    def _check_utf8(self, line: bytes, number: int) -> None:
        try:
            line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise SourceFileError(
                f"{self.path}: line {number} is not UTF-8 "
                f"(byte {error.start}: {line[error.start]:#04x})"
            ) from error


def _fault(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, EOFError):
        return f"the file is truncated: {error}"
    return f"the archive is corrupt: {error}" if not isinstance(error, OSError) else str(error)
