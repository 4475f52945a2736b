"""Write rows into files: JSON Lines packed by zstd, and Parquet where pyarrow is installed.

Guarantees: memory holds a page of rows a table; equal rows give equal lines. Parquet has the same
rows and members under the same names; ids and dates are texts there too.

pyarrow, of the extra `kensho[parquet]`, is the library that defines Parquet's types for Python; it
is 50 MB, and nothing else here needs it, so it is imported only when Parquet is asked for.
"""

import hashlib
import importlib
import importlib.util
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import NoneType
from typing import Any, Final, get_args, get_origin
from uuid import UUID

import msgspec
import zstandard

from ingest.dumping.manifest import DumpedFile, DumpedTable, sha256_of
from kensho.errors import InvalidInputError

_LEVEL: Final = 6
"""zstd's: 29 MB of works become 6.5 MB in 0.4 s; level 9 takes twice as long for 6 % less."""
_ARROW: Final = "pyarrow"
_SCALARS: Final = {bool: "bool_", int: "int64", float: "float64", str: "string", UUID: "string"}


def has_parquet() -> bool:
    """Tell whether Parquet can be written here."""
    return importlib.util.find_spec(_ARROW) is not None


class LineWriter:
    """Writes rows as packed JSON Lines, and sums up what they are."""

    def __init__(self, root: Path, name: str, stack: ExitStack) -> None:
        """Write `name` under `root`; the file is whole when `stack` is closed."""
        self._root = root
        self._name = f"{name}.jsonl.zst"
        raw = stack.enter_context((root / self._name).open("xb"))
        compressor = zstandard.ZstdCompressor(_LEVEL, write_checksum=True)
        self._file = stack.enter_context(compressor.stream_writer(raw))
        self.sum = ContentSum()

    def write(self, rows: Sequence[msgspec.Struct]) -> bytes:
        """Add rows, and return their lines."""
        lines = self.sum.add(rows)
        self._file.write(lines)
        return lines

    def file(self) -> DumpedFile:
        """Return what was written; ask after the file is closed."""
        return _file(self._root, self._name, self.sum.rows)


class ContentSum:
    """Sums up rows as the lines that they are written as, however these are packed."""

    def __init__(self) -> None:
        self.rows = 0
        self._digest = hashlib.sha256()
        self._encoder = msgspec.json.Encoder()

    def add(self, rows: Sequence[msgspec.Struct]) -> bytes:
        """Add rows, and return their lines."""
        lines = self._encoder.encode_lines(rows)
        self._digest.update(lines)
        self.rows += len(rows)
        return lines

    @property
    def content(self) -> str:
        """Return the SHA-256 of all lines."""
        return self._digest.hexdigest()


class ParquetWriter:
    """Writes rows as a Parquet file, packed by zstd.

    Performance: Arrow reads our lines itself, ten times as fast as it takes objects of Python.
    """

    def __init__(self, root: Path, name: str, row: type[msgspec.Struct], stack: ExitStack) -> None:
        self._root = root
        self._name = f"{name}.parquet"
        self._rows = 0
        self._arrow: Any = importlib.import_module(_ARROW)
        self._json: Any = importlib.import_module(f"{_ARROW}.json")
        parquet: Any = importlib.import_module(f"{_ARROW}.parquet")
        self._schema = self._arrow.schema(self._fields(row))
        self._writer = stack.enter_context(
            parquet.ParquetWriter(str(root / self._name), self._schema, compression="zstd")
        )

    def write(self, lines: bytes, rows: int) -> None:
        """Add the rows of these lines, as a row group."""
        if not rows:
            return
        table = self._json.read_json(
            self._arrow.BufferReader(lines),
            read_options=self._json.ReadOptions(use_threads=False, block_size=len(lines) + 1),
            parse_options=self._json.ParseOptions(
                explicit_schema=self._schema, unexpected_field_behavior="error"
            ),
        )
        self._writer.write_table(table)
        self._rows += rows

    def file(self) -> DumpedFile:
        """Return what was written; ask after the file is closed."""
        return _file(self._root, self._name, self._rows)

    def _fields(self, row: type[msgspec.Struct]) -> list[Any]:
        return [
            self._arrow.field(field.encode_name, self._type(field.type))
            for field in msgspec.structs.fields(row)
        ]

    def _type(self, kind: Any) -> Any:
        """Return the Arrow type of the values of a Python type."""
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            return self._arrow.struct(self._fields(kind))
        if kind in _SCALARS:
            return getattr(self._arrow, _SCALARS[kind])()
        inner = [one for one in get_args(kind) if one not in (NoneType, Ellipsis)]
        if get_origin(kind) is tuple:
            return self._arrow.list_(self._type(inner[0]))
        # What is left is a type or none, one with bounds, or words.
        return self._type(inner[0]) if not isinstance(inner[0], str) else self._arrow.string()


class TableWriter:
    """Writes one table in each form that is asked for."""

    def __init__(
        self, root: Path, name: str, row: type[msgspec.Struct], stack: ExitStack, *, parquet: bool
    ) -> None:
        self._lines = LineWriter(root, name, stack)
        self._parquet = ParquetWriter(root, name, row, stack) if parquet else None

    def write(self, rows: Sequence[msgspec.Struct]) -> None:
        """Add rows."""
        lines = self._lines.write(rows)
        if self._parquet is not None:
            self._parquet.write(lines, len(rows))

    def table(self) -> DumpedTable:
        """Return what was written; ask after the files are closed."""
        parquet = self._parquet.file() if self._parquet is not None else None
        return DumpedTable(self._lines.file(), self._lines.sum.content, parquet)


def require_parquet() -> None:
    """Raise `InvalidInputError` where Parquet can't be written here."""
    if not has_parquet():
        raise InvalidInputError.of(
            "--parquet", "pyarrow is not installed: pip install 'kensho[parquet]'"
        )


def _file(root: Path, name: str, rows: int) -> DumpedFile:
    path = root / name
    return DumpedFile(name, rows, path.stat().st_size, sha256_of(path))
