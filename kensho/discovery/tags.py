"""Tags with their numbers of works, and a tag's works: most relevant first, then best score."""

import unicodedata
from typing import Final

import msgspec

from kensho.discovery import splicing
from kensho.discovery.browse import Nodes
from kensho.discovery.cursors import ListSlice
from kensho.discovery.splicing import Fields
from kensho.domain.works import TagCategory
from kensho.errors import NotFoundError
from kensho.read_model.model import ReadModel
from kensho.read_model.views import TaggedWork

TAGGED_FIELDS: Final = TaggedWork.__struct_fields__


def listed(model: ReadModel, category: TagCategory | None) -> list[int]:
    """Return the tags' numbers, most borne first, then by name; of one category or of all."""
    return [
        number
        for number, tag in enumerate(model.tags)
        if category is None or tag.category == category
    ]


def tag_named(model: ReadModel, text: str) -> int:
    """Return the number of the tag with this id or name, in any case.

    Raises:
        NotFoundError: there is none.
    """
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    tag = model.tag(folded)
    if tag is None:
        raise NotFoundError(f"there is no tag {text!r}")
    return tag


def nodes_of(model: ReadModel, tag: int) -> Nodes:
    """Return the works of a tag in order."""
    nodes, _ = model.tag_nodes(tag)
    return nodes


def page_of(model: ReadModel, tag: int, part: ListSlice, fields: Fields | None) -> bytes:
    """Return the part's works as a JSON array of `TaggedWork`."""
    _, relevances = model.tag_nodes(tag)
    page = relevances[part.first : part.first + len(part.nodes)]
    return splicing.array(
        splicing.selected(
            splicing.extended(
                model.summary(node),
                splicing.member("relevance", msgspec.json.encode(round(float(relevance), 4))),
            ),
            fields,
        )
        for node, relevance in zip(part.nodes, page, strict=True)
    )
