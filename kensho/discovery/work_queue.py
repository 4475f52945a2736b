"""The queue of curators: what there is to look at, and what is done about it.

Guarantees: nothing here reads the graph store. The items are a file of their own, which servers,
commands and ingests write at once; a change is refused where somebody was first.
"""

import datetime as dt
from collections.abc import Callable
from uuid import UUID

import msgspec

from kensho.discovery import queue_items
from kensho.discovery.filters import Filters
from kensho.discovery.search import SearchRequest, TitleSearch
from kensho.domain.work_items import (
    ITEM_KINDS,
    ITEM_STATES,
    UNDONE,
    ItemChange,
    ItemChangeRequest,
    ItemKind,
    ItemState,
    QueueItem,
    RefreshCounts,
)
from kensho.errors import InvalidInputError
from kensho.read_model.holder import Snapshot
from kensho.storage.work_items import ItemFilter, WorkItemStore

NOBODY = "-"
"""Stands for nobody where items are asked for by who has them."""


class QueueRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which items are asked for, and which part of the list: what comes after the item `after`.

    Without a state those that there is something to do about; `assignee` is a name, or `NOBODY`.
    """

    kind: ItemKind | None = None
    state: ItemState | None = None
    assignee: str | None = None
    work: UUID | None = None
    after: str | None = None
    limit: int = 20
    safe: bool = True

    @property
    def filter(self) -> ItemFilter:
        """Return the filter of the store."""
        return ItemFilter(
            kind=self.kind,
            states=UNDONE if self.state is None else (self.state,),
            assignee="" if self.assignee == NOBODY else self.assignee,
            work=self.work,
            safe=self.safe,
        )


class ItemCount(msgspec.Struct, frozen=True):
    """How many items of a kind are in a state."""

    kind: ItemKind
    state: ItemState
    items: int


class QueueList(msgspec.Struct, frozen=True):
    """A page of items, by weight; `next_after` asks for what follows."""

    items: list[QueueItem]
    total: int
    hidden: int
    counts: list[ItemCount]
    next_after: str | None


class ItemView(msgspec.Struct, frozen=True):
    """An item and what became of it, the latest last."""

    item: QueueItem
    changes: list[ItemChange]


class WorkQueue:
    """The use cases of the queue; `now` tells the time in UTC."""

    def __init__(
        self, store: WorkItemStore, now: Callable[[], dt.datetime], *, safe: bool = True
    ) -> None:
        self._store = store
        self._now = now
        self._safe = safe

    def hides_adult(self, safe: bool | None) -> bool:
        """Return whether items about adult works are hidden for a request's `safe`."""
        return self._safe if safe is None else safe

    def page(self, request: QueueRequest) -> QueueList:
        """Return a page of items."""
        page = self._store.page(request.filter, request.limit, request.after)
        counts = self._store.counts(safe=request.safe)
        return QueueList(
            items=page.items,
            total=page.total,
            hidden=page.hidden,
            counts=[
                ItemCount(kind, state, counts[state, kind])
                for state in ITEM_STATES
                for kind in ITEM_KINDS
                if (state, kind) in counts
            ],
            next_after=None if page.is_last or not page.items else page.items[-1].id,
        )

    def following(self, request: QueueRequest, id_: str) -> str | None:
        """Return the id of the item after one, in the list that a request asks for."""
        chosen = msgspec.structs.replace(request, after=id_, limit=1)
        page = self._store.page(chosen.filter, 1, id_)
        return page.items[0].id if page.items else None

    def item(self, id_: str) -> ItemView:
        """Return an item; raises `NotFoundError`."""
        return ItemView(self._store.item(id_), self._store.changes(id_))

    def change(self, id_: str, request: ItemChangeRequest) -> ItemView:
        """Change an item.

        Raises:
            InvalidInputError: the request makes no sense.
            NotFoundError: there is no such item.
            ConflictError: somebody changed it since it was seen, or it is so already.
        """
        self._store.change(id_, request, self._now())
        return self.item(id_)

    def refresh(self, snapshot: Snapshot, search: TitleSearch) -> RefreshCounts:
        """Take over what a snapshot shows, and close searches that it answers."""
        kinds, now = queue_items.SNAPSHOT_KINDS, self._now()
        counts = self._store.refresh(kinds, queue_items.snapshot_items(snapshot), now)
        answered = [
            item.id
            for item in self._store.searched()
            if item.text is not None and _is_answered(snapshot, search, item.text)
        ]
        if answered:
            self._store.close(answered, "a search finds something now", now)
        return counts


def _is_answered(snapshot: Snapshot, search: TitleSearch, text: str) -> bool:
    request = SearchRequest(text=text, filters=Filters(safe=False), limit=1, facets=False)
    try:
        return search.page(snapshot, request).decode().total > 0
    except InvalidInputError:
        return False
