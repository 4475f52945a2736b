"""Counts of searches by text and day, in the file of the queue, and the items that come of them.

Guarantees: nothing is kept but a text, a day, a number, and the work that people opened. Days older
than asked for are dropped with the next counts. At most `_MOST_ROWS` are kept: the rarest texts of
the oldest days go first. A text becomes an item once it has come often enough; counting on never
changes what was decided of it.
"""

import datetime as dt
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Final
from uuid import UUID

from kensho.domain.searches import SearchCount
from kensho.domain.work_items import FoundItem, ItemWork
from kensho.storage import work_items
from kensho.storage.queue_file import QueueFile

LEAST_SEARCHES: Final = 5
"""A text that so many searches found nothing for is an item: fewer may be one person's."""
LEAST_CORRECTIONS: Final = 3
"""Three who found nothing, and then opened the same work, did not all mistype."""
_MOST_ROWS: Final = 50_000
"""They take about 5 MB."""
_FULL_WEIGHT: Final = 200
"""A text that comes so often weighs as much as the best-known work."""

WorkOf = Callable[[UUID], tuple[ItemWork, bool] | None]
"""Returns a work as items name it, and whether it is adult; nothing if it is not in the graph."""


def add_counts(
    file: QueueFile, counts: Sequence[SearchCount], days: int, now: dt.datetime, work_of: WorkOf
) -> None:
    """Add counts of today, drop what is older than `days`, and make items of what comes often.

    Raises:
        StorageError: the file can't be written; then nothing is.
    """
    today = now.astimezone(dt.UTC).date()
    with file.writing() as store:
        store.executemany(
            "INSERT INTO search VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET times = times + excluded.times",
            [(one.text, today.isoformat(), str(one.work or ""), one.times) for one in counts],
        )
        oldest = today - dt.timedelta(days=days - 1)
        store.execute("DELETE FROM search WHERE day < ?", (oldest.isoformat(),))
        _bound(store)
        for item in _items(store, counts, days, work_of):
            work_items.put(store, item, now)


def totals(file: QueueFile) -> list[SearchCount]:
    """Return what is counted of each text over all days."""
    with file.reading() as store:
        if store is None:
            return []
        rows = store.execute(
            "SELECT text, work, sum(times) FROM search GROUP BY text, work ORDER BY text, work"
        ).fetchall()
    return [SearchCount(text, UUID(work) if work else None, times) for text, work, times in rows]


def _bound(store: sqlite3.Connection) -> None:
    (rows,) = store.execute("SELECT count(*) FROM search").fetchone()
    if rows > _MOST_ROWS:
        store.execute(
            "DELETE FROM search WHERE (text, day, work) IN"
            " (SELECT text, day, work FROM search ORDER BY times, day, text LIMIT ?)",
            (rows - _MOST_ROWS,),
        )


def _items(
    store: sqlite3.Connection, counts: Sequence[SearchCount], days: int, work_of: WorkOf
) -> Iterable[FoundItem]:
    """Yield items of those texts, of all that were counted now, that come often enough."""
    for one in dict.fromkeys((count.text, count.work) for count in counts):
        text, work = one
        (times,) = store.execute(
            "SELECT coalesce(sum(times), 0) FROM search WHERE text = ? AND work = ?",
            (text, str(work or "")),
        ).fetchone()
        if work is None:
            if times >= LEAST_SEARCHES:
                yield _of_search(text, times, days)
        elif times >= LEAST_CORRECTIONS:
            shown = work_of(work)
            if shown is not None:
                yield _of_correction(text, times, days, *shown)


def _of_search(text: str, times: int, days: int) -> FoundItem:
    return FoundItem(
        kind="search",
        about=(text,),
        sentence=f"A search for “{text}” finds nothing",
        evidence=(f"{times:,} searches in {days} days",),
        weight=_weight(times),
        text=text,
    )


def _of_correction(text: str, times: int, days: int, work: ItemWork, adult: bool) -> FoundItem:
    return FoundItem(
        kind="correction",
        about=(text, str(work.id)),
        sentence=f"Is “{text}” a title of {work.title}?",
        evidence=(
            f"{times:,} times in {days} days people found nothing for it, searched for something"
            " else, and opened this work",
        ),
        works=(work,),
        weight=_weight(times),
        adult=adult,
        text=text,
    )


def _weight(times: int) -> float:
    return round(min(1.0, 0.5 + times / _FULL_WEIGHT / 2), 4)
