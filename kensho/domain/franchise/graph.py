"""The graph from which franchises are computed: one node per work, and relations between nodes.

Two records of one work (an anime film and its movie record) become one node, represented by the
anime, or by the record that the relation leads to. Joins and anthology projects of the policy
become relations of method `curated`, so that the reason of a member always consists of relations.
Excluded kinds are left out, and relations that leave an anthology project do not join works.

Guarantees: nodes are numbered by their ids and relations are sorted, so nothing depends on the
order of inputs.
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
"""A film opens abroad within two years; records further apart must share a word of their titles."""


class NodeRelation(NamedTuple):
    """A relation between two different nodes, and whether it may join them."""

    one: int
    other: int
    relation: Relation
    joins: bool


class FranchiseGraph(NamedTuple):
    """The works by node number, and what is known about the nodes.

    `also` are the other records of each work, and `node` the number of every record; `apart` are
    pairs of nodes that no franchise may contain both of, `joined` pairs whose franchises curators
    unite. `anthology` and `titles` give curated
    titles by node. `timelines` are nodes in the order of their story, with the curators' reason.
    """

    works: Sequence[FranchiseWork]
    also: Sequence[tuple[FranchiseWork, ...]]
    node: Mapping[UUID, int]
    relations: Sequence[NodeRelation]
    apart: Sequence[tuple[int, int]]
    joined: Sequence[tuple[int, int]]
    anthology: Mapping[int, str]
    titles: Mapping[int, str]
    timelines: Sequence[tuple[Sequence[int], str]]


def franchise_graph(
    works: Iterable[FranchiseWork], relations: Iterable[Relation], policy: Policy
) -> FranchiseGraph:
    """Return the graph of these works under a policy.

    Relations to works that are not among them, and of a work to itself, are left out.
    """
    known = {work.id: work for work in works}
    ordered = [known[id_] for id_ in sorted(known)]
    by_source = works_by_source(ordered, policy.sources)
    for id_ in (id_ for recap in policy.recap for id_ in _found(recap.works, by_source)):
        known[id_] = msgspec.structs.replace(known[id_], is_recap=True)
    ordered = [known[work.id] for work in ordered]
    projects = anthology_works(policy.anthology, ordered, by_source)
    joined = [_found(join.works, by_source) for join in policy.join]
    curated = _curated([*joined, *(members for _, members in projects)])
    cut_pairs = set(_cut_pairs(policy, by_source))
    counted = (
        relation for relation in chain(relations, curated) if _counts(relation, known, policy)
    )
    kept = sorted(
        (relation for relation in counted if not _is_cut(relation, cut_pairs)), key=relation_key
    )
    records = _records(known, kept)
    first = {record.id: heads[0].id for heads in records.values() for record in heads}
    heads = [work for work in ordered if first[work.id] == work.id]
    numbers = {work.id: number for number, work in enumerate(heads)}
    node = {id_: numbers[first[id_]] for id_ in known}
    anthology = {node[id_]: title for title, members in projects for id_ in members}
    return FranchiseGraph(
        works=heads,
        also=[tuple(records[work.id][1:]) for work in heads],
        node=node,
        relations=list(_node_relations(kept, node, anthology)),
        apart=sorted({(node[one], node[other]) for one, other in cut_pairs}),
        joined=[(node[works[0]], node[one]) for works in joined for one in works[1:]],
        anthology=anthology,
        titles=_titles(policy, by_source, node),
        timelines=[
            (list(dict.fromkeys(node[id_] for id_ in _found(order.works, by_source))), order.reason)
            for order in policy.chronology
        ],
    )


def _counts(relation: Relation, works: Mapping[UUID, FranchiseWork], policy: Policy) -> bool:
    if (
        relation.source not in works
        or relation.target not in works
        or policy.action(relation.kind) == "exclude"
    ):
        return False
    return relation.kind != "same_work" or _may_be_one(
        works[relation.source], works[relation.target]
    )


def _found(sources: Iterable[str], by_source: Mapping[str, list[UUID]]) -> list[UUID]:
    return [id_ for source in sources for id_ in by_source.get(source, ())]


def _curated(groups: Iterable[Sequence[UUID]]) -> Iterable[Relation]:
    for members in groups:
        for member in members[1:]:
            yield Relation(members[0], member, "joined", "curated")


def _records(
    works: Mapping[UUID, FranchiseWork], relations: Iterable[Relation]
) -> dict[UUID, list[FranchiseWork]]:
    """Return the records of each work, by the id of its main record, which comes first."""
    groups = {id_: [work] for id_, work in works.items()}
    lesser: set[UUID] = set()
    for relation in relations:
        one, other = groups[relation.source], groups[relation.target]
        if relation.kind == "same_work" and one is not other:
            one.extend(other)
            groups.update((work.id, one) for work in other)
            lesser.add(relation.source)
    found: dict[UUID, list[FranchiseWork]] = {}
    for group in groups.values():
        group.sort(
            key=lambda work: (work.kind != "anime", work.id in lesser, -work.popularity, work.id)
        )
        found[group[0].id] = group
    return found


def _may_be_one(one: FranchiseWork, other: FranchiseWork) -> bool:
    """Tell whether two records are close in time or name, since lists of ids contain mistakes."""
    years = [work.year for work in (one, other) if work.year is not None]
    if not years or max(years) - min(years) <= _YEARS_APART:
        return True
    return not words_of(one.titles).isdisjoint(words_of(other.titles))


def _node_relations(
    relations: Iterable[Relation], node: Mapping[UUID, int], anthology: Mapping[int, str]
) -> Iterable[NodeRelation]:
    last: Relation | None = None
    for relation in relations:
        one, other = node[relation.source], node[relation.target]
        if one != other and relation != last:
            yield NodeRelation(one, other, relation, anthology.get(one) == anthology.get(other))
        last = relation


def _cut_pairs(policy: Policy, by_source: Mapping[str, list[UUID]]) -> Iterable[tuple[UUID, UUID]]:
    for cut in policy.cut:
        for one in _found(cut.works, by_source):
            for other in _found(cut.others, by_source):
                if one != other:
                    yield one, other


def _is_cut(relation: Relation, cut_pairs: Collection[tuple[UUID, UUID]]) -> bool:
    """Tell whether a relation joins two records that curators keep apart."""
    ends = (relation.source, relation.target)
    return relation.kind == "same_work" and (ends in cut_pairs or ends[::-1] in cut_pairs)


def _titles(
    policy: Policy, by_source: Mapping[str, list[UUID]], node: Mapping[UUID, int]
) -> dict[int, str]:
    return {
        node[id_]: rename.title
        for rename in policy.rename
        for id_ in by_source.get(rename.work, ())
    }
