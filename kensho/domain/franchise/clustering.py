"""Where one franchise ends and the next begins: groups of works, the strongest relations first.

Every work starts alone. The pair of groups that agrees most is joined first: by the kinds of the
relations between them, by the names they share, each as far as the whole of both groups bears it.
The larger two groups are, the more it takes: a crossover, which bears two names, joins one of them,
and is then a small part of it, so that it does not draw in the other. What remains between groups
are the bridges that are cut.

Guarantees: a group is connected by links inside it; the result does not depend on the order of
links (nodes are numbered by their ids, and equals are taken by number).

Performance: 3 s for 43,000 works and 80,000 links.
"""

import heapq
from collections.abc import Iterable, Sequence
from math import log2
from typing import Final, NamedTuple

from kensho.domain.graphs import DisjointSets
from kensho.domain.title_words import TitleWords, affinity

# These thresholds were chosen together, while looking at the groups of watch orders, of Shikimori
# and of film sets: their B-cubed F1 is .991, .931 and .947 (docs/decisions/0009; measure with
# `benchmarks.bench_franchises`). No single one was measured alone.
_NAME_NEED: Final = (2.5, 0.4, 4.0)
"""How much shared names must tell: for single works, more per doubling of the smaller group, at
most. The rarest word of a name tells 5 to 8."""
_WHOLE_NEED: Final = (2.5, 2.0)
"""How much names and kinds together must tell: for single works, more per doubling."""
_OWN_PART: Final = (0.4, 0.05, 0.6)
"""Which part of what the weaker group's own name tells must be shared: for single works, more per
doubling, at most. Patlabor and Gundam are both mobile, but neither is called that."""
_OTHERS_NAME: Final = 0.5
"""What shared words are worth that are not the groups' names."""
_FEW_LINKS: Final = 3
"""From this size of the smaller group on, single relations between strangers are accidents."""
_WELL_LINKED: Final = (0.85, 0.15)
"""Which part of the stronger group's own name must be shared where next to no relations run between
two large groups, and how much less per doubling of relations per work."""
_SECOND: Final = 0.5
"""Which part of the second strongest relation is added to the strongest."""
_MORE: Final = (0.3, 2.0)
"""What each further relation adds, and how much all of them add at most."""
_FEW: Final = 3
"""So many songs or advertisements go with the one work that any of them points to."""
_MOST: Final = 10
"""So many go with it if each points to it; and so many where the work itself is smaller than they
are together: the songs of one series."""
_HARD: Final = 20.0
"""Strengths from here on join without regard to size: curators, collections, identity."""


class ClusterLink(NamedTuple):
    """Two nodes, and what the relation between them weighs."""

    one: int
    other: int
    strength: float


class _Evidence:
    """The relations between two groups: the two strongest, and how many."""

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
    """Works in groups, which grow until no two of them agree enough."""

    def __init__(self, names: Sequence[TitleWords], links: Iterable[ClusterLink]) -> None:
        """Begin with every node alone. `names` become those of its group: they are changed."""
        self.profiles: Final = names
        self._groups: Final[DisjointSets[int]] = DisjointSets()
        self._size: Final = [1] * len(names)
        self._near: Final[list[dict[int, _Evidence]]] = [{} for _ in names]
        self._apart: Final[dict[int, set[int]]] = {}
        for link in sorted(links):
            if link.one != link.other:
                self._tie(link.one, link.other, _Evidence(link.strength))

    def _tie(self, one: int, other: int, evidence: _Evidence) -> None:
        known = self._near[one].get(other)
        whole = known.plus(evidence) if known else evidence
        self._near[one][other] = self._near[other][one] = whole

    def keep_apart(self, one: int, other: int) -> None:
        """Never let two nodes come into one group."""
        self._apart.setdefault(one, set()).add(other)
        self._apart.setdefault(other, set()).add(one)

    def group(self, node: int) -> int:
        """Return the node that stands for the group of `node`."""
        return self._groups.root(node)

    def grow(self) -> None:
        """Join groups, those that agree most first, until none agree enough."""
        while heap := self._agreeing():
            heapq.heapify(heap)
            while heap:
                agreement, one, other = heapq.heappop(heap)
                if self.group(one) != one or self.group(other) != other:
                    continue
                now = self._agreement(one, other)
                if now <= 0:
                    continue
                if (
                    -now > agreement
                ):  # They agreed more when this was pushed: others may come first.
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
        """Return by how much two linked groups agree more than they need; above 0 they are one."""
        if self._are_apart(one, other):
            return 0.0
        evidence = self._near[one][other]
        if evidence.first >= _HARD:
            return evidence.first
        relations = evidence.strength
        smaller = min(self._size[one], self._size[other])
        names = self._shared_names(one, other, smaller, evidence.count)
        doublings = log2(smaller)
        least, step, most = _NAME_NEED
        by_name = names + min(0.0, relations) - min(most, least + step * doublings)
        least, step = _WHOLE_NEED
        return max(by_name, names + relations - least - step * doublings)

    def _shared_names(self, one: int, other: int, smaller: int, relations: int) -> float:
        ours, theirs = self.profiles[one], self.profiles[other]
        told = affinity(ours, theirs)
        own = sorted((ours.strongest, theirs.strongest))
        least, step, most = _OWN_PART
        is_theirs = told.all >= own[0] * min(most, least + step * log2(smaller))
        if smaller >= _FEW_LINKS:
            most, step = _WELL_LINKED
            is_theirs &= told.best >= own[1] * (most - step * log2(1 + relations / smaller))
        return told.all if is_theirs else told.all * _OTHERS_NAME

    def _join(self, one: int, other: int) -> list[tuple[float, int, int]]:
        """Join two groups, and return those that agree with both together."""
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
            self._tie(one, near, evidence)
            if (agreement := self._agreement(one, near)) > 0:
                found.append((-agreement, min(one, near), max(one, near)))
        self._near[other] = {}
        return found

    def _are_apart(self, one: int, other: int) -> bool:
        apart = self._apart.get(one)
        return apart is not None and any(self.group(node) == other for node in apart)

    def attach(self, minor: Iterable[int]) -> None:
        """Put what goes with other works into the one group that it is linked with.

        So go groups of nothing but a few `minor` nodes. What is linked with two groups belongs to
        neither, and what is linked with others of its like only stays alone: a chain of songs leads
        anywhere. Nor is there a franchise where such outnumber the works that bear its name.
        """
        small: dict[int, int] = {}
        for node in minor:
            group = self.group(node)
            small[group] = small.get(group, 0) + 1
        waiting = {group for group, some in small.items() if some == self._size[group] <= _MOST}
        found: dict[int, list[int]] = {}
        for group in sorted(waiting):
            hosts = [near for near in self._near[group] if near not in waiting]
            if len(hosts) == 1 and self._goes_with(group, hosts[0]):
                found.setdefault(hosts[0], []).append(group)
        for host, attached in found.items():
            if len(attached) <= max(_MOST, self._size[host]):
                for group in attached:
                    self._join(self.group(host), group)

    def _goes_with(self, group: int, host: int) -> bool:
        size = self._size[group]
        each_is_tied = self._near[group][host].count >= size
        return (size <= _FEW or each_is_tied) and not self._are_apart(group, host)
