"""What a backup says: pages of rows, files, and at its end what must have come before."""

import hashlib
from typing import TypeAlias

import msgspec

from kensho.storage.migrations import Applied


class RowsPage(msgspec.Struct, frozen=True, tag="rows"):
    """Rows of a table as the engine states them, as CBOR of a list."""

    table: str
    count: int
    rows: bytes


class KeptFile(msgspec.Struct, frozen=True, tag="file"):
    """A file by its place in a backup, such as `curation/accepted.toml`."""

    name: str
    content: bytes


class TableTally(msgspec.Struct, frozen=True):
    """A table: how many rows of it there are, and the digest of its pages one after another."""

    name: str
    rows: int
    digest: str


class FileTally(msgspec.Struct, frozen=True):
    """A file: its bytes, and their digest."""

    name: str
    size: int
    digest: str


class Contents(msgspec.Struct, frozen=True, tag="contents"):
    """All that a backup has; its last message.

    `migrations` are those of the store whose rows are here; none where there was no store.
    `notes` say what is not here, though it can't be made again.
    """

    kensho: str
    made_at: str
    migrations: tuple[Applied, ...]
    tables: tuple[TableTally, ...]
    files: tuple[FileTally, ...]
    notes: tuple[str, ...]

    @property
    def rows(self) -> int:
        """Return how many rows there are in all."""
        return sum(table.rows for table in self.tables)


BackupMessage: TypeAlias = RowsPage | KeptFile | Contents


class _Running:
    """What was counted of a table so far."""

    def __init__(self) -> None:
        self.rows = 0
        self.digest = hashlib.sha256()


class Tallies:
    """Counts and digests of what was written or read, in the order in which it first came."""

    def __init__(self) -> None:
        self._tables: dict[str, _Running] = {}
        self._files: list[FileTally] = []

    def begin(self, table: str) -> None:
        """Know a table, which may have no rows."""
        self._tables.setdefault(table, _Running())

    def add(self, message: RowsPage | KeptFile) -> None:
        """Count a message."""
        if isinstance(message, KeptFile):
            digest = hashlib.sha256(message.content).hexdigest()
            self._files.append(FileTally(message.name, len(message.content), digest))
            return
        self.begin(message.table)
        running = self._tables[message.table]
        running.digest.update(message.rows)
        running.rows += message.count

    @property
    def tables(self) -> tuple[TableTally, ...]:
        """Return the tables so far."""
        found = self._tables.items()
        return tuple(TableTally(name, one.rows, one.digest.hexdigest()) for name, one in found)

    @property
    def files(self) -> tuple[FileTally, ...]:
        """Return the files so far."""
        return tuple(self._files)
