"""Relations as callers read them, and the documents made of them: neighbourhoods and paths.

Guarantees: a relation reads "`to` is the `kind` of `from`" in every document.
"""

from uuid import UUID

import msgspec

from kensho.domain.relations import Assertion, Kind
from kensho.read_model.views import GraphNode, Summary


class RelationEnds(msgspec.Struct, frozen=True, rename={"source": "from", "target": "to"}):
    """The two works of a relation."""

    source: UUID
    target: UUID


class RelationView(RelationEnds, frozen=True):
    """A relation, and which sources say so."""

    kind: Kind
    assertions: tuple[Assertion, ...]


class Neighbourhood(msgspec.Struct, frozen=True):
    """The graph around a work, nearest first; `truncated` when more lies within the depth."""

    nodes: list[GraphNode]
    edges: list[RelationView]
    truncated: bool


class PathView(msgspec.Struct, frozen=True):
    """A connection: as a sentence, its works in order, and the edges between them."""

    sentence: str
    works: list[Summary]
    edges: list[RelationView]


class PathList(msgspec.Struct, frozen=True):
    """The closest connections first; none where there is none."""

    paths: list[PathView]
