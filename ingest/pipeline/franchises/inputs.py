"""Everything that kinds are inferred from and franchises grown from, but for the works' own facts.

Those are in the works' digests (`NodeHead.digest`); only the works of parts that are computed are
read.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from ingest.pipeline.listings import Listings
from ingest.pipeline.projection import NodeHead
from ingest.pipeline.relations import RelationEdge, judged
from kensho.domain.franchise.inputs import METHOD_RANK, Relation
from kensho.domain.relations import Assertion


class CollectedRelations(NamedTuple):
    """Films that a source collects under a title."""

    title: str
    works: tuple[UUID, ...]


class FranchiseInputs(NamedTuple):
    """What all records say together.

    `relations` are as stated, `same` pairs of records of one work, `together` works that curators'
    decisions join, `pages` the providers that have a page of a work, `votes` its recommendations.
    """

    heads: Mapping[UUID, NodeHead]
    relations: Sequence[RelationEdge]
    same: Sequence[tuple[UUID, UUID]]
    collections: Sequence[CollectedRelations]
    together: Sequence[Sequence[UUID]]
    listings: Listings
    pages: Mapping[UUID, frozenset[str]]
    votes: Mapping[UUID, int]


class KindVerdict(NamedTuple):
    """What is inferred of an untyped relation: `target` is the `kind` of `source`."""

    source: UUID
    target: UUID
    said: Assertion


def relation_of(edge: RelationEdge) -> Relation:
    """Return a relation as a tie: of its winning kind, as surely as that is asserted at best."""
    best = max(
        (one for one in edge.assertions if one.kind == edge.kind),
        key=lambda one: (METHOD_RANK[one.method], one.confidence),
    )
    return Relation(edge.source, edge.target, edge.kind, best.method, best.confidence)


def is_untold(edge: RelationEdge) -> bool:
    """Tell whether nobody states of what kind a relation is."""
    return edge.kind == "related"


def with_verdicts(
    relations: Iterable[RelationEdge], verdicts: Sequence[KindVerdict]
) -> list[RelationEdge]:
    """Return relations with what is inferred of some of them."""
    said = {(one.source, one.target): one.said for one in verdicts}
    return [
        edge if (verdict := said.get((edge.source, edge.target))) is None else judged(edge, verdict)
        for edge in relations
    ]
