"""What is known of webhooks and deliveries, in a SQLite file of its own.

Guarantees: a publication is noted as told together with the deliveries that tell it, in one
transaction, so that none is lost or made twice however a process ends. The file is its owner's
only: it holds secrets. Any process of the machine may open it at any time.
"""

import contextlib
import sqlite3
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

from kensho.errors import NotFoundError, SettingsError
from kensho.platform.sqlite_files import SqliteFile

FILE: Final = "webhooks.db"
State: TypeAlias = Literal["pending", "delivered", "failed"]
_WAIT_S: Final = 10.0
_VERSION: Final = 1
_KEPT: Final = 200
"""Deliveries that are done and still listed, of each webhook."""
_SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS webhook (
      id TEXT PRIMARY KEY, url TEXT NOT NULL, secret TEXT NOT NULL, franchise TEXT, kind TEXT,
      safe INTEGER NOT NULL, created_s REAL NOT NULL, told TEXT NOT NULL, disabled TEXT
    )""",
    """CREATE TABLE IF NOT EXISTS delivery (
      number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
      webhook TEXT NOT NULL REFERENCES webhook(id) ON DELETE CASCADE, body BLOB NOT NULL,
      created_s REAL NOT NULL, state TEXT NOT NULL DEFAULT 'pending',
      attempts INTEGER NOT NULL DEFAULT 0, first_s REAL, due_s REAL NOT NULL, last_s REAL,
      answer TEXT
    )""",
    "CREATE INDEX IF NOT EXISTS delivery_waiting ON delivery (state, webhook, number)",
)


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """An address that is told of changes: of a franchise, of kinds; `safe` leaves adult works out.

    `told` is the id of the last event that deliveries were made of (`discovery.change_stream`).
    `disabled` says why nothing is sent any more.
    """

    id: str
    url: str
    secret: str
    franchise: str | None
    kind: str | None
    safe: bool
    created_s: float
    told: str
    disabled: str | None = None


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """A message for a webhook: what it says, how often it was tried, and what was answered last.

    Times are in seconds since 1970; `due_s` is when it is tried next.
    """

    id: str
    webhook: str
    body: bytes
    created_s: float
    state: State = "pending"
    attempts: int = 0
    first_s: float | None = None
    due_s: float
    last_s: float | None = None
    answer: str | None = None


class DeliveryCounts(NamedTuple):
    """How many deliveries of a webhook wait, were taken, and failed."""

    pending: int
    delivered: int
    failed: int


class WebhookStore:
    """Webhooks and deliveries; each call is a transaction of its own."""

    def __init__(self, folder: Path) -> None:
        self._file = SqliteFile(
            folder / FILE, _SCHEMA, _VERSION, wait_s=_WAIT_S, fault=_fault, synchronous="FULL"
        )

    @property
    def exists(self) -> bool:
        """Tell whether any webhook was ever added here."""
        return self._file.exists

    def add(self, webhook: Webhook) -> None:
        """Add a webhook."""
        with self._changing() as db:
            db.execute(
                "INSERT INTO webhook VALUES (:id, :url, :secret, :franchise, :kind, :safe,"
                " :created_s, :told, :disabled)",
                msgspec.structs.asdict(webhook),
            )

    def remove(self, webhook: str) -> None:
        """Remove a webhook and its deliveries; raises `NotFoundError`."""
        with self._changing() as db:
            if not db.execute("DELETE FROM webhook WHERE id = ?", (webhook,)).rowcount:
                raise NotFoundError(f"there is no webhook {webhook!r}")

    def enable(self, webhook: str, now_s: float) -> None:
        """Let a webhook be sent to again, also what waits; raises `NotFoundError`."""
        with self._changing() as db:
            changed = db.execute("UPDATE webhook SET disabled = NULL WHERE id = ?", (webhook,))
            if not changed.rowcount:
                raise NotFoundError(f"there is no webhook {webhook!r}")
            db.execute(
                "UPDATE delivery SET due_s = ?, first_s = NULL, attempts = 0"
                " WHERE webhook = ? AND state = 'pending'",
                (now_s, webhook),
            )

    def webhooks(self) -> list[Webhook]:
        """Return all webhooks, the oldest first."""
        if not self.exists:
            return []
        with self._changing() as db:
            rows = db.execute("SELECT * FROM webhook ORDER BY created_s, id").fetchall()
        return [msgspec.convert(dict(row), Webhook, strict=False) for row in rows]

    def note_told(self, webhook: str, last: str, told: str, deliveries: Sequence[Delivery]) -> bool:
        """Note that events up to `told` are in these deliveries; false where others did so first.

        `last` is what was noted before.
        """
        with self._changing() as db:
            noted = db.execute(
                "UPDATE webhook SET told = ? WHERE id = ? AND told = ?", (told, webhook, last)
            )
            if not noted.rowcount:
                return False
            db.executemany(
                "INSERT INTO delivery (id, webhook, body, created_s, due_s)"
                " VALUES (:id, :webhook, :body, :created_s, :due_s)",
                [msgspec.structs.asdict(one) for one in deliveries],
            )
            return True

    def next_of_each(self) -> list[Delivery]:
        """Return the first waiting delivery of each webhook that is not disabled.

        One that waits for its next attempt holds back those after it: none overtakes another.
        """
        with self._changing() as db:
            rows = db.execute(
                "SELECT d.* FROM delivery d JOIN webhook w ON w.id = d.webhook"
                " WHERE w.disabled IS NULL AND d.number IN"
                " (SELECT min(number) FROM delivery WHERE state = 'pending' GROUP BY webhook)"
                " ORDER BY d.due_s"
            ).fetchall()
        return [_delivery(row) for row in rows]

    def deliveries(self, webhook: str) -> list[Delivery]:
        """Return the deliveries of a webhook that are still known, the oldest first."""
        with self._changing() as db:
            rows = db.execute(
                "SELECT * FROM delivery WHERE webhook = ? ORDER BY number", (webhook,)
            ).fetchall()
        return [_delivery(row) for row in rows]

    def counts(self, webhook: str) -> DeliveryCounts:
        """Return how many deliveries of a webhook are in which state."""
        with self._changing() as db:
            rows = db.execute(
                "SELECT state, count(*) FROM delivery WHERE webhook = ? GROUP BY state", (webhook,)
            ).fetchall()
        found: dict[str, int] = {row[0]: row[1] for row in rows}
        return DeliveryCounts(*(found.get(name, 0) for name in DeliveryCounts._fields))

    def note_attempt(self, delivery: Delivery, *, disabled: str | None = None) -> None:
        """Keep what became of an attempt; with `disabled`, its webhook is sent nothing any more."""
        with self._changing() as db:
            db.execute(
                "UPDATE delivery SET state = :state, attempts = :attempts, first_s = :first_s,"
                " due_s = :due_s, last_s = :last_s, answer = :answer WHERE id = :id",
                msgspec.structs.asdict(delivery),
            )
            if disabled is not None:
                db.execute(
                    "UPDATE webhook SET disabled = ? WHERE id = ?", (disabled, delivery.webhook)
                )
            db.execute(
                "DELETE FROM delivery WHERE webhook = ? AND state <> 'pending' AND number NOT IN"
                " (SELECT number FROM delivery WHERE webhook = ? AND state <> 'pending'"
                "  ORDER BY number DESC LIMIT ?)",
                (delivery.webhook, delivery.webhook, _KEPT),
            )

    @contextlib.contextmanager
    def _changing(self) -> Generator[sqlite3.Connection]:
        """Open the file for one transaction.

        Raises:
            SettingsError: it can't be opened, or is none of ours.
        """
        with self._file.writing() as db:
            db.row_factory = sqlite3.Row
            yield db


def _fault(told: str) -> SettingsError:
    return SettingsError(f"KENSHO_WEBHOOKS_DIR: {told}")


def _delivery(row: sqlite3.Row) -> Delivery:
    named = {name: row[name] for name in Delivery.__struct_fields__}
    return Delivery(**named)
