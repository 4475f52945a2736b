"""Tags and their works, both ways: a tag's works by relevance, and a work's tags.

A tag's number is its place when tags are listed by works (most first), then by name.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import numpy as np
import numpy.typing as npt

from kensho.domain.works import TagCategory
from kensho.read_model.blobs import nothing_last, offsets_of
from kensho.read_model.inputs import TagInput


class TagCount(NamedTuple):
    """A tag, with the number of works that bear it."""

    id: UUID
    name: str
    category: TagCategory
    works: int


class TaggingColumns(NamedTuple):
    """Columns with one entry per tagging; `tag` is a place among the tags given, or a number."""

    node: npt.NDArray[np.int32]
    tag: npt.NDArray[np.int32]
    relevance: npt.NDArray[np.float64]


def counted(
    tags: Sequence[TagInput], taggings: TaggingColumns
) -> tuple[list[TagCount], npt.NDArray[np.int32]]:
    """Return the tags in the order of their numbers, and the number of each place in `tags`."""
    works = np.bincount(taggings.tag, minlength=len(tags)).tolist()
    order = sorted(range(len(tags)), key=lambda place: (-works[place], tags[place].name))
    numbers = np.empty(len(tags), dtype=np.int32)
    numbers[order] = np.arange(len(tags), dtype=np.int32)
    return [TagCount(*tags[place], works[place]) for place in order], numbers


def pack(
    taggings: TaggingColumns, score: npt.NDArray[np.float64], names: Sequence[str]
) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays; `tag` is a number, `score` is by node, `names` by number."""
    node, tag, relevance = taggings
    name_rank = np.empty(len(names), dtype=np.int32)
    name_rank[sorted(range(len(names)), key=names.__getitem__)] = np.arange(
        len(names), dtype=np.int32
    )
    by_tag = np.lexsort((node, nothing_last(score)[node], -relevance, tag))
    by_node = np.lexsort((name_rank[tag], -relevance, node))
    return {
        "tag_offsets": offsets_of(tag[by_tag], len(names)),
        "tag_nodes": node[by_tag],
        "tag_relevances": relevance[by_tag],
        "node_tag_offsets": offsets_of(node[by_node], len(score)),
        "node_tags": tag[by_node],
    }


class TagColumns(NamedTuple):
    """All taggings: the works of each tag in `tag_nodes`, the tags of each work in `node_tags`."""

    tag_offsets: npt.NDArray[np.int32]
    tag_nodes: npt.NDArray[np.int32]
    node_tag_offsets: npt.NDArray[np.int32]
    node_tags: npt.NDArray[np.int32]


class Tags:
    """The tags, by number, id and name, and who bears them."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]], listed: bytes) -> None:
        self.listed: Sequence[TagCount] = msgspec.json.decode(listed, type=tuple[TagCount, ...])
        self._by_id = {tag.id: number for number, tag in enumerate(self.listed)}
        self._by_name = {tag.name: number for number, tag in enumerate(self.listed)}
        self._arrays = arrays
        self.columns = TagColumns(*(arrays[name] for name in TagColumns._fields))

    def number(self, name_or_id: UUID | str) -> int | None:
        """Return the number of the tag of this id, id's text, or folded name."""
        if isinstance(name_or_id, UUID):
            return self._by_id.get(name_or_id)
        if name_or_id in self._by_name:
            return self._by_name[name_or_id]
        try:
            return self._by_id.get(UUID(name_or_id))
        except ValueError:
            return None

    def nodes(self, tag: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]:
        """Return a tag's works and relevances: most relevant first, then best score, then UUID."""
        offsets = self._arrays["tag_offsets"]
        run = slice(offsets[tag], offsets[tag + 1])
        return self._arrays["tag_nodes"][run], self._arrays["tag_relevances"][run]

    def of(self, node: int) -> npt.NDArray[np.int32]:
        """Return the tags of a work: most relevant first, then by name."""
        offsets = self._arrays["node_tag_offsets"]
        return self._arrays["node_tags"][offsets[node] : offsets[node + 1]]
