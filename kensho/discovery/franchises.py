"""Franchises by slug and in lists, their watch orders and graphs: answered from ready documents.

Guarantees: a slug lasts. One whose franchise became part of another leads to that one, one whose
franchise dissolved is gone for good, and any other is unknown.

Performance: 10 µs for a document; a list by popularity is sorted when the model is built, one by
titles costs a search.
"""

from collections.abc import Iterator
from typing import Generic, NamedTuple, TypeVar
from uuid import UUID

import msgspec

from kensho.discovery import exports
from kensho.discovery.adult import franchises_shown
from kensho.discovery.cursors import Cursors, OrderedList
from kensho.discovery.query_interpretation import check_text
from kensho.discovery.snapshot_service import SnapshotService
from kensho.discovery.time_travel import PastModel, as_of
from kensho.domain.watch_order.order import Order
from kensho.errors import GoneError, MovedError, NotFoundError
from kensho.read_model.encoded import Encoded, encoded
from kensho.read_model.franchise_views import (
    FranchiseDetail,
    FranchiseSummary,
    WatchOrderDocument,
)
from kensho.read_model.franchises import NO_FRANCHISE
from kensho.read_model.graph_views import ExportGraph, FranchiseGraphDocument
from kensho.read_model.holder import Snapshot
from kensho.read_model.model import ReadModel

T = TypeVar("T")


class FranchiseList(msgspec.Struct, frozen=True):
    """A page of franchises; `total` counts all pages, `next_cursor` is null on the last."""

    franchises: list[FranchiseSummary]
    total: int
    next_cursor: str | None


class TaggedDocument(NamedTuple, Generic[T]):
    """A document of a franchise, and a tag that changes when and only when the document does.

    Most changes of the graph leave a franchise as it is.
    """

    document: T
    tag: bytes


class FranchiseService(SnapshotService):
    """Franchises, of one snapshot."""

    def __init__(
        self,
        snapshot: Snapshot,
        cursors: Cursors,
        *,
        safe: bool = True,
        past: PastModel | None = None,
    ) -> None:
        super().__init__(snapshot, safe=safe, past=past)
        self._cursors = cursors

    def as_of(self, text: str | None) -> "FranchiseService":
        """Return franchises as they were then; `None` is now. Raises as `time_travel.as_of`."""
        if text is None:
            return self
        past = as_of(self.snapshot, text)
        return FranchiseService(self.snapshot, self._cursors, safe=self._safe, past=past)

    def franchises(
        self, text: str | None, cursor: str | None, limit: int, *, safe: bool = True
    ) -> Encoded[FranchiseList]:
        """Return a page of franchises, as `listed` orders them; `safe` leaves adult ones out.

        Raises:
            InvalidInputError: as `listed`, or the cursor is not one of this list.
        """
        ordered = listed(self.snapshot, text, safe=safe)
        query = f"franchises?q={text or ''}&safe={safe}"
        part = self._cursors.cut(ordered, query, cursor, limit)
        found = [summary(self.model, number).as_raw() for number in part.nodes]
        return encoded(FranchiseList(found, part.total, part.next_cursor))

    def detail(self, slug: str) -> TaggedDocument[Encoded[FranchiseDetail]]:
        """Return a franchise; raises as `locate`."""
        model, number = self.model, self._number(slug)
        return TaggedDocument(detail(model, number), model.franchises.tag(number, "detail"))

    def watch_order(self, slug: str, order: Order) -> TaggedDocument[Encoded[WatchOrderDocument]]:
        """Return a watch order of a franchise; raises as `locate`."""
        model, number = self.model, self._number(slug)
        return TaggedDocument(
            watch_order(model, number, order), model.franchises.tag(number, order)
        )

    def graph_as_json(self, slug: str) -> TaggedDocument[Encoded[FranchiseGraphDocument]]:
        """Return the graph of a franchise; raises as `locate`."""
        model, number = self.model, self._number(slug)
        return TaggedDocument(graph_as_json(model, number), model.franchises.tag(number, "graph"))

    def graph(self, slug: str) -> ExportGraph:
        """Return the graph of a franchise, to be exported in any format; raises as `locate`."""
        return graph(self.model, self._number(slug))

    def graph_tag(self, slug: str) -> bytes:
        """Return the tag of the graph, without reading it; raises as `locate`."""
        return self.model.franchises.tag(self._number(slug), "graph")

    def _number(self, slug: str) -> int:
        return locate(self.model, slug)


def locate(model: ReadModel, slug: str) -> int:
    """Return the number of the franchise of this slug.

    Raises:
        MovedError: it became part of another.
        GoneError: it dissolved.
        NotFoundError: there never was such a slug.
    """
    number = model.franchises.number(slug)
    if number is not None:
        return number
    retired = model.franchises.retired(slug)
    if retired is None:
        raise NotFoundError(f"there is no franchise {slug!r}")
    if retired.successor is None:
        raise GoneError(f"the franchise {slug!r} dissolved")
    raise MovedError(
        f"the franchise {slug!r} is now {retired.successor!r}", successor=retired.successor
    )


def detail(model: ReadModel, number: int) -> Encoded[FranchiseDetail]:
    """Return a franchise: its works, guests and counts."""
    return Encoded(FranchiseDetail, model.franchises.document(number, "detail"))


def watch_order(model: ReadModel, number: int, order: Order) -> Encoded[WatchOrderDocument]:
    """Return a watch order of a franchise."""
    return Encoded(WatchOrderDocument, model.franchises.document(number, order))


def graph_as_json(model: ReadModel, number: int) -> Encoded[FranchiseGraphDocument]:
    """Return the graph of a franchise as JSON."""
    return exports.franchise_as_json(
        title_of(model, number), model.franchises.document(number, "graph")
    )


def graph(model: ReadModel, number: int) -> ExportGraph:
    """Return the graph of a franchise, to be exported in any format."""
    return exports.of_franchise(title_of(model, number), model.franchises.document(number, "graph"))


def title_of(model: ReadModel, number: int) -> str:
    """Return a franchise's title."""
    return summary(model, number).decode().title


def summary(model: ReadModel, number: int) -> Encoded[FranchiseSummary]:
    """Return a franchise as a list shows it."""
    return Encoded(FranchiseSummary, model.franchises.document(number, "summary"))


def listed(snapshot: Snapshot, text: str | None, *, safe: bool = True) -> OrderedList:
    """Return franchises, the most popular first; with `text` those that it may mean, best first.

    A franchise is meant by its own title or by that of one of its works. Adult ones are left out
    where `safe` is on.

    Raises:
        InvalidInputError: nothing can be looked for by `text`.
    """
    model = snapshot.model
    found = (
        model.franchises.listed
        if text is None
        else [*dict.fromkeys(_found_by_title(snapshot, text))]
    )
    listed = franchises_shown(model, found, safe=safe)

    def root_of(number: int) -> UUID:
        return model.id(int(model.franchises.members(number)[0]))

    def rooted_at(work: UUID) -> int | None:
        node = model.node(work)
        return None if node is None else int(model.franchises.by_node[node])

    return OrderedList(listed, model.identity, root_of, rooted_at)


def find_franchise(snapshot: Snapshot, text: str) -> int:
    """Return the franchise that a slug or a title means.

    Raises:
        MovedError, GoneError: it is a retired slug.
        NotFoundError: it means none.
        InvalidInputError: nothing can be looked for by it.
    """
    try:
        return locate(snapshot.model, text)
    except NotFoundError:
        found = next(_found_by_title(snapshot, text), None)
        if found is None:
            raise NotFoundError(f"no franchise is meant by {text!r}") from None
        return found


def _found_by_title(snapshot: Snapshot, text: str) -> Iterator[int]:
    check_text(text)
    model = snapshot.model
    for entry in snapshot.titles.index.search(text).hits.entries.tolist():
        if entry < model.works_total:
            number: int | None = model.franchises.by_node.item(entry)
        else:
            number = model.franchises.number(snapshot.titles.franchise(entry).slug)
        if number not in (None, NO_FRANCHISE):
            yield number
