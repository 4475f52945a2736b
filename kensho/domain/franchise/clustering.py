"""Clusters works into franchises, by agglomerative clustering of the graph of relations.

Every work starts as a group of its own, and the two linked groups that agree most are joined, until
no two agree enough. The agreement of two groups depends on the kinds of the relations between them
and on the words that their titles share, weighted by the share of each group that has the word. The
larger two groups are, the more agreement they need. So a crossover, which has the names of two
franchises, joins one of them and is then too small a part of it to draw in the other. What
curators join is united when all groups have grown, each whole.

Guarantees: the links within a group, and what curators join, connect it. The result does not depend
on the order of links: nodes are numbered by their ids, and of equal pairs the one of the lower
numbers comes first.

Performance: 3 s for 43,000 works and 80,000 links.
"""

import heapq
from collections.abc import Iterable, Sequence
from math import log2
from typing import Final, NamedTuple

from kensho.domain.graphs import DisjointSets
from kensho.domain.title_words import TitleWords, affinity

# These thresholds were chosen together, by comparing the franchises with published watch orders,
# with Shikimori and with film collections: their B-cubed F1 is .991, .931 and .947
# (docs/decisions/0009; `benchmarks.bench_franchises` measures it). None of them was measured alone.
# "Per doubling" means per doubling of the size of the smaller group.
_NAME_NEED: Final = (2.5, 0.4, 4.0)
"""The weight that shared words need without relations: for single works, per doubling, at most. The
rarest word of a name weighs 5 to 8."""
_WHOLE_NEED: Final = (2.5, 2.0)
"""The weight that words and relations need together: for single works, and per doubling."""
_OWN_PART: Final = (0.4, 0.05, 0.6)
"""The share of the weight of a group's own name, of the group where that is less, that the shared
words must reach: for single works, per doubling, at most. Patlabor and Gundam are both "mobile",
but that is the name of neither."""
_OTHERS_NAME: Final = 0.5
"""The factor for shared words that are not the names of the groups."""
_FEW_LINKS: Final = 3
"""If the smaller group has at least this size, a single relation does not join two groups."""
_WELL_LINKED: Final = (0.85, 0.15)
"""The share of the weight of the other group's own name that two large groups must reach if hardly
any relations link them, and how much less per doubling of the relations per work."""
_SECOND: Final = 0.5
"""The share of the second strongest relation that is added to the strongest."""
_MORE: Final = (0.3, 2.0)
"""What each further relation adds, and the most that all of them add together."""
_FEW: Final = 3
"""A group of at most this many minor works joins the one group that any of them is linked with."""
_MOST: Final = 10
"""A group of up to this many minor works joins if there is a link for each of them; and a host
takes this many groups even if it is smaller than they are together: the songs of one series."""
_HARD: Final = 20.0
"""Links of this strength join groups of any size: curators, collections, two records of a work."""


class ClusterLink(NamedTuple):
    """A link between two nodes, and its strength."""

    one: int
    other: int
    strength: float


class _Evidence:
    """The relations between two groups: the strengths of the two strongest, and their number."""

    __slots__ = ("count", "first", "second")

    def __init__(self, first: float, second: float = 0.0, count: int = 1) -> None:
        self.first, self.second, self.count = first, second, count

    def plus(self, other: "_Evidence") -> "_Evidence":
        first, second, *_ = sorted(
            (self.first, self.second, other.first, other.second), reverse=True
        )
        return _Evidence(first, max(second, 0.0), self.count + other.count)

    @property
    def strength(self) -> float:
        each, most = _MORE
        return self.first + _SECOND * self.second + min(most, each * (self.count - 1))


class Clusters:
    """Groups of works, which are joined until no two of them agree enough."""

    def __init__(self, names: Sequence[TitleWords], links: Iterable[ClusterLink]) -> None:
        """Start with each node as a group of its own; joining groups changes `names`."""
        self.profiles: Final = names
        self._groups: Final[DisjointSets[int]] = DisjointSets()
        self._size: Final = [1] * len(names)
        self._near: Final[list[dict[int, _Evidence]]] = [{} for _ in names]
        self._apart: Final[dict[int, set[int]]] = {}
        for link in sorted(links):
            if link.one != link.other:
                self._add_evidence(link.one, link.other, _Evidence(link.strength))

    def _add_evidence(self, one: int, other: int, evidence: _Evidence) -> None:
        known = self._near[one].get(other)
        total = known.plus(evidence) if known else evidence
        self._near[one][other] = self._near[other][one] = total

    def keep_apart(self, one: int, other: int) -> None:
        """Prevent two nodes from being joined into one group."""
        self._apart.setdefault(one, set()).add(other)
        self._apart.setdefault(other, set()).add(one)

    def group(self, node: int) -> int:
        """Return the node that represents the group of `node`."""
        return self._groups.root(node)

    def grow(self) -> None:
        """Join groups, those that agree most first, until no two agree enough."""
        while heap := self._agreeing():
            heapq.heapify(heap)
            while heap:
                agreement, one, other = heapq.heappop(heap)
                if self.group(one) != one or self.group(other) != other:
                    continue
                now = self._agreement(one, other)
                if now <= 0:
                    continue
                # If they agreed more when this was pushed, other pairs may come first now.
                if -now > agreement:
                    heapq.heappush(heap, (-now, one, other))
                    continue
                for pair in self._join(one, other):
                    heapq.heappush(heap, pair)

    def _agreeing(self) -> list[tuple[float, int, int]]:
        return [
            (-agreement, one, other)
            for one, near in enumerate(self._near)
            for other in near
            if one < other and (agreement := self._agreement(one, other)) > 0
        ]

    def _agreement(self, one: int, other: int) -> float:
        """Return by how much two linked groups agree more than they need; above 0 they join."""
        if self._are_apart(one, other):
            return 0.0
        evidence = self._near[one][other]
        if evidence.first >= _HARD:
            return evidence.first
        relations = evidence.strength
        smaller = min(self._size[one], self._size[other])
        words = self._shared_names(one, other, smaller, evidence.count)
        doublings = log2(smaller)
        least, step, most = _NAME_NEED
        by_words = words + min(0.0, relations) - min(most, least + step * doublings)
        least, step = _WHOLE_NEED
        return max(by_words, words + relations - least - step * doublings)

    def _shared_names(self, one: int, other: int, smaller: int, relations: int) -> float:
        ours, theirs = self.profiles[one], self.profiles[other]
        shared = affinity(ours, theirs)
        own_weights = sorted((ours.strongest, theirs.strongest))
        least, step, most = _OWN_PART
        is_own_name = shared.all >= own_weights[0] * min(most, least + step * log2(smaller))
        if smaller >= _FEW_LINKS:
            most, step = _WELL_LINKED
            is_own_name &= shared.best >= own_weights[1] * (
                most - step * log2(1 + relations / smaller)
            )
        return shared.all if is_own_name else shared.all * _OTHERS_NAME

    def _join(self, one: int, other: int) -> list[tuple[float, int, int]]:
        """Join two groups, and return the pairs of the result with the groups it agrees with."""
        if (self._size[other], -other) > (self._size[one], -one):
            one, other = other, one
        self._groups.join(one, other)
        self._size[one] += self._size[other]
        self.profiles[one].absorb(self.profiles[other])
        if other in self._apart:
            self._apart.setdefault(one, set()).update(self._apart[other])
        found: list[tuple[float, int, int]] = []
        for near, evidence in self._near[other].items():
            del self._near[near][other]
            if near == one:
                continue
            self._add_evidence(one, near, evidence)
            if (agreement := self._agreement(one, near)) > 0:
                found.append((-agreement, min(one, near), max(one, near)))
        self._near[other] = {}
        return found

    def unite(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Join the groups of two nodes, whatever they agree in, unless they are kept apart."""
        for pair in sorted(pairs):
            one, other = map(self.group, pair)
            if one != other and not self._are_apart(one, other):
                self._join(one, other)

    def _are_apart(self, one: int, other: int) -> bool:
        apart = self._apart.get(one)
        return apart is not None and any(self.group(node) == other for node in apart)

    def attach(self, minor: Iterable[int], ends_in: Sequence[object] | None = None) -> None:
        """Join small groups of only `minor` nodes to the one group that they are linked with.

        A group that is linked with two others belongs to neither. One that is linked only with
        other minor groups stays alone, because a chain of songs may lead anywhere. A host to which
        more minor groups would be joined than it has works (and than `_MOST`) gets none of them.
        Where it is known by node in which group it `ends_in`, no group is joined to another one.
        """
        small: dict[int, int] = {}
        for node in minor:
            group = self.group(node)
            small[group] = small.get(group, 0) + 1
        waiting = {group for group, some in small.items() if some == self._size[group] <= _MOST}
        found: dict[int, list[int]] = {}
        for group in sorted(waiting):
            hosts = [near for near in self._near[group] if near not in waiting]
            is_known = ends_in is None or len({ends_in[one] for one in (group, *hosts)}) == 1
            if len(hosts) == 1 and is_known and self._goes_with(group, hosts[0]):
                found.setdefault(hosts[0], []).append(group)
        for host, attached in found.items():
            if len(attached) <= max(_MOST, self._size[host]):
                for group in attached:
                    self._join(self.group(host), group)

    def _goes_with(self, group: int, host: int) -> bool:
        size = self._size[group]
        each_is_linked = self._near[group][host].count >= size
        return (size <= _FEW or each_is_linked) and not self._are_apart(group, host)
