"""`/api/tags`: the tags, and the works of a tag."""

from collections.abc import Sequence
from typing import Annotated, TypeAlias

from litestar import Controller
from litestar.openapi.spec import Example
from litestar.params import PathParameter, QueryParameter

from kensho.api import examples
from kensho.api.operations import Documented, get_operation
from kensho.api.parameters import DEFAULT_LIMIT, MAX_LIMIT, Cursor, Limit, Safe, TaggedFields
from kensho.api.providers import GivenTags
from kensho.discovery.field_selection import fields_named
from kensho.discovery.tags import TAGGED_FIELDS, TaggedList, TaggedRequest, TagItem, TagList
from kensho.domain.works import TagCategory
from kensho.http.privacy import PUBLIC
from kensho.http.responses import PreparedResponse

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


_SPACE = TagItem(examples.TAG_ID, "space", "theme", 412)


class TagsController(Controller):
    """Tags."""

    path = "/api/tags"
    opt = PUBLIC
    tags: Sequence[str] | None = ("tags",)

    @get_operation(None, Documented("List tags", "A page of tags."), TagList([_SPACE], 1, None))
    async def list_tags(
        self,
        tags: GivenTags,
        category: OfCategory = None,
        limit: Limit = MAX_LIMIT,
        cursor: Cursor = None,
    ) -> PreparedResponse[TagList]:
        """Return the tags with their numbers of works: those of most works first, then by name."""
        return PreparedResponse(tags.tags(category, cursor, limit), tags.identity)

    @get_operation(
        "/{tag:str}/anime",
        Documented("List the works of a tag", "A page of works."),
        TaggedList(_SPACE, [examples.TAGGED], 1, None),
    )
    async def list_works(
        self,
        tags: GivenTags,
        tag: TagPath,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
        fields: TaggedFields = None,
        safe: Safe = None,
    ) -> PreparedResponse[TaggedList]:
        """Return the works of a tag: most relevant first, then best score.

        A tag whose name has a slash is asked for by id.
        """
        request = TaggedRequest(
            cursor=cursor,
            limit=limit,
            safe=tags.hides_adult(safe),
            fields=fields_named(fields, TAGGED_FIELDS),
        )
        found = tags.works(tag, request)
        return PreparedResponse(found, tags.identity)
