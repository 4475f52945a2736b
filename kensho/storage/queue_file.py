"""The file of the queue: one SQLite database beside the graph, which every process may write.

It is not in the graph store, because an embedded one belongs to the process that ingests, and is
rebuilt from records: what curators decided is neither. Workers, the command line and ingests write
here at once; decision 0031 has the reasons.

Guarantees: what a block writes is kept whole or not at all. Writers wait for one another for up to
`_BUSY_S`, readers for nobody. Without a file there is nothing, and reading makes none. The file is
its owner's only: readers' words are in it.
"""

import contextlib
import sqlite3
from collections.abc import Generator
from pathlib import Path
from typing import Final

from kensho.errors import DiskFullError, SchemaVersionError, StorageError
from kensho.platform import private_files

_BUSY_S: Final = 5.0
_SCHEMA_VERSION: Final = 1
_SCHEMA: Final = (
    """CREATE TABLE item (
        id TEXT PRIMARY KEY, kind TEXT NOT NULL, digest TEXT NOT NULL, state TEXT NOT NULL,
        sentence TEXT NOT NULL, evidence BLOB NOT NULL, works BLOB NOT NULL, page TEXT, text TEXT,
        assignee TEXT, weight REAL NOT NULL, adult INTEGER NOT NULL, is_gone INTEGER NOT NULL,
        found_at TEXT NOT NULL, changed_at TEXT NOT NULL, version INTEGER NOT NULL
    ) WITHOUT ROWID""",
    "CREATE INDEX item_order ON item (weight DESC, id, state, kind, adult, assignee)",
    "CREATE INDEX item_state ON item (state, kind, adult, assignee)",
    "CREATE TABLE item_work (work TEXT, item TEXT, PRIMARY KEY (work, item)) WITHOUT ROWID",
    "CREATE INDEX item_work_item ON item_work (item)",
    """CREATE TABLE change (
        number INTEGER PRIMARY KEY, item TEXT NOT NULL, at TEXT NOT NULL, author TEXT NOT NULL,
        action TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, reason TEXT, assignee TEXT
    )""",
    "CREATE INDEX change_item ON change (item, number)",
    """CREATE TABLE search (
        text TEXT, day TEXT, work TEXT, times INTEGER NOT NULL, PRIMARY KEY (text, day, work)
    ) WITHOUT ROWID""",
    "CREATE INDEX search_day ON search (day)",
)
"""`item_order` has all that a list asks for, so that a page reads the items that it shows and no
others. `search` counts texts by day: with `work`, the one that people opened after they had
corrected the text; with an empty one, searches that nothing answered."""


class QueueFile:
    """The file at a path, opened for each use."""

    def __init__(self, path: Path) -> None:
        self.path: Final = path

    @contextlib.contextmanager
    def reading(self) -> Generator[sqlite3.Connection | None]:
        """Yield the open file, or nothing where there is none."""
        if not self.path.exists():
            yield None
            return
        with self._opened() as store:
            yield store

    @contextlib.contextmanager
    def writing(self) -> Generator[sqlite3.Connection]:
        """Yield the open file in a transaction, which is kept if the block ends without an error.

        Raises:
            StorageError: the file can't be made, read or written.
        """
        try:
            private_files.make_folder(self.path.parent)
            if not self.path.exists():
                with open(self.path, "ab", opener=private_files.opener):  # for its owner only
                    pass
        except OSError as error:
            raise StorageError(f"{self.path}: {error.strerror or error}") from error
        with self._opened() as store:
            store.execute("BEGIN IMMEDIATE")
            yield store
            store.execute("COMMIT")

    @contextlib.contextmanager
    def _opened(self) -> Generator[sqlite3.Connection]:
        """Open the file, and tell a failure of it as ours."""
        try:
            store = sqlite3.connect(self.path, timeout=_BUSY_S, isolation_level=None)
            with contextlib.closing(store):
                _prepare(store)
                yield store
        except sqlite3.Error as error:
            told = f"{self.path}: {error}"
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
                raise DiskFullError(told) from error
            raise StorageError(told) from error


def _prepare(store: sqlite3.Connection) -> None:
    store.execute("PRAGMA synchronous = NORMAL")
    (version,) = store.execute("PRAGMA user_version").fetchone()
    if version == _SCHEMA_VERSION:
        return
    if version > _SCHEMA_VERSION:
        raise SchemaVersionError(f"the queue was written by a newer Kenshō: schema {version}")
    store.execute("PRAGMA journal_mode = WAL")
    store.execute("BEGIN IMMEDIATE")
    (version,) = store.execute("PRAGMA user_version").fetchone()
    if version < _SCHEMA_VERSION:  # another process may have been first
        for statement in _SCHEMA:
            store.execute(statement)
        store.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
    store.execute("COMMIT")
