"""Computes franchises: which works belong together, the role of each, and the reason for it.

The policy follows, shows or excludes relations by kind. Where kinds do not decide, shared names do,
and a weak relation between two groups is cut; it remains visible as a bridge. Every work is a
member of at most one franchise; a crossover is a member of one and a guest of others.

Guarantees: pure, and independent of the order of works and relations. The reason of a member is a
path of relations inside the franchise; a bridge is a relation that leaves it.

Performance: 8 s for 43,000 works and 80,000 relations. A franchise depends only on its connected
component, so an ingest may recompute one component, given the rarity of words in the whole graph.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Final
from uuid import UUID

import msgspec

from kensho.domain.franchise.clustering import Clusters
from kensho.domain.franchise.doubles import Records, doubles, doubles_by_title
from kensho.domain.franchise.graph import FranchiseGraph, NodeRelation, franchise_graph
from kensho.domain.franchise.inputs import FranchiseWork, Relation, Timeline
from kensho.domain.franchise.policy import Policy
from kensho.domain.franchise.roles import FormWords, paths_from, roles_of, root_of, songs_of
from kensho.domain.franchise.strangers import MENTIONS, NAMED, GroupedWorks
from kensho.domain.franchise.titles import (
    COMMON,
    NameCounts,
    collection_name,
    franchise_title,
    spelt,
)
from kensho.domain.franchise.undated import undated_doubles
from kensho.domain.franchise.whole_runs import whole_runs
from kensho.domain.franchise.work_groups import GroupKeys, group_keys, grouping_of, profile_of
from kensho.domain.relations import KIND_FACTS, RelationKind
from kensho.domain.title_words import Rarity, TitleWords, affinity, rarity_of, words_of
from kensho.domain.titles import folded
from kensho.domain.works import Role

_LEAST_WORKS: Final = 2
_JOINING: Final = frozenset(("vs", "versus", "tai", "x", "and", "to", "meets", "collabo", "collab"))
"""Words, folded, that stand between two names in the title of a crossover: "Mazinger Z tai
Devilman", "Lupin III vs Conan"."""


def _told_apart(relations: Iterable[NodeRelation]) -> dict[int, set[int]]:
    """Return by node the nodes of which a source or a curator says how they are related to it."""
    found: dict[int, set[int]] = {}
    for one, other, relation, _ in relations:
        is_told = relation.method != "inferred" and not KIND_FACTS[relation.kind].vague
        if is_told and relation.kind != "joined":
            found.setdefault(one, set()).add(other)
            found.setdefault(other, set()).add(one)
    return found


def _led_on(relations: Iterable[NodeRelation], stands: Mapping[int, int]) -> Iterable[NodeRelation]:
    """Yield relations with each double replaced by the node that it stands with."""
    for one, other, relation, joins in relations:
        first, then = stands.get(one, one), stands.get(other, other)
        if first != then:
            yield NodeRelation(first, then, relation, joins)


def _accompanies(relation: Relation, *, is_source: bool) -> bool:
    """Tell whether the work at the other end of a relation continues this one or belongs to it."""
    facts = KIND_FACTS[relation.kind]
    return facts.order_rank is not None and facts.is_forward == is_source


class Member(msgspec.Struct, frozen=True):
    """A member: its role, the path of relations from the root, and the work's other records."""

    work: UUID
    role: Role
    because: tuple[Relation, ...]
    also: tuple[UUID, ...] = ()


class Guest(msgspec.Struct, frozen=True):
    """A work of another franchise, or of none, and its relations to this one."""

    work: UUID
    because: tuple[Relation, ...]


class FranchiseBridge(msgspec.Struct, frozen=True):
    """A relation that leaves the franchise, and the work at its other end."""

    relation: Relation
    beyond: UUID


class Franchise(msgspec.Struct, frozen=True):
    """Works that belong together, the root first, the others by date.

    `timelines` are curated orders of the story.
    """

    root: UUID
    title: str
    members: tuple[Member, ...]
    guests: tuple[Guest, ...] = ()
    bridges: tuple[FranchiseBridge, ...] = ()
    timelines: tuple[Timeline, ...] = ()


def rarity(works: Iterable[FranchiseWork], policy: Policy) -> Rarity:
    """Return how rare each word is among all titles; it decides how much a shared word weighs."""
    return _rarity(((work, _own_words(work, policy)) for work in works), policy)


def _rarity(works: Iterable[tuple[FranchiseWork, frozenset[str]]], policy: Policy) -> Rarity:
    return rarity_of([words for _, words in works], policy.nameless)


def _own_words(work: FranchiseWork, policy: Policy) -> frozenset[str]:
    return words_of(policy.own_titles(work.titles))


def franchises(
    works: Iterable[FranchiseWork],
    relations: Iterable[Relation],
    policy: Policy,
    *,
    collections: Mapping[UUID, str] | None = None,
    rare: Rarity | None = None,
) -> list[Franchise]:
    """Return every franchise of two works or more, the largest first.

    `collections` maps works to the title of the collection in which a source lists them; a
    franchise takes that title if most of its works are in the collection. `works` may be some
    connected components of the graph; `rare` must then be the rarity of words in the whole graph.
    """
    return grouped_franchises(works, relations, policy, collections=collections, rare=rare)[0]


def grouped_franchises(
    works: Iterable[FranchiseWork],
    relations: Iterable[Relation],
    policy: Policy,
    *,
    collections: Mapping[UUID, str] | None = None,
    rare: Rarity | None = None,
    joined: Mapping[UUID, UUID] | None = None,
) -> tuple[list[Franchise], dict[UUID, GroupKeys]]:
    """Return franchises as `franchises` does, and of each work the groups that it came into.

    `joined` names the groups where they are known, as for a part of a component: no small work is
    attached to another one.
    """
    words = {work.id: (work, _own_words(work, policy)) for work in works}
    rare = rare or _rarity(words.values(), policy)
    graph = franchise_graph((work for work, _ in words.values()), relations, policy)
    names = [
        rare.names(chain.from_iterable(words[record.id][1] for record in (work, *also)))
        for work, also in zip(graph.works, graph.also, strict=True)
    ]
    grouping = grouping_of(graph, names, policy, rare, joined)
    builder = _FranchiseBuilder(graph, names, grouping.groups, policy, rare)
    collection_titles = _titles_by_node(graph, collections or {})
    found = sorted(
        builder.franchises(collection_titles), key=lambda one: (-len(one.members), one.root)
    )
    return found, group_keys(graph, grouping, builder.home)


def _titles_by_node(graph: FranchiseGraph, collections: Mapping[UUID, str]) -> dict[int, str]:
    return {graph.node[work]: title for work, title in collections.items() if work in graph.node}


class _FranchiseBuilder:
    """Makes franchises of the clusters of a graph."""

    def __init__(
        self,
        graph: FranchiseGraph,
        names: Sequence[frozenset[str]],
        groups: Clusters,
        policy: Policy,
        rare: Rarity,
    ) -> None:
        self._names: Final = names
        self._graph: Final = graph
        self._policy: Final = policy
        self._rare: Final = rare
        self._home: Final = [groups.group(node) for node in range(len(graph.works))]
        self._profiles: Final = dict(enumerate(groups.profiles))
        self._send_away()
        self._members: Final[dict[int, list[int]]] = {}
        for node, home in enumerate(self._home):
            self._members.setdefault(home, []).append(node)
        self._inside: Final[dict[int, list[NodeRelation]]] = {}
        self._leaving: Final[dict[int, list[NodeRelation]]] = {}
        for relation in graph.relations:
            one, other = self._home[relation.one], self._home[relation.other]
            if one == other:
                self._inside.setdefault(one, []).append(relation)
            else:
                self._leaving.setdefault(one, []).append(relation)
                self._leaving.setdefault(other, []).append(relation)
        self._outside: Final = self._relations_outside()

    @property
    def home(self) -> Sequence[int]:
        """By node the group that it is in."""
        return self._home

    def _send_away(self) -> None:
        """Give what does not belong to a group a group of its own."""
        nodes: dict[int, list[int]] = {}
        for node, home in enumerate(self._home):
            nodes.setdefault(home, []).append(node)
        inside: dict[int, list[NodeRelation]] = {}
        for relation in self._graph.relations:
            home = self._home[relation.one]
            if home == self._home[relation.other]:
                inside.setdefault(home, []).append(relation)
        grouped = GroupedWorks(
            self._graph,
            lambda node: profile_of(self._graph.works[node], self._names[node], self._rare),
        )
        for home, relations in sorted(inside.items()):
            root = root_of(nodes[home], self._graph.works)
            for part in grouped.strangers(nodes[home], root, relations):
                fresh = len(self._profiles)
                self._profiles[fresh] = grouped.profile(part)
                for node in part:
                    self._home[node] = fresh

    def _relations_outside(self) -> dict[int, dict[int, int]]:
        """Return, for each node, the number of its relations to each other group."""
        outside: dict[int, dict[int, int]] = {}
        for relation in self._graph.relations:
            for node, far in ((relation.one, relation.other), (relation.other, relation.one)):
                home = self._home[far]
                if home != self._home[node]:
                    relations = outside.setdefault(node, {})
                    relations[home] = relations.get(home, 0) + 1
        return outside

    def franchises(self, collected: Mapping[int, str]) -> Iterable[Franchise]:
        """Yield each group of several works as a franchise."""
        visits = {
            home: self._guests_of(home) for home, nodes in self._members.items() if len(nodes) > 1
        }
        crossing = {
            node
            for home, found in visits.items()
            for node, cut in found.items()
            if self._crosses(node, home, cut)
        }
        for home, guest_relations in visits.items():
            yield self._franchise(home, guest_relations, crossing, collected)

    def _guests_of(self, home: int) -> dict[int, list[Relation]]:
        """Return the guests of a group, each with its relations to the group."""
        found: dict[int, list[Relation]] = {}
        for one, other, relation, _ in self._leaving.get(home, ()):
            guest, host = (other, one) if self._home[one] == home else (one, other)
            if self._is_guest(guest, host, relation):
                found.setdefault(guest, []).append(relation)
        return found

    def _is_guest(self, guest: int, host: int, relation: Relation) -> bool:
        """Tell whether the work at the other end of a cut relation is shown as a guest."""
        host_group, guest_group = self._home[host], self._home[guest]
        # "Lupin vs. Conan" has relations to all of Conan, each film of Conan to it alone.
        if self._outside[guest][host_group] < self._outside[host][guest_group]:
            return False
        if KIND_FACTS[relation.kind].makes_guests or guest in self._graph.anthology:
            return True
        if len(self._outside[guest]) > max(1, len(self._outside[host])):
            return True
        guest_words = TitleWords(self._names[guest], 1.0, self._rare)
        return affinity(guest_words, self._profiles[host_group]).all >= NAMED

    def _crosses(self, node: int, host: int, cut: Iterable[Relation]) -> bool:
        """Tell whether a guest of a franchise joins it with its own.

        It does if a source says so, if its titles name both, or if it is short. Otherwise a figure
        of the other franchise walks by, or somebody listed the two for another reason.
        """
        kinds: set[RelationKind] = {relation.kind for relation in cut}
        if self._graph.works[node].is_minor or any(KIND_FACTS[kind].makes_guests for kind in kinds):
            return True
        own = {
            relation.kind
            for one, other, relation, _ in self._inside.get(self._home[node], ())
            if node in (one, other) and not _accompanies(relation, is_source=node == one)
        }
        if "character" in kinds & own and own <= MENTIONS:
            return True
        words = TitleWords(self._names[node], 1.0, self._rare)
        theirs = affinity(words, self._profiles[host]).all
        joined = {
            word for title in self._graph.works[node].titles for word in folded(title).split()
        }
        return theirs >= NAMED and not _JOINING.isdisjoint(joined)

    def _franchise(
        self,
        home: int,
        visits: Mapping[int, list[Relation]],
        crossing: set[int],
        collected: Mapping[int, str],
    ) -> Franchise:
        graph, inside = self._graph, self._inside[home]
        works = {node: graph.works[node] for node in self._members[home]}
        root = root_of(works, graph.works)
        records_of = Records(graph.works, graph.also, self._names)
        stands = self._told_twice(works, records_of, _told_apart(inside))
        if len(works) - len(stands) < _LEAST_WORKS:
            stands = {}
        elif stands:
            works = {node: work for node, work in works.items() if node not in stands}
            inside = list(_led_on(inside, stands))
            root = stands.get(root, root)
        because = paths_from(root, works, inside)
        order = sorted(works, key=lambda n: (n != root, works[n].date_key, n))
        title = self._title(root, order, collected)
        # What bears the name of its own franchise visits no other.
        guests = {
            node for node in crossing & works.keys() if spelt(works[node].title) != spelt(title)
        }
        forms = FormWords.of(self._policy)
        roles = roles_of(root, works, inside, crossing=guests, forms=forms)
        songs = songs_of(root, works, self._names, self._rare)
        roles |= {node: "music" for node in songs if roles[node] != "promotion"}
        records = {node: [*records_of.of(node)] for node in self._members[home]}
        for double, node in stands.items():
            records[node] += records.pop(double)
        return Franchise(
            root=works[root].id,
            title=title,
            members=tuple(
                Member(
                    works[node].id,
                    roles[node],
                    because[node],
                    tuple(record.id for record in records[node][1:]),
                )
                for node in order
            ),
            guests=tuple(
                Guest(graph.works[node].id, tuple(visits[node])) for node in sorted(visits)
            ),
            bridges=tuple(self._bridges(home)),
            timelines=tuple(self._timelines(home)),
        )

    @staticmethod
    def _told_twice(
        nodes: Iterable[int], records: Records, told_apart: Mapping[int, set[int]]
    ) -> dict[int, int]:
        """Return the nodes whose story other records tell, each with the node it stands with."""
        stands: dict[int, int] = {}
        for rule in (whole_runs, doubles, undated_doubles):
            # What stands with another already is compared no more: its work is.
            left = [node for node in nodes if node not in stands]
            found = rule(left, records, told_apart)
            stands = {node: found.get(first, first) for node, first in stands.items()} | found
        alone = set(nodes) - stands.keys() - set(stands.values())
        return stands | doubles_by_title(alone, records, told_apart)

    def _timelines(self, home: int) -> Iterable[Timeline]:
        """Yield the curated orders of two or more works of a group."""
        for nodes, reason in self._graph.timelines:
            works = [self._graph.works[node].id for node in nodes if self._home[node] == home]
            if len(works) > 1:
                yield Timeline(tuple(works), reason)

    def _bridges(self, home: int) -> Iterable[FranchiseBridge]:
        for one, other, relation, _ in self._leaving.get(home, ()):
            yield FranchiseBridge(
                relation, self._graph.works[other if self._home[one] == home else one].id
            )

    def _title(self, root: int, nodes: Sequence[int], collected: Mapping[int, str]) -> str:
        """Return the title given by curators or a collection, or the part that the titles share."""
        graph = self._graph
        for node in nodes:
            if node in graph.titles:
                return graph.titles[node]
        if root in graph.anthology:
            return graph.anthology[root]
        titles = Counter(collected[node] for node in nodes if node in collected)
        title, most = min(titles.items(), key=lambda one: (-one[1], one[0]), default=("", 0))
        if most >= COMMON * len(nodes):
            return collection_name(title)
        records = [(graph.works[node], *graph.also[node]) for node in nodes]
        shared = self._profiles[self._home[root]]
        names = NameCounts(shared, self._rare, self._policy.form_words)
        return franchise_title(graph.works[root], names, records)
