"""The file of the queue: one SQLite database beside the graph, which every process may write.

It is not in the graph store, because an embedded one belongs to the process that ingests, and is
rebuilt from records: what curators decided is neither. Workers, the command line and ingests write
here at once; decision 0031 has the reasons.

Guarantees: as `SqliteFile`. Readers' words are in it.
"""

from pathlib import Path
from typing import Final

from kensho.platform.sqlite_files import SqliteFile

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


class QueueFile(SqliteFile):
    """The file at a path, opened for each use."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, _SCHEMA, _SCHEMA_VERSION, wait_s=_BUSY_S)
