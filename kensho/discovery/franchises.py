"""Franchises by slug and in lists, their watch orders and graphs: answered from ready documents.

Guarantees: a slug lasts. One whose franchise became part of another leads to that one, one whose
franchise dissolved is gone for good, and any other is unknown.

Performance: 10 µs for a document; a list by popularity is sorted when the model is built, one by
titles costs a search.
"""

from collections.abc import Iterable, Iterator
from typing import Final
from uuid import UUID

from kensho.discovery import exports, search, splicing
from kensho.discovery.cursors import OrderedList
from kensho.domain.watch_order.order import Order
from kensho.errors import GoneError, MovedError, NotFoundError
from kensho.read_model.franchise_views import ORDERS
from kensho.read_model.franchises import NO_FRANCHISE, FranchiseDocuments
from kensho.read_model.graph_views import ExportGraph
from kensho.read_model.holder import Snapshot
from kensho.read_model.model import ReadModel

ORDER_NAMES: Final = ORDERS


def locate(model: ReadModel, slug: str) -> int:
    """Return the number of the franchise of this slug.

    Raises:
        MovedError: it became part of another.
        GoneError: it dissolved.
        NotFoundError: there never was such a slug.
    """
    hub = model.hubs.number(slug)
    if hub is not None:
        return hub
    retired = model.hubs.retired(slug)
    if retired is None:
        raise NotFoundError(f"there is no franchise {slug!r}")
    if retired.successor is None:
        raise GoneError(f"the franchise {slug!r} dissolved")
    raise MovedError(
        f"the franchise {slug!r} is now {retired.successor!r}", successor=retired.successor
    )


def hub(model: ReadModel, number: int) -> bytes:
    """Return the `Hub` of a franchise as JSON."""
    return model.hubs.paper(number, "hub")


def watch_order(model: ReadModel, number: int, order: Order) -> bytes:
    """Return the `HubOrder` of a franchise as JSON."""
    return model.hubs.paper(number, order)


def graph_as_json(model: ReadModel, number: int) -> bytes:
    """Return the graph of a franchise as JSON."""
    return exports.hub_as_json(title_of(model, number), model.hubs.paper(number, "graph"))


def graph(model: ReadModel, number: int) -> ExportGraph:
    """Return the graph of a franchise, to be exported in any format."""
    return exports.of_hub(title_of(model, number), model.hubs.paper(number, "graph"))


def title_of(model: ReadModel, number: int) -> str:
    """Return a franchise's title."""
    return splicing.text_of(model.hubs.paper(number, "card"), "title")


def listed(held: Snapshot, text: str | None) -> OrderedList:
    """Return franchises, the most popular first; with `text` those that it may mean, best first.

    A franchise is meant by its own title or by that of a work at home in it.

    Raises:
        InvalidInputError: nothing can be looked for by `text`.
    """
    model = held.model
    hubs = model.hubs.listed if text is None else [*dict.fromkeys(_meant(held, text))]

    def root_of(number: int) -> UUID:
        return model.id(int(model.hubs.members(number)[0]))

    def rooted_at(work: UUID) -> int | None:
        node = model.node(work)
        return None if node is None else int(model.hubs.homes[node])

    return OrderedList(hubs, model.identity, root_of, rooted_at)


def cards(hubs: FranchiseDocuments, numbers: Iterable[int]) -> bytes:
    """Return the cards of franchises as a JSON array of `HubCard`."""
    return splicing.array(hubs.paper(number, "card") for number in numbers)


def meant(held: Snapshot, text: str) -> int:
    """Return the franchise that a slug or a title means.

    Raises:
        MovedError, GoneError: it is a slug that stands no more.
        NotFoundError: it means none.
        InvalidInputError: nothing can be looked for by it.
    """
    try:
        return locate(held.model, text)
    except NotFoundError:
        found = next(_meant(held, text), None)
        if found is None:
            raise NotFoundError(f"no franchise is meant by {text!r}") from None
        return found


def _meant(held: Snapshot, text: str) -> Iterator[int]:
    search.check(text)
    model = held.model
    for entry in held.titles.index.search(text).hits.entries.tolist():
        if entry < model.works_total:
            number: int | None = model.hubs.homes.item(entry)
        else:
            number = model.hubs.number(held.titles.franchise(entry).slug)
        if number not in (None, NO_FRANCHISE):
            yield number
