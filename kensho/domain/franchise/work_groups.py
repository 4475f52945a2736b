"""Groups the works of a graph by what they agree in, and names the groups of each step.

A computation of a part of a component knows by these names whether its works are grouped as they
were in the whole (`ingest.pipeline.franchises.groups_near`).

Guarantees: pure. A group has one name however many other groups there are.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from kensho.domain.franchise.clustering import ClusterLink, Clusters
from kensho.domain.franchise.graph import FranchiseGraph
from kensho.domain.franchise.inputs import FranchiseWork, Relation
from kensho.domain.franchise.policy import Policy
from kensho.domain.franchise.strangers import sets_names_side_by_side
from kensho.domain.title_words import Rarity, TitleWords
from kensho.domain.works import AnimeType

_MASS: Final[Mapping[AnimeType, float]] = {"tv": 1.0, "movie": 0.8, "ova": 0.5, "ona": 0.5}
_LEAST_MASS: Final = 0.25
"""The weight of a work's names in its franchise, by type, so that specials count less than series.
Chosen by hand together with the thresholds of `clustering`."""


class GroupKeys(NamedTuple):
    """The groups that a work came into, step by step, each named by the first of its works.

    `grown` is of works that agree, `joined` of those that were attached or that curators unite as
    well, and `home` is what is left of it without strangers. `is_minor` is that of the node.
    """

    grown: UUID
    joined: UUID
    home: UUID
    is_minor: bool


class WorkGroups(NamedTuple):
    """Works in groups, and by node the group that it was in before small works were attached."""

    groups: Clusters
    grown: Sequence[int]


def grouping_of(
    graph: FranchiseGraph,
    names: Sequence[frozenset[str]],
    policy: Policy,
    rare: Rarity,
    joined: Mapping[UUID, UUID] | None = None,
) -> WorkGroups:
    """Group the works of a graph, given the names of each node.

    Where it is known in which group each work ends (`joined`), it is attached to no other.
    """
    profiles = [
        profile_of(work, words, rare) for work, words in zip(graph.works, names, strict=True)
    ]
    united = {frozenset(pair) for pair in graph.joined}
    crossovers = {node for node, work in enumerate(graph.works) if sets_names_side_by_side(work)}
    links = (
        ClusterLink(
            one, other, _weight(relation, policy, is_crossing=len({one, other} & crossovers) == 1)
        )
        for one, other, relation, joins in graph.relations
        if joins and not (_is_decided(relation) and frozenset((one, other)) in united)
    )
    groups = Clusters(profiles, links)
    for one, other in graph.apart:
        groups.keep_apart(one, other)
    minor = [node for node, work in enumerate(graph.works) if work.is_minor]
    ends_in = None if joined is None else [joined[work.id] for work in graph.works]
    groups.grow()
    grown = [groups.group(node) for node in range(len(graph.works))]
    groups.attach(minor, ends_in)
    # Joined before they have grown, two works are a group of two names, which draws in neither
    # franchise: it would be torn out of both.
    groups.unite(graph.joined)
    groups.attach(minor, ends_in)
    return WorkGroups(groups, grown)


def group_keys(
    graph: FranchiseGraph, grouping: WorkGroups, home: Sequence[int]
) -> dict[UUID, GroupKeys]:
    """Return the groups of each record of a graph, given the group of each node at last."""
    joined = [grouping.groups.group(node) for node in range(len(graph.works))]
    of_step = [_named(graph, groups) for groups in (grouping.grown, joined, home)]
    keys = [
        GroupKeys(grown, unit, last, work.is_minor)
        for grown, unit, last, work in zip(*of_step, graph.works, strict=True)
    ]
    return {record: keys[node] for record, node in graph.node.items()}


def _named(graph: FranchiseGraph, groups: Iterable[int]) -> list[UUID]:
    first: dict[int, UUID] = {}
    return [
        first.setdefault(group, work.id)  # works are in the order of their ids
        for group, work in zip(groups, graph.works, strict=True)
    ]


def profile_of(work: FranchiseWork, names: frozenset[str], rare: Rarity) -> TitleWords:
    """Return the naming words of a work, weighted by its type."""
    return TitleWords(names, _MASS.get(work.type, _LEAST_MASS), rare)


def _is_decided(relation: Relation) -> bool:
    return relation.kind == "joined" and relation.method == "curated"


def _weight(relation: Relation, policy: Policy, *, is_crossing: bool) -> float:
    """Return how much a relation speaks for one franchise.

    What is inferred of a work called by two names fits either franchise, and tells neither.
    """
    if is_crossing and relation.method == "inferred":
        return policy.strength("related")
    strength = policy.strength(relation.kind)
    return strength * relation.confidence if relation.method == "inferred" else strength
