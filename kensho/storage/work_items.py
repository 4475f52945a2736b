"""Work items in the file of the queue: lists of them, changes, and what is found anew.

Guarantees: a change and its line of history are written together or not at all. The text of a
statement is made of words of this module alone; every value is bound.

Performance: of 5,000 items a page with its counts takes 4 ms (`benchmarks/bench_queue.py`). No
function here is for an event loop.
"""

import datetime as dt
import sqlite3
from collections.abc import Container, Iterable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

from kensho.domain import work_items
from kensho.domain.work_items import (
    BY_ITSELF,
    STATE_AFTER,
    UNDONE,
    FoundItem,
    ItemChange,
    ItemChangeRequest,
    ItemKind,
    ItemState,
    ItemWork,
    QueueItem,
    RefreshCounts,
)
from kensho.errors import ConflictError, NotFoundError
from kensho.storage.queue_file import QueueFile

_COLUMNS: Final = (
    "id, kind, state, sentence, evidence, works, page, text, assignee, weight, adult, found_at,"
    " changed_at, version"
)


class ItemFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which items are asked for; `assignee` is a name, or "" for items that nobody has."""

    kind: ItemKind | None = None
    states: tuple[ItemState, ...] = UNDONE
    assignee: str | None = None
    work: UUID | None = None
    safe: bool = True


class ItemPage(NamedTuple):
    """Part of a list: the items, how many there are in all, and how many are hidden as adult."""

    items: list[QueueItem]
    total: int
    hidden: int
    is_last: bool


class WorkItemStore:
    """The items in one file."""

    def __init__(self, path: Path) -> None:
        self.file: Final = QueueFile(path)

    def page(self, chosen: ItemFilter, limit: int, after: str | None = None) -> ItemPage:
        """Return items by weight, those after the item `after`; from the first if that is gone."""
        where, values = _condition(chosen)
        shown = f"({where}) AND (adult = 0 OR ?)"
        allowed = (*values, int(not chosen.safe))
        with self.file.reading() as store:
            if store is None:
                return ItemPage([], 0, 0, is_last=True)
            whole = store.execute(
                f"SELECT count(*), coalesce(sum(adult), 0) FROM item WHERE {where}", values
            ).fetchone()
            last = store.execute("SELECT weight, id FROM item WHERE id = ?", (after,)).fetchone()
            if last is not None:
                shown += " AND (weight < ? OR (weight = ? AND id > ?))"
                allowed = (*allowed, last[0], last[0], last[1])
            rows = store.execute(
                f"SELECT {_COLUMNS} FROM item WHERE id IN ("
                f"SELECT id FROM item INDEXED BY item_order WHERE {shown}"
                " ORDER BY weight DESC, id LIMIT ?) ORDER BY weight DESC, id",
                (*allowed, limit + 1),
            ).fetchall()
        hidden = int(whole[1]) if chosen.safe else 0
        items = [_item(row) for row in rows[:limit]]
        return ItemPage(items, int(whole[0]) - hidden, hidden, is_last=len(rows) <= limit)

    def counts(self, *, safe: bool) -> dict[tuple[ItemState, ItemKind], int]:
        """Return how many items there are of each state and kind."""
        with self.file.reading() as store:
            if store is None:
                return {}
            rows = store.execute(
                "SELECT state, kind, count(*) FROM item WHERE adult = 0 OR ? GROUP BY state, kind",
                (int(not safe),),
            ).fetchall()
        return {(row[0], row[1]): row[2] for row in rows}

    def item(self, id_: str) -> QueueItem:
        """Return an item.

        Raises:
            NotFoundError: there is none of this id.
        """
        with self.file.reading() as store:
            row = None if store is None else _row(store, id_)
        if row is None:
            raise NotFoundError(f"there is no work item {id_[:40]!r}")
        return _item(row)

    def changes(self, id_: str) -> list[ItemChange]:
        """Return what became of an item, the latest last."""
        with self.file.reading() as store:
            if store is None:
                return []
            rows = store.execute(
                "SELECT at, author, action, before, after, reason, assignee FROM change"
                " WHERE item = ? ORDER BY number",
                (id_,),
            ).fetchall()
        return [ItemChange(*row) for row in rows]

    def is_found_as(self, id_: str, *facts: str) -> bool:
        """Tell whether an item is found now, with these facts, as it was when it was last found."""
        with self.file.reading() as store:
            row = (
                None
                if store is None
                else store.execute(
                    "SELECT digest FROM item WHERE id = ? AND is_gone = 0", (id_,)
                ).fetchone()
            )
        return row is not None and row[0] == work_items.digest_of(*facts)

    def change(self, id_: str, asked: ItemChangeRequest, now: dt.datetime) -> QueueItem:
        """Change an item as somebody asks; return it as it is then.

        Raises:
            InvalidInputError: the request makes no sense, as `work_items.checked` says.
            NotFoundError: there is no such item.
            ConflictError: somebody changed it since it was seen, or it is so already.
        """
        request = work_items.checked(asked)
        with self.file.writing() as store:
            row = _row(store, id_)
            if row is None:
                raise NotFoundError(f"there is no work item {id_[:40]!r}")
            item = _item(row)
            _check_unchanged(store, item, request)
            state = STATE_AFTER.get(request.action, item.state)
            assignee = request.assignee if request.action == "assign" else item.assignee
            _log(
                store,
                id_,
                ItemChange(
                    _text(now),
                    request.author,
                    request.action,
                    item.state,
                    state,
                    request.reason or None,
                    assignee if request.action == "assign" else None,
                ),
            )
            store.execute(
                "UPDATE item SET state = ?, assignee = ? WHERE id = ?", (state, assignee, id_)
            )
            changed = _row(store, id_)
        assert changed is not None  # noqa: S101 -- it was there in this transaction
        return _item(changed)

    def refresh(
        self,
        kinds: Sequence[ItemKind],
        found: Iterable[FoundItem],
        now: dt.datetime,
        within: Container[str] | None = None,
    ) -> RefreshCounts:
        """Take over all items of some kinds as they are found now; those not found are done.

        Where not everything was looked at, `within` are the ids of the items that were looked for.
        """
        with self.file.writing() as store:
            marks = ",".join("?" * len(kinds))
            known = {
                row[0]: (row[1], row[2], bool(row[3]))
                for row in store.execute(
                    f"SELECT id, digest, state, is_gone FROM item WHERE kind IN ({marks})",
                    tuple(kinds),
                )
            }
            new, changed = 0, 0
            seen: set[str] = set()
            for one in found:
                if one.id in seen:
                    continue
                seen.add(one.id)
                if one.id not in known:
                    new += 1
                    _insert(store, one, now)
                else:
                    changed += _found_again(store, one, known[one.id], now)
            sought = known if within is None else [id_ for id_ in known if id_ in within]
            gone = [id_ for id_ in sought if id_ not in seen and not known[id_][2]]
            for id_ in gone:
                _close(store, id_, known[id_][1], now)
        return RefreshCounts(new, changed, len(gone), len(seen) - new - changed)

    def found_of(self, kinds: Sequence[ItemKind], works: Iterable[UUID]) -> list[QueueItem]:
        """Return the items of some kinds that are still found and are about any of these works."""
        with self.file.reading() as store:
            if store is None:
                return []
            marks = ",".join("?" * len(kinds))
            rows = {
                row[0]: row
                for work in works
                for row in store.execute(
                    f"SELECT {_COLUMNS} FROM item WHERE is_gone = 0 AND kind IN ({marks})"
                    " AND id IN (SELECT item FROM item_work WHERE work = ?)",
                    (*kinds, str(work)),
                )
            }
        return [_item(rows[id_]) for id_ in sorted(rows)]

    def add(self, one: FoundItem, now: dt.datetime) -> None:
        """Add one item; one that is there already is as if it was found again."""
        with self.file.writing() as store:
            put(store, one, now)

    def searched(self) -> list[QueueItem]:
        """Return the items of searches that there is something to do about."""
        with self.file.reading() as store:
            if store is None:
                return []
            rows = store.execute(
                f"SELECT {_COLUMNS} FROM item WHERE kind = 'search'"
                " AND state IN ('open', 'accepted') ORDER BY id"
            ).fetchall()
        return [_item(row) for row in rows]

    def close(self, ids: Iterable[str], reason: str, now: dt.datetime) -> None:
        """Say that items are done by themselves."""
        with self.file.writing() as store:
            for id_ in ids:
                row = _row(store, id_)
                if row is not None:
                    _close(store, id_, _item(row).state, now, reason)


def put(store: sqlite3.Connection, one: FoundItem, now: dt.datetime) -> None:
    """Add an item within a transaction, or take it as found again."""
    row = store.execute("SELECT digest, state, is_gone FROM item WHERE id = ?", (one.id,))
    known = row.fetchone()
    if known is None:
        _insert(store, one, now)
    else:
        _found_again(store, one, (known[0], known[1], bool(known[2])), now)


def _condition(chosen: ItemFilter) -> tuple[str, tuple[Any, ...]]:
    """Return the condition of a filter, whose words are ours, and the values that it binds."""
    terms, values = [f"state IN ({','.join('?' * len(chosen.states))})"], [*chosen.states]
    given: list[Any] = [*values]
    if chosen.kind is not None:
        terms.append("kind = ?")
        given.append(chosen.kind)
    if chosen.assignee is not None:
        terms.append("coalesce(assignee, '') = ?")
        given.append(chosen.assignee)
    if chosen.work is not None:
        terms.append("id IN (SELECT item FROM item_work WHERE work = ?)")
        given.append(str(chosen.work))
    return " AND ".join(terms), tuple(given)


def _check_unchanged(
    store: sqlite3.Connection, item: QueueItem, request: ItemChangeRequest
) -> None:
    if request.version is not None and request.version != item.version:
        last = store.execute(
            "SELECT author, after FROM change WHERE item = ? ORDER BY number DESC LIMIT 1",
            (item.id,),
        ).fetchone()
        who, state = last or (BY_ITSELF, item.state)
        raise ConflictError(f"{who} has changed it since: it is {state} now", code="item_changed")
    if STATE_AFTER.get(request.action) == item.state:
        raise ConflictError(f"it is {item.state} already", code="item_unchanged")


def _insert(store: sqlite3.Connection, one: FoundItem, now: dt.datetime) -> None:
    at = _text(now)
    state: ItemState = "wontfix" if one.settled else "open"
    store.execute(
        "INSERT INTO item VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, ?, 0, ?, ?, 1)",
        (one.id, one.kind, one.digest, state, *_shown(one), at, at),
    )
    _link(store, one)
    if one.settled:
        settled = ItemChange(at, one.settled.by, "wontfix", "open", state, one.settled.reason)
        _log(store, one.id, settled)


def _found_again(
    store: sqlite3.Connection, one: FoundItem, known: tuple[str, ItemState, bool], now: dt.datetime
) -> bool:
    """Take over what is found of an item; tell whether its state is another than before."""
    digest, before, was_gone = known
    changed = digest != one.digest
    after = work_items.state_when_found_again(before, changed=changed, was_gone=was_gone)
    if one.settled and after in UNDONE:
        after = "wontfix"
    store.execute(
        "UPDATE item SET digest = ?, sentence = ?, evidence = ?, works = ?, page = ?, text = ?,"
        " weight = ?, adult = ?, is_gone = 0 WHERE id = ?",
        (one.digest, *_shown(one), one.id),
    )
    store.execute("DELETE FROM item_work WHERE item = ?", (one.id,))
    _link(store, one)
    if after == before:
        return False
    store.execute("UPDATE item SET state = ? WHERE id = ?", (after, one.id))
    settled = one.settled if after == "wontfix" else None
    reason = "what was found has changed" if changed else "it is found again"
    _log(
        store,
        one.id,
        ItemChange(
            _text(now),
            settled.by if settled else BY_ITSELF,
            "wontfix" if settled else "reopen",
            before,
            after,
            settled.reason if settled else reason,
        ),
    )
    return True


def _close(
    store: sqlite3.Connection,
    id_: str,
    before: ItemState,
    now: dt.datetime,
    reason: str = "it is not found any more",
) -> None:
    """Note that an item is not found any more; if there was something to do, it is done."""
    store.execute("UPDATE item SET is_gone = 1 WHERE id = ?", (id_,))
    if before in UNDONE:
        store.execute("UPDATE item SET state = 'fixed' WHERE id = ?", (id_,))
        _log(store, id_, ItemChange(_text(now), BY_ITSELF, "fix", before, "fixed", reason))


def _log(store: sqlite3.Connection, id_: str, change: ItemChange) -> None:
    store.execute(
        "INSERT INTO change (item, at, author, action, before, after, reason, assignee)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (id_, *msgspec.structs.astuple(change)),
    )
    store.execute(
        "UPDATE item SET changed_at = ?, version = version + 1 WHERE id = ?", (change.at, id_)
    )


def _link(store: sqlite3.Connection, one: FoundItem) -> None:
    pairs = {(str(work.id), one.id) for work in one.works}
    store.executemany("INSERT INTO item_work VALUES (?, ?)", sorted(pairs))


def _shown(one: FoundItem) -> tuple[Any, ...]:
    """Return the columns `sentence` to `adult`, without the assignee."""
    encode = msgspec.json.encode
    lists = encode(one.evidence), encode(one.works)
    return (one.sentence, *lists, one.page, one.text, one.weight, int(one.adult))


def _row(store: sqlite3.Connection, id_: str) -> tuple[Any, ...] | None:
    found: tuple[Any, ...] | None = store.execute(
        f"SELECT {_COLUMNS} FROM item WHERE id = ?", (id_,)
    ).fetchone()
    return found


def _item(row: tuple[Any, ...]) -> QueueItem:
    named = dict(zip(_COLUMNS.replace(",", "").split(), row, strict=True))
    named["evidence"] = msgspec.json.decode(named["evidence"], type=tuple[str, ...])
    named["works"] = msgspec.json.decode(named["works"], type=tuple[ItemWork, ...])
    named["adult"] = bool(named["adult"])
    return QueueItem(**named)


def _text(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="seconds")
