"""What kinds are inferred from and franchises are computed from, but for the works' own facts.

Those are in the works' digests (`NodeHead.digest`); only the works of components that are computed
are read.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from ingest.pipeline.listings import Listings
from ingest.pipeline.projection import NodeHead
from ingest.pipeline.relations import RelationEdge, with_inferred_kind
from kensho.domain.franchise.inputs import Relation
from kensho.domain.relations import METHOD_RANK, Assertion


class WorkCollection(NamedTuple):
    """Works that a source collects under a title."""

    title: str
    works: tuple[UUID, ...]


class FranchiseInputs(NamedTuple):
    """What all records claim together.

    `relations` are as stated, `same` relations between records of one work, `joined` works that
    curators' decisions join, `pages` the providers that have a page of a work, `votes` its
    recommendations, `decided` what decisions that name a work say of it.
    """

    heads: Mapping[UUID, NodeHead]
    relations: Sequence[RelationEdge]
    same: Sequence[Relation]
    collections: Sequence[WorkCollection]
    joined: Sequence[Sequence[UUID]]
    listings: Listings
    pages: Mapping[UUID, frozenset[str]]
    votes: Mapping[UUID, int]
    decided: Mapping[UUID, bytes] = {}


class InferredKind(NamedTuple):
    """The inferred kind of an untyped relation: `target` is the kind of `source`."""

    source: UUID
    target: UUID
    assertion: Assertion


def relation_of(edge: RelationEdge) -> Relation:
    """Return a relation of its winning kind, as surely as that is asserted at best."""
    best = max(
        (one for one in edge.assertions if one.kind == edge.kind),
        key=lambda one: (METHOD_RANK[one.method], one.confidence),
    )
    return Relation(edge.source, edge.target, edge.kind, best.method, best.confidence)


def is_untyped(edge: RelationEdge) -> bool:
    """Tell whether no source states of what kind a relation is."""
    return edge.kind == "related"


def with_inferred_kinds(
    relations: Iterable[RelationEdge], inferred: Sequence[InferredKind]
) -> list[RelationEdge]:
    """Return relations, some of them with the kind that is inferred of them."""
    by_pair = {(one.source, one.target): one.assertion for one in inferred}
    return [
        edge
        if (assertion := by_pair.get((edge.source, edge.target))) is None
        else with_inferred_kind(edge, assertion)
        for edge in relations
    ]
