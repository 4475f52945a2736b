"""`/api/tags`: the tags, and the works of a tag."""

from collections.abc import Sequence
from typing import Annotated, TypeAlias
from uuid import UUID

import msgspec
from litestar import Controller
from litestar.openapi.spec import Example
from litestar.params import PathParameter, QueryParameter

from kensho.api import examples
from kensho.api.operations import Documented, get_operation
from kensho.api.parameters import DEFAULT_LIMIT, MAX_LIMIT, Cursor, Limit, TaggedFields
from kensho.api.services import GivenServices
from kensho.discovery import splicing, tags
from kensho.discovery.cursors import OrderedList
from kensho.domain.works import TagCategory
from kensho.http.privacy import PUBLIC
from kensho.http.responses import PreparedResponse
from kensho.read_model.model import ReadModel
from kensho.read_model.views import TaggedWork

TagPath: TypeAlias = Annotated[
    str,
    PathParameter(
        min_length=1,
        max_length=100,
        description="The tag's id, or its name in any case.",
        examples=[Example(value="space")],
    ),
]
OfCategory: TypeAlias = Annotated[
    TagCategory | None,
    QueryParameter(description="Tags of this category.", examples=[Example(value="theme")]),
]


class TagItem(msgspec.Struct, frozen=True):
    """A tag, and how many works bear it."""

    id: UUID
    name: str
    category: TagCategory | None
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


_SPACE = TagItem(examples.TAG_ID, "space", "theme", 412)


class TagsController(Controller):
    """Tags."""

    path = "/api/tags"
    opt = PUBLIC
    tags: Sequence[str] | None = ("tags",)

    @get_operation(None, Documented("List tags", "A page of tags."), TagList([_SPACE], 1, None))
    async def list_tags(
        self,
        desk: GivenServices,
        category: OfCategory = None,
        limit: Limit = MAX_LIMIT,
        cursor: Cursor = None,
    ) -> PreparedResponse[TagList]:
        """Return the tags with their numbers of works: most borne first, then by name."""
        model = desk.model

        def tag_id(number: int) -> UUID:
            return model.tags[number].id

        ordered = OrderedList(
            tags.listed(model, category),
            model.identity,
            tag_id,
            model.tag,
        )
        part = desk.cursors.cut(ordered, f"tags?category={category}", cursor, limit)
        page = TagList(
            [_item(model, number) for number in part.nodes], part.total, part.next_cursor
        )
        return PreparedResponse(splicing.encoded(page), model.identity)

    @get_operation(
        "/{tag:str}/anime",
        Documented("List the works of a tag", "A page of works."),
        TaggedList(_SPACE, [examples.TAGGED], 1, None),
    )
    async def list_works(
        self,
        desk: GivenServices,
        tag: TagPath,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
        fields: TaggedFields = None,
    ) -> PreparedResponse[TaggedList]:
        """Return the works of a tag: most relevant first, then best score.

        A tag whose name has a slash is asked for by id.
        """
        model = desk.model
        chosen = splicing.chosen(fields, tags.TAGGED_FIELDS)
        number = tags.tag_named(model, tag)
        ordered = OrderedList(tags.nodes_of(model, number), model.identity, model.id, model.node)
        part = desk.cursors.cut(ordered, f"tags/{model.tags[number].id}/anime", cursor, limit)
        body = splicing.assembled(
            tag=splicing.encoded(_item(model, number)),
            anime=tags.page_of(model, number, part, chosen),
            total=b"%d" % part.total,
            next_cursor=splicing.encoded(part.next_cursor),
        )
        return PreparedResponse(body, model.identity)


def _item(model: ReadModel, number: int) -> TagItem:
    tag = model.tags[number]
    return TagItem(tag.id, tag.name, tag.category, tag.works)
