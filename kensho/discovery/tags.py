"""Tags with their numbers of works, and a tag's works: most relevant first, then best score."""

from typing import Final
from uuid import UUID

import msgspec

from kensho.discovery.adult import works_shown
from kensho.discovery.cursors import Cursors, ListSlice, OrderedList
from kensho.discovery.field_selection import Fields, selected
from kensho.discovery.filters import tag_number
from kensho.discovery.related_works import summary_of
from kensho.discovery.snapshot_service import SnapshotService
from kensho.domain.works import TagCategory
from kensho.errors import NotFoundError
from kensho.read_model.encoded import Encoded, encoded
from kensho.read_model.holder import Snapshot
from kensho.read_model.model import ReadModel
from kensho.read_model.views import TaggedWork

TAGGED_FIELDS: Final = TaggedWork.__struct_fields__
_PLACES: Final = 4


class TagItem(msgspec.Struct, frozen=True):
    """A tag, and how many works have it."""

    id: UUID
    name: str
    category: TagCategory
    count: int


class TagList(msgspec.Struct, frozen=True):
    """A page of tags; `total` counts all pages, `next_cursor` is null on the last."""

    tags: list[TagItem]
    total: int
    next_cursor: str | None


class TaggedList(msgspec.Struct, frozen=True):
    """A page of a tag's works; `total` counts all pages, `next_cursor` is null on the last."""

    tag: TagItem
    anime: list[TaggedWork]
    total: int
    next_cursor: str | None


class TaggedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which page of a tag's works is asked for; `safe` leaves adult ones out."""

    cursor: str | None = None
    limit: int
    safe: bool = True
    fields: Fields | None = None


class TagService(SnapshotService):
    """Tags and their works, of one snapshot."""

    def __init__(self, snapshot: Snapshot, cursors: Cursors, *, safe: bool = True) -> None:
        super().__init__(snapshot, safe=safe)
        self._cursors = cursors

    def tags(
        self, category: TagCategory | None, cursor: str | None, limit: int
    ) -> Encoded[TagList]:
        """Return tags, those of most works first, then by name; of one category or of all.

        Raises:
            InvalidInputError: the cursor is not one of this list.
        """
        model = self.model

        def id_of(number: int) -> UUID:
            return model.tags[number].id

        listed = [
            number
            for number, tag in enumerate(model.tags)
            if category is None or tag.category == category
        ]
        ordered = OrderedList(listed, model.identity, id_of, model.tag)
        part = self._cursors.cut(ordered, f"tags?category={category}", cursor, limit)
        items = [_item(model, number) for number in part.nodes]
        return encoded(TagList(items, part.total, part.next_cursor))

    def works(self, tag: str, request: TaggedRequest) -> Encoded[TaggedList]:
        """Return the works of the tag with this id or name, most relevant first, then best score.

        Raises:
            NotFoundError: there is no such tag.
            InvalidInputError: the cursor is not one of this list.
        """
        model = self.model
        number = tag_named(model, tag)
        nodes, _ = model.tag_nodes(number)
        shown = works_shown(model, nodes, safe=request.safe)
        ordered = OrderedList(shown, model.identity, model.id, model.node)
        query = f"tags/{model.tags[number].id}/anime?safe={request.safe}"
        part = self._cursors.cut(ordered, query, request.cursor, request.limit)
        works = _works(model, number, part, request.fields)
        return encoded(TaggedList(_item(model, number), works, part.total, part.next_cursor))


def tag_named(model: ReadModel, text: str) -> int:
    """Return the number of the tag with this id or name, in any case.

    Raises:
        NotFoundError: there is none.
    """
    tag = tag_number(model, text)
    if tag is None:
        raise NotFoundError(f"there is no tag {text!r}")
    return tag


def _works(model: ReadModel, tag: int, part: ListSlice, fields: Fields | None) -> list[TaggedWork]:
    """Return a part of a tag's works, ready to be encoded."""
    nodes, relevances = model.tag_nodes(tag)
    of_node = dict(zip(nodes.tolist(), relevances.tolist(), strict=True))
    works = (
        summary_of(model, node).extended(TaggedWork, relevance=round(of_node[node], _PLACES))
        for node in part.nodes
    )
    return [selected(work, fields).as_raw() for work in works]


def _item(model: ReadModel, number: int) -> TagItem:
    tag = model.tags[number]
    return TagItem(tag.id, tag.name, tag.category, tag.works)
