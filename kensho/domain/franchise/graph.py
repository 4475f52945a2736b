"""Works and ties as franchises are grown from: one node per work, curated ties among the others.

Two records of one work (an anime film and its movie record) become one node, which is the anime.
Joins and omnibus projects of the policy become ties of method `curated`, so that each reason that a
member gives is a tie. Ties that leave an omnibus project, and excluded kinds, lead nowhere.

Guarantees: nodes are numbered by their ids, ties sorted, so nothing depends on the order of inputs.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from kensho.domain.franchise.inputs import FranchiseWork, Relation, relation_key
from kensho.domain.franchise.policy import Policy, anthology_works, works_by_source
from kensho.domain.title_words import words_of

_YEARS_APART: Final = 2
"""A film opens abroad within two years; what is further apart must bear one name."""
_YEAR_CHARS: Final = 4


class NodeRelation(NamedTuple):
    """A tie between two different nodes, and whether it may join them."""

    one: int
    other: int
    tie: Relation
    joins: bool


class FranchiseGraph(NamedTuple):
    """Works by node, their other records, ties, pairs to keep apart, and the nodes' omnibus.

    `timelines` are nodes in the order of their story, each with the curators' reason.
    """

    works: Sequence[FranchiseWork]
    also: Sequence[tuple[FranchiseWork, ...]]
    node: Mapping[UUID, int]
    ties: Sequence[NodeRelation]
    apart: Sequence[tuple[int, int]]
    omnibus: Mapping[int, str]
    titles: Mapping[int, str]
    timelines: Sequence[tuple[Sequence[int], str]]


def franchise_graph(
    works: Iterable[FranchiseWork], ties: Iterable[Relation], policy: Policy
) -> FranchiseGraph:
    """Return the graph of these works under a policy.

    Ties to works that are not among them, and of a work to itself, are left out.
    """
    known = {work.id: work for work in works}
    ordered = [known[id_] for id_ in sorted(known)]
    by_source = works_by_source(ordered, policy.sources)
    for id_ in (id_ for recap in policy.recap for id_ in _found(recap.works, by_source)):
        known[id_] = msgspec.structs.replace(known[id_], is_recap=True)
    ordered = [known[work.id] for work in ordered]
    projects = anthology_works(policy.omnibus, ordered, by_source)
    decided = [_found(join.works, by_source) for join in policy.join]
    curated = _curated([*decided, *(members for _, members in projects)])
    parted = set(_parted(policy, by_source))
    counted = (tie for tie in chain(ties, curated) if _counts(tie, known, policy))
    kept = sorted((tie for tie in counted if not _is_parted(tie, parted)), key=relation_key)
    records = _records(known, kept)
    first = {record.id: heads[0].id for heads in records.values() for record in heads}
    heads = [work for work in ordered if first[work.id] == work.id]
    numbers = {work.id: number for number, work in enumerate(heads)}
    node = {id_: numbers[first[id_]] for id_ in known}
    omnibus = {node[id_]: title for title, members in projects for id_ in members}
    return FranchiseGraph(
        works=heads,
        also=[tuple(records[work.id][1:]) for work in heads],
        node=node,
        ties=list(_node_ties(kept, node, omnibus)),
        apart=sorted({(node[one], node[other]) for one, other in parted}),
        omnibus=omnibus,
        titles=_titles(policy, by_source, node),
        timelines=[
            (list(dict.fromkeys(node[id_] for id_ in _found(told.works, by_source))), told.reason)
            for told in policy.chronology
        ],
    )


def _counts(tie: Relation, works: Mapping[UUID, FranchiseWork], policy: Policy) -> bool:
    if tie.source not in works or tie.target not in works or policy.action(tie.kind) == "exclude":
        return False
    return tie.kind != "same_work" or _may_be_one(works[tie.source], works[tie.target])


def _found(sources: Iterable[str], by_source: Mapping[str, list[UUID]]) -> list[UUID]:
    return [id_ for source in sources for id_ in by_source.get(source, ())]


def _curated(groups: Iterable[Sequence[UUID]]) -> Iterable[Relation]:
    for members in groups:
        for member in members[1:]:
            yield Relation(members[0], member, "joined", "curated")


def _records(
    works: Mapping[UUID, FranchiseWork], ties: Iterable[Relation]
) -> dict[UUID, list[FranchiseWork]]:
    """Return the records of each work, by the id of the one that stands for it, that one first."""
    groups = {id_: [work] for id_, work in works.items()}
    for tie in ties:
        one, other = groups[tie.source], groups[tie.target]
        if tie.kind == "same_work" and one is not other:
            one.extend(other)
            groups.update((work.id, one) for work in other)
    found: dict[UUID, list[FranchiseWork]] = {}
    for group in groups.values():
        group.sort(key=lambda work: (work.kind != "anime", -work.fame, work.id))
        found[group[0].id] = group
    return found


def _may_be_one(one: FranchiseWork, other: FranchiseWork) -> bool:
    """Tell whether two records are near in time or name: lists of ids slip by a line at times."""
    years = [int(work.date[:_YEAR_CHARS]) for work in (one, other) if work.date]
    if not years or max(years) - min(years) <= _YEARS_APART:
        return True
    return not words_of(one.titles).isdisjoint(words_of(other.titles))


def _node_ties(
    ties: Iterable[Relation], node: Mapping[UUID, int], omnibus: Mapping[int, str]
) -> Iterable[NodeRelation]:
    last: Relation | None = None
    for tie in ties:
        one, other = node[tie.source], node[tie.target]
        if one != other and tie != last:
            yield NodeRelation(one, other, tie, omnibus.get(one) == omnibus.get(other))
        last = tie


def _parted(policy: Policy, by_source: Mapping[str, list[UUID]]) -> Iterable[tuple[UUID, UUID]]:
    for cut in policy.cut:
        for one in _found(cut.works, by_source):
            for other in _found(cut.others, by_source):
                if one != other:
                    yield one, other


def _is_parted(tie: Relation, parted: Collection[tuple[UUID, UUID]]) -> bool:
    """Tell whether a tie makes one work of two records that curators keep apart."""
    ends = (tie.source, tie.target)
    return tie.kind == "same_work" and (ends in parted or ends[::-1] in parted)


def _titles(
    policy: Policy, by_source: Mapping[str, list[UUID]], node: Mapping[UUID, int]
) -> dict[int, str]:
    return {
        node[id_]: rename.title
        for rename in policy.rename
        for id_ in by_source.get(rename.work, ())
    }
