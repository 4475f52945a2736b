"""One work, or a batch of works, by id.

Ids survive re-ingestion. One that was merged leads to its successor, one that was removed is gone
for good, and any other is unknown: three different answers, so that a client knows what to do with
its bookmark.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec

from kensho.discovery import splicing
from kensho.discovery.related_works import related_anime
from kensho.discovery.splicing import Fields
from kensho.errors import GoneError, MovedError, NotFoundError
from kensho.read_model.model import ReadModel
from kensho.read_model.views import Detail, Summary

DETAIL_FIELDS: Final = Detail.__struct_fields__
SUMMARY_FIELDS: Final = Summary.__struct_fields__
_RELATED: Final = "related_anime"


class Batch(msgspec.Struct, frozen=True):
    """Works in the asked order, each once; `moved` tells which ids now answer under another."""

    items: msgspec.Raw
    missing: list[UUID]
    moved: dict[str, UUID]


def locate(model: ReadModel, work: UUID) -> int:
    """Return the node of `work`.

    Raises:
        MovedError: the work was merged into another.
        GoneError: the work was removed.
        NotFoundError: there never was such an id.
    """
    node = model.node(work)
    if node is not None:
        return node
    retired = model.retired(work)
    if retired is None:
        raise NotFoundError(f"there is no work {work}")
    if retired.successor is None:
        raise GoneError(f"the work {work} was removed")
    raise MovedError(
        f"the work {work} is now {retired.successor}", successor=str(retired.successor)
    )


def locate_film(model: ReadModel, work: UUID) -> int:
    """Return the node of a film; raises as `locate`, and for a work that is none."""
    node = locate(model, work)
    if model.kind(node) != "movie":
        raise NotFoundError(f"the work {work} is no film")
    return node


def document(model: ReadModel, node: int, fields: Fields | None = None) -> bytes:
    """Return the `Detail` of a node as JSON, or only these `fields` of it."""
    detail = model.detail(node)
    if fields is not None and _RELATED not in fields:
        return splicing.selected(detail, fields)
    whole = splicing.extended(detail, splicing.member(_RELATED, related_anime(model, node)))
    return splicing.selected(whole, fields)


def batch(model: ReadModel, works: Sequence[UUID], fields: Fields | None = None) -> Batch:
    """Return the works of these ids, in order; a merged id answers with its successor."""
    nodes: dict[int, None] = {}
    missing: list[UUID] = []
    moved: dict[str, UUID] = {}
    for work in dict.fromkeys(works):
        try:
            nodes[locate(model, work)] = None
        except MovedError as error:
            successor = UUID(error.successor)
            moved[str(work)] = successor
            nodes[locate(model, successor)] = None
        except (GoneError, NotFoundError):
            missing.append(work)
    items = splicing.array(document(model, node, fields) for node in nodes)
    return Batch(items=msgspec.Raw(items), missing=missing, moved=moved)
