"""Rejects: values of source files that the graph can't take, with line, field and reason.

A reject loses one record or one value of it, never the run. The file is JSON Lines, so that a
curator can grep, count and fix it; values are quoted up to a bounded length, because a broken dump
can hold anything.
"""

import contextlib
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Protocol, Self

import msgspec

from kensho.platform import private_files
from kensho.platform.settings import IngestSettings

MAX_QUOTED_CHARS: Final = 200


class Reject(msgspec.Struct, frozen=True, omit_defaults=True):
    """One refused record or value; `line` counts from 1, records where a file has no lines."""

    source: str
    line: int
    field: str
    value: str
    reason: str
    key: str | None = None


class Rejects(Protocol):
    """Where adapters report what they leave out."""

    def add(
        self, line: int, field: str, value: object, reason: str, *, key: str | None = None
    ) -> None:
        """Report one refused value of `field`, or a whole record where `field` is `"record"`."""


class RejectLog:
    """Counts the rejects of one source and writes them to a file, which the first one creates.

    Those after the first `limit` are counted only; the file's last line says so.
    """

    def __init__(self, source: str, path: Path | None, limit: int | None = None) -> None:
        self.source = source
        self.path = path
        self.count = 0
        self._limit = IngestSettings().max_rejects if limit is None else limit
        self._file: BinaryIO | None = None
        self._stack = contextlib.ExitStack()

    def add(
        self, line: int, field: str, value: object, reason: str, *, key: str | None = None
    ) -> None:
        """Count one reject and write it down."""
        self.count += 1
        if self.path is None or self.count > self._limit + 1:
            return
        if self.count > self._limit:
            line, field, value, key = 0, "rejects", "", None
            reason = f"only the first {self._limit:,} are written (KENSHO_INGEST_MAX_REJECTS)"
        if self._file is None:
            private_files.make_folder(self.path.parent)
            file = open(self.path, "wb", opener=private_files.opener)  # noqa: SIM115
            self._file = self._stack.enter_context(file)
        quoted = str(value)[:MAX_QUOTED_CHARS].encode("utf-8", "replace").decode()
        reject = Reject(self.source, line, field, quoted, reason, key)
        self._file.write(msgspec.json.encode(reject) + b"\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()
