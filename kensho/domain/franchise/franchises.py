"""Franchises: which works belong together, what each is to the whole, and by which relations.

A franchise is a bounded traversal: relations are followed, shown or excluded by kind, names decide
where kinds don't, and what is weak between two groups is cut and remains visible as a bridge. Every
work is in exactly one franchise or alone; a crossover is a member of one and a guest in others.

Guarantees: pure; the same works and relations give the same franchises in whatever order they come.
A member's reason is a path of relations inside the franchise; a bridge is a relation that leaves
it.

Performance: 8 s for 43,000 works and 80,000 relations; a franchise changes only with its connected
component, so that an ingest may recompute that alone, given the rarity of words from before.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Final
from uuid import UUID

import msgspec

from kensho.domain.franchise.clustering import ClusterLink, Clusters
from kensho.domain.franchise.graph import FranchiseGraph, NodeRelation, franchise_graph
from kensho.domain.franchise.inputs import FranchiseWork, Relation, Timeline
from kensho.domain.franchise.policy import Policy
from kensho.domain.franchise.roles import paths_from, roles_of, root_of
from kensho.domain.franchise.titles import COMMON, NameCounts, common_title
from kensho.domain.relations import KIND_FACTS
from kensho.domain.title_words import Rarity, TitleWords, affinity, rarity_of, words_of
from kensho.domain.works import AnimeType, Role

_MASS: Final[Mapping[AnimeType, float]] = {"tv": 1.0, "movie": 0.8, "ova": 0.5, "ona": 0.5}
_LEAST_MASS: Final = 0.25
"""How much a work's names count for its franchise: a special with two names is no half of it.
Chosen by hand together with the thresholds of `clustering`."""
_GUEST: Final = 2.5
"""How much the names that a work shares with another franchise must tell for it to be a guest: as
much as single works need to be joined. Chosen by hand, on "Lupin vs. Conan" and its like."""


class Member(msgspec.Struct, frozen=True):
    """A member: its role, the path of relations from the root, and its other records."""

    work: UUID
    role: Role
    because: tuple[Relation, ...]
    also: tuple[UUID, ...] = ()


class Guest(msgspec.Struct, frozen=True):
    """A member of another franchise, or of none, and the relations by which it is shown here."""

    work: UUID
    because: tuple[Relation, ...]


class FranchiseBridge(msgspec.Struct, frozen=True):
    """A relation that was cut at the border, and the work beyond it."""

    relation: Relation
    beyond: UUID


class Franchise(msgspec.Struct, frozen=True):
    """Works that belong together, the root first, the others by date.

    `timelines` are what curators say of the order of its story.
    """

    root: UUID
    title: str
    members: tuple[Member, ...]
    guests: tuple[Guest, ...] = ()
    bridges: tuple[FranchiseBridge, ...] = ()
    timelines: tuple[Timeline, ...] = ()


def rarity(works: Iterable[FranchiseWork], policy: Policy) -> Rarity:
    """Return how rare each word of all titles is, which shared names are judged by."""
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

    `collections` names what a source collects a work in, which titles a franchise of mostly such.
    `works` may be some connected components of the graph; `rare` is then that of the whole.
    """
    words = {work.id: (work, _own_words(work, policy)) for work in works}
    rare = rare or _rarity(words.values(), policy)
    graph = franchise_graph((work for work, _ in words.values()), relations, policy)
    names = [
        rare.names(chain.from_iterable(words[record.id][1] for record in (work, *also)))
        for work, also in zip(graph.works, graph.also, strict=True)
    ]
    groups = _grown(graph, names, policy, rare)
    found = _Found(graph, names, groups, policy, rare)
    named = _collected(graph, collections or {})
    return sorted(found.franchises(named), key=lambda one: (-len(one.members), one.root))


def _collected(graph: FranchiseGraph, collections: Mapping[UUID, str]) -> dict[int, str]:
    return {graph.node[work]: title for work, title in collections.items() if work in graph.node}


def _grown(
    graph: FranchiseGraph, names: Sequence[frozenset[str]], policy: Policy, rare: Rarity
) -> Clusters:
    profiles = [
        TitleWords(mine, _MASS.get(work.type, _LEAST_MASS), rare)
        for work, mine in zip(graph.works, names, strict=True)
    ]
    links = (
        ClusterLink(one, other, _weight(relation, policy))
        for one, other, relation, joins in graph.relations
        if joins
    )
    groups = Clusters(profiles, links)
    for one, other in graph.apart:
        groups.keep_apart(one, other)
    groups.grow()
    groups.attach(node for node, work in enumerate(graph.works) if work.is_minor)
    return groups


def _weight(relation: Relation, policy: Policy) -> float:
    strength = policy.strength(relation.kind)
    return strength * relation.confidence if relation.method == "inferred" else strength


class _Found:
    """The groups that were grown, while franchises are made of them."""

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
        self._groups: Final = groups
        self._policy: Final = policy
        self._rare: Final = rare
        self._home: Final = [groups.group(node) for node in range(len(graph.works))]
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
        self._abroad: Final = self._relations_abroad()

    def _relations_abroad(self) -> dict[int, dict[int, int]]:
        """Return how many relations each node has to each other group."""
        abroad: dict[int, dict[int, int]] = {}
        for relation in self._graph.relations:
            for node, far in ((relation.one, relation.other), (relation.other, relation.one)):
                home = self._home[far]
                if home != self._home[node]:
                    relations = abroad.setdefault(node, {})
                    relations[home] = relations.get(home, 0) + 1
        return abroad

    def franchises(self, collected: Mapping[int, str]) -> Iterable[Franchise]:
        """Yield each group of several works as a franchise."""
        visits = {home: self._visits(home) for home, some in self._members.items() if len(some) > 1}
        guests = {node for some in visits.values() for node in some}
        for home, guest_relations in visits.items():
            yield self._franchise(home, guest_relations, guests, collected)

    def _visits(self, home: int) -> dict[int, list[Relation]]:
        """Return the guests of a group, with the relations by which they are."""
        found: dict[int, list[Relation]] = {}
        for one, other, relation, _ in self._leaving.get(home, ()):
            guest, host = (other, one) if self._home[one] == home else (one, other)
            if self._is_guest(guest, host, relation):
                found.setdefault(guest, []).append(relation)
        return found

    def _is_guest(self, guest: int, host: int, relation: Relation) -> bool:
        """Tell whether a work beyond a cut relation is shown as a guest, not as a neighbour."""
        there, here = self._home[host], self._home[guest]
        # "Lupin vs. Conan" has relations to all of Conan, each film of Conan to it alone.
        if self._abroad[guest][there] < self._abroad[host][here]:
            return False
        if KIND_FACTS[relation.kind].makes_guests or guest in self._graph.anthology:
            return True
        if len(self._abroad[guest]) > max(1, len(self._abroad[host])):
            return True
        named = TitleWords(self._names[guest], 1.0, self._rare)
        return affinity(named, self._groups.profiles[there]).all >= _GUEST

    def _franchise(
        self,
        home: int,
        visits: Mapping[int, list[Relation]],
        guests: set[int],
        collected: Mapping[int, str],
    ) -> Franchise:
        graph, inside = self._graph, self._inside[home]
        works = {node: graph.works[node] for node in self._members[home]}
        root = root_of(works, graph.works)
        because = paths_from(root, inside)
        recaps = frozenset(self._policy.recaps)
        roles = roles_of(root, works, inside, guests=guests, recaps=recaps)
        order = sorted(works, key=lambda n: (n != root, works[n].date_key, n))
        return Franchise(
            root=works[root].id,
            title=self._title(root, order, collected),
            members=tuple(
                Member(
                    works[node].id,
                    roles[node],
                    because[node],
                    tuple(record.id for record in graph.also[node]),
                )
                for node in order
            ),
            guests=tuple(
                Guest(graph.works[node].id, tuple(visits[node])) for node in sorted(visits)
            ),
            bridges=tuple(self._bridges(home)),
            timelines=tuple(self._timelines(home)),
        )

    def _timelines(self, home: int) -> Iterable[Timeline]:
        """Yield what curators say of the order of these works, where they are two or more."""
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
        """Return what curators call a franchise, or what its works have in common."""
        graph = self._graph
        for node in nodes:
            if node in graph.titles:
                return graph.titles[node]
        if root in graph.anthology:
            return graph.anthology[root]
        titles = Counter(collected[node] for node in nodes if node in collected)
        title, many = min(titles.items(), key=lambda one: (-one[1], one[0]), default=("", 0))
        if many >= COMMON * len(nodes):
            return title
        bearers = [(graph.works[node], *graph.also[node]) for node in nodes]
        shared = self._groups.profiles[self._home[root]]
        names = NameCounts(shared, self._rare, self._policy.form_words)
        return common_title(graph.works[root].title, names, bearers)
