"""A file of our own that is a SQLite database: opened for each use, by whoever needs it.

Guarantees: what a block writes is kept whole or not at all. Writers wait for one another for a
bounded time, readers for nobody. Without a file there is nothing, and reading makes none. The file
is its owner's only. One that a newer Kenshō wrote is refused.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Final

from kensho.errors import DiskFullError, KenshoError, SchemaVersionError, StorageError
from kensho.platform import private_files

_COPY_WAIT_S: Final = 30.0


class SqliteFile:
    """The file at a path, with the statements that make its schema, in one version."""

    def __init__(
        self,
        path: Path,
        schema: Sequence[str],
        version: int,
        *,
        wait_s: float,
        fault: Callable[[str], KenshoError] = StorageError,
        synchronous: str = "NORMAL",
    ) -> None:
        """Know a file; nothing is opened yet.

        `fault` makes the error of what is wrong with it. Where the machine itself fails,
        `synchronous` FULL loses nothing that was written, NORMAL the last moments.
        """
        self.path: Final = path
        self._schema = schema
        self._version = version
        self._wait_s = wait_s
        self._fault = fault
        self._synchronous = synchronous

    @property
    def exists(self) -> bool:
        """Tell whether there is a file."""
        return self.path.exists()

    @contextlib.contextmanager
    def reading(self) -> Generator[sqlite3.Connection | None]:
        """Yield the open file, or nothing where there is none; raises as `writing`."""
        if not self.exists:
            yield None
            return
        with self._opened() as store:
            yield store

    @contextlib.contextmanager
    def writing(self) -> Generator[sqlite3.Connection]:
        """Yield the open file in a transaction, which is kept if the block ends without an error.

        Raises:
            DiskFullError, SchemaVersionError: as they say.
            KenshoError: a `fault`: the file can't be made, read or written.
        """
        try:
            private_files.make_folder(self.path.parent)
            if not self.exists:
                with open(self.path, "ab", opener=private_files.opener):  # for its owner only
                    pass
        except OSError as error:
            raise self._fault(f"{self.path}: {error.strerror or error}") from error
        with self._opened() as store:
            store.execute("BEGIN IMMEDIATE")
            yield store
            store.execute("COMMIT")

    @contextlib.contextmanager
    def _opened(self) -> Generator[sqlite3.Connection]:
        """Open the file, and tell a failure of it as ours."""
        try:
            store = sqlite3.connect(self.path, timeout=self._wait_s, isolation_level=None)
            with contextlib.closing(store):
                self._prepare(store)
                yield store
        except sqlite3.Error as error:
            told = f"{self.path}: {error}"
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
                raise DiskFullError(told) from error
            raise self._fault(told) from error

    def _prepare(self, store: sqlite3.Connection) -> None:
        store.execute(f"PRAGMA synchronous = {self._synchronous}")
        store.execute("PRAGMA foreign_keys = ON")
        (version,) = store.execute("PRAGMA user_version").fetchone()
        if version == self._version:
            return
        if version > self._version:
            raise SchemaVersionError(
                f"{self.path} was written by a newer Kenshō: schema {version}, not {self._version}"
            )
        store.execute("PRAGMA journal_mode = WAL")
        store.execute("BEGIN IMMEDIATE")
        (version,) = store.execute("PRAGMA user_version").fetchone()
        if version < self._version:  # another process may have been first
            for statement in self._schema:
                store.execute(statement)
            store.execute(f"PRAGMA user_version = {self._version}")
        store.execute("COMMIT")


def copy_of(path: Path) -> bytes:
    """Return the file as of one moment, whoever writes it meanwhile.

    Raises:
        StorageError: it can't be read.
    """
    try:
        with (
            contextlib.closing(sqlite3.connect(path, timeout=_COPY_WAIT_S)) as source,
            contextlib.closing(sqlite3.connect(":memory:")) as copy,
        ):
            source.backup(copy)
            return copy.serialize()
    except sqlite3.Error as error:
        raise StorageError(f"{path}: {error}") from error


def replace_file(staged: Path, path: Path) -> None:
    """Put a whole file in the place of another, which nobody has open, and of what it left open.

    Raises:
        OSError: it can't be put there.
    """
    for left in ("-wal", "-shm"):
        path.with_name(path.name + left).unlink(missing_ok=True)
    staged.replace(path)
